// Owns: what all faces share, and the frame in which each call runs: who calls, what it may, and what faults become.

using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Grpc;

namespace ProvingService.Service;

/// <summary>What all faces share.</summary>
internal sealed class FaceParts
{
    public required ServiceOptions Options { get; init; }

    public required IServiceStore Store { get; init; }

    public required FileVault Vault { get; init; }

    public required Uploads Uploads { get; init; }

    public required CircuitRegistry Circuits { get; init; }

    public required KeyCache Keys { get; init; }

    public required JobSignals Signals { get; init; }

    public required QueueEstimate Queue { get; init; }

    public required RateGate Rates { get; init; }

    public required ReceiptSigner Signer { get; init; }

    public required ServiceMetrics Metrics { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Whether callers must say who they are.</summary>
    public required bool AuthenticationRequired { get; init; }

    /// <summary>Cancelled when the service stops: streams end then, so that their clients go elsewhere.</summary>
    public CancellationToken Stopping { get; init; }

    /// <summary>Who calls, if it has a scope.</summary>
    /// <exception cref="RpcException">It has not, or is nobody.</exception>
    public static Caller Require(ServerCallContext context, string scope)
    {
        Caller caller = context.GetHttpContext().Features.Get<Caller>()
            ?? throw new RpcException(new Status(StatusCode.Unauthenticated, "say who you are: an API key or a token in the header authorization, as: Bearer KEY."));
        return caller.Scopes.Contains(scope) ? caller : throw Refuse.Forbidden(scope);
    }

    /// <summary>Runs a call; faults of the store and the disk become statuses.</summary>
    public static async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw Refuse.Store(e);
        }
        catch (IOException e) when (e is not FileNotFoundException && IsDiskFault(e))
        {
            throw Refuse.Store(e);
        }
    }

    /// <summary>The circuit that a request names.</summary>
    /// <exception cref="RpcException">There is none, or more than one.</exception>
    public async Task<CircuitRecord> FindCircuitAsync(string name, CancellationToken cancellation)
    {
        if (!ServiceOptions.IsHash(name))
        {
            throw Refuse.Invalid("circuit", "the hash of a key or of a circuit is expected: 64 lower-case hex digits.");
        }

        IReadOnlyList<CircuitRecord> found = await Circuits.ResolveAsync(name, cancellation).ConfigureAwait(false);
        return found.Count switch
        {
            0 => throw Refuse.NotFound($"there is no circuit {name}; ListCircuits shows those that are registered."),
            1 => found[0],
            _ => throw Refuse.Precondition($"{found.Count} keys are registered for the circuit {name}; name one by the key's hash."),
        };
    }

    /// <summary>Disk full, quota, read-only: what an operator must see to.</summary>
    private static bool IsDiskFault(IOException fault)
    {
        const int NoSpace = 28, Quota = 122, ReadOnly = 30, Input = 5;
        return (fault.HResult & 0xffff) is NoSpace or Quota or ReadOnly or Input or 0x70 or 0x27;
    }
}
