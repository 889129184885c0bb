// Owns: random linear combinations of a key's points, by which all of them are compared at once. Never: what is compared.
//
// Points P_i and Q_i with Q_i = x·P_i for all i have Σ ρ_i·Q_i = x·Σ ρ_i·P_i. Where one pair fails, the sums agree for at most
// one of the 2^128 values of its ρ_i; all points must be in the group of prime order, where every difference has that order.
//
// H is compared by coefficients as well. Its points carry the polynomials of degree n − 1 by their values at the odd elements, and
// σ_i = −2·Σ_j ρ_j·ω₂ₙ^j·ωₙ^(ij) combine them to Σ σ_i·H_i = Σ ρ_j·τ^j·(τⁿ − 1)/δ. A quotient has degree n − 2 at most, so that honest
// proofs do not touch what stands at x^(n−1), the last coefficient, and honest files differ there: with powers of tau of just
// the circuit's size τ^(2n−1) is missing, and bellman's parameters, which have n − 1 coefficients, bring the whole point to zero.
// It must be one of these all the same. A first contributor, who alone knows δ, could put IC_j/δ there; all who come after divide
// it by their secrets without seeing it; and whoever has IC_j/δ under the final δ makes, of a proof for one public input, a proof for
// any other. PlantedQuotientTests.cs does so.

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;

namespace ProvingService.Setup;

/// <summary>Coefficients from the operating system, and sums with them in slices.</summary>
internal static class RandomSums
{
    /// <summary>Points in one sum: 16 MiB of coefficients.</summary>
    public const int Slice = 1 << 19;

    /// <summary>Integers below 2^128.</summary>
    public static void Draw(Span<Scalar256> coefficients)
    {
        const int Block = 1 << 12;
        Span<byte> random = new byte[16 * Math.Min(Block, coefficients.Length)];
        for (int from = 0; from < coefficients.Length; from += Block)
        {
            int count = Math.Min(Block, coefficients.Length - from);
            RandomNumberGenerator.Fill(random[..(16 * count)]);
            ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(random);
            for (int i = 0; i < count; i++)
            {
                coefficients[from + i] = new(words[2 * i], words[(2 * i) + 1]);
            }
        }
    }

    /// <summary>Σ ρ_i·P_i and Σ ρ_i·Q_i for random ρ_i of 128 bits.</summary>
    public static (Affine<TFp, TCurve> OfFirst, Affine<TFp, TCurve> OfSecond) Pair<TCurve, TFp>(
        ReadOnlySpan<Affine<TFp, TCurve>> first, ReadOnlySpan<Affine<TFp, TCurve>> second, IMsmEngine engine, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        Jacobian<TFp, TCurve> ofFirst = default, ofSecond = default;
        var coefficients = new Scalar256[Math.Min(Slice, first.Length)];
        for (int from = 0; from < first.Length; from += Slice)
        {
            int count = Math.Min(Slice, first.Length - from);
            Draw(coefficients.AsSpan(0, count));
            ofFirst += engine.Multiply(first.Slice(from, count), coefficients.AsSpan(0, count), options);
            ofSecond += engine.Multiply(second.Slice(from, count), coefficients.AsSpan(0, count), options);
        }

        return (ofFirst.ToAffine(), ofSecond.ToAffine());
    }

    /// <summary>Random ρ of 128 bits for all coefficients of a quotient, the last included, and the σ that weigh H's points alike.</summary>
    /// <param name="size">n, the circuit's domain.</param>
    /// <param name="engine">Transforms; where it knows none, the processor's does.</param>
    /// <param name="options">Threads and cancellation.</param>
    public static (Scalar256[] Rho, Scalar256[] Sigma) ForQuotient<TFr>(int size, IMsmEngine engine, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var rho = new Scalar256[size];
        Draw(rho);
        return (rho, WeightsOfPoints<TFr>(rho, engine, options));
    }

    /// <summary>The σ that take the last coefficient alone out of H's points.</summary>
    /// <inheritdoc cref="ForQuotient"/>
    public static Scalar256[] ForLastCoefficient<TFr>(int size, IMsmEngine engine, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var last = new Scalar256[size];
        last[^1] = new(1);
        return WeightsOfPoints<TFr>(last, engine, options);
    }

    private static Scalar256[] WeightsOfPoints<TFr>(Scalar256[] rho, IMsmEngine engine, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        int size = rho.Length;
        int log = System.Numerics.BitOperations.Log2((uint)size);
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(log);
        TFr shift = NttDomain<TFr>.OfLogSize(log + 1).Root, minusTwo = -(TFr.One + TFr.One);
        var values = new TFr[size];
        for (int j = 0; j < size; j++)
        {
            values[j] = FromWords<TFr>(rho[j]) * minusTwo;
        }

        (engine as INttEngine ?? CpuEngine.Default).Forward<TFr>(domain, values, NttOrder.NaturalToNatural, shift, options);
        var sigma = new Scalar256[size];
        Scalar256.From<TFr>(values, sigma);
        return sigma;
    }

    /// <summary>The element of an integer below 2^128.</summary>
    private static TFr FromWords<TFr>(in Scalar256 value)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Span<ulong> words = stackalloc ulong[TFr.LimbCount];
        words[0] = value.Word0;
        if (words.Length > 1)
        {
            words[1] = value.Word1;
        }

        return TFr.TryFromCanonical(words, out TFr element) ? element : throw new ArgumentException($"{TFr.Name} has not 128 bits.", nameof(value));
    }

    /// <summary>Σ scalars_i·P_i in slices.</summary>
    public static Affine<TFp, TCurve> Sum<TCurve, TFp>(
        ReadOnlySpan<Affine<TFp, TCurve>> points, ReadOnlySpan<Scalar256> scalars, IMsmEngine engine, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        Jacobian<TFp, TCurve> sum = default;
        for (int from = 0; from < points.Length; from += Slice)
        {
            int count = Math.Min(Slice, points.Length - from);
            sum += engine.Multiply(points.Slice(from, count), scalars.Slice(from, count), options);
        }

        return sum.ToAffine();
    }
}
