// Owns: how a client says who it is, whom it trusts, and how long it tries.

using ProvingService.Grpc;

namespace ProvingService.Client;

/// <summary>Options of a <see cref="ProvingClient"/>.</summary>
public sealed record ProvingClientOptions
{
    /// <summary>An API key or an ES256 token; null where the service asks nobody.</summary>
    public string? Credential { get; init; }

    /// <summary>Roots and the client's certificate for <c>https</c>; null for the system's roots.</summary>
    public GrpcClientTls? Tls { get; init; }

    /// <summary>How long a call is tried again while the service is away. Default 30 s; zero for never.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
