// Owns: how long a turn may last and how long one waits, from the speed measured here and that of those who contributed.

namespace ProvingService.Ceremony;

/// <summary>Estimates for a circuit. Pure functions.</summary>
internal static class TurnEstimates
{
    /// <summary>So many of the last contributors count.</summary>
    private const int Window = 5;

    /// <summary>The time of the next turn: what is expected, times the factor, between floor and ceiling.</summary>
    public static TimeSpan BudgetOf(CircuitRecord circuit, CeremonyOptions options)
    {
        TimeSpan wished = ExpectedWork(circuit) * options.TurnFactor;
        return wished < options.TurnFloor ? options.TurnFloor : wished > options.TurnCeiling ? options.TurnCeiling : wished;
    }

    /// <summary>For how long transfers may stop the clock: both directions at the slowest rate that is waited for.</summary>
    public static TimeSpan AllowanceOf(CircuitRecord circuit, CeremonyOptions options) =>
        TimeSpan.FromSeconds(2.0 * circuit.CurrentSize / options.SlowestTransfer);

    /// <summary>How long a turn lasts from its beginning to its acceptance, by the median of the last ones.</summary>
    public static TimeSpan ExpectedTurn(CircuitRecord circuit) => circuit.Contributions.Count > 0
        ? Median(circuit.Contributions.TakeLast(Window).Select(contribution => contribution.Whole))
        : ExpectedWork(circuit) + TimeSpan.FromSeconds(1);

    /// <summary>How long a ticket waits that has so many before it, one of them perhaps in its turn.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="ahead">How many are before it, the one in its turn included.</param>
    /// <param name="now">The present.</param>
    public static TimeSpan ExpectedWait(CircuitRecord circuit, int ahead, DateTimeOffset now)
    {
        TimeSpan each = ExpectedTurn(circuit);
        if (circuit.Turn is not { } turn)
        {
            return each * ahead;
        }

        TimeSpan left = turn.Began + each - now;
        return (left > TimeSpan.Zero ? left : TimeSpan.Zero) + (each * Math.Max(0, ahead - 1));
    }

    /// <summary>The work alone: points times the seconds a point, measured here or by the last contributors, whichever are more.</summary>
    private static TimeSpan ExpectedWork(CircuitRecord circuit)
    {
        TimeSpan measured = TimeSpan.FromMicroseconds(circuit.Points * (circuit.Nanoseconds / 1e3));
        TimeSpan seen = circuit.Contributions.Count > 0 ? Median(circuit.Contributions.TakeLast(Window).Select(contribution => contribution.Spent)) : TimeSpan.Zero;
        return measured > seen ? measured : seen;
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        TimeSpan[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }
}
