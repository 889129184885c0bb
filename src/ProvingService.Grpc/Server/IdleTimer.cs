// Owns: acting once when something that was begun is not over in time.

namespace ProvingService.Grpc;

/// <summary>Times one wait after another. Begin and End are one thread's at a time; the action runs on another, before End returns.</summary>
internal sealed class IdleTimer(TimeSpan limit, Action expired) : IDisposable
{
    private readonly Lock gate = new();
    private Timer? timer;
    private bool waiting;
    private bool hasExpired;

    /// <summary>Whether the action has run, or is about to.</summary>
    public bool HasExpired
    {
        get
        {
            lock (gate)
            {
                return hasExpired;
            }
        }
    }

    public void Begin()
    {
        if (limit == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (gate)
        {
            waiting = true;
            timer ??= new Timer(static state => ((IdleTimer)state!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            timer.Change(limit, Timeout.InfiniteTimeSpan);
        }
    }

    public void End()
    {
        lock (gate)
        {
            waiting = false;
            timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            waiting = false;
            timer?.Dispose();
            timer = null;
        }
    }

    private void OnTick()
    {
        lock (gate)
        {
            if (!waiting || hasExpired)
            {
                return;
            }

            // Under the lock, so that whoever waited goes on only after the action: what it acts on may then be gone.
            hasExpired = true;
            expired();
        }
    }
}
