// Owns: what a campaign of kills is to do, and what it counts.

using System.Collections.Concurrent;
using ProvingService.Contract;
using ProvingService.TestKit;

namespace ProvingService.Service.Tests.Crash;

/// <summary>What is killed.</summary>
internal enum Victim
{
    /// <summary>A worker that has a process of its own.</summary>
    Worker,

    /// <summary>The service, and with it the worker inside, where there is one.</summary>
    Server,

    /// <summary>The service and all workers at once.</summary>
    All,

    /// <summary>PostgreSQL, by an immediate stop.</summary>
    Store,
}

/// <summary>A campaign.</summary>
internal sealed record CrashPlan
{
    /// <summary>For counts and messages.</summary>
    public required string Name { get; init; }

    /// <summary>The server whose schema <see cref="Schema"/> holds the jobs; null for SQLite.</summary>
    public PostgresServer? Postgres { get; init; }

    /// <summary>The schema.</summary>
    public string Schema { get; init; } = "crash" + Guid.NewGuid().ToString("N")[..8];

    /// <summary>Processes of workers; 0 for a worker inside the service.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Multiplications of a job.</summary>
    public int ChainLength { get; init; } = 1022;

    /// <summary>Clients that submit, follow and fetch, each one job after the other.</summary>
    public int Clients { get; init; } = 6;

    /// <summary>No more kills than these.</summary>
    public int MostKills { get; init; } = int.MaxValue;

    /// <summary>No fewer than these, however slow the machine is.</summary>
    public int LeastKills { get; init; } = 4;

    /// <summary>No further kill after this time.</summary>
    public TimeSpan KillFor { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether every kill waits for a phase of a job, each in turn; else two thirds come at any moment.</summary>
    public bool ByPhaseOnly { get; init; }

    /// <summary>Where chance begins.</summary>
    public int Seed { get; init; } = Random.Shared.Next();

    /// <summary>What can be killed here.</summary>
    public Victim[] Victims =>
        [.. Workers > 0 ? (Victim[])[Victim.Worker, Victim.Server, Victim.All] : [Victim.Server], .. Postgres is null ? (Victim[])[] : [Victim.Store]];
}

/// <summary>What a campaign counted.</summary>
internal sealed class CrashCounts
{
    /// <summary>Kills by victim and by the phase that a watcher had just seen begin, or "any".</summary>
    public ConcurrentDictionary<(Victim Victim, string Moment), int> Kills { get; } = new();

    /// <summary>Kills in all.</summary>
    public int AllKills => Kills.Values.Sum();

    /// <summary>Submissions that were acknowledged.</summary>
    public int Acknowledged { get; set; }

    /// <summary>Submissions that the client gave up before an answer, and that were found done nevertheless.</summary>
    public int GivenUpYetDone { get; set; }

    /// <summary>Jobs that ended with a valid proof.</summary>
    public int Proved { get; set; }

    /// <summary>Jobs that ended cancelled, as their clients wanted.</summary>
    public int Cancelled { get; set; }

    /// <summary>Jobs that more than one worker had to take.</summary>
    public int TakenAgain { get; set; }

    /// <summary>The most attempts at a job.</summary>
    public int MostAttempts { get; set; }

    /// <summary>Inputs in the shared folder before the sweep that follows a crash.</summary>
    public int InputsSwept { get; set; }

    /// <summary>Names of the phases that kills wait for.</summary>
    public static readonly Phase[] Phases =
        [Phase.Key, Phase.Witness, Phase.Products, Phase.Ntt, Phase.MsmA, Phase.MsmB, Phase.MsmC, Phase.MsmH, Phase.Checks];
}
