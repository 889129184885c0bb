// Owns: a service for these tests: in this process, on free ports, with its own folder, one small circuit, and API keys.

using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.Grpc;
using ProvingService.R1cs;

namespace ProvingService.Service.Tests.Security;

internal sealed class SecuredService : IAsyncDisposable
{
    /// <summary>Long for loaded machines; nothing here waits for it when all is well.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);
    private static readonly Lazy<byte[]> KeyFile = new(MakeKeyFile);
    private readonly Dictionary<string, string> keys;
    private readonly List<GrpcChannel> channels = [];
    private ProvingHost? host;

    private SecuredService(string folder, Dictionary<string, string> keys, string circuit) => (Folder, this.keys, Circuit) = (folder, keys, circuit);

    public string Folder { get; }

    /// <summary>The hash of the circuit's key; its one input is "start".</summary>
    public string Circuit { get; }

    public ProvingHost Host => host!;

    /// <summary>Everything that was logged, at every level.</summary>
    public LogBook Log { get; } = new();

    public string DatabaseFile => Path.Combine(Folder, "service.db");

    /// <summary>Starts a service.</summary>
    /// <param name="keys">The API keys there are, each as NAME TENANT SCOPE[,SCOPE…].</param>
    /// <param name="change">What else is to be set.</param>
    public static async Task<SecuredService> StartAsync(string[] keys, Func<ServiceSetup, ServiceSetup>? change = null)
    {
        string folder = Path.Combine(Path.GetTempPath(), "zkps-security-" + Guid.NewGuid().ToString("N"));
        var vault = new FileVault(folder);
        var texts = new Dictionary<string, string>();
        string hash = Hashes.Of(KeyFile.Value);
        Directory.CreateDirectory(Path.GetDirectoryName(vault.PathOf(hash))!);
        await File.WriteAllBytesAsync(vault.PathOf(hash), KeyFile.Value);
        await using (IServiceStore store = await ServiceStores.OpenAsync(Path.Combine(folder, "service.db"), default))
        {
            var registration = new Registration(hash, "", "multiplication-chain-14", "", AllowInsecure: true);
            await store.PutCircuitAsync(CircuitRegistration.Check(vault, registration, DateTimeOffset.UtcNow, (_, _) => { }, default));
            foreach (string[] key in keys.Select(key => key.Split(' ')))
            {
                (texts[key[0]], ApiKeyRecord record) = ApiKeys.Create(key[0], key[1], key[2].Split(','), DateTimeOffset.UtcNow, null);
                await store.PutApiKeyAsync(record);
            }
        }

        var service = new SecuredService(folder, texts, hash);
        var setup = new ServiceSetup { Folder = folder, Grpc = AnyPort, Web = AnyPort, Security = new SecuritySetup { RequireAuthentication = keys.Length > 0 } };
        service.host = await ProvingHost.StartAsync(
            change?.Invoke(setup) ?? setup, logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(service.Log), default);
        return service;
    }

    /// <summary>The text of an API key.</summary>
    public string KeyOf(string name) => keys[name];

    /// <summary>A client that brings an API key by its name; nothing for null.</summary>
    public CallInvoker As(string? name) => Bearing(name is null ? null : keys[name]);

    /// <summary>A client that brings a credential.</summary>
    public CallInvoker Bearing(string? credential, GrpcClientTls? tls = null)
    {
        var channel = GrpcChannel.ForAddress(Host.GrpcAddress.ToString(), new GrpcChannelOptions
        {
            Tls = tls,
            HeaderProvider = credential is null ? null : _ => ValueTask.FromResult(new Metadata { { "authorization", "Bearer " + credential } }),
        });
        channels.Add(channel);
        return channel.CreateCallInvoker();
    }

    public Jobs.JobsClient Jobs(string? name) => new(As(name));

    /// <summary>Submits a job and waits for its end.</summary>
    public async Task<Job> ProveAsync(Jobs.JobsClient jobs, string inputs, JobOptions? options = null)
    {
        Job job = await jobs.SubmitJobAsync(new SubmitJobRequest { Circuit = Circuit, Inputs = inputs, Options = options });
        return await jobs.WaitJobAsync(new WaitJobRequest { Id = job.Id }, deadline: DateTime.UtcNow + Patience);
    }

    /// <summary>Stops the service and leaves its folder.</summary>
    public async Task StopAsync()
    {
        channels.ForEach(channel => channel.Dispose());
        channels.Clear();
        if (Interlocked.Exchange(ref host, null) is { } running)
        {
            await running.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static byte[] MakeKeyFile()
    {
        string path = Path.GetTempFileName();
        try
        {
            InsecureSetup.Create<Bn254, Bn254Fp, Bn254Fr>(
                CircuitCompiler.Compile<Bn254Fr>(new MultiplicationChain(14)).System, path);
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}

/// <summary>Keeps every line of a log: text, members and exceptions.</summary>
internal sealed class LogBook : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public string Text => string.Join('\n', lines);

    public ILogger CreateLogger(string categoryName) => new Page(categoryName, lines);

    public void Dispose()
    {
    }

    private sealed class Page(string category, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue($"{category} scope {Members(state)}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {category} {formatter(state, exception)} {Members(state)} {exception}");

        private static string Members<TState>(TState state)
        {
            if (state is not IEnumerable<KeyValuePair<string, object?>> members)
            {
                return state?.ToString() ?? "";
            }

            var text = new StringBuilder();
            foreach ((string name, object? value) in members)
            {
                text.Append(name).Append('=').Append(value).Append(' ');
            }

            return text.ToString();
        }
    }
}
