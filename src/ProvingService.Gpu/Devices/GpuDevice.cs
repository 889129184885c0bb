// Owns: one device in use: the one thread that talks to it, whether it is fit for use, and for how long it rests when it
// is not. Never: what it computes.

using System.Collections.Concurrent;
using System.Diagnostics;

namespace ProvingService.Gpu;

/// <summary>Whether a device is fit for use.</summary>
public enum GpuDeviceState
{
    /// <summary>Not opened yet, or closed after a failure and due to be tried again.</summary>
    Closed,

    /// <summary>Open.</summary>
    Ready,

    /// <summary>It failed or computed something wrong, and rests.</summary>
    OutOfUse,
}

/// <summary>
/// A device with a thread of its own, on which everything about it happens: a CUDA context belongs to a thread, and one
/// device does one job at a time. It is opened by its first job. A failure closes it and takes it out of use for a while;
/// the next job after that opens it anew. Safe for concurrent use.
/// </summary>
internal sealed class GpuDevice : IDisposable
{
    /// <summary>How often those who wait for a job look whether the driver still answers.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly IGpuPlatform platform;
    private readonly GpuOptions options;
    private readonly BlockingCollection<Action> jobs = [];
    private readonly Lock gate = new();
    private readonly HashSet<string> passed = [];
    private Thread? thread;
    private GpuSession? session;
    private string? reason;
    private long restEnds;
    private int failures;
    private bool isDisposed;
    private readonly DriverWatch watch;
    private int waiting;
    private long jobsDone;

    public GpuDevice(IGpuPlatform platform, GpuDeviceInfo info, GpuOptions options)
    {
        this.platform = platform;
        this.options = options;
        watch = new(options.Time);
        Info = info;
        long share = (long)(info.MemoryBytes * Math.Clamp(options.MemoryShare, 0, 1) / (info.IsCpu ? 4 : 1));
        MemoryBudget = Math.Min(options.MemoryBudget ?? share, share);
    }

    /// <summary>The device.</summary>
    public GpuDeviceInfo Info { get; }

    /// <summary>The most bytes of its memory to hold.</summary>
    public long MemoryBudget { get; }

    /// <summary>Jobs that wait or run.</summary>
    public int Load => Volatile.Read(ref waiting);

    /// <summary>Jobs that it has done for good.</summary>
    public long Jobs => Interlocked.Read(ref jobsDone);

    /// <summary>Seconds in which it had a job.</summary>
    public double BusySeconds { get; private set; }

    /// <summary>Bytes of its memory that are allocated.</summary>
    public long HeldBytes => session?.Memory.HeldBytes ?? 0;

    /// <summary>Whether it is fit for use.</summary>
    public GpuDeviceState State
    {
        get
        {
            lock (gate)
            {
                return reason is not null && Now < restEnds ? GpuDeviceState.OutOfUse
                    : session is null ? GpuDeviceState.Closed : GpuDeviceState.Ready;
            }
        }
    }

    /// <summary>Why it is out of use; null where it is not.</summary>
    public string? OutOfUseReason => State == GpuDeviceState.OutOfUse ? reason : null;

    /// <summary>Whether a job may be given to it.</summary>
    public bool IsUsable => !Volatile.Read(ref isDisposed) && State != GpuDeviceState.OutOfUse;

    private long Now => options.Time.GetTimestamp();

