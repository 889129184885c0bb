// Owns: where a coordinator's things are: folder, document, addresses, certificates. Limits: CeremonyOptions.cs.

using System.Net;

namespace ProvingService.Ceremony;

/// <summary>What a coordinator is started with.</summary>
public sealed record CeremonySetup
{
    /// <summary>The folder that holds everything; made where it is missing, for its owner alone.</summary>
    public required string Folder { get; init; }

    /// <summary>The ceremony's document; needed to begin, and afterwards only compared.</summary>
    public string? Document { get; init; }

    /// <summary>Where gRPC listens.</summary>
    public IPEndPoint Grpc { get; init; } = new(IPAddress.Loopback, 7430);

    /// <summary>Where the page listens.</summary>
    public IPEndPoint Web { get; init; } = new(IPAddress.Loopback, 7431);

    /// <summary>The server's certificate (PEM), followed by intermediate ones; null for clear text.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its private key (PEM, not encrypted).</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>Whether a proxy in front of it encrypts, and limits by address: then it may listen beyond loopback in clear text.</summary>
    public bool BehindProxy { get; init; }

    /// <summary>Limits.</summary>
    public CeremonyOptions Options { get; init; } = new();
}
