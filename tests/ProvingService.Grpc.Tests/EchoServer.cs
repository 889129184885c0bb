// Owns: a server of the tests on a port of its own, and what it logged.

using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Testing.V1;

namespace ProvingService.Grpc.Tests;

internal sealed class EchoServer : IAsyncDisposable
{
    /// <summary>What a test waits at most for something that should come at once, on a loaded machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication app;

    private EchoServer(WebApplication app, EchoService service, HealthService health, ErrorLog errors) =>
        (this.app, Service, Health, Errors) = (app, service, health, errors);

    public EchoService Service { get; }

    public HealthService Health { get; }

    public ErrorLog Errors { get; }

    public Uri Address { get; private set; } = null!;

    public int Port => Address.Port;

    public static async Task<EchoServer> StartAsync(
        Action<GrpcServerOptions>? configure = null, GrpcServerTls? tls = null, HttpProtocols protocols = HttpProtocols.Http2)
    {
        var options = new GrpcServerOptions();
        configure?.Invoke(options);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        var errors = new ErrorLog();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            options.ApplyTo(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                tls?.ApplyTo(listen);
            });
        });
        WebApplication app = builder.Build();
        var server = new EchoServer(app, new EchoService(), new HealthService(), errors);
        app.UseGrpcUnimplemented();
        app.MapGrpc(options, Echo.BindService(server.Service));
        app.MapGrpc(options, global::Grpc.Health.V1.Health.BindService(server.Health));
        app.MapGrpcReflection(options, Echo.Descriptor, global::Grpc.Health.V1.Health.Descriptor);
        app.MapGet("/plain/{code:int}", (int code) => Results.StatusCode(code));
        await app.StartAsync();
        server.Address = new Uri(app.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        return server;
    }

    public GrpcChannel Channel(GrpcChannelOptions? options = null) => GrpcChannel.ForAddress(Address, options);

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
    }

    /// <summary>Waits until something holds.</summary>
    public static async Task Eventually(Func<bool> holds, string what)
    {
        DateTime until = DateTime.UtcNow + Patience;
        while (!holds())
        {
            Xunit.Assert.True(DateTime.UtcNow < until, $"It never came that {what}.");
            await Task.Delay(10);
        }
    }

    /// <summary>Keeps what was logged as an error.</summary>
    internal sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<(string Message, Exception? Exception)> Entries { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Entries.Enqueue((formatter(state, exception), exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
