// Owns: how far an attempt is, from its events alone, so that every watcher of a job sees the same.

namespace ProvingService.Service;

/// <summary>Follows the events of one job in their order. Not safe for concurrent use.</summary>
internal sealed class ProgressMeter
{
    private int attempt = -1;
    private double done;

    /// <summary>How much of the attempt is done after an event, from 0 to 1; never less than before within an attempt.</summary>
    public double After(JobEvent happened)
    {
        if (happened.Attempt != attempt)
        {
            attempt = happened.Attempt;
            done = 0;
        }

        if (happened.State == JobState.Done)
        {
            return 1;
        }

        if (happened.Ended)
        {
            done = Math.Min(1, done + Phases.ShareOf(happened.Phase));
        }

        return done;
    }
}
