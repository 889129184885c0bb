// Owns: the order in which a listener hears of phases whose parts go on side by side.

using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Tells a listener of each phase once as it begins and once as it ends, whatever number of sums it has, one call at a time.
/// Safe for concurrent use.
/// </summary>
/// <param name="listener">Called under a lock, from whatever thread makes the change; null for none.</param>
internal sealed class PhaseReporter(IProgress<PhaseChange>? listener)
{
    private readonly Lock gate = new();
    private readonly int[] partsLeft = new int[(int)ProvingPhase.Verification + 1];

    /// <summary>A part of a phase begins; the phase, where it is the first.</summary>
    public void Begin(ProvingPhase phase)
    {
        lock (gate)
        {
            if (partsLeft[(int)phase] == 0)
            {
                partsLeft[(int)phase] = phase == ProvingPhase.MsmB ? 2 : 1;
                listener?.Report(new(phase, HasEnded: false));
            }
        }
    }

    /// <summary>A part of a phase ends; the phase, where it is the last. Nothing happens where the phase is not open.</summary>
    public void End(ProvingPhase phase)
    {
        lock (gate)
        {
            if (partsLeft[(int)phase] > 0 && --partsLeft[(int)phase] == 0)
            {
                listener?.Report(new(phase, HasEnded: true));
            }
        }
    }

    /// <summary>What is open ends as it is: the same work is done anew in another way.</summary>
    public void EndAll()
    {
        lock (gate)
        {
            for (int phase = 0; phase < partsLeft.Length; phase++)
            {
                if (partsLeft[phase] > 0)
                {
                    partsLeft[phase] = 0;
                    listener?.Report(new((ProvingPhase)phase, HasEnded: true));
                }
            }
        }
    }

    /// <summary>An engine with keys tells of its work.</summary>
    public void Report(KeyWorkChange change)
    {
        ProvingPhase phase = change.Work switch
        {
            KeyWork.A => ProvingPhase.MsmA,
            KeyWork.B1 or KeyWork.B2 => ProvingPhase.MsmB,
            KeyWork.C => ProvingPhase.MsmC,
            KeyWork.Rows => ProvingPhase.Products,
            KeyWork.Quotient => ProvingPhase.Quotient,
            _ => ProvingPhase.MsmH,
        };
        if (change.HasEnded)
        {
            End(phase);
        }
        else
        {
            Begin(phase);
        }
    }
}
