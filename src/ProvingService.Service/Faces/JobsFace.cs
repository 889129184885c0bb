// Owns: the contract's Jobs over a store. How a submission is checked: Admission.cs. What workers do: Workers/.

using System.Runtime.CompilerServices;
using System.Text;
using Grpc.Core;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>Jobs, for gRPC and REST alike.</summary>
internal sealed class JobsFace(FaceParts parts) : Contract.Jobs.JobsBase
{
    private const int DefaultPage = 100, LargestPage = 1000, LargestFilter = 64, EventPage = 500;
    private readonly Admission admission = new(parts);

    /// <inheritdoc/>
    public override Task<Job> SubmitJob(SubmitJobRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Submit);
        using RateLease rate = parts.Rates.AdmitSubmission(caller);
        int length = Encoding.UTF8.GetByteCount(request.Inputs);
        if (length > parts.Options.MaxInputBytes)
        {
            throw Refuse.Invalid("inputs", $"{length} bytes; at most {parts.Options.MaxInputBytes} are taken. Bring a witness (SubmitWitness) instead.");
        }

        CircuitRecord circuit = await admission.RequireCircuitAsync(request.Circuit, InputKind.Json, context.CancellationToken).ConfigureAwait(false);
        Admission.RequireJson(request.Inputs);
        byte[] input = Encoding.UTF8.GetBytes(request.Inputs);
        (NewJob job, RpcException? refusal) = await admission.PrepareAsync(caller, circuit, InputKind.Json, request.Options ?? new(), context.CancellationToken).ConfigureAwait(false);
        bool isInline = input.Length <= parts.Options.InlineInputBytes;
        if (!isInline)
        {
            await parts.Vault.WriteInputAsync(job.Id, Once(input), input.Length, context.CancellationToken).ConfigureAwait(false);
        }

