// Owns: the contract's Capacity: who proves, how long the queue is, what the service is.

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>The service itself, for gRPC and REST alike.</summary>
internal sealed class CapacityFace(FaceParts parts) : Contract.Capacity.CapacityBase
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    /// <inheritdoc/>
    public override Task<CapacityReport> GetCapacity(GetCapacityRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        QueueEstimate.View view = await parts.Queue.LookAsync(context.CancellationToken).ConfigureAwait(false);
        var report = new CapacityReport
        {
            Queued = (ulong)view.Queued,
            QueueLimit = (ulong)parts.Options.MaxQueued,
            Active = (ulong)view.Active,
            ExpectedWait = view.WaitOf(0) is { } wait ? Duration.FromTimeSpan(wait) : null,
        };
        foreach (WorkerRecord record in view.Live)
        {
            Contract.Worker worker = Parser.Parse<Contract.Worker>(record.Devices);
            worker.Id = record.Id;
            worker.Host = record.Host;
            worker.Version = record.Version;
            worker.Slots = (uint)record.Slots;
            worker.Busy = (uint)record.Busy;
            worker.MemoryBytes = (ulong)record.MemoryBytes;
            worker.Started = Timestamp.FromDateTimeOffset(record.Started);
            worker.Seen = Timestamp.FromDateTimeOffset(record.Seen);
            report.Workers.Add(worker);
        }

        return report;
    });

    /// <inheritdoc/>
    public override Task<ServiceInfo> GetServiceInfo(GetServiceInfoRequest request, ServerCallContext context) => FaceParts.GuardAsync(() =>
    {
        Caller caller = FaceParts.Require(context, Scopes.Read);
        var info = new ServiceInfo
        {
            Version = ServiceVersion.Text,
            ReceiptKey = ByteString.CopyFrom(parts.Signer.PublicKey),
            AuthenticationRequired = parts.AuthenticationRequired,
            Tenant = caller.Tenant,
            MaxInputBytes = (ulong)parts.Options.MaxInputBytes,
            MaxWitnessBytes = (ulong)parts.Options.MaxWitnessBytes,
            MaxKeyBytes = (ulong)parts.Options.MaxKeyBytes,
        };
        info.Scopes.Add(caller.Scopes);
        return Task.FromResult(info);
    });
}
