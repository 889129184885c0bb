// Owns: the contract of stores, second part: who gets which job, what a worker may write, and what time changes.

using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace ProvingService.Service.Tests.Stores;

public abstract partial class ServiceStoreContract
{
    [ContractFact]
    public async Task A_job_goes_its_way_and_every_step_is_an_event()
    {
        await Store.AddAsync(StoreJobs.New());
        LeasedJob taken = await Store.TakeAsync(StoreJobs.Offer("worker 1"));
        Assert.Equal("{}"u8.ToArray(), taken.InlineInput);
        Assert.Equal(
            (JobState.Leased, 1, "worker 1", 1L, 1L, 2L),
            (taken.Job.State, taken.Job.Attempts, taken.Job.Worker, taken.Job.Fence, taken.Lease.Fence, taken.Job.Sequence));
        Assert.NotNull(taken.Job.Started);
        JobRecord found = await Store.GetAsync(taken.Job.Id);
        Assert.Equal(taken.Job with { Submitted = found.Submitted }, found);

        DateTimeOffset at = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        PhaseMark[] marks = [new(at, "witness", true), new(at.AddSeconds(1), "msm a", false, JobState.Proving)];
        Assert.Equal([LeaseVerdict.Held], await Store.ReportAsync([new(taken.Lease, TimeSpan.FromSeconds(60), JobState.Proving, marks)]));
        Assert.Equal([LeaseVerdict.Held], await Store.ReportAsync([new(taken.Lease, TimeSpan.FromSeconds(60), JobState.Proving, [])]));
        Assert.Equal([LeaseVerdict.Held], await Store.ReportAsync([new(taken.Lease, TimeSpan.FromSeconds(60), JobState.Verifying, [])]));
        Assert.True(await Store.EndAsync(taken.Lease, new LeaseOutcome.Done(StoreJobs.Proof), new PhaseMark(at, "check", true)));
        JobRecord done = await Store.GetAsync(taken.Job.Id);
        Assert.Equal((JobState.Done, FailureReason.None, "worker 1", 8L), (done.State, done.Reason, done.Worker, done.Sequence));
        Assert.Equal(
            [JobState.Queued, JobState.Leased, JobState.Leased, JobState.Proving, JobState.Proving, JobState.Verifying, JobState.Verifying, JobState.Done],
            await Store.StatesAsync(taken.Job.Id));

        // A mark that names a state leads there, at its own time; one that names none leaves the state as it was.
        IReadOnlyList<JobEvent> events = await Store.ListEventsAsync(taken.Job.Id, 2, 3);
        Assert.Equal(
            [
                new JobEvent(3, at, JobState.Leased, "witness", true, 1, ""),
                new(4, at.AddSeconds(1), JobState.Proving, "", false, 1, ""),
                new(5, at.AddSeconds(1), JobState.Proving, "msm a", false, 1, ""),
            ],
            events);
        JobProof? proof = await Store.FindProofAsync(taken.Job.Id);
        Assert.Equal(StoreJobs.Proof.Proof, proof!.Proof);
        Assert.Equal(StoreJobs.Proof.PublicInputs, proof.PublicInputs);
        Assert.Equal(StoreJobs.Proof.Receipt, proof.Receipt);
        Assert.Equal(StoreJobs.Proof.Signature, proof.Signature);

        Assert.False(await Store.DoneAsync(taken.Lease));
        Assert.Equal([LeaseVerdict.Lost], await Store.ReportAsync([new(taken.Lease, TimeSpan.FromSeconds(60), JobState.Proving, marks)]));
        Assert.Equal(8, (await Store.StatesAsync(taken.Job.Id)).Length);
    }

