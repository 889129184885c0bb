// Owns: tests of what both stores share and no database is needed for: merging of signals, and how rests grow.

using Xunit;

namespace ProvingService.Service.Tests.Stores;

public sealed class StoreRulesTests
{
    [Fact]
    public async Task A_slow_listener_loses_names_but_no_signal()
    {
        var hub = new SignalHub();
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using IAsyncEnumerator<StoreSignal> signals = hub.ListenAsync(end.Token).GetAsyncEnumerator(end.Token);
        Assert.Equal(new StoreSignal(null, true), await NextAsync());
        Assert.True(hub.HasListeners);

        Guid job = Guid.CreateVersion7();
        hub.Publish(new(job, true));
        hub.Publish(new(job, false));
        Assert.Equal(new StoreSignal(job, true), await NextAsync());

        hub.Publish(new(job, true));
        for (int i = 0; i < 10_000; i++)
        {
            hub.Publish(new(Guid.CreateVersion7(), false));
        }

        Assert.Equal(new StoreSignal(null, true), await NextAsync());
        hub.Publish(new(job, false));
        Assert.Equal(new StoreSignal(job, false), await NextAsync());

        async Task<StoreSignal> NextAsync()
        {
            Assert.True(await signals.MoveNextAsync());
            return signals.Current;
        }
    }

    [Fact]
    public void Rests_double_up_to_the_longest()
    {
        var rules = new ReapRules(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), int.MaxValue, TimeSpan.FromDays(1));
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        JobRecord job = JobMachine.Accept(StoreJobs.New(), now).Job;
        List<double> rests = [];
        for (int lost = 0; lost < 100; lost++)
        {
            job = JobMachine.LoseLease(JobMachine.Take(job, StoreJobs.Offer(), now).Job, rules, now).Job;
            rests.Add((job.NotBefore!.Value - now).TotalSeconds);
        }

        Assert.Equal([1.0, 2.0, 4.0, 5.0], rests.Take(4));
        Assert.Equal(5.0, rests[^1]);
        Assert.Equal((100, 100, 100L), (job.Attempts, job.LostLeases, job.Fence));
    }

    [Fact]
    public void A_lost_job_whose_deadline_passed_expires()
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch;
        JobRecord job = JobMachine.Accept(StoreJobs.New() with { Deadline = now.AddSeconds(1) }, now).Job;
        JobRecord held = JobMachine.Take(job, StoreJobs.Offer(), now).Job;
        Assert.Equal(JobState.Queued, JobMachine.LoseLease(held, StoreJobs.Rules, now).Job.State);
        Assert.Equal(JobState.Expired, JobMachine.LoseLease(held, StoreJobs.Rules, now.AddSeconds(1)).Job.State);
    }
}
