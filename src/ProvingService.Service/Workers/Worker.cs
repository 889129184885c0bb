// Owns: a worker: leases jobs as long as it has slots and memory, reports on them, ends their leases. The work: Attempt.cs.

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>
/// Takes jobs from a store until stopped. A job's proof is kept in memory until the store has taken it or says that the
/// lease is another's, however long the store is away.
/// </summary>
internal sealed class Worker(WorkerParts parts)
{
    /// <summary>By lease and not by job: one that was lost here may be leased here again before the lost attempt has stopped.</summary>
    private readonly ConcurrentDictionary<Lease, Attempt> attempts = new();
    private readonly SemaphoreSlim wake = new(0), report = new(0);
    private readonly DateTimeOffset started = parts.Time.GetUtcNow();
    private long memoryUsed;
    private int isAsked;
    private volatile bool isEnding;
    private long endingSince;

    /// <summary>Jobs that it has now.</summary>
    public int Busy => attempts.Count;

    /// <summary>Works until cancelled; then lets jobs finish for a while, and hands the rest back.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ending = new CancellationTokenSource();
        Task reports = ReportAsync(ending.Token), signals = ListenAsync(ending.Token), presence = SayPresenceAsync(ending.Token);
        parts.Log.WorkerStarted(parts.WorkerId, parts.Options.Slots, string.Join(' ', parts.Engines.Wishes));
        try
        {
            await LeaseAsync(stopping).ConfigureAwait(false);
        }
        finally
        {
            await DrainAsync().ConfigureAwait(false);
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(reports, signals, presence).ConfigureAwait(false);
            parts.Log.WorkerStopped(parts.WorkerId);
        }
    }

    private async Task LeaseAsync(CancellationToken stopping)
    {
        int faults = 0;
        while (!stopping.IsCancellationRequested)
        {
            LeasedJob? job = null;
            try
            {
                if (attempts.Count < parts.Options.Slots)
                {
                    var offer = new LeaseOffer(
                        parts.WorkerId, FreeMemory, parts.Engines.Wishes, parts.Options.LeaseDuration);
                    job = await parts.Store.LeaseAsync(offer, CancellationToken.None).ConfigureAwait(false);
                    faults = 0;
                }
            }
            catch (Exception e) when (IsOutlived(e))
            {
                await PauseAsync(TimeSpan.FromMilliseconds(Math.Min(5000, 100 << Math.Min(faults++, 6))), stopping).ConfigureAwait(false);
                continue;
            }

            if (job is null)
            {
                await WaitAsync(wake, parts.Options.PollInterval, stopping).ConfigureAwait(false);
                continue;
            }

            Start(job);
        }
    }

    /// <summary>A single job may need more than all there is for jobs: it is taken when nothing else runs.</summary>
    private long FreeMemory => attempts.IsEmpty ? long.MaxValue : Math.Max(0, parts.Options.EffectiveJobMemory - Interlocked.Read(ref memoryUsed));

    private void Start(LeasedJob leased)
    {
        var attempt = new Attempt(leased, parts);
        attempts[leased.Lease] = attempt;
        Interlocked.Add(ref memoryUsed, leased.Job.Submitted.MemoryBytes);
        parts.Log.JobLeased(leased.Job.Id, leased.Job.Attempts, leased.Job.Submitted.KeyHash);
        _ = Task.Run(() => CarryOutAsync(attempt));
    }

    private async Task CarryOutAsync(Attempt attempt)
    {
        NewJob job = attempt.Job.Submitted;
        long begun = Stopwatch.GetTimestamp();
        using Activity? trace = ServiceTraces.BeginAttempt(attempt.Job);
        try
        {
            LeaseOutcome? outcome = await attempt.RunAsync().ConfigureAwait(false);
            if (outcome is not null && await FinishAsync(attempt, outcome).ConfigureAwait(false))
            {
                if (outcome is not (LeaseOutcome.Retry or LeaseOutcome.HandedBack))
                {
                    parts.Vault.DeleteInput(job.Id);
                }

                TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
                parts.Metrics.AttemptEnded(outcome, elapsed, attempt.Job.Created, parts.Time.GetUtcNow());
                parts.Log.JobEnded(job.Id, Describe(outcome), elapsed.TotalSeconds);
                if (outcome is LeaseOutcome.Done)
                {
                    await parts.Circuits.LearnCostAsync(job.KeyHash, elapsed).ConfigureAwait(false);
                }
            }
            else
            {
                parts.Log.LeaseLost(job.Id);
            }
        }
        catch (Exception e) when (IsOutlived(e))
        {
            // The lease runs out, and the job goes back to the queue.
        }
        finally
        {
            attempts.TryRemove(attempt.Lease, out _);
            Interlocked.Add(ref memoryUsed, -job.MemoryBytes);
            wake.Release();
        }
    }

    private static string Describe(LeaseOutcome outcome) => outcome switch
    {
        LeaseOutcome.Failed failed => $"failed: {failed.Reason}: {failed.Message}",
        LeaseOutcome.Retry retry => string.Create(CultureInfo.InvariantCulture, $"to be tried again in {retry.Rest.TotalSeconds} s: {retry.Reason}: {retry.Message}"),
        _ => outcome.GetType().Name,
    };

    /// <summary>Ends a lease, as often as it takes. What is done is done: only the store's word that the lease is lost ends it otherwise.</summary>
    private async Task<bool> FinishAsync(Attempt attempt, LeaseOutcome outcome)
    {
        (_, IReadOnlyList<PhaseMark> marks) = attempt.TakeMarks();
        for (int faults = 0; ; faults++)
        {
            try
            {
                return await parts.Store.FinishAsync(attempt.Lease, outcome, marks, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException e)
            {
                // Where the write happened and its answer was lost, the job is final by our own hand.
                if (e.MayHaveHappened && outcome is LeaseOutcome.Done && await IsDoneByUsAsync(attempt).ConfigureAwait(false))
                {
                    return true;
                }

                parts.Log.StoreFailed(e.Message);
                if (isEnding && Stopwatch.GetElapsedTime(endingSince) > parts.Options.DrainTimeout)
                {
                    return false;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5000, 50 << Math.Min(faults, 7)))).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> IsDoneByUsAsync(Attempt attempt)
    {
        try
        {
            JobRecord? job = await parts.Store.FindJobAsync(attempt.Job.Id).ConfigureAwait(false);
            return job is { State: JobState.Done } && job.Fence == attempt.Lease.Fence;
        }
        catch (StoreException)
        {
            return false;
        }
    }

    private async Task ReportAsync(CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await WaitAsync(report, parts.Options.ReportInterval, ending).ConfigureAwait(false);
            Attempt[] all = [.. attempts.Values];
            bool asked = Interlocked.Exchange(ref isAsked, 0) != 0;
            Attempt[] due = [.. all.Where(attempt => asked || attempt.HasMarks || Stopwatch.GetElapsedTime(attempt.Confirmed) > parts.Options.LeaseDuration / 3)];
            if (due.Length == 0)
            {
                continue;
            }

            var taken = due.Select(attempt => attempt.TakeMarks()).ToArray();
            var reports = due.Select((attempt, i) => new LeaseReport(attempt.Lease, parts.Options.LeaseDuration, taken[i].State, taken[i].Marks)).ToArray();
            try
            {
                IReadOnlyList<LeaseVerdict> verdicts = await parts.Store.ReportAsync(reports, CancellationToken.None).ConfigureAwait(false);
                for (int i = 0; i < due.Length; i++)
                {
                    due[i].Confirmed = Stopwatch.GetTimestamp();
                    if (verdicts[i] == LeaseVerdict.Cancel)
                    {
                        due[i].Stop(StopReason.Cancel);
                    }
                    else if (verdicts[i] == LeaseVerdict.Lost)
                    {
                        due[i].Stop(StopReason.Lost);
                    }
                }
            }
            catch (Exception e) when (IsOutlived(e))
            {
                // The work goes on: if the lease is another's by then, the fence says so.
                if (e is not StoreException { MayHaveHappened: true })
                {
                    for (int i = 0; i < due.Length; i++)
                    {
                        due[i].ReturnMarks(taken[i].Marks);
                    }
                }
            }
        }
    }

    private async Task ListenAsync(CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await foreach (StoreSignal signal in parts.Store.SignalsAsync(ending).ConfigureAwait(false))
                {
                    if (signal.Queue || signal.Job is null)
                    {
                        wake.Release();
                    }

                    if (signal.Job is null ? !attempts.IsEmpty : attempts.Keys.Any(lease => lease.Job == signal.Job.Value))
                    {
                        Interlocked.Exchange(ref isAsked, 1);
                        report.Release();
                    }
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (IsOutlived(e))
            {
                await PauseAsync(parts.Options.PollInterval, ending).ConfigureAwait(false);
            }
        }
    }

    private async Task SayPresenceAsync(CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await parts.Store.PutWorkerAsync(Describe(), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (IsOutlived(e))
            {
                // The next time.
            }

            await PauseAsync(TimeSpan.FromSeconds(2), ending).ConfigureAwait(false);
        }

        try
        {
            await parts.Store.RemoveWorkerAsync(parts.WorkerId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            parts.Log.StoreFailed(e.Message);
        }
    }

    /// <summary>Whatever the store throws, the worker goes on: a loop that ended would leave it alive and idle.</summary>
    private bool IsOutlived(Exception fault)
    {
        if (fault is StoreException)
        {
            parts.Log.StoreFailed(fault.Message);
        }
        else
        {
            parts.Log.LoopFailed(fault);
        }

        return true;
    }

    private WorkerRecord Describe()
    {
        var devices = new Contract.Worker();
        devices.Devices.Add(new Device { Id = "cpu", Name = parts.Processor, Driver = parts.Kernels, State = "ready" });
        foreach (Gpu.GpuDeviceStatus status in parts.Engines.Statuses)
        {
            devices.Devices.Add(new Device
            {
                Id = status.Device.Id,
                Name = status.Device.Name,
                Driver = status.Device.DriverVersion,
                MemoryBytes = (ulong)status.MemoryBudget,
                State = status.Reason is null ? status.State.ToString().ToLowerInvariant() : $"{status.State.ToString().ToLowerInvariant()}: {status.Reason}",
            });
        }

        return new WorkerRecord(
            parts.WorkerId,
            Environment.MachineName,
            ServiceVersion.Text,
            parts.Options.Slots,
            attempts.Count,
            parts.Options.EffectiveJobMemory,
            JsonFormatter.Default.Format(devices),
            started,
            parts.Time.GetUtcNow());
    }

    /// <summary>Lets jobs under way finish for a while, then hands them back.</summary>
    private async Task DrainAsync()
    {
        endingSince = Stopwatch.GetTimestamp();
        isEnding = true;
        bool areHandedBack = false;
        while (!attempts.IsEmpty)
        {
            if (!areHandedBack && Stopwatch.GetElapsedTime(endingSince) > parts.Options.DrainTimeout)
            {
                areHandedBack = true;
                foreach (Attempt attempt in attempts.Values)
                {
                    attempt.Stop(StopReason.HandBack);
                }
            }

            await Task.Delay(10).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a signal, the time, or the end; takes all signals that have piled up.</summary>
    private static async Task WaitAsync(SemaphoreSlim signal, TimeSpan longest, CancellationToken cancellation)
    {
        try
        {
            await signal.WaitAsync(longest, cancellation).ConfigureAwait(false);
            while (signal.Wait(0, CancellationToken.None))
            {
                // One look serves them all.
            }
        }
        catch (OperationCanceledException)
        {
            // The caller looks for itself.
        }
    }

    private static async Task PauseAsync(TimeSpan time, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(time, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The caller looks for itself.
        }
    }
}
