// Owns: the verification of one proof. Many proofs under one key: BatchVerifier.cs.

using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Verifies proofs under one key: e(A, B) = e(α, β) · e(Σ xᵢ·ICᵢ, γ) · e(C, δ). The key's lines and e(α, β) are computed
/// once; a verification then costs three Miller loops, one of them with unprepared lines, and one final exponentiation.
/// Immutable and safe to share between threads. Not constant-time: everything it sees is public.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
/// <typeparam name="TFr">Its scalar field.</typeparam>
public sealed class Verifier<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>From more public inputs on, buckets cost less than products one by one.</summary>
    private const int FewInputs = 16;

    private readonly G2Lines<TCurve, TFp> gamma;
    private readonly G2Lines<TCurve, TFp> delta;
    private readonly Fp12<TFp, TCurve> alphaBeta;

    /// <summary>Prepares a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="allowInsecureKey">Accepts a key with a known weakness; for tests and for looking at such keys.</param>
    /// <exception cref="InsecureKeyException">The key is weak and that was not allowed.</exception>
    public Verifier(VerifyingKey<TCurve, TFp> key, bool allowInsecureKey = false)
    {
        if (!allowInsecureKey && key.Weakness != KeyWeakness.None)
        {
            throw new InsecureKeyException(key.Weakness);
        }

        Key = key;
        gamma = new(key.Gamma);
        delta = new(key.Delta);
        BetaLines = new(key.Beta);
        alphaBeta = Pairing.Product<TCurve, TFp>([key.Alpha], [BetaLines]);
    }

    /// <summary>The key.</summary>
    public VerifyingKey<TCurve, TFp> Key { get; }

    internal G2Lines<TCurve, TFp> GammaLines => gamma;

    internal G2Lines<TCurve, TFp> DeltaLines => delta;

    internal G2Lines<TCurve, TFp> BetaLines { get; }

    /// <summary>Whether <paramref name="proof"/> proves the statement with these public inputs.</summary>
    /// <param name="proof">A proof.</param>
    /// <param name="publicInputs">The public inputs without the constant 1.</param>
    /// <param name="options">
    /// Cancellation, and threads for the sum of more than a few public inputs; the pairings, a few milliseconds, take one.
    /// </param>
    /// <exception cref="ArgumentException">The number of public inputs is not the key's: the question has no answer.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public bool Verify(Proof<TCurve, TFp> proof, ReadOnlySpan<TFr> publicInputs, EngineOptions options = default)
    {
        Affine<TFp, TCurve> statement = CombineInputs(publicInputs, options);
        Fp12<TFp, TCurve> product = Pairing.Product<TCurve, TFp>(
            [proof.A, -statement, -proof.C],
            [new G2Lines<TCurve, TFp>(proof.B), gamma, delta]);
        return product == alphaBeta;
    }

    internal void RequireCount(int publicInputs)
    {
        if (publicInputs != Key.PublicInputCount)
        {
            throw new ArgumentException(
                $"The key is for {Key.PublicInputCount} public inputs, and {publicInputs} were given.", nameof(publicInputs));
        }
    }

    private Affine<TFp, TCurve> CombineInputs(ReadOnlySpan<TFr> publicInputs, EngineOptions options)
    {
        RequireCount(publicInputs.Length);
        options.CancellationToken.ThrowIfCancellationRequested();
        Jacobian<TFp, TCurve> sum = Key.Ic[0];
        if (publicInputs.Length > FewInputs)
        {
            var scalars = new Scalar256[publicInputs.Length];
            Scalar256.From(publicInputs, scalars);
            return (sum + CpuEngine.Default.Multiply(Key.Ic[1..], scalars, options)).ToAffine();
        }

        for (int i = 0; i < publicInputs.Length; i++)
        {
            sum += ScalarMultiplication.MultiplyInSubgroup(Key.Ic[i + 1], publicInputs[i]);
        }

        return sum.ToAffine();
    }
}
