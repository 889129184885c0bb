// Owns: the question who calls, as the host asks it. Answers: LocalCallers here, API keys and tokens beside.

using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>Finds out who calls.</summary>
internal interface ICallerSource
{
    /// <summary>Whether callers must say who they are.</summary>
    bool IsRequired { get; }

    /// <summary>The caller, or null where the request says nothing that is valid.</summary>
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