    [ContractFact]
    public async Task Every_outcome_leads_where_it_should()
    {
        (LeaseOutcome Outcome, JobState State, FailureReason Reason, int Attempts)[] cases =
        [
            (new LeaseOutcome.Failed(FailureReason.InputInvalid, "why"), JobState.Failed, FailureReason.InputInvalid, 1),
            (new LeaseOutcome.Retry(FailureReason.OutOfMemory, "why", TimeSpan.Zero), JobState.Queued, FailureReason.OutOfMemory, 1),
            (new LeaseOutcome.Cancelled(), JobState.Cancelled, FailureReason.None, 1),
            (new LeaseOutcome.Expired(), JobState.Expired, FailureReason.None, 1),
            (new LeaseOutcome.HandedBack(), JobState.Queued, FailureReason.None, 0),
        ];
        foreach ((LeaseOutcome outcome, JobState state, FailureReason reason, int attempts) in cases)
        {
            await Store.AddAsync(StoreJobs.New());
            LeasedJob taken = await Store.TakeAsync();
            Assert.True(await Store.EndAsync(taken.Lease, outcome));
            JobRecord ended = await Store.GetAsync(taken.Job.Id);
            Assert.Equal((state, reason, attempts, state.IsFinal()), (ended.State, ended.Reason, ended.Attempts, ended.Finished is not null));
            Assert.Equal(reason == FailureReason.None ? "" : "why", ended.Message);
            Assert.Equal([JobState.Queued, JobState.Leased, state], await Store.StatesAsync(ended.Id));
            if (!state.IsFinal())
            {
                LeasedJob again = await Store.TakeAsync();
                Assert.Equal((ended.Id, 2L, attempts + 1), (again.Job.Id, again.Lease.Fence, again.Job.Attempts));
                Assert.Equal("{}"u8.ToArray(), again.InlineInput);
                Assert.False(await Store.DoneAsync(taken.Lease));
                Assert.True(await Store.DoneAsync(again.Lease));
                Assert.Equal((FailureReason.None, ""), ((await Store.GetAsync(ended.Id)).Reason, (await Store.GetAsync(ended.Id)).Message));
            }
        }
    }

    [ContractFact]
    public async Task A_job_to_be_cancelled_does_not_come_back_but_its_proof_is_kept()
    {
        foreach ((LeaseOutcome outcome, JobState state) in ((LeaseOutcome, JobState)[])
        [
            (new LeaseOutcome.HandedBack(), JobState.Cancelled),
            (new LeaseOutcome.Retry(FailureReason.Internal, "", TimeSpan.Zero), JobState.Cancelled),
            (new LeaseOutcome.Done(StoreJobs.Proof), JobState.Done),
        ])
        {
            await Store.AddAsync(StoreJobs.New());
            LeasedJob taken = await Store.TakeAsync();
            await Store.CancelAsync(taken.Job.Id);
            Assert.True(await Store.EndAsync(taken.Lease, outcome));
            Assert.Equal(state, (await Store.GetAsync(taken.Job.Id)).State);
        }

        await Store.AddAsync(StoreJobs.New());
        LeasedJob lost = await Store.TakeAsync(StoreJobs.Offer(seconds: 0.01));
        await Store.CancelAsync(lost.Job.Id);
        await Task.Delay(50);
        ReapReport report = await Store.ReapAsync(StoreJobs.Rules with { LostLeases = 1 });
        Assert.Equal([lost.Job.Id], report.Ended);
        Assert.Equal(JobState.Cancelled, (await Store.GetAsync(lost.Job.Id)).State);
    }

    [ContractFact]
    public async Task Leases_follow_priority_then_age()
    {
        JobRecord low = await Store.AddAsync(StoreJobs.New() with { Priority = -1 });
        JobRecord first = await Store.AddAsync(StoreJobs.New());
        JobRecord second = await Store.AddAsync(StoreJobs.New());
        JobRecord high = await Store.AddAsync(StoreJobs.New() with { Priority = 1 });
        List<Guid> order = [];
        while (await Store.LeaseAsync(StoreJobs.Offer()) is { } taken)
        {
            order.Add(taken.Job.Id);
        }

        Assert.Equal([high.Id, first.Id, second.Id, low.Id], order);
    }

