// Owns: jobs, events and proofs as messages.

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Algebra;
using ProvingService.Contract;
using ProvingService.Groth16;

namespace ProvingService.Service;

/// <summary>From records to messages.</summary>
internal static class JobMessages
{
    /// <summary>A job.</summary>
    /// <param name="job">The record.</param>
    /// <param name="circuitHash">The hash of its constraint system, or empty.</param>
    /// <param name="forAdmin">Whether the tenant is shown.</param>
    /// <param name="wait">How long it is likely to wait still, or null.</param>
    public static Job ToMessage(JobRecord job, string circuitHash, bool forAdmin, TimeSpan? wait)
    {
        NewJob submitted = job.Submitted;
        var message = new Job
        {
            Id = JobNames.Write(job.Id),
            KeyHash = submitted.KeyHash,
            CircuitHash = circuitHash,
            State = (Contract.JobState)job.State,
            Reason = (Contract.FailureReason)job.Reason,
            Message = job.Message,
            Sequence = (ulong)job.Sequence,
            Attempts = (uint)job.Attempts,
            Worker = job.Worker,
            Priority = submitted.Priority,
            Deadline = ToMessage(submitted.Deadline),
            Device = submitted.Device,
            Created = Timestamp.FromDateTimeOffset(job.Created),
            Started = ToMessage(job.Started),
            Finished = ToMessage(job.Finished),
            CachedFrom = job.CachedFrom is { } from ? JobNames.Write(from) : "",
            CancelRequested = job.CancelRequested && !job.State.IsFinal(),
            ExpectedWait = wait is { } time && job.State == JobState.Queued ? Duration.FromTimeSpan(time) : null,
            Tenant = forAdmin ? submitted.Tenant : "",
            IdempotencyKey = submitted.IdempotencyKey ?? "",
        };
        message.Labels.Add(submitted.Labels.ToDictionary());
        return message;
    }

    /// <summary>An event.</summary>
    public static Contract.JobEvent ToMessage(JobEvent happened, double progress) => new()
    {
        Sequence = (ulong)happened.Sequence,
        At = Timestamp.FromDateTimeOffset(happened.At),
        State = (Contract.JobState)happened.State,
        Phase = Phases.ToMessage(happened.Phase),
        Ended = happened.Ended,
        Attempt = (uint)happened.Attempt,
        Message = happened.Message,
        Progress = Math.Round(progress, 4),
    };

    /// <summary>A proof in every form.</summary>
    public static Proof ToMessage(Guid job, CircuitRecord circuit, JobProof kept, byte[] publicKey)
    {
        var message = CurveDispatch.Run(CurveMessages.Parse(circuit.Curve), new Forms(circuit, kept));
        message.JobId = JobNames.Write(job);
        message.Receipt = new Receipt
        {
            Body = ByteString.CopyFrom(kept.Receipt),
            Signature = ByteString.CopyFrom(kept.Signature),
            PublicKey = ByteString.CopyFrom(publicKey),
        };
        return message;
    }

    private static Timestamp? ToMessage(DateTimeOffset? time) => time is { } at ? Timestamp.FromDateTimeOffset(at) : null;

    private sealed class Forms(CircuitRecord circuit, JobProof kept) : ICurveAction<Proof>
    {
        public Proof Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            if (!CompressedProof.TryDecode(kept.Proof, out Proof<TCurve, TFp>? proof, out _)
                || !PublicInputsBytes.TryDecode(kept.PublicInputs, out TFr[]? inputs, out _))
            {
                throw new InvalidDataException("the store holds a proof that cannot be read.");
            }

            var message = new Proof
            {
                Curve = CurveMessages.ToMessage(circuit.Curve),
                Compressed = ByteString.CopyFrom(kept.Proof),
                SnarkjsProof = ProofJson.ToJson(proof),
                SnarkjsPublic = PublicInputsJson.ToJson<TFr>(inputs),
                SolidityCalldata = SolidityCalldata.ToText<TCurve, TFp, TFr>(proof, inputs),
            };
            for (int i = 0; i < inputs.Length; i++)
            {
                message.PublicInputs.Add(ByteString.CopyFrom(kept.PublicInputs.AsSpan(32 * i, 32)));
            }

            return message;
        }
    }
}
