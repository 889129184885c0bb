// Owns: the five ways to call, over one kind of call.

using Grpc.Core;

namespace ProvingService.Grpc.Client;

/// <summary>Makes the calls of a channel.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        using AsyncUnaryCall<TResponse> call = AsyncUnaryCall(method, host, options, request);
        return call.ResponseAsync.GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        ClientCall<TRequest, TResponse> call = Start(method, host, options, request);
        return new AsyncUnaryCall<TResponse>(call.ReadSingleAsync(), call.HeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        ClientCall<TRequest, TResponse> call = Start(method, host, options, request);
        return new AsyncServerStreamingCall<TResponse>(call, call.HeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        ClientCall<TRequest, TResponse> call = Start(method, host, options, null);
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            call.Requests!, call.ReadSingleAsync(), call.HeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        ClientCall<TRequest, TResponse> call = Start(method, host, options, null);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.Requests!, call, call.HeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private ClientCall<TRequest, TResponse> Start<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest? request)
        where TRequest : class
        where TResponse : class
    {
        var call = new ClientCall<TRequest, TResponse>(channel, method, host, options);
        call.Start(request);
        return call;
    }
}
