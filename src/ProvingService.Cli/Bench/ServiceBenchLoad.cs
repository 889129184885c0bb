// Owns: measuring a service under many small jobs: how long submissions take while a worker drains the queue, and whether
// memory stays flat.

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Client;
using ProvingService.Contract;

namespace ProvingService.Cli;

/// <summary>Submits from several clients at once, then waits until all is done, and looks at every proof's state and at some proofs.</summary>
internal static class ServiceBenchLoad
{
    private const int Clients = 16, ChainLength = 8, ProofsLookedAt = 25, ListPage = 1000;
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Measures.</summary>
    /// <param name="folder">Where key and service may write.</param>
    /// <param name="jobs">How many jobs.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="InvalidOperationException">A job was lost, or failed, or a proof does not hold.</exception>
    public static async Task<JsonObject> RunAsync(string folder, int jobs, CancellationToken cancellation)
    {
        using var chain = new ServiceBenchChain(folder, ChainLength, cancellation);
        (ServiceBenchHost host, ProvingClient client) = await ServiceBenchHost.StartAsync(
            Path.Combine(folder, "load"), [$"MaxQueued={jobs + 1}", $"MaxQueuedOfTenant={jobs + 1}", "SubmissionsPerSecond=1000000", "SubmissionBurst=1000000", "RequestsPerSecond=1000000"], cancellation).ConfigureAwait(false);
        using (host)
        using (client)
        {
            string circuit = await chain.RegisterAsync(client, cancellation).ConfigureAwait(false);

            // What every later job finds ready: key, compiled code, connections.
            Job first = await client.SubmitAsync(circuit, ServiceBenchChain.Inputs(1), null, cancellation).ConfigureAwait(false);
            await client.WaitAsync(first.Id, cancellation).ConfigureAwait(false);

            using var sampling = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task<List<long>> samples = SampleAsync(host, sampling.Token);
            long start = Stopwatch.GetTimestamp();
            (double[] seconds, ConcurrentDictionary<string, ulong> accepted) = await SubmitAsync(client, circuit, jobs, cancellation).ConfigureAwait(false);
            double submitting = Stopwatch.GetElapsedTime(start).TotalSeconds;
            CapacityReport left;
            ulong longest = 0;
            do
            {
                await Task.Delay(100, cancellation).ConfigureAwait(false);
                left = await client.Capacity.GetCapacityAsync(new(), cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
                longest = Math.Max(longest, left.Queued);
            }
            while (left.Queued + left.Active > 0);
            double draining = Stopwatch.GetElapsedTime(start).TotalSeconds;
            await sampling.CancelAsync().ConfigureAwait(false);
            List<long> memory = await samples.ConfigureAwait(false);
            await RequireDoneAsync(client, chain, accepted, cancellation).ConfigureAwait(false);
            Array.Sort(seconds);
            int half = memory.Count / 2;
            return new JsonObject
            {
                ["jobs"] = jobs,
                ["clients"] = Clients,
                ["submitP50Seconds"] = Math.Round(Quantile(seconds, 0.5), 6),
                ["submitP99Seconds"] = Math.Round(Quantile(seconds, 0.99), 6),
                ["submitsPerSecond"] = Math.Round(jobs / submitting, 1),
                ["queuedWhenAllWereSubmitted"] = longest,
                ["drainedPerSecond"] = Math.Round(jobs / draining, 1),
                ["seconds"] = Math.Round(draining, 3),
                ["residentBytesFirstHalf"] = memory.Take(Math.Max(1, half)).Max(),
                ["residentBytesSecondHalf"] = memory.Skip(half).Max(),
            };
        }
    }

    /// <summary>The value below or at which a part of sorted values lies.</summary>
    public static double Quantile(double[] sorted, double part) => sorted[Math.Clamp((int)Math.Ceiling(part * sorted.Length) - 1, 0, sorted.Length - 1)];

    private static async Task<(double[] Seconds, ConcurrentDictionary<string, ulong> Accepted)> SubmitAsync(
        ProvingClient client, string circuit, int jobs, CancellationToken cancellation)
    {
        double[] seconds = new double[jobs];
        var accepted = new ConcurrentDictionary<string, ulong>(StringComparer.Ordinal);
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < jobs;)
            {
                ulong value = (ulong)i + 2;
                long begun = Stopwatch.GetTimestamp();
                Job job = await client.SubmitAsync(circuit, ServiceBenchChain.Inputs(value), null, cancellation).ConfigureAwait(false);
                seconds[i] = Stopwatch.GetElapsedTime(begun).TotalSeconds;
                accepted[job.Id] = value;
            }
        })).ConfigureAwait(false);
        return (seconds, accepted);
    }

    private static async Task RequireDoneAsync(
        ProvingClient client, ServiceBenchChain chain, ConcurrentDictionary<string, ulong> accepted, CancellationToken cancellation)
    {
        var request = new ListJobsRequest { PageSize = ListPage };
        int done = 0;
        do
        {
            ListJobsResponse page = await client.Jobs.ListJobsAsync(request, cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
            done += page.Jobs.Count(job => job.State == JobState.Done && accepted.ContainsKey(job.Id));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        if (done != accepted.Count)
        {
            throw new InvalidOperationException($"{accepted.Count} jobs were accepted and {done} are done.");
        }

        foreach ((string job, ulong start) in accepted.Take(ProofsLookedAt))
        {
            chain.Require(await client.GetProofAsync(job, cancellation).ConfigureAwait(false), start);
        }
    }

    private static async Task<List<long>> SampleAsync(ServiceBenchHost host, CancellationToken cancellation)
    {
        List<long> samples = [host.ResidentBytes];
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(SampleInterval, CancellationToken.None).ConfigureAwait(false);
            samples.Add(host.ResidentBytes);
        }

        return samples;
    }
}
