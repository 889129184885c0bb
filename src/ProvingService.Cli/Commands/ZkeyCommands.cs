// Owns: `zkps setup zkey`: the group, and the commands that make a key or add to it. Verifying: ZkeyVerifyCommand.cs; what a
// key is: ZkeyInfoCommand.cs; bellman's format: ZkeyBellmanCommands.cs.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Groth16;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class ZkeyCommands
{
    /// <summary>The group, with commands that stand elsewhere.</summary>
    public static Command Create(params Command[] others) => CommonOptions.Group(
        "zkey",
        "Proving keys in iden3's .zkey format, and phase 2 of the trusted setup.",
        "zkps setup zkey contribute merkle_0000.zkey merkle_0001.zkey --name alice",
        [New(), Contribute(), Beacon(), ZkeyVerifyCommand.Create(), ZkeyInfoCommand.Create(), .. others]);

    public static Option<string> Name() => Checked(
        new Option<string>("--name")
        {
            Description = $"A name for the contribution, for the record: at most {PhaseTwoNames.MaxLength} characters.",
            DefaultValueFactory = _ => "",
        },
        text => PhaseTwoNames.FindFault(text));

    /// <summary>A positional file.</summary>
    public static Argument<string> File(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value) || token.Value.Contains('\0', StringComparison.Ordinal)))
            {
                result.AddError($"{name} needs the name of a file.");
            }
        });
        return argument;
    }

    /// <summary>A relay from the library's progress to the terminal's.</summary>
    public static IProgress<SetupProgress> Relay(IProgress<WorkProgress> target) => new RelayProgress(target);

    /// <summary>A hash as snarkjs prints it: four lines of four words.</summary>
    public static void SayHash(Output output, string title, ReadOnlySpan<byte> hash)
    {
        output.Say($"{title}:");
        for (int line = 0; line < hash.Length; line += 16)
        {
            string words = "";
            for (int word = line; word < line + 16; word += 4)
            {
                words += (word == line ? "" : " ") + Convert.ToHexStringLower(hash.Slice(word, 4));
            }

            output.Say($"    {words}");
        }
    }

    private static TOption Checked<TOption>(TOption option, Func<string, string?> findFault)
        where TOption : Option
    {
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (findFault(token.Value) is { } fault)
                {
                    result.AddError($"{option.Name}: {fault}.");
                }
            }
        });
        return option;
    }

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
                    parsed.GetRequiredValue(r1cs), parsed.GetRequiredValue(ptau), file, Relay(progress), new(parsed.GetValue(threads), output.Cancellation)));
                output.Say($"{file}: the initial key, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
                SayHash(output, "Circuit hash", hash);
                output.Say("Nobody has contributed yet: proofs under this key can be forged.");
                output.Result(new JsonObject
                {
                    ["zkey"] = file,
                    ["initialKeyHash"] = Convert.ToHexStringLower(hash),
                    ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 6),
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
        Argument<string> input = File("IN", "The key so far."), path = File("OUT", "The key to write.");
        Option<string> name = Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "contribute",
            "Contributes to a key: multiplies δ by a secret that is drawn, used and erased here.",
            "zkps setup zkey contribute merkle_0000.zkey merkle_0001.zkey --name alice",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                using ContributionEntropy entropy = ContributionEntropy.Draw();
                byte[] hash = output.Work("contribute", progress => PhaseTwo.Contribute(
                    parsed.GetRequiredValue(input), file, parsed.GetValue(name)!, entropy, Relay(progress), new(parsed.GetValue(threads), output.Cancellation)));
                return Contributed(output, file, hash, start);
            },
            input,
            path,
            name,
            threads);
    }

    private static Command Beacon()
    {
        Argument<string> input = File("IN", "The key so far."), path = File("OUT", "The key to write.");
        var value = new Option<string>("--hash") { Description = "The beacon's value in hexadecimal, 1 to 255 bytes.", Required = true };
        var iterations = new Option<int>("--iterations")
        {
            Description = $"The value is hashed 2^N times, N from {ChaChaGenerator.MinBeaconIterationsLog} to {ChaChaGenerator.MaxBeaconIterationsLog}.",
            Required = true,
        };
        Option<string> name = Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "beacon",
            "Adds the last contribution, by a public value that nobody could know before the others were made.",
            "zkps setup zkey beacon merkle_0012.zkey merkle.zkey --hash 00000000000000000001b9d0 --iterations 27 --name final",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                byte[] beacon = ParseBeacon(parsed.GetRequiredValue(value), parsed.GetRequiredValue(iterations));
                string file = parsed.GetRequiredValue(path);
                byte[] hash = output.Work("beacon", progress => PhaseTwo.Beacon(
                    parsed.GetRequiredValue(input),
                    file,
                    parsed.GetValue(name)!,
                    beacon,
                    parsed.GetRequiredValue(iterations),
                    Relay(progress),
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

    /// <summary>The bytes of a beacon, after a check of both its numbers.</summary>
    /// <exception cref="UsageException">The text is no such value, or the exponent is out of range.</exception>
    private static byte[] ParseBeacon(string text, int iterationsLog)
    {
        string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        if (digits.Length == 0 || digits.Length % 2 != 0 || digits.Length > 2 * ChaChaGenerator.MaxBeaconLength || !digits.All(char.IsAsciiHexDigit))
        {
            throw new UsageException($"--hash takes an even number of hexadecimal digits, 2 to {2 * ChaChaGenerator.MaxBeaconLength} of them.");
        }

        return iterationsLog is >= ChaChaGenerator.MinBeaconIterationsLog and <= ChaChaGenerator.MaxBeaconIterationsLog
            ? Convert.FromHexString(digits)
            : throw new UsageException(
                $"--iterations takes {ChaChaGenerator.MinBeaconIterationsLog} to {ChaChaGenerator.MaxBeaconIterationsLog}: the value is hashed 2^N times.");
    }

    private static int Contributed(Output output, string file, byte[] hash, long start)
    {
        output.Say($"{file}: written, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
        SayHash(output, "Contribution hash", hash);
        output.Say($"Publish this hash where others can see it: {Convert.ToHexStringLower(hash)}");
        output.Result(new JsonObject
        {
            ["zkey"] = file,
            ["contributionHash"] = Convert.ToHexStringLower(hash),
            ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 6),
        });
        return ExitCode.Success;
    }

    private sealed class RelayProgress(IProgress<WorkProgress> target) : IProgress<SetupProgress>
    {
        public void Report(SetupProgress value) => target.Report(new(value.Phase, value.Fraction));
    }
}