    [ContractFact]
    public async Task Tenants_share_fairly_whoever_came_first()
    {
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Store.SubmitAsync(StoreJobs.New("many"), StoreJobs.Wide)));
        for (int i = 0; i < 100; i++)
        {
            await Store.TakeAsync();
        }

        // The newcomer starts where the queue is now: neither behind the thousand, nor ahead for the time it was not there.
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Store.SubmitAsync(StoreJobs.New("few", cost: 2000), StoreJobs.Wide)));
        List<string> order = [];
        for (int i = 0; i < 36; i++)
        {
            order.Add((await Store.TakeAsync()).Job.Submitted.Tenant);
        }

        Assert.Equal(10, order.Count(tenant => tenant == "few"));
        // Its jobs cost twice as much: two of the others come between two of its own.
        Assert.InRange(order.Take(15).Count(tenant => tenant == "few"), 4, 6);
    }

    [ContractFact]
    public async Task Offers_get_what_fits_them()
    {
        JobRecord big = await Store.AddAsync(StoreJobs.New() with { MemoryBytes = 2000 });
        JobRecord cuda = await Store.AddAsync(StoreJobs.New() with { Device = "cuda:0" });
        JobRecord plain = await Store.AddAsync(StoreJobs.New());
        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer(memory: 999)));
        Assert.Equal(plain.Id, (await Store.TakeAsync(StoreJobs.Offer(memory: 1000))).Job.Id);
        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer(memory: 1999, devices: ["cpu", "cuda:1"])));
        Assert.Equal(cuda.Id, (await Store.TakeAsync(StoreJobs.Offer(memory: 1000, devices: ["cpu", "cuda:0"]))).Job.Id);
        Assert.Equal(big.Id, (await Store.TakeAsync(StoreJobs.Offer(memory: 2000))).Job.Id);
    }

    [ContractFact]
    public async Task Many_jobs_that_fit_nobody_do_not_hold_up_the_others()
    {
        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(n => Store.SubmitAsync(
            StoreJobs.New() with { Device = n < 5000 ? "cuda:7" : "", Priority = n < 5000 ? 1 : 0, InlineInput = null }, StoreJobs.Wide)));
        long since = Stopwatch.GetTimestamp();
        for (int i = 0; i < 50; i++)
        {
            await Store.TakeAsync();
        }

        // A sound lease takes some milliseconds; the bound leaves room for a machine that has much else to do.
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), $"50 leases took {Stopwatch.GetElapsedTime(since)}.");
        since = Stopwatch.GetTimestamp();
        Assert.Equal(9950, (await Store.MeasureAsync()).Jobs[JobState.Queued]);
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(5));
    }

    [ContractFact]
    public async Task Many_workers_at_once_get_each_job_once()
    {
        IServiceStore[] stores = [Store, await OpenAsync()];
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Store.SubmitAsync(StoreJobs.New(), StoreJobs.Wide)));
        var taken = new ConcurrentBag<Guid>();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async n =>
        {
            IServiceStore store = stores[n % 2];
            while (await store.LeaseAsync(StoreJobs.Offer($"w{n}")) is { } job)
            {
                taken.Add(job.Job.Id);
                Assert.True(await store.DoneAsync(job.Lease));
            }
        }));
        Assert.Equal(300, taken.Count);
        Assert.Equal(300, taken.Distinct().Count());
        Assert.Equal(300, (await Store.MeasureAsync()).Jobs[JobState.Done]);
    }

    [ContractFact]
    public async Task Rests_are_kept_and_their_end_is_told()
    {
        await Store.AddAsync(StoreJobs.New());
        LeasedJob taken = await Store.TakeAsync();
        await Store.EndAsync(taken.Lease, new LeaseOutcome.Retry(FailureReason.DeviceFailed, "", TimeSpan.FromHours(1)));
        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer()));
        JobRecord resting = await Store.GetAsync(taken.Job.Id);
        Assert.InRange(resting.NotBefore!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(70));

        await Store.AddAsync(StoreJobs.New());
        LeasedJob second = await Store.TakeAsync();
        await Store.EndAsync(second.Lease, new LeaseOutcome.Retry(FailureReason.DeviceFailed, "", TimeSpan.FromMilliseconds(20)));
        await Task.Delay(60);
        await Store.ReapAsync(StoreJobs.Rules);
        Assert.Null((await Store.GetAsync(second.Job.Id)).NotBefore);
        Assert.Equal(second.Job.Id, (await Store.TakeAsync()).Job.Id);
        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer()));
    }

    [ContractFact]
    public async Task A_deadline_ends_a_waiting_job_and_it_is_never_leased()
    {
        NewJob late = StoreJobs.New() with { Deadline = DateTimeOffset.UtcNow.AddMilliseconds(-1) };
        await Store.AddAsync(late);
        JobRecord inTime = await Store.AddAsync(StoreJobs.New() with { Deadline = DateTimeOffset.UtcNow.AddHours(1) });
        LeasedJob taken = await Store.TakeAsync();
        Assert.Equal(inTime.Id, taken.Job.Id);
        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer()));
        ReapReport report = await Store.ReapAsync(StoreJobs.Rules);
        Assert.Equal((0, 0, 1), (report.Requeued, report.Poisoned, report.Expired));
        Assert.Equal([late.Id], report.Ended);
        Assert.Equal([JobState.Queued, JobState.Expired], await Store.StatesAsync(late.Id));
    }

    [ContractFact]
    public async Task A_silent_worker_loses_its_job_and_in_the_end_the_job_is_set_aside()
    {
        JobRecord job = await Store.AddAsync(StoreJobs.New());
        for (int lost = 1; lost <= 3; lost++)
        {
            LeasedJob taken = await Store.TakeAsync(StoreJobs.Offer(seconds: 0.02));
            Assert.Equal((lost, lost), (taken.Job.Attempts, (int)taken.Lease.Fence));
            await Task.Delay(60);
            ReapReport report = await (await OpenAsync()).ReapAsync(StoreJobs.Rules);
            Assert.Equal(lost < 3 ? (1, 0) : (0, 1), (report.Requeued, report.Poisoned));
            JobRecord now = await Store.GetAsync(job.Id);
            Assert.Equal((lost < 3 ? JobState.Queued : JobState.Failed, lost), (now.State, now.LostLeases));
            Assert.Equal(lost < 3 ? FailureReason.None : FailureReason.Poisoned, now.Reason);
            Assert.NotEqual("", now.Message);
            Assert.False(await Store.DoneAsync(taken.Lease));
            Assert.Equal([LeaseVerdict.Lost], await Store.ReportAsync([new(taken.Lease, TimeSpan.FromSeconds(1), JobState.Proving, [new(DateTimeOffset.UtcNow, "x", false)])]));
            Assert.Equal(now.Sequence, (await Store.GetAsync(job.Id)).Sequence);
            await Task.Delay(20);
        }

        Assert.Null(await Store.LeaseAsync(StoreJobs.Offer()));
        Assert.Equal(7, (await Store.StatesAsync(job.Id)).Length);
    }

    [ContractFact]
    public async Task A_report_prolongs_and_a_lease_holds_until_it_is_reaped()
    {
        await Store.AddAsync(StoreJobs.New());
        LeasedJob taken = await Store.TakeAsync(StoreJobs.Offer(seconds: 0.01));
        await Task.Delay(50);
        Assert.Equal([LeaseVerdict.Held], await Store.ReportAsync([new(taken.Lease, TimeSpan.FromHours(1), JobState.Leased, [])]));
        Assert.Equal(0, (await Store.ReapAsync(StoreJobs.Rules)).Requeued);
        Assert.Equal(
            [LeaseVerdict.Lost, LeaseVerdict.Held, LeaseVerdict.Lost],
            await Store.ReportAsync([
                new(taken.Lease with { Fence = 2 }, TimeSpan.FromHours(1), JobState.Leased, []),
                new(taken.Lease, TimeSpan.FromMilliseconds(1), JobState.Leased, []),
                new(new(Guid.CreateVersion7(), 1), TimeSpan.FromHours(1), JobState.Leased, [])]));
        await Task.Delay(50);
        Assert.True(await Store.DoneAsync(taken.Lease));
        Assert.False(await Store.DoneAsync(taken.Lease));
    }
}
