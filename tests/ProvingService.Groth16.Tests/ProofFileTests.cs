// Owns: the contents of proof.json and public.json and their round trips. JSON, numbers and points: DamagedJsonTests.cs.

using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bn254ProofFileTests : ProofFileTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381ProofFileTests : ProofFileTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class ProofFileTests<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_proof_returns_from_its_file_byte_for_byte()
    {
        string path = folder.File("proof.json");
        ProofJson.Write(path, JsonFiles<TCurve, TFp, TFr>.TrueProof);
        Assert.Equal(Encoding.UTF8.GetBytes(JsonFiles<TCurve, TFp, TFr>.Proof), File.ReadAllBytes(path));
        Assert.Equal(TCurve.Id, ProofJson.ReadCurve(path));
        Proof<TCurve, TFp> read = ProofJson.Read<TCurve, TFp>(path), made = JsonFiles<TCurve, TFp, TFr>.TrueProof;
        Assert.True(read.A == made.A && read.B == made.B && read.C == made.C);
        Assert.Equal(JsonFiles<TCurve, TFp, TFr>.Proof, ProofJson.ToJson(read));
        Assert.True(new Verifier<TCurve, TFp, TFr>(JsonFiles<TCurve, TFp, TFr>.Key).Verify(read, JsonFiles<TCurve, TFp, TFr>.Inputs));
    }

    [Fact]
    public void The_file_is_laid_out_as_snarkjs_does()
    {
        string[] lines = JsonFiles<TCurve, TFp, TFr>.Proof.Split('\n');
        Assert.Equal(28, lines.Length);
        Assert.Equal(("{", " \"pi_a\": [", "  \"1\"", " ],"), (lines[0], lines[1], lines[4], lines[5]));
        Assert.Equal((" \"pi_b\": [", "  ["), (lines[6], lines[7]));
        Assert.Equal((" \"protocol\": \"groth16\",", $" \"curve\": \"{TCurve.Id.Iden3Name()}\"", "}"), (lines[25], lines[26], lines[27]));
    }

    /// <summary>rapidsnark writes no curve, and snarkjs accepts what it writes. Another curve's points are refused by themselves.</summary>
    [Fact]
    public void The_curve_may_be_left_out()
    {
        string path = folder.File("proof.json"), bare = JsonEdit.Without(JsonFiles<TCurve, TFp, TFr>.Proof, "curve");
        File.WriteAllText(path, bare);
        Assert.Null(ProofJson.ReadCurve(path));
        Proof<TCurve, TFp> read = ProofJson.Read<TCurve, TFp>(path), made = JsonFiles<TCurve, TFp, TFr>.TrueProof;
        Assert.True(read.A == made.A && read.B == made.B && read.C == made.C);
        Assert.True(new Verifier<TCurve, TFp, TFr>(JsonFiles<TCurve, TFp, TFr>.Key).Verify(read, JsonFiles<TCurve, TFp, TFr>.Inputs));
        if (TCurve.Id == CurveId.Bn254)
        {
            Assert.Throws<InvalidFileException>(() => ProofJson.Read<Bls12381, Bls12381Fp>(path));
        }
        else
        {
            Assert.Throws<InvalidFileException>(() => ProofJson.Read<Bn254, Bn254Fp>(path));
        }
    }

    [Fact]
    public void Points_at_infinity_return_from_their_spelling_and_prove_nothing()
    {
        Assert.True(Proof<TCurve, TFp>.TryCreate(default, default, default, out Proof<TCurve, TFp>? nothing, out _));
        string json = ProofJson.ToJson(nothing);
        Assert.Equal("0", JsonEdit.At(json, "pi_a.0"));
        Assert.Equal("1", JsonEdit.At(json, "pi_a.1"));
        Assert.Equal("0", JsonEdit.At(json, "pi_a.2"));
        Assert.Equal("1", JsonEdit.At(json, "pi_b.1.0"));
        Assert.Equal("0", JsonEdit.At(json, "pi_b.2.0"));
        Proof<TCurve, TFp> read = ProofJson.Read<TCurve, TFp>(JsonEdit.Utf8(json), "infinity");
        Assert.True(read.A.IsInfinity && read.B.IsInfinity && read.C.IsInfinity);
        Assert.Equal(json, ProofJson.ToJson(read));
        Assert.False(new Verifier<TCurve, TFp, TFr>(JsonFiles<TCurve, TFp, TFr>.Key).Verify(read, JsonFiles<TCurve, TFp, TFr>.Inputs));
    }

    [Fact]
    public void No_wrong_point_becomes_a_proof_in_memory_either()
    {
        Proof<TCurve, TFp> p = JsonFiles<TCurve, TFp, TFr>.TrueProof;
        Assert.False(Proof<TCurve, TFp>.TryCreate(new(p.A.X, p.A.X), p.B, p.C, out Proof<TCurve, TFp>? made, out PointFault? fault));
        Assert.Null(made);
        Assert.Equal(FileFault.NotOnCurve, fault.Kind);
        Assert.Contains("pi_a", fault.Text, StringComparison.Ordinal);
        Assert.False(Proof<TCurve, TFp>.TryCreate(p.A, KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<Fp2<TFp>, TCurve>(), p.C, out _, out fault));
        Assert.Equal(FileFault.NotInSubgroup, fault.Kind);
        Assert.Contains("pi_b", fault.Text, StringComparison.Ordinal);
        Assert.False(Proof<TCurve, TFp>.TryCreate(p.A, p.B, new(p.C.X, p.C.X), out _, out fault));
        Assert.Contains("pi_c", fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_files_are_not_read_to_their_end()
    {
        string path = folder.File("long.json");
        File.WriteAllText(path, new string(' ', 1 << 20));
        Damage.Expect(FileFault.Inconsistent, path, 1 << 16, () => ProofJson.Read<TCurve, TFp>(path), "more than 65536 bytes");
        using (var sparse = new FileStream(path, FileMode.Create))
        {
            sparse.SetLength(1L << 40);
        }

        Damage.Expect(FileFault.Inconsistent, path, 1 << 16, () => ProofJson.ReadCurve(path), "more than 65536 bytes");
        Assert.Throws<InvalidFileException>(() => PublicInputsJson.Read<TFr>(path));
        Assert.Throws<InvalidFileException>(() => VerifyingKeyJson.ReadCurve(path));
    }

    [Fact]
    public void Files_that_are_not_there_are_no_InvalidFileException()
    {
        Assert.Throws<FileNotFoundException>(() => ProofJson.Read<TCurve, TFp>(folder.File("none.json")));
        Assert.Throws<DirectoryNotFoundException>(() => ProofJson.Write(folder.File("none/proof.json"), JsonFiles<TCurve, TFp, TFr>.TrueProof));
        File.WriteAllBytes(folder.File("empty.json"), []);
        Assert.Throws<InvalidFileException>(() => ProofJson.Read<TCurve, TFp>(folder.File("empty.json")));
    }

    [Fact]
    public void Inputs_return_from_their_file_byte_for_byte()
    {
        string path = folder.File("public.json");
        TFr[] edges = [TFr.Zero, TFr.One, -TFr.One, .. JsonFiles<TCurve, TFp, TFr>.Inputs];
        foreach (TFr[] inputs in new[] { [], edges[..1], edges })
        {
            PublicInputsJson.Write<TFr>(path, inputs);
            Assert.Equal(inputs, PublicInputsJson.Read<TFr>(path));
            Assert.Equal(PublicInputsJson.ToJson<TFr>(PublicInputsJson.Read<TFr>(path)), File.ReadAllText(path));
        }

        Assert.Equal($"[\n \"0\",\n \"1\",\n \"{TFr.Modulus - 1}\"\n]", PublicInputsJson.ToJson<TFr>(edges.AsSpan(0, 3)));
        Assert.Equal("[]", PublicInputsJson.ToJson<TFr>([]));
    }

    [Fact]
    public void More_inputs_than_any_key_has_are_refused_before_room_is_made_for_them()
    {
        string many = "[" + string.Concat(Enumerable.Repeat("1,", 1 << 18)) + "1]";
        var e = Assert.Throws<InvalidFileException>(() => PublicInputsJson.Read<TFr>(JsonEdit.Utf8(many), "many.json"));
        Assert.Equal(FileFault.Malformed, e.Fault);
        Assert.Contains("an array of at most 262144", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_number_of_inputs_is_a_mistake_and_not_a_false_proof()
    {
        var verifier = new Verifier<TCurve, TFp, TFr>(JsonFiles<TCurve, TFp, TFr>.Key);
        foreach (int count in new[] { 0, 1, 3 })
        {
            var e = Assert.Throws<ArgumentException>(() => verifier.Verify(JsonFiles<TCurve, TFp, TFr>.TrueProof, new TFr[count]));
            Assert.Contains($"The key is for 2 public inputs, and {count} were given.", e.Message, StringComparison.Ordinal);
        }
    }
}
