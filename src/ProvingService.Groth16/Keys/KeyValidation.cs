// Owns: the checks of a key that opening it leaves out, since they take long. Against a circuit: KeyConsistency.cs.

using System.Security.Cryptography;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>What <see cref="ProvingKey{TCurve, TFp, TFr}.Validate"/> does. The caller holds a lease.</summary>
internal static class KeyValidation
{
    /// <summary>Points checked between two reports: about a tenth of a second on two cores.</summary>
    private const int Slice = 1 << 14;

    /// <summary>Below so many wires a search for the culprit looks at each by itself.</summary>
    private const int FewWires = 8;

    /// <summary>The first fault, or null.</summary>
    public static InvalidFileException? FindFault<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, IProgress<double>? progress, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        // The sums over B1 and B2 take about a tenth of the subgroup checks' time.
        const double ShareOfB = 0.1;
        InvalidFileException? fault = key.FindDisagreement(options) ?? FindPointOutsideSubgroup(key, progress is null ? null : new Scaled(progress, 1 - ShareOfB), options);
        fault ??= FindFaultOfB(key, options);
        progress?.Report(1);
        return fault;
    }

    /// <summary>A wire whose points of B1 and B2 differ, or null. The points are known to be in their subgroups.</summary>
    public static InvalidFileException? FindFaultOfB<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        if (AgreeOnB(key, 0, key.WireCount, options))
        {
            return null;
        }

        int wire = FindInB(key, options);
        return new(
            key.Path,
            FileFault.Inconsistent,
            key.OffsetOfB2(wire),
            $"point {wire} of B1 and of B2 are not the same multiple of their generators; the file is damaged, fetch it again.");
    }

    /// <summary>The first point outside its subgroup, section by section.</summary>
    public static InvalidFileException? FindPointOutsideSubgroup<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, IProgress<double>? progress, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        double all = key.SubgroupChecks().Sum(section => section.Count * section.Weight), done = 0;
        foreach ((int count, double weight, Func<int, int, EngineOptions, InvalidFileException?> findFault) in key.SubgroupChecks())
        {
            for (int from = 0; from < count; from += Slice)
            {
                int to = (int)Math.Min(count, from + (long)Slice);
                if (findFault(from, to, options) is { } fault)
                {
                    return fault;
                }

                done += (to - from) * weight;
                progress?.Report(done / all);
            }
        }

        return null;
    }

    /// <summary>
    /// e(Σ ρᵢ·B1ᵢ, g₂) = e(g₁, Σ ρᵢ·B2ᵢ) for random ρᵢ of 128 bits, over a range of wires. The points are known to be in their
    /// subgroups: outside them the equation would say nothing.
    /// </summary>
    private static bool AgreeOnB<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, int from, int to, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        Jacobian<TFp, TCurve> b1 = default;
        Jacobian<Fp2<TFp>, TCurve> b2 = default;
        var factors = new Scalar256[Math.Min(to - from, 1 << 18)];
        byte[] random = new byte[16 * factors.Length];
        for (int start = from; start < to; start += factors.Length)
        {
            int count = Math.Min(factors.Length, to - start);
            RandomNumberGenerator.Fill(random);
            for (int i = 0; i < count; i++)
            {
                factors[i] = new(BitConverter.ToUInt64(random, 16 * i), BitConverter.ToUInt64(random, (16 * i) + 8));
            }

            b1 += CpuEngine.Default.Multiply(key.B1.Slice(start, count), factors.AsSpan(0, count), options);
            b2 += CpuEngine.Default.Multiply(key.B2.Slice(start, count), factors.AsSpan(0, count), options);
        }

        return ProvingKey<TCurve, TFp, TFr>.Agree(b1.ToAffine(), b2.ToAffine());
    }

    /// <summary>A wire whose points differ, by halving; the first, but for an error of the random coefficients.</summary>
    private static int FindInB<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        int from = 0, to = key.WireCount;
        while (to - from > FewWires)
        {
            int middle = from + ((to - from) / 2);
            (from, to) = AgreeOnB(key, from, middle, options) ? (middle, to) : (from, middle);
        }

        while (from < to - 1 && ProvingKey<TCurve, TFp, TFr>.Agree(key.B1[from], key.B2[from]))
        {
            from++;
        }

        return from;
    }

    /// <summary>Progress of a part, which comes first.</summary>
    private sealed class Scaled(IProgress<double> whole, double share) : IProgress<double>
    {
        public void Report(double value) => whole.Report(value * share);
    }
}
