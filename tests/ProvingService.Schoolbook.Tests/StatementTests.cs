// Owns: the schoolbook's judgement of statements made by hand from known secrets, without the product: each rule, and which goes first.

using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace ProvingService.Schoolbook.Tests;

[Trait("Kernels", "any")]
public sealed class StatementTests
{
    private const int Alpha = 11, Beta = 13, Gamma = 17, Delta = 19, A = 23, B = 29, Input = 31;
    private static readonly int[] Ic = [37, 41, 43];

    public static TheoryData<string> Curves => ["bn254", "bls12-381"];

    /// <summary>With C = (ab − αβ − (ic₀ + x·ic₁ + 2x·ic₂)·γ)/δ the equation holds in the exponents.</summary>
    [Theory]
    [MemberData(nameof(Curves))]
    public void The_equation_decides(string name)
    {
        var made = new Made(PairingCurve.Of(name));
        Assert.Equal(new("accept", "valid", "holds"), made.Judge());
        Assert.Equal(new("reject", "equation-fails", "fails"), made.Judge(c => c["public"]![1] = "63"));
        Assert.Equal(new("reject", "equation-fails", "fails"), made.Judge(c => c["proof"]!["pi_c"] = made.G1(5)));
        Assert.Equal(new("reject", "equation-fails", "fails"), made.Judge(c => c["proof"]!["pi_a"] = made.G1(0)));

        // (−A, −B, C) is another proof of the same.
        Assert.Equal(new("accept", "valid", "holds"), made.Judge(c => (c["proof"]!["pi_a"], c["proof"]!["pi_b"]) = (made.G1(-A), made.G2(-B))));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Keys_are_judged_before_the_equation(string name)
    {
        var made = new Made(PairingCurve.Of(name));
        foreach ((string reason, string member, JsonNode point) in ((string, string, JsonNode)[])
        [
            ("key-element-at-infinity", "vk_alpha_1", made.G1(0)),
            ("key-element-at-infinity", "vk_beta_2", made.G2(0)),
            ("key-element-at-infinity", "vk_gamma_2", made.G2(0)),
            ("key-element-at-infinity", "vk_delta_2", made.G2(0)),
            ("key-gamma-equals-delta", "vk_gamma_2", made.G2(Delta)),
            ("key-gamma-equals-delta", "vk_delta_2", made.G2(-Gamma)),
            ("key-elements-related", "vk_beta_2", made.G2(-Gamma)),
            ("key-elements-related", "vk_beta_2", made.G2(Delta)),
            ("key-known-secret", "vk_alpha_1", made.G1(-1)),
            ("key-known-secret", "vk_beta_2", made.G2(1)),
            ("key-known-secret", "vk_delta_2", made.G2(-1)),
            ("equation-fails", "vk_gamma_2", made.G2(1)),
        ])
        {
            Assert.Equal(new("reject", reason, "fails"), made.Judge(null, k => k[member] = point.DeepClone()));
        }

        Assert.Equal(new("reject", "equation-fails", "fails"), made.Judge(null, k => k["IC"]![0] = made.G1(0)));
        Assert.Equal(new("reject", "key-input-unbound", "fails"), made.Judge(null, k => k["IC"]![2] = made.G1(0)));
        Assert.Equal(new("reject", "key-inputs-interchangeable", "fails"), made.Judge(null, k => k["IC"]![2] = made.G1(-Ic[1])));
        Assert.Equal(new("reject", "equation-fails", "fails"), made.Judge(null, k => k["IC"]![2] = made.G1(Ic[0])));

        // What two inputs with one point can be changed to is a true equation, and the key is refused all the same.
        Assert.Equal(
            new("reject", "key-inputs-interchangeable", "holds"),
            made.Judge(c => c["proof"]!["pi_c"] = made.G1(made.C([Ic[0], Ic[1], Ic[1]])), k => k["IC"]![2] = made.G1(Ic[1])));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Of_several_faults_the_first_in_the_list_is_told(string name)
    {
        PairingCurve curve = PairingCurve.Of(name);
        var made = new Made(curve);
        Check("syntax", c => c["proof"]!["pi_a"] = new JsonArray("1", "2"));
        Check("syntax", c => c["proof"]!["pi_b"]![0]![0] = "0x1");
        Check("syntax", c => c["proof"]!["protocol"] = "plonk");
        Check("not-canonical", c => c["proof"]!["pi_c"]![0] = $"{BigInteger.Parse((string)c["proof"]!["pi_c"]![0]!, null) + curve.P}");
        Check("not-canonical", c => c["proof"]!["pi_c"]![2] = "2");
        Check("not-canonical", c => (c["proof"]!["pi_a"]![0], c["proof"]!["pi_b"]![0]![1]) = ("5", $"{curve.P}"));
        Check("not-on-curve", c => c["proof"]!["pi_a"]![0] = "5");
        Check("not-on-curve", c => c["proof"]!["pi_a"] = new JsonArray("0", "0", "1"));
        Check("not-in-subgroup", c => c["proof"]!["pi_b"] = made.Outside());
        Check("not-on-curve", c => (c["proof"]!["pi_a"]![0], c["proof"]!["pi_b"]) = ("5", made.Outside()));
        Check("input-count", c => c["public"] = new JsonArray("31"));
        Check("input-count", c => c["public"] = new JsonArray("31", "62", "0"));
        Check("input-not-canonical", c => c["public"]![0] = $"{curve.R + Input}");
        Check("input-negative", c => c["public"]![0] = $"{Input - curve.R}");
        Check("syntax", c => c["public"]![0] = "");
        Check("syntax", c => c["public"]![0] = "+31");
        Check("not-on-curve", c => (c["proof"]!["pi_a"]![0], c["public"]) = ("5", new JsonArray()));
        Check("ic-count", null, k => k["nPublic"] = 3);
        Check("ic-count", c => c["public"] = new JsonArray("31"), k => k["nPublic"] = 1);
        Check("not-on-curve", null, k => k["IC"]![1]![0] = "5");

        void Check(string reason, Action<JsonNode>? ofCase, Action<JsonNode>? ofKey = null) =>
            Assert.Equal(new("malformed", reason, "undefined"), made.Judge(ofCase, ofKey));
    }

    [Fact]
    public void A_batch_is_true_where_each_claim_is()
    {
        var made = new Made(PairingCurve.Bn254);
        Assert.Equal(new("accept", "valid", "holds"), made.JudgeBatch(0, 0, 0));
        Assert.Equal(new("accept", "valid", "holds"), made.JudgeBatch());

        // Errors in C that cancel in the sum.
        Assert.Equal(new("reject", "equation-fails", "fails"), made.JudgeBatch(0, 7, -7));
    }

    /// <summary>A key and a claim whose secrets are the constants above.</summary>
    private sealed class Made(PairingCurve curve)
    {
        private readonly StatementJudge judge = new(new(curve));

        public SchoolbookVerdict Judge(Action<JsonNode>? ofCase = null, Action<JsonNode>? ofKey = null)
        {
            JsonObject @case = new() { ["key"] = "key", ["proof"] = Proof(0), ["public"] = Inputs() };
            return Judge(@case, "verify", ofCase, ofKey);
        }

        public SchoolbookVerdict JudgeBatch(params int[] errors)
        {
            JsonNode[] claims = [.. errors.Select(error => new JsonObject { ["proof"] = Proof(error), ["public"] = Inputs() })];
            return Judge(new JsonObject { ["key"] = "key", ["claims"] = new JsonArray(claims) }, "batch", null, null);
        }

        /// <summary>C for given ic.</summary>
        public BigInteger C(int[] ic) =>
            ((A * B) - (Alpha * Beta) - ((ic[0] + (Input * ic[1]) + (2 * Input * ic[2])) * Gamma)) * BigInteger.ModPow(Delta, curve.R - 2, curve.R) % curve.R;

        public JsonArray G1(BigInteger scalar) => curve.G1.Multiply(curve.Generator1, scalar) is { X: { } x, Y: { } y }
            ? [$"{x[0]}", $"{y[0]}", "1"]
            : ["0", "1", "0"];

        public JsonArray G2(BigInteger scalar) => Json(curve.G2.Multiply(curve.Generator2, scalar));

        /// <summary>A point of the twist that is in no subgroup of order r, since hardly any is.</summary>
        public JsonArray Outside()
        {
            for (int k = 1; ; k++)
            {
                Element x = curve.Fp2.Of(k, 1);
                if (SquareRoots.Find((x.Square() * x) + curve.G2.B) is { } y)
                {
                    return Json(new(x, y));
                }
            }
        }

        private static JsonArray Json(Point point) => point is { X: { } x, Y: { } y }
            ? [new JsonArray($"{x[0]}", $"{x[1]}"), new JsonArray($"{y[0]}", $"{y[1]}"), new JsonArray("1", "0")]
            : [new JsonArray("0", "0"), new JsonArray("1", "0"), new JsonArray("0", "0")];

        private static JsonArray Inputs() => [$"{Input}", $"{2 * Input}"];

        private SchoolbookVerdict Judge(JsonObject @case, string kind, Action<JsonNode>? ofCase, Action<JsonNode>? ofKey)
        {
            JsonObject key = new()
            {
                ["protocol"] = "groth16",
                ["curve"] = curve.Iden3Name,
                ["nPublic"] = 2,
                ["vk_alpha_1"] = G1(Alpha),
                ["vk_beta_2"] = G2(Beta),
                ["vk_gamma_2"] = G2(Gamma),
                ["vk_delta_2"] = G2(Delta),
                ["IC"] = new JsonArray([.. Ic.Select(scalar => (JsonNode)G1(scalar))]),
            };
            ofCase?.Invoke(@case);
            ofKey?.Invoke(key);
            JsonObject root = new() { ["keys"] = new JsonObject { ["key"] = key } };
            return judge.Judge(root.Deserialize<JsonElement>(), @case.Deserialize<JsonElement>(), kind);
        }

        private JsonObject Proof(int error) => new()
        {
            ["pi_a"] = G1(A),
            ["pi_b"] = G2(B),
            ["pi_c"] = G1(C(Ic) + error),
            ["protocol"] = "groth16",
            ["curve"] = curve.Iden3Name,
        };
    }
}
