// Owns: the service as one process: its ports, what answers there, and the order of beginning and end.

using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ProvingService.Grpc;

namespace ProvingService.Service;

/// <summary>A running service.</summary>
public sealed class ProvingHost : IAsyncDisposable
{
    /// <summary>Calls under way may take so long when the service stops; streams that have no end of their own are cut off then.</summary>
    private static readonly TimeSpan CallsDrainTimeout = TimeSpan.FromSeconds(5);

    private readonly ServiceParts parts;
    private readonly WebApplication application;
    private readonly WorkerHost workers;
    private readonly WebPort web;
    private readonly RateGate rates;
    private readonly ICallerSource callers;
    private readonly CancellationTokenSource stop;
    private readonly Task signals;

    private ProvingHost(
        ServiceParts parts,
        WebApplication application,
        WorkerHost workers,
        WebPort web,
        RateGate rates,
        ICallerSource callers,
        CancellationTokenSource stop,
        Task signals)
    {
        this.parts = parts;
        this.application = application;
        this.workers = workers;
        this.web = web;
        this.rates = rates;
        this.callers = callers;
        this.stop = stop;
        this.signals = signals;
        string[] addresses = [.. application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        GrpcAddress = new Uri(addresses[0]);
        WebAddress = new Uri(addresses[1]);
    }

    /// <summary>Where gRPC listens.</summary>
    public Uri GrpcAddress { get; }

    /// <summary>Where REST, the dashboard and metrics listen.</summary>
    public Uri WebAddress { get; }

    /// <summary>Which store holds the jobs, for people.</summary>
    public string StoreName => parts.Store.Name;

    /// <summary>Opens the store, listens, and takes jobs.</summary>
    /// <exception cref="SetupException">Something is not as it must be.</exception>
    /// <exception cref="StoreException">The store cannot be reached.</exception>
    public static async Task<ProvingHost> StartAsync(ServiceSetup setup, Action<ILoggingBuilder> logging, CancellationToken cancellation)
    {
        RequireSafeAddresses(setup);
        GrpcServerTls? tls = ReadTls(setup.Security);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        logging(builder.Logging);
        var grpc = new GrpcServerOptions
        {
            WriteTimeout = setup.Options.WriteTimeout,
            ReadTimeout = setup.Options.ReadTimeout,
        };

        // A submission may bring the largest inputs, and what else is in its message.
        grpc.Methods["/proving.v1.Jobs/SubmitJob"] = new GrpcMethodOptions { MaxReceiveMessageSize = setup.Options.MaxInputBytes + (1 << 20) };
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = CallsDrainTimeout);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            grpc.ApplyTo(kestrel);
            kestrel.AddServerHeader = false;
            kestrel.Listen(setup.Grpc, listen => Secure(listen, tls, HttpProtocols.Http2));
            kestrel.Listen(setup.Web, listen => Secure(listen, tls, tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2));
        });
        WebApplication application = builder.Build();
        ILoggerFactory logs = application.Services.GetRequiredService<ILoggerFactory>();
        ServiceParts parts = await ServiceParts.OpenAsync(setup, logs.CreateLogger("ProvingService"), cancellation).ConfigureAwait(false);
        var stop = new CancellationTokenSource();
        var rates = new RateGate(parts.Options);
        var health = new HealthService();
        ICallerSource callers = await OpenCallersAsync(setup.Security, parts, rates).ConfigureAwait(false);
        var gate = new Gate(callers, rates, parts.Options);
        grpc.Interceptors.Add(gate.InterceptAsync);
        var jobSignals = new JobSignals(parts.Store, parts.Options.PollInterval, parts.Log);
        var faces = new FaceParts
        {
            Options = parts.Options,
            Store = parts.Store,
            Vault = parts.Vault,
            Uploads = parts.Uploads,
            Circuits = parts.Circuits,
            Keys = parts.Keys,
            Signals = jobSignals,
            Queue = new QueueEstimate(parts.Store, parts.Time),
            Rates = rates,
            Signer = parts.Signer,
            Metrics = parts.Metrics,
            Time = parts.Time,
            Log = parts.Log,
            AuthenticationRequired = callers.IsRequired,
            Stopping = stop.Token,
        };
        application.UseRouting();
        application.Use(gate.InvokeAsync);
        application.UseGrpcUnimplemented();
        var web = new WebPort(faces, health, logs);
        grpc.Interceptors.Insert(0, web.Calls.InterceptAsync);
        var jobs = new JobsFace(faces);
        var circuits = new CircuitsFace(faces);
        var verification = new VerificationFace(faces);
        var capacity = new CapacityFace(faces);
        ServerServiceDefinition[] services =
        [
            Contract.Jobs.BindService(jobs),
            Contract.Circuits.BindService(circuits),
            Contract.Verification.BindService(verification),
            Contract.Capacity.BindService(capacity),
        ];
        foreach (ServerServiceDefinition service in services)
        {
            application.MapGrpc(grpc, service);
        }

        web.Routes.Add(Contract.Jobs.Descriptor, binder => Contract.Jobs.BindService(binder, jobs));
        web.Routes.Add(Contract.Circuits.Descriptor, binder => Contract.Circuits.BindService(binder, circuits));
        web.Routes.Add(Contract.Verification.Descriptor, binder => Contract.Verification.BindService(binder, verification));
        web.Routes.Add(Contract.Capacity.Descriptor, binder => Contract.Capacity.BindService(binder, capacity));
        web.Map(application);
        var history = new JobHistory(parts.Store, parts.Time, parts.Log);
        new DashboardFace(faces, new OverviewFeed(faces, history)).Map(application);
        application.MapGrpc(grpc, global::Grpc.Health.V1.Health.BindService(health));
        application.MapGrpcReflection(grpc, [.. Contract.ProvingReflection.Descriptor.Services, global::Grpc.Health.V1.Health.Descriptor]);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            web.Dispose();
            await parts.DisposeAsync().ConfigureAwait(false);
            (callers as IDisposable)?.Dispose();
            rates.Dispose();
            stop.Dispose();

            // A port in use is the one; an address of another machine, or a port below 1024, the other.
            if (e is IOException or SocketException)
            {
                throw new SetupException($"cannot listen on {setup.Grpc} and {setup.Web}: {e.Message}");
            }

            throw;
        }

        Task signals = Task.WhenAll(jobSignals.RunAsync(stop.Token), history.RunAsync(stop.Token), web.RunAsync(withGauges: setup.Otlp is not null));
        return new ProvingHost(parts, application, WorkerHost.Start(parts), web, rates, callers, stop, signals);
    }

    /// <summary>Refuses new calls, lets jobs under way finish for a while, hands the rest back, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await application.StopAsync().ConfigureAwait(false);
        await workers.DisposeAsync().ConfigureAwait(false);
        await signals.ConfigureAwait(false);
        web.Dispose();
        await parts.DisposeAsync().ConfigureAwait(false);
        await application.DisposeAsync().ConfigureAwait(false);
        (callers as IDisposable)?.Dispose();
        rates.Dispose();
        stop.Dispose();
    }

    /// <summary>Beyond this machine only callers who say who they are, and say it to nobody else.</summary>
    private static void RequireSafeAddresses(ServiceSetup setup)
    {
        foreach (IPEndPoint address in (IPEndPoint[])[setup.Grpc, setup.Web])
        {
            if (IPAddress.IsLoopback(address.Address))
            {
                continue;
            }

            if (!setup.Security.AsksCallers)
            {
                throw new SetupException(
                    $"{address} can be reached from other machines, and callers are not asked who they are. Add --auth (and make API keys with zkps apikey create), or listen on 127.0.0.1.");
            }

            if (setup.Security.CertificateFile is null && !setup.Security.AllowCleartext)
            {
                throw new SetupException(
                    $"{address} can be reached from other machines, and API keys and tokens would go over the wire as they are. Add --cert and --cert-key, or --allow-cleartext where a proxy or the network encrypts.");
            }
        }
    }

    private static GrpcServerTls? ReadTls(SecuritySetup security)
    {
        if (security.CertificateFile is null != security.CertificateKeyFile is null)
        {
            throw new SetupException("a certificate and its private key go together: give both files or neither.");
        }

        if (security.CertificateFile is null)
        {
            return security.ClientCaFile is null ? null : throw new SetupException("client certificates need TLS: give the server's certificate and key too.");
        }

        try
        {
            return GrpcServerTls.FromPemFiles(security.CertificateFile, security.CertificateKeyFile!, security.ClientCaFile);
        }
        catch (InvalidDataException e)
        {
            throw new SetupException(e.Message);
        }
    }

    private static void Secure(ListenOptions listen, GrpcServerTls? tls, HttpProtocols protocols)
    {
        if (tls is null)
        {
            listen.Protocols = protocols;
        }
        else
        {
            tls.ApplyTo(listen, protocols);
        }
    }

    /// <summary>Who is asked, and how. On a fault the parts are closed, since nobody else would.</summary>
    private static async Task<ICallerSource> OpenCallersAsync(SecuritySetup security, ServiceParts parts, RateGate rates)
    {
        try
        {
            return security.AsksCallers ? new CredentialCallers(security, parts.Options, parts.Store, rates, parts.Time, parts.Log) : new LocalCallers();
        }
        catch (SetupException)
        {
            await parts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
