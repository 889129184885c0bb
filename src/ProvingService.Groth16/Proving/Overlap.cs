// Owns: the way in which independent parts of a proof share the threads that the caller allows.

using System.Runtime.ExceptionServices;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Runs parts side by side on a bounded number of threads. A part that has begun keeps its thread; loops inside it are
/// helped by threads that have no part of their own, so that the serial ends of one part are filled by the others and the
/// last part has all threads.
/// </summary>
internal static class Overlap
{
    /// <summary>Runs all parts, longest first; the first failure cancels the others and is thrown as it was.</summary>
    /// <param name="options">Threads and cancellation.</param>
    /// <param name="parts">Each is given the options to run by.</param>
    public static void Run(EngineOptions options, params Action<EngineOptions>[] parts)
    {
        int threads = options.MaxThreads > 0 ? options.MaxThreads : Environment.ProcessorCount;
        if (threads == 1)
        {
            foreach (Action<EngineOptions> part in parts)
            {
                part(options);
            }

            return;
        }

        using var failed = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken);
        EngineOptions inner = options with { CancellationToken = failed.Token };
        TaskScheduler scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
        ExceptionDispatchInfo? first = null;
        Task[] tasks = [.. parts.Select(part => Task.Factory.StartNew(() => Guard(part), CancellationToken.None, TaskCreationOptions.None, scheduler))];
        Task.WaitAll(tasks);
        options.CancellationToken.ThrowIfCancellationRequested();
        first?.Throw();

        void Guard(Action<EngineOptions> part)
        {
            try
            {
                failed.Token.ThrowIfCancellationRequested();
                part(inner);
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref first, ExceptionDispatchInfo.Capture(Innermost(e)), null);
                failed.Cancel();
            }
        }
    }

    /// <summary>What a parallel loop wraps.</summary>
    private static Exception Innermost(Exception e) =>
        e is AggregateException { InnerException: { } inner } ? Innermost(inner) : e;
}