        return await AcceptAsync(caller, circuit, Admission.Complete(job, Hashes.Of(input), input.Length, isInline ? input : null), refusal, context).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public override Task<Job> SubmitWitness(IAsyncStreamReader<SubmitWitnessRequest> requestStream, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Submit);
        using RateLease rate = parts.Rates.AdmitSubmission(caller);
        if (!await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false)
            || requestStream.Current.PartCase != SubmitWitnessRequest.PartOneofCase.Header)
        {
            throw Refuse.Invalid("header", "the first message must be the job.");
        }

        WitnessHeader header = requestStream.Current.Header;
        if (header.Size > (ulong)parts.Options.MaxWitnessBytes)
        {
            throw Refuse.Invalid("header.size", $"{header.Size} bytes; at most {parts.Options.MaxWitnessBytes} are taken.");
        }

        CircuitRecord circuit = await admission.RequireCircuitAsync(header.Circuit, InputKind.Witness, context.CancellationToken).ConfigureAwait(false);
        Admission.RequireWitnessSize(circuit, (long)header.Size);
        (NewJob job, RpcException? refusal) = await admission.PrepareAsync(caller, circuit, InputKind.Witness, header.Options ?? new(), context.CancellationToken).ConfigureAwait(false);
        (string hash, long length) written;
        try
        {
            written = await parts.Vault.WriteInputAsync(job.Id, PiecesOf(requestStream, context.CancellationToken), (long)header.Size, context.CancellationToken)
                .ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw Refuse.Invalid("data", e.Message);
        }

        if (written.length != (long)header.Size)
        {
            parts.Vault.DeleteInput(job.Id);
            throw Refuse.Invalid("data", $"{written.length} of {header.Size} bytes came.");
        }

        return await AcceptAsync(caller, circuit, Admission.Complete(job, written.hash, written.length, null), refusal, context).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public override Task<Job> GetJob(GetJobRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Read);
        return await ShowAsync(await FindAsync(caller, request.Id, context).ConfigureAwait(false), caller, context.CancellationToken).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public override Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Read);
        if (request.PageSize > LargestPage)
        {
            throw Refuse.Invalid("page_size", $"at most {LargestPage}.");
        }

        // Neither can be of any job; a store may choke on the one, and a long list of the other is a long question.
        if (request.Tenant.Any(char.IsControl) || request.Labels.Any(label => label.Any(char.IsControl)))
        {
            throw Refuse.Invalid(request.Tenant.Any(char.IsControl) ? "tenant" : "labels", "no control characters.");
        }

        if (request.Labels.Count > LargestFilter)
        {
            throw Refuse.Invalid("labels", $"at most {LargestFilter}.");
        }

        Guid? before = null;
        if (request.PageToken.Length > 0)
        {
            before = JobNames.TryRead(request.PageToken, out Guid id) ? id : throw Refuse.Invalid("page_token", "what next_page_token said is expected.");
        }

        int size = request.PageSize == 0 ? DefaultPage : (int)request.PageSize;
        CircuitRecord? circuit = request.Circuit.Length == 0 ? null : await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false);
        var filter = new JobFilter
        {
            Tenant = !caller.IsAdmin ? caller.Tenant : request.Tenant.Length > 0 ? request.Tenant : null,
            States = [.. request.States.Select(state => Enum.IsDefined((JobState)state) ? (JobState)state : throw Refuse.Invalid("states", $"there is no state {(int)state}."))],
            KeyHash = circuit?.KeyHash,
            Labels = ReadLabels(request.Labels),
            Before = before,
            Limit = size + 1,
        };
        IReadOnlyList<JobRecord> jobs = await parts.Store.ListJobsAsync(filter, context.CancellationToken).ConfigureAwait(false);
        var response = new ListJobsResponse();
        foreach (JobRecord job in jobs.Take(size))
        {
            response.Jobs.Add(await ShowAsync(job, caller, context.CancellationToken, withWait: false).ConfigureAwait(false));
        }

        response.NextPageToken = jobs.Count > size ? response.Jobs[^1].Id : "";
        return response;
    });

    /// <inheritdoc/>
    public override Task WatchJob(WatchJobRequest request, IServerStreamWriter<Contract.JobEvent> responseStream, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Read);
        using RateLease stream = parts.Rates.AdmitStream(caller);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, parts.Stopping);
        Guid id = (await FindAsync(caller, request.Id, context).ConfigureAwait(false)).Id;
        using JobSignals.JobWatch watch = parts.Signals.Watch(id);
        var meter = new ProgressMeter();
        long seen = 0;
        while (true)
        {
            // First asked for, then looked: what happens between the two is not missed.
            Task next = watch.Next();
            IReadOnlyList<JobEvent> events = await parts.Store.ListEventsAsync(id, seen, EventPage, context.CancellationToken).ConfigureAwait(false);
            foreach (JobEvent happened in events)
            {
                seen = happened.Sequence;
                double progress = meter.After(happened);
                if ((ulong)happened.Sequence > request.After)
                {
                    await responseStream.WriteAsync(JobMessages.ToMessage(happened, progress), context.CancellationToken).ConfigureAwait(false);
                }

                if (happened.State.IsFinal())
                {
                    return true;
                }
            }

            if (events.Count == EventPage)
            {
                continue;
            }

            if (events.Count == 0 && await parts.Store.FindJobAsync(id, context.CancellationToken).ConfigureAwait(false) is not { } job)
            {
                throw Refuse.NotFound("the job was deleted, as finished jobs are after a while.");
            }

            await WaitAsync(next, ending.Token, context).ConfigureAwait(false);
        }
    });

    /// <inheritdoc/>
    public override Task<Job> WaitJob(WaitJobRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Read);
        using RateLease stream = parts.Rates.AdmitStream(caller);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, parts.Stopping);
        TimeSpan? timeout = ReadTimeout(request);
        if (timeout is { } time)
        {
            ending.CancelAfter(time <= TimeSpan.Zero ? TimeSpan.Zero : time < TimeSpan.FromDays(1) ? time : TimeSpan.FromDays(1));
        }

        Guid id = (await FindAsync(caller, request.Id, context).ConfigureAwait(false)).Id;
        using JobSignals.JobWatch watch = parts.Signals.Watch(id);
        while (true)
        {
            Task next = watch.Next();
            JobRecord job = await FindAsync(caller, request.Id, context).ConfigureAwait(false);
            if (job.State.IsFinal() || ending.IsCancellationRequested)
            {
                return await ShowAsync(job, caller, context.CancellationToken).ConfigureAwait(false);
            }

            try
            {
                await parts.Signals.WaitAsync(next, ending.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
            {
                // The time is up, or the service stops: the job as it is.
            }
        }
    });

    /// <inheritdoc/>
    public override Task<Job> CancelJob(CancelJobRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Submit);
        Guid id = (await FindAsync(caller, request.Id, context).ConfigureAwait(false)).Id;
        JobRecord job = await parts.Store.CancelAsync(id, context.CancellationToken).ConfigureAwait(false) ?? throw Refuse.NotFound($"there is no job {request.Id}.");
        if (job.State == JobState.Cancelled)
        {
            parts.Vault.DeleteInput(id);
        }

        return await ShowAsync(job, caller, context.CancellationToken).ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public override Task<Proof> GetProof(GetProofRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Read);
        JobRecord job = await FindAsync(caller, request.Id, context).ConfigureAwait(false);
        if (job.State != JobState.Done)
        {
            throw Refuse.Precondition($"the job is {job.State.ToString().ToLowerInvariant()} and has no proof{(job.Message.Length > 0 ? ": " + job.Message : ".")}");
        }

        JobProof? proof = await parts.Store.FindProofAsync(job.Id, context.CancellationToken).ConfigureAwait(false);
        CircuitRecord? circuit = await parts.Circuits.FindAsync(job.Submitted.KeyHash, context.CancellationToken).ConfigureAwait(false);
        return proof is null || circuit is null
            ? throw Refuse.NotFound("the proof was deleted, as finished jobs are after a while.")
            : JobMessages.ToMessage(job.Id, circuit, proof, parts.Signer.PublicKey);
    });

    private async Task<Job> AcceptAsync(
        Caller caller, CircuitRecord circuit, NewJob job, RpcException? refusal, ServerCallContext context)
    {
        // What is refused finds no room in the queue; the job that it made before, or its proof, it finds all the same.
        QueueBounds bounds = refusal is null ? new(parts.Options.MaxQueued, parts.Options.MaxQueuedOfTenant) : default;
        Submission submission;
        try
        {
            // Once it may be on disk, the answer must not depend on whether the client still waits.
            submission = await parts.Store.SubmitAsync(job, bounds, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            if (!e.MayHaveHappened)
            {
                parts.Vault.DeleteInput(job.Id);
            }

            throw;
        }

        if (submission.Kind != SubmissionKind.Accepted)
        {
            parts.Vault.DeleteInput(job.Id);
        }

        switch (submission.Kind)
        {
            case SubmissionKind.Conflict:
                throw new RpcException(new Status(
                    StatusCode.AlreadyExists,
                    $"options.idempotency_key: '{job.IdempotencyKey}' was used for the job {JobNames.Write(submission.Job!.Id)}, whose content is another. Choose another key."));
            case SubmissionKind.QueueFull when refusal is not null:
                throw refusal;
            case SubmissionKind.QueueFull:
                throw Refuse.Exhausted($"{parts.Options.MaxQueued} jobs wait already, which is this service's limit; try again later.", await RetryAfterAsync(context).ConfigureAwait(false));
            case SubmissionKind.TenantFull:
                throw Refuse.Exhausted($"{parts.Options.MaxQueuedOfTenant} of your jobs wait already, which is the limit for one tenant; try again later.", await RetryAfterAsync(context).ConfigureAwait(false));
            default:
                CallRecorder.AboutJob(context, JobNames.Write(submission.Job!.Id));
                return await ShowAsync(submission.Job!, caller, CancellationToken.None, withWait: false).ConfigureAwait(false);
        }
    }

    /// <summary>When a hundredth of the queue is gone, there is room again.</summary>
    private async Task<TimeSpan> RetryAfterAsync(ServerCallContext context)
    {
        TimeSpan wait = (await parts.Queue.LookAsync(context.CancellationToken).ConfigureAwait(false)).WaitOf(int.MinValue) / 100 ?? TimeSpan.FromSeconds(10);
        return wait < TimeSpan.FromMilliseconds(100) ? TimeSpan.FromMilliseconds(100) : wait > TimeSpan.FromSeconds(60) ? TimeSpan.FromSeconds(60) : wait;
    }

    private async Task<JobRecord> FindAsync(Caller caller, string name, ServerCallContext context)
    {
        if (!JobNames.TryRead(name, out Guid id))
        {
            throw Refuse.Invalid("id", "a job's name is expected, such as 0197a7c2-…, as the submission was answered.");
        }

        CallRecorder.AboutJob(context, JobNames.Write(id));
        JobRecord? job = await parts.Store.FindJobAsync(id, context.CancellationToken).ConfigureAwait(false);
        return job is not null && (caller.IsAdmin || job.Submitted.Tenant == caller.Tenant) ? job : throw Refuse.NotFound($"there is no job {name}.");
    }

    private async Task<Job> ShowAsync(JobRecord job, Caller caller, CancellationToken cancellation, bool withWait = true)
    {
        CircuitRecord? circuit = await parts.Circuits.FindAsync(job.Submitted.KeyHash, cancellation).ConfigureAwait(false);
        TimeSpan? wait = withWait && job.State == JobState.Queued
            ? (await parts.Queue.LookAsync(cancellation).ConfigureAwait(false)).WaitOf(job.Submitted.Priority)
            : null;
        return JobMessages.ToMessage(job, circuit?.CircuitHash ?? "", caller.IsAdmin, wait);
    }

    private async Task WaitAsync(Task next, CancellationToken ending, ServerCallContext context)
    {
        try
        {
            await parts.Signals.WaitAsync(next, ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the service stops; watch again, after the last number seen."));
        }
    }

    private static TimeSpan? ReadTimeout(WaitJobRequest request)
    {
        try
        {
            return request.Timeout?.ToTimeSpan();
        }
        catch (Exception e) when (e is InvalidOperationException or OverflowException)
        {
            throw Refuse.Invalid("timeout", "a duration is expected whose nanoseconds are below a second and of the sign of its seconds.");
        }
    }

    private static Dictionary<string, string> ReadLabels(IEnumerable<string> labels)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string label in labels)
        {
            int at = label.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw Refuse.Invalid("labels", "each as name=value.");
            }

            read[label[..at]] = label[(at + 1)..];
        }

        return read;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesOf(
        IAsyncStreamReader<SubmitWitnessRequest> stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await stream.MoveNext(cancellation).ConfigureAwait(false))
        {
            yield return stream.Current.PartCase == SubmitWitnessRequest.PartOneofCase.Data
                ? stream.Current.Data.Memory
                : throw Refuse.Invalid("header", "only the first message is the job; all others bring bytes.");
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Once(byte[] bytes)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return bytes;
    }
}
