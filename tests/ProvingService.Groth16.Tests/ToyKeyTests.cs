// Owns: the check, by figures worked out by hand, of every element of a key and of a proof over the toy curve.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using ToyBase = ProvingService.TestKit.SmallField<ProvingService.TestKit.Prime61231>;
using ToyScalar = ProvingService.TestKit.SmallField<ProvingService.TestKit.Prime61441>;

namespace ProvingService.Groth16.Tests;

/// <summary>
/// The circuit y = x², z = x·y, out = (z + 2x + 5)(1 + y) over the field of r = 61441 elements, with τ = 12345, α = 777,
/// β = 4242, δ = 9001 and the proof's r = 31337, s = 27182. The figures come from the definitions and not from the
/// closed forms the code uses: Lagrange polynomials as products over the domain of the powers of ω = 44853 (11 is the
/// smallest non-residue, ω = 11^(15·2^9)), columns by summing rows, the quotient by long division of a·b − c by x⁸ − 1.
/// </summary>
public sealed class ToyKeyTests : IDisposable
{
    private const int R = 61441;
    private const int Alpha = 777, Beta = 4242, Delta = 9001;

    private readonly TemporaryFolder folder = new();
    private readonly CompiledCircuit<ToyScalar> circuit = CircuitCompiler.Compile<ToyScalar>(new ThreeConstraints());

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_circuit_has_three_constraints_and_five_wires()
    {
        Assert.Equal(3, circuit.System.ConstraintCount);
        Assert.Equal(5, circuit.System.WireCount);
        Assert.Equal([1, 18100, 7, 49, 343], Witness().Select(w => (int)ToyScalar.ToBigInteger(w)));
    }

    [Fact]
    public void Every_element_of_the_key_is_as_worked_out_by_hand()
    {
        using ProvingKey<ToyCurve, ToyBase, ToyScalar> key = MakeKey();
        Assert.Equal(8, key.DomainSize);
        Assert.Equal([25894, 14956, 18039, 10883, 42421], Logarithms(key.A));
        Assert.Equal([42421, 0, 5521, 42421, 0], Logarithms(key.B1));
        Assert.Equal([42421, 0, 5521, 42421, 0], Logarithms(key.B2));
        Assert.Equal([14581, 17220], Logarithms(key.VerifyingKey.Ic));
        Assert.Equal([16473, 51685, 53516], Logarithms(key.C));
        Assert.Equal([49589, 1318, 7809, 4790, 31030, 39455, 50967, 14178], Logarithms(key.H));
        Assert.Equal(Alpha, ToyCurve.Logarithm(key.VerifyingKey.Alpha));
        Assert.Equal(Beta, ToyCurve.Logarithm(key.Beta1));
        Assert.Equal(Beta, ToyCurve.Logarithm(key.VerifyingKey.Beta));
        Assert.Equal(1, ToyCurve.Logarithm(key.VerifyingKey.Gamma));
        Assert.Equal(Delta, ToyCurve.Logarithm(key.Delta1));
        Assert.Equal(Delta, ToyCurve.Logarithm(key.VerifyingKey.Delta));
    }

    [Fact]
    public void Every_element_of_the_proof_is_as_worked_out_by_hand()
    {
        using ProvingKey<ToyCurve, ToyBase, ToyScalar> key = MakeKey();
        ProofPoints<ToyCurve, ToyBase> proof = Compute(key, Witness(), 31337, 27182);
        Assert.Equal(43947, ToyCurve.Logarithm(proof.A));
        Assert.Equal(20624, ToyCurve.Logarithm(proof.B));
        Assert.Equal(25270, ToyCurve.Logarithm(proof.C));
    }

