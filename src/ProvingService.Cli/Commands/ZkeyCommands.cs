// Owns: `zkps setup zkey`: the group, and the commands that make a key or add to it. Verifying: ZkeyVerifyCommand.cs; what a
// key is: ZkeyInfoCommand.cs; bellman's format: ZkeyBellmanCommands.cs.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Lint;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class ZkeyCommands
{
    /// <summary>The group, with commands that stand elsewhere.</summary>
    public static Command Create(params Command[] others) => CommonOptions.Group(
        "zkey",
        "Proving keys in iden3's .zkey format, and phase 2 of the trusted setup.",
        "zkps setup zkey contribute merkle_0000.zkey merkle_0001.zkey --name alice",
        [New(), Contribute(), Beacon(), ZkeyVerifyCommand.Create(), ZkeyInfoCommand.Create(),
            ZkeyBellmanCommands.Export(), ZkeyBellmanCommands.Import(), ZkeyBellmanCommands.Contribute(), .. others]);

    private static Command New()
    {
        Option<string> r1cs = CommonOptions.Required("--r1cs", "The circuit.");
        Option<string> ptau = CommonOptions.Required("--ptau", "Powers of tau, prepared for phase 2 and verified.");
        Option<string> path = CommonOptions.Required("--output", "The .zkey to write.", "-o");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "new",
            "Makes the initial key of a circuit, to which nobody has contributed yet.",
            "zkps setup zkey new --r1cs merkle.r1cs --ptau pot15.ptau -o merkle_0000.zkey",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                byte[] hash = output.Work("new key", progress => PhaseTwo.New(
                    parsed.GetRequiredValue(r1cs), parsed.GetRequiredValue(ptau), file, SetupParts.Relay(progress), new(parsed.GetValue(threads), output.Cancellation)));
                output.Say($"{file}: the initial key, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
                SetupParts.SayHash(output, "Circuit hash", hash);
                output.Say("Nobody has contributed yet: proofs under this key can be forged.");

                // The key stands: what is amiss with the circuit is said all the same.
                LintReport circuit = Linter.Lint(parsed.GetRequiredValue(r1cs));
                LintCommand.Warn(output, circuit.Findings);
                output.Result(new JsonObject
                {
                    ["zkey"] = file,
                    ["initialKeyHash"] = Convert.ToHexStringLower(hash),
                    ["findings"] = LintCommand.ToJson(circuit.Findings),
                    ["seconds"] = SetupParts.Seconds(start),
                });
                return ExitCode.Success;
            },
            r1cs,
            ptau,
            path,
            threads);
    }

    private static Command Contribute()
    {
        Argument<string> input = SetupParts.File("IN", "The key so far."), path = SetupParts.File("OUT", "The key to write.");
        Option<string> name = SetupParts.Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "contribute",
            "Contributes to a key: multiplies δ by a secret that is drawn, used and erased here.",
            "zkps setup zkey contribute merkle_0000.zkey merkle_0001.zkey --name alice",
            (parsed, output) =>
            {
                // Before anyone is asked to type.
                PhaseTwo.ReadInfo(parsed.GetRequiredValue(input), new(parsed.GetValue(threads), output.Cancellation));
                string file = parsed.GetRequiredValue(path);
                using ContributionEntropy entropy = EntropyPrompt.Draw(output);
                long start = Stopwatch.GetTimestamp();
                byte[] hash = output.Work("contribute", progress => PhaseTwo.Contribute(
                    parsed.GetRequiredValue(input), file, parsed.GetValue(name)!, entropy, SetupParts.Relay(progress), new(parsed.GetValue(threads), output.Cancellation)));
                return Contributed(output, file, hash, start);
            },
            input,
            path,
            name,
            threads);
    }

    private static Command Beacon()
    {
        Argument<string> input = SetupParts.File("IN", "The key so far."), path = SetupParts.File("OUT", "The key to write.");
        Option<string> value = SetupParts.BeaconHash();
        Option<int> iterations = SetupParts.BeaconIterations();
        Option<string> name = SetupParts.Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "beacon",
            "Adds the last contribution, by a public value that nobody could know before the others were made.",
            "zkps setup zkey beacon merkle_0012.zkey merkle.zkey --hash 00000000000000000001b9d0 --iterations 27 --name final",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                byte[] beacon = SetupParts.ParseBeacon(parsed.GetRequiredValue(value));
                int log = SetupParts.RequireIterations(parsed.GetValue(iterations));
                string file = parsed.GetRequiredValue(path);
                byte[] hash = output.Work("beacon", progress => PhaseTwo.Beacon(
                    parsed.GetRequiredValue(input),
                    file,
                    parsed.GetValue(name)!,
                    beacon,
                    log,
                    SetupParts.Relay(progress),
                    new(parsed.GetValue(threads), output.Cancellation)));
                return Contributed(output, file, hash, start);
            },
            input,
            path,
            value,
            iterations,
            name,
            threads);
    }

    /// <summary>What is said after a contribution, of whatever kind.</summary>
    public static int Contributed(Output output, string file, byte[] hash, long start)
    {
        output.Say($"{file}: written, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
        SetupParts.SayHash(output, "Contribution hash", hash);
        output.Say($"Publish this hash where others can see it: {Convert.ToHexStringLower(hash)}");
        output.Result(new JsonObject
        {
            ["file"] = file,
            ["contributionHash"] = Convert.ToHexStringLower(hash),
            ["seconds"] = SetupParts.Seconds(start),
        });
        return ExitCode.Success;
    }
}
