// Owns: when the phases of a proof began and ended. Who tells: the prover, through IProgress.

using System.Diagnostics;

namespace ProvingService.Groth16;

/// <summary>A phase of a proof in time.</summary>
/// <param name="Phase">Which one.</param>
/// <param name="Begun">When it began, from the beginning of the timeline.</param>
/// <param name="Ended">When it ended; null while it goes on, and for good where the work was cancelled or failed in it.</param>
public readonly record struct PhaseSpan(ProvingPhase Phase, TimeSpan Begun, TimeSpan? Ended);

/// <summary>
/// Listens to a prover and keeps the times of its phases, for one proof. Times are monotonic and count from the making of
/// the object. Where work was done anew, since a device failed or computed wrongly, a phase has more than one span. Safe
/// for concurrent use.
/// </summary>
/// <param name="next">Told of each change after it is entered; null for none.</param>
public sealed class ProofTimeline(IProgress<PhaseChange>? next = null) : IProgress<PhaseChange>
{
    private readonly Lock gate = new();
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly List<PhaseSpan> spans = [];

    /// <summary>The time since the object was made.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(start);

    /// <summary>The spans so far, in the order in which they began: a copy.</summary>
    public IReadOnlyList<PhaseSpan> Spans
    {
        get
        {
            lock (gate)
            {
                return [.. spans];
            }
        }
    }

    /// <summary>Enters a change at the present time. An end without a beginning is passed over.</summary>
    public void Report(PhaseChange value)
    {
        lock (gate)
        {
            if (!value.HasEnded)
            {
                spans.Add(new(value.Phase, Elapsed, null));
            }
            else if (spans.FindLastIndex(span => span.Phase == value.Phase && span.Ended is null) is >= 0 and var open)
            {
                spans[open] = spans[open] with { Ended = Elapsed };
            }
        }

        next?.Report(value);
    }
}
