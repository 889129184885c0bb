// Owns: the question who calls, as the host asks it, and its answer where nobody is asked. By credentials: CredentialCallers.cs.

using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>Finds out who calls. Safe for concurrent use.</summary>
internal interface ICallerSource
{
    /// <summary>Whether callers must say who they are.</summary>
    bool IsRequired { get; }

    /// <summary>The caller, or null where the request says nothing of who that is.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">What it says is not valid, or it was wrong too often.</exception>
    ValueTask<Caller?> FindAsync(HttpContext request);
}

/// <summary>Where nobody is asked, since only this machine can reach the service.</summary>
internal sealed class LocalCallers : ICallerSource
{
    /// <inheritdoc/>
    public bool IsRequired => false;

    /// <inheritdoc/>
    public ValueTask<Caller?> FindAsync(HttpContext request) => ValueTask.FromResult<Caller?>(Caller.Local);
}
