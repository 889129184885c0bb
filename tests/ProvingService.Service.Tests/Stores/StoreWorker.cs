// Owns: a process that submits, leases and finishes until it is killed, and the check that nothing it was told is lost. What
// the store acknowledged, the process says on its standard output: the pipe keeps that when the process is gone.

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Xunit;

namespace ProvingService.Service.Tests.Stores;

internal static class StoreWorker
{
    /// <summary>What the proof of a job is here, so that the check knows it.</summary>
    private static JobProof ProofOf(Guid job) => new(job.ToByteArray(), [1], [2], [3]);

    /// <summary>The process.</summary>
    public static async Task<int> RunAsync(string address)
    {
        await using IServiceStore store = await ServiceStores.OpenAsync(address);
        Say("ready");
        await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => SubmitAsync(store)).Concat(Enumerable.Range(0, 4).Select(_ => WorkAsync(store))));
        return 0;
    }

    /// <summary>Kills such processes at random, several at work at the same time, and compares the store with what they said.</summary>
    public static async Task KillAndCheckAsync(string address, int rounds, int processes)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var said = new ConcurrentBag<string>();
        for (int round = 0; round < rounds; round++)
        {
            // In the first round they get something done; later they may be killed before that too.
            bool work = round == 0;
            await Task.WhenAll(Enumerable.Range(0, processes).Select(_ => LiveAndDieAsync(address, random.Next(20, 400), work, said)));
        }

        var tried = Named("try");
        var accepted = Named("accepted");
        var finished = Named("finished");
        Assert.NotEmpty(finished);
        await using IServiceStore store = await ServiceStores.OpenAsync(address);
        List<JobRecord> kept = [];
        while (true)
        {
            IReadOnlyList<JobRecord> page = await store.ListJobsAsync(new JobFilter { Limit = 1000, Before = kept.Count == 0 ? null : kept[^1].Id });
            kept.AddRange(page);
            if (page.Count < 1000)
            {
                break;
            }
        }

        Dictionary<Guid, JobRecord> byId = kept.ToDictionary(job => job.Id);
        Assert.True(accepted.All(byId.ContainsKey), $"Lost an accepted job (seed {seed}).");
        Assert.True(kept.All(job => tried.Contains(job.Id)), $"Invented a job (seed {seed}).");
        Assert.True(finished.All(id => byId[id].State == JobState.Done), $"Lost a finish (seed {seed}).");
        foreach (JobRecord job in kept.Where(job => job.State == JobState.Done))
        {
            JobProof? proof = await store.FindProofAsync(job.Id);
            Assert.Equal(ProofOf(job.Id).Proof, proof!.Proof);
        }

        foreach (JobRecord job in kept)
        {
            await store.StatesAsync(job.Id);
        }

        QueueFigures figures = await store.MeasureAsync();
        Assert.Equal(
            Enum.GetValues<JobState>().Select(state => (long)kept.Count(job => job.State == state)),
            Enum.GetValues<JobState>().Select(state => figures.Jobs[state]));

        HashSet<Guid> Named(string word) =>
            [.. said.Where(line => line.StartsWith(word + " ", StringComparison.Ordinal)).Select(line => Guid.Parse(line[(word.Length + 1)..]))];
    }

    private static async Task LiveAndDieAsync(string address, int milliseconds, bool work, ConcurrentBag<string> said)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StoreWorker).Assembly.Location, "store-worker", address])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        string? first = await process.StandardOutput.ReadLineAsync();
        Assert.True(first == "ready", errors.ToString());
        var worked = new TaskCompletionSource();
        Task reading = Task.Run(async () =>
        {
            while (await process.StandardOutput.ReadLineAsync() is { } line)
            {
                // The last line may be cut off.
                if (line.EndsWith('.'))
                {
                    said.Add(line[..^1]);
                    if (line.StartsWith("finished", StringComparison.Ordinal))
                    {
                        worked.TrySetResult();
                    }
                }
            }
        });
        if (work)
        {
            await worked.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        await Task.Delay(milliseconds);
        Assert.False(process.HasExited, $"A process ended by itself: {errors}");
        process.Kill();
        await process.WaitForExitAsync();
        await reading;
    }

    private static async Task SubmitAsync(IServiceStore store)
    {
        while (true)
        {
            NewJob job = StoreJobs.New();
            Say($"try {job.Id}.");
            await store.SubmitAsync(job, StoreJobs.Wide);
            Say($"accepted {job.Id}.");
        }
    }

    private static async Task WorkAsync(IServiceStore store)
    {
        while (true)
        {
            if (await store.LeaseAsync(StoreJobs.Offer()) is not { } taken)
            {
                await Task.Delay(1);
                continue;
            }

            await store.ReportAsync([new(taken.Lease, TimeSpan.FromMinutes(1), JobState.Proving, [])]);
            if (await store.EndAsync(taken.Lease, new LeaseOutcome.Done(ProofOf(taken.Job.Id))))
            {
                Say($"finished {taken.Job.Id}.");
            }
        }
    }

    private static readonly Stream Output = Console.OpenStandardOutput();

    private static void Say(string line)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(line + "\n");
        lock (Output)
        {
            Output.Write(bytes);
            Output.Flush();
        }
    }
}
