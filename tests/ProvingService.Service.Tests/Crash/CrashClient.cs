// Owns: a client of a campaign: submits, submits again, gives up, cancels, follows events, fetches proofs, whatever dies.

using System.Diagnostics;
using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Processes;

namespace ProvingService.Service.Tests.Crash;

/// <summary>One client after the other's job; several run side by side.</summary>
internal sealed class CrashClient(CrashLedger ledger, ChainKey chain, string circuit, Func<ProvingClient> connect, Random random)
{
    /// <summary>
    /// How long the client library tries by itself. Then the client tries, at once: the library's rests grow to seconds, in which
    /// a service that dies every second would see nobody.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50), Longest = TimeSpan.FromMinutes(3);

    /// <summary>Works until told to stop; what it has begun it follows to its end.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using ProvingClient client = connect();
        while (!stop.IsCancellationRequested)
        {
            var tried = new Tried(Guid.NewGuid().ToString("N"), (ulong)random.Next());
            ledger.Submissions[tried.Key] = tried;
            try
            {
                await LiveAsync(client, tried);
            }
            catch (RpcException e)
            {
                ledger.Faults.Add($"the job {tried.Job} of {tried.Key}: {e.Status}");
            }
            catch (TimeoutException)
            {
                ledger.Faults.Add($"the job {tried.Job} of {tried.Key} does not end");
                return;
            }
        }
    }

    private async Task LiveAsync(ProvingClient client, Tried tried)
    {
        bool givesUp = random.Next(12) == 0, repeats = random.Next(3) == 0;
        tried.IsCancelled = random.Next(8) == 0;
        Func<CancellationToken, Task<Job>> submit = Submission(client, tried);
        if (givesUp)
        {
            using var patience = new CancellationTokenSource(random.Next(1, 30));
            try
            {
                tried.Job = (await submit(patience.Token)).Id;
            }
            catch (Exception e) when (patience.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled or StatusCode.Unavailable })
            {
                // Unavailable where the service died first.
                tried.IsGivenUp = true;
                return;
            }
        }
        else
        {
            tried.Job = (await PersistAsync(() => submit(default))).Id;
        }

        if (repeats && (await PersistAsync(() => submit(default))).Id != tried.Job)
        {
            ledger.Faults.Add($"the key {tried.Key} gave two jobs");
        }

        ledger.UnderWay[tried.Job] = true;
        try
        {
            if (tried.IsCancelled)
            {
                await Task.Delay(random.Next(0, 100));
                await PersistAsync(() => client.CancelAsync(tried.Job));
            }

            await FollowAsync(client, tried.Job);
        }
        finally
        {
            ledger.UnderWay.TryRemove(tried.Job, out _);
        }
    }

    /// <summary>One way of submitting, chosen once: sent again, the content is the same.</summary>
    private Func<CancellationToken, Task<Job>> Submission(ProvingClient client, Tried tried)
    {
        var options = new JobOptions { IdempotencyKey = tried.Key, Priority = random.Next(-1, 2) };
        if (random.Next(4) == 0)
        {
            string path = Path.GetTempFileName();
            File.WriteAllBytes(path, chain.Witness(tried.Start));
            return async cancellation =>
            {
                Job job = await client.SubmitWitnessAsync(circuit, path, options, cancellation);
                return job;
            };
        }

        // Short inputs lie in the store, long ones in the shared folder.
        string inputs = ChainKey.Inputs(tried.Start, random.Next(2) == 0 ? 0 : 1000);
        return cancellation => client.SubmitAsync(circuit, inputs, options, cancellation);
    }

    /// <summary>Sees every event once, in order, whatever breaks meanwhile.</summary>
    private async Task FollowAsync(ProvingClient client, string job)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        ulong seen = 0;
        Contract.JobState last = default;
        try
        {
            await PersistAsync(async () =>
            {
                await foreach (Contract.JobEvent happened in client.WatchAsync(job, seen, patience.Token))
                {
                    if (happened.Sequence != seen + 1)
                    {
                        ledger.Faults.Add($"the job {job}: the event {happened.Sequence} came after {seen}");
                    }

                    seen = happened.Sequence;
                    last = happened.State;
                }

                return true;
            });
        }
        catch (Exception e) when (patience.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            throw new TimeoutException();
        }

        if (last < Contract.JobState.Done)
        {
            ledger.Faults.Add($"the job {job}: its events end with {last}");
        }
    }

    /// <summary>Tries until the service is there.</summary>
    private static async Task<T> PersistAsync<T>(Func<Task<T>> call)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && Stopwatch.GetElapsedTime(since) < Longest)
            {
                await Task.Delay(Rest);
            }
        }
    }
}
