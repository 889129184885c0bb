// Owns: the long form of the crash tests: a matrix of kills over phases, victims and stores, whose counts are published.
// Run as: dotnet ProvingService.Service.Tests.dll kills COUNT FILE, from the folder of the built tests.

using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.TestKit;

namespace ProvingService.Service.Tests.Crash;

/// <summary>Campaign after campaign, until there were so many kills. The file is written after each, so that it is true at any time.</summary>
internal static class CrashMatrix
{
    /// <summary>Kills of one campaign: then everything is looked at, and the next one begins with an empty store.</summary>
    private const int KillsAtOnce = 36;

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    /// <summary>Runs campaigns.</summary>
    public static async Task<int> RunAsync(string countText, string path)
    {
        if (!int.TryParse(countText, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || PostgresServer.Missing is not null)
        {
            await Console.Error.WriteLineAsync(PostgresServer.Missing ?? "A number of kills is expected.");
            return 2;
        }

        // Half of the kills wait for a phase; the others come at any moment.
        List<CrashCounts> all = [];
        var totals = new SortedDictionary<string, SortedDictionary<string, SortedDictionary<string, int>>>(StringComparer.Ordinal);
        using PostgresServer server = PostgresServer.Make();
        for (int round = 0; all.Sum(counts => counts.AllKills) < count; round++)
        {
            int left = count - all.Sum(counts => counts.AllKills);
            var plan = new CrashPlan
            {
                Name = (round % 3) switch { 0 => "SQLite, worker inside", 1 => "SQLite, two workers", _ => "PostgreSQL, two workers" },
                Workers = round % 3 == 0 ? 0 : 2,
                Postgres = round % 3 == 2 ? server : null,
                ChainLength = 16_382,
                MostKills = Math.Min(left, KillsAtOnce),
                KillFor = TimeSpan.FromHours(1),
                ByPhaseOnly = round / 3 % 2 == 0,
            };
            CrashCounts counts;
            try
            {
                counts = await CrashCampaign.RunAsync(plan);
            }
            catch (InvalidOperationException e)
            {
                await Console.Error.WriteLineAsync(e.Message);
                return 1;
            }

            all.Add(counts);
            foreach (((Victim victim, string moment), int kills) in counts.Kills)
            {
                SortedDictionary<string, int> row = Of(Of(totals, plan.Name), Name(victim));
                row[moment] = row.GetValueOrDefault(moment) + kills;
            }

            Write(path, all, totals);
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{all.Sum(c => c.AllKills)} kills, {all.Sum(c => c.Acknowledged)} jobs; {plan.Name}: {counts.AllKills} kills, seed {plan.Seed}"));
        }

        return 0;
    }

    private static string Name(Victim victim) => victim switch
    {
        Victim.Worker => "a worker",
        Victim.Server => "the service",
        Victim.All => "service and workers",
        _ => "PostgreSQL, immediate stop",
    };

    private static T Of<T>(SortedDictionary<string, T> from, string name)
        where T : new()
    {
        if (!from.TryGetValue(name, out T? value))
        {
            from[name] = value = new();
        }

        return value;
    }

    private static void Write(
        string path, List<CrashCounts> all, SortedDictionary<string, SortedDictionary<string, SortedDictionary<string, int>>> totals)
    {
        var root = new JsonObject
        {
            ["cores"] = Environment.ProcessorCount,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["campaigns"] = all.Count,
            ["kills"] = all.Sum(counts => counts.AllKills),
            ["acknowledged"] = all.Sum(counts => counts.Acknowledged),
            // A campaign in which one of these is not so ends the run.
            ["lost"] = 0,
            ["invented"] = 0,
            ["doneTwice"] = 0,
            ["proved"] = all.Sum(counts => counts.Proved),
            ["cancelled"] = all.Sum(counts => counts.Cancelled),
            ["givenUpYetDone"] = all.Sum(counts => counts.GivenUpYetDone),
            ["takenAgain"] = all.Sum(counts => counts.TakenAgain),
            ["mostAttempts"] = all.Max(counts => counts.MostAttempts),
            ["inputsLeftToTheSweep"] = all.Sum(counts => counts.InputsSwept),
            ["killsByStoreVictimAndPhase"] = JsonSerializer.SerializeToNode(totals),
        };
        File.WriteAllText(path, root.ToJsonString(Layout) + "\n");
    }
}
