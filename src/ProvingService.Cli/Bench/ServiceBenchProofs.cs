// Owns: measuring single large jobs: what the service adds to a proof, and how soon a cancelled job is over.

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Client;
using ProvingService.Contract;

namespace ProvingService.Cli;

/// <summary>Jobs of 2^16 constraints, one at a time.</summary>
internal static class ServiceBenchProofs
{
    /// <summary>A domain of 2^16 points holds so many steps.</summary>
    private const int ChainLength = (1 << 16) - 2;

    /// <summary>
    /// Measures. The same witness is proved, in turns, by <c>zkps prove</c> in a process of its own (its own word for how long
    /// that took: key, witness, proof, check), in this process with everything warm, and through the service from the
    /// submission, witness and all, until its client knows that it is done.
    /// </summary>
    public static async Task<JsonObject> OverheadAsync(string folder, int runs, CancellationToken cancellation)
    {
        using var chain = new ServiceBenchChain(folder, ChainLength, cancellation);
        (ServiceBenchHost host, ProvingClient client) = await ServiceBenchHost.StartAsync(Path.Combine(folder, "overhead"), [], cancellation).ConfigureAwait(false);
        using (host)
        using (client)
        {
            string circuit = await chain.RegisterAsync(client, cancellation).ConfigureAwait(false);
            double[] bare = new double[runs], warm = new double[runs], service = new double[runs], attempt = new double[runs];
            chain.Prove(cancellation);
            await OneAsync().ConfigureAwait(false);
            for (int run = 0; run < runs; run++)
            {
                JsonElement proved = OwnProgram.RunJson(
                    cancellation, "prove", "--zkey", chain.KeyFile, "--wtns", chain.WitnessFile, "--device", "cpu",
                    "--proof", Path.Combine(folder, "proof.json"), "--public", Path.Combine(folder, "public.json"));
                bare[run] = proved.GetProperty("seconds").GetDouble();
                warm[run] = BenchClock.Seconds(() => chain.Prove(cancellation));
                (service[run], attempt[run]) = await OneAsync().ConfigureAwait(false);
            }

            double bareMedian = Median(bare), warmMedian = Median(warm), serviceMedian = Median(service);
            return new JsonObject
            {
                ["constraints"] = ChainLength,
                ["runs"] = runs,
                ["zkpsProveSeconds"] = Math.Round(bareMedian, 6),
                ["warmProverSeconds"] = Math.Round(warmMedian, 6),
                ["serviceSeconds"] = Math.Round(serviceMedian, 6),
                ["attemptSeconds"] = Math.Round(Median(attempt), 6),
                ["overZkpsProve"] = Math.Round((serviceMedian / bareMedian) - 1, 4),
                ["overWarmProver"] = Math.Round((serviceMedian / warmMedian) - 1, 4),

                // On a machine that others use too, the least tells more than the median.
                ["least"] = new JsonObject
                {
                    ["zkpsProveSeconds"] = Math.Round(bare.Min(), 6),
                    ["warmProverSeconds"] = Math.Round(warm.Min(), 6),
                    ["serviceSeconds"] = Math.Round(service.Min(), 6),
                    ["attemptSeconds"] = Math.Round(attempt.Min(), 6),
                },
            };

            async Task<(double Seconds, double Attempt)> OneAsync()
            {
                long start = Stopwatch.GetTimestamp();
                Job job = await client.SubmitWitnessAsync(circuit, chain.WitnessFile, null, cancellation).ConfigureAwait(false);
                job = await client.WaitAsync(job.Id, cancellation).ConfigureAwait(false);
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                Contract.Proof proof = await client.GetProofAsync(job.Id, cancellation).ConfigureAwait(false);
                chain.Require(proof, 3);
                return (seconds, ReceiptBody.Parser.ParseFrom(proof.Receipt.Body).Elapsed.ToTimeSpan().TotalSeconds);
            }
        }
    }

    /// <summary>Cancels jobs at random moments of their work; the job after the last one must prove right.</summary>
    public static async Task<JsonObject> CancelAsync(string folder, int jobs, int seed, CancellationToken cancellation)
    {
        using var chain = new ServiceBenchChain(folder, ChainLength, cancellation);
        (ServiceBenchHost host, ProvingClient client) = await ServiceBenchHost.StartAsync(
            Path.Combine(folder, "cancel"), ["ReportInterval=50ms"], cancellation).ConfigureAwait(false);
        using (host)
        using (client)
        {
            string circuit = await chain.RegisterAsync(client, cancellation).ConfigureAwait(false);
            Job whole = await client.SubmitAsync(circuit, ServiceBenchChain.Inputs(3), null, cancellation).ConfigureAwait(false);
            whole = await client.WaitAsync(whole.Id, cancellation).ConfigureAwait(false);
            whole = await client.WaitAsync((await client.SubmitAsync(circuit, ServiceBenchChain.Inputs(4), null, cancellation).ConfigureAwait(false)).Id, cancellation).ConfigureAwait(false);
            TimeSpan usual = whole.Finished.ToDateTimeOffset() - whole.Started.ToDateTimeOffset();
            var random = new Random(seed);
            List<double> seconds = [];
            var phases = new SortedDictionary<string, int>(StringComparer.Ordinal);
            int tooLate = 0;
            for (ulong value = 5; seconds.Count < jobs && tooLate < 10 * (jobs + 1); value++)
            {
                Job job = await client.SubmitAsync(circuit, ServiceBenchChain.Inputs(value), null, cancellation).ConfigureAwait(false);
                await Task.Delay(usual * random.NextDouble(), cancellation).ConfigureAwait(false);
                long start = Stopwatch.GetTimestamp();
                await client.CancelAsync(job.Id, cancellation).ConfigureAwait(false);
                job = await client.WaitAsync(job.Id, cancellation).ConfigureAwait(false);
                if (job.State != JobState.Cancelled)
                {
                    tooLate++;
                    continue;
                }

                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                string phase = await LastPhaseAsync(client, job.Id, cancellation).ConfigureAwait(false);
                phases[phase] = phases.GetValueOrDefault(phase) + 1;
            }

            Job next = await client.SubmitAsync(circuit, ServiceBenchChain.Inputs(3), null, cancellation).ConfigureAwait(false);
            await client.WaitAsync(next.Id, cancellation).ConfigureAwait(false);
            chain.Require(await client.GetProofAsync(next.Id, cancellation).ConfigureAwait(false), 3);
            double[] sorted = [.. seconds.Order()];
            return new JsonObject
            {
                ["constraints"] = ChainLength,
                ["cancelled"] = seconds.Count,
                ["doneBefore"] = tooLate,
                ["seed"] = seed,
                ["p50Seconds"] = Math.Round(ServiceBenchLoad.Quantile(sorted, 0.5), 6),
                ["p99Seconds"] = Math.Round(ServiceBenchLoad.Quantile(sorted, 0.99), 6),
                ["longestSeconds"] = Math.Round(sorted[^1], 6),
                ["afterPhase"] = new JsonObject(phases.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            };
        }
    }

    /// <summary>The phase that was last heard of before the end.</summary>
    private static async Task<string> LastPhaseAsync(ProvingClient client, string job, CancellationToken cancellation)
    {
        string last = "none";
        await foreach (JobEvent happened in client.WatchAsync(job, 0, cancellation).ConfigureAwait(false))
        {
            last = happened.Phase == Phase.Unspecified ? last : $"{happened.Phase}{(happened.Ended ? " ended" : "")}";
        }

        return last;
    }

    private static double Median(double[] values) => BenchClock.Median([.. values.Order()]);
}
