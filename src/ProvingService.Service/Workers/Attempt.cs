// Owns: one attempt at a job, from its inputs to the outcome that its lease ends with. Never: writes to the store.

using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using ProvingService.Circuits;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Service;

/// <summary>Why an attempt is to stop.</summary>
internal enum StopReason
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>The client wants the job no more.</summary>
    Cancel,

    /// <summary>The job's deadline passed.</summary>
    Deadline,

    /// <summary>The lease is lost: nothing is to be written.</summary>
    Lost,

    /// <summary>The worker ends: the job goes back.</summary>
    HandBack,
}

/// <summary>
/// An attempt at a job. Phases are noted as they begin and end; the worker collects them for its reports. What the inputs
/// hold goes into no message: messages name signals, constraints and bytes' positions alone.
/// </summary>
internal sealed class Attempt(LeasedJob leased, WorkerParts parts) : IProgress<PhaseChange>
{
    private readonly Lock gate = new();

    /// <summary>Never disposed: a late word to stop must find it, and without timers it holds nothing.</summary>
    private readonly CancellationTokenSource stop = new();
    private readonly List<PhaseMark> marks = [];
    private readonly long start = Stopwatch.GetTimestamp();
    private readonly List<(string Phase, TimeSpan Begun, TimeSpan? Ended)> spans = [];
    private StopReason reason;
    private JobState state = JobState.Leased;

    /// <summary>The lease.</summary>
    public Lease Lease => leased.Lease;

    /// <summary>The job.</summary>
    public JobRecord Job => leased.Job;

    /// <summary>When the worker last heard that the lease holds, by the clock of <see cref="Stopwatch"/>.</summary>
    public long Confirmed { get; set; } = Stopwatch.GetTimestamp();

    /// <summary>Whether there is something to report.</summary>
    public bool HasMarks
    {
        get
        {
            lock (gate)
            {
                return marks.Count > 0;
            }
        }
    }

    /// <summary>What happened since this was last called, and the state of the job now.</summary>
    public (JobState State, IReadOnlyList<PhaseMark> Marks) TakeMarks()
    {
        lock (gate)
        {
            PhaseMark[] taken = [.. marks];
            marks.Clear();
            return (state, taken);
        }
    }

    /// <summary>Puts marks back that could not be reported.</summary>
    public void ReturnMarks(IReadOnlyList<PhaseMark> taken)
    {
        lock (gate)
        {
            marks.InsertRange(0, taken);
        }
    }

