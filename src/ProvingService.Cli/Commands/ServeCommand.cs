// Owns: `zkps serve` and `zkps worker`: from options to a running process, and its end in good order. The service: ProvingService.Service.

using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using ProvingService.Service;

namespace ProvingService.Cli;

internal static class ServeCommand
{
    public static Command CreateServe()
    {
        var options = new SharedOptions(workers: 1);
        Option<string> grpc = Address("--listen", "127.0.0.1:7410", "Where gRPC listens (HTTP/2).");
        var security = new SecurityOptions();
        Option<string> web = Address("--web", "127.0.0.1:7411", "Where REST, the dashboard and metrics listen (HTTP/1.1).");
        return CommonOptions.Define(
            "serve",
            "The proving service: takes jobs over gRPC and REST, keeps them on disk, and proves them. Needs nothing but this\n"
            + "machine; with --store postgres://… and a shared --data folder, workers on other machines help (zkps worker).",
            "zkps serve --data /var/lib/zkps",
            (parsed, output) => RunAsync(parsed, output, options, async (setup, logging) =>
            {
                setup = setup with
                {
                    Grpc = ParseAddress(parsed.GetRequiredValue(grpc)),
                    Web = ParseAddress(parsed.GetRequiredValue(web)),
                    Security = security.Read(parsed),
                };
                ProvingHost host = await ProvingHost.StartAsync(setup, logging, output.Cancellation).ConfigureAwait(false);
                output.Say($"gRPC       {host.GrpcAddress}");
                output.Say($"dashboard  {host.WebAddress}");
                output.Say($"store      {host.StoreName}");
                output.Result(new JsonObject { ["grpc"] = host.GrpcAddress.ToString(), ["web"] = host.WebAddress.ToString(), ["store"] = host.StoreName });
                return host;
            }).GetAwaiter().GetResult(),
            [grpc, web, .. security.All, .. options.All]);
    }

    public static Command CreateWorker()
    {
        var options = new SharedOptions(workers: 1);
        return CommonOptions.Define(
            "worker",
            "A proving worker: leases jobs from the queue of a service and proves them. It shares the service's --store and --data.",
            "zkps worker --store postgres://zkps@db/zkps --data /shared/zkps",
            (parsed, output) => RunAsync(parsed, output, options, async (setup, logging) =>
            {
                ILoggerFactory logs = LoggerFactory.Create(logging);
                WorkerHost host = await WorkerHost.StartAsync(setup, logs, output.Cancellation).ConfigureAwait(false);
                output.Say("The worker takes jobs.");
                output.Result(new JsonObject { ["workers"] = setup.Workers });
                return host;
            }).GetAwaiter().GetResult(),
            options.All);
    }

    private static async Task<int> RunAsync(
        ParseResult parsed, Output output, SharedOptions options, Func<ServiceSetup, Action<ILoggingBuilder>, Task<IAsyncDisposable>> start)
    {
        IAsyncDisposable host;
        try
        {
            ServiceSetup setup = options.Read(parsed);
            host = await start(setup, logging => ServiceLogs.Configure(logging, setup.JsonLogs, parsed.GetValue(options.Verbose))).ConfigureAwait(false);
        }
        catch (SetupException e)
        {
            throw new UsageException(e.Message);
        }
        catch (StoreException e)
        {
            throw new UsageException(e.Message);
        }

        await using (host.ConfigureAwait(false))
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, output.Cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                output.Warn("stopping: jobs under way are finished or handed back; a second signal ends at once.");
            }
        }

        return ExitCode.Success;
    }

    private static Option<string> Address(string name, string usual, string description) => new(name)
    {
        Description = $"{description} Beyond loopback only with --auth.",
        DefaultValueFactory = _ => usual,
    };

    internal static IPEndPoint ParseAddress(string text)
    {
        string numeric = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        return IPEndPoint.TryParse(numeric, out IPEndPoint? address) && numeric.Contains(':', StringComparison.Ordinal)
            ? address
            : throw new UsageException($"'{text}' is no address; an IP address and a port are expected, such as 127.0.0.1:7410 or [::]:7410.");
    }

    /// <summary>What both commands take.</summary>
    private sealed class SharedOptions(int workers)
    {
        private readonly StoreOption place = new();

        private readonly Option<int> workerCount = new("--workers") { Description = "How many workers this process runs; 0 for a front end only.", DefaultValueFactory = _ => workers };

        private readonly Option<int> slots = new("--slots") { Description = "Jobs at the same time in a worker.", DefaultValueFactory = _ => new ServiceOptions().Slots };

        private readonly Option<string> device = DeviceOption.Create();

        private readonly Option<string[]> limits = new("--set")
        {
            Description = "A limit by its name, as NAME=VALUE, such as MaxQueued=1000 or LeaseDuration=30s; zkps serve --help-limits lists them.",
            AllowMultipleArgumentsPerToken = false,
        };

        private readonly Option<bool> jsonLogs = new("--json-logs") { Description = "Logs as one JSON object a line." };

        private readonly Option<string?> otlp = CommonOptions.Optional("--otlp", "Where measurements and traces go by OTLP, such as http://collector:4317 (gRPC) or http://collector:4318 (HTTP).");

        public Option<bool> Verbose { get; } = new("--verbose") { Description = "Logs of every request too." };

        public Symbol[] All => [.. place.All, workerCount, slots, device, limits, jsonLogs, otlp, Verbose];

        private static Uri? ReadOtlp(string? address) =>
            string.IsNullOrEmpty(address) ? null
            : Uri.TryCreate(address, UriKind.Absolute, out Uri? collector) && collector.Scheme is "http" or "https" ? collector
            : throw new UsageException($"--otlp: '{address}' is no http or https address; such as http://localhost:4317 is expected.");

        public ServiceSetup Read(ParseResult parsed)
        {
            string wish = parsed.GetRequiredValue(device);
            return new ServiceSetup
            {
                Folder = place.Folder(parsed),
                Store = place.Store(parsed),
                Workers = parsed.GetValue(workerCount),
                Devices = DeviceOption.Find(wish),
                DevicesByName = wish != "auto",
                Tuning = DeviceOption.Tuning(),
                JsonLogs = parsed.GetValue(jsonLogs),
                Otlp = ReadOtlp(parsed.GetValue(otlp)),
                Options = LimitOptions.Apply(new ServiceOptions { Slots = parsed.GetValue(slots) }, parsed.GetValue(limits) ?? []),
            };
        }
    }
}
