// Owns: the commands of `zkps setup ptau` that contribute nothing: preparing, cutting, verifying and showing files.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Lint;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class PtauFileCommands
{
    public static Command Prepare()
    {
        Argument<string> input = SetupParts.File("IN", "The .ptau of a ceremony that is over."), path = SetupParts.File("OUT", "The .ptau to write.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "prepare",
            "Adds the Lagrange bases that phase 2 needs. The most work of phase 1, on all cores; done once for all circuits.",
            "zkps setup ptau prepare pot14_beacon.ptau pot14.ptau",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                output.Work("prepare", progress =>
                {
                    PhaseOne.Prepare(parsed.GetRequiredValue(input), file, SetupParts.Relay(progress), new(parsed.GetValue(threads), output.Cancellation));
                    return true;
                });
                output.Say($"{file}: prepared for phase 2, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
                output.Result(new JsonObject { ["ptau"] = file, ["bytes"] = new FileInfo(file).Length, ["seconds"] = SetupParts.Seconds(start) });
                return ExitCode.Success;
            },
            input,
            path,
            threads);
    }

    public static Command Truncate()
    {
        Argument<string> input = SetupParts.File("IN", "A .ptau of a larger power."), path = SetupParts.File("OUT", "The .ptau to write.");
        var power = new Option<int>("--power") { Description = "The power of the file to write, below that of IN.", Required = true };
        return CommonOptions.Define(
            "truncate",
            "Cuts a file to a smaller power, for circuits that need no more. Nobody can contribute to it afterwards.",
            "zkps setup ptau truncate pot20.ptau pot14.ptau --power 14",
            (parsed, output) =>
            {
                string file = parsed.GetRequiredValue(path), source = parsed.GetRequiredValue(input);
                PtauHeader header = PtauFormat.ReadHeader(source);
                int smaller = parsed.GetValue(power);
                if (smaller < PtauFormat.MinPower || smaller >= header.Power)
                {
                    throw new UsageException(header.Power == PtauFormat.MinPower
                        ? $"{source} has power {header.Power}, the smallest there is."
                        : $"--power is {PtauFormat.MinPower} to {header.Power - 1} for {source}, not {smaller}.");
                }

                output.Work("truncate", progress =>
                {
                    PhaseOne.Truncate(source, file, smaller, SetupParts.Relay(progress), new(0, output.Cancellation));
                    return true;
                });
                output.Say($"{file}: power {smaller} of a ceremony of power {header.CeremonyPower}, {Output.Bytes(new FileInfo(file).Length)}");
                output.Result(new JsonObject { ["ptau"] = file, ["power"] = smaller, ["bytes"] = new FileInfo(file).Length });
                return ExitCode.Success;
            },
            input,
            path,
            power);
    }

    public static Command Verify()
    {
        Argument<string> path = CommonOptions.File("The .ptau.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "verify",
            "Verifies a transcript of phase 1: every contribution's proofs, every point, the hashes, and the Lagrange bases where there are\n"
            + "any. Exit code 1 where it is false, 2 where the file is damaged. Compare the response hashes with what the contributors\n"
            + "published.",
            "zkps setup ptau verify pot14.ptau",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                PhaseOneReport report = output.Work("verify", progress => PhaseOne.Verify(
                    file, null, SetupParts.Relay(progress), new(parsed.GetValue(threads), output.Cancellation)));
                Say(output, file, report.Info);
                if (report.Fault is { } fault)
                {
                    output.Say($"FALSE: {fault.Text}");
                }
                else
                {
                    output.Say($"The transcript is true ({Output.Since(start)}).");
                    if (!report.IsLastHashChecked)
                    {
                        output.Say("The file was reduced, so the last contribution's hashes cannot be compared with its points; its powers are true all the same.");
                    }

                    if (!report.Info.IsPrepared)
                    {
                        output.Say("It is not prepared for phase 2 yet: zkps setup ptau prepare.");
                    }
                }

                IReadOnlyList<Finding> findings = PowersOfTauRules.Check(report);
                LintCommand.Warn(output, findings.Where(finding => finding.Rule != Rules.PtauTranscriptFalse));
                JsonObject result = ToJson(report.Info);
                result["findings"] = LintCommand.ToJson(findings);
                result["valid"] = report.IsTrue;
                result["fault"] = report.Fault?.Kind.ToString();
                result["contribution"] = report.Fault?.Contribution;
                result["reason"] = report.Fault?.Text;
                result["lastHashChecked"] = report.IsLastHashChecked;
                result["seconds"] = SetupParts.Seconds(start);
                output.Result(result);
                return report.IsTrue ? ExitCode.Success : ExitCode.No;
            },
            path,
            threads);
    }

    public static Command Info()
    {
        Argument<string> path = CommonOptions.File("The .ptau.");
        return CommonOptions.Define(
            "info",
            "Shows what a file of powers of tau says of itself, without verifying it.",
            "zkps setup ptau info pot14.ptau",
            (parsed, output) =>
            {
                PhaseOneInfo info = PhaseOne.ReadInfo(parsed.GetRequiredValue(path));
                Say(output, parsed.GetRequiredValue(path), info);
                output.Result(ToJson(info));
                return ExitCode.Success;
            },
            path);
    }

    private static void Say(Output output, string file, PhaseOneInfo info)
    {
        PtauHeader header = info.Header;
        output.Say(file);
        output.Say($"  curve           {header.Curve.Name()}");
        output.Say($"  power           {header.Power}{(header.IsReduced ? $", reduced from {header.CeremonyPower}" : "")}");
        output.Say($"  size            {Output.Bytes(new FileInfo(file).Length)}");
        output.Say($"  for phase 2     {(info.IsPrepared ? "prepared" : "not prepared")}");
        output.Say($"  contributions   {info.Contributions.Count}");
        foreach (PhaseOneEntry entry in info.Contributions)
        {
            output.Say($"    {entry.Number}. {ContributionName.Printable(entry.Name)}{(entry.IsBeacon ? ", beacon" : "")}");
            if (entry.IsBeacon)
            {
                output.Say($"       value       {Convert.ToHexStringLower(entry.BeaconValue.Span)}, 2^{entry.BeaconIterationsLog} iterations");
            }

            output.Say($"       response    {Convert.ToHexStringLower(entry.ResponseHash.Span)}");
        }
    }

    private static JsonObject ToJson(PhaseOneInfo info) => new()
    {
        ["curve"] = info.Header.Curve.Name(),
        ["power"] = info.Header.Power,
        ["ceremonyPower"] = info.Header.CeremonyPower,
        ["prepared"] = info.IsPrepared,
        ["contributions"] = new JsonArray([.. info.Contributions.Select(entry => new JsonObject
        {
            ["name"] = entry.Name,
            ["beacon"] = entry.IsBeacon,
            ["beaconValue"] = entry.IsBeacon ? Convert.ToHexStringLower(entry.BeaconValue.Span) : null,
            ["beaconIterationsLog"] = entry.IsBeacon ? entry.BeaconIterationsLog : null,
            ["responseHash"] = Convert.ToHexStringLower(entry.ResponseHash.Span),
            ["nextChallenge"] = Convert.ToHexStringLower(entry.NextChallenge.Span),
        })]),
    };
}
