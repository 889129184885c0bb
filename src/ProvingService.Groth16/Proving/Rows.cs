// Owns: the one way in which this project spreads a loop over the cores.

using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>A parallel loop over ranges of a vector, bounded in threads and cancellable.</summary>
internal static class Rows
{
    private const int Range = 1 << 12;

    /// <summary>Calls <paramref name="body"/> with disjoint ranges [from, to) that cover [0, count).</summary>
    public static void ForEach(int count, EngineOptions options, Action<int, int> body)
    {
        if (count <= Range)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            body(0, count);
            return;
        }

        ForEachItem((count + Range - 1) / Range, options, i => body(i * Range, Math.Min(count, (i + 1) * Range)));
    }

    /// <summary>Calls <paramref name="body"/> with each item from 0 to <paramref name="count"/> − 1.</summary>
    public static void ForEachItem(int count, EngineOptions options, Action<int> body)
    {
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.MaxThreads > 0 ? options.MaxThreads : Environment.ProcessorCount,
            CancellationToken = options.CancellationToken,

            // The scheduler of the caller's task: see Overlap.
            TaskScheduler = null,
        };
        Parallel.For(0, count, parallel, body);
    }
}
