// Owns: from the methods of a generated service to routes of REST that call the same handlers.

using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace ProvingService.Service;

/// <summary>Takes the methods of one service. Methods with streams both ways have no route: JSON over HTTP/1.1 has no such thing.</summary>
internal sealed class RestBinder(ServiceDescriptor service, List<RestRoute> routes) : ServiceBinderBase
{
    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Add(method.Name, async call =>
        {
            IMessage request = await RestRequests.ReadAsync(call).ConfigureAwait(false);
            TResponse response = await handler!((TRequest)request, call).ConfigureAwait(false);
            await RestAnswers.WriteAsync(call, (IMessage)response).ConfigureAwait(false);
        });

    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Add(method.Name, async call =>
        {
            IMessage request = await RestRequests.ReadAsync(call).ConfigureAwait(false);
            var stream = new RestStream(call);
            await using (stream.ConfigureAwait(false))
            {
                await stream.RunAsync(() => handler!((TRequest)request, new RestStreamWriter<TResponse>(stream), call)).ConfigureAwait(false);
            }
        });

    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        MethodDescriptor descriptor = service.FindMethodByName(method.Name);
        if (RawBodies.RouteOf(descriptor) is { } raw)
        {
            routes.Add(new RestRoute(raw.Verb, RestTemplate.Parse(raw.Path), HasBody: false, descriptor, async call =>
            {
                var requests = (IAsyncStreamReader<TRequest>)raw.Open(call);
                TResponse response = await handler!(requests, call).ConfigureAwait(false);
                await RestAnswers.WriteAsync(call, (IMessage)response).ConfigureAwait(false);
            }));
        }
    }

    /// <inheritdoc/>
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
    }

    private void Add(string name, Func<RestCall, Task> run)
    {
        MethodDescriptor descriptor = service.FindMethodByName(name);
        foreach ((string verb, RestTemplate template, bool hasBody) in RestTable.RoutesOf(descriptor))
        {
            routes.Add(new RestRoute(verb, template, hasBody, descriptor, run));
        }
    }
}
