// Owns: what workers log. Never: anything of a job's inputs.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

internal static partial class WorkerLog
{
    [LoggerMessage(100, LogLevel.Information, "Worker {Worker} takes jobs: {Slots} at the same time, on {Devices}")]
    public static partial void WorkerStarted(this ILogger log, string worker, int slots, string devices);

    [LoggerMessage(101, LogLevel.Information, "Worker {Worker} has stopped")]
    public static partial void WorkerStopped(this ILogger log, string worker);

    [LoggerMessage(102, LogLevel.Information, "Job {JobId}: leased for attempt {Attempt}, key {KeyHash}")]
    public static partial void JobLeased(this ILogger log, Guid jobId, int attempt, string keyHash);

    [LoggerMessage(103, LogLevel.Information, "Job {JobId}: {Outcome}, after {Seconds:F3} s")]
    public static partial void JobEnded(this ILogger log, Guid jobId, string outcome, double seconds);

    [LoggerMessage(104, LogLevel.Warning, "Job {JobId}: the lease was lost; what was done is thrown away")]
    public static partial void LeaseLost(this ILogger log, Guid jobId);

    [LoggerMessage(105, LogLevel.Error, "Job {JobId}: the attempt failed")]
    public static partial void AttemptFailed(this ILogger log, Guid jobId, Exception exception);

    [LoggerMessage(106, LogLevel.Warning, "The store: {Fault}")]
    public static partial void StoreFailed(this ILogger log, string fault);

    [LoggerMessage(107, LogLevel.Warning, "Device {Device} ({Name}): {Message}")]
    public static partial void DeviceIncident(this ILogger log, string device, string name, string message);

    [LoggerMessage(108, LogLevel.Information, "Circuit {KeyHash} ({Name}) is registered")]
    public static partial void CircuitRegistered(this ILogger log, string keyHash, string name);

    [LoggerMessage(109, LogLevel.Information, "Reaped: {Requeued} requeued, {Poisoned} poisoned, {Expired} expired")]
    public static partial void Reaped(this ILogger log, int requeued, int poisoned, int expired);

    [LoggerMessage(110, LogLevel.Error, "Upkeep failed")]
    public static partial void UpkeepFailed(this ILogger log, Exception exception);

    [LoggerMessage(111, LogLevel.Error, "A fault of the service; the worker goes on")]
    public static partial void LoopFailed(this ILogger log, Exception exception);
}
