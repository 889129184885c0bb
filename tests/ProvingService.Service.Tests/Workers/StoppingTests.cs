// Owns: what workers do when they stop, and when an attempt fails in a way that another may mend.

using ProvingService.Contract;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Workers;

public sealed class StoppingTests
{
    private const int Long = 200_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_service_that_stops_hands_jobs_back_and_the_attempt_does_not_count()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (TestService first = await TestService.StartAsync(
            setup => setup with { Options = setup.Options with { DrainTimeout = TimeSpan.Zero } }, folder.Path))
        {
            Circuit circuit = await first.RegisterChainAsync(Long);
            id = (await first.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(Long))).Id;
            await UntilLeasedAsync(first, id);
        }

        await using (TestService front = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path))
        {
            Job waiting = await front.Client.GetAsync(id);
            Assert.Equal((Contract.JobState.Queued, 0u), (waiting.State, waiting.Attempts));
        }

        await using TestService second = await TestService.StartAsync(null, folder.Path);
        Job done = await second.Client.WaitAsync(id).WaitAsync(Patience);
        Assert.Equal((Contract.JobState.Done, 1u), (done.State, done.Attempts));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "inputs")));
    }

    [Fact]
    public async Task A_service_that_stops_finishes_what_it_has_if_there_is_time()
    {
        using var folder = new TemporaryFolder();
        string id;
        await using (TestService first = await TestService.StartAsync(
            setup => setup with { Options = setup.Options with { DrainTimeout = Patience } }, folder.Path))
        {
            Circuit circuit = await first.RegisterChainAsync(20_000);
            id = (await first.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(20_000))).Id;
            await UntilLeasedAsync(first, id);
        }

        await using TestService front = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path);
        Assert.Equal(Contract.JobState.Done, (await front.Client.GetAsync(id)).State);
    }

    [Fact]
    public async Task What_another_attempt_may_mend_is_tried_again_and_given_up_after_a_few()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with
        {
            Options = setup.Options with { FirstRest = TimeSpan.FromMilliseconds(100), MaxAttempts = 3 },
        });
        Circuit circuit = await service.RegisterChainAsync();
        string key = Path.Combine(service.Folder, "objects", circuit.KeyHash[..2], circuit.KeyHash), aside = key + ".aside";

        // Where a folder stands in a file's place, the system refuses in a way that nobody foresaw.
        File.Move(key, aside);
        Directory.CreateDirectory(key);
        Job job = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs())).Id).WaitAsync(Patience);
        Assert.Equal((Contract.JobState.Failed, 3u), (job.State, job.Attempts));
        Assert.Contains(job.Reason, (Contract.FailureReason[])[Contract.FailureReason.Internal, Contract.FailureReason.StorageFailed]);
        Assert.Contains("attempt 3 of 3", job.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(service.Folder, job.Message, StringComparison.Ordinal);

        // Mended in time, a later attempt succeeds.
        Job second = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs());
        await foreach (Contract.JobEvent happened in service.Client.WatchAsync(second.Id))
        {
            if (happened is { State: Contract.JobState.Queued, Attempt: 1 })
            {
                break;
            }
        }

        Directory.Delete(key);
        File.Move(aside, key);
        second = await service.Client.WaitAsync(second.Id).WaitAsync(Patience);
        Assert.Equal(Contract.JobState.Done, second.State);
        Assert.InRange(second.Attempts, 2u, 3u);
    }

    private static async Task UntilLeasedAsync(TestService service, string id)
    {
        await foreach (Contract.JobEvent happened in service.Client.WatchAsync(id))
        {
            if (happened.State >= Contract.JobState.Leased)
            {
                return;
            }
        }
    }
}
