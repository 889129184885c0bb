// Owns: writing the initial key of a circuit. Its points: InitialKey.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>The file that <c>snarkjs zkey new</c> writes, byte for byte.</summary>
internal static class KeyCreation<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Writes the key.</summary>
    /// <returns>The hash of the initial key.</returns>
    public static byte[] Create(string r1cs, string ptau, string output, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        ConstraintSystem<TFr> system = CircuitFile.Read<TFr>(r1cs, options);
        using PowersOfTau<TCurve, TFp> powers = PowersOfTau<TCurve, TFp>.Open(ptau);
        var key = new InitialKey<TCurve, TFp, TFr>(system, powers, CpuEngine.Default.Tier, options);
        var hash = new InitialKeyHash<TCurve, TFp, TFr>(key);
        using var writer = new ZkeyWriter<TCurve, TFp, TFr>(output);
        writer.WriteHeader(
            system.WireCount,
            system.PublicCount,
            key.DomainSize,
            key.Alpha1,
            key.Beta1,
            powers.BetaG2,
            Affine<Fp2<TFp>, TCurve>.Generator,
            Affine<TFp, TCurve>.Generator,
            Affine<Fp2<TFp>, TCurve>.Generator);
        writer.BeginPoints(ZkeyFormat.CoefficientSection);
        CircuitCoefficients.Stream<TFr>(r1cs, system.PublicCount, writer.WriteBytes, options);
        writer.EndPoints();

        // snarkjs's order of sections, which is that of the hash.
        InitialKeyMeter meter = InitialKeyMeter.Of(system, key.DomainSize, progress);
        Section(ZkeyFormat.IcSection, "IC", system.PublicCount + 1, key.Ic);
        writer.BeginPoints(ZkeyFormat.HSection);
        key.H(writer.WritePoints);
        writer.EndPoints();
        hash.AddH();
        meter.Add("H", key.DomainSize);
        Section(ZkeyFormat.CSection, "C", system.WireCount - system.PublicCount - 1, key.C);
        Section(ZkeyFormat.ASection, "A", system.WireCount, key.A);
        Section(ZkeyFormat.B1Section, "B1", system.WireCount, key.B1);
        hash.AddCount(system.WireCount);
        writer.BeginPoints(ZkeyFormat.B2Section);
        key.B2(points =>
        {
            writer.WritePoints(points);
            hash.Add(points);
            meter.Add("B2", points.Length);
        });
        writer.EndPoints();
        byte[] digest = hash.Digest();
        writer.WriteContributions(digest);
        writer.Commit();
        return digest;

        void Section(uint section, string name, int count, Action<PointConsumer<TFp, TCurve>> produce)
        {
            hash.AddCount(count);
            writer.BeginPoints(section);
            produce(points =>
            {
                writer.WritePoints(points);
                hash.Add(points);
                meter.Add(name, points.Length);
            });
            writer.EndPoints();
        }
    }
}

/// <summary>Counts the points of an initial key.</summary>
internal sealed class InitialKeyMeter
{
    private readonly IProgress<SetupProgress>? progress;
    private readonly long all;
    private long done;

    private InitialKeyMeter(IProgress<SetupProgress>? progress, long all)
    {
        this.progress = progress;
        this.all = all;
    }

    /// <summary>Four points a wire, and those of the domain.</summary>
    public static InitialKeyMeter Of<TFr>(ConstraintSystem<TFr> system, int domainSize, IProgress<SetupProgress>? progress)
        where TFr : unmanaged, IPrimeField<TFr> => new(progress, (4L * system.WireCount) + domainSize);

    public void Add(string section, int count)
    {
        done += count;
        progress?.Report(new(section, Math.Min(1, (double)done / all)));
    }
}
