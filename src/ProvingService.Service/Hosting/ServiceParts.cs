// Owns: the parts that a front end and a worker share, opened in the right order and closed in the reverse.

using Microsoft.Extensions.Logging;
using ProvingService.Gpu;

namespace ProvingService.Service;

/// <summary>Store, folder, keys and circuits of a process.</summary>
internal sealed class ServiceParts : IAsyncDisposable
{
    private ServiceParts()
    {
    }

    public required ServiceSetup Setup { get; init; }

    public required ServiceOptions Options { get; init; }

    public required IServiceStore Store { get; init; }

    public required FileVault Vault { get; init; }

    public required Uploads Uploads { get; init; }

    public required CircuitRegistry Circuits { get; init; }

    public required KeyCache Keys { get; init; }

    public required ReceiptSigner Signer { get; init; }

    public required ServiceMetrics Metrics { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Where measurements and traces go; null for nowhere.</summary>
    public required OtlpExport? Otlp { get; init; }

    public TimeProvider Time => TimeProvider.System;

    /// <summary>Opens everything.</summary>
    /// <exception cref="SetupException">Something is not as it must be.</exception>
    /// <exception cref="StoreException">The store cannot be reached.</exception>
    public static async Task<ServiceParts> OpenAsync(ServiceSetup setup, ILogger log, CancellationToken cancellation)
    {
        ServiceOptions options;
        FileVault vault;
        ReceiptSigner signer;
        try
        {
            options = setup.Options.Validate();
            vault = new FileVault(setup.Folder);
            signer = new ReceiptSigner(vault);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new SetupException(e.Message);
        }

        OtlpExport? otlp = setup.Otlp is { } collector ? new OtlpExport(collector) : null;
        IServiceStore store;
        try
        {
            store = await ServiceStores.OpenAsync(setup.Store ?? Path.Combine(vault.Root, "service.db"), cancellation).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            throw new SetupException(e.Message);
        }

        var metrics = new ServiceMetrics();
        store = new MeasuredStore(store, metrics);
        var keys = new KeyCache(vault, options.EffectiveKeyMemory, TimeProvider.System);
        metrics.Watch(keys);
        return new ServiceParts
        {
            Setup = setup,
            Options = options,
            Store = store,
            Vault = vault,
            Uploads = new Uploads(vault, options.MaxKeyBytes),
            Circuits = new CircuitRegistry(store, TimeProvider.System, log),
            Keys = keys,
            Signer = signer,
            Metrics = metrics,
            Otlp = otlp,
            Log = log,
        };
    }

    /// <summary>A worker with its engines; whoever gets it disposes the engines.</summary>
    public (Worker Worker, EngineSet Engines) CreateWorker(int number)
    {
        var engines = new EngineSet(
            Setup.Devices, Setup.DevicesByName, Setup.Tuning, incident => Log.DeviceIncident(incident.Device.Id, incident.Device.Name, incident.Message));
        var worker = new Worker(new WorkerParts
        {
            WorkerId = $"{Environment.MachineName}/{Environment.ProcessId}/{number}/{Guid.NewGuid().ToString("N")[..6]}",
            Options = Options with { JobMemoryBytes = Options.EffectiveJobMemory / Math.Max(1, Setup.Workers) },
            Store = Store,
            Vault = Vault,
            Keys = Keys,
            Circuits = Circuits,
            Engines = engines,
            Signer = Signer,
            Metrics = Metrics,
            Time = Time,
            Log = Log,
        });
        Metrics.Watch(worker, number, Options.Slots);
        return (worker, engines);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Otlp?.Dispose();
        Keys.Dispose();
        Metrics.Dispose();
        await Store.DisposeAsync().ConfigureAwait(false);
    }
}
