// Owns: the contents of verification_key.json, its round trip and weak keys. JSON, numbers and points: DamagedJsonTests.cs.

using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bn254VerifyingKeyFileTests : VerifyingKeyFileTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381VerifyingKeyFileTests : VerifyingKeyFileTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class VerifyingKeyFileTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Name = "verification_key.json";
    private const string InfinityG1 = "[\"0\",\"1\",\"0\"]";
    private const string InfinityG2 = "[[\"0\",\"0\"],[\"1\",\"0\"],[\"0\",\"0\"]]";

    private static string Valid => JsonFiles<TCurve, TFp, TFr>.VerifyingKey;

    [Fact]
    public void A_key_returns_from_its_file_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(Name);
        VerifyingKeyJson.Write(path, JsonFiles<TCurve, TFp, TFr>.Key);
        Assert.Equal(Encoding.UTF8.GetBytes(Valid), File.ReadAllBytes(path));
        Assert.Equal(TCurve.Id, VerifyingKeyJson.ReadCurve(path));
        VerifyingKey<TCurve, TFp> read = VerifyingKeyJson.Read<TCurve, TFp>(path);
        Assert.Equal(Valid, VerifyingKeyJson.ToJson(read));
        Assert.Equal((2, KeyWeakness.None), (read.PublicInputCount, read.Weakness));
        Assert.True(new Verifier<TCurve, TFp, TFr>(read).Verify(JsonFiles<TCurve, TFp, TFr>.TrueProof, JsonFiles<TCurve, TFp, TFr>.Inputs));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    [InlineData("-1")]
    [InlineData("2.0")]
    [InlineData("2e0")]
    [InlineData("4294967298")]
    [InlineData("1e400")]
    [InlineData("\"2\"")]
    [InlineData("null")]
    [InlineData("[2]")]
    public void The_number_of_inputs_must_be_that_of_IC(string count) =>
        Refuse(FileFault.Malformed, JsonEdit.With(Valid, "nPublic", count), "nPublic must be one less than the number of IC points, 2");

    [Fact]
    public void IC_must_hold_points()
    {
        foreach (string count in new[] { "-1", "0", "2" })
        {
            Refuse(FileFault.Inconsistent, JsonEdit.With(JsonEdit.With(Valid, "IC", "[]"), "nPublic", count), "IC is empty");
        }

        foreach (string wrong in new[] { "null", "{}", "\"\"", "3" })
        {
            Refuse(FileFault.Malformed, JsonEdit.With(Valid, "IC", wrong), "IC must be an array");
        }

        Refuse(FileFault.Malformed, JsonEdit.With(Valid, "IC.1", "null"), "IC[1] must be an array of 3");
        Refuse(FileFault.Malformed, JsonEdit.With(Valid, "IC", $"[{InfinityG1}]"), "nPublic must be one less than the number of IC points, 0");
    }

    [Fact]
    public void A_key_of_a_statement_without_inputs_is_a_key()
    {
        string json = JsonEdit.With(JsonEdit.With(Valid, "IC", $"[{InfinityG1}]"), "nPublic", "0");
        VerifyingKey<TCurve, TFp> key = Read(json);
        Assert.Equal(0, key.PublicInputCount);
        Assert.False(new Verifier<TCurve, TFp, TFr>(key).Verify(JsonFiles<TCurve, TFp, TFr>.TrueProof, []));
    }

    [Theory]
    [InlineData("vk_alpha_1", false)]
    [InlineData("vk_beta_2", true)]
    [InlineData("vk_gamma_2", true)]
    [InlineData("vk_delta_2", true)]
    public void Elements_at_infinity_make_a_key_that_is_refused(string member, bool isG2) =>
        Weak(JsonEdit.With(Valid, member, isG2 ? InfinityG2 : InfinityG1), KeyWeakness.ElementAtInfinity, "the point at infinity");

    [Fact]
    public void Gamma_equal_to_delta_makes_a_key_that_is_refused()
    {
        JsonNode root = JsonNode.Parse(Valid)!;
        Weak(JsonEdit.With(Valid, "vk_delta_2", root["vk_gamma_2"]!.ToJsonString()), KeyWeakness.GammaEqualsDelta, "γ equals δ");
        Weak(JsonEdit.With(Valid, "vk_gamma_2", root["vk_delta_2"]!.ToJsonString()), KeyWeakness.GammaEqualsDelta, "γ equals δ");
    }

    [Fact]
    public void A_delta_that_is_the_generator_makes_a_key_that_is_refused()
    {
        JsonNode root = JsonNode.Parse(Valid)!;
        string swapped = JsonEdit.With(
            JsonEdit.With(Valid, "vk_delta_2", root["vk_gamma_2"]!.ToJsonString()), "vk_gamma_2", root["vk_delta_2"]!.ToJsonString());
        Weak(swapped, KeyWeakness.DeltaIsGenerator, "δ is the generator");
    }

    [Fact]
    public void The_product_of_alpha_and_beta_in_the_file_is_never_trusted()
    {
        foreach (string json in new[] { JsonEdit.Without(Valid, "vk_alphabeta_12"), JsonEdit.With(Valid, "vk_alphabeta_12", "\"nonsense\"") })
        {
            VerifyingKey<TCurve, TFp> key = Read(json);
            Assert.Equal(Valid, VerifyingKeyJson.ToJson(key));
            Assert.True(new Verifier<TCurve, TFp, TFr>(key).Verify(JsonFiles<TCurve, TFp, TFr>.TrueProof, JsonFiles<TCurve, TFp, TFr>.Inputs));
        }
    }

    [Fact]
    public void A_key_in_memory_needs_an_IC_point()
    {
        VerifyingKey<TCurve, TFp> key = JsonFiles<TCurve, TFp, TFr>.Key;
        Assert.False(VerifyingKey<TCurve, TFp>.TryCreate(key.Alpha, key.Beta, key.Gamma, key.Delta, [], out _, out PointFault? fault));
        Assert.Equal(FileFault.Inconsistent, fault.Kind);
        Assert.False(VerifyingKey<TCurve, TFp>.TryCreate(
            key.Alpha, key.Beta, key.Gamma, key.Delta, [key.Ic[0], new(key.Ic[1].X, key.Ic[1].X)], out _, out fault));
        Assert.Equal(FileFault.NotOnCurve, fault.Kind);
        Assert.StartsWith("IC[1] ", fault.Text, StringComparison.Ordinal);
    }

    private static VerifyingKey<TCurve, TFp> Read(string json) => VerifyingKeyJson.Read<TCurve, TFp>(JsonEdit.Utf8(json), Name);

    /// <summary>Such a file is read, since it can be looked at; a verifier made of it is refused unless the user insists.</summary>
    private static void Weak(string json, KeyWeakness weakness, string words)
    {
        VerifyingKey<TCurve, TFp> key = Read(json);
        Assert.Equal(weakness, key.Weakness);
        var e = Assert.Throws<InsecureKeyException>(() => new Verifier<TCurve, TFp, TFr>(key));
        Assert.Equal(weakness, e.Weakness);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.False(new Verifier<TCurve, TFp, TFr>(key, allowInsecureKey: true)
            .Verify(JsonFiles<TCurve, TFp, TFr>.TrueProof, JsonFiles<TCurve, TFp, TFr>.Inputs));
    }

    private static void Refuse(FileFault fault, string text, string words)
    {
        ReadOnlyMemory<byte> bytes = JsonEdit.Utf8(text);
        Damage.Expect(fault, Name, -1, () => VerifyingKeyJson.Read<TCurve, TFp>(bytes, Name), words);
    }
}
