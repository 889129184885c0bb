// Owns: what is found in verification_key.json beyond the rules of keys: every member that is wrong, by its name.

using System.Text.Json.Nodes;
using ProvingService.Adversarial;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed class VerificationKeyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void A_sound_key_is_clean_with_and_without_what_is_not_needed(string curve)
    {
        Lint(curve, _ => { }).Breaks();
        Lint(curve, key => key.Remove("vk_alphabeta_12")).Breaks();
    }

    [Theory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void Every_member_that_is_wrong_is_named(string curve)
    {
        LintReport report = Lint(curve, key =>
        {
            key["vk_alpha_1"]![0] = "1";
            key["vk_beta_2"]![0] = OutsideSubgroup(curve)[0]!.DeepClone();
            key["vk_beta_2"]![1] = OutsideSubgroup(curve)[1]!.DeepClone();
            key["IC"]![1]![0] = Modulus(curve);
            key["IC"]![3] = "not a point";
            key["vk_delta_2"] = null;
        });
        report.Breaks(Rules.PointNotOnCurve, Rules.PointNotInSubgroup, Rules.PointNotCanonical, Rules.FileMalformed);
        Assert.Equal("vk_alpha_1", report.Only(Rules.PointNotOnCurve).Place.Member);
        Assert.Equal("vk_beta_2", report.Only(Rules.PointNotInSubgroup).Place.Member);
        Assert.Equal("IC[1]", report.Only(Rules.PointNotCanonical).Place.Member);
        Assert.Equal(["vk_delta_2", "IC[3]"], report.Findings.Where(f => f.Rule == Rules.FileMalformed).Select(f => f.Place.Member!));
    }

    [Theory]
    [InlineData("bn254")]
    [InlineData("bls12-381")]
    public void The_pairing_of_alpha_and_beta_is_not_trusted(string curve)
    {
        Lint(curve, key => key["vk_alphabeta_12"]![1]![2]![0] = "1").Breaks(Rules.VkAlphaBetaWrong);
        Lint(curve, key => key["vk_alphabeta_12"]!.AsArray().RemoveAt(1)).Breaks(Rules.VkAlphaBetaMalformed);
        Lint(curve, key => key["vk_alphabeta_12"]![1]![2]![0] = Modulus(curve)).Breaks(Rules.VkAlphaBetaMalformed);
    }

    [Fact]
    public void Counts_and_members_are_held_against_what_writers_write()
    {
        Lint("bn254", key => key["nPublic"] = 2).Breaks(Rules.VkInputCount);
        Lint("bn254", key => key["nPublic"] = "3").Breaks(Rules.FileMalformed);
        Lint("bn254", key => key["IC"] = new JsonArray()).Breaks(Rules.FileMalformed);
        Lint("bn254", key => key.Remove("IC")).Breaks(Rules.FileMalformed);
        Lint("bn254", key => key["comment"] = "mine").Breaks(Rules.VkUnknownMember);
        Lint("bn254", key => key["protocol"] = "plonk").Breaks(Rules.FileMalformed);
        Lint("bn254", key => key["curve"] = "secp256k1").Breaks(Rules.FileMalformed);
    }

    [Fact]
    public void A_key_cut_short_or_with_a_member_twice_does_not_decode()
    {
        string text = Sound("bn254").ToJsonString();
        LintText(text[..^10]).Breaks(Rules.FileMalformed);
        LintText(text.Replace("\"nPublic\":3", "\"nPublic\":3,\"nPublic\":3", StringComparison.Ordinal)).Breaks(Rules.FileMalformed);
    }

    [Fact]
    public void Of_many_findings_of_a_rule_the_first_are_listed_and_all_are_counted()
    {
        LintReport report = Lint("bn254", key =>
        {
            JsonArray points = key["IC"]!.AsArray();
            for (int i = 0; i < 50; i++)
            {
                points.Add(points[1]!.DeepClone());
            }

            key["nPublic"] = 53;
        });
        report.Breaks(Rules.KeyInputsInterchangeable);
        Assert.Equal((LintReport.MostOfARule, 50), (report.Findings.Count, report.Count(Severity.Error)));
    }

    [Fact]
    public void Names_of_members_are_whatever_somebody_wrote_there()
    {
        Assert.Equal("a?[31mb", Lint("bn254", key => key["a\u001b[31mb"] = 1).Breaks(Rules.VkUnknownMember).Only(Rules.VkUnknownMember).Place.Member);

        // Bytes that are no text.
        string path = folder.File("bytes.json");
        byte[] text = System.Text.Encoding.Latin1.GetBytes(Sound("bn254").ToJsonString().Replace("\"nPublic\"", "\"x\u00ffy\":1,\"nPublic\"", StringComparison.Ordinal));
        File.WriteAllBytes(path, text);
        Linter.Lint(path).Breaks(Rules.VkUnknownMember);
    }

    /// <summary>Whatever is done to a file, there is a report or a refusal.</summary>
    [Fact]
    public void Damaged_keys_never_end_in_anything_else()
    {
        const string Letters = "{}[]\":,\\u0019-x";
        var random = new Random(FuzzBudget.Seed);
        string text = Sound("bls12-381").ToJsonString(), path = folder.File("damaged");
        for (int round = 0; round < FuzzBudget.Cases(200); round++)
        {
            char[] changed = text.ToCharArray();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = Letters[random.Next(Letters.Length)];
            }

            File.WriteAllText(path, new string(changed));
            try
            {
                Assert.True(Linter.Lint(path).Findings.Count > 0 || new string(changed) == text);
            }
            catch (R1cs.InvalidFileException)
            {
                // Of no known kind any more.
            }
        }
    }

    private static JsonObject Sound(string curve) => (curve == "bn254"
        ? Numbers.Sound.Of<Bn254, Bn254Fp, Bn254Fr>().Json
        : Numbers.Sound.Of<Bls12381, Bls12381Fp, Bls12381Fr>().Json).AsObject();

    private static string Modulus(string curve) => (curve == "bn254" ? Bn254Fp.Modulus : Bls12381Fp.Modulus).ToString();

    private static JsonArray OutsideSubgroup(string curve)
    {
        return curve == "bn254" ? Write<Bn254, Bn254Fp>() : Write<Bls12381, Bls12381Fp>();

        static JsonArray Write<TCurve, TFp>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TCurve : struct, IPairingCurve<TCurve, TFp>
        {
            Affine<Fp2<TFp>, TCurve> point = Points.OutsideSubgroup<Fp2<TFp>, TCurve>()!.Value;
            return [new JsonArray($"{point.X.C0}", $"{point.X.C1}"), new JsonArray($"{point.Y.C0}", $"{point.Y.C1}")];
        }
    }

    private LintReport Lint(string curve, Action<JsonObject> change)
    {
        JsonObject key = Sound(curve);
        change(key);
        return LintText(key.ToJsonString());
    }

    private LintReport LintText(string text)
    {
        string path = folder.File("key.txt");
        File.WriteAllText(path, text);
        LintReport report = Linter.Lint(path);
        Assert.Equal(FileKind.VerificationKey, report.Kind);
        return report;
    }
}
