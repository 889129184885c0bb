// Owns: the contract of stores, first part: accepting, finding, listing and cancelling jobs, figures and signals. Leases are in
// ServiceStoreContract.Leases.cs, everything beside jobs in ServiceStoreContract.Registry.cs.

using Xunit;

namespace ProvingService.Service.Tests.Stores;

/// <summary>What every store does. Each test has a database of its own, and may open it several times, as processes would.</summary>
public abstract partial class ServiceStoreContract : IAsyncLifetime
{
    private readonly List<IServiceStore> opened = [];

    /// <summary>The store that most tests use.</summary>
    protected IServiceStore Store { get; private set; } = null!;

    /// <summary>Opens this test's database once more.</summary>
    protected async Task<IServiceStore> OpenAsync()
    {
        IServiceStore store = await ServiceStores.OpenAsync(Address);
        opened.Add(store);
        return store;
    }

    /// <summary>Where this test's database is.</summary>
    protected abstract string Address { get; }

    public async Task InitializeAsync() => Store = await OpenAsync();

    public virtual async Task DisposeAsync()
    {
        foreach (IServiceStore store in opened)
        {
            await store.DisposeAsync();
        }
    }

    [ContractFact]
    public async Task A_job_comes_back_as_it_was_submitted()
    {
        NewJob job = StoreJobs.New() with
        {
            InputKind = InputKind.Witness,
            IdempotencyKey = "once",
            Priority = -3,
            Deadline = new DateTimeOffset(2200, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(1234560),
            Labels = new Dictionary<string, string> { ["a"] = "é ☃ 𝄞", [""] = "" },
            Device = "cuda:0",
            AllowCached = true,
            MemoryBytes = long.MaxValue,
            InputLength = long.MaxValue,
        };
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-1);
        JobRecord accepted = await Store.AddAsync(job);
        JobRecord found = await (await OpenAsync()).GetAsync(job.Id);
        Assert.Equal(accepted with { Submitted = found.Submitted }, found);
        Assert.Null(found.Submitted.InlineInput);
        Assert.Equal(job.Labels, found.Submitted.Labels);
        Assert.Equal(job with { InlineInput = null, Labels = found.Submitted.Labels }, found.Submitted);
        Assert.Equal(JobState.Queued, found.State);
        Assert.InRange(found.Created, before, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal((0, 0, "", 0L, 1L, false), (found.Attempts, found.LostLeases, found.Worker, found.Fence, found.Sequence, found.CancelRequested));
        JobEvent only = Assert.Single(await Store.ListEventsAsync(job.Id, 0, 10));
        Assert.Equal(new JobEvent(1, found.Created, JobState.Queued, "", false, 0, ""), only);
        Assert.Null(await Store.FindProofAsync(job.Id));
        Assert.Null(await Store.FindJobAsync(Guid.CreateVersion7()));
        Assert.Empty(await Store.ListEventsAsync(Guid.CreateVersion7(), 0, 10));
    }

    [ContractFact]
    public async Task A_submission_is_found_again_by_its_key_and_by_its_name()
    {
        NewJob job = StoreJobs.New() with { IdempotencyKey = "once" };
        await Store.AddAsync(job);
        NewJob again = StoreJobs.New() with { IdempotencyKey = "once" };
        Submission existing = await Store.SubmitAsync(again, new QueueBounds(0, 0));
        Assert.Equal((SubmissionKind.Existing, job.Id), (existing.Kind, existing.Job!.Id));
        Submission conflict = await Store.SubmitAsync(again with { ContentHash = "other" }, StoreJobs.Wide);
        Assert.Equal((SubmissionKind.Conflict, job.Id), (conflict.Kind, conflict.Job!.Id));
        Assert.Equal(SubmissionKind.Existing, (await Store.SubmitAsync(job with { IdempotencyKey = null }, StoreJobs.Wide)).Kind);
        Assert.Equal(SubmissionKind.Conflict, (await Store.SubmitAsync(job with { Tenant = "bob" }, StoreJobs.Wide)).Kind);
        Assert.Equal(SubmissionKind.Accepted, (await Store.SubmitAsync(again with { Tenant = "bob" }, StoreJobs.Wide)).Kind);
        Assert.Equal(2, (await Store.ListJobsAsync(new JobFilter())).Count);
    }

    [ContractFact]
    public async Task The_same_submission_from_many_sides_makes_one_job()
    {
        IServiceStore other = await OpenAsync();
        Submission[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            n => (n % 2 == 0 ? Store : other).SubmitAsync(StoreJobs.New() with { IdempotencyKey = "once" }, StoreJobs.Wide)));
        Assert.Single(answers, answer => answer.Kind == SubmissionKind.Accepted);
        Assert.Equal(39, answers.Count(answer => answer.Kind == SubmissionKind.Existing));
        Assert.Single(answers.Select(answer => answer.Job!.Id).Distinct());
    }

