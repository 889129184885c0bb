// Owns: the verification of many proofs under one key at once. One proof: Verifier.cs.

using System.Numerics;
using System.Security.Cryptography;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>One claim of a batch: a proof and the public inputs that it is said to prove.</summary>
/// <param name="Proof">The proof.</param>
/// <param name="PublicInputs">The public inputs without the constant 1.</param>
public readonly record struct Claim<TCurve, TFp, TFr>(Proof<TCurve, TFp> Proof, ReadOnlyMemory<TFr> PublicInputs)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>;

/// <summary>
/// Verifies n proofs under one key by a random linear combination of their equations (Zcash protocol specification,
/// appendix B.2): ∏ e(ρⱼAⱼ, Bⱼ) = e(α, β)^Σρⱼ · e(Σρⱼ Σᵢ xⱼᵢ·ICᵢ, γ) · e(Σρⱼ·Cⱼ, δ), which takes n + 3 Miller loops and
/// one final exponentiation. Each ρⱼ is drawn from 1 to 2^128 − 1 by the operating system after all claims are fixed, so
/// a batch with a false proof passes with a probability below 2⁻¹²⁷. Safe to share between threads.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
/// <typeparam name="TFr">Its scalar field.</typeparam>
/// <param name="verifier">The prepared key.</param>
/// <param name="engine">Computes the sums over the batch.</param>
public sealed class BatchVerifier<TCurve, TFp, TFr>(Verifier<TCurve, TFp, TFr> verifier, IMsmEngine engine)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Whether every claim is true. An empty batch is.</summary>
    /// <param name="claims">The claims.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">A claim has a number of public inputs that is not the key's.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public bool VerifyAll(ReadOnlySpan<Claim<TCurve, TFp, TFr>> claims, EngineOptions options = default)
    {
        foreach (ref readonly Claim<TCurve, TFp, TFr> claim in claims)
        {
            verifier.RequireCount(claim.PublicInputs.Length);
        }

        return claims.Length switch
        {
            0 => true,
            1 => verifier.Verify(claims[0].Proof, claims[0].PublicInputs.Span),
            _ => VerifyCombination(claims, options),
        };
    }

    /// <summary>The indices of the false claims, found by halving the batches that fail; empty where all are true.</summary>
    /// <param name="claims">The claims.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">A claim has a number of public inputs that is not the key's.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public IReadOnlyList<int> FindFalse(ReadOnlySpan<Claim<TCurve, TFp, TFr>> claims, EngineOptions options = default)
    {
        var found = new List<int>();
        Search(claims, 0, found, options);
        return found;
    }

    private void Search(ReadOnlySpan<Claim<TCurve, TFp, TFr>> claims, int offset, List<int> found, EngineOptions options)
    {
        if (VerifyAll(claims, options))
        {
            return;
        }

        if (claims.Length == 1)
        {
            found.Add(offset);
            return;
        }

        int half = claims.Length / 2;
        Search(claims[..half], offset, found, options);
        Search(claims[half..], offset + half, found, options);
    }

    private bool VerifyCombination(ReadOnlySpan<Claim<TCurve, TFp, TFr>> claims, EngineOptions options)
    {
        int n = claims.Length;
        VerifyingKey<TCurve, TFp> key = verifier.Key;
        var coefficients = new Scalar256[n];
        var inputs = new TFr[key.Ic.Length];
        var c = new Affine<TFp, TCurve>[n];
        var g1 = new Jacobian<TFp, TCurve>[n + 3];
        var g2 = new G2Lines<TCurve, TFp>[n + 3];
        for (int j = 0; j < n; j++)
        {
            (coefficients[j], TFr coefficient) = DrawCoefficient();
            inputs[0] += coefficient;
            ReadOnlySpan<TFr> publicInputs = claims[j].PublicInputs.Span;
            for (int i = 0; i < publicInputs.Length; i++)
            {
                inputs[i + 1] += coefficient * publicInputs[i];
            }

            c[j] = claims[j].Proof.C;
        }

        Claim<TCurve, TFp, TFr>[] copies = claims.ToArray();
        Rows.ForEachItem(n, options, j =>
        {
            g1[j] = ScalarMultiplication.Multiply<TFp, TCurve>(copies[j].Proof.A, ToInteger(coefficients[j]));
            g2[j] = new G2Lines<TCurve, TFp>(copies[j].Proof.B);
        });

        var scalars = new Scalar256[inputs.Length];
        Scalar256.From<TFr>(inputs, scalars);
        g1[n] = -engine.Multiply<TFp, TCurve>([key.Alpha], scalars.AsSpan(0, 1), options);
        g2[n] = verifier.BetaLines;
        g1[n + 1] = -engine.Multiply(key.Ic, scalars, options);
        g2[n + 1] = verifier.GammaLines;
        g1[n + 2] = -engine.Multiply<TFp, TCurve>(c, coefficients, options);
        g2[n + 2] = verifier.DeltaLines;
        var affine = new Affine<TFp, TCurve>[n + 3];
        Jacobian<TFp, TCurve>.ToAffine(g1, affine);
        return Pairing.FinalExponentiation<TCurve, TFp>(ParallelMillerLoop(affine, g2, options)) == Fp12<TFp, TCurve>.One;
    }

    private static Fp12<TFp, TCurve> ParallelMillerLoop(Affine<TFp, TCurve>[] g1, G2Lines<TCurve, TFp>[] g2, EngineOptions options)
    {
        int parts = Math.Min(options.MaxThreads > 0 ? options.MaxThreads : Environment.ProcessorCount, g1.Length);
        var partial = new Fp12<TFp, TCurve>[parts];
        Rows.ForEachItem(parts, options, k =>
        {
            int from = (int)((long)g1.Length * k / parts), to = (int)((long)g1.Length * (k + 1) / parts);
            partial[k] = Pairing.MillerLoop<TCurve, TFp>(g1.AsSpan(from, to - from), g2.AsSpan(from, to - from));
        });
        Fp12<TFp, TCurve> product = partial[0];
        for (int k = 1; k < parts; k++)
        {
            product *= partial[k];
        }

        return product;
    }

    private static BigInteger ToInteger(Scalar256 coefficient) => ((BigInteger)coefficient.Word1 << 64) | coefficient.Word0;

    private static (Scalar256 Scalar, TFr Element) DrawCoefficient()
    {
        Span<byte> bytes = stackalloc byte[16];
        do
        {
            RandomNumberGenerator.Fill(bytes);
        }
        while (!bytes.ContainsAnyExcept((byte)0));
        ulong low = BitConverter.ToUInt64(bytes), high = BitConverter.ToUInt64(bytes[8..]);
        Span<ulong> words = stackalloc ulong[TFr.LimbCount];
        words.Clear();
        words[0] = low;
        words[1] = high;
        TFr.TryFromCanonical(words, out TFr element);
        return (new Scalar256(low, high), element);
    }
}
