// Owns: waking whoever waits for a job's next event. One listener at the store serves all of them.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>Signals of a store, by job. Safe for concurrent use.</summary>
internal sealed class JobSignals(IServiceStore store, TimeSpan poll, ILogger log)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Topic> topics = [];
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

    /// <summary>Jobs that somebody watches.</summary>
    public int Watched
    {
        get
        {
            lock (gate)
            {
                return topics.Count;
            }
        }
    }

    /// <summary>Watches a job, until what is returned is disposed: nothing is kept of a job that nobody watches.</summary>
    public JobWatch Watch(Guid job)
    {
        lock (gate)
        {
            if (!topics.TryGetValue(job, out Topic? topic))
            {
                topics[job] = topic = new Topic();
            }

            topic.Watchers++;
        }

        return new JobWatch(this, job);
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
                woken.AddRange(topics.Values.Select(topic => topic.Change()));
            }
            else if (topics.TryGetValue(job.Value, out Topic? topic))
            {
                woken.Add(topic.Change());
            }
        }

        foreach (TaskCompletionSource source in woken)
        {
            source.TrySetResult();
        }
    }

    private Task Next(Guid job)
    {
        lock (gate)
        {
            return topics[job].Changed.Task;
        }
    }

    private void Leave(Guid job)
    {
        lock (gate)
        {
            if (--topics[job].Watchers == 0)
            {
                topics.Remove(job);
            }
        }
    }

    /// <summary>A job that is watched. A plain class under the lock of its owner.</summary>
    private sealed class Topic
    {
        public int Watchers { get; set; }

        public TaskCompletionSource Changed { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>What is to be completed; who comes from now on waits for the next change.</summary>
        public TaskCompletionSource Change()
        {
            TaskCompletionSource changed = Changed;
            Changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return changed;
        }
    }

    /// <summary>The changes of one job. For one caller.</summary>
    internal sealed class JobWatch(JobSignals signals, Guid job) : IDisposable
    {
        private bool isDisposed;

        /// <summary>Completes when the job may have changed; ask before looking at the store, so that no change is missed.</summary>
        public Task Next() => signals.Next(job);

        /// <inheritdoc/>
        public void Dispose()
        {
            if (!isDisposed)
            {
                isDisposed = true;
                signals.Leave(job);
            }
        }
    }
}
