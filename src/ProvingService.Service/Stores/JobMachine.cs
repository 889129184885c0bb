// Owns: what each call makes of a job, as pure functions from the job before to the job after with its events. Both stores
// read a job under their lock, ask here, and write the answer; only PostgreSQL's lease does the same as Take in SQL.

using System.Globalization;

namespace ProvingService.Service;

/// <summary>What is to be written of a job, all in one transaction.</summary>
/// <param name="Job">The job thereafter.</param>
/// <param name="Events">What it went through, to be appended.</param>
/// <param name="LeaseUntil">When its lease runs out; null where nobody holds it.</param>
/// <param name="Proof">What it leaves, where it is done by this.</param>
internal sealed record JobChange(JobRecord Job, IReadOnlyList<JobEvent> Events, DateTimeOffset? LeaseUntil = null, JobProof? Proof = null)
{
    /// <summary>Whether listeners are told: a report that only prolongs a lease is nothing to them.</summary>
    public bool IsTold => Events.Count > 0 || Job.CancelRequested;

    /// <summary>What listeners are told.</summary>
    public StoreSignal Signal => new(Job.Id, Job.State == JobState.Queued);
}

/// <summary>The life of a job, step by step.</summary>
internal static class JobMachine
{
    /// <summary>A job that begins to wait.</summary>
    public static JobChange Accept(NewJob job, DateTimeOffset now)
    {
        var record = new JobRecord { Submitted = job with { InlineInput = null }, State = JobState.Queued, Created = now };
        return Step(record, now, "");
    }

    /// <summary>A job that is done as it comes: both events are written at once.</summary>
    public static JobChange AnswerFromCache(NewJob job, JobRecord found, DateTimeOffset now)
    {
        JobChange queued = Accept(job, now);
        Guid origin = found.CachedFrom ?? found.Id;
        JobChange done = Step(
            queued.Job with { State = JobState.Done, Finished = now, CachedFrom = origin }, now, $"The proof of job {origin} is the answer.");
        return done with { Events = [.. queued.Events, .. done.Events] };
    }

    /// <summary>A waiting job that a worker takes.</summary>
    public static JobChange Take(JobRecord job, LeaseOffer offer, DateTimeOffset now)
    {
        JobRecord taken = job with
        {
            State = JobState.Leased,
            Attempts = job.Attempts + 1,
            Fence = job.Fence + 1,
            Worker = offer.Worker,
            NotBefore = null,
            Started = now,
        };
        return Step(taken, now, "") with { LeaseUntil = now + offer.Duration };
    }

    /// <summary>A held job of which its worker tells. Marks that name a state lead the job there; what is told of the whole comes last.</summary>
    public static JobChange Report(JobRecord job, LeaseReport report, DateTimeOffset now)
    {
        JobChange marked = Marked(new(job, []), report.Marks);
        JobChange change = marked.Job.State == report.State ? marked : Step(marked.Job with { State = report.State }, now, "");
        return change with { Events = marked == change ? change.Events : [.. marked.Events, .. change.Events], LeaseUntil = now + report.Duration };
    }

    /// <summary>
    /// A held job that its worker lets go. A proof is kept even where the job was to be cancelled: it is there. A job that
    /// would go back to the queue ends instead, where it was to be cancelled or its deadline has passed.
    /// </summary>
    public static JobChange End(JobRecord job, LeaseOutcome outcome, IReadOnlyList<PhaseMark> marks, DateTimeOffset now)
    {
        JobChange marked = Marked(new(job, []), marks);
        JobRecord held = marked.Job;
        JobChange end = outcome switch
        {
            LeaseOutcome.Done done => Step(
                held with { State = JobState.Done, Finished = now, Reason = FailureReason.None, Message = "" }, now, "") with { Proof = done.Proof },
            LeaseOutcome.Failed failed => Fail(held, failed.Reason, failed.Message, now),
            LeaseOutcome.Cancelled => Cancelled(held, now),
            LeaseOutcome.Expired => Expire(held, now),
            LeaseOutcome.Retry retry => Requeue(
                held with { Reason = retry.Reason, Message = StoreText.Storable(retry.Message) }, retry.Rest, now, retry.Message),
            LeaseOutcome.HandedBack => HandBack(held, now),
            _ => throw new ArgumentException($"There is no outcome {outcome.GetType().Name}.", nameof(outcome)),
        };
        return end with { Events = [.. marked.Events, .. end.Events] };
    }

