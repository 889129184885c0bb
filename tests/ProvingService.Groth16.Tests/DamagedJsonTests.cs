// Owns: what proof.json, public.json and verification_key.json have in common: how JSON itself, members, numbers and points
// are refused. What each file's own content must be: ProofFileTests.cs and VerifyingKeyFileTests.cs.

using System.Numerics;
using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class DamagedBn254JsonTests : DamagedJsonTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class DamagedBls12381JsonTests : DamagedJsonTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class DamagedJsonTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Name = "damaged.json";

    private static readonly Kind Proofs = new(
        "proof", JsonFiles<TCurve, TFp, TFr>.Proof, bytes => ProofJson.Read<TCurve, TFp>(bytes, Name), ["pi_a", "pi_c"], ["pi_b"]);

    private static readonly Kind Keys = new(
        "key",
        JsonFiles<TCurve, TFp, TFr>.VerifyingKey,
        bytes => VerifyingKeyJson.Read<TCurve, TFp>(bytes, Name),
        ["vk_alpha_1", "IC.0", "IC.2"],
        ["vk_beta_2", "vk_gamma_2", "vk_delta_2"]);

    private static readonly Kind Inputs = new(
        "inputs", JsonFiles<TCurve, TFp, TFr>.PublicInputs, bytes => PublicInputsJson.Read<TFr>(bytes, Name), [], []);

    protected DamagedJsonTests()
    {
        foreach (Kind kind in new[] { Proofs, Keys, Inputs })
        {
            kind.Read(JsonEdit.Utf8(kind.Valid));
        }
    }

    /// <summary>A kind of file: a valid one, its reader, and where in it points stand.</summary>
    private sealed record Kind(string Word, string Valid, Action<ReadOnlyMemory<byte>> Read, string[] G1, string[] G2)
    {
        /// <summary>Every number that is a coordinate, with how errors call it.</summary>
        public IEnumerable<(string Path, string Named)> Coordinates =>
            G1.SelectMany(p => new[] { $"{p}.0", $"{p}.1" })
                .Concat(G2.SelectMany(p => new[] { $"{p}.0.0", $"{p}.0.1", $"{p}.1.0", $"{p}.1.1" }))
                .Select(p => (p, Named(p)));

        public static string Named(string path)
        {
            string[] steps = path.Split('.');
            return steps[0] + string.Concat(steps[1..].Select(s => $"[{s}]"));
        }
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData(" ", 2)]
    [InlineData("not json", 2)]
    [InlineData("{", 2)]
    [InlineData("[1,]", 4)]
    [InlineData("{\"a\": 1,}", 9)]
    [InlineData("{} {}", 4)]
    [InlineData("// no\n{}", 1)]
    [InlineData("\ufeff[]", 1)]
    [InlineData("NaN", 1)]
    [InlineData("\0", 1)]
    public void What_is_not_JSON_is_refused_with_its_place(string text, int place)
    {
        foreach (Kind kind in new[] { Proofs, Keys, Inputs })
        {
            Refuse(kind, FileFault.Malformed, text, $"this is not JSON: line 1, byte {place}");
        }
    }

    [Fact]
    public void Every_prefix_is_refused()
    {
        foreach (Kind kind in new[] { Proofs, Keys, Inputs })
        {
            for (int length = 0; length < kind.Valid.Length; length += 3)
            {
                Refuse(kind, FileFault.Malformed, kind.Valid[..length], "this is not JSON: line");
            }
        }
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_costs_anything()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 1_000_000)), deeper = string.Concat(Enumerable.Repeat("{\"a\":", 200_000));
        foreach (Kind kind in new[] { Proofs, Keys, Inputs })
        {
            byte[] first = Encoding.UTF8.GetBytes(deep), second = Encoding.UTF8.GetBytes(deeper);
            Damage.Expect(FileFault.Malformed, Name, -1, () => kind.Read(first), "this is not JSON: line 1, byte 17");
            Damage.Expect(FileFault.Malformed, Name, -1, () => kind.Read(second), "this is not JSON");
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("\"text\"")]
    [InlineData("true")]
    public void JSON_of_another_shape_is_refused(string text)
    {
        Refuse(Proofs, FileFault.Malformed, text, "the member protocol is missing");
        Refuse(Keys, FileFault.Malformed, text, "the member protocol is missing");
        Refuse(Inputs, FileFault.Malformed, text, "the file must be an array");
        Refuse(Inputs, FileFault.Malformed, "{}", "the file must be an array");
        Refuse(Proofs, FileFault.Malformed, "[]", "the member protocol is missing");
    }

    [Fact]
    public void No_member_may_be_missing()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            IEnumerable<string> members = kind.G1.Concat(kind.G2).Select(p => p.Split('.')[0]).Append("protocol").Distinct();
            foreach (string member in kind == Keys ? members.Append("curve").Append("nPublic") : members)
            {
                Refuse(kind, FileFault.Malformed, JsonEdit.Without(kind.Valid, member), $"the member {member} is missing");
            }
        }
    }

    [Fact]
    public void No_member_may_occur_twice()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            foreach (string twice in new[] { "\"protocol\":\"groth16\",", "\"note\":1,\"note\":2,", "\"curv\\u0065\":\"bn128\",", "\"x\":[{\"y\":1,\"y\":1}]," })
            {
                Refuse(kind, FileFault.Malformed, "{" + twice + kind.Valid[1..], "a member occurs twice");
            }
        }
    }

    [Fact]
    public void Members_of_others_are_let_be()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            kind.Read(JsonEdit.Utf8("{\"note\":{\"by\":[\"caf\u00e9\"]}," + kind.Valid[1..]));
        }
    }

    [Fact]
    public void Text_that_is_no_Unicode_is_refused()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            Refuse(kind, FileFault.Malformed, "{\"\\ud800\":1," + kind.Valid[1..], "no Unicode text");
            Refuse(kind, FileFault.Malformed, JsonEdit.With(kind.Valid, "protocol", "1").Replace("\"protocol\":1", "\"protocol\":\"\\udfff\"", StringComparison.Ordinal), "protocol must be");
            byte[] invalid = [.. Encoding.UTF8.GetBytes("{\"protocol\":\"groth16\",\"curve\":\""), 0xff, 0xfe, .. "\"}"u8];
            Damage.Expect(FileFault.WrongField, Name, -1, () => kind.Read(invalid), "curve must be");
        }

        byte[] number = [.. "[\""u8, 0xc3, .. "\"]"u8];
        Damage.Expect(FileFault.Malformed, Name, -1, () => Inputs.Read(number), "public input 0 must be a decimal number");
    }

    [Theory]
    [InlineData("\"plonk\"")]
    [InlineData("\"Groth16\"")]
    [InlineData("16")]
    [InlineData("null")]
    public void The_protocol_must_be_Groth16(string value)
    {
        Refuse(Proofs, FileFault.Malformed, JsonEdit.With(Proofs.Valid, "protocol", value), "protocol must be \"groth16\"");
        Refuse(Keys, FileFault.Malformed, JsonEdit.With(Keys.Valid, "protocol", value), "protocol must be \"groth16\"");
    }

    [Fact]
    public void The_curve_must_be_known_and_the_one_asked_for()
    {
        CurveId other = TCurve.Id == CurveId.Bn254 ? CurveId.Bls12381 : CurveId.Bn254;
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            foreach (string value in new[] { "\"secp256k1\"", "\"\"", "1", "null", "[]" })
            {
                Refuse(kind, FileFault.WrongField, JsonEdit.With(kind.Valid, "curve", value), "curve must be \"bls12381\" or \"bn128\"");
            }

            string foreign = JsonEdit.With(kind.Valid, "curve", $"\"{other.Iden3Name()}\"");
            Refuse(kind, FileFault.WrongField, foreign, $"the file is for {other.Name()} and {TCurve.Id.Name()} is asked for");
        }
    }

    [Fact]
    public void Coordinates_must_be_canonical_decimal_numbers()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            foreach ((string path, string named) in kind.Coordinates)
            {
                BigInteger value = BigInteger.Parse(JsonEdit.At(kind.Valid, path), System.Globalization.CultureInfo.InvariantCulture);
                foreach (BigInteger large in new[] { value + TFp.Modulus, TFp.Modulus, BigInteger.Pow(10, 119) })
                {
                    Refuse(kind, FileFault.NotCanonical, JsonEdit.With(kind.Valid, path, $"\"{large}\""), $"{named} is not below the modulus of {TFp.Name}");
                }

                foreach (string wrong in NotNumbers)
                {
                    Refuse(kind, FileFault.Malformed, JsonEdit.With(kind.Valid, path, wrong), $"{named} must be a decimal number");
                }
            }
        }
    }

    [Fact]
    public void Inputs_must_be_canonical_decimal_numbers()
    {
        for (int i = 0; i < 2; i++)
        {
            foreach (BigInteger large in new[] { TFr.ToBigInteger(JsonFiles<TCurve, TFp, TFr>.Inputs[i]) + TFr.Modulus, TFr.Modulus, BigInteger.Pow(10, 119) })
            {
                string text = JsonEdit.With(Inputs.Valid, $"{i}", $"\"{large}\"");
                Refuse(Inputs, FileFault.NotCanonical, text, $"public input {i} is not below the modulus of {TFr.Name}");
                Refuse(Inputs, FileFault.NotCanonical, text.Replace($"\"{large}\"", $"{large}", StringComparison.Ordinal), $"public input {i}");
            }

            foreach (string wrong in NotNumbers)
            {
                Refuse(Inputs, FileFault.Malformed, JsonEdit.With(Inputs.Valid, $"{i}", wrong), $"public input {i} must be a decimal number");
            }
        }

        Assert.Equal(TFr.FromUInt64(12), PublicInputsJson.Read<TFr>(JsonEdit.Utf8("[12]"), Name)[0]);
    }

    private static IEnumerable<string> NotNumbers =>
    [
        "\"-1\"", "-1", "\"0x10\"", "\"1e3\"", "1e3", "1.0", "\"1.0\"", "\" 1\"", "\"1 \"", "\"+1\"", "\"\"", "\"1_000\"", "\"1,000\"", "\"\u0661\"",
        "true", "null", "[]", "{}", "[\"1\"]", $"\"{new string('9', 121)}\"", $"\"{new string('1', 100_000)}\"", new string('1', 100_000),
    ];

    [Fact]
    public void Points_must_have_their_shape()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            foreach (string path in kind.G1.Concat(kind.G2))
            {
                foreach (string wrong in new[] { "[]", "[\"1\",\"2\"]", "[\"1\",\"2\",\"1\",\"1\"]", "{}", "\"1\"", "null" })
                {
                    Refuse(kind, FileFault.Malformed, JsonEdit.With(kind.Valid, path, wrong), $"{Kind.Named(path)} must be an array of 3");
                }
            }

            foreach (string path in kind.G2)
            {
                foreach (string wrong in new[] { "[]", "[\"1\"]", "[\"1\",\"2\",\"3\"]", "\"1\"" })
                {
                    Refuse(kind, FileFault.Malformed, JsonEdit.With(kind.Valid, path + ".1", wrong), $"{path}[1] must be an array of 2");
                }
            }
        }
    }

    [Fact]
    public void Points_must_be_affine_or_infinity_spelled_as_iden3_does()
    {
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            foreach (string path in kind.G1)
            {
                foreach (string wrong in new[] { "[\"0\",\"0\",\"0\"]", "[\"1\",\"1\",\"0\"]", "[\"0\",\"2\",\"0\"]", "[\"1\",\"2\",\"2\"]" })
                {
                    Refuse(kind, FileFault.Malformed, JsonEdit.With(kind.Valid, path, wrong), $"{Kind.Named(path)} must be a point with last coordinate 1");
                }

                Refuse(kind, FileFault.NotOnCurve, JsonEdit.With(kind.Valid, path, "[\"0\",\"0\",\"1\"]"), $"{Kind.Named(path)} is not on the curve");
            }

            foreach (string path in kind.G2)
            {
                foreach (string z in new[] { "[\"0\",\"0\"]", "[\"0\",\"1\"]", "[\"1\",\"1\"]", "[\"2\",\"0\"]" })
                {
                    Refuse(kind, FileFault.Malformed, JsonEdit.With(kind.Valid, path + ".2", z), $"{path} must be a point with last coordinate 1");
                }

                string zero = JsonEdit.With(kind.Valid, path, "[[\"0\",\"0\"],[\"0\",\"0\"],[\"1\",\"0\"]]");
                Refuse(kind, FileFault.NotOnCurve, zero, $"{path} is not on the curve");
            }
        }
    }

    [Fact]
    public void Points_must_be_on_their_curve_and_in_their_subgroup()
    {
        Affine<Fp2<TFp>, TCurve> g2 = KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<Fp2<TFp>, TCurve>();
        string outsideG2 = $"[[\"{g2.X.C0}\",\"{g2.X.C1}\"],[\"{g2.Y.C0}\",\"{g2.Y.C1}\"],[\"1\",\"0\"]]";
        foreach (Kind kind in new[] { Proofs, Keys })
        {
            foreach (string path in kind.G1)
            {
                Refuse(kind, FileFault.NotOnCurve, JsonEdit.With(kind.Valid, path, "[\"5\",\"6\",\"1\"]"), $"{Kind.Named(path)} is not on the curve");
                if (TCurve.Id != CurveId.Bn254)
                {
                    Affine<TFp, TCurve> g1 = KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<TFp, TCurve>();
                    string outside = JsonEdit.With(kind.Valid, path, $"[\"{g1.X}\",\"{g1.Y}\",\"1\"]");
                    Refuse(kind, FileFault.NotInSubgroup, outside, $"{Kind.Named(path)} is on the curve but not in the subgroup of order r of");
                }
            }

            foreach (string path in kind.G2)
            {
                Refuse(kind, FileFault.NotOnCurve, JsonEdit.With(kind.Valid, path + ".0.0", "\"5\""), $"{path} is not on the curve");
                Refuse(kind, FileFault.NotInSubgroup, JsonEdit.With(kind.Valid, path, outsideG2), $"{path} is on the curve but not in the subgroup of order r of");
            }
        }
    }

    private static void Refuse(Kind kind, FileFault fault, string text, string words)
    {
        ReadOnlyMemory<byte> bytes = JsonEdit.Utf8(text);
        Damage.Expect(fault, Name, -1, () => kind.Read(bytes), words);
    }
}
