// Owns: keys and witnesses that are whole in every part and yet prove nothing: the prover must release no proof.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class FalseBn254KeyTests : FalseKeyTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class FalseBls12381KeyTests : FalseKeyTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class FalseKeyTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Name = "damaged.zkey";

    private static readonly byte[] Whole = KeyFile<TCurve, TFp, TFr>.Bytes;

    private static ConstraintSystem<TFr> System => KeyFile<TCurve, TFp, TFr>.Circuit.System;

    private static TFr[] Witness => KeyFile<TCurve, TFp, TFr>.Witness();

    private static int HeaderPointsAt => KeySurgery.Find(Whole, ZkeyFormat.HeaderSection).Offset + KeyFile<TCurve, TFp, TFr>.CountsAt + 12;

    [Fact]
    public void Swapped_sections_of_one_length_make_false_proofs_which_stay_inside()
    {
        byte[] swapped = KeySurgery.Assemble(KeySurgery.TakeApart(Whole).Select(p => p with { Type = p.Type switch { 5 => 6, 6 => 5, var t => t } }));
        ExpectFalse(swapped);
    }

    [Fact]
    public void Points_out_of_their_places_make_false_proofs_which_stay_inside()
    {
        foreach (uint type in new uint[] { 5, 6, 7, 8, 9 })
        {
            int size = type == 7 ? KeyFile<TCurve, TFp, TFr>.G2Bytes : KeyFile<TCurve, TFp, TFr>.G1Bytes;
            byte[] bytes = (byte[])Whole.Clone();
            KeySpan section = KeySurgery.Find(bytes, type);
            Span<byte> first = bytes.AsSpan(section.Offset, size), last = bytes.AsSpan(section.Offset + section.Length - size, size);
            byte[] kept = first.ToArray();
            last.CopyTo(first);
            kept.CopyTo(last);
            ExpectFalse(bytes);
        }
    }

    [Fact]
    public void Altered_coefficients_make_false_proofs_which_stay_inside()
    {
        int at = KeySurgery.Find(Whole, ZkeyFormat.CoefficientSection).Offset + 4;
        foreach (Action<byte[]> damage in new Action<byte[]>[] { b => b[at] ^= 1, b => b[at + 4] ^= 1, b => b[at + 8] ^= 1, b => b[at + 12] ^= 1 })
        {
            byte[] bytes = (byte[])Whole.Clone();
            damage(bytes);
            ExpectFalse(bytes);
        }
    }

    [Theory]
    [InlineData("beta1 and beta2", 1)]
    [InlineData("delta1 and delta2", 4)]
    public void Elements_that_disagree_between_the_groups_are_named(string words, int index)
    {
        int g1 = KeyFile<TCurve, TFp, TFr>.G1Bytes, g2 = KeyFile<TCurve, TFp, TFr>.G2Bytes;
        byte[] bytes = (byte[])Whole.Clone();
        int at = HeaderPointsAt + (index == 1 ? g1 : (2 * g1) + (2 * g2));
        Iden3Encoding.Write(Affine<TFp, TCurve>.Generator, bytes.AsSpan(at, g1));
        var e = Assert.Throws<InvalidFileException>(() => KeyFile<TCurve, TFp, TFr>.Prove(bytes, Witness));
        Assert.Equal((FileFault.Inconsistent, (long)KeySurgery.Find(Whole, 2).Offset), (e.Fault, e.Offset));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_elements_of_the_verification_key_make_false_proofs_which_stay_inside()
    {
        int g1 = KeyFile<TCurve, TFp, TFr>.G1Bytes;
        foreach (int at in new[] { HeaderPointsAt, KeySurgery.Find(Whole, ZkeyFormat.IcSection).Offset })
        {
            byte[] bytes = (byte[])Whole.Clone();
            Iden3Encoding.Write(Twice(Affine<TFp, TCurve>.Generator), bytes.AsSpan(at, g1));
            ExpectFalse(bytes);
        }
    }

    [Fact]
    public void A_key_without_contribution_is_refused_unless_allowed()
    {
        byte[] bytes = KeyFile<TCurve, TFp, TFr>.Make(TFr.One);
        var e = Assert.Throws<InsecureKeyException>(() => KeyFile<TCurve, TFp, TFr>.Open(bytes));
        Assert.Equal(KeyWeakness.GammaEqualsDelta, e.Weakness);
        Assert.Equal($"{Name}: the key is refused: {KeyWeakness.GammaEqualsDelta.Explain()}.", e.Message);
        Assert.NotNull(KeyFile<TCurve, TFp, TFr>.Prove(bytes, Witness, allowInsecureKey: true));
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(bytes, allowInsecureKey: true);
        Assert.Throws<InsecureKeyException>(() => new Verifier<TCurve, TFp, TFr>(key.VerifyingKey));
    }

    [Fact]
    public void A_key_whose_delta_is_the_generator_is_refused_though_gamma_differs()
    {
        int g1 = KeyFile<TCurve, TFp, TFr>.G1Bytes, g2 = KeyFile<TCurve, TFp, TFr>.G2Bytes;
        byte[] bytes = KeyFile<TCurve, TFp, TFr>.Make(TFr.One);
        Iden3Encoding.Write(Twice(Affine<Fp2<TFp>, TCurve>.Generator), bytes.AsSpan(HeaderPointsAt + (2 * g1) + g2, g2));
        var e = Assert.Throws<InsecureKeyException>(() => KeyFile<TCurve, TFp, TFr>.Open(bytes));
        Assert.Equal(KeyWeakness.DeltaIsGenerator, e.Weakness);
        Assert.Contains("δ is the generator", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_is_reported_before_weakness()
    {
        byte[] bytes = KeyFile<TCurve, TFp, TFr>.Make(TFr.One);
        bytes[KeySurgery.Find(bytes, ZkeyFormat.HSection).Offset] ^= 2;
        Assert.Throws<InvalidFileException>(() => KeyFile<TCurve, TFp, TFr>.Open(bytes));
    }

    [Fact]
    public void A_witness_of_another_length_belongs_to_another_circuit()
    {
        foreach (int length in new[] { 0, 1, Witness.Length - 1, Witness.Length + 1 })
        {
            TFr[] witness = new TFr[length];
            Witness.AsSpan(0, Math.Min(length, Witness.Length)).CopyTo(witness);
            var e = Assert.Throws<ArgumentException>(() => KeyFile<TCurve, TFp, TFr>.Prove(Whole, witness));
            Assert.Contains($"has {length} elements and the key is for {Witness.Length} wires", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_witness_must_begin_with_one()
    {
        TFr[] witness = Witness;
        witness[0] += TFr.One;
        Assert.Contains(
            "Element 0", Assert.Throws<ArgumentException>(() => KeyFile<TCurve, TFp, TFr>.Prove(Whole, witness)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_witness_that_does_not_satisfy_is_refused_whichever_wire_is_wrong()
    {
        for (int wire = 1; wire < Witness.Length; wire++)
        {
            TFr[] witness = Witness;
            witness[wire] += TFr.One;
            Assert.Contains(
                Name, Assert.Throws<UnsatisfiedKeyException>(() => KeyFile<TCurve, TFp, TFr>.Prove(Whole, witness)).Message, StringComparison.Ordinal);
            var e = Assert.Throws<UnsatisfiedConstraintException>(() => KeyFile<TCurve, TFp, TFr>.Prove(Whole, witness, System));
            Assert.Equal(CircuitChecker.FindFailure(System, witness)!.Index, e.Failure.Index);
        }
    }

    [Fact]
    public void Another_circuit_of_the_same_size_is_noticed_by_its_false_proof()
    {
        // As many wires and public inputs as the key's circuit, and a witness that satisfies it.
        CompiledCircuit<TFr> other = CircuitCompiler.Compile<TFr>("other", b =>
        {
            Variable<TFr> a = b.PublicInput("a"), x = b.PrivateInput("x");
            Variable<TFr> square = (x * x) + a;
            b.AssertEqual(square * square, b.PrivateInput("fourth"));
            b.PublicOutput("y", square * (x + b.Constant(TFr.One)));
        });
        Assert.Equal((System.WireCount, System.PublicCount), (other.System.WireCount, other.System.PublicCount));
        TFr[] witness = other.CreateWitness(TestKit.CircuitAssert.Inputs<TFr>(("a", 5), ("x", 7), ("fourth", 54 * 54)));
        var e = Assert.Throws<InvalidFileException>(() => KeyFile<TCurve, TFp, TFr>.Prove(Whole, witness, other.System));
        Assert.Equal(FileFault.Inconsistent, e.Fault);
        Assert.Contains("belongs to another circuit", e.Message, StringComparison.Ordinal);
    }

    private static Affine<TField, TGroup> Twice<TField, TGroup>(in Affine<TField, TGroup> point)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => TestKit.OracleGroup.Add(point, point);

    /// <summary>No proof leaves; with the circuit at hand the key is to blame, without it nobody can tell key from witness.</summary>
    private static void ExpectFalse(byte[] bytes)
    {
        Assert.Contains(
            "the key is damaged",
            Assert.Throws<UnsatisfiedKeyException>(() => KeyFile<TCurve, TFp, TFr>.Prove(bytes, Witness)).Message,
            StringComparison.Ordinal);
        var e = Assert.Throws<InvalidFileException>(() => KeyFile<TCurve, TFp, TFr>.Prove(bytes, Witness, System));
        Assert.Equal((FileFault.Inconsistent, Name), (e.Fault, e.File));
        Assert.Contains("satisfies the circuit and yet the proof is false", e.Message, StringComparison.Ordinal);
    }
}
