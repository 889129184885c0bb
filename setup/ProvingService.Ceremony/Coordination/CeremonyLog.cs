// Owns: the words of the coordinator's log. Never: tokens, or anything that a participant keeps secret.

using Microsoft.Extensions.Logging;

namespace ProvingService.Ceremony;

/// <summary>What the coordinator tells its operator.</summary>
internal static partial class CeremonyLog
{
    [LoggerMessage(1, LogLevel.Information, "Place {Number}: {Name} joined.")]
    public static partial void Joined(this ILogger log, int number, string name);

    [LoggerMessage(2, LogLevel.Information, "Place {Number}: {Name} has its turn at {Circuit}, for {Seconds:0.#} s.")]
    public static partial void TurnBegan(this ILogger log, int number, string name, string circuit, double seconds);

    [LoggerMessage(3, LogLevel.Information, "Place {Number}: {Name} made contribution {Contribution} to {Circuit}.")]
    public static partial void Accepted(this ILogger log, int number, string name, string circuit, int contribution);

    [LoggerMessage(4, LogLevel.Warning, "Place {Number}: {Name} was evicted at {Circuit}: {Reason}")]
    public static partial void Evicted(this ILogger log, int number, string name, string circuit, string reason);

    [LoggerMessage(5, LogLevel.Information, "The ceremony is closed: no turn begins any more.")]
    public static partial void Closed(this ILogger log);

    [LoggerMessage(6, LogLevel.Information, "The ceremony is finished.")]
    public static partial void Finished(this ILogger log);

    [LoggerMessage(7, LogLevel.Error, "The ceremony cannot be finished: {Fault}")]
    public static partial void FinishFailed(this ILogger log, string fault);

    [LoggerMessage(9, LogLevel.Error, "An error of zkps itself; please report it.")]
    public static partial void Unforeseen(this ILogger log, Exception fault);

    [LoggerMessage(8, LogLevel.Error, "A disk or a file of the coordinator's own failed; it goes on as soon as that is mended.")]
    public static partial void DiskFault(this ILogger log, Exception fault);
}
