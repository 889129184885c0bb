// Owns: `zkps ceremony join`, a contributor's whole part, and `key`. Secrets: tokens and keys come from files, the environment or a
// prompt without echo, never from the command line.

using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Ceremony;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Setup;
using Spectre.Console;

namespace ProvingService.Cli;

internal static class CeremonyJoinCommands
{
    private const string TokenVariable = "ZKPS_CEREMONY_TOKEN";

    /// <summary>A coordinator may be away so long while its operator mends it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    public static Command Join()
    {
        var coordinator = new CoordinatorOption();
        var name = new Option<string>("--name") { Description = "Your name in the transcript, for everyone to read.", Required = true };
        Option<string?> tokenFile = CommonOptions.Optional("--token-file", $"The file with your invitation token; {TokenVariable} says it too, and a prompt asks for it.");
        Option<string?> keyFile = CommonOptions.Optional("--key", "The file with your private key (zkps ceremony key), where you are known by its public key.");
        Option<string?> folder = CommonOptions.Optional("--folder", "Where files gather, and receipts and attestation stay; ./zkps-ceremony where left out.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "join",
            "Takes part in a ceremony: waits for your turn at each circuit, contributes, hands in, and saves receipts and an attestation\n"
            + "to publish. Broken connections are mended; a command that was stopped goes on when it is called again in the same folder.",
            "zkps ceremony join https://ceremony.example:7430 --name Ada --token-file invitation.txt",
            (parsed, output) =>
            {
                CeremonyClientOptions options = ReadIdentity(parsed.GetValue(tokenFile), parsed.GetValue(keyFile)) with { Patience = Patience };
                return coordinator.Run(parsed, output, options, async (client, cancellation) =>
                {
                    await ShowAsync(client, output, cancellation).ConfigureAwait(false);
                    using ContributionEntropy entropy = EntropyPrompt.Draw(output);
                    ContributorResult result = await FollowAsync(output, progress => new Contributor(client, new ContributorOptions
                    {
                        Name = parsed.GetRequiredValue(name),
                        Folder = parsed.GetValue(folder) ?? "zkps-ceremony",
                        Entropy = entropy,
                        Progress = progress,
                        Threads = parsed.GetValue(threads),
                    }).RunAsync(cancellation)).ConfigureAwait(false);
                    return Report(result, output);
                });
            },
            [coordinator.Url, name, tokenFile, keyFile, folder, threads, .. coordinator.More]);
    }

    public static Command Key()
    {
        Option<string> path = CommonOptions.Required("--output", "The file to write; it must not exist.", "-o");
        return CommonOptions.Define(
            "key",
            "Makes a key by which a ceremony may know you, and prints its public key for the ceremony's document. The file is for you alone.",
            "zkps ceremony key -o ceremony.key",
            (parsed, output) =>
            {
                string file = parsed.GetRequiredValue(path);
                string publicKey = ParticipantKey.Make(file);
                output.Say(publicKey);
                output.Result(new JsonObject { ["file"] = file, ["publicKey"] = publicKey });
                return ExitCode.Success;
            },
            path);
    }

    private static CeremonyClientOptions ReadIdentity(string? tokenFile, string? keyFile)
    {
        if (keyFile is not null)
        {
            return tokenFile is null
                ? new CeremonyClientOptions { KeySeed = ParticipantKey.Read(keyFile) }
                : throw new UsageException("--token-file and --key are two ways to say who you are: give one.");
        }

        string? token = tokenFile is not null ? File.ReadAllText(tokenFile) : Environment.GetEnvironmentVariable(TokenVariable);
        if (string.IsNullOrWhiteSpace(token) && tokenFile is null && !Console.IsInputRedirected && !Console.IsErrorRedirected)
        {
            token = AskToken();
        }

        token = token?.Trim();
        return string.IsNullOrEmpty(token) || token.Length > 200 || !token.All(c => c is > ' ' and < '\x7f')
            ? throw new UsageException($"an invitation token is needed: in a file (--token-file), in {TokenVariable}, or typed at the prompt of a terminal; or a key (--key).")
            : new CeremonyClientOptions { Token = token };
    }

