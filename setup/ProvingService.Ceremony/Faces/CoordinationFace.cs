// Owns: the contract's service for the operator.

using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Contract.Ceremonies;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>Coordination. Safe for concurrent use.</summary>
internal sealed class CoordinationFace(Coordinator coordinator, Admission admission, TimeProvider time, ILogger log) : Coordination.CoordinationBase
{
    /// <inheritdoc/>
    public override Task<CeremonyView> Close(CloseRequest request, ServerCallContext context) => Run(context, coordinator.Close);

    /// <inheritdoc/>
    public override Task<CeremonyView> Finalise(FinaliseRequest request, ServerCallContext context) =>
        Run(context, () => coordinator.Finalise(request.Beacon.ToByteArray()));

    private Task<CeremonyView> Run(ServerCallContext context, Action change)
    {
        admission.RequireAdmin(context);
        try
        {
            change();
            return Task.FromResult(Views.Of(coordinator, time.GetUtcNow()));
        }
        catch (Exception e) when (e is StoreException or IOException)
        {
            log.DiskFault(e);
            throw Refuse.Store(e);
        }
    }
}
