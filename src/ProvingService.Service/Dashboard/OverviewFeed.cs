// Owns: the dashboard's two answers that REST does not have: the queue at this moment as a stream, and the last hour. A tenant sees its
// own jobs, administrators those of all. The queue's figures are the whole queue's, as GetCapacity says them to everyone.

using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>What is going on. Safe for concurrent use; viewers of one tenant share their snapshots.</summary>
internal sealed class OverviewFeed(FaceParts parts, JobHistory history)
{
    /// <summary>Jobs under way that are shown one by one.</summary>
    private const int MostActive = 30;

    private const int MostEvents = 500;

    /// <summary>Between two snapshots to one viewer: twice a second is as fast as one reads.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    /// <summary>Below <see cref="Pace"/>, so that a snapshot is never older than the change that asked for it.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMilliseconds(400);

    /// <summary>Figures such as workers change without a signal.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>A comment so often keeps proxies from closing the stream.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>A stream ends after this, so that its viewer comes again and is asked who it is: keys are revoked, and tokens end.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(5);

    private static readonly JobState[] Held = [JobState.Leased, JobState.Proving, JobState.Verifying];

    private readonly Lock gate = new();
    private readonly Dictionary<string, (DateTimeOffset At, Task<byte[]> Snapshot)> known = [];

    /// <summary>Sends snapshots until the viewer goes or the service stops.</summary>
    public async Task StreamAsync(HttpContext http, Caller caller)
    {
        using RateLease stream = parts.Rates.AdmitStream(caller);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, parts.Stopping);
        byte[] sent = await LookAsync(caller).ConfigureAwait(false);
        http.Response.ContentType = RestStream.EventsType;
        http.Response.Headers.CacheControl = "no-store";