    /// <summary>
    /// Runs a job on the device's thread and waits for it. Memory that the caller has pinned stays pinned meanwhile. Once the
    /// job has begun the token is its to look at; a job that waits for others is taken back at once.
    /// </summary>
    /// <exception cref="GpuOutOfMemoryException">The job needs more memory than there is; the device stays in use.</exception>
    /// <exception cref="GpuException">The device failed, is out of use, or was disposed.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public T Run<T>(Func<GpuSession, T> job, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        const int Begun = 1, TakenBack = 2;
        int state = 0;
        Interlocked.Increment(ref waiting);
        bool isQueued = TryQueue(() =>
        {
            if (Interlocked.CompareExchange(ref state, Begun, 0) != 0)
            {
                return;
            }

            T result = default!;
            Exception? failure = null;
            try
            {
                cancellation.ThrowIfCancellationRequested();
                result = Guard(job);
            }
            catch (Exception e)
            {
                failure = e;
            }

            // Before anybody learns that it is done.
            Interlocked.Decrement(ref waiting);
            if (failure is null)
            {
                done.SetResult(result);
            }
            else
            {
                done.SetException(failure);
            }
        });
        if (!isQueued)
        {
            Interlocked.Decrement(ref waiting);
            throw new GpuException($"{Info.Id} is closed.");
        }

        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            _ =>
            {
                if (Interlocked.CompareExchange(ref state, TakenBack, 0) == 0)
                {
                    Interlocked.Decrement(ref waiting);
                    done.SetException(new OperationCanceledException(cancellation));
                }
            },
            null);

        // Looking costs nothing: whoever waits is woken as soon as the job is done.
        while (Task.WaitAny([done.Task], Look) < 0)
        {
            if (watch.TryGiveUp(options.HangLimit))
            {
                Rest("its driver does not answer; it is out of use until the process ends.", TimeSpan.MaxValue);
            }

            if (watch.IsGivenUp)
            {
                throw new GpuException($"{Info.Id}: {reason}");
            }
        }

        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Puts something that cannot fail onto the device's thread, without waiting for it; nothing where no thread was started.</summary>
    public void Post(Action action)
    {
        lock (gate)
        {
            if (thread is not null)
            {
                _ = TryQueue(action);
            }
        }
    }

    /// <summary>Runs a check once in the life of an open device, before anything that depends on it.</summary>
    /// <param name="name">The check's name.</param>
    /// <param name="open">The open device, on its thread.</param>
    /// <param name="check">Throws where the device computes something wrong.</param>
    public void Require(string name, GpuSession open, Action<GpuSession> check)
    {
        if (!passed.Contains(name))
        {
            check(open);
            passed.Add(name);
        }
    }

    /// <summary>Counts a job as done for good.</summary>
    public void CountJob() => Interlocked.Increment(ref jobsDone);

    /// <summary>Takes it out of use because it computed something wrong: for the longest rest, since such hardware does not mend in seconds.</summary>
    public void Quarantine(string why)
    {
        Rest(why, options.LongestRest);

        // Closed on its own thread: a later job opens it anew, and checks it before all else.
        _ = TryQueue(Close);
    }

    /// <summary>Returns when what was queued is done and the device is closed. What comes later fails.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            jobs.CompleteAdding();
        }

        // A thread that hangs in its driver ends with the process.
        while (thread?.Join(Look) == false)
        {
            if (watch.IsGivenUp || watch.TryGiveUp(options.HangLimit))
            {
                return;
            }
        }

        jobs.Dispose();
    }

    /// <summary>Puts something onto the device's thread, which it starts; false where the device is disposed.</summary>
    private bool TryQueue(Action action)
    {
        lock (gate)
        {
            if (isDisposed)
            {
                return false;
            }

            if (thread is null)
            {
                thread = new(Work) { IsBackground = true, Name = $"GPU {Info.Id}" };
                thread.Start();
            }

            jobs.Add(action);
            return true;
        }
    }

    private void Work()
    {
        foreach (Action job in jobs.GetConsumingEnumerable())
        {
            job();
        }

        Close();
    }

    private T Guard<T>(Func<GpuSession, T> job)
    {
        if (!IsUsable)
        {
            throw new GpuException($"{Info.Id} is out of use: {reason}");
        }

        long start = Stopwatch.GetTimestamp();
        try
        {
            T result = job(Open());
            failures = 0;
            return result;
        }
        catch (GpuOutOfMemoryException)
        {
            throw;
        }
        catch (GpuException e)
        {
            // After a driver's error nothing that the device holds can be relied on.
            Rest(e.Message, TimeSpan.FromTicks(Math.Min(options.FirstRest.Ticks << Math.Min(failures, 20), options.LongestRest.Ticks)));
            failures++;
            Close();
            throw;
        }
        finally
        {
            BusySeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    private GpuSession Open()
    {
        if (session is null)
        {
            IGpuContext context;
            using (watch.Enter())
            {
                context = platform.Open(Info);
            }

            GpuSession opened = new(new WatchedContext(context, watch), MemoryBudget);
            lock (gate)
            {
                session = opened;

                // Somebody may have found it wrong meanwhile.
                if (Now >= restEnds)
                {
                    reason = null;
                }
            }
        }

        return session;
    }

    private void Close()
    {
        GpuSession? closed;
        lock (gate)
        {
            (closed, session) = (session, null);
        }

        passed.Clear();
        try
        {
            closed?.Dispose();
        }
        catch (GpuException)
        {
            // It is given up in any case.
        }
    }

    private void Rest(string why, TimeSpan rest)
    {
        lock (gate)
        {
            // A job that fails while the device is in quarantine does not shorten that.
            long ends = rest == TimeSpan.MaxValue ? long.MaxValue : Now + (long)(rest.TotalSeconds * options.Time.TimestampFrequency);
            if (reason is null || ends > restEnds)
            {
                (reason, restEnds) = (why, ends);
            }
        }
    }
}
