// Owns: what a worker does where the store fails it or time is against it.

using System.Text;
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
        // The store is away for reports, so leases run out; and what ends a lease is held up, so that both attempts are here at once.
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously), second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int ends = 0;
        await using Bench bench = await Bench.StartAsync((name, call) => name switch
        {
            nameof(IServiceStore.ReportAsync) => Task.FromException<IReadOnlyList<LeaseVerdict>>(new StoreException("away", true, false)),
            nameof(IServiceStore.FinishAsync) => EndAsync(Interlocked.Increment(ref ends) == 1 ? first.Task : second.Task, () => (Task<bool>)call()!),
            _ => call(),
        });
        NewJob job = await bench.AddAsync();
        await UntilAsync(() => Volatile.Read(ref ends) == 1);
        await UntilAsync(async () => (await bench.Store.ReapAsync(StoreJobs.Rules)).Requeued == 1);
        await UntilAsync(() => Volatile.Read(ref ends) == 2);
        Assert.Equal(2, bench.Worker.Busy);

        // The first one hears that its lease is lost; the second is still there, and a worker that stops waits for it.
        first.SetResult();
        await UntilAsync(() => bench.Worker.Busy == 1);
        Task stopped = bench.StopAsync();
        Assert.NotSame(stopped, await Task.WhenAny(stopped, Task.Delay(300)));
        second.SetResult();
        await stopped.WaitAsync(Patience);
        JobRecord ended = (await bench.Store.FindJobAsync(job.Id))!;
        Assert.Equal((JobState.Done, 2), (ended.State, ended.Attempts));
    }

    [Fact]
    public async Task A_fault_that_nobody_foresaw_ends_no_loop_of_a_worker()
    {
        // Every kind of call fails twice before it goes well.
        var failed = new System.Collections.Concurrent.ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        string[] shaken = [nameof(IServiceStore.LeaseAsync), nameof(IServiceStore.ReportAsync), nameof(IServiceStore.PutWorkerAsync)];
        await using Bench bench = await Bench.StartAsync((name, call) =>
            shaken.Contains(name) && failed.AddOrUpdate(name, 1, (_, count) => count + 1) <= 2 ? throw new InvalidOperationException("a fault of ours") : call());
        NewJob job = await bench.AddAsync();
        await UntilAsync(async () => (await bench.Store.FindJobAsync(job.Id))!.State == JobState.Done);
        Assert.True(failed[nameof(IServiceStore.LeaseAsync)] > 2);
        await bench.StopAsync();
    }

    [Fact]
    public async Task A_deadline_that_passes_under_way_ends_the_job()
    {
        TaskCompletionSource late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Bench bench = await Bench.StartAsync(HoldingCircuits(late.Task));
        NewJob job = await bench.AddAsync(DateTimeOffset.UtcNow.AddSeconds(3));
        await UntilAsync(async () => (await bench.Store.FindJobAsync(job.Id))!.State == JobState.Leased || DateTimeOffset.UtcNow > job.Deadline);
        await UntilAsync(() => DateTimeOffset.UtcNow > job.Deadline!.Value.AddMilliseconds(300));
        late.SetResult();
        await UntilAsync(async () => (await bench.Store.FindJobAsync(job.Id))!.State.IsFinal() || bench.Worker.Busy == 0);
        await bench.StopAsync();
        await bench.Store.ReapAsync(StoreJobs.Rules);
        Assert.Equal(JobState.Expired, (await bench.Store.FindJobAsync(job.Id))!.State);
    }

    [Fact]
    public async Task A_worker_that_stops_hands_back_what_does_not_end_in_time()
    {
        TaskCompletionSource late = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Bench bench = await Bench.StartAsync(HoldingCircuits(late.Task));
        NewJob job = await bench.AddAsync();
        await UntilAsync(() => bench.Worker.Busy == 1);
        Task stopped = bench.StopAsync();

        // The attempt is told to stop, and does at its next step.
        await Task.Delay(300);
        late.SetResult();
        await stopped.WaitAsync(Patience);
        JobRecord back = (await bench.Store.FindJobAsync(job.Id))!;
        Assert.Equal((JobState.Queued, 0, 0), (back.State, back.Attempts, back.LostLeases));
    }

    [Fact]
    public async Task Faults_of_the_service_are_tried_again_and_not_for_ever()
    {
        await using Bench bench = await Bench.StartAsync((name, call) => name == nameof(IServiceStore.ListCircuitsAsync)
            ? Task.FromException<IReadOnlyList<CircuitRecord>>(new InvalidOperationException("a fault")) : call());
        NewJob job = await bench.AddAsync();
        await UntilAsync(async () => (await bench.Store.FindJobAsync(job.Id))!.State.IsFinal() || (await bench.Store.FindJobAsync(job.Id))!.Attempts > 2);
        JobRecord ended = (await bench.Store.FindJobAsync(job.Id))!;
        Assert.Equal((JobState.Failed, FailureReason.Internal, 2), (ended.State, ended.Reason, ended.Attempts));
        Assert.DoesNotContain("a fault", ended.Message.Replace("a fault of the service", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>Attempts wait at their first step.</summary>
    private static Func<string, Func<object?>, object?> HoldingCircuits(Task until) => (name, call) =>
        name == nameof(IServiceStore.ListCircuitsAsync) ? HoldAsync(until, () => (Task<IReadOnlyList<CircuitRecord>>)call()!) : call();

    private static async Task<IReadOnlyList<CircuitRecord>> HoldAsync(Task until, Func<Task<IReadOnlyList<CircuitRecord>>> call)
    {
        await until;
        return await call();
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

    /// <summary>A worker with a circuit, over a real store that a test may step into.</summary>
    private sealed class Bench : IAsyncDisposable
    {
        private readonly TemporaryFolder folder = new();
        private readonly CancellationTokenSource stop = new();
        private ServiceParts parts = null!;
        private EngineSet engines = null!;
        private Task running = null!;
        private string key = "";

        /// <summary>The store itself.</summary>
        public IServiceStore Store => parts.Store;

        public Worker Worker { get; private set; } = null!;

        public static async Task<Bench> StartAsync(Func<string, Func<object?>, object?> step)
        {
            var bench = new Bench();
            var setup = new ServiceSetup
            {
                Folder = bench.folder.Path,
                Options = new ServiceOptions
                {
                    LeaseDuration = TimeSpan.FromSeconds(0.5),
                    ReportInterval = TimeSpan.FromSeconds(0.1),
                    PollInterval = TimeSpan.FromSeconds(0.1),
                    DrainTimeout = TimeSpan.Zero,
                    MaxAttempts = 2,
                    FirstRest = TimeSpan.Zero,
                },
            };
            ServiceParts parts = bench.parts = await ServiceParts.OpenAsync(setup, NullLogger.Instance, default);
            byte[] file = await File.ReadAllBytesAsync(TestService.ChainOf().Key);
            bench.key = Hashes.Of(file);
            Directory.CreateDirectory(Path.GetDirectoryName(parts.Vault.PathOf(bench.key))!);
            await File.WriteAllBytesAsync(parts.Vault.PathOf(bench.key), file);
            var registration = new Registration(bench.key, "", TestService.ChainOf().Name, "", AllowInsecure: true);
            await parts.Store.PutCircuitAsync(CircuitRegistration.Check(parts.Vault, registration, DateTimeOffset.UtcNow, (_, _) => { }, default));
            bench.engines = new EngineSet([], false, Gpu.GpuTuning.Default, _ => { });
            IServiceStore store = StoreProxy.Around(parts.Store, step);
            bench.Worker = new Worker(new WorkerParts
            {
                WorkerId = "w",
                Options = parts.Options,
                Store = store,
                Vault = parts.Vault,
                Keys = parts.Keys,
                Circuits = new CircuitRegistry(store, parts.Time, parts.Log),
                Engines = bench.engines,
                Signer = parts.Signer,
                Metrics = parts.Metrics,
                Time = parts.Time,
                Log = parts.Log,
            });
            bench.running = bench.Worker.RunAsync(bench.stop.Token);
            return bench;
        }

        public async Task<NewJob> AddAsync(DateTimeOffset? deadline = null)
        {
            byte[] inputs = Encoding.UTF8.GetBytes(TestService.ChainInputs());
            NewJob job = StoreJobs.New() with { KeyHash = key, InputHash = Hashes.Of(inputs), InputLength = inputs.Length, InlineInput = inputs, Deadline = deadline };
            await Store.AddAsync(job);
            return job;
        }

        public async Task StopAsync()
        {
            await stop.CancelAsync();
            await running;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync().WaitAsync(Patience);
            engines.Dispose();
            await parts.DisposeAsync();
            stop.Dispose();
            folder.Dispose();
        }
    }
}
