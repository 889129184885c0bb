// Owns: the words of the protocol that server and client share: header names, the content type, which headers are reserved.
// Written from grpc/grpc, doc/PROTOCOL-HTTP2.md.

namespace ProvingService.Grpc.Wire;

internal static class GrpcProtocol
{
    public const string ContentType = "application/grpc";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Identity = "identity";
    public const string Gzip = "gzip";

    /// <summary>What both sides unpack.</summary>
    public const string Encodings = "identity,gzip";

    /// <summary>Carries a google.rpc.Status. It is the one name with the protocol's prefix that applications set.</summary>
    private const string StatusDetails = "grpc-status-details-bin";

    /// <summary>"application/grpc", alone or with a suffix or parameters; not "application/grpc-web", which also begins so.</summary>
    public static bool IsGrpc(ReadOnlySpan<char> contentType) =>
        contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');

    /// <summary>Headers of HTTP or of the protocol: applications neither see nor set them.</summary>
    /// <param name="name">In lower case.</param>
    public static bool IsReserved(string name) => name switch
    {
        "content-type" or "te" or "host" or "connection" or "keep-alive" or "proxy-connection" or "transfer-encoding" or "upgrade"
            or "content-length" or "content-encoding" or "accept-encoding" => true,
        StatusDetails => false,
        _ => name.Length == 0 || name[0] == ':' || name.StartsWith("grpc-", StringComparison.Ordinal),
    };
}
