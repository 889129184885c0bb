// Owns: every limit and hook of the server, with unit, default and reason, and what of them Kestrel itself must hold.

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ProvingService.Grpc;

/// <summary>
/// What the server allows and does. Set it up before the first call and leave it then; services that are mapped with the
/// same object share its limits by peer.
/// </summary>
public sealed class GrpcServerOptions
{
    /// <summary>
    /// The largest request message, in bytes, as it comes and unpacked. Default 4 MiB, gRPC's own: messages are held whole,
    /// so that a peer can hold this much for each of its streams.
    /// </summary>
    public int MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The largest response message, in bytes, before compression. Default 16 MiB: larger ones should be streamed, and
    /// clients take 4 MiB unless they are told otherwise.
    /// </summary>
    public int MaxSendMessageSize { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// How many bytes of responses wait for a peer to take them, for each stream. Default 64 KiB, the window with which
    /// HTTP/2 begins: more cannot be on its way at once to a client that does not enlarge it.
    /// </summary>
    public int MaxBufferedResponseBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Whether responses are packed with gzip for callers that accept it. Default false: most answers are short or random,
    /// as proofs are, and packing costs more than it saves.
    /// </summary>
    public bool CompressResponses { get; set; }

    /// <summary>The smallest response that is packed, in bytes. Default 1,024: shorter ones hardly shrink.</summary>
    public int CompressionThreshold { get; set; } = 1024;

    /// <summary>
    /// How long a peer may take none of the bytes that wait for it. Default 30 s: then its stream is reset and the memory
    /// freed, and if that cannot be sent either, the connection is closed. Kestrel itself waits for ever where a peer
    /// grants no window. <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a peer may take for its next whole message, once the server waits for it. Default 2 min, enough for 4 MiB
    /// at 35 kB/s. It stands in the place of Kestrel's least rate, which would end streams that have nothing to say.
    /// <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Streams at once on one connection. Default 100, the least that HTTP/2 recommends and Kestrel's own.</summary>
    public int MaxStreamsPerConnection { get; set; } = 100;

    /// <summary>
    /// Streams at once of one peer, over all its connections. Default 1,000: ten full connections. Past it calls end with
    /// RESOURCE_EXHAUSTED before anything of them is read.
    /// </summary>
    public int MaxStreamsPerPeer { get; set; } = 1000;

    /// <summary>
    /// Who a peer is, for <see cref="MaxStreamsPerPeer"/>; where it is null or gives null, the address (of IPv6 the first 64
    /// bits, which one subscriber has). Behind a proxy, set it: all calls come from the proxy's address.
    /// </summary>
    public Func<HttpContext, string?>? PeerKey { get; set; }

    /// <summary>All headers of a request together, in bytes. Default 16 KiB: room for a token and some metadata.</summary>
    public int MaxRequestHeadersSize { get; set; } = 16 * 1024;

    /// <summary>
    /// After how long without a byte from a peer the server asks whether it is there. Default 30 s; a peer that does not
    /// answer in <see cref="KeepAlivePingTimeout"/> is disconnected, which ends its calls.
    /// </summary>
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may take to answer a ping. Default 20 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>What single methods have of their own, by path, such as "/proving.v1.Keys/Upload".</summary>
    public IDictionary<string, GrpcMethodOptions> Methods { get; } = new Dictionary<string, GrpcMethodOptions>(StringComparer.Ordinal);

    /// <summary>
    /// Run around every handler, the first outermost, before any of the request is read. An interceptor calls its second
    /// argument once to go on; that never throws, and afterwards <see cref="GrpcCall.Status"/> says how the call ends. An
    /// RpcException ends the call with its status; any other exception is logged and ends it with UNKNOWN.
    /// </summary>
    public IList<Func<GrpcCall, Func<Task>, Task>> Interceptors { get; } = [];

    internal PeerStreams Peers { get; } = new();

    /// <summary>Sets those limits that Kestrel itself holds.</summary>
    /// <param name="kestrel">The server's options.</param>
    public void ApplyTo(KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxRequestHeadersSize;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MaxRequestHeadersSize;
        kestrel.Limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;
        kestrel.Limits.Http2.KeepAlivePingDelay = KeepAlivePingDelay;
        kestrel.Limits.Http2.KeepAlivePingTimeout = KeepAlivePingTimeout;
    }

    internal MethodLimits For(string method)
    {
        GrpcMethodOptions? own = Methods.TryGetValue(method, out GrpcMethodOptions? found) ? found : null;
        return new MethodLimits(
            own?.MaxReceiveMessageSize ?? MaxReceiveMessageSize,
            own?.MaxSendMessageSize ?? MaxSendMessageSize,
            own?.ReadTimeout ?? ReadTimeout,
            own?.WriteTimeout ?? WriteTimeout);
    }
}

/// <summary>What one method has of its own; null for what <see cref="GrpcServerOptions"/> says.</summary>
public sealed class GrpcMethodOptions
{
    /// <summary>As <see cref="GrpcServerOptions.MaxReceiveMessageSize"/>, in bytes.</summary>
    public int? MaxReceiveMessageSize { get; init; }

    /// <summary>As <see cref="GrpcServerOptions.MaxSendMessageSize"/>, in bytes.</summary>
    public int? MaxSendMessageSize { get; init; }

    /// <summary>As <see cref="GrpcServerOptions.ReadTimeout"/>.</summary>
    public TimeSpan? ReadTimeout { get; init; }

    /// <summary>As <see cref="GrpcServerOptions.WriteTimeout"/>.</summary>
    public TimeSpan? WriteTimeout { get; init; }
}

/// <summary>The limits of one method.</summary>
internal sealed record MethodLimits(int MaxReceiveMessageSize, int MaxSendMessageSize, TimeSpan ReadTimeout, TimeSpan WriteTimeout);
