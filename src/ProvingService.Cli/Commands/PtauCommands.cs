// Owns: `zkps setup ptau`: the group, and the commands that begin a ceremony's phase 1 and add to it. What is made of the result, and
// its verification: PtauFileCommands.cs.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class PtauCommands
{
    public static Command Create() => CommonOptions.Group(
        "ptau",
        "Phase 1 of the trusted setup: powers of tau, for all circuits up to a size, in iden3's .ptau format.",
        "zkps setup ptau contribute pot14_0000.ptau pot14_0001.ptau --name alice",
        New(),
        Contribute(),
        Beacon(),
        PtauFileCommands.Prepare(),
        PtauFileCommands.Truncate(),
        PtauFileCommands.Verify(),
        PtauFileCommands.Info());

    /// <summary>A file by its place in the call.</summary>
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

    /// <summary>The library's progress on the terminal.</summary>
    public static IProgress<SetupProgress> Relay(IProgress<WorkProgress> target) => new RelayProgress(target);

    /// <summary>A hash in snarkjs's layout, four lines of four words, to compare by eye.</summary>
    public static void SayHash(Output output, string title, ReadOnlySpan<byte> hash)
    {
        output.Say($"{title}:");
        for (int line = 0; line < hash.Length; line += 16)
        {
            output.Say("    " + string.Join(' ', Words(hash.Slice(line, 16))));
        }

        static string[] Words(ReadOnlySpan<byte> bytes)
        {
            string text = Convert.ToHexStringLower(bytes);
            return [text[..8], text[8..16], text[16..24], text[24..]];
        }
    }

    public static double Seconds(long start) => Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 6);

    private static Command New()
    {
        Option<string> curve = CommonOptions.Curve();
        var power = new Option<int>("--power")
        {
            Description = $"log₂ of the most constraints of a circuit, {PtauFormat.MinPower} to {PtauFormat.MaxPower}.",
            Required = true,
        };
        power.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value)
                && value is < PtauFormat.MinPower or > PtauFormat.MaxPower)
            {
                result.AddError($"--power is {PtauFormat.MinPower} to {PtauFormat.MaxPower}, not {value}.");
            }
        });
        Option<string> path = CommonOptions.Required("--output", "The .ptau to write.", "-o");
        return CommonOptions.Define(
            "new",
            "Begins a ceremony: powers of tau = 1, to which nobody has contributed.",
            "zkps setup ptau new --curve bn254 --power 14 -o pot14_0000.ptau",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string file = parsed.GetRequiredValue(path);
                CurveId id = CommonOptions.ParseCurve(parsed.GetRequiredValue(curve));
                byte[] challenge = output.Work("new", progress => PhaseOne.New(
                    id, parsed.GetValue(power), file, Relay(progress), new(0, output.Cancellation)));
                output.Say($"{file}: powers of tau over {id.Name()} for 2^{parsed.GetValue(power)} constraints, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
                SayHash(output, "First challenge", challenge);
                output.Result(new JsonObject
                {
                    ["ptau"] = file,
                    ["curve"] = id.Name(),
                    ["power"] = parsed.GetValue(power),
                    ["challenge"] = Convert.ToHexStringLower(challenge),
                    ["seconds"] = Seconds(start),
                });
                return ExitCode.Success;
            },
            curve,
            power,
            path);
    }

    private static Command Contribute()
    {
        Argument<string> input = File("IN", "The .ptau as the contributor before left it."), path = File("OUT", "The .ptau to write.");
        Option<string> name = Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "contribute",
            "Contributes: multiplies tau, alpha and beta by secrets that are drawn, used and erased here. Asks for some random text, which\n"
            + "is not shown and is mixed with the operating system's randomness. Verify the file before (zkps setup ptau verify), and\n"
            + "publish the response hash that is printed: who compares it with the transcript knows that your contribution is in it.",
            "zkps setup ptau contribute pot14_0000.ptau pot14_0001.ptau --name alice",
            (parsed, output) =>
            {
                // Before anyone is asked to type.
                PtauHeader header = PhaseOne.ReadInfo(parsed.GetRequiredValue(input)).Header;
                if (header.IsReduced)
                {
                    throw new UsageException(
                        $"{parsed.GetRequiredValue(input)} was reduced to power {header.Power} from a ceremony of power {header.CeremonyPower}; contributions are made to the whole file.");
                }

                using ContributionEntropy entropy = EntropyPrompt.Draw(output);
                long start = Stopwatch.GetTimestamp();
                PhaseOneContributed done = output.Work("contribute", progress => PhaseOne.Contribute(
                    parsed.GetRequiredValue(input),
                    parsed.GetRequiredValue(path),
                    parsed.GetValue(name),
                    entropy,
                    Relay(progress),
                    new(parsed.GetValue(threads), output.Cancellation)));
                Contributed(output, parsed.GetRequiredValue(path), done, start);
                output.Say();
                output.Say("Publish the response hash, with your name and the date, where others can find it. Hand the file on to the next contributor.");
                return ExitCode.Success;
            },
            input,
            path,
            name,
            threads);
    }

    private static Command Beacon()
    {
        Argument<string> input = File("IN", "The .ptau as the last contributor left it."), path = File("OUT", "The .ptau to write.");
        var value = new Option<string>("--hash")
        {
            Description = $"The beacon's value in hexadecimal, 1 to {ChaChaGenerator.MaxBeaconLength} bytes.",
            Required = true,
        };
        var iterations = new Option<int>("--iterations")
        {
            Description = $"N: the value is hashed 2^N times, N from {ChaChaGenerator.MinBeaconIterationsLog} to {ChaChaGenerator.MaxBeaconIterationsLog}.",
            Required = true,
        };
        Option<string> name = Name();
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "beacon",
            "Adds the last contribution, whose secrets follow from a public value that nobody could know before the others were made.",
            "zkps setup ptau beacon pot14_0003.ptau pot14_beacon.ptau --hash 00000000000000000000c2c5 --iterations 10 --name final",
            (parsed, output) =>
            {
                byte[] beacon = ParseBeacon(parsed.GetRequiredValue(value));
                int log = RequireIterations(parsed.GetValue(iterations));
                long start = Stopwatch.GetTimestamp();
                PhaseOneContributed done = output.Work("beacon", progress => PhaseOne.Beacon(
                    parsed.GetRequiredValue(input),
                    parsed.GetRequiredValue(path),
                    parsed.GetValue(name),
                    beacon,
                    log,
                    Relay(progress),
                    new(parsed.GetValue(threads), output.Cancellation)));
                Contributed(output, parsed.GetRequiredValue(path), done, start);
                return ExitCode.Success;
            },
            input,
            path,
            value,
            iterations,
            name,
            threads);
    }

    public static Option<string> Name()
    {
        var option = new Option<string>("--name")
        {
            Description = $"A name for the record, public and not verified: at most {ContributionName.MaxLength} characters.",
            DefaultValueFactory = _ => "",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && ContributionName.FindFault(token.Value) is { } fault)
            {
                result.AddError($"--name: {fault}");
            }
        });
        return option;
    }

    /// <exception cref="UsageException">The exponent is out of range.</exception>
    public static int RequireIterations(int log) => log is >= ChaChaGenerator.MinBeaconIterationsLog and <= ChaChaGenerator.MaxBeaconIterationsLog
        ? log
        : throw new UsageException(
            $"--iterations is {ChaChaGenerator.MinBeaconIterationsLog} to {ChaChaGenerator.MaxBeaconIterationsLog}, not {log}: the value is hashed 2^N times.");

    /// <exception cref="UsageException">The text is no beacon's value.</exception>
    public static byte[] ParseBeacon(string text)
    {
        try
        {
            byte[] value = Convert.FromHexString(text);
            return value.Length is > 0 and <= ChaChaGenerator.MaxBeaconLength
                ? value
                : throw new UsageException($"--hash has {value.Length} bytes; a beacon's value has 1 to {ChaChaGenerator.MaxBeaconLength}.");
        }
        catch (FormatException)
        {
            throw new UsageException("--hash is not hexadecimal: two digits for each byte, without 0x.");
        }
    }

    private static void Contributed(Output output, string file, PhaseOneContributed done, long start)
    {
        if (done.DroppedLagrange)
        {
            output.Warn("the Lagrange bases of the input are no longer true and were left out: prepare the file anew when the ceremony is over.");
        }

        string hash = Convert.ToHexStringLower(done.ResponseHash.Span);
        output.Say($"{file}: contribution {done.Number}, {Output.Bytes(new FileInfo(file).Length)}, in {Output.Since(start)}");
        SayHash(output, "Contribution response hash", done.ResponseHash.Span);
        output.Say($"    {hash}");
        SayHash(output, "Next challenge", done.NextChallenge.Span);
        output.Result(new JsonObject
        {
            ["ptau"] = file,
            ["contribution"] = done.Number,
            ["responseHash"] = hash,
            ["nextChallenge"] = Convert.ToHexStringLower(done.NextChallenge.Span),
            ["droppedLagrange"] = done.DroppedLagrange,
            ["seconds"] = Seconds(start),
        });
    }

    private sealed class RelayProgress(IProgress<WorkProgress> target) : IProgress<SetupProgress>
    {
        public void Report(SetupProgress value) => target.Report(new(value.Phase, value.Fraction));
    }
}