    /// <summary>A job that its client does not want any more; null where there is nothing to write.</summary>
    public static JobChange? Cancel(JobRecord job, DateTimeOffset? leaseUntil, DateTimeOffset now)
    {
        if (job.State == JobState.Queued)
        {
            return Cancelled(job, now);
        }

        return job.State.IsFinal() || job.CancelRequested ? null : new JobChange(job with { CancelRequested = true }, [], leaseUntil);
    }

    /// <summary>A held job whose lease ran out.</summary>
    public static JobChange LoseLease(JobRecord job, ReapRules rules, DateTimeOffset now)
    {
        JobRecord lost = job with { LostLeases = job.LostLeases + 1 };
        if (lost.LostLeases >= rules.LostLeases && !lost.CancelRequested)
        {
            return Fail(
                lost,
                FailureReason.Poisoned,
                string.Create(CultureInfo.InvariantCulture, $"{lost.LostLeases} workers died or fell silent with this job, the last one {job.Worker}: it is set aside. See the workers' logs before you submit it again."),
                now);
        }

        string message = $"The worker {job.Worker} fell silent with this job.";
        double factor = Math.Pow(2, Math.Min(lost.LostLeases - 1, 40));
        double rest = Math.Min(rules.Rest.Ticks * factor, rules.LongestRest.Ticks);
        return Requeue(lost with { Reason = FailureReason.None, Message = message }, TimeSpan.FromTicks((long)rest), now, message);
    }

    /// <summary>A job whose deadline has passed.</summary>
    public static JobChange Expire(JobRecord job, DateTimeOffset now) =>
        Step(job with { State = JobState.Expired, Finished = now, NotBefore = null }, now, "");

    /// <summary>What a round of reaping made of jobs, in figures.</summary>
    public static ReapReport Sum(IEnumerable<JobChange> changes)
    {
        (int requeued, int poisoned, int expired) = (0, 0, 0);
        List<Guid> ended = [];
        foreach (JobRecord job in changes.Select(change => change.Job))
        {
            requeued += job.State == JobState.Queued ? 1 : 0;
            poisoned += job.State == JobState.Failed ? 1 : 0;
            expired += job.State == JobState.Expired ? 1 : 0;
            if (job.State.IsFinal())
            {
                ended.Add(job.Id);
            }
        }

        return new(requeued, poisoned, expired, ended);
    }

    private static JobChange Cancelled(JobRecord job, DateTimeOffset now) =>
        Step(job with { State = JobState.Cancelled, Finished = now, NotBefore = null }, now, "");

    private static JobChange Fail(JobRecord job, FailureReason reason, string message, DateTimeOffset now) =>
        Step(job with { State = JobState.Failed, Finished = now, Reason = reason, Message = StoreText.Storable(message) }, now, message);

    private static JobChange HandBack(JobRecord job, DateTimeOffset now)
    {
        // The event tells of the attempt that ends here; only the count goes back.
        JobChange change = Requeue(job, TimeSpan.Zero, now, $"The worker {job.Worker} stopped and handed the job back.");
        return change with { Job = change.Job with { Attempts = job.Attempts - 1 } };
    }

    private static JobChange Requeue(JobRecord job, TimeSpan rest, DateTimeOffset now, string message)
    {
        if (job.CancelRequested)
        {
            return Cancelled(job, now);
        }

        if (job.Submitted.Deadline <= now)
        {
            return Expire(job, now);
        }

        return Step(job with { State = JobState.Queued, NotBefore = rest > TimeSpan.Zero ? now + rest : null }, now, message);
    }

    private static JobChange Step(JobRecord job, DateTimeOffset now, string message)
    {
        long sequence = job.Sequence + 1;
        return new(job with { Sequence = sequence }, [new(sequence, now, job.State, "", false, job.Attempts, StoreText.Storable(message))]);
    }

    private static JobChange Marked(JobChange change, IReadOnlyList<PhaseMark> marks)
    {
        if (marks.Count == 0)
        {
            return change;
        }

        List<JobEvent> events = [.. change.Events];
        JobRecord job = change.Job;
        foreach (PhaseMark mark in marks)
        {
            if (mark.State is { } state && state != job.State)
            {
                JobChange step = Step(job with { State = state }, mark.At, "");
                job = step.Job;
                events.AddRange(step.Events);
            }

            job = job with { Sequence = job.Sequence + 1 };
            events.Add(new(job.Sequence, mark.At, job.State, mark.Phase, mark.Ended, job.Attempts, ""));
        }

        return change with { Job = job, Events = events };
    }
}
