// Owns: every limit and hook of the client, with unit, default and reason.

using Grpc.Core;

namespace ProvingService.Grpc;

/// <summary>What a channel allows and does. Set it up before the channel is made and leave it then.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>The largest response message, in bytes, as it comes and unpacked; null for no bound. Default 4 MiB, gRPC's own.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>The largest request message, in bytes, before compression; null, the default, for no bound: the server has one.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Whether requests are packed with gzip. Default false: a server need not accept it.</summary>
    public bool CompressRequests { get; set; }

    /// <summary>The smallest request that is packed, in bytes. Default 1,024: shorter ones hardly shrink.</summary>
    public int CompressionThreshold { get; set; } = 1024;

    /// <summary>
    /// Gives the headers that go with every call in addition to its own, such as a token. It is asked once for each attempt
    /// at a call, with the call's token. An exception ends the call with INTERNAL, an RpcException with its status.
    /// </summary>
    public Func<CancellationToken, ValueTask<Metadata>>? HeaderProvider { get; set; }

    /// <summary>Roots and certificate for TLS; null for the system's roots and no certificate.</summary>
    public GrpcClientTls? Tls { get; set; }

    /// <summary>How long a connection may take to be made. Default 10 s; past it calls end with UNAVAILABLE.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long without a byte from the server a ping is sent while calls are open. Default 30 s.</summary>
    public TimeSpan KeepAlivePingDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the server may take to answer a ping. Default 20 s; past it the connection's calls end with UNAVAILABLE.</summary>
    public TimeSpan KeepAlivePingTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How often a call with a single request is tried again when the server certainly never saw it: no connection was made, or
    /// the server refused the stream. Default 2; 0 for never. Between attempts it waits 50 ms, then twice as long each time.
    /// </summary>
    public int TransparentRetries { get; set; } = 2;

    /// <summary>Carries the calls in the place of a handler of the channel's own, which the other options would shape. It stays the caller's.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }
}
