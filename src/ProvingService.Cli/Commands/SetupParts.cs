// Owns: what the commands of both phases of the trusted setup share: files by their place in the call, names, beacons, progress, hashes.

using System.CommandLine;
using System.Diagnostics;
using ProvingService.Groth16;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class SetupParts
{
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

    /// <summary>The time since, for scripts.</summary>
    public static double Seconds(long start) => Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 6);

    /// <summary>A contributor's name.</summary>
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

    /// <summary>The value of a beacon; <see cref="ParseBeacon"/> reads it.</summary>
    public static Option<string> BeaconHash() => new("--hash")
    {
        Description = $"The beacon's value in hexadecimal, 1 to {ChaChaGenerator.MaxBeaconLength} bytes.",
        Required = true,
    };

    /// <summary>How often it is hashed; <see cref="RequireIterations"/> checks it.</summary>
    public static Option<int> BeaconIterations() => new("--iterations")
    {
        Description = $"N: the value is hashed 2^N times, N from {ChaChaGenerator.MinBeaconIterationsLog} to {ChaChaGenerator.MaxBeaconIterationsLog}.",
        Required = true,
    };

    private sealed class RelayProgress(IProgress<WorkProgress> target) : IProgress<SetupProgress>
    {
        public void Report(SetupProgress value) => target.Report(new(value.Phase, value.Fraction));
    }
}
