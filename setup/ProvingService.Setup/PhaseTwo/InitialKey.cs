// Owns: every point of the key before any contribution, from a circuit and prepared powers of tau. Writing it: KeyCreation.cs.
// Comparing a key with it: PhaseTwoVerifier.cs.
//
// With L_i the Lagrange polynomials of the domain of n elements, and columns u, v, w of the matrices A, B, C (A with a row for
// each public wire, see Groth16/Setup/QapEvaluation.cs), for wire s:
//   A   Σ u_is·[L_i(τ)]₁      B1  Σ v_is·[L_i(τ)]₁      B2  Σ v_is·[L_i(τ)]₂
//   C and IC   Σ u_is·[β·L_i(τ)]₁ + Σ v_is·[α·L_i(τ)]₁ + Σ w_is·[L_i(τ)]₁, for private and for public wires
//   H   the odd ones of the [L_i(τ)]₁ of the domain of 2n elements; bellman's form, which is hashed: [τ^(n+i)]₁ − [τ^i]₁

using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// The points of a circuit's initial key in slices, computed when they are asked for: about 30 MB at a time, whatever the circuit.
/// The powers of tau stay open as long as this is used. Not thread-safe.
/// </summary>
internal sealed class InitialKey<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Terms of one batch of sums, unless a single wire has more.</summary>
    private const int TermsOfSlice = 1 << 16;

    private const int WiresOfSlice = 1 << 14;

    private readonly ConstraintSystem<TFr> system;
    private readonly PowersOfTau<TCurve, TFp> ptau;
    private readonly KernelTier tier;
    private readonly EngineOptions options;
    private readonly WireColumns a, b, c;
    private readonly Scalar256[] coefficients;

    /// <summary>Prepares the columns.</summary>
    /// <param name="system">The circuit.</param>
    /// <param name="ptau">Powers for the domain; their points must be in their subgroups.</param>
    /// <param name="tier">The kernels to use.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="InvalidFileException">The powers are not prepared, too few, or have a point off the curve.</exception>
    /// <exception cref="ArgumentException">The field has no domain large enough for the circuit.</exception>
    public InitialKey(ConstraintSystem<TFr> system, PowersOfTau<TCurve, TFp> ptau, KernelTier tier, EngineOptions options)
    {
        this.system = system;
        this.ptau = ptau;
        this.tier = tier;
        this.options = options;
        LogDomain = QapEvaluation<TFr>.LogDomainSize(system.ConstraintCount, system.PublicCount);
        if (LogDomain > ptau.Power)
        {
            throw new InvalidFileException(
                ptau.Path,
                FileFault.Inconsistent,
                -1,
                $"the file has powers of tau for domains up to 2^{ptau.Power}, and the circuit's {system.ConstraintCount} constraints and "
                + $"{system.PublicCount} public wires need 2^{LogDomain}; take a larger file.");
        }

        if (!ptau.IsPrepared)
        {
            throw new InvalidFileException(
                ptau.Path, FileFault.MissingSection, -1, "the powers of tau are not prepared for phase 2; run `zkps setup ptau prepare` on them.");
        }

        RequireOnCurve();
        a = WireColumns.Of(system.A, system.WireCount, PublicWires);
        b = WireColumns.Of(system.B, system.WireCount);
        c = WireColumns.Of(system.C, system.WireCount);
        coefficients = new Scalar256[system.A.Coefficients.Length];
        Scalar256.From(system.A.Coefficients, coefficients);
    }

    private delegate ReadOnlySpan<Affine<TField, TGroup>> Basis<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>;

    /// <summary>log₂ of the domain.</summary>
    public int LogDomain { get; }

    /// <summary>The size n of the domain.</summary>
    public int DomainSize => 1 << LogDomain;

    /// <summary>The powers of tau.</summary>
    public PowersOfTau<TCurve, TFp> Ptau => ptau;

    /// <summary>The circuit.</summary>
    public ConstraintSystem<TFr> System => system;

    /// <summary>α in G1.</summary>
    public Affine<TFp, TCurve> Alpha1 => ptau.AlphaTauG1[0];

    /// <summary>β in G1.</summary>
    public Affine<TFp, TCurve> Beta1 => ptau.BetaTauG1[0];

    private int PublicWires => system.PublicCount + 1;

    /// <summary>IC, a point for each public wire.</summary>
    public void Ic(PointConsumer<TFp, TCurve> consume) => Mixed(0, PublicWires, consume);

    /// <summary>C, or L, a point for each private wire, with δ = 1.</summary>
    public void C(PointConsumer<TFp, TCurve> consume) => Mixed(PublicWires, system.WireCount, consume);

    /// <summary>A, a point for each wire.</summary>
    public void A(PointConsumer<TFp, TCurve> consume) => Sum(0, system.WireCount, [(a, TauG1)], consume);

    /// <summary>B1, a point for each wire.</summary>
    public void B1(PointConsumer<TFp, TCurve> consume) => Sum(0, system.WireCount, [(b, TauG1)], consume);

    /// <summary>B2, a point for each wire.</summary>
    public void B2(PointConsumer<Fp2<TFp>, TCurve> consume) => Sum(0, system.WireCount, [(b, () => ptau.LagrangeTauG2(LogDomain))], consume);

    /// <summary>H, a point for each element of the domain, with δ = 1.</summary>
    public void H(PointConsumer<TFp, TCurve> consume)
    {
        var points = new Affine<TFp, TCurve>[Math.Min(WiresOfSlice, DomainSize)];
        for (int from = 0; from < DomainSize; from += points.Length)
        {
            ReadOnlySpan<Affine<TFp, TCurve>> basis = ptau.LagrangeTauG1(LogDomain + 1);
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = basis[(2 * (from + i)) + 1];
            }

            consume(points);
        }
    }

    /// <summary>[τ^(n+i)]₁ − [τ^i]₁ for i below n − 1: H as it is hashed.</summary>
    public void HashedH(PointConsumer<TFp, TCurve> consume)
    {
        var minusOne = Scalar256.From(-TFr.One);
        var pairs = new Affine<TFp, TCurve>[2 * Math.Min(WiresOfSlice, DomainSize - 1)];
        var scalars = new Scalar256[pairs.Length];
        int[] ends = new int[pairs.Length / 2];
        var differences = new Affine<TFp, TCurve>[ends.Length];
        for (int i = 0; i < ends.Length; i++)
        {
            (scalars[2 * i], scalars[(2 * i) + 1], ends[i]) = (new(1), minusOne, 2 * (i + 1));
        }

        for (int from = 0; from < DomainSize - 1; from += ends.Length)
        {
            int count = Math.Min(ends.Length, DomainSize - 1 - from);
            for (int i = 0; i < count; i++)
            {
                pairs[2 * i] = ptau.TauG1[DomainSize + from + i];
                pairs[(2 * i) + 1] = ptau.TauG1[from + i];
            }

            RowSums.Compute<TFp, TCurve>(pairs.AsSpan(0, 2 * count), scalars.AsSpan(0, 2 * count), ends.AsSpan(0, count), differences.AsSpan(0, count), tier, options);
            consume(differences.AsSpan(0, count));
        }
    }

    private ReadOnlySpan<Affine<TFp, TCurve>> TauG1() => ptau.LagrangeTauG1(LogDomain);

    private void Mixed(int from, int to, PointConsumer<TFp, TCurve> consume) => Sum<TFp, TCurve>(
        from, to, [(a, () => ptau.LagrangeBetaG1(LogDomain)), (b, () => ptau.LagrangeAlphaG1(LogDomain)), (c, TauG1)], consume);

    /// <summary>Σ over the terms of each wire's columns of coefficient times basis point, in slices of wires.</summary>
    private void Sum<TField, TGroup>(int from, int to, (WireColumns Columns, Basis<TField, TGroup> Basis)[] parts, PointConsumer<TField, TGroup> consume)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        var points = new List<Affine<TField, TGroup>>();
        var scalars = new List<Scalar256>();
        var ends = new List<int>();
        var sums = new Affine<TField, TGroup>[Math.Min(WiresOfSlice, to - from)];
        for (int wire = from; wire < to;)
        {
            points.Clear();
            scalars.Clear();
            ends.Clear();
            for (; wire < to && ends.Count < WiresOfSlice && points.Count < TermsOfSlice; wire++)
            {
                foreach ((WireColumns columns, Basis<TField, TGroup> basis) in parts)
                {
                    ReadOnlySpan<Affine<TField, TGroup>> source = basis();
                    for (int k = columns.StartOf(wire); k < columns.StartOf(wire + 1); k++)
                    {
                        points.Add(source[columns.Rows[k]]);
                        scalars.Add(coefficients[columns.Numbers[k]]);
                    }
                }

                ends.Add(points.Count);
            }

            RowSums.Compute(
                CollectionsMarshal.AsSpan(points), CollectionsMarshal.AsSpan(scalars), CollectionsMarshal.AsSpan(ends), sums.AsSpan(0, ends.Count), tier, options);
            consume(sums.AsSpan(0, ends.Count));
        }
    }

    /// <summary>What is used of the file must be points of the curve: sums of anything else are worth nothing.</summary>
    private void RequireOnCurve()
    {
        Check<TFp, TCurve>("τ in G1", ptau.TauG1[..((2 * DomainSize) - 1)]);
        Check<TFp, TCurve>("α and β in G1", [ptau.AlphaTauG1[0], ptau.BetaTauG1[0]]);
        Check<Fp2<TFp>, TCurve>("β in G2", [ptau.BetaG2]);
        Check("the Lagrange basis of τ in G1", ptau.LagrangeTauG1(LogDomain));
        Check("the Lagrange basis of τ in G1 for twice the domain", ptau.LagrangeTauG1(LogDomain + 1));
        Check("the Lagrange basis of τ in G2", ptau.LagrangeTauG2(LogDomain));
        Check("the Lagrange basis of α·τ in G1", ptau.LagrangeAlphaG1(LogDomain));
        Check("the Lagrange basis of β·τ in G1", ptau.LagrangeBetaG1(LogDomain));

        void Check<TField, TGroup>(string name, ReadOnlySpan<Affine<TField, TGroup>> points)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            if (!Iden3Encoding.TryValidateSubgroupUnchecked(points, out int culprit, out DecodeError error, options))
            {
                throw new InvalidFileException(
                    ptau.Path,
                    error == DecodeError.NotCanonical ? FileFault.NotCanonical : FileFault.NotOnCurve,
                    -1,
                    $"point {culprit} of {name} {error.Describe()}; the file is damaged, fetch it again.");
            }
        }
    }
}
