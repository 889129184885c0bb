// Owns: how the portable engine spreads independent items of work over threads.

namespace ProvingService.Algebra;

/// <summary>Items of work handed out one by one, in order, to as many threads as the caller allows.</summary>
internal static class Workers
{
    /// <summary>Runs body(0) … body(items − 1), each once, in no particular order.</summary>
    public static void Run(int items, EngineOptions options, Action<int> body) =>
        Run(items, options, static () => NoScratch.Instance, (i, _) => body(i));

    /// <summary>As above, with one scratch object a thread, made when the thread gets its first item and disposed at the end.</summary>
    public static void Run<TScratch>(int items, EngineOptions options, Func<TScratch> create, Action<int, TScratch> body)
        where TScratch : IDisposable
    {
        int threads = Math.Min(options.Threads, items);
        int next = 0;
        if (threads <= 1)
        {
            Work();
            return;
        }

        Parallel.For(
            0,
            threads,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = threads,
                CancellationToken = options.CancellationToken,

                // The scheduler of the caller's task, so that overlapping calls share the threads that were allowed.
                TaskScheduler = null,
            },
            _ => Work());

        void Work()
        {
            int item = Interlocked.Increment(ref next) - 1;
            if (item >= items)
            {
                return;
            }

            options.CancellationToken.ThrowIfCancellationRequested();
            using TScratch scratch = create();
            for (; item < items; item = Interlocked.Increment(ref next) - 1)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                body(item, scratch);
            }
        }
    }

    private sealed class NoScratch : IDisposable
    {
        public static readonly NoScratch Instance = new();

        public void Dispose()
        {
        }
    }
}
