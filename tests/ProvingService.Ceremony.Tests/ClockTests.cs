// Owns: a turn's clock and the estimates, without a coordinator.

using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class ClockTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Time_runs_down_but_not_while_bytes_are_on_their_way_or_the_coordinator_verifies()
    {
        TurnClock clock = Clock(budget: 10, allowance: 3);
        clock.Advance(2 * Second, verifying: false);
        clock.Advance(100 * Second, verifying: true);
        Assert.Equal(8 * Second, clock.Left);
        clock.BeginTransfer();
        clock.Advance(2 * Second, verifying: false);
        Assert.Equal(8 * Second, clock.Left);
        clock.EndTransfer();
        clock.Advance(Second, verifying: false);
        Assert.Equal(7 * Second, clock.Left);
    }

    /// <summary>Otherwise a contributor who reads a byte a minute would hold the circuit for ever.</summary>
    [Fact]
    public void Transfers_stop_the_clock_no_longer_than_the_slowest_would_take()
    {
        TurnClock clock = Clock(budget: 10, allowance: 3);
        clock.BeginTransfer();
        clock.Advance(8 * Second, verifying: false);
        Assert.Equal((5 * Second, 3 * Second), (clock.Spent, clock.Transferred));
        clock.EndTransfer();
        clock.BeginTransfer();
        clock.Advance(5 * Second, verifying: false);
        Assert.True(clock.IsOver);
        Assert.Equal(TimeSpan.Zero, clock.Left);
    }

    [Fact]
    public void A_clock_goes_on_where_it_was_written()
    {
        var turn = new TurnRecord(0, 1, DateTimeOffset.UnixEpoch, 10 * Second, 4 * Second, 3 * Second, null, null);
        var clock = new TurnClock(turn, 3 * Second);
        Assert.Equal(6 * Second, clock.Left);
        clock.BeginTransfer();
        clock.Advance(Second, verifying: false);
        Assert.Equal(5 * Second, clock.Left);
    }

    [Fact]
    public void A_turn_lasts_a_multiple_of_what_the_slower_of_machine_and_contributors_take_between_floor_and_ceiling()
    {
        var options = new CeremonyOptions { TurnFloor = 10 * Second, TurnCeiling = 1000 * Second, TurnFactor = 4 };
        Assert.Equal(10 * Second, TurnEstimates.BudgetOf(Circuit(points: 1000, nanoseconds: 1000), options));
        Assert.Equal(80 * Second, TurnEstimates.BudgetOf(Circuit(points: 20_000_000, nanoseconds: 1000), options));
        Assert.Equal(120 * Second, TurnEstimates.BudgetOf(Circuit(points: 1000, nanoseconds: 1000, 5, 30, 300, 10, 40), options));
        Assert.Equal(1000 * Second, TurnEstimates.BudgetOf(Circuit(points: 1_000_000_000, nanoseconds: 1000), options));
    }

    [Fact]
    public void Who_waits_is_told_the_median_of_the_last_turns_times_those_before()
    {
        CircuitRecord circuit = Circuit(points: 1000, nanoseconds: 1000, 20, 20, 20);
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        Assert.Equal(60 * Second, TurnEstimates.ExpectedWait(circuit, 3, now));
        CircuitRecord busy = circuit with { Turn = new TurnRecord(0, 1, now - (5 * Second), 100 * Second, default, default, null, null) };
        Assert.Equal(55 * Second, TurnEstimates.ExpectedWait(busy, 3, now));
        Assert.Equal(TimeSpan.Zero, TurnEstimates.ExpectedWait(busy, 1, now + (500 * Second)));
    }

    private static TurnClock Clock(int budget, int allowance) =>
        new(new TurnRecord(0, 1, DateTimeOffset.UnixEpoch, budget * Second, default, default, null, null), allowance * Second);

    private static CircuitRecord Circuit(long points, long nanoseconds, params int[] seconds) => new(
        0, "c", "bn254", 1, points, "", "", "", 1000, [], nanoseconds,
        [.. seconds.Select((taken, i) => new ContributionRecord(i + 1, i + 1, i + 1, "", [], "", "", 0, default, taken * Second, taken * Second, [], []))],
        null);
}
