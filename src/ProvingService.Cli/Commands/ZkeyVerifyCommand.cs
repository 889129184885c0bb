// Owns: `zkps setup zkey verify`: a key against its circuit, its powers of tau and its own record.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class ZkeyVerifyCommand
{
    public static Command Create()
    {
        Option<string> r1cs = CommonOptions.Required("--r1cs", "The circuit.");
        Option<string> ptau = CommonOptions.Required("--ptau", "The powers of tau that the key was made from.");
        Option<string> zkey = CommonOptions.Required("--zkey", "The key.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "verify",
            "Verifies a key: its circuit, its powers of tau, every contribution, every point. Ends with 1 where the transcript is false.",
            "zkps setup zkey verify --r1cs merkle.r1cs --ptau pot15.ptau --zkey merkle.zkey",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                var options = new EngineOptions(parsed.GetValue(threads), output.Cancellation);
                PhaseTwoReport report = output.Work("verify", progress => PhaseTwo.Verify(
                    parsed.GetRequiredValue(r1cs),
                    parsed.GetRequiredValue(ptau),
                    parsed.GetRequiredValue(zkey),
                    progress: ZkeyCommands.Relay(progress),
                    options: options));
                return Report(output, parsed.GetRequiredValue(zkey), report, start);
            },
            r1cs,
            ptau,
            zkey,
            threads);
    }

    private static int Report(Output output, string zkey, PhaseTwoReport report, long start)
    {
        output.Say($"{zkey}: {report.Contributions.Count} contributions, verified in {Output.Since(start)}");
        ZkeyCommands.SayHash(output, "Circuit hash", report.InitialKeyHash.Span);
        JsonArray contributions = ZkeyInfoCommand.SayContributions(output, report);
        output.Say(report.Fault is null ? "The transcript is true." : $"FALSE: {report.Fault.Text}");
        output.Result(new JsonObject
        {
            ["valid"] = report.IsTrue,
            ["fault"] = report.Fault?.Kind.ToString(),
            ["contribution"] = report.Fault?.Contribution,
            ["reason"] = report.Fault?.Text,
            ["curve"] = report.Curve.Name(),
            ["initialKeyHash"] = Convert.ToHexStringLower(report.InitialKeyHash.Span),
            ["hashForm"] = report.HashForm.ToString(),
            ["contributions"] = contributions,
            ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 6),
        });
        return report.IsTrue ? ExitCode.Success : ExitCode.No;
    }
}
