// Owns: the coordinator as one process: its ports, what answers there, and the order of beginning and end.

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ProvingService.Contract.Ceremonies;
using ProvingService.Grpc;
using ProvingService.R1cs;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>A running coordinator.</summary>
public sealed class CeremonyHost : IAsyncDisposable
{
    private const string DatabaseName = "ceremony.db", ReceiptKeyName = "receipt.key", AdminTokenName = "admin.token";

    /// <summary>Calls under way may take so long when the coordinator stops.</summary>
    private static readonly TimeSpan CallsDrainTimeout = TimeSpan.FromSeconds(3);

    private readonly WebApplication application;
    private readonly Stack<IDisposable> parts;
    private readonly Coordinator coordinator;

    private CeremonyHost(WebApplication application, Coordinator coordinator, Stack<IDisposable> parts, string adminTokenFile)
    {
        this.application = application;
        this.coordinator = coordinator;
        this.parts = parts;
        AdminTokenFile = adminTokenFile;
        string[] addresses = [.. application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        GrpcAddress = new Uri(addresses[0]);
        WebAddress = new Uri(addresses[1]);
    }

    /// <summary>Where gRPC listens.</summary>
    public Uri GrpcAddress { get; }

    /// <summary>Where the page is.</summary>
    public Uri WebAddress { get; }

    /// <summary>The file with the operator's token.</summary>
    public string AdminTokenFile { get; }

    /// <summary>The ceremony's id.</summary>
    public string CeremonyId => coordinator.Snapshot.Id;

    /// <summary>Begins the ceremony, or goes on with the one in the folder, and listens.</summary>
    /// <param name="setup">Where things are.</param>
    /// <param name="logging">Where logs go.</param>
    /// <param name="say">Told what is being done before it listens.</param>
    /// <param name="cancellation">Ends the beginning.</param>
    /// <exception cref="CeremonyException">Something is not as it must be.</exception>
    /// <exception cref="StoreException">The database cannot be opened.</exception>
    /// <exception cref="InvalidFileException">The document or a file that it names is broken.</exception>
    public static async Task<CeremonyHost> StartAsync(CeremonySetup setup, Action<ILoggingBuilder> logging, Action<string> say, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(setup);
        CeremonyOptions options = setup.Options.Validate();
        RequireSafeAddresses(setup);
        GrpcServerTls? tls = ReadTls(setup);
        var parts = new Stack<IDisposable>();
        WebApplication? application = null;
        Coordinator? coordinator = null;
        try
        {
            var files = new CeremonyFiles(setup.Folder);
            parts.Push(LockFolder(files.Root));
            files.EmptyWork();
            var store = new CeremonyStore(Path.Combine(files.Root, DatabaseName));
            parts.Push(store);
            await BeginOrCompareAsync(setup, store, files, say, cancellation).ConfigureAwait(false);
            byte[] adminToken = files.ReadOrMakeSecret(
                AdminTokenName, Encoding.ASCII.GetByteCount(Admission.NewToken(Admission.AdminPrefix)), () => Encoding.ASCII.GetBytes(Admission.NewToken(Admission.AdminPrefix)));
            var signer = new SigningKey(files.ReadOrMakeSecret(
                ReceiptKeyName, Signatures.KeyLength, () => RandomNumberGenerator.GetBytes(Signatures.KeyLength)));
            var admission = new Admission(store, adminToken, options, countsAddresses: !setup.BehindProxy, TimeProvider.System);
            parts.Push(admission);

            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            logging(builder.Logging);
            GrpcServerOptions grpc = Configure(options, setup, admission);
            builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = CallsDrainTimeout);
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                grpc.ApplyTo(kestrel);
                kestrel.Listen(setup.Grpc, listen => Secure(listen, tls, HttpProtocols.Http2));
                kestrel.Listen(setup.Web, listen => Secure(listen, tls, tls is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2));
            });
            application = builder.Build();
            ILogger log = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ProvingService.Ceremony");
            coordinator = new Coordinator(store, files, signer, options, TimeProvider.System, log);
            var face = new ParticipationFace(coordinator, files, admission, options, TimeProvider.System, log);
            parts.Push(face);
            application.UseRouting();
            application.UseGrpcUnimplemented();
            application.MapGrpc(grpc, Participation.BindService(face));
            application.MapGrpc(grpc, Coordination.BindService(new CoordinationFace(coordinator, admission, TimeProvider.System, log)));
            application.MapGrpcReflection(grpc, [.. CeremonyReflection.Descriptor.Services]);
            IServerAddressesFeature addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
            new PageFace(coordinator, files, options, () => addresses.Addresses.First(), TimeProvider.System).Map(application);
            await application.StartAsync(cancellation).ConfigureAwait(false);
            return new CeremonyHost(application, coordinator, parts, Path.Combine(files.Root, AdminTokenName));
        }
        catch (Exception e)
        {
            await EndAsync(application, coordinator, parts).ConfigureAwait(false);

            // A port in use is the one; an address of another machine, or a port below 1024, the other.
            if (application is not null && e is IOException or SocketException)
            {
                throw new CeremonyException($"cannot listen on {setup.Grpc} and {setup.Web}: {e.Message}");
            }

            throw;
        }
    }

    /// <summary>Makes invitations to the ceremony of a folder, whether it is being coordinated or not.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="label">For whom, in words; kept beside them.</param>
    /// <returns>The tokens. They are kept nowhere else.</returns>
    /// <exception cref="CeremonyException">There is no ceremony.</exception>
    /// <exception cref="StoreException">The database cannot be opened.</exception>
    public static IReadOnlyList<string> Invite(string folder, int count, string label)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        string path = Path.Combine(folder, DatabaseName);
        if (!File.Exists(path))
        {
            throw new CeremonyException($"{folder} holds no ceremony; zkps ceremony serve begins one.");
        }

        using var store = new CeremonyStore(path);
        (string Token, byte[] Hash)[] made = [.. Enumerable.Range(0, count).Select(_ => Admission.NewInvitation())];
        store.Invite(made.Select(invitation => invitation.Hash), label);
        return [.. made.Select(invitation => invitation.Token)];
    }

    /// <summary>Refuses new calls, ends those under way, and closes the store. The ceremony goes on at the next start.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(application, coordinator, parts).ConfigureAwait(false);

    private static async Task BeginOrCompareAsync(CeremonySetup setup, CeremonyStore store, CeremonyFiles files, Action<string> say, CancellationToken cancellation)
    {
        CeremonyDocument? document = setup.Document is { } path ? CeremonyDocument.Read(path) : null;
        if (!store.IsBegun)
        {
            await CeremonyBeginning.BeginAsync(
                store,
                files,
                document ?? throw new CeremonyException($"{files.Root} holds no ceremony yet: name its document with --ceremony."),
                say,
                cancellation).ConfigureAwait(false);
            return;
        }

        CeremonySnapshot begun = store.Load();
        if (document is not null && !CeremonyBeginning.IsSame(document, begun.Document))
        {
            throw new CeremonyException(
                $"{files.Root} holds a ceremony that was announced otherwise than {setup.Document} says; what was announced cannot change. Leave --ceremony out, or name another folder.");
        }

        // This may be another machine than the one that began.
        foreach (CircuitRecord circuit in begun.Circuits)
        {
            store.SetSpeed(circuit.Index, CeremonyBeginning.Measure(Enum.GetValues<Algebra.CurveId>().First(curve => Algebra.CurveNames.Name(curve) == circuit.Curve)));
        }
    }

    private static GrpcServerOptions Configure(CeremonyOptions options, CeremonySetup setup, Admission admission)
    {
        var grpc = new GrpcServerOptions
        {
            WriteTimeout = options.WriteTimeout,
            ReadTimeout = options.ReadTimeout,
            MaxStreamsPerPeer = setup.BehindProxy ? int.MaxValue : options.MaxStreamsPerAddress,
            MaxReceiveMessageSize = 2 << 20,
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
        };
        grpc.Interceptors.Add((call, next) =>
        {
            admission.Admit(call.Context.GetHttpContext());
            return next();
        });
        return grpc;
    }

    private static async ValueTask EndAsync(WebApplication? application, Coordinator? coordinator, Stack<IDisposable> parts)
    {
        if (coordinator is not null)
        {
            await coordinator.DisposeAsync().ConfigureAwait(false);
        }

        if (application is not null)
        {
            await application.StopAsync().ConfigureAwait(false);
            await application.DisposeAsync().ConfigureAwait(false);
        }

        while (parts.TryPop(out IDisposable? part))
        {
            part.Dispose();
        }
    }

    /// <summary>Two coordinators of one folder would each believe that they alone know whose turn it is.</summary>
    private static FileStream LockFolder(string folder)
    {
        string path = Path.Combine(folder, "coordinator.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CeremonyException($"another coordinator runs in {folder}; stop it first, or name another folder.");
        }
    }

    private static void RequireSafeAddresses(CeremonySetup setup)
    {
        foreach (IPEndPoint address in (IPEndPoint[])[setup.Grpc, setup.Web])
        {
            if (!IPAddress.IsLoopback(address.Address) && setup.CertificateFile is null && !setup.BehindProxy)
            {
                throw new CeremonyException(
                    $"{address} can be reached from other machines, and tokens would go over the wire as they are. Add --cert and --cert-key, or --behind-proxy where a proxy encrypts.");
            }
        }
    }

    private static GrpcServerTls? ReadTls(CeremonySetup setup)
    {
        if (setup.CertificateFile is null != setup.CertificateKeyFile is null)
        {
            throw new CeremonyException("a certificate and its private key go together: give both files or neither.");
        }

        try
        {
            return setup.CertificateFile is null ? null : GrpcServerTls.FromPemFiles(setup.CertificateFile, setup.CertificateKeyFile!);
        }
        catch (InvalidDataException e)
        {
            throw new CeremonyException(e.Message);
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
}
