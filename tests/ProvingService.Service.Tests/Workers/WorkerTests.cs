// Owns: what a worker does where the store fails it or time is against it.

using Microsoft.Extensions.Logging.Abstractions;
using ProvingService.Service.Tests.Stores;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Workers;

public sealed class WorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_job_that_was_lost_and_is_leased_here_again_is_two_attempts()
    {
        using var folder = new TemporaryFolder();
        var log = new TestLog();
        var setup = new ServiceSetup
        {
            Folder = folder.Path,
            Options = new ServiceOptions
            {
                LeaseDuration = TimeSpan.FromSeconds(0.5), ReportInterval = TimeSpan.FromSeconds(0.1), PollInterval = TimeSpan.FromSeconds(0.1),
            },
        };
        await using ServiceParts parts = await ServiceParts.OpenAsync(setup, NullLogger.Instance, default);
        string key = await parts.Vault.ImportAsync(TestService.ChainOf().Key, default);
        await parts.Store.PutCircuitAsync(CircuitRegistration.Check(
            parts.Vault, new Registration(key, "", TestService.ChainOf().Name, "", AllowInsecure: true), DateTimeOffset.UtcNow, (_, _) => { }, default));
        byte[] inputs = System.Text.Encoding.UTF8.GetBytes(TestService.ChainInputs());
        NewJob job = StoreJobs.New() with { KeyHash = key, InputHash = Hashes.Of(inputs), InputLength = inputs.Length, InlineInput = inputs };
        await parts.Store.AddAsync(job);

        // The store is away for reports, so leases run out; and what ends a lease is held up, so that both attempts are here at once.
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously), second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int ends = 0;
        IServiceStore store = StoreProxy.Around(parts.Store, (name, call) => name switch
        {
            nameof(IServiceStore.ReportAsync) => Task.FromException<IReadOnlyList<LeaseVerdict>>(new StoreException("away", true, false)),
            nameof(IServiceStore.FinishAsync) => EndAsync(Interlocked.Increment(ref ends) == 1 ? first.Task : second.Task, () => (Task<bool>)call()!),
            _ => call(),
        });
        using var engines = new EngineSet([], false, Gpu.GpuTuning.Default, _ => { });
        var worker = new Worker(new WorkerParts
        {
            WorkerId = "w",
            Options = parts.Options,
            Store = store,
            Vault = parts.Vault,
            Keys = parts.Keys,
            Circuits = parts.Circuits,
            Engines = engines,
            Signer = parts.Signer,
            Metrics = parts.Metrics,
            Time = parts.Time,
            Log = log,
        });
        using var stop = new CancellationTokenSource();
        Task running = worker.RunAsync(stop.Token);
        await UntilAsync(() => Volatile.Read(ref ends) == 1);
        await UntilAsync(async () => (await parts.Store.ReapAsync(StoreJobs.Rules)).Requeued == 1);
        await UntilAsync(() => Volatile.Read(ref ends) == 2);
        Assert.Equal(2, worker.Busy);

        // The first one hears that its lease is lost; the second is still there, and a worker that stops waits for it.
        first.SetResult();
        await UntilAsync(() => worker.Busy == 1);
        await stop.CancelAsync();
        Assert.NotSame(running, await Task.WhenAny(running, Task.Delay(300)));
        second.SetResult();
        await running.WaitAsync(Patience);
        Assert.Equal((JobState.Done, 2), ((await parts.Store.FindJobAsync(job.Id))!.State, (await parts.Store.FindJobAsync(job.Id))!.Attempts));
    }

    private static async Task<bool> EndAsync(Task gate, Func<Task<bool>> call)
    {
        await gate;
        return await call();
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (long begun = System.Diagnostics.Stopwatch.GetTimestamp(); !await condition(); await Task.Delay(20))
        {
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begun) < Patience, "It did not come to that.");
        }
    }
}
