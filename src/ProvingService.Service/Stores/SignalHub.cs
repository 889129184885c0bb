// Owns: passing signals to those who listen in this process. A listener that is slow costs a bounded memory: its signals are
// merged by job, and beyond a number into one that says that anything may have changed.

using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ProvingService.Service;

/// <summary>Signals from the store to its listeners. Safe for concurrent use.</summary>
internal sealed class SignalHub
{
    /// <summary>So many jobs are remembered by name for a listener; at 40 bytes each they are far below a megabyte.</summary>
    private const int MostJobs = 4096;

    private readonly Lock gate = new();
    private readonly List<Listener> listeners = [];

    /// <summary>Whether anyone listens.</summary>
    public bool HasListeners { get; private set; }

    /// <summary>Tells everyone.</summary>
    public void Publish(StoreSignal signal)
    {
        lock (gate)
        {
            foreach (Listener listener in listeners)
            {
                listener.Add(signal);
            }
        }
    }

    /// <summary>The signals from now on. The first names no job: it says that the listener is in place, and may look around.</summary>
    public async IAsyncEnumerable<StoreSignal> ListenAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var listener = new Listener();
        listener.Add(new(null, true));
        lock (gate)
        {
            listeners.Add(listener);
            HasListeners = true;
        }

        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (StoreSignal signal in await listener.TakeAsync(cancellation).ConfigureAwait(false))
                {
                    yield return signal;
                }
            }
        }
        finally
        {
            lock (gate)
            {
                listeners.Remove(listener);
                HasListeners = listeners.Count > 0;
            }
        }
    }

    private sealed class Listener
    {
        private readonly Lock gate = new();
        private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private Dictionary<Guid, bool> jobs = [];
        private bool anything;
        private bool queue;

        public void Add(StoreSignal signal)
        {
            lock (gate)
            {
                if (signal.Job is { } job && !anything && (jobs.Count < MostJobs || jobs.ContainsKey(job)))
                {
                    jobs[job] = signal.Queue || jobs.GetValueOrDefault(job);
                }
                else
                {
                    // Beyond what is remembered by name, the queue may have changed too.
                    queue = queue || signal.Queue || jobs.ContainsValue(true);
                    anything = true;
                    jobs.Clear();
                }
            }

            wake.Writer.TryWrite(true);
        }

        public async Task<IEnumerable<StoreSignal>> TakeAsync(CancellationToken cancellation)
        {
            await wake.Reader.ReadAsync(cancellation).ConfigureAwait(false);
            lock (gate)
            {
                IEnumerable<StoreSignal> taken = anything ? [new(null, queue)] : jobs.Select(job => new StoreSignal(job.Key, job.Value)).ToArray();
                (jobs, anything, queue) = ([], false, false);
                return taken;
            }
        }
    }
}