    [Fact]
    public void The_verifier_s_equation_holds_for_every_blinding_and_for_satisfying_witnesses_alone()
    {
        using ProvingKey<ToyCurve, ToyBase, ToyScalar> key = MakeKey();
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            ToyScalar[] witness = circuit.Program.Run(new CircuitInputs<ToyScalar>().Set("x", ToyScalar.FromUInt64((ulong)random.Next(R))));
            int r = random.Next(R), s = random.Next(R);
            Assert.True(EquationHolds(key, Compute(key, witness, r, s), witness));

            // x = 0 alone leaves some single wires free of consequence; any other wire moved by one must be noticed.
            int wire = random.Next(1, witness.Length);
            witness[wire] += ToyScalar.One;
            Assert.Equal(CircuitChecker.IsSatisfied(circuit.System, witness), EquationHolds(key, Compute(key, witness, r, s), witness));
        }
    }

    [Fact]
    public void A_key_with_delta_one_is_refused_by_name()
    {
        string path = folder.File("toy.zkey");
        using (SecretScalars<ToyScalar> trapdoors = Trapdoors(delta: 1))
        {
            InsecureSetup.Create<ToyCurve, ToyBase, ToyScalar>(circuit.System, trapdoors, path, null, default);
        }

        var refusal = Assert.Throws<InsecureKeyException>(() => ProvingKey<ToyCurve, ToyBase, ToyScalar>.Open(path));
        Assert.Equal(KeyWeakness.GammaEqualsDelta, refusal.Weakness);
        Assert.Contains("forge", refusal.Message, StringComparison.Ordinal);
        ProvingKey<ToyCurve, ToyBase, ToyScalar>.Open(path, allowInsecureKey: true).Dispose();
    }

    /// <summary>e(A, B) = e(α, β)·e(Σ xᵢICᵢ, γ)·e(C, δ) in the exponents.</summary>
    private static bool EquationHolds(
        ProvingKey<ToyCurve, ToyBase, ToyScalar> key, ProofPoints<ToyCurve, ToyBase> proof, ToyScalar[] witness)
    {
        long[] ic = [.. Logarithms(key.VerifyingKey.Ic).Select(i => (long)i)];
        long statement = ic[0] + (ic[1] * (long)ToyScalar.ToBigInteger(witness[1]));
        long left = (long)ToyCurve.Logarithm(proof.A) * ToyCurve.Logarithm(proof.B);
        long right = ((long)Alpha * Beta) + statement + ((long)ToyCurve.Logarithm(proof.C) * Delta);
        return left % R == right % R;
    }

    private static ProofPoints<ToyCurve, ToyBase> Compute(
        ProvingKey<ToyCurve, ToyBase, ToyScalar> key, ToyScalar[] witness, int r, int s)
    {
        using SecretScalars<ToyScalar> blinding =
            SecretScalars<ToyScalar>.FromKnownInsecure(ToyScalar.FromUInt64((ulong)r), ToyScalar.FromUInt64((ulong)s));
        return new Prover<ToyCurve, ToyBase, ToyScalar>(key, PortableEngine.Instance, PortableEngine.Instance)
            .Compute(witness, blinding, default);
    }

    private static SecretScalars<ToyScalar> Trapdoors(int delta) => SecretScalars<ToyScalar>.FromKnownInsecure(
        ToyScalar.FromUInt64(12345), ToyScalar.FromUInt64(Alpha), ToyScalar.FromUInt64(Beta), ToyScalar.FromUInt64((ulong)delta));

    private static IEnumerable<int> Logarithms(ReadOnlySpan<Affine<ToyBase, ToyCurve>> points)
    {
        var logarithms = new List<int>();
        foreach (Affine<ToyBase, ToyCurve> point in points)
        {
            logarithms.Add(ToyCurve.Logarithm(point));
        }

        return logarithms;
    }

    private static IEnumerable<int> Logarithms(ReadOnlySpan<Affine<Fp2<ToyBase>, ToyCurve>> points)
    {
        var logarithms = new List<int>();
        foreach (Affine<Fp2<ToyBase>, ToyCurve> point in points)
        {
            logarithms.Add(ToyCurve.Logarithm(point));
        }

        return logarithms;
    }

    private ToyScalar[] Witness() => circuit.CreateWitness(new CircuitInputs<ToyScalar>().Set("x", ToyScalar.FromUInt64(7)));

    private ProvingKey<ToyCurve, ToyBase, ToyScalar> MakeKey()
    {
        string path = folder.File("toy.zkey");
        using SecretScalars<ToyScalar> trapdoors = Trapdoors(Delta);
        InsecureSetup.Create<ToyCurve, ToyBase, ToyScalar>(circuit.System, trapdoors, path, null, default);
        return ProvingKey<ToyCurve, ToyBase, ToyScalar>.Open(path);
    }

    private sealed class ThreeConstraints : ICircuit
    {
        public string Name => "three-constraints";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> x = builder.PrivateInput("x");
            Variable<TF> y = x * x;
            Variable<TF> z = y * x;
            Variable<TF> five = builder.Constant(TF.FromUInt64(5));
            builder.PublicOutput("out", (z + x + x + five) * (y + builder.Constant(TF.One)));
        }
    }
}
