// Owns: the relations between δ and the points of a key. The sums that stand for many points: RandomSums.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>Checks that a single step and a whole transcript share.</summary>
internal static class SectionChecks
{
    /// <summary>
    /// Whether δ of the header is δ after the last contribution (the generator where there is none), and the same in both groups.
    /// Else a key could name δ of honest contributors in its record and have another, of a scalar that one person knows.
    /// </summary>
    public static TranscriptFault? FindFaultOfDelta<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        int count = key.Contributions.Contributions.Count;
        Affine<TFp, TCurve> last = count == 0 ? Affine<TFp, TCurve>.Generator : key.Contributions.Contributions[^1].DeltaAfter;
        if (key.Delta1 != last)
        {
            return new(
                TranscriptFaultKind.Delta,
                count,
                count == 0
                    ? "δ of the key is not the generator though no one contributed on record: whoever made the key knows δ."
                    : $"δ of the key is not δ after contribution {count}, the last on record.");
        }

        return Ratio.IsSame<TCurve, TFp>(Affine<TFp, TCurve>.Generator, key.Delta1, Affine<Fp2<TFp>, TCurve>.Generator, key.VerifyingKey.Delta)
            ? null
            : new(TranscriptFaultKind.Delta, count, "δ in G2 is another scalar than δ in G1.");
    }

    /// <summary>
    /// Whether x·<paramref name="quotient"/> = <paramref name="dividend"/> for the x with q₂ = x·q₁. Sums that are both infinity
    /// pass: a circuit without private wires has them, and random coefficients make no such sums of other points.
    /// </summary>
    public static bool IsQuotient<TCurve, TFp>(
        in Affine<TFp, TCurve> quotient, in Affine<TFp, TCurve> dividend, in Affine<Fp2<TFp>, TCurve> q1, in Affine<Fp2<TFp>, TCurve> q2)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        (quotient.IsInfinity && dividend.IsInfinity) || Ratio.IsSame<TCurve, TFp>(quotient, dividend, q1, q2);

    /// <summary>
    /// Whether x·<paramref name="quotient"/> = <paramref name="dividend"/> for the points of H of two keys and the x with q₂ = x·q₁:
    /// in all coefficients, or in all but the last, which is then zero, as it is after a way through bellman's parameters.
    /// </summary>
    public static bool IsQuotientOfH<TCurve, TFp, TFr>(
        ReadOnlySpan<Affine<TFp, TCurve>> quotient,
        ReadOnlySpan<Affine<TFp, TCurve>> dividend,
        in Affine<Fp2<TFp>, TCurve> q1,
        in Affine<Fp2<TFp>, TCurve> q2,
        IMsmEngine engine,
        EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        (Scalar256[] rho, Scalar256[] sigma) = RandomSums.ForQuotient<TFr>(quotient.Length, engine, options);
        Affine<TFp, TCurve> ofQuotient = RandomSums.Sum<TCurve, TFp>(quotient, sigma, engine, options);
        Affine<TFp, TCurve> ofDividend = RandomSums.Sum<TCurve, TFp>(dividend, sigma, engine, options);
        if (IsQuotient<TCurve, TFp>(ofQuotient, ofDividend, q1, q2))
        {
            return true;
        }

        Scalar256[] weights = RandomSums.ForLastCoefficient<TFr>(quotient.Length, engine, options);
        Affine<TFp, TCurve> last = RandomSums.Sum<TCurve, TFp>(dividend, weights, engine, options);
        Jacobian<TFp, TCurve> withoutLast = ofDividend + -engine.Multiply<TFp, TCurve>([last], [rho[^1]], options);
        return IsQuotient<TCurve, TFp>(ofQuotient, withoutLast.ToAffine(), q1, q2);
    }
}

/// <summary>Sections of two files, byte by byte.</summary>
internal static class SectionComparison
{
    /// <summary>The first byte, counted from the section's start, at which two files' sections differ, or null.</summary>
    public static long? FindDifference(SectionedFile first, SectionedFile second, uint type, CancellationToken cancellationToken)
    {
        const int Block = 1 << 18;
        FileSection a = first.Require(type, $"section {type}"), b = second.Require(type, $"section {type}");
        long common = Math.Min(a.Length, b.Length);
        byte[] left = new byte[(int)Math.Min(Block, common)], right = new byte[left.Length];
        for (long at = 0; at < common; at += left.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(left.Length, common - at);
            first.ReadAt(a.Offset + at, left.AsSpan(0, count));
            second.ReadAt(b.Offset + at, right.AsSpan(0, count));
            int same = left.AsSpan(0, count).CommonPrefixLength(right.AsSpan(0, count));
            if (same < count)
            {
                return at + same;
            }
        }

        return a.Length == b.Length ? null : common;
    }
}
