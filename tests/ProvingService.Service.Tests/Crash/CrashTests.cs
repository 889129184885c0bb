// Owns: the campaigns that every run of the tests makes, for a bounded time. Longer ones: CrashMatrix.cs.

using ProvingService.Service.Tests.Processes;
using ProvingService.Service.Tests.Stores;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Service.Tests.Crash;

[Collection("Processes")]
public sealed class SqliteCrashTests(ITestOutputHelper output)
{
    [Fact]
    public Task Nothing_is_lost_when_the_service_is_killed_with_its_worker() =>
        CrashChecks.RunAsync(new CrashPlan { Name = "SQLite, worker inside", Workers = 0, KillFor = TimeSpan.FromSeconds(8) }, output);

    [Fact]
    public Task Nothing_is_lost_when_the_service_and_two_workers_are_killed() =>
        CrashChecks.RunAsync(new CrashPlan { Name = "SQLite, two workers", KillFor = TimeSpan.FromSeconds(12) }, output);
}

[Collection("Processes")]
[NeedsPostgres]
public sealed class PostgresCrashTests(ITestOutputHelper output)
{
    [ContractFact]
    public async Task Nothing_is_lost_when_the_service_workers_and_PostgreSQL_are_killed()
    {
        using PostgresServer server = PostgresServer.Make();
        await CrashChecks.RunAsync(new CrashPlan { Name = "PostgreSQL, two workers", Postgres = server, KillFor = TimeSpan.FromSeconds(15) }, output);
    }
}

internal static class CrashChecks
{
    public static async Task RunAsync(CrashPlan plan, ITestOutputHelper output)
    {
        CrashCounts counts = await CrashCampaign.RunAsync(plan);
        output.WriteLine(
            $"{plan.Name}, seed {plan.Seed}: {counts.AllKills} kills, {counts.Acknowledged} jobs acknowledged, {counts.Proved} proved, {counts.Cancelled} cancelled, "
            + $"{counts.TakenAgain} taken again, at most {counts.MostAttempts} attempts, {counts.InputsSwept} inputs swept.");
        Assert.True(counts.AllKills >= plan.LeastKills, "The campaign killed too little.");
        Assert.True(counts.Proved > 0, "Nothing was proved.");
    }
}
