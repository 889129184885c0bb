// Owns: who calls, as faces see it. How that is found out: Security/.

namespace ProvingService.Service;

/// <summary>What callers may do.</summary>
public static class Scopes
{
    /// <summary>Submit and cancel jobs.</summary>
    public const string Submit = "submit";

    /// <summary>See circuits and jobs, fetch proofs, verify.</summary>
    public const string Read = "read";

    /// <summary>Register and retire circuits, manage keys, and see the jobs of all tenants.</summary>
    public const string Admin = "admin";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Submit, Read, Admin];
}

/// <summary>By what a caller was known.</summary>
internal enum CallerKind
{
    /// <summary>By nothing: only this machine can reach the service.</summary>
    Local,

    /// <summary>By an API key.</summary>
    ApiKey,

    /// <summary>By a signed token.</summary>
    Token,

    /// <summary>By its TLS certificate.</summary>
    Certificate,
}

/// <summary>Who calls.</summary>
/// <param name="Kind">By what it was known. A token's subject may have the name of an API key and is somebody else all the same.</param>
/// <param name="Tenant">Whose jobs it sees and submits.</param>
/// <param name="Name">The name of the API key, or the token's subject; <c>local</c> where nobody is asked.</param>
/// <param name="Scopes">What it may do.</param>
internal sealed record Caller(CallerKind Kind, string Tenant, string Name, IReadOnlyCollection<string> Scopes)
{
    /// <summary>Whoever calls where nobody is asked: this machine's own users.</summary>
    public static Caller Local { get; } = new(CallerKind.Local, "local", "local", Service.Scopes.All);

    /// <summary>Whether it sees the jobs of all tenants.</summary>
    public bool IsAdmin => Scopes.Contains(Service.Scopes.Admin);
}
