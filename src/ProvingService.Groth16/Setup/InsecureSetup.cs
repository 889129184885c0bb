// Owns: the setup by a single party, for tests and demonstrations. Real keys come from a ceremony.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>How far a setup is.</summary>
/// <param name="Phase">What is being written, such as <c>B2</c>.</param>
/// <param name="Fraction">The share of all points that are done, from 0 to 1.</param>
public readonly record struct SetupProgress(string Phase, double Fraction);

/// <summary>
/// Makes a whole key from trapdoors that one process draws and erases. Whoever runs it could keep them and forge
/// proofs, hence the name: nobody else has reason to trust such a key. The file is a regular <c>.zkey</c> with γ = 1,
/// as iden3's keys have, a random δ, and no contributions on record.
/// </summary>
public static class InsecureSetup
{
    /// <summary>What is said, wherever a person may read it, when a key is made this way.</summary>
    public const string Warning =
        "insecure single-party setup: whoever runs it can forge proofs under this key; use a ceremony for anything of value";

    /// <summary>Whether the field has a domain, and one of twice the size, for a constraint system.</summary>
    public static bool Supports<TFr>(ConstraintSystem<TFr> system)
        where TFr : unmanaged, IPrimeField<TFr> =>
        System.Numerics.BitOperations.Log2((uint)(system.ConstraintCount + system.PublicCount)) + 1 < Math.Min(TFr.TwoAdicity, 28);

    /// <summary>Writes a key for a constraint system: per wire four points of G1 and one of G2, per row two of G1.</summary>
    /// <param name="system">The circuit.</param>
    /// <param name="path">The .zkey to be; it appears when complete.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The field has no domain large enough for the circuit.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Create<TCurve, TFp, TFr>(
        ConstraintSystem<TFr> system, string path, IProgress<SetupProgress>? progress = null, EngineOptions options = default)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        int log = QapEvaluation<TFr>.LogDomainSize(system.ConstraintCount, system.PublicCount);
        using SecretScalars<TFr> trapdoors = DrawTrapdoors<TFr>(log);
        Create<TCurve, TFp, TFr>(system, trapdoors, path, progress, options);
    }

    /// <summary>As the public method, with trapdoors τ, α, β, δ in this order.</summary>
    internal static void Create<TCurve, TFp, TFr>(
        ConstraintSystem<TFr> system, SecretScalars<TFr> trapdoors, string path, IProgress<SetupProgress>? progress, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        using KeyScalars<TFr> scalars = KeyScalars<TFr>.Derive(system, trapdoors);
        using var writer = new ZkeyWriter<TCurve, TFp, TFr>(path);
        Affine<TFp, TCurve> alpha1 = Multiply(Affine<TFp, TCurve>.Generator, trapdoors[1]);
        Affine<TFp, TCurve> beta1 = Multiply(Affine<TFp, TCurve>.Generator, trapdoors[2]);
        Affine<Fp2<TFp>, TCurve> beta2 = Multiply(Affine<Fp2<TFp>, TCurve>.Generator, trapdoors[2]);
        writer.WriteHeader(
            system.WireCount,
            system.PublicCount,
            scalars.H.Length,
            alpha1,
            beta1,
            beta2,
            Affine<Fp2<TFp>, TCurve>.Generator,
            Multiply(Affine<TFp, TCurve>.Generator, trapdoors[3]),
            Multiply(Affine<Fp2<TFp>, TCurve>.Generator, trapdoors[3]));
        writer.WriteCoefficients(system);

        var g1 = new FixedBaseTable<TFp, TCurve>(
            Affine<TFp, TCurve>.Generator, (4 * scalars.A.Length) + (2 * scalars.H.Length), options);
        var meter = new Meter(progress, (4L * scalars.A.Length) + (2L * scalars.H.Length) + scalars.B.Length);
        var hasher = new InitialKeyHasher<TCurve, TFp>();
        hasher.Add(alpha1);
        hasher.Add(beta1);
        hasher.Add(beta2);
        hasher.Add(Affine<Fp2<TFp>, TCurve>.Generator);
        hasher.Add(Affine<TFp, TCurve>.Generator);
        hasher.Add(Affine<Fp2<TFp>, TCurve>.Generator);
        WriteHashed(ZkeyFormat.IcSection, "IC", scalars.Ic);
        HashOnly("the hash of H", scalars.HashedH);
        WriteSection(ZkeyFormat.HSection, "H", scalars.H);
        HashOnly("the hash of C", scalars.C);
        WriteSection(ZkeyFormat.CSection, "C", scalars.CScaled);
        WriteHashed(ZkeyFormat.ASection, "A", scalars.A);
        WriteHashed(ZkeyFormat.B1Section, "B1", scalars.B);

        var g2 = new FixedBaseTable<Fp2<TFp>, TCurve>(Affine<Fp2<TFp>, TCurve>.Generator, scalars.B.Length, options);
        hasher.AddCount(scalars.B.Length);
        writer.BeginPoints(ZkeyFormat.B2Section);
        FixedBaseSlices.ForEach(g2, scalars.B, meter.Enter("B2"), options, points =>
        {
            writer.WritePoints(points);
            foreach (ref readonly Affine<Fp2<TFp>, TCurve> point in points)
            {
                hasher.Add(point);
            }
        });
        writer.EndPoints();
        writer.WriteContributions(hasher.Digest());
        writer.Commit();

        static Affine<TField, TGroup> Multiply<TField, TGroup>(in Affine<TField, TGroup> point, in TFr secret)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField> =>
            ScalarMultiplication.MultiplySecret<TField, TGroup, TFr>(point, secret).ToAffine();

        void WriteHashed(uint section, string name, TFr[] values)
        {
            hasher.AddCount(values.Length);
            writer.BeginPoints(section);
            FixedBaseSlices.ForEach(g1, values, meter.Enter(name), options, points =>
            {
                writer.WritePoints(points);
                Hash(points);
            });
            writer.EndPoints();
        }

        void WriteSection(uint section, string name, TFr[] values)
        {
            writer.BeginPoints(section);
            FixedBaseSlices.ForEach(g1, values, meter.Enter(name), options, points => writer.WritePoints(points));
            writer.EndPoints();
        }

        void HashOnly(string name, TFr[] values)
        {
            hasher.AddCount(values.Length);
            FixedBaseSlices.ForEach(g1, values, meter.Enter(name), options, Hash);
        }

        void Hash(ReadOnlySpan<Affine<TFp, TCurve>> points)
        {
            foreach (ref readonly Affine<TFp, TCurve> point in points)
            {
                hasher.Add(point);
            }
        }
    }

    private static SecretScalars<TFr> DrawTrapdoors<TFr>(int logDomainSize)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // τ must avoid the domain of twice the size, on which the Lagrange polynomials have poles.
        while (true)
        {
            SecretScalars<TFr> drawn = SecretScalars<TFr>.DrawTrapdoors(4);
            if (Field.Pow(drawn[0], 2UL << logDomainSize) != TFr.One)
            {
                return drawn;
            }

            drawn.Dispose();
        }
    }

    /// <summary>Counts points over all phases.</summary>
    private sealed class Meter(IProgress<SetupProgress>? progress, long total)
    {
        private long done;

        public Action<int> Enter(string phase) => count =>
        {
            done += count;
            progress?.Report(new(phase, Math.Min(1.0, (double)done / total)));
        };
    }
}
