// Owns: the time of one turn: when it runs down, when it stands still, and when it is over. Never: what happens then.

namespace ProvingService.Ceremony;

/// <summary>
/// A turn's clock. It stands still while the coordinator verifies or is down, and while bytes of the turn are on their way; for
/// transfers no longer in all than an allowance, so that nobody can stop it by dawdling. Not thread-safe.
/// </summary>
/// <param name="turn">The turn as it was last written.</param>
/// <param name="allowance">For how long in all transfers may stop the clock.</param>
internal sealed class TurnClock(TurnRecord turn, TimeSpan allowance)
{
    private int transfers;

    /// <summary>How much time is gone.</summary>
    public TimeSpan Spent { get; private set; } = turn.Spent;

    /// <summary>For how long it stood still for transfers.</summary>
    public TimeSpan Transferred { get; private set; } = turn.Transferred;

    /// <summary>How much time is left, not below zero.</summary>
    public TimeSpan Left => Spent < turn.Budget ? turn.Budget - Spent : TimeSpan.Zero;

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => Spent >= turn.Budget;

    /// <summary>Bytes begin to be on their way.</summary>
    public void BeginTransfer() => transfers++;

    /// <summary>They have come, or do not come any more.</summary>
    public void EndTransfer() => transfers--;

    /// <summary>Lets time go by.</summary>
    /// <param name="time">How much, while the coordinator was up.</param>
    /// <param name="verifying">Whether the coordinator verified meanwhile.</param>
    public void Advance(TimeSpan time, bool verifying)
    {
        if (verifying)
        {
            return;
        }

        if (transfers > 0 && Transferred < allowance)
        {
            TimeSpan still = time < allowance - Transferred ? time : allowance - Transferred;
            Transferred += still;
            time -= still;
        }

        Spent += time;
    }
}
