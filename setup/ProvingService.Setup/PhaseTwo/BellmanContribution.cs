// Owns: a contribution to bellman's parameters, for those who exchange them instead of keys. To a key: KeyContribution.cs.

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>
/// Streams the parameters through, δ times the secret, H and L times its inverse. What is multiplied is checked: a point outside
/// the subgroup would tell the secret modulo its small order. What is copied is not looked at; whoever imports compares it.
/// </summary>
internal static class BellmanContribution<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Contributes.</summary>
    /// <returns>The contribution's hash.</returns>
    public static byte[] Contribute(
        string parameters, string response, ContributionEntropy entropy, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        // The secret depends on the record, which stands last.
        PhaseTwoRecord<TCurve, TFp> record = ReadRecord(parameters);
        ContributionChain<TCurve, TFp> chain = ContributionChain<TCurve, TFp>.Of(record);
        using SecretScalars<TFr> secrets = entropy.Derive<TFr>(chain.Digest(), "delta", "s");
        Affine<TFp, TCurve> s = ScalarMultiplication.MultiplySecret<TFp, TCurve, TFr>(Affine<TFp, TCurve>.Generator, secrets[1]).ToAffine();

        using var reader = new BellmanReader<TCurve, TFp>(parameters);
        using var writer = new BellmanWriter<TCurve, TFp>(response);
        writer.Write([reader.ReadG1("alpha1"), reader.ReadG1("beta1")]);
        writer.Write([reader.ReadG2("beta2"), reader.ReadG2("gamma2")]);
        PhaseTwoContribution<TCurve, TFp> contribution =
            KeyContribution<TCurve, TFp, TFr>.Sign(reader.ReadG1("delta1"), chain, secrets[0], s, name: "");
        writer.Write(contribution.DeltaAfter);
        writer.Write(ScalarMultiplication.MultiplySecret<Fp2<TFp>, TCurve, TFr>(reader.ReadG2("delta2"), secrets[0]).ToAffine());
        Scalar256[] inverse = KeyContribution<TCurve, TFp, TFr>.RepeatInverse(secrets[0]);
        Copy("IC", BellmanReader<TCurve, TFp>.G1Size);
        try
        {
            Divide("H");
            Divide("L");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(inverse.AsSpan()));
        }

        Copy("A", BellmanReader<TCurve, TFp>.G1Size);
        Copy("B1", BellmanReader<TCurve, TFp>.G1Size);
        Copy("B2", BellmanReader<TCurve, TFp>.G2Size);
        writer.Write(record with { Contributions = [.. record.Contributions, contribution] });
        writer.Commit();
        progress?.Report(new("B2", 1));
        return ContributionChain<TCurve, TFp>.HashOf(contribution);

        void Copy(string name, int size)
        {
            int count = reader.ReadCount($"points of {name}", size);
            writer.WriteCount(count);
            reader.CopyTo(writer, (long)count * size, options.CancellationToken);
        }

        void Divide(string name)
        {
            int all = reader.ReadCount($"points of {name}", BellmanReader<TCurve, TFp>.G1Size);
            writer.WriteCount(all);
            var points = new Affine<TFp, TCurve>[Math.Min(inverse.Length, all)];
            for (int from = 0; from < all; from += points.Length)
            {
                Span<Affine<TFp, TCurve>> slice = points.AsSpan(0, Math.Min(points.Length, all - from));
                reader.ReadG1(name, from, slice, options);
                PointMultiples.MultiplyInSubgroup<TFp, TCurve>(slice, inverse.AsSpan(0, slice.Length), slice, options);
                writer.Write(slice);
                progress?.Report(new(name, (double)(from + slice.Length) / all));
            }
        }
    }

    private static PhaseTwoRecord<TCurve, TFp> ReadRecord(string parameters)
    {
        using var reader = new BellmanReader<TCurve, TFp>(parameters);
        reader.ReadG1("alpha1");
        reader.ReadG1("beta1");
        reader.ReadG2("beta2");
        reader.ReadG2("gamma2");
        reader.ReadG1("delta1");
        reader.ReadG2("delta2");
        foreach (string name in (string[])["IC", "H", "L", "A", "B1"])
        {
            reader.SkipG1(reader.ReadCount($"points of {name}", BellmanReader<TCurve, TFp>.G1Size));
        }

        reader.SkipG2(reader.ReadCount("points of B2", BellmanReader<TCurve, TFp>.G2Size));
        return reader.ReadRecord();
    }
}
