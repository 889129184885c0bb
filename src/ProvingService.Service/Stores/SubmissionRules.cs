// Owns: what becomes of a submission, and a new job's place in the queue. Both stores answer the questions of ISubmissionView
// inside the transaction that writes the verdict.
//
// Places in the queue follow start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queuing", SIGCOMM 1996, section 2):
// a job's rank is the later of the queue's virtual time and of the finish tag of its tenant's job before; its own finish tag is
// rank + cost. The virtual time is the greatest rank that was ever leased. Jobs are leased by rank, so a tenant with ten jobs
// gets its turn beside one with a thousand, and nobody saves up a share by being idle. Each priority is a queue of its own:
// with one virtual time for all, jobs of a low priority that wait for long would hold it back for those of a high one.
// Ranks never change, not by retries either, so that a static index serves the lease.

namespace ProvingService.Service;

/// <summary>What a submission's verdict depends on, as it is inside the transaction.</summary>
internal interface ISubmissionView
{
    /// <summary>The job of this name.</summary>
    JobRecord? Find(Guid id);

    /// <summary>The tenant's job under this idempotency key.</summary>
    JobRecord? Find(string tenant, string idempotencyKey);

    /// <summary>A done job of the tenant for the same key and inputs, whose proof is there.</summary>
    JobRecord? FindDone(string tenant, string keyHash, string inputHash);

    /// <summary>Waiting jobs.</summary>
    long Queued();

    /// <summary>Waiting jobs of a tenant.</summary>
    long Queued(string tenant);

    /// <summary>The greatest rank that was leased at this priority; 0 before the first.</summary>
    long VirtualTime(int priority);

    /// <summary>The finish tag of the tenant's last job at this priority; 0 before the first.</summary>
    long LastFinish(string tenant, int priority);
}

/// <summary>A verdict, and what is to be written for it.</summary>
/// <param name="Kind">The verdict.</param>
/// <param name="Existing">The job that was found, where one was.</param>
/// <param name="Change">The new job, where there is one.</param>
/// <param name="Rank">Its place in the queue.</param>
/// <param name="Finish">The tenant's finish tag thereafter; null where it stays.</param>
internal sealed record SubmissionPlan(SubmissionKind Kind, JobRecord? Existing, JobChange? Change = null, long Rank = 0, long? Finish = null)
{
    /// <summary>What the caller is told.</summary>
    public Submission Answer => new(Kind, Change?.Job ?? Existing);
}

/// <summary>Decides on submissions.</summary>
internal static class SubmissionRules
{
    /// <summary>Costs count no more than this, so that no tag ever overflows: 115 days.</summary>
    private const long GreatestCost = 10_000_000_000_000;

    /// <summary>The verdict. A job that comes again under its own name is found again, as under its idempotency key.</summary>
    public static SubmissionPlan Decide(NewJob job, QueueBounds bounds, ISubmissionView view, DateTimeOffset now)
    {
        JobRecord? before = view.Find(job.Id) ?? (job.IdempotencyKey is { } key ? view.Find(job.Tenant, key) : null);
        if (before is not null)
        {
            bool same = before.Submitted.Tenant == job.Tenant && before.Submitted.ContentHash == job.ContentHash;
            return new(same ? SubmissionKind.Existing : SubmissionKind.Conflict, before);
        }

        if (job.AllowCached && view.FindDone(job.Tenant, job.KeyHash, job.InputHash) is { } found)
        {
            return new(SubmissionKind.Cached, found, JobMachine.AnswerFromCache(job, found, now));
        }

        if (view.Queued() >= bounds.Queued)
        {
            return new(SubmissionKind.QueueFull, null);
        }

        if (view.Queued(job.Tenant) >= bounds.QueuedOfTenant)
        {
            return new(SubmissionKind.TenantFull, null);
        }

        long rank = Math.Max(view.VirtualTime(job.Priority), view.LastFinish(job.Tenant, job.Priority));
        return new(SubmissionKind.Accepted, null, JobMachine.Accept(job, now), rank, rank + Math.Min(job.Cost, GreatestCost));
    }
}
