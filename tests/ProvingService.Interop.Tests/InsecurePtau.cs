// Owns: prepared powers of tau from a tau that this program knows. snarkjs takes minutes for what is written here in
// seconds; whoever knows tau can forge proofs, so this never leaves the tests.

using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Interop.Tests;

/// <summary>
/// Writes a .ptau as <c>snarkjs powersoftau prepare phase2</c> leaves it, with no contribution on record:
/// 1 header: u32 n8, modulus q, u32 power p, u32 power of the ceremony; 2 τ^i in G1, i below 2^(p+1) − 1; 3 τ^i in G2;
/// 4 α·τ^i and 5 β·τ^i in G1, i below 2^p; 6 β in G2; 7 u32 number of contributions; 12 to 15 the Lagrange forms of 2 to
/// 5 for the domains 2^0 to 2^p one after the other, and in section 12 for 2^(p+1), whose last power is taken as zero.
/// </summary>
internal sealed class InsecurePtau : ICurveAction<bool>
{
    private readonly int power;
    private readonly string path;

    private InsecurePtau(int power, string path) => (this.power, this.path) = (power, path);

    public static void Write(CurveId curve, int power, string path) => CurveDispatch.Run(curve, new InsecurePtau(power, path));

    /// <summary>τ, α and β: the same in every run.</summary>
    public static TFr[] Trapdoors<TFr>()
        where TFr : unmanaged, IPrimeField<TFr> =>
        [.. new ulong[] { 7, 11, 13 }.Select(root => Field.Pow(TFr.FromUInt64(root), 1_000_003))];

    public bool Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        TFr[] trapdoors = Trapdoors<TFr>();
        TFr tau = trapdoors[0], alpha = trapdoors[1], beta = trapdoors[2];
        int n = 1 << power;
        var g1 = new FixedBaseTable<TFp, TCurve>(Affine<TFp, TCurve>.Generator, 16 * n);
        var g2 = new FixedBaseTable<Fp2<TFp>, TCurve>(Affine<Fp2<TFp>, TCurve>.Generator, 4 * n);
        TFr[] powers = Powers(tau, (2 * n) - 1);
        TFr[] lagrange = [.. Enumerable.Range(0, power + 1).SelectMany(log => QapEvaluation<TFr>.LagrangeAt(log, tau))];
        using var writer = new SectionedFileWriter(path, "ptau", 1, 11);
        writer.BeginSection(1);
        writer.WritePrime<TFp>();
        writer.Write((uint)power);
        writer.Write((uint)power);
        writer.EndSection();
        WriteSection(writer, 2, g1, powers);
        WriteSection(writer, 3, g2, powers.AsSpan(0, n));
        WriteSection<TFp, TCurve, TFr>(writer, 4, g1, Scale(powers.AsSpan(0, n), alpha));
        WriteSection<TFp, TCurve, TFr>(writer, 5, g1, Scale(powers.AsSpan(0, n), beta));
        WriteSection(writer, 6, g2, [beta]);
        writer.BeginSection(7);
        writer.Write(0U);
        writer.EndSection();
        WriteSection<TFp, TCurve, TFr>(writer, 12, g1, [.. lagrange, .. LagrangeWithoutLastPower(power + 1, tau)]);
        WriteSection<Fp2<TFp>, TCurve, TFr>(writer, 13, g2, lagrange);
        WriteSection<TFp, TCurve, TFr>(writer, 14, g1, Scale(lagrange, alpha));
        WriteSection<TFp, TCurve, TFr>(writer, 15, g1, Scale(lagrange, beta));
        writer.Commit();
        return true;
    }

    private static void WriteSection<TField, TGroup, TFr>(
        SectionedFileWriter writer, uint number, FixedBaseTable<TField, TGroup> table, ReadOnlySpan<TFr> scalars)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        writer.BeginSection(number);
        FixedBaseSlices.ForEach(table, scalars, static _ => { }, default, points => writer.Write(MemoryMarshal.AsBytes(points)));
        writer.EndSection();
    }

    private static TFr[] Powers<TFr>(TFr tau, int count)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var powers = new TFr[count];
        powers[0] = TFr.One;
        for (int i = 1; i < count; i++)
        {
            powers[i] = powers[i - 1] * tau;
        }

        return powers;
    }

    private static TFr[] Scale<TFr>(ReadOnlySpan<TFr> values, TFr factor)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr[] scaled = values.ToArray();
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] *= factor;
        }

        return scaled;
    }

    /// <summary>The inverse transform of (1, τ, …, τ^(N−2), 0): L_i(τ) − ω^(−i(N−1))·τ^(N−1)/N, where ω^(−i(N−1)) is ω^i.</summary>
    private static TFr[] LagrangeWithoutLastPower<TFr>(int log, TFr tau)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr[] values = QapEvaluation<TFr>.LagrangeAt(log, tau);
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(log);
        TFr term = Field.Pow(tau, (ulong)values.Length - 1) * domain.SizeInverse;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] -= term;
            term *= domain.Root;
        }

        return values;
    }
}
