// Owns: where a service is: its store, folder, addresses, certificates and devices. Limits: ServiceOptions.

using System.Net;
using ProvingService.Gpu;

namespace ProvingService.Service;

/// <summary>Where a service is.</summary>
public sealed record ServiceSetup
{
    /// <summary>The folder for the database, keys and inputs. Workers on other machines share it.</summary>
    public required string Folder { get; init; }

    /// <summary><c>postgres://user:password@host:port/database</c>, or null for the SQLite file <c>service.db</c> in the folder.</summary>
    public string? Store { get; init; }

    /// <summary>Where gRPC listens (HTTP/2). Port 0 takes any free one.</summary>
    public IPEndPoint Grpc { get; init; } = new(IPAddress.Loopback, 7410);

    /// <summary>Where REST, the dashboard and metrics listen (HTTP/1.1). Port 0 takes any free one.</summary>
    public IPEndPoint Web { get; init; } = new(IPAddress.Loopback, 7411);

    /// <summary>How many workers this process runs; 0 for a front end only.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>The devices that prove; none for the processor.</summary>
    public IReadOnlyList<GpuDeviceInfo> Devices { get; init; } = [];

    /// <summary>Whether the devices were asked for by name, and not found by themselves.</summary>
    public bool DevicesByName { get; init; }

    /// <summary>What tuning found out about the devices.</summary>
    public GpuTuning Tuning { get; init; } = GpuTuning.Default;

    /// <summary>Who may call, and how that is proved.</summary>
    public SecuritySetup Security { get; init; } = new();

    /// <summary>Where measurements and traces go by OTLP, such as <c>http://collector:4317</c>; null for nowhere.</summary>
    public Uri? Otlp { get; init; }

    /// <summary>Logs as one JSON object a line, for machines; else as text.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Limits.</summary>
    public ServiceOptions Options { get; init; } = new();
}

/// <summary>Who may call, and how that is proved.</summary>
public sealed record SecuritySetup
{
    /// <summary>Whether callers must say who they are, by API key or token. Without it, only loopback addresses may be listened on.</summary>
    public bool RequireAuthentication { get; init; }

    /// <summary>
    /// Whether addresses beyond loopback may be listened on without TLS. For where a proxy or the network's own encryption carries the
    /// calls: API keys and tokens go over the wire as they are.
    /// </summary>
    public bool AllowCleartext { get; init; }

    /// <summary>The server's certificate (PEM); null for cleartext.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Its private key (PEM).</summary>
    public string? CertificateKeyFile { get; init; }

    /// <summary>
    /// Roots of client certificates (PEM): then every client must have one (mTLS), and who brings neither key nor token is the tenant that
    /// its certificate's common name says, with the scopes <c>submit</c> and <c>read</c>.
    /// </summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Public keys (PEM, P-256) whose ES256 tokens are taken; empty for none.</summary>
    public IReadOnlyList<string> TokenKeyFiles { get; init; } = [];

    /// <summary>The <c>iss</c> that tokens must have; null for any.</summary>
    public string? TokenIssuer { get; init; }

    /// <summary>The <c>aud</c> that tokens must have.</summary>
    public string TokenAudience { get; init; } = "proving-service";

    /// <summary>Whether a caller must be known, by any of these.</summary>
    internal bool AsksCallers => RequireAuthentication || ClientCaFile is not null;
}

/// <summary>A setup that cannot be: what is wrong, and what to do.</summary>
public sealed class SetupException(string message) : Exception(message);
