// Owns: what clients know: which submissions they tried, what they were told, and what they may therefore ask for afterwards.

using System.Collections.Concurrent;

namespace ProvingService.Service.Tests.Crash;

/// <summary>A submission.</summary>
internal sealed class Tried(string key, ulong start)
{
    /// <summary>Its idempotency key.</summary>
    public string Key => key;

    /// <summary>The beginning of its chain.</summary>
    public ulong Start => start;

    /// <summary>The job's name, once it was acknowledged.</summary>
    public string? Job { get; set; }

    /// <summary>Whether the client gave up before it had an answer, for good.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Whether the client asked for its end.</summary>
    public bool IsCancelled { get; set; }
}

/// <summary>All submissions, and what was wrong with answers.</summary>
internal sealed class CrashLedger
{
    /// <summary>Submissions by idempotency key.</summary>
    public ConcurrentDictionary<string, Tried> Submissions { get; } = new(StringComparer.Ordinal);

    /// <summary>Jobs that clients follow at the moment.</summary>
    public ConcurrentDictionary<string, bool> UnderWay { get; } = new(StringComparer.Ordinal);

    /// <summary>What must not have been.</summary>
    public ConcurrentBag<string> Faults { get; } = [];
}
