// Owns: the client's way to a server: one HTTP/2 handler, made to the channel's options.

using System.Net;
using Grpc.Core;
using ProvingService.Grpc.Client;

namespace ProvingService.Grpc;

/// <summary>
/// A way to one server over HTTP/2: in clear text with prior knowledge for http, over TLS for https. Connections are
/// made when they are needed and shared by all calls. Safe for use by several threads at once.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly CancellationTokenSource disposed = new();

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        Address = address;
        Options = options;
        Http = new HttpMessageInvoker(options.HttpHandler ?? NewHandler(options), disposeHandler: options.HttpHandler is null);
        Disposed = disposed.Token;
    }

    internal Uri Address { get; }

    internal GrpcChannelOptions Options { get; }

    internal HttpMessageInvoker Http { get; }

    /// <summary>Cancelled when the channel is disposed of, and with it all calls.</summary>
    internal CancellationToken Disposed { get; }

    /// <summary>A channel to an address. Nothing is sent before the first call.</summary>
    /// <param name="address">Such as "https://proving.example:8443". A path is not looked at.</param>
    /// <param name="options">Limits and hooks; null for the defaults.</param>
    /// <exception cref="ArgumentException">The address is not an absolute one of http or https, or is http where the options have TLS.</exception>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions? options = null) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
            ? ForAddress(uri, options)
            : throw new ArgumentException($"'{address}' is not an address such as \"https://host:port\".", nameof(address));

    /// <summary>A channel to an address. Nothing is sent before the first call.</summary>
    /// <param name="address">An absolute address of http or https. A path is not looked at.</param>
    /// <param name="options">Limits and hooks; null for the defaults.</param>
    /// <exception cref="ArgumentException">The address is not an absolute one of http or https, or is http where the options have TLS.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"'{address}' is not an address such as \"https://host:port\".", nameof(address));
        }

        options ??= new GrpcChannelOptions();
        return address.Scheme == Uri.UriSchemeHttp && options.Tls is not null
            ? throw new ArgumentException($"'{address}' is in clear text, and the options ask for TLS: say https.", nameof(address))
            : new GrpcChannel(address, options);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(this);

    /// <summary>Cancels all calls and closes the connections.</summary>
    public void Dispose()
    {
        if (!disposed.IsCancellationRequested)
        {
            disposed.Cancel();
            Http.Dispose();
        }
    }

    private static SocketsHttpHandler NewHandler(GrpcChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ActivityHeadersPropagator = null,
        };
        if (options.Tls is { } tls)
        {
            handler.SslOptions = tls.ToSslOptions();
        }

        return handler;
    }
}
