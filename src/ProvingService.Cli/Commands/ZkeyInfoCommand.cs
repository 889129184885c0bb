// Owns: `zkps setup zkey info`: what a key is for and who contributed to it, as it says itself.

using System.CommandLine;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.Lint;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class ZkeyInfoCommand
{
    public static Command Create()
    {
        Argument<string> zkey = CommonOptions.File("The proving key.");
        var full = new Option<bool>("--full") { Description = "Check every point for the subgroup too; minutes for a large key." };
        return CommonOptions.Define(
            "info",
            "Shows what a proving key is for and who contributed to it, after checking its structure, coefficients and points.",
            "zkps setup zkey info merkle.zkey",
            (parsed, output) => CurveDispatch.Run(
                ZkeyFormat.ReadHeader(parsed.GetRequiredValue(zkey)).Curve,
                new InfoAction(parsed.GetRequiredValue(zkey), parsed.GetValue(full), output)),
            zkey,
            full);
    }

    /// <summary>The contributions of a report as lines and as JSON.</summary>
    public static JsonArray SayContributions(Output output, PhaseTwoReport report)
    {
        var contributions = new JsonArray();
        foreach (PhaseTwoEntry entry in report.Contributions)
        {
            string name = ContributionName.Printable(entry.Name);
            string hash = Convert.ToHexStringLower(entry.Hash.Span), beacon = Convert.ToHexStringLower(entry.BeaconHash.Span);
            output.Say($"    {entry.Number}. {name}{(entry.IsBeacon ? ", beacon" : "")}");
            output.Say($"       {hash[..64]}");
            output.Say($"       {hash[64..]}");
            if (entry.IsBeacon)
            {
                output.Say($"       of {beacon}, hashed 2^{entry.BeaconIterationsLog} times");
            }

            contributions.Add(new JsonObject
            {
                ["name"] = entry.Name,
                ["beacon"] = entry.IsBeacon,
                ["hash"] = hash,
                ["beaconHash"] = entry.IsBeacon ? beacon : null,
                ["beaconIterationsLog"] = entry.IsBeacon ? entry.BeaconIterationsLog : null,
            });
        }

        return contributions;
    }

    private sealed class InfoAction(string zkey, bool full, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = output.Work("check", _ => ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecureKey: true));
            if (full && output.Work("check subgroups", _ => key.FindPointOutsideSubgroup(new EngineOptions(0, output.Cancellation))) is { } fault)
            {
                throw fault;
            }

            KeyWeakness weakness = key.VerifyingKey.Weakness;
            PhaseTwoReport report = PhaseTwo.Describe(key);
            string hash = Convert.ToHexStringLower(report.InitialKeyHash.Span);
            output.Say($"{zkey}");
            output.Say($"  curve           {TCurve.Id.Name()}");
            output.Say($"  wires           {key.WireCount}");
            output.Say($"  public inputs   {key.PublicInputCount}");
            output.Say($"  domain          {key.DomainSize}");
            output.Say($"  size            {Output.Bytes(new FileInfo(zkey).Length)}");
            output.Say($"  initial key     {hash}");
            output.Say($"  contributions   {report.Contributions.Count}");
            JsonArray contributions = SayContributions(output, report);
            output.Say($"  points          {(full ? "range, curve and subgroup checked" : "range and curve checked; --full checks the subgroup too")}");
            IReadOnlyList<Finding> findings = KeyRules.Check(key.VerifyingKey);
            LintCommand.Warn(output, findings);
            if (weakness == KeyWeakness.None && report.Contributions.Count == 0)
            {
                output.Warn("no contribution on record, and yet δ is not the generator: whoever made this key alone knows δ and can forge proofs");
            }

            output.Result(new JsonObject
            {
                ["curve"] = TCurve.Id.Name(),
                ["wires"] = key.WireCount,
                ["publicInputs"] = key.PublicInputCount,
                ["domain"] = key.DomainSize,
                ["initialKeyHash"] = hash,
                ["contributions"] = contributions,
                ["singleParty"] = weakness == KeyWeakness.None && report.Contributions.Count == 0,
                ["weakness"] = weakness == KeyWeakness.None ? null : weakness.ToString(),
                ["findings"] = LintCommand.ToJson(findings),
                ["subgroupChecked"] = full,
            });
            return ExitCode.Success;
        }
    }
}
