// Owns: a small public key infrastructure in PEM files, made for one test and deleted after it.

using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ProvingService.Grpc.Tests;

internal sealed class TestCertificates : IDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-1);
    private static readonly DateTimeOffset Until = DateTimeOffset.UtcNow.AddDays(30);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grpc-tests-");

    public TestCertificates()
    {
        using X509Certificate2 ca = Authority("Test authority");
        using X509Certificate2 other = Authority("Another authority");
        Write("ca.pem", ca.ExportCertificatePem());
        Write("other-ca.pem", other.ExportCertificatePem());
        Issue("server", ca, "1.3.6.1.5.5.7.3.1");
        Issue("client", ca, "1.3.6.1.5.5.7.3.2");
        Issue("foreign", other, "1.3.6.1.5.5.7.3.2");
        Write("broken.pem", "no certificate");
    }

    public string Folder => folder.FullName;

    public string Ca => this["ca.pem"];

    public string this[string name] => Path.Combine(folder.FullName, name);

    public GrpcServerTls Server(bool mutual) => GrpcServerTls.FromPemFiles(this["server.pem"], this["server.key"], mutual ? Ca : null);

    public void Dispose() => folder.Delete(recursive: true);

    private static X509Certificate2 Authority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return request.CreateSelfSigned(From, Until);
    }

    private void Issue(string name, X509Certificate2 authority, string usage)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        using X509Certificate2 certificate = request.Create(authority, From, Until.AddDays(-1), RandomNumberGenerator.GetBytes(8));
        Write(name + ".pem", certificate.ExportCertificatePem());
        Write(name + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    private void Write(string name, string text) => File.WriteAllText(this[name], text + "\n");
}
