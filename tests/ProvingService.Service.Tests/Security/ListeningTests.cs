// Owns: where a service listens at all, and TLS on both of its ports: certificates of clients, and who they are.

using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using ProvingService.Contract;
using ProvingService.Grpc;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class ListeningTests
{
    public static TheoryData<string, bool, string> Unsafe => new()
    {
        { "0.0.0.0", false, "--auth" },
        { "::", false, "--auth" },
        { "192.0.2.1", false, "--auth" },
        { "0.0.0.0", true, "--allow-cleartext" },
    };

    [Theory]
    [MemberData(nameof(Unsafe))]
    public async Task BeyondLoopbackNothingIsOpenOrReadable(string address, bool asks, string advice)
    {
        using var folder = new TemporaryFolder();
        var setup = new ServiceSetup
        {
            Folder = folder.File("data"),
            Workers = 0,
            Grpc = new IPEndPoint(IPAddress.Loopback, 0),
            Web = new IPEndPoint(IPAddress.Loopback, 0),
            Security = new SecuritySetup { RequireAuthentication = asks },
        };
        var beyond = new IPEndPoint(IPAddress.Parse(address), 0);
        foreach (ServiceSetup wrong in (ServiceSetup[])[setup with { Grpc = beyond }, setup with { Web = beyond }])
        {
            SetupException e = await Assert.ThrowsAsync<SetupException>(() => ProvingHost.StartAsync(wrong, _ => { }, default));
            Assert.Contains(advice, e.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(setup.Folder));
        }
    }

    [Fact]
    public async Task CleartextBeyondLoopbackIsPossibleWhereItIsWanted()
    {
        await using SecuredService service = await SecuredService.StartAsync(["a t read"], setup => setup with
        {
            Workers = 0,
            Web = new IPEndPoint(IPAddress.Any, 0),
            Security = setup.Security with { AllowCleartext = true },
        });
        Assert.Equal("t", (await new Capacity.CapacityClient(service.As("a")).GetServiceInfoAsync(new())).Tenant);
    }

    [Fact]
    public async Task AnAddressThatIsNotThisMachinesIsSaidToBeSo()
    {
        // Of a network for documentation (RFC 5737): nobody has it.
        SetupException refusal = await Assert.ThrowsAsync<SetupException>(() => SecuredService.StartAsync(["a t read"], setup => setup with
        {
            Workers = 0,
            Web = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0),
            Security = setup.Security with { AllowCleartext = true },
        }));
        Assert.Contains("192.0.2.1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FilesThatDoNotGoTogetherAreRefused()
    {
        using var certificates = new Certificates();
        using var folder = new TemporaryFolder();
        (SecuritySetup Security, string Fault)[] wrong =
        [
            (new SecuritySetup { CertificateFile = certificates.Server.Certificate }, "go together"),
            (new SecuritySetup { CertificateKeyFile = certificates.Server.Key }, "go together"),
            (new SecuritySetup { ClientCaFile = certificates.Ca }, "need TLS"),
            (new SecuritySetup { CertificateFile = certificates.Server.Certificate, CertificateKeyFile = certificates.Ca }, "ca.pem"),
            (new SecuritySetup { RequireAuthentication = true, TokenKeyFiles = [certificates.Server.Key] }, "private key"),
        ];
        foreach ((SecuritySetup security, string fault) in wrong)
        {
            SetupException e = await Assert.ThrowsAsync<SetupException>(() => ProvingHost.StartAsync(
                new ServiceSetup { Folder = folder.File("data"), Workers = 0, Grpc = new(IPAddress.Loopback, 0), Web = new(IPAddress.Loopback, 0), Security = security }, _ => { }, default));
            Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ACertificateIsACallerWhoSaysNothingElse()
    {
        using var certificates = new Certificates();
        await using SecuredService service = await SecuredService.StartAsync(["boss house read,admin"], setup => setup with
        {
            Workers = 0,
            Security = new SecuritySetup
            {
                CertificateFile = certificates.Server.Certificate,
                CertificateKeyFile = certificates.Server.Key,
                ClientCaFile = certificates.Ca,
            },
        });
        (string Certificate, string Key) acme = certificates.IssueClient("acme", "CN=acme,O=Somebody");
        GrpcClientTls tls = GrpcClientTls.FromPemFiles(certificates.Ca, acme.Certificate, acme.Key);
        ServiceInfo info = await InfoAsync(service.Bearing(null, tls));
        Assert.Equal("acme", info.Tenant);
        Assert.Equal([Scopes.Submit, Scopes.Read], info.Scopes);

        // A key counts before the certificate, and a wrong one is not forgiven for its sake.
        Assert.Equal("house", (await InfoAsync(service.Bearing(service.KeyOf("boss"), tls))).Tenant);
        RpcException wrong = await Assert.ThrowsAsync<RpcException>(() => InfoAsync(service.Bearing("zkps_wrong", tls)));
        Assert.Equal(StatusCode.Unauthenticated, wrong.StatusCode);

        int number = 0;
        foreach (string subject in (string[])["O=Somebody", "CN=acme,CN=house", "CN=a b", "CN=../acme"])
        {
            (string Certificate, string Key) other = certificates.IssueClient($"other-{number++}", subject);
            RpcException e = await Assert.ThrowsAsync<RpcException>(() => InfoAsync(service.Bearing(null, GrpcClientTls.FromPemFiles(certificates.Ca, other.Certificate, other.Key))));
            Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
            Assert.Contains("common name", e.Status.Detail, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<RpcException>(() => InfoAsync(service.Bearing(service.KeyOf("boss"), GrpcClientTls.FromPemFiles(certificates.Ca))));

        // The web port, in both of its protocols.
        foreach (Version version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var certificate = X509Certificate2.CreateFromPemFile(acme.Certificate, acme.Key);
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(certificates.Ca);
            using var client = new HttpClient(handler);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Host.WebAddress, "/none")) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            HttpResponseMessage response = await client.SendAsync(request);
            Assert.Equal(version, response.Version);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    private static async Task<ServiceInfo> InfoAsync(CallInvoker invoker) =>
        await new Capacity.CapacityClient(invoker).GetServiceInfoAsync(new(), deadline: DateTime.UtcNow + SecuredService.Patience);
}
