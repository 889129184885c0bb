// Owns: the life of workers in a process: started together, and stopped so that no lease is left behind.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>A process that proves for a shared queue.</summary>
public sealed class WorkerHost : IAsyncDisposable
{
    private readonly ServiceParts parts;
    private readonly bool ownsParts;
    private readonly CancellationTokenSource stop = new();
    private readonly List<EngineSet> engines = [];
    private readonly List<Task> running = [];

    private WorkerHost(ServiceParts parts, bool ownsParts)
    {
        this.parts = parts;
        this.ownsParts = ownsParts;
        for (int i = 0; i < parts.Setup.Workers; i++)
        {
            (Worker worker, EngineSet set) = parts.CreateWorker(i);
            engines.Add(set);
            running.Add(Task.Run(() => worker.RunAsync(stop.Token)));
        }

        running.Add(new Upkeep(parts.Store, parts.Vault, parts.Uploads, parts.Options, parts.Time, parts.Log).RunAsync(stop.Token));
    }

    /// <summary>Opens the store and folder and begins to take jobs.</summary>
    /// <exception cref="SetupException">Something is not as it must be.</exception>
    /// <exception cref="StoreException">The store cannot be reached.</exception>
    public static async Task<WorkerHost> StartAsync(ServiceSetup setup, ILoggerFactory logs, CancellationToken cancellation) =>
        new(await ServiceParts.OpenAsync(setup, logs.CreateLogger("ProvingService.Worker"), cancellation).ConfigureAwait(false), ownsParts: true);

    /// <summary>Takes no more jobs, lets those under way finish for <see cref="ServiceOptions.DrainTimeout"/>, and hands the rest back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(false);
        foreach (EngineSet set in engines)
        {
            set.Dispose();
        }

        if (ownsParts)
        {
            await parts.DisposeAsync().ConfigureAwait(false);
        }

        stop.Dispose();
    }

    internal static WorkerHost Start(ServiceParts parts) => new(parts, ownsParts: false);
}
