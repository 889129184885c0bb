// Owns: kills at chosen points: what a coordinator or a contributor finds at its next start, made here exactly as a kill would leave it.

using System.Security.Cryptography;
using ProvingService.Contract.Ceremonies;
using ProvingService.Setup;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class RestartTests
{
    /// <summary>Killed after the turn was marked as handed in; and killed after the file was published, before the contribution was written.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_handed_in_before_a_kill_is_verified_after_it(bool isPublished)
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient client = ceremony.Invited();
        Hand hand = await new Hand(client, "Ada", ceremony.File("ada")).JoinAsync();
        TurnOffer turn = (await hand.WaitAsync()).Turn;
        string next = hand.Contribute(await hand.DownloadAsync(turn.BaseHash));
        string hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(next)));
        await client.UploadAsync(hand.Ticket.Id, turn.Circuit, hash, next, null, CancellationToken.None);
        await ceremony.StopAsync();
        using (var store = new CeremonyStore(Path.Combine(ceremony.Data, "ceremony.db")))
        {
            store.Submit(0, hash, DateTimeOffset.UtcNow, TimeSpan.FromSeconds(1), TimeSpan.Zero);
        }

        if (isPublished)
        {
            new CeremonyFiles(ceremony.Data).PublishUpload(new UploadName(1, 0, hash));
        }

        await ceremony.StartAsync();
        using CeremonyClient onlooker = ceremony.Onlooker();
        CeremonyView view = await TestCeremony.UntilAsync(onlooker, state => state.Circuits[0].Contributions.Count > 0);
        Assert.Equal(hash, view.Circuits[0].CurrentHash);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(ceremony.Data, "uploads")));
    }

    [Fact]
    public async Task Finishing_that_was_killed_is_done_again_and_makes_the_same_files()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        await ceremony.ContributeAsync("Ada");
        CeremonyView first = await ceremony.FinishAsync();
        await ceremony.StopAsync();
        using (var store = new CeremonyStore(Path.Combine(ceremony.Data, "ceremony.db")))
        {
            store.BeginFinish(store.Load().Beacon);
        }

        await ceremony.StartAsync();
        using CeremonyClient onlooker = ceremony.Onlooker();
        CeremonyView second = await TestCeremony.UntilAsync(onlooker, state => state.Phase == CeremonyPhase.Finished);
        Assert.Equal(first.Circuits[0].FinalHash, second.Circuits[0].FinalHash);
    }

    [Fact]
    public async Task A_contributor_that_was_stopped_goes_on_with_the_contribution_it_had_made()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient client = ceremony.Invited();
        string folder = ceremony.File("of-Ada"), kept = "";
        using (var stop = new CancellationTokenSource())
        using (ContributionEntropy entropy = ContributionEntropy.Draw())
        {
            var stages = new Stages(progress =>
            {
                if (progress.Stage == ContributorStage.Verifying)
                {
                    kept = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Directory.EnumerateFiles(folder, "*.contributed.zkey").Single())));
                    stop.Cancel();
                }
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Contributor(
                client, new ContributorOptions { Name = "Ada", Folder = folder, Entropy = entropy, Progress = stages }).RunAsync(stop.Token));
        }

        ContributorResult result = await ceremony.ContributeAsync(client, "Ada");
        Assert.Equal(kept, Convert.ToHexStringLower(Receipt.Parser.ParseFrom(result.Receipts.Single().Receipt).KeyAfter.Span));
        Assert.Equal(["attestation.txt", "receipts.json"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_turns_clock_outlives_a_kill_and_the_time_between_is_not_charged()
    {
        var options = new CeremonyOptions { ClockInterval = TimeSpan.FromMilliseconds(50), TurnFloor = TimeSpan.FromMinutes(10), TakeUpTime = TimeSpan.FromHours(1) };
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(options: options);
        using CeremonyClient client = ceremony.Invited();
        await new Hand(client, "Ada", ceremony.File("ada")).JoinAsync();
        await ceremony.StopAsync();
        using (var store = new CeremonyStore(Path.Combine(ceremony.Data, "ceremony.db")))
        {
            store.SaveClock(0, TimeSpan.FromMinutes(5), TimeSpan.Zero);
        }

        await ceremony.StartAsync();
        using CeremonyClient onlooker = ceremony.Onlooker();
        TimeSpan left = (await onlooker.GetCeremonyAsync()).Circuits[0].Turn.Left.ToTimeSpan();
        Assert.InRange(left, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5));
    }

    private sealed class Stages(Action<ContributorProgress> report) : IProgress<ContributorProgress>
    {
        public void Report(ContributorProgress value) => report(value);
    }
}