    /// <summary>Stops the work. The first reason counts.</summary>
    public void Stop(StopReason why)
    {
        lock (gate)
        {
            if (reason == StopReason.None)
            {
                reason = why;
            }
        }

        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended by itself meanwhile, as one does whose lease the store no longer knows because it just finished.
        }
    }

    /// <inheritdoc/>
    public void Report(PhaseChange value) => Mark(Phases.NameOf(value.Phase), value.HasEnded);

    /// <summary>Works until there is an outcome; null where the lease is lost.</summary>
    public async Task<LeaseOutcome?> RunAsync()
    {
        NewJob job = leased.Job.Submitted;
        using ITimer? deadline = job.Deadline is { } at ? parts.Time.CreateTimer(
            _ => Stop(StopReason.Deadline), null, Clamp(at - parts.Time.GetUtcNow()), Timeout.InfiniteTimeSpan) : null;
        try
        {
            if (leased.Job.CancelRequested)
            {
                Stop(StopReason.Cancel);
            }

            return await ProveAsync(job).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            lock (gate)
            {
                return reason switch
                {
                    StopReason.Cancel => new LeaseOutcome.Cancelled(),
                    StopReason.Deadline => new LeaseOutcome.Expired(),
                    StopReason.HandBack => new LeaseOutcome.HandedBack(),
                    _ => null,
                };
            }
        }
        catch (InvalidInputException e)
        {
            return Fail(FailureReason.InputInvalid, Redaction.Of(e.Message));
        }
        catch (RequestRefusedException e)
        {
            return Fail(FailureReason.InputInvalid, Redaction.Of(e.Message));
        }
        catch (UnsatisfiedConstraintException e)
        {
            return Fail(FailureReason.WitnessUnsatisfied, Redaction.Of(e.Failure));
        }
        catch (UnsatisfiedKeyException)
        {
            return job.InputKind == InputKind.Json
                ? Fail(FailureReason.KeyDamaged, "the witness satisfies the circuit and yet the proof is false: the key does not belong to it. Register the circuit again.")
                : Fail(FailureReason.WitnessUnsatisfied, "the witness does not satisfy the circuit of the key; check it with: zkps circuit check --r1cs FILE --wtns FILE.");
        }
        catch (InvalidFileException e) when (job.InputKind == InputKind.Witness && !e.File.StartsWith(parts.Vault.Root + "/objects", StringComparison.Ordinal))
        {
            return Fail(FailureReason.InputInvalid, $"the witness: {Redaction.Of(Strip(e.Message))}");
        }
        catch (ArgumentException e) when (job.InputKind == InputKind.Witness)
        {
            return Fail(FailureReason.InputInvalid, Redaction.Of(e.Message));
        }
        catch (InvalidFileException e)
        {
            return Fail(FailureReason.KeyDamaged, Strip(e.Message));
        }
        catch (InsecureKeyException e)
        {
            return Fail(FailureReason.KeyDamaged, Strip(e.Message));
        }
        catch (OutOfMemoryException)
        {
            return Retry(FailureReason.OutOfMemory, "the worker had not enough memory.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Fail(FailureReason.KeyDamaged, "the file of the key or of the circuit is not in the shared folder; register the circuit again.");
        }
        catch (IOException e)
        {
            parts.Log.AttemptFailed(Job.Id, e);
            return Retry(FailureReason.StorageFailed, "the shared folder cannot be read or written; the worker's log says more.");
        }
#pragma warning disable CA1031 // Whatever a job makes a worker throw, the worker goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            parts.Log.AttemptFailed(Job.Id, e);
            return Retry(FailureReason.Internal, $"a fault of the service ({e.GetType().Name}); the worker's log says more.");
        }
    }

    private static TimeSpan Clamp(TimeSpan time) =>
        time <= TimeSpan.Zero ? TimeSpan.Zero : time > TimeSpan.FromDays(40) ? TimeSpan.FromDays(40) : time;

    private async Task<LeaseOutcome> ProveAsync(NewJob job)
    {
        CircuitRecord? record = await parts.Circuits.FindAsync(job.KeyHash, stop.Token).ConfigureAwait(false);
        if (record is null || record.Retired)
        {
            return Fail(FailureReason.CircuitRetired, "the circuit takes no more jobs.");
        }

        Mark(Phases.Key, false);
        using KeyUse use = await parts.Keys.UseAsync(record, stop.Token).ConfigureAwait(false);
        Mark(Phases.Key, true);

        Mark(Phases.Witness, false);
        var input = new JobInput(job.InputKind, leased.InlineInput, leased.InlineInput is null ? parts.Vault.InputOf(job.Id) : null);
        if ((input.Path is not null && !File.Exists(input.Path)) || !await input.HasHashAsync(job.InputHash, stop.Token).ConfigureAwait(false))
        {
            return Fail(FailureReason.InputLost, "the job's inputs are not in the shared folder, or damaged; submit the job again.");
        }

        EngineChoice engine = parts.Engines.Choose(job.Device);

        // A thread of its own: proofs take long, and the pool's threads are for what waits.
        FinishedProof proof = await Task.Factory.StartNew(
            () => use.Circuit.Prove(input, engine, this, stop.Token), stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        byte[] receipt = WriteReceipt(record, engine, proof).ToByteArray();
        return new LeaseOutcome.Done(new JobProof(proof.Proof, proof.PublicInputs, receipt, parts.Signer.Sign(receipt)));
    }

    private ReceiptBody WriteReceipt(CircuitRecord record, EngineChoice engine, FinishedProof proof)
    {
        var body = new ReceiptBody
        {
            JobId = JobNames.Write(Job.Id),
            KeyHash = record.KeyHash,
            CircuitHash = record.CircuitHash,
            VerificationKeyHash = Hashes.Of(record.VerificationKey),
            PublicInputsHash = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(proof.PublicInputs)),
            ProofHash = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(proof.Proof)),
            Engine = engine.Id == "cpu" ? $"cpu/{parts.Kernels}" : engine.Id,
            Device = engine.Devices.Count == 0 ? parts.Processor : string.Join(", ", engine.Devices.Select(device => device.Name)),
            Driver = string.Join(", ", engine.Devices.Select(device => device.DriverVersion)),
            Elapsed = Duration.FromTimeSpan(Stopwatch.GetElapsedTime(start)),
            Finished = Timestamp.FromDateTimeOffset(parts.Time.GetUtcNow()),
            Version = ServiceVersion.Text,
            Worker = parts.WorkerId,
        };
        lock (gate)
        {
            foreach ((string phase, TimeSpan begun, TimeSpan? ended) in spans)
            {
                body.Phases.Add(new PhaseTime
                {
                    Phase = Phases.ToMessage(phase),
                    Begun = Duration.FromTimeSpan(begun),
                    Elapsed = Duration.FromTimeSpan((ended ?? Stopwatch.GetElapsedTime(start)) - begun),
                });
            }
        }

        return body;
    }

    /// <summary>Notes a phase. The witness has begun before the prover says so: it is found first.</summary>
    private void Mark(string phase, bool ended)
    {
        lock (gate)
        {
            int open = spans.FindLastIndex(span => span.Phase == phase && span.Ended is null);
            if (ended != open >= 0)
            {
                return;
            }

            TimeSpan now = Stopwatch.GetElapsedTime(start);
            if (ended)
            {
                spans[open] = spans[open] with { Ended = now };
                parts.Metrics.PhaseEnded(phase, now - spans[open].Begun);
            }
            else
            {
                spans.Add((phase, now, null));
                state = phase == Phases.Checks ? JobState.Verifying : phase is Phases.Key or Phases.Witness ? JobState.Leased : JobState.Proving;
            }

            marks.Add(new(parts.Time.GetUtcNow(), phase, ended, state));
        }
    }

    private LeaseOutcome Fail(FailureReason why, string message) => new LeaseOutcome.Failed(why, message);

    private LeaseOutcome Retry(FailureReason why, string message)
    {
        int attempts = Job.Attempts;
        if (attempts >= parts.Options.MaxAttempts)
        {
            return new LeaseOutcome.Failed(why, $"{message} That was attempt {attempts} of {parts.Options.MaxAttempts}.");
        }

        TimeSpan rest = parts.Options.FirstRest * Math.Pow(2, Math.Max(0, attempts - 1));
        return new LeaseOutcome.Retry(why, message, rest < parts.Options.LongestRest ? rest : parts.Options.LongestRest);
    }

    /// <summary>Paths are the operator's and not the client's.</summary>
    private string Strip(string message) => message.Replace(parts.Vault.Root + "/", "", StringComparison.Ordinal);
}
