// Owns: whether a submission is taken: its form, the circuit's state, deadlines and memory. The queue's bounds: the store. Rates: RateGate.

using System.Globalization;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>Checks submissions and makes jobs of them.</summary>
internal sealed class Admission(FaceParts parts)
{
    private const int MaxPriority = 10, MaxIdempotencyKey = 128, MaxLabelName = 64, MaxLabelValue = 256, MaxDevice = 64;

    /// <summary>The circuit of a submission, if it takes such inputs.</summary>
    public async Task<CircuitRecord> RequireCircuitAsync(string name, InputKind kind, CancellationToken cancellation)
    {
        CircuitRecord circuit = await parts.FindCircuitAsync(name, cancellation).ConfigureAwait(false);
        return kind == InputKind.Json && circuit.Program.Length == 0
            ? throw Refuse.Precondition($"the circuit {circuit.Name} has no witness program here: compute the witness and bring it with SubmitWitness.")
            : circuit;
    }

    /// <summary>Fails where inputs are no JSON object; what the circuit asks for is found out when the witness is computed.</summary>
    public static void RequireJson(string inputs)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(inputs));
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Refuse.Invalid("inputs", "a JSON object is expected.");
            }

            reader.Skip();
            if (reader.Read())
            {
                throw Refuse.Invalid("inputs", "one JSON object and nothing after it is expected.");
            }
        }
        catch (JsonException e)
        {
            throw Refuse.Invalid("inputs", string.Create(
                CultureInfo.InvariantCulture, $"not JSON, at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."));
        }
    }

    /// <summary>Fails where a file of this size cannot be a witness of the circuit.</summary>
    public static void RequireWitnessSize(CircuitRecord circuit, long size)
    {
        const int Sections = 76, Element = 32;
        long expected = Sections + (circuit.Wires * Element);
        if (size < circuit.Wires * Element || size > expected + 4096)
        {
            throw Refuse.Invalid("header.size", $"{size} bytes; the .wtns of this circuit's {circuit.Wires} wires has {expected}.");
        }
    }

    /// <summary>
    /// The job of a submission, but for its inputs; and, where no such job is taken now, the refusal, which does not hold if it
    /// was accepted before or its proof is there already.
    /// </summary>
    public async Task<(NewJob Job, RpcException? Refusal)> PrepareAsync(Caller caller, CircuitRecord circuit, InputKind kind, JobOptions options, CancellationToken cancellation)
    {
        if (options.Priority is < -MaxPriority or > MaxPriority)
        {
            throw Refuse.Invalid("options.priority", $"{-MaxPriority} to {MaxPriority}.");
        }

        if (options.IdempotencyKey.Length > MaxIdempotencyKey)
        {
            throw Refuse.Invalid("options.idempotency_key", $"at most {MaxIdempotencyKey} characters.");
        }

        if (options.Labels.Count > parts.Options.MaxLabels)
        {
            throw Refuse.Invalid("options.labels", $"at most {parts.Options.MaxLabels}.");
        }

        foreach ((string name, string value) in options.Labels)
        {
            if (name.Length is 0 or > MaxLabelName || name.Contains('=', StringComparison.Ordinal) || value.Length > MaxLabelValue || HasControl(name) || HasControl(value))
            {
                throw Refuse.Invalid("options.labels", $"names of 1 to {MaxLabelName} characters without '=', values of at most {MaxLabelValue}, no control characters.");
            }
        }

        if (options.Device.Length > MaxDevice || HasControl(options.Device) || HasControl(options.IdempotencyKey))
        {
            throw Refuse.Invalid("options", $"a device's name has at most {MaxDevice} characters, and no option has control characters.");
        }

        string device = options.Device is "auto" ? "" : options.Device;
        DateTimeOffset now = parts.Time.GetUtcNow();
        DateTimeOffset? deadline = ReadDeadline(options);
        QueueEstimate.View queue = await parts.Queue.LookAsync(cancellation).ConfigureAwait(false);
        RpcException? refusal = CheckRetired(circuit) ?? CheckRoom(circuit, queue) ?? CheckDevice(device, queue);
        if (refusal is null && deadline is { } at)
        {
            TimeSpan needed = (queue.WaitOf(options.Priority) ?? TimeSpan.Zero) + TimeSpan.FromMicroseconds(circuit.Cost);
            if (at <= now + needed)
            {
                refusal = new RpcException(new Status(StatusCode.DeadlineExceeded, string.Create(
                    CultureInfo.InvariantCulture,
                    $"options.deadline: it is {(at - now).TotalSeconds:F1} s from now, and the proof is expected in {needed.TotalSeconds:F1} s. Nothing was accepted.")));
            }
        }

        if (refusal is not null && options is { IdempotencyKey: "", AllowCached: false })
        {
            throw refusal;
        }

        var job = new NewJob
        {
            Id = JobNames.Create(parts.Time),
            Tenant = caller.Tenant,
            KeyHash = circuit.KeyHash,
            InputKind = kind,
            InputHash = "",
            InputLength = 0,
            IdempotencyKey = options.IdempotencyKey.Length == 0 ? null : options.IdempotencyKey,
            ContentHash = "",
            Priority = options.Priority,
            Deadline = deadline,
            Labels = options.Labels.ToDictionary(),
            Device = device,
            Cost = Math.Max(1, circuit.Cost),
            MemoryBytes = circuit.MemoryBytes,
            AllowCached = options.AllowCached,
        };
        return (job, refusal);
    }

    /// <summary>The job with its inputs. What makes two submissions the same: all but the deadline, which a client that tries again counts anew.</summary>
    public static NewJob Complete(NewJob job, string inputHash, long inputLength, byte[]? inline)
    {
        var content = new StringBuilder();
        content.Append(CultureInfo.InvariantCulture, $"{job.KeyHash}\n{job.InputKind}\n{inputHash}\n{job.Priority}\n{job.Device}\n{job.AllowCached}\n");
        foreach ((string name, string value) in job.Labels.OrderBy(label => label.Key, StringComparer.Ordinal))
        {
            content.Append(CultureInfo.InvariantCulture, $"{name}={value}\n");
        }

        return job with
        {
            InputHash = inputHash,
            InputLength = inputLength,

            // A bare null would become empty memory: an array converts to it.
            InlineInput = inline is null ? default(ReadOnlyMemory<byte>?) : inline.AsMemory(),
            ContentHash = Hashes.Of(content.ToString()),
        };
    }

    private static DateTimeOffset? ReadDeadline(JobOptions options)
    {
        try
        {
            return options.Deadline?.ToDateTimeOffset();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw Refuse.Invalid("options.deadline", "a time between the years 1 and 9999 is expected.");
        }
    }

    private static RpcException? CheckRetired(CircuitRecord circuit) =>
        circuit.Retired ? Refuse.Precondition($"the circuit {circuit.Name} is retired and takes no more jobs.") : null;

    /// <summary>Refuses where all workers that were heard of have too little memory, ever.</summary>
    private static RpcException? CheckRoom(CircuitRecord circuit, QueueEstimate.View queue) =>
        queue.Live.Count > 0 && queue.Live.Max(worker => worker.MemoryBytes) is long most && most < circuit.MemoryBytes
            ? Refuse.Exhausted(
                $"a proof of {circuit.Name} takes {circuit.MemoryBytes >> 20} MiB and the largest worker has {most >> 20} MiB for jobs.", TimeSpan.FromSeconds(60))
            : null;

    private static RpcException? CheckDevice(string device, QueueEstimate.View queue) =>
        device.Length > 0 && queue.Live.Count > 0
        && !queue.Live.Any(worker => Contract.Worker.Parser.ParseJson(worker.Devices).Devices.Any(known => known.Id == device || known.Name == device) || IsUuid(device))
            ? Refuse.Precondition($"options.device: no worker that was heard of has '{device}'; GetCapacity shows what there is.")
            : null;

    private static bool IsUuid(string device) => device.Length >= 32 && !device.Contains(':', StringComparison.Ordinal);

    private static bool HasControl(string text) => text.Any(char.IsControl);
}
