// Owns: `zkps ceremony status`, `finalise`, `export` and `verify`: where a ceremony stands, its end, and its transcript.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using ProvingService.Ceremony;
using ProvingService.Contract.Ceremonies;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class CeremonyTranscriptCommands
{
    private const string AdminVariable = "ZKPS_CEREMONY_ADMIN";

    /// <summary>How often the state is asked for while the coordinator finishes.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(300);

    public static Command Status()
    {
        var coordinator = new CoordinatorOption();
        return CommonOptions.Define(
            "status",
            "Shows where a ceremony stands: circuits, contributions, who contributes now, who waits, who was evicted and why.",
            "zkps ceremony status https://ceremony.example:7430",
            (parsed, output) => coordinator.Run(parsed, output, new CeremonyClientOptions { Patience = TimeSpan.FromSeconds(5) }, async (client, cancellation) =>
            {
                Show(await client.GetCeremonyAsync(cancellation).ConfigureAwait(false), output);
                return ExitCode.Success;
            }),
            [coordinator.Url, .. coordinator.More]);
    }

    public static Command Finalise()
    {
        var coordinator = new CoordinatorOption();
        Option<string?> tokenFile = CommonOptions.Optional("--admin-token-file", $"The operator's token: admin.token in the coordinator's folder; {AdminVariable} says it too.");
        var close = new Option<bool>("--close") { Description = "Take no new turns from now on; those under way go on." };
        var beacon = new Option<string?>("--beacon") { Description = "The beacon's value as hex digits, from the announced source, not before the announced time." };
        Option<string?> folder = CommonOptions.Optional("--output", "Export the transcript into this folder when the ceremony is finished.", "-o");
        return CommonOptions.Define(
            "finalise",
            "Ends a ceremony: closes it, and, once the announced beacon is public, applies it to each circuit, checks the gate and publishes\n"
            + "keys and transcript. Waits for turns that are under way.",
            "zkps ceremony finalise https://ceremony.example:7430 --admin-token-file admin.token --beacon 00000000000000000001f2e3 -o transcript",
            (parsed, output) =>
            {
                if (!parsed.GetValue(close) && parsed.GetValue(beacon) is null)
                {
                    throw new UsageException("--close, --beacon or both are needed.");
                }

                byte[]? value = parsed.GetValue(beacon) is { } text ? ParseHex("--beacon", text) : null;
                string? token = parsed.GetValue(tokenFile) is { } file ? File.ReadAllText(file).Trim() : Environment.GetEnvironmentVariable(AdminVariable);
                return coordinator.Run(parsed, output, new CeremonyClientOptions { Token = token }, async (client, cancellation) =>
                {
                    CeremonyView ceremony = await client.GetCeremonyAsync(cancellation).ConfigureAwait(false);
                    if (parsed.GetValue(close))
                    {
                        ceremony = await client.RepeatAsync(
                            () => client.Coordination.CloseAsync(new(), cancellationToken: cancellation).ResponseAsync, cancellation).ConfigureAwait(false);
                        output.Say($"closed; the beacon is public from {TimeText(ceremony.Beacon.Available)}");
                    }

                    if (value is { } known)
                    {
                        ceremony = await FinishAsync(client, known, output, cancellation).ConfigureAwait(false);
                        if (ceremony.Phase != CeremonyPhase.Finished)
                        {
                            output.Fail($"the keys may not leave the ceremony: {ceremony.Fault}");
                            return ExitCode.No;
                        }

                        output.Say("finished");
                        if (parsed.GetValue(folder) is { } target)
                        {
                            await ExportAsync(client, target, withContributions: true, output, cancellation).ConfigureAwait(false);
                        }
                    }

                    output.Result(ToJson(ceremony));
                    return ExitCode.Success;
                });
            },
            [coordinator.Url, tokenFile, close, beacon, folder, .. coordinator.More]);
    }

    public static Command Export()
    {
        var coordinator = new CoordinatorOption();
        Option<string> folder = CommonOptions.Required("--output", "The folder to make.", "-o");
        var lean = new Option<bool>("--without-contributions") { Description = "Leave out the key after each contribution, which verification does not need." };
        return CommonOptions.Define(
            "export",
            "Brings the transcript of a finished ceremony into a folder, with SHA256SUMS. An export that broke off goes on.",
            "zkps ceremony export https://ceremony.example:7430 -o transcript",
            (parsed, output) => coordinator.Run(parsed, output, new CeremonyClientOptions(), async (client, cancellation) =>
            {
                string target = parsed.GetRequiredValue(folder);
                await ExportAsync(client, target, !parsed.GetValue(lean), output, cancellation).ConfigureAwait(false);
                output.Result(new JsonObject { ["folder"] = target });
                return ExitCode.Success;
            }),
            [coordinator.Url, folder, lean, .. coordinator.More]);
    }

    public static Command Verify()
    {
        var coordinator = new CoordinatorOption();
        var source = new Argument<string>("TRANSCRIPT") { Description = "A folder that was exported, or where a coordinator's gRPC listens." };
        var key = new Option<string?>("--receipt-key") { Description = "The coordinator's public key, from a source you trust; the transcript's own where left out." };
        return CommonOptions.Define(
            "verify",
            "Replays a ceremony from its published files alone: powers of tau, circuits, every contribution, the beacon, the gate, by two engines;\n"
            + "receipts with their signatures, order and times; verification keys; attestations. Exit code 1 says that the transcript is false.",
            "zkps ceremony verify transcript",
            (parsed, output) =>
            {
                string from = parsed.GetRequiredValue(source);
                byte[]? expected = parsed.GetValue(key) is { } text ? ParseHex("--receipt-key", text) : null;
                if (!from.Contains("://", StringComparison.Ordinal))
                {
                    return Directory.Exists(from) ? VerifyFolder(from, expected, output) : throw new UsageException($"there is no folder {from}.");
                }

                return coordinator.Run(parsed, from, output, new CeremonyClientOptions(), async (client, cancellation) =>
                {
                    string folder = Path.Combine(Path.GetTempPath(), $"zkps-{Guid.NewGuid():N}");
                    try
                    {
                        await ExportAsync(client, folder, withContributions: false, output, cancellation).ConfigureAwait(false);
                        return VerifyFolder(folder, expected, output);
                    }
                    finally
                    {
                        foreach (string left in ((string[])[folder, folder + ".part"]).Where(Directory.Exists))
                        {
                            Directory.Delete(left, recursive: true);
                        }
                    }
                });
            },
            [source, key, .. coordinator.More]);
    }

    private static int VerifyFolder(string folder, byte[]? receiptKey, Output output)
    {
        TranscriptReport report = output.Work(
            "verify", progress => TranscriptVerifier.VerifyAsync(folder, receiptKey, line => progress.Report(new(line, 0)), output.Cancellation).GetAwaiter().GetResult());
        output.Say($"{ContributionName.Printable(report.Name)}  ({report.Id})");
        foreach (VerifiedCircuit circuit in report.Circuits)
        {
            output.Say($"  {circuit.Name}: {circuit.Contributors.Count} contributions and the beacon; final key {circuit.FinalHash}");
            for (int i = 0; i < circuit.Contributors.Count; i++)
            {
                output.Say($"    {i + 1}. {ContributionName.Printable(circuit.Contributors[i])}  {Convert.ToHexStringLower(circuit.Hashes[i].Span)[..32]}…");
            }
        }

        output.Say($"  attestations: {report.Attestations}");
        output.Say($"  receipts signed by {Convert.ToHexStringLower(report.ReceiptKey.Span)}{(receiptKey is null ? ", as the transcript itself says" : "")}");
        output.Result(new JsonObject
        {
            ["true"] = report.IsTrue,
            ["id"] = report.Id,
            ["name"] = report.Name,
            ["receiptKey"] = Convert.ToHexStringLower(report.ReceiptKey.Span),
            ["attestations"] = report.Attestations,
            ["circuits"] = new JsonArray([.. report.Circuits.Select(circuit => (JsonNode)new JsonObject
            {
                ["name"] = circuit.Name,
                ["final"] = circuit.FinalHash,
                ["contributors"] = new JsonArray([.. circuit.Contributors.Select(name => (JsonNode)name)]),
                ["hashes"] = new JsonArray([.. circuit.Hashes.Select(hash => (JsonNode)Convert.ToHexStringLower(hash.Span))]),
            })]),
            ["faults"] = new JsonArray([.. report.Faults.Select(fault => (JsonNode)fault)]),
        });
        foreach (string fault in report.Faults)
        {
            output.Fail(fault);
        }

        output.Say(report.IsTrue ? "The transcript is true." : "The transcript is FALSE.");
        return report.IsTrue ? ExitCode.Success : ExitCode.No;
    }

    /// <summary>Asks for the end until nobody contributes any more, then waits for it.</summary>
    private static async Task<CeremonyView> FinishAsync(CeremonyClient client, ReadOnlyMemory<byte> beacon, Output output, CancellationToken cancellation)
    {
        CeremonyView ceremony = await client.GetCeremonyAsync(cancellation).ConfigureAwait(false);
        string said = "";
        while (ceremony.Phase == CeremonyPhase.Closed && ceremony.Circuits.FirstOrDefault(circuit => circuit.Turn is not null) is { } busy)
        {
            string text = $"waits for {ContributionName.Printable(busy.Turn.Name)} at {busy.Name}";
            if (text != said)
            {
                output.Say(said = text);
            }

            await Task.Delay(Pace, cancellation).ConfigureAwait(false);
            ceremony = await client.GetCeremonyAsync(cancellation).ConfigureAwait(false);
        }

        var request = new FinaliseRequest { Beacon = ByteString.CopyFrom(beacon.Span) };
        ceremony = await client.RepeatAsync(
            () => client.Coordination.FinaliseAsync(request, cancellationToken: cancellation).ResponseAsync, cancellation).ConfigureAwait(false);
        while (ceremony.Phase == CeremonyPhase.Finishing)
        {
            await Task.Delay(Pace, cancellation).ConfigureAwait(false);
            ceremony = await client.GetCeremonyAsync(cancellation).ConfigureAwait(false);
        }

        return ceremony;
    }

    private static async Task ExportAsync(CeremonyClient client, string folder, bool withContributions, Output output, CancellationToken cancellation)
    {
        await TranscriptExport.RunAsync(client, folder, withContributions, null, cancellation).ConfigureAwait(false);
        output.Say($"transcript  {folder}");
    }

    private static void Show(CeremonyView ceremony, Output output)
    {
        output.Say($"{ContributionName.Printable(ceremony.Name)}  ({ceremony.Id}): {ceremony.Phase.ToString().ToLowerInvariant()}");
        output.Say($"beacon: {ceremony.Beacon.Source}, public from {TimeText(ceremony.Beacon.Available)}{(ceremony.BeaconValue.Length > 0 ? $", {ceremony.BeaconValue}" : "")}");
        output.Say();
        output.Table([
            (string[])["CIRCUIT", "CONSTRAINTS", "CONTRIBUTIONS", "A TURN TAKES", "NOW"],
            .. ceremony.Circuits.Select(circuit => (string[])[
                circuit.Name,
                circuit.Constraints.ToString(CultureInfo.InvariantCulture),
                $"{circuit.Contributions.Count} of {ceremony.MinimumContributions}",
                Output.Time(circuit.ExpectedTurn.ToTimeSpan()),
                circuit.Turn is null ? "nobody" : circuit.Turn.Verifying ? $"{circuit.Turn.Name}, verified" : $"{circuit.Turn.Name}, {Output.Time(circuit.Turn.Left.ToTimeSpan())} left"])]);
        output.Say();
        output.Table([
            (string[])["PLACE", "NAME", "STATE"],
            .. ceremony.Participants.Select(participant => (string[])[
                participant.TicketNumber.ToString(CultureInfo.InvariantCulture),
                ContributionName.Printable(participant.Name),
                participant.ReasonText.Length > 0 ? $"evicted at {participant.Circuit}: {participant.ReasonText}" : $"{participant.Phase.ToString().ToLowerInvariant()} {participant.Circuit}".Trim()])]);
        if (ceremony.Fault.Length > 0)
        {
            output.Warn(ceremony.Fault);
        }

        output.Result(ToJson(ceremony));
    }

    private static JsonNode ToJson(CeremonyView ceremony) => JsonNode.Parse(JsonFormatter.Default.Format(ceremony))!;

    private static string TimeText(Google.Protobuf.WellKnownTypes.Timestamp? time) =>
        time is null ? "some time after the closing" : time.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static byte[] ParseHex(string option, string text)
    {
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw new UsageException($"{option}: an even number of hex digits is expected.");
        }
    }
}
