// Owns: what a generated client calls: options of a call, the invoker, the channel it comes from, and the base of clients.

namespace Grpc.Core;

/// <summary>How a call is made. Immutable.</summary>
public readonly struct CallOptions
{
    /// <summary>Options of a call.</summary>
    /// <param name="headers">Sent with the call; null for none.</param>
    /// <param name="deadline">When to give up, in UTC or local time by its kind; null for never.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <param name="writeOptions">How requests are written; null for the channel's way.</param>
    public CallOptions(
        Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default, WriteOptions? writeOptions = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
    }

    /// <summary>Sent with the call; null for none.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>When to give up; null for never.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Gives the call up.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How requests are written; null for the channel's way.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>The same with other headers.</summary>
    /// <param name="headers">Sent with the call.</param>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same with another deadline.</summary>
    /// <param name="deadline">When to give up.</param>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same with another token.</summary>
    /// <param name="cancellationToken">Gives the call up.</param>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>The same with other write options.</summary>
    /// <param name="writeOptions">How requests are written.</param>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };
}

/// <summary>Makes calls. Safe for use by several threads at once.</summary>
public abstract class CallInvoker
{
    /// <summary>Calls and waits for the response.</summary>
    /// <typeparam name="TRequest">The request's message.</typeparam>
    /// <typeparam name="TResponse">The response's message.</typeparam>
    /// <param name="method">The method.</param>
    /// <param name="host">The host to name; null for the channel's.</param>
    /// <param name="options">How the call is made.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="RpcException">The call ended with a status other than OK.</exception>
    public abstract TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class;

    /// <summary>Calls with one request for one response.</summary>
    /// <typeparam name="TRequest">The request's message.</typeparam>
    /// <typeparam name="TResponse">The response's message.</typeparam>
    /// <param name="method">The method.</param>
    /// <param name="host">The host to name; null for the channel's.</param>
    /// <param name="options">How the call is made.</param>
    /// <param name="request">The request.</param>
    public abstract AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class;

    /// <summary>Calls with one request for many responses.</summary>
    /// <typeparam name="TRequest">The request's message.</typeparam>
    /// <typeparam name="TResponse">The response's message.</typeparam>
    /// <param name="method">The method.</param>
    /// <param name="host">The host to name; null for the channel's.</param>
    /// <param name="options">How the call is made.</param>
    /// <param name="request">The request.</param>
    public abstract AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class;

    /// <summary>Calls with many requests for one response.</summary>
    /// <typeparam name="TRequest">The request's message.</typeparam>
    /// <typeparam name="TResponse">The response's message.</typeparam>
    /// <param name="method">The method.</param>
    /// <param name="host">The host to name; null for the channel's.</param>
    /// <param name="options">How the call is made.</param>
    public abstract AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class;

    /// <summary>Calls with many requests for many responses.</summary>
    /// <typeparam name="TRequest">The request's message.</typeparam>
    /// <typeparam name="TResponse">The response's message.</typeparam>
    /// <param name="method">The method.</param>
    /// <param name="host">The host to name; null for the channel's.</param>
    /// <param name="options">How the call is made.</param>
    public abstract AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class;
}

/// <summary>A way to a server.</summary>
public abstract class ChannelBase
{
    /// <summary>A way to a server.</summary>
    /// <param name="target">The server, for messages.</param>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The server.</summary>
    public string Target { get; }

    /// <summary>Makes calls over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();
}

/// <summary>The base of generated clients, without their type.</summary>
public abstract class ClientBase
{
    /// <summary>A client for test doubles: it makes no calls.</summary>
    protected ClientBase()
    {
    }

    /// <summary>What a client passes to a copy of itself.</summary>
    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker callInvoker) => CallInvoker = callInvoker;

        internal CallInvoker CallInvoker { get; }
    }
}

/// <summary>The base of generated clients. Safe for use by several threads at once.</summary>
/// <typeparam name="T">The client.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    private readonly CallInvoker? callInvoker;

    /// <summary>A client for test doubles: it makes no calls.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A copy.</summary>
    /// <param name="configuration">From another client.</param>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        callInvoker = configuration.CallInvoker;
    }

    /// <summary>A client over a channel.</summary>
    /// <param name="channel">The way to the server.</param>
    protected ClientBase(ChannelBase channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        callInvoker = channel.CreateCallInvoker();
    }

    /// <summary>A client over an invoker.</summary>
    /// <param name="callInvoker">Makes the calls.</param>
    protected ClientBase(CallInvoker callInvoker)
    {
        ArgumentNullException.ThrowIfNull(callInvoker);
        this.callInvoker = callInvoker;
    }

    /// <summary>Makes the calls.</summary>
    protected CallInvoker CallInvoker =>
        callInvoker ?? throw new InvalidOperationException("This client was made without a channel or an invoker.");

    /// <summary>A client of the same type.</summary>
    /// <param name="configuration">What it starts from.</param>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
