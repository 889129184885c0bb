// Owns: verification_key.json member by member: each that is wrong is named, where the reader (VerifyingKeyJson.cs) stops at the first.

using System.Globalization;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Lint;

/// <summary>Lints a verification key. What a member must look like is the reader's knowledge, and asked of it.</summary>
internal sealed class VerificationKeyLinter(string path, JsonElement root, Findings findings) : ICurveAction<bool>
{
    private const string AlphaBeta = "vk_alphabeta_12";

    private static readonly HashSet<string> Known =
        ["protocol", "curve", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", AlphaBeta, "IC"];

    private readonly Iden3JsonReader reader = new(path);

    /// <summary>Lints a file that is known to be meant as a verification key.</summary>
    public static void Lint(string path, Findings findings)
    {
        try
        {
            using JsonDocument document = Iden3JsonReader.Parse(path);
            var reader = new Iden3JsonReader(path);
            reader.RequireProtocol(document.RootElement);
            CurveDispatch.Run(reader.Curve(document.RootElement), new VerificationKeyLinter(path, document.RootElement, findings));
        }
        catch (InvalidFileException e)
        {
            findings.Add(e);
        }
    }

    /// <inheritdoc/>
    public bool Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        foreach (string name in root.EnumerateObject().Select(NameOf).Where(name => !Known.Contains(name)))
        {
            findings.Add(Rules.VkUnknownMember, $"There is a member {Printable(name)}.", FindingPlace.OfMember(Printable(name)));
        }

        Affine<TFp, TCurve>? alpha = G1<TFp, TCurve>("vk_alpha_1");
        Affine<Fp2<TFp>, TCurve>? beta = G2<TFp, TCurve>("vk_beta_2");
        var key = new KeyElements<TCurve, TFp>(alpha, beta, G2<TFp, TCurve>("vk_gamma_2"), G2<TFp, TCurve>("vk_delta_2"), Ic<TFp, TCurve>());
        KeyRules.Check(key, findings, element => FindingPlace.OfMember(KeyRules.MemberOf(element)), Rules.KeyGammaNotGenerator);
        CheckCount(key.Ic.Count);
        if (root.TryGetProperty(AlphaBeta, out JsonElement value))
        {
            CheckAlphaBeta<TCurve, TFp>(value, alpha, beta);
        }

        return true;
    }

    /// <summary>A member's name. The parser lets through bytes that are not UTF-8.</summary>
    private static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "(no Unicode text)";
        }
    }

    private static string Printable(string name) => string.Concat(name.Take(64).Select(c => char.IsControl(c) ? '?' : c));

    private Affine<TFp, TCurve>? G1<TFp, TCurve>(string name)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp> =>
        Read(name, () => reader.G1<TFp, TCurve>(reader.Member(root, name), name));

    private Affine<Fp2<TFp>, TCurve>? G2<TFp, TCurve>(string name)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>> =>
        Read(name, () => reader.G2<TFp, TCurve>(reader.Member(root, name), name));

    private List<Affine<TFp, TCurve>?> Ic<TFp, TCurve>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>
    {
        List<Affine<TFp, TCurve>?> points = [];
        try
        {
            foreach (JsonElement item in reader.Array(reader.Member(root, "IC"), "IC"))
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"IC[{points.Count}]");
                points.Add(Read(name, () => reader.G1<TFp, TCurve>(item, name)));
            }
        }
        catch (InvalidFileException e)
        {
            findings.Add(e, FindingPlace.OfMember("IC"));
        }

        return points;
    }

    private Affine<TField, TCurve>? Read<TField, TCurve>(string name, Func<Affine<TField, TCurve>> read)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        try
        {
            return findings.Checked(name, read(), FindingPlace.OfMember(name));
        }
        catch (InvalidFileException e)
        {
            findings.Add(e, FindingPlace.OfMember(name));
            return null;
        }
    }

    private void CheckCount(int points)
    {
        if (!root.TryGetProperty("nPublic", out JsonElement count) || count.ValueKind != JsonValueKind.Number || !count.TryGetInt32(out int inputs) || points == 0)
        {
            findings.Add(
                Rules.FileMalformed,
                points == 0 ? "IC is empty: it needs the point of the constant and one for each public input." : "nPublic must be the number of public inputs.",
                FindingPlace.OfMember(points == 0 ? "IC" : "nPublic"));
        }
        else if (inputs != points - 1)
        {
            findings.Add(
                Rules.VkInputCount,
                $"nPublic is {inputs} and there are {points} IC points, which are the constant's and those of {points - 1} inputs.",
                FindingPlace.OfMember("nPublic"));
        }
    }

    /// <summary>The member against the pairing; not where α or β are wrong already.</summary>
    private void CheckAlphaBeta<TCurve, TFp>(JsonElement value, Affine<TFp, TCurve>? alpha, Affine<Fp2<TFp>, TCurve>? beta)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        Fp12<TFp, TCurve> found;
        try
        {
            found = reader.Fp12<TFp, TCurve>(value, AlphaBeta);
        }
        catch (InvalidFileException e)
        {
            findings.Add(Rules.VkAlphaBetaMalformed, e.Message, FindingPlace.OfMember(AlphaBeta));
            return;
        }

        if (alpha is { } a && beta is { } b && Pairing.Compute(a, b) != found)
        {
            findings.Add(Rules.VkAlphaBetaWrong, $"{AlphaBeta} is not e(α, β).", FindingPlace.OfMember(AlphaBeta));
        }
    }
}
