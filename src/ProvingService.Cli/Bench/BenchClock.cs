// Owns: taking times: warming up, measuring, the median.

using System.Diagnostics;

namespace ProvingService.Cli;

internal static class BenchClock
{
    /// <summary>Runs do not count until none has been faster than the ones before for this long: all code is then compiled for the machine.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(0.3);

    /// <summary>No longer than this, or one run.</summary>
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Runs until times have settled.</summary>
    /// <param name="run">Does the work once and tells the seconds.</param>
    public static void WarmUp(Func<double> run)
    {
        long start = Stopwatch.GetTimestamp(), improved = start;
        double best = double.PositiveInfinity;
        do
        {
            double seconds = run();
            if (seconds < 0.95 * best)
            {
                (best, improved) = (seconds, Stopwatch.GetTimestamp());
            }
        }
        while (Stopwatch.GetElapsedTime(improved) < Settled && Stopwatch.GetElapsedTime(start) < LongestWarmUp);
    }

    /// <summary>The seconds that some work takes.</summary>
    public static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The median of sorted times, at least one.</summary>
    public static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
