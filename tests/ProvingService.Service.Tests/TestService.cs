// Owns: a whole service in this process for one test: free ports, a folder of its own, and small circuits with keys.

using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Service.Tests;

/// <summary>A running service with a client.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<(int Length, CurveId Curve), Lazy<ChainFiles>> Chains = new();
    private readonly TemporaryFolder? ownFolder;

    private TestService(ProvingHost host, string folder, TemporaryFolder? ownFolder, TestLog log)
    {
        Host = host;
        Folder = folder;
        this.ownFolder = ownFolder;
        Log = log;
        Client = new ProvingClient(host.GrpcAddress.ToString());
    }

    public ProvingHost Host { get; }

    public string Folder { get; }

    public ProvingClient Client { get; }

    /// <summary>Every line that was logged.</summary>
    public TestLog Log { get; }

    /// <summary>Starts a service on free ports.</summary>
    /// <param name="change">What is other than usual.</param>
    /// <param name="folder">Where; a folder of its own where left out.</param>
    public static async Task<TestService> StartAsync(Func<ServiceSetup, ServiceSetup>? change = null, string? folder = null)
    {
        TemporaryFolder? own = folder is null ? new TemporaryFolder() : null;
        var setup = new ServiceSetup
        {
            Folder = folder ?? own!.Path,
            Grpc = new(System.Net.IPAddress.Loopback, 0),
            Web = new(System.Net.IPAddress.Loopback, 0),
            Options = new ServiceOptions { ReportInterval = TimeSpan.FromMilliseconds(50) },
        };
        var log = new TestLog();
        ProvingHost host = await ProvingHost.StartAsync(change?.Invoke(setup) ?? setup, logging =>
        {
            logging.SetMinimumLevel(LogLevel.Trace);
            logging.AddProvider(log);
        }, CancellationToken.None);
        return new TestService(host, setup.Folder, own, log);
    }

    /// <summary>Registers a chain of squarings with so many constraints, whose witness program is built in.</summary>
    public async Task<Circuit> RegisterChainAsync(int length = 8, CurveId curve = CurveId.Bn254, ProvingClient? client = null)
    {
        ChainFiles files = ChainOf(length, curve);
        client ??= Client;
        return await client.RegisterAsync(new RegisterCircuitRequest
        {
            KeyHash = await client.UploadAsync(files.Key),
            Program = files.Name,
            AllowInsecure = true,
        });
    }

    /// <summary>Inputs of a chain that hold.</summary>
    public static string ChainInputs(int length = 8, CurveId curve = CurveId.Bn254) => ChainOf(length, curve).Inputs;

    /// <summary>The files of a chain: key, circuit and witness; made once for all tests.</summary>
    public static ChainFiles ChainOf(int length = 8, CurveId curve = CurveId.Bn254) =>
        Chains.GetOrAdd((length, curve), key => new(() => CurveDispatch.Run(key.Curve, new Making(key.Length)))).Value;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        ownFolder?.Dispose();
    }

    private sealed class Making(int length) : ICurveAction<ChainFiles>
    {
        public ChainFiles Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"multiplication-chain-{length}");
            string folder = Directory.CreateTempSubdirectory("proving-service-chain-").FullName;
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
            IExampleCircuit circuit = CircuitCatalog.Find(name);
            CompiledCircuit<TFr> compiled = CircuitCompiler.Compile<TFr>(circuit);
            var files = new ChainFiles(
                name,
                Path.Combine(folder, "chain.zkey"),
                Path.Combine(folder, "chain.r1cs"),
                Path.Combine(folder, "chain.wtns"),
                circuit.Example<TFr>().ToJson());
            InsecureSetup.Create<TCurve, TFp, TFr>(compiled.System, files.Key);
            R1csFile.Write(files.R1cs, compiled);
            WtnsFile.Write<TFr>(files.Witness, compiled.CreateWitness(circuit.Example<TFr>()));
            return files;
        }
    }
}

/// <summary>A chain of squarings on disk.</summary>
/// <param name="Name">The built-in circuit.</param>
/// <param name="Key">The .zkey.</param>
/// <param name="R1cs">The .r1cs.</param>
/// <param name="Witness">A .wtns that satisfies it.</param>
/// <param name="Inputs">Inputs that satisfy it, as JSON.</param>
internal sealed record ChainFiles(string Name, string Key, string R1cs, string Witness, string Inputs);

/// <summary>Keeps what is logged.</summary>
internal sealed class TestLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