        // nginx would keep events back until it has a page of them.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await SendAsync(http, sent).ConfigureAwait(false);
            DateTimeOffset last = parts.Time.GetUtcNow(), end = last + LongestStream;
            while (parts.Time.GetUtcNow() < end)
            {
                Task next = parts.Signals.NextOfAny();
                await Task.Delay(Pace, ending.Token).ConfigureAwait(false);
                byte[] snapshot = await LookAsync(caller).ConfigureAwait(false);
                if (!snapshot.AsSpan().SequenceEqual(sent))
                {
                    (sent, last) = (snapshot, parts.Time.GetUtcNow());
                    await SendAsync(http, sent).ConfigureAwait(false);
                }
                else if (parts.Time.GetUtcNow() - last > Heartbeat)
                {
                    last = parts.Time.GetUtcNow();
                    await RestAnswers.SendAsync(http, ": \n\n"u8.ToArray(), parts.Options.WriteTimeout).ConfigureAwait(false);
                }

                await Task.WhenAny(next, Task.Delay(LongestWait, ending.Token)).ConfigureAwait(false);
                ending.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or StoreException)
        {
            // The viewer has gone, or comes again: a stream that has begun can only end.
        }
    }

    /// <summary>Answers with the last hour.</summary>
    public Task SendHistoryAsync(HttpContext http, Caller caller)
    {
        HistoryView view = history.Look(TenantOf(caller));
        byte[] body = Write(json =>
        {
            json.WriteString("since", view.Since);
            WriteSeconds(json, "median", view.Median);
            WriteSeconds(json, "slow", view.Slow);
            json.WriteStartObject("reasons");
            foreach ((FailureReason reason, int count) in view.Reasons)
            {
                json.WriteNumber(NameOf<Contract.FailureReason>(Contract.ProvingReflection.Descriptor, (int)reason), count);
            }

            json.WriteEndObject();
            json.WriteStartArray("minutes");
            foreach (HistoryMinute minute in view.Minutes)
            {
                json.WriteStartObject();
                json.WriteString("begin", minute.Begin);
                json.WriteNumber("done", minute.Done);
                json.WriteNumber("failed", minute.Failed);
                json.WriteNumber("stopped", minute.Stopped);
                WriteSeconds(json, "median", minute.Median);
                WriteSeconds(json, "slow", minute.Slow);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
        http.Response.ContentType = RestAnswers.Json;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        return RestAnswers.SendAsync(http, body, parts.Options.WriteTimeout);
    }

    private static string? TenantOf(Caller caller) => caller.IsAdmin ? null : caller.Tenant;

    /// <summary>The name of an enum's value in the contract's JSON.</summary>
    private static string NameOf<TEnum>(FileDescriptor file, int number) =>
        file.EnumTypes.Single(type => type.ClrType == typeof(TEnum)).FindValueByNumber(number).Name;

    private static void WriteSeconds(Utf8JsonWriter json, string name, double? seconds)
    {
        if (seconds is { } value)
        {
            json.WriteNumber(name, Math.Round(value, 4));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static byte[] Write(Action<Utf8JsonWriter> fill)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            fill(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private Task SendAsync(HttpContext http, byte[] snapshot) => RestAnswers.SendAsync(
        http, Encoding.UTF8.GetBytes($"event: overview\ndata: {Encoding.UTF8.GetString(snapshot)}\n\n"), parts.Options.WriteTimeout);

    private Task<byte[]> LookAsync(Caller caller)
    {
        string key = caller.IsAdmin ? "*" : "=" + caller.Tenant;
        lock (gate)
        {
            DateTimeOffset now = parts.Time.GetUtcNow();
            if (known.TryGetValue(key, out (DateTimeOffset At, Task<byte[]> Snapshot) entry) && now - entry.At < Life)
            {
                return entry.Snapshot;
            }

            foreach (string old in known.Where(pair => now - pair.Value.At > Heartbeat).Select(pair => pair.Key).ToList())
            {
                known.Remove(old);
            }

            // It is for all viewers of the tenant: none of them ends it.
            Task<byte[]> snapshot = MakeAsync(TenantOf(caller), parts.Stopping);
            known[key] = (now, snapshot);
            return snapshot;
        }
    }

    private async Task<byte[]> MakeAsync(string? tenant, CancellationToken cancellation)
    {
        QueueEstimate.View queue = await parts.Queue.LookAsync(cancellation).ConfigureAwait(false);
        IReadOnlyList<JobRecord> held = await parts.Store.ListJobsAsync(
            new JobFilter { Tenant = tenant, States = Held, Limit = MostActive }, cancellation).ConfigureAwait(false);
        var active = new List<(JobRecord Job, CircuitRecord? Circuit, double? Progress)>();
        foreach (JobRecord job in held)
        {
            var meter = new ProgressMeter();
            double progress = 0;
            foreach (JobEvent happened in await parts.Store.ListEventsAsync(job.Id, 0, MostEvents, cancellation).ConfigureAwait(false))
            {
                progress = meter.After(happened);
            }

            active.Add((job, await FindCircuitAsync(job, cancellation).ConfigureAwait(false), Math.Round(progress, 3)));
        }

        var latest = new List<(JobRecord Job, CircuitRecord? Circuit, double? Progress)>();
        foreach (JobRecord job in history.Look(tenant).Latest)
        {
            latest.Add((job, await FindCircuitAsync(job, cancellation).ConfigureAwait(false), null));
        }

        return Write(json =>
        {
            json.WriteStartObject("queue");
            foreach (JobState state in (JobState[])[JobState.Queued, .. Held])
            {
                json.WriteNumber(state.ToString().ToLowerInvariant(), queue.Figures.Jobs.GetValueOrDefault(state));
            }

            json.WriteNumber("limit", parts.Options.MaxQueued);
            if (queue.Figures.OldestWaiting is { } oldest)
            {
                json.WriteString("oldestWaiting", oldest);
            }

            WriteSeconds(json, "expectedWait", queue.WaitOf(0)?.TotalSeconds);
            json.WriteEndObject();
            json.WriteStartObject("workers");
            json.WriteNumber("count", queue.Live.Count);
            json.WriteNumber("slots", queue.Live.Sum(worker => worker.Slots));
            json.WriteNumber("busy", queue.Live.Sum(worker => worker.Busy));
            json.WriteEndObject();
            WriteJobs(json, "active", active, forAdmin: tenant is null);
            WriteJobs(json, "latest", latest, forAdmin: tenant is null);
        });
    }

    private static void WriteJobs(
        Utf8JsonWriter json, string name, IEnumerable<(JobRecord Job, CircuitRecord? Circuit, double? Progress)> jobs, bool forAdmin)
    {
        json.WriteStartArray(name);
        foreach ((JobRecord job, CircuitRecord? circuit, double? progress) in jobs)
        {
            json.WriteStartObject();
            json.WriteString("circuit", circuit?.Name ?? "");
            if (progress is { } part)
            {
                json.WriteNumber("progress", part);
            }

            json.WritePropertyName("job");
            json.WriteRawValue(RestAnswers.Format(JobMessages.ToMessage(job, circuit?.CircuitHash ?? "", forAdmin, null)), skipInputValidation: true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private async ValueTask<CircuitRecord?> FindCircuitAsync(JobRecord job, CancellationToken cancellation) =>
        await parts.Circuits.FindAsync(job.Submitted.KeyHash, cancellation).ConfigureAwait(false);
}
