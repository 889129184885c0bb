// Owns: waking whoever waits for a job's next event. One listener at the store serves all of them.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>Signals of a store, by job. Safe for concurrent use.</summary>
internal sealed class JobSignals(IServiceStore store, TimeSpan poll, ILogger log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, TaskCompletionSource> waiting = [];
    private TaskCompletionSource any = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Listens until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (StoreSignal signal in store.SignalsAsync(stopping).ConfigureAwait(false))
                {
                    Wake(signal.Job);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreException e)
            {
                log.StoreFailed(e.Message);
                Wake(null);
                await Task.Delay(poll, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Completes when the job may have changed; ask before looking at the store, so that no change is missed.</summary>
    public Task Next(Guid job)
    {
        lock (gate)
        {
            if (!waiting.TryGetValue(job, out TaskCompletionSource? source))
            {
                waiting[job] = source = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return source.Task;
        }
    }

    /// <summary>Completes when any job may have changed.</summary>
    public Task NextOfAny()
    {
        lock (gate)
        {
            return any.Task;
        }
    }

    /// <summary>Waits for a change, but not longer than the poll interval: a signal may be lost.</summary>
    public async Task WaitAsync(Task next, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(next, Task.Delay(poll, end.Token)).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
    }

    private void Wake(Guid? job)
    {
        List<TaskCompletionSource> woken = [];
        lock (gate)
        {
            woken.Add(any);
            any = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (job is null)
            {
                woken.AddRange(waiting.Values);
                waiting.Clear();
            }
            else if (waiting.Remove(job.Value, out TaskCompletionSource? source))
            {
                woken.Add(source);
            }
        }

        foreach (TaskCompletionSource source in woken)
        {
            source.TrySetResult();
        }
    }
}
