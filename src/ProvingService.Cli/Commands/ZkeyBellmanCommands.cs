// Owns: `zkps setup zkey export-bellman`, `import-bellman`, `contribute-bellman`: contributions by way of bellman's parameters.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class ZkeyBellmanCommands
{
    public static Command Export()
    {
        Argument<string> input = PtauCommands.File("ZKEY", "The key."), path = PtauCommands.File("PARAMS", "The parameters to write.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "export-bellman",
            "Writes a key as bellman's phase-2 parameters, for contributors who use them.",
            "zkps setup zkey export-bellman merkle_0003.zkey challenge.params",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                output.Work("export", progress =>
                {
                    PhaseTwo.ExportBellman(
                        parsed.GetRequiredValue(input), file, PtauCommands.Relay(progress), new(parsed.GetValue(threads), output.Cancellation));
                    return true;
                });
                output.Say($"{file}: written, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
                output.Result(new JsonObject { ["parameters"] = file, ["seconds"] = PtauCommands.Seconds(start) });
                return ExitCode.Success;
            },
            input,
            path,
            threads);
    }

    public static Command Import()
    {
        Argument<string> input = PtauCommands.File("ZKEY", "The key that was exported.");
        Argument<string> parameters = PtauCommands.File("PARAMS", "The parameters with further contributions.");
        Argument<string> path = PtauCommands.File("OUT", "The key to write.");
        Option<string> name = PtauCommands.Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "import-bellman",
            "Takes contributions that were made to bellman's parameters into the key, after verifying them. Exit code 1 where they are false.",
            "zkps setup zkey import-bellman merkle_0003.zkey response.params merkle_0004.zkey --name bob",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                TranscriptFault? fault = output.Work("import", progress => PhaseTwo.ImportBellman(
                    parsed.GetRequiredValue(input),
                    parsed.GetRequiredValue(parameters),
                    file,
                    parsed.GetValue(name)!,
                    PtauCommands.Relay(progress),
                    new(parsed.GetValue(threads), output.Cancellation)));
                output.Say(fault is null
                    ? $"{file}: written, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}"
                    : $"FALSE: {fault.Text} Nothing was written.");
                output.Result(new JsonObject
                {
                    ["zkey"] = fault is null ? file : null,
                    ["valid"] = fault is null,
                    ["fault"] = fault?.Kind.ToString(),
                    ["contribution"] = fault?.Contribution,
                    ["reason"] = fault?.Text,
                    ["seconds"] = PtauCommands.Seconds(start),
                });
                return fault is null ? ExitCode.Success : ExitCode.No;
            },
            input,
            parameters,
            path,
            name,
            threads);
    }

    public static Command Contribute()
    {
        Argument<string> input = PtauCommands.File("PARAMS", "The parameters so far."), path = PtauCommands.File("RESPONSE", "The parameters to write.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "contribute-bellman",
            "Contributes to bellman's parameters: multiplies δ by a secret that is drawn, used and erased here.",
            "zkps setup zkey contribute-bellman challenge.params response.params",
            (parsed, output) =>
            {
                // Before anyone is asked to type.
                PhaseTwo.ReadBellmanCurve(parsed.GetRequiredValue(input));
                string file = parsed.GetRequiredValue(path);
                using ContributionEntropy entropy = EntropyPrompt.Draw(output);
                long start = Stopwatch.GetTimestamp();
                byte[] hash = output.Work("contribute", progress => PhaseTwo.ContributeBellman(
                    parsed.GetRequiredValue(input), file, entropy, PtauCommands.Relay(progress), new(parsed.GetValue(threads), output.Cancellation)));
                return ZkeyCommands.Contributed(output, file, hash, start);
            },
            input,
            path,
            threads);
    }
}
