// Owns: services to endpoints of ASP.NET Core's routing.

using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ProvingService.Grpc.Wire;

namespace ProvingService.Grpc;

/// <summary>Maps gRPC services into an ASP.NET Core application.</summary>
public static class GrpcEndpoints
{
    /// <summary>Maps every method of a service.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="options">Limits and hooks. Share one object between all services of a server.</param>
    /// <param name="service">The service, from the BindService method of its generated class.</param>
    public static IEndpointConventionBuilder MapGrpc(this IEndpointRouteBuilder endpoints, GrpcServerOptions options, ServerServiceDefinition service)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(service);
        RouteGroupBuilder group = endpoints.MapGroup("");
        ILogger logger = endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("ProvingService.Grpc");
        service.BindService(new EndpointBinder(group, options, logger));
        return group;
    }

    /// <summary>
    /// Answers gRPC calls of methods that nobody mapped with UNIMPLEMENTED, which clients understand better than a 404.
    /// Other requests go on. Put it before middleware that answers everything, such as a fall-back page.
    /// </summary>
    /// <param name="application">The application.</param>
    public static IApplicationBuilder UseGrpcUnimplemented(this IApplicationBuilder application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return application.Use(static (http, next) =>
        {
            bool goesOn = !GrpcProtocol.IsGrpc(http.Request.ContentType) || http.GetEndpoint()?.Metadata.GetMetadata<IMethod>() is not null;
            if (goesOn)
            {
                return next(http);
            }

            return HttpRefusal.Refuses(http)
                ? Task.CompletedTask
                : TrailersOnly.AnswerAsync(http, new Status(StatusCode.Unimplemented, "This server has no such method."));
        });
    }

    private sealed class EndpointBinder(IEndpointRouteBuilder routes, GrpcServerOptions options, ILogger logger) : ServiceBinderBase
    {
        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
            Map(method, async call =>
            {
                TRequest request = await call.ReadSingleAsync(method.RequestMarshaller).ConfigureAwait(false);
                TResponse response = await handler!(request, call).ConfigureAwait(false);
                await call.WriteSingleAsync(method.ResponseMarshaller, response).ConfigureAwait(false);
            });

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
            Map(method, async call =>
            {
                TResponse response = await handler!(new RequestStream<TRequest>(call, method.RequestMarshaller), call).ConfigureAwait(false);
                await call.WriteSingleAsync(method.ResponseMarshaller, response).ConfigureAwait(false);
            });

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
            Map(method, async call =>
            {
                TRequest request = await call.ReadSingleAsync(method.RequestMarshaller).ConfigureAwait(false);
                await handler!(request, new ResponseStream<TResponse>(call, method.ResponseMarshaller), call).ConfigureAwait(false);
            });

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
            Map(method, async call => await handler!(
                new RequestStream<TRequest>(call, method.RequestMarshaller),
                new ResponseStream<TResponse>(call, method.ResponseMarshaller),
                call).ConfigureAwait(false));

        // All verbs are mapped, so that a wrong one gets an answer that says so.
        private void Map(IMethod method, Func<ServerCall, Task> handler) =>
            routes.Map(method.FullName, new CallRunner(method, options, logger, handler).RunAsync)
                .WithDisplayName($"gRPC {method.FullName}")
                .WithMetadata(method);
    }
}
