// Owns: a call in progress as its caller holds it, one class for each kind.

using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>What every call in progress gives. Disposing of a call that has not ended cancels it.</summary>
public abstract class CallInProgress : IDisposable
{
    private readonly Task<Metadata> headers;
    private readonly Func<Status> status;
    private readonly Func<Metadata> trailers;
    private readonly Action dispose;

    private protected CallInProgress(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose) =>
        (this.headers, this.status, this.trailers, this.dispose) = (headers, status, trailers, dispose);

    /// <summary>What the server sent before its first response, without the protocol's own headers.</summary>
    public Task<Metadata> ResponseHeadersAsync => headers;

    /// <summary>How the call ended.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    public Status GetStatus() => status();

    /// <summary>What the server sent with the status.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    public Metadata GetTrailers() => trailers();

    /// <summary>Cancels the call if it has not ended, and frees what it holds.</summary>
    public void Dispose()
    {
        dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A call with one request for one response.</summary>
/// <typeparam name="TResponse">The response's message.</typeparam>
/// <param name="responseAsync">The response.</param>
/// <param name="responseHeadersAsync">The response's headers.</param>
/// <param name="getStatusFunc">How the call ended.</param>
/// <param name="getTrailersFunc">What came with the status.</param>
/// <param name="disposeAction">Gives the call up.</param>
public sealed class AsyncUnaryCall<TResponse>(
    Task<TResponse> responseAsync, Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
    : CallInProgress(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction)
{
    /// <summary>The response; an <see cref="RpcException"/> where the call ended with a status other than OK.</summary>
    public Task<TResponse> ResponseAsync { get; } = responseAsync;

    /// <summary>Awaits <see cref="ResponseAsync"/>.</summary>
    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    /// <summary>Awaits <see cref="ResponseAsync"/>.</summary>
    /// <param name="continueOnCapturedContext">Whether to go on in the caller's context.</param>
    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) => ResponseAsync.ConfigureAwait(continueOnCapturedContext);
}

/// <summary>A call with one request for many responses.</summary>
/// <typeparam name="TResponse">The response's message.</typeparam>
/// <param name="responseStream">The responses.</param>
/// <param name="responseHeadersAsync">The response's headers.</param>
/// <param name="getStatusFunc">How the call ended.</param>
/// <param name="getTrailersFunc">What came with the status.</param>
/// <param name="disposeAction">Gives the call up.</param>
public sealed class AsyncServerStreamingCall<TResponse>(
    IAsyncStreamReader<TResponse> responseStream, Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc,
    Action disposeAction)
    : CallInProgress(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction)
{
    /// <summary>The responses.</summary>
    public IAsyncStreamReader<TResponse> ResponseStream { get; } = responseStream;
}

/// <summary>A call with many requests for one response.</summary>
/// <typeparam name="TRequest">The request's message.</typeparam>
/// <typeparam name="TResponse">The response's message.</typeparam>
/// <param name="requestStream">The requests.</param>
/// <param name="responseAsync">The response.</param>
/// <param name="responseHeadersAsync">The response's headers.</param>
/// <param name="getStatusFunc">How the call ended.</param>
/// <param name="getTrailersFunc">What came with the status.</param>
/// <param name="disposeAction">Gives the call up.</param>
public sealed class AsyncClientStreamingCall<TRequest, TResponse>(
    IClientStreamWriter<TRequest> requestStream, Task<TResponse> responseAsync, Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc,
    Func<Metadata> getTrailersFunc, Action disposeAction)
    : CallInProgress(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction)
{
    /// <summary>The requests.</summary>
    public IClientStreamWriter<TRequest> RequestStream { get; } = requestStream;

    /// <summary>The response; an <see cref="RpcException"/> where the call ended with a status other than OK.</summary>
    public Task<TResponse> ResponseAsync { get; } = responseAsync;

    /// <summary>Awaits <see cref="ResponseAsync"/>.</summary>
    public TaskAwaiter<TResponse> GetAwaiter() => ResponseAsync.GetAwaiter();

    /// <summary>Awaits <see cref="ResponseAsync"/>.</summary>
    /// <param name="continueOnCapturedContext">Whether to go on in the caller's context.</param>
    public ConfiguredTaskAwaitable<TResponse> ConfigureAwait(bool continueOnCapturedContext) => ResponseAsync.ConfigureAwait(continueOnCapturedContext);
}

/// <summary>A call with many requests for many responses.</summary>
/// <typeparam name="TRequest">The request's message.</typeparam>
/// <typeparam name="TResponse">The response's message.</typeparam>
/// <param name="requestStream">The requests.</param>
/// <param name="responseStream">The responses.</param>
/// <param name="responseHeadersAsync">The response's headers.</param>
/// <param name="getStatusFunc">How the call ended.</param>
/// <param name="getTrailersFunc">What came with the status.</param>
/// <param name="disposeAction">Gives the call up.</param>
public sealed class AsyncDuplexStreamingCall<TRequest, TResponse>(
    IClientStreamWriter<TRequest> requestStream, IAsyncStreamReader<TResponse> responseStream, Task<Metadata> responseHeadersAsync,
    Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
    : CallInProgress(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction)
{
    /// <summary>The requests.</summary>
    public IClientStreamWriter<TRequest> RequestStream { get; } = requestStream;

    /// <summary>The responses.</summary>
    public IAsyncStreamReader<TResponse> ResponseStream { get; } = responseStream;
}