    [ContractFact]
    public async Task Bounds_are_exact_however_many_submit()
    {
        IServiceStore other = await OpenAsync();
        Submission[] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(
            n => (n % 2 == 0 ? Store : other).SubmitAsync(StoreJobs.New(), new QueueBounds(100, 25))));
        Assert.Equal(25, answers.Count(answer => answer.Kind == SubmissionKind.Accepted));
        Assert.Equal(35, answers.Count(answer => answer.Kind == SubmissionKind.TenantFull && answer.Job is null));
        Assert.Equal(SubmissionKind.QueueFull, (await Store.SubmitAsync(StoreJobs.New("bob"), new QueueBounds(25, 25))).Kind);
        await Store.TakeAsync();
        Assert.Equal(SubmissionKind.Accepted, (await Store.SubmitAsync(StoreJobs.New("bob"), new QueueBounds(25, 25))).Kind);
    }

    [ContractFact]
    public async Task A_proof_answers_the_same_work_again()
    {
        NewJob job = StoreJobs.New(input: "same");
        await Store.AddAsync(job);
        NewJob second = StoreJobs.New(input: "same") with { AllowCached = true };
        Assert.Equal(SubmissionKind.Accepted, (await Store.SubmitAsync(second, StoreJobs.Wide)).Kind);
        await Store.DoneAsync((await Store.TakeAsync()).Lease);

        NewJob third = StoreJobs.New(input: "same") with { AllowCached = true };
        Submission cached = await Store.SubmitAsync(third, new QueueBounds(0, 0));
        Assert.Equal(SubmissionKind.Cached, cached.Kind);
        JobRecord found = await Store.GetAsync(third.Id);
        Assert.Equal((JobState.Done, job.Id, 2L, 0), (found.State, found.CachedFrom!.Value, found.Sequence, found.Attempts));
        Assert.NotNull(found.Finished);
        Assert.Equal([JobState.Queued, JobState.Done], await Store.StatesAsync(third.Id));
        JobProof? proof = await Store.FindProofAsync(third.Id);
        Assert.Equal(StoreJobs.Proof.Receipt, proof!.Receipt);
        Assert.Empty(proof.PublicInputs);

        foreach (NewJob different in (NewJob[])[third with { Tenant = "bob" }, third with { KeyHash = "k" }, third with { InputHash = "i" }, third with { AllowCached = false }])
        {
            Assert.Equal(SubmissionKind.Accepted, (await Store.SubmitAsync(different with { Id = Guid.CreateVersion7() }, StoreJobs.Wide)).Kind);
        }

        await Store.PurgeAsync(DateTimeOffset.UtcNow.AddDays(1), 100);
        Assert.Equal(SubmissionKind.Accepted, (await Store.SubmitAsync(third with { Id = Guid.CreateVersion7() }, StoreJobs.Wide)).Kind);
    }

    [ContractFact]
    public async Task What_no_store_could_keep_is_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SubmitAsync(StoreJobs.New("a\0b"), StoreJobs.Wide));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.SubmitAsync(StoreJobs.New("\ud800"), StoreJobs.Wide));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.SubmitAsync(StoreJobs.New(cost: 0), StoreJobs.Wide));
        await Store.AddAsync(StoreJobs.New());
        LeasedJob taken = await Store.TakeAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => Store.ReportAsync([new(taken.Lease, TimeSpan.FromSeconds(1), JobState.Done, [])]));
        Assert.True(await Store.EndAsync(taken.Lease, new LeaseOutcome.Failed(FailureReason.Internal, "a\0b\ud800")));
        Assert.Equal("a\uFFFDb\uFFFD", (await Store.GetAsync(taken.Job.Id)).Message);
    }

    [ContractFact]
    public async Task Lists_have_the_newest_first_and_go_on_where_a_page_ended()
    {
        List<Guid> ids = [];
        for (int i = 0; i < 7; i++)
        {
            NewJob job = StoreJobs.New(i % 2 == 0 ? "alice" : "bob") with
            {
                KeyHash = i < 3 ? "k1" : "k2",
                Labels = new Dictionary<string, string> { ["n"] = $"{i % 3}", ["all"] = "yes" },
            };
            await Store.AddAsync(job);
            ids.Add(job.Id);
        }

        await Store.CancelAsync(ids[6]);
        await Store.TakeAsync();
        await ListedAsync([6, 5, 4, 3, 2, 1, 0], new());
        await ListedAsync([6, 5, 4], new() { Limit = 3 });
        await ListedAsync([3, 2], new() { Limit = 2, Before = ids[4] });
        await ListedAsync([5, 3, 1], new() { Tenant = "bob" });
        await ListedAsync([2, 1, 0], new() { KeyHash = "k1" });
        await ListedAsync([6], new() { States = [JobState.Cancelled, JobState.Failed] });
        await ListedAsync([0], new() { States = [JobState.Leased] });
        await ListedAsync([5, 4, 3, 2, 1], new() { States = [JobState.Queued] });
        await ListedAsync([6, 0], new() { States = [JobState.Leased, JobState.Cancelled] });
        await ListedAsync([6, 3, 0], new() { Labels = new Dictionary<string, string> { ["n"] = "0" } });
        await ListedAsync([3], new() { Labels = new Dictionary<string, string> { ["n"] = "0", ["all"] = "yes" }, Tenant = "bob", Before = ids[6] });
        await ListedAsync([], new() { Labels = new Dictionary<string, string> { ["n"] = "9" } });

        async Task ListedAsync(int[] expected, JobFilter filter) =>
            Assert.Equal(expected, (await Store.ListJobsAsync(filter)).Select(job => ids.IndexOf(job.Id)));
    }

    [ContractFact]
    public async Task Cancelling_ends_a_waiting_job_marks_a_held_one_and_leaves_a_finished_one()
    {
        NewJob waiting = StoreJobs.New();
        await Store.AddAsync(waiting);
        Assert.Equal(JobState.Cancelled, (await Store.CancelAsync(waiting.Id))!.State);
        Assert.Equal([JobState.Queued, JobState.Cancelled], await Store.StatesAsync(waiting.Id));
        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer()));
        JobRecord ended = await Store.GetAsync(waiting.Id);
        Assert.NotNull(ended.Finished);
        Assert.Equal(ended.Sequence, (await Store.CancelAsync(waiting.Id))!.Sequence);

        await Store.AddAsync(StoreJobs.New());
        LeasedJob held = await Store.TakeAsync();
        JobRecord marked = (await Store.CancelAsync(held.Job.Id))!;
        Assert.Equal((JobState.Leased, true, held.Job.Sequence), (marked.State, marked.CancelRequested, marked.Sequence));
        Assert.Equal([LeaseVerdict.Cancel], await Store.ReportAsync([new(held.Lease, TimeSpan.FromSeconds(60), JobState.Proving, [])]));
        Assert.True(await Store.EndAsync(held.Lease, new LeaseOutcome.Cancelled()));
        Assert.Equal([JobState.Queued, JobState.Leased, JobState.Proving, JobState.Cancelled], await Store.StatesAsync(held.Job.Id));
        Assert.Null(await Store.CancelAsync(Guid.CreateVersion7()));
    }

    [ContractFact]
    public async Task Figures_tell_of_the_queue_and_purging_forgets()
    {
        QueueFigures empty = await Store.MeasureAsync();
        Assert.Null(empty.OldestWaiting);
        Assert.Null(empty.OldestLease);
        Assert.Empty(empty.Waiting);
        Assert.All(empty.Jobs.Values, count => Assert.Equal(0, count));

        JobRecord first = await Store.AddAsync(StoreJobs.New(cost: 10) with { Priority = 5 });
        JobRecord oldest = await Store.AddAsync(StoreJobs.New(cost: 20));
        await Store.AddAsync(StoreJobs.New("bob", 30));
        LeasedJob held = await Store.TakeAsync();
        Assert.Equal(first.Id, held.Job.Id);
        await Store.AddAsync(StoreJobs.New("bob", 40) with { Priority = 5 });
        QueueFigures figures = await Store.MeasureAsync();
        Assert.Equal((3, 1, 0), (figures.Jobs[JobState.Queued], figures.Jobs[JobState.Leased], figures.Jobs[JobState.Done]));
        Assert.Equal([new PriorityFigures(5, 1, 40), new PriorityFigures(0, 2, 50)], figures.Waiting);
        Assert.Equal(new Dictionary<string, long> { ["alice"] = 1, ["bob"] = 2 }, figures.WaitingByTenant);
        Assert.Equal((oldest.Created, held.Job.Started), (figures.OldestWaiting, figures.OldestLease));

        await Store.DoneAsync(held.Lease);
        await Store.CancelAsync(oldest.Id);
        await Store.ReapAsync(StoreJobs.Rules);
        figures = await Store.MeasureAsync();
        Assert.Equal((2, 0, 1, 1), (figures.Jobs[JobState.Queued], figures.Jobs[JobState.Leased], figures.Jobs[JobState.Done], figures.Jobs[JobState.Cancelled]));
        Assert.Equal([oldest.Id], (await Store.ListJobsAsync(new() { States = [JobState.Cancelled] })).Select(job => job.Id));

        Assert.Equal(0, await Store.PurgeAsync(DateTimeOffset.UtcNow.AddDays(-1), 100));
        Assert.Equal(1, await Store.PurgeAsync(DateTimeOffset.UtcNow.AddDays(1), 1));
        Assert.Null(await Store.FindJobAsync(held.Job.Id));
        Assert.Null(await Store.FindProofAsync(held.Job.Id));
        Assert.Empty(await Store.ListEventsAsync(held.Job.Id, 0, 10));
        Assert.Equal([oldest.Id], await IdsAsync([JobState.Cancelled, JobState.Done]));
        Assert.Equal(1, await Store.PurgeAsync(DateTimeOffset.UtcNow.AddDays(1), 100));
        figures = await Store.MeasureAsync();
        Assert.Equal((2, 0, 0), (figures.Jobs[JobState.Queued], figures.Jobs[JobState.Done], figures.Jobs[JobState.Cancelled]));
        Assert.Equal(2, (await Store.ListJobsAsync(new())).Count);

        async Task<IEnumerable<Guid>> IdsAsync(JobState[] states) => (await Store.ListJobsAsync(new() { States = states })).Select(job => job.Id);
    }

    [ContractFact]
    public async Task Unfinished_jobs_are_told_from_others()
    {
        JobRecord waiting = await Store.AddAsync(StoreJobs.New());
        JobRecord cancelled = await Store.AddAsync(StoreJobs.New());
        await Store.CancelAsync(cancelled.Id);
        Assert.Equal([waiting.Id], await Store.FilterUnfinishedAsync([Guid.CreateVersion7(), cancelled.Id, waiting.Id]));
        Assert.Empty(await Store.FilterUnfinishedAsync([]));
    }

    [ContractFact]
    public async Task Signals_come_from_this_store_and_from_others()
    {
        IServiceStore other = await OpenAsync();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using IAsyncEnumerator<StoreSignal> here = Store.SignalsAsync(end.Token).GetAsyncEnumerator(end.Token);
        await using IAsyncEnumerator<StoreSignal> there = other.SignalsAsync(end.Token).GetAsyncEnumerator(end.Token);
        await UntilAsync(here, signal => signal == new StoreSignal(null, true));
        await UntilAsync(there, signal => signal == new StoreSignal(null, true));
        await Task.Delay(300, end.Token);

        JobRecord job = await Store.AddAsync(StoreJobs.New());
        await UntilAsync(here, signal => signal.Queue && (signal.Job is null || signal.Job == job.Id));
        await UntilAsync(there, signal => signal.Queue && (signal.Job is null || signal.Job == job.Id));
        LeasedJob held = await other.TakeAsync();
        await UntilAsync(here, signal => signal.Job is null || signal.Job == job.Id);
        await Store.CancelAsync(job.Id);
        await UntilAsync(there, signal => signal.Job is null || signal.Job == job.Id);
        await other.EndAsync(held.Lease, new LeaseOutcome.Cancelled());
        await UntilAsync(here, signal => signal.Job is null || signal.Job == job.Id);

        static async Task UntilAsync(IAsyncEnumerator<StoreSignal> signals, Func<StoreSignal, bool> wanted)
        {
            do
            {
                Assert.True(await signals.MoveNextAsync());
            }
            while (!wanted(signals.Current));
        }
    }
}