    /// <summary>Reads a line that the terminal does not show.</summary>
    private static string AskToken()
    {
        Console.Error.Write("Invitation token (not shown): ");
        var text = new StringBuilder();
        for (ConsoleKeyInfo key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                text.Length = Math.Max(0, text.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar) && text.Length < 200)
            {
                text.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return text.ToString();
    }

    private static async Task ShowAsync(CeremonyClient client, Output output, CancellationToken cancellation)
    {
        CeremonyView ceremony = await client.GetCeremonyAsync(cancellation).ConfigureAwait(false);
        output.Say($"{ContributionName.Printable(ceremony.Name)}  ({ceremony.Id})");
        foreach (CircuitView circuit in ceremony.Circuits)
        {
            output.Say($"  {circuit.Name}: {circuit.Constraints} constraints, {circuit.Contributions.Count} contributions so far, {Output.Bytes((long)circuit.CurrentSize)} to bring and to send");
        }
    }

    /// <summary>Shows what happens: a line that changes on a terminal, a line for each stage elsewhere.</summary>
    private static async Task<ContributorResult> FollowAsync(Output output, Func<IProgress<ContributorProgress>, Task<ContributorResult>> work)
    {
        if (output.IsJson || Console.IsErrorRedirected)
        {
            return await work(new Stages(output)).ConfigureAwait(false);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(
                context => work(new Bar(context.AddTask("begin", maxValue: 1)))).ConfigureAwait(false);
    }

    private static int Report(ContributorResult result, Output output)
    {
        if (result.Attestation.Length > 0)
        {
            output.Say();
            output.Say(result.Attestation);
            output.Say("Publish this text where people know that it is yours. It is saved as attestation.txt, beside receipts.json.");
        }

        output.Result(new JsonObject
        {
            ["phase"] = result.Phase.ToString(),
            ["reason"] = result.Reason,
            ["receipts"] = new JsonArray([.. result.Receipts.Select(signed => (JsonNode)Describe(signed))]),
            ["attestation"] = result.Attestation,
        });
        switch (result.Phase)
        {
            case TicketPhase.Done:
                return ExitCode.Success;
            case TicketPhase.TooLate:
                output.Fail("the ceremony closed before you had a turn at every circuit.");
                return result.Receipts.Count > 0 ? ExitCode.Success : ExitCode.No;
            default:
                output.Fail($"you were evicted: {result.Reason}{(result.MayReturn ? " Call the same command again to take a new place, if you may." : "")}");
                return ExitCode.No;
        }
    }

    private static JsonObject Describe(SignedReceipt signed)
    {
        Receipt receipt = Receipt.Parser.ParseFrom(signed.Receipt);
        return new JsonObject
        {
            ["circuit"] = receipt.Circuit,
            ["number"] = receipt.Number,
            ["contribution"] = Convert.ToHexStringLower(receipt.Contribution.Span),
            ["keyAfter"] = Convert.ToHexStringLower(receipt.KeyAfter.Span),
        };
    }

    private static string TextOf(ContributorProgress progress) => progress.Stage switch
    {
        ContributorStage.Waiting => $"{progress.Circuit}: {progress.Ahead} before you, about {Output.Time(progress.Wait)}",
        ContributorStage.Downloading => $"{progress.Circuit}: brings the key",
        ContributorStage.Contributing => $"{progress.Circuit}: contributes",
        ContributorStage.Uploading => $"{progress.Circuit}: sends the new key",
        ContributorStage.Verifying => $"{progress.Circuit}: the coordinator verifies",
        _ => $"{progress.Circuit}: accepted",
    };

    private sealed class Stages(Output output) : IProgress<ContributorProgress>
    {
        private string said = "";

        public void Report(ContributorProgress value)
        {
            string text = value.Stage == ContributorStage.Waiting ? $"{value.Circuit}: {value.Ahead} before you" : TextOf(value);
            if (text != said)
            {
                said = text;
                output.Say(text);
            }
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<ContributorProgress>
    {
        public void Report(ContributorProgress value)
        {
            task.Description = Markup.Escape(TextOf(value));
            task.IsIndeterminate = value.Stage is ContributorStage.Waiting or ContributorStage.Verifying;
            task.Value = value.Fraction;
        }
    }
}

/// <summary>A participant's key as a file: the seed of Ed25519 (RFC 8032) as 64 hex digits.</summary>
internal static class ParticipantKey
{
    private const int SeedLength = 32;

    /// <summary>Makes one.</summary>
    /// <returns>The public key as hex digits.</returns>
    public static string Make(string path)
    {
        byte[] seed = RandomNumberGenerator.GetBytes(SeedLength);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(path, options))
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(seed) + "\n"));
            file.Flush(flushToDisk: true);
        }

        return Convert.ToHexStringLower(new SigningKey(seed).PublicKey);
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="InvalidFileException">The file holds something else. What it holds is not said.</exception>
    public static byte[] Read(string path)
    {
        string text = new FileInfo(path) is { Exists: true, Length: > 1024 } ? "" : File.ReadAllText(path).Trim();
        return text.Length == 2 * SeedLength && text.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(text)
            : throw new InvalidFileException(path, FileFault.Malformed, -1, $"the file of a key holds {2 * SeedLength} hex digits; zkps ceremony key makes one.");
    }
}
