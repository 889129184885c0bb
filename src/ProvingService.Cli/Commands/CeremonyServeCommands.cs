// Owns: `zkps ceremony serve` and `invite`: the coordinator as a process, and tokens for those who may take part.

using System.CommandLine;
using System.Text.Json.Nodes;
using ProvingService.Ceremony;

namespace ProvingService.Cli;

internal static class CeremonyServeCommands
{
    private const string Example =
        """
        {
          "name": "Example 2026",
          "minimumContributions": 12,
          "maximumContributions": 40,
          "closes": "2026-12-24T12:00:00Z",
          "address": "https://ceremony.example:7430",
          "beacon": { "source": "the hash of the first Bitcoin block after 18:00", "available": "2026-12-24T18:00:00Z", "iterationsLog": 20 },
          "keys": [],
          "circuits": [ { "name": "transfer", "r1cs": "transfer.r1cs", "ptau": "phase1.ptau" } ]
        }
        """;

    public static Command Serve()
    {
        Option<string> data = Folder();
        Option<string?> document = CommonOptions.Optional("--ceremony", "The ceremony's document; needed the first time, afterwards only compared.");
        Option<string> grpc = new("--listen") { Description = "Where gRPC listens (HTTP/2).", DefaultValueFactory = _ => "127.0.0.1:7430" };
        Option<string> web = new("--web") { Description = "Where the page listens (HTTP/1.1).", DefaultValueFactory = _ => "127.0.0.1:7431" };
        Option<string?> certificate = CommonOptions.Optional("--cert", "The server's certificate (PEM), followed by intermediate ones: both addresses then speak TLS.");
        Option<string?> certificateKey = CommonOptions.Optional("--cert-key", "Its private key (PEM, not encrypted).");
        var proxy = new Option<bool>("--behind-proxy") { Description = "Listen beyond loopback without TLS: a proxy in front encrypts, and limits by address." };
        var limits = new Option<string[]>("--set")
        {
            Description = $"A limit by its name, as NAME=VALUE, such as TurnFloor=10m; there are {string.Join(", ", LimitOptions.NamesOf<CeremonyOptions>())}.",
            AllowMultipleArgumentsPerToken = false,
        };
        var jsonLogs = new Option<bool>("--json-logs") { Description = "Logs as one JSON object a line." };
        return CommonOptions.Define(
            "serve",
            "Coordinates a ceremony: queue, turns, verification of each contribution, receipts, transcript, and a page. It may be stopped\n"
            + "or killed at any time and goes on where it was. The document says what is announced, once and for all:\n\n" + Example
            + "\n\n'available' may be 'afterClose', such as \"6h\"; 'maximumContributions', 'closes', 'address', 'keys' and a circuit's 'zkey' (a key to\n"
            + "begin from) may be left out. Paths are relative to the document.",
            "zkps ceremony serve --data /var/lib/ceremony --ceremony ceremony.json",
            (parsed, output) => RunAsync(
                new CeremonySetup
                {
                    Folder = parsed.GetRequiredValue(data),
                    Document = parsed.GetValue(document),
                    Grpc = ServeCommand.ParseAddress(parsed.GetRequiredValue(grpc)),
                    Web = ServeCommand.ParseAddress(parsed.GetRequiredValue(web)),
                    CertificateFile = parsed.GetValue(certificate),
                    CertificateKeyFile = parsed.GetValue(certificateKey),
                    BehindProxy = parsed.GetValue(proxy),
                    Options = LimitOptions.Apply(new CeremonyOptions(), parsed.GetValue(limits) ?? [], options => options.Validate()),
                },
                parsed.GetValue(jsonLogs),
                output).GetAwaiter().GetResult(),
            data,
            document,
            grpc,
            web,
            certificate,
            certificateKey,
            proxy,
            limits,
            jsonLogs);
    }

    public static Command Invite()
    {
        Option<string> data = Folder();
        var count = new Option<int>("--count") { Description = "How many.", DefaultValueFactory = _ => 1 };
        var label = new Option<string>("--label") { Description = "For whom, in words; kept beside them.", DefaultValueFactory = _ => "" };
        return CommonOptions.Define(
            "invite",
            "Makes invitation tokens, one for each participant, and prints them, once: the folder keeps their SHA-256 alone. Works on the\n"
            + "coordinator's folder, whether it runs or not.",
            "zkps ceremony invite --data /var/lib/ceremony --count 12",
            (parsed, output) =>
            {
                int wished = parsed.GetValue(count);
                if (wished is < 1 or > 10_000)
                {
                    throw new UsageException($"--count {wished}: 1 to 10000 are expected.");
                }

                IReadOnlyList<string> tokens = Guard(() => CeremonyHost.Invite(parsed.GetRequiredValue(data), wished, parsed.GetValue(label) ?? ""));
                foreach (string token in tokens)
                {
                    output.Say(token);
                }

                output.Warn("this is the only time that they are shown; send each over a channel that only its receiver reads.");
                output.Result(new JsonArray([.. tokens.Select(token => (JsonNode)token)]));
                return ExitCode.Success;
            },
            data,
            count,
            label);
    }

    private static Option<string> Folder() => CommonOptions.Required("--data", "The coordinator's folder.");

    private static async Task<int> RunAsync(CeremonySetup setup, bool jsonLogs, Output output)
    {
        CeremonyHost host;
        try
        {
            host = await CeremonyHost.StartAsync(
                setup, logging => ServiceLogs.Configure(logging, jsonLogs, verbose: false), output.Say, output.Cancellation).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw new UsageException(e.Message);
        }

        await using (host.ConfigureAwait(false))
        {
            output.Say($"ceremony  {host.CeremonyId}");
            output.Say($"operator  {host.AdminTokenFile}");
            output.Say($"page      {host.WebAddress}");
            output.Say($"gRPC      {host.GrpcAddress}");
            output.Result(new JsonObject
            {
                ["ceremony"] = host.CeremonyId,
                ["adminToken"] = host.AdminTokenFile,
                ["web"] = host.WebAddress.ToString(),
                ["grpc"] = host.GrpcAddress.ToString(),
            });
            await Task.Delay(Timeout.InfiniteTimeSpan, output.Cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            output.Warn("stopping: the ceremony goes on at the next start; a second signal ends at once.");
        }

        return ExitCode.Success;
    }

    private static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (StoreException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
