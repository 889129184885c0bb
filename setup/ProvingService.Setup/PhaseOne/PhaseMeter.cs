// Owns: progress over the steps of a long piece of work.

using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>Counts units of work, by their time, over named steps. Used from one thread at a time.</summary>
internal sealed class PhaseMeter(IProgress<SetupProgress>? progress, double total, CancellationToken cancellationToken = default)
{
    private string phase = "";
    private double done;

    /// <summary>Names the step that follows.</summary>
    public PhaseMeter Enter(string name)
    {
        phase = name;
        Add(0);
        return this;
    }

    /// <summary>Counts work that is done.</summary>
    public void Add(double units)
    {
        done += units;
        progress?.Report(new(phase, Math.Min(1, done / total)));
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Progress of a part, given as a share of <paramref name="units"/>.</summary>
    public IProgress<double> Part(double units) => new Share(this, units);

    private sealed class Share(PhaseMeter whole, double units) : IProgress<double>
    {
        private double told;

        public void Report(double value)
        {
            whole.Add((value - told) * units);
            told = value;
        }
    }
}
