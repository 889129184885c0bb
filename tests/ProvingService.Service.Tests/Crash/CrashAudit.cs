// Owns: the look at everything that is left: acknowledged jobs are there, done once, with proofs that hold; nothing else is.

using System.Globalization;
using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Processes;

namespace ProvingService.Service.Tests.Crash;

/// <summary>Compares what clients know with what the service keeps. Only the contract is asked, and the shared folder looked at.</summary>
internal static class CrashAudit
{
    private static readonly TimeSpan LongestSweep = TimeSpan.FromSeconds(60);

    /// <summary>Looks at every job; faults go to the ledger.</summary>
    public static async Task RunAsync(CrashLedger ledger, CrashCounts counts, ChainKey chain, ProvingClient client)
    {
        List<Job> jobs = await ListAsync(client);
        foreach (IGrouping<string, Job> twins in jobs.GroupBy(job => job.IdempotencyKey).Where(group => group.Count() > 1))
        {
            ledger.Faults.Add($"the key {twins.Key} has {twins.Count()} jobs");
        }

        Dictionary<string, Job> byKey = jobs.DistinctBy(job => job.IdempotencyKey).ToDictionary(job => job.IdempotencyKey);
        foreach (Job invented in jobs.Where(job => !ledger.Submissions.ContainsKey(job.IdempotencyKey)))
        {
            ledger.Faults.Add($"nobody submitted {invented.Id}");
        }

        foreach (Tried tried in ledger.Submissions.Values)
        {
            counts.Acknowledged += tried.Job is null ? 0 : 1;
            if (!byKey.TryGetValue(tried.Key, out Job? job))
            {
                if (tried.Job is not null)
                {
                    ledger.Faults.Add($"the job {tried.Job} was acknowledged and is lost");
                }

                continue;
            }

            if (tried.Job is not null && tried.Job != job.Id)
            {
                ledger.Faults.Add($"the job of {tried.Key} was {tried.Job} and is {job.Id}");
            }

            counts.GivenUpYetDone += tried.IsGivenUp ? 1 : 0;
            await ExamineAsync(job.Id, tried, ledger, counts, chain, client);
        }
    }

    /// <summary>
    /// Inputs of jobs that ended are deleted, at the latest by the sweep. What a killed process had not come to is made as
    /// old as the sweep wants it, and the service started again: it sweeps first of all.
    /// </summary>
    public static async Task SweepAsync(CrashLedger ledger, CrashCounts counts, CrashFleet fleet)
    {
        string inputs = Path.Combine(fleet.Data, "inputs");
        string[] left = Directory.GetFiles(inputs);
        counts.InputsSwept = left.Length;
        if (left.Length == 0)
        {
            return;
        }

        foreach (string file in left)
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        }

        await fleet.RestartServerAsync();
        DateTime end = DateTime.UtcNow + LongestSweep;
        while (Directory.GetFiles(inputs).Length > 0)
        {
            if (DateTime.UtcNow > end)
            {
                ledger.Faults.Add($"{Directory.GetFiles(inputs).Length} inputs are left");
                return;
            }

            await Task.Delay(50);
        }
    }

    private static async Task ExamineAsync(string id, Tried tried, CrashLedger ledger, CrashCounts counts, ChainKey chain, ProvingClient client)
    {
        // A job whose client gave up may still be under way.
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        Job job = await client.WaitAsync(id, patience.Token);
        var events = new List<Contract.JobEvent>();
        await foreach (Contract.JobEvent happened in client.WatchAsync(id, 0, patience.Token))
        {
            events.Add(happened);
        }

        Check(events.Select(happened => happened.Sequence).SequenceEqual(Enumerable.Range(1, events.Count).Select(i => (ulong)i)), "its events have gaps");
        Check((ulong)events.Count == job.Sequence, $"it has {events.Count} events and says {job.Sequence}");
        Check(events.Count(happened => happened.State >= Contract.JobState.Done) == 1 && events[^1].State == job.State, "it did not end exactly once");
        Check(events.Zip(events.Skip(1)).All(pair => pair.First.Attempt <= pair.Second.Attempt), "an attempt reported after the next one began");
        Check(events.Max(happened => happened.Attempt) <= job.Attempts, "an attempt is not counted");
        counts.TakenAgain += job.Attempts > 1 ? 1 : 0;
        counts.MostAttempts = Math.Max(counts.MostAttempts, (int)job.Attempts);
        if (job.State == Contract.JobState.Cancelled && tried.IsCancelled)
        {
            counts.Cancelled++;
            return;
        }

        Check(job.State == Contract.JobState.Done, $"it is {job.State}, {job.Reason}: {job.Message}");
        if (job.State == Contract.JobState.Done)
        {
            Contract.Proof proof = await client.GetProofAsync(id, patience.Token);
            Check(proof.JobId == id && chain.IsShown(proof, tried.Start), "its proof does not hold");
            Check(ReceiptBody.Parser.ParseFrom(proof.Receipt.Body).JobId == id, "its receipt is another's");
            counts.Proved++;
        }

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                string course = string.Join(' ', events.Select(e => string.Create(
                    CultureInfo.InvariantCulture, $"{e.Sequence}:{e.Attempt}:{e.State}{(e.Phase == 0 ? "" : $":{e.Phase}{(e.Ended ? "-" : "+")}")}")));
                ledger.Faults.Add($"the job {id}: {fault} [{course}]");
            }
        }
    }

    private static async Task<List<Job>> ListAsync(ProvingClient client)
    {
        var jobs = new List<Job>();
        var request = new ListJobsRequest { PageSize = 500 };
        do
        {
            ListJobsResponse page = await client.Jobs.ListJobsAsync(request);
            jobs.AddRange(page.Jobs);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return jobs;
    }
}
