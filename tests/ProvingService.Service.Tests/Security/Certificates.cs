// Owns: certificates for tests, made afresh in a folder: an authority, a server at loopback, and clients.

using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ProvingService.TestKit;

namespace ProvingService.Service.Tests.Security;

internal sealed class Certificates : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 root;

    public Certificates()
    {
        var request = new CertificateRequest("CN=Test authority", rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Ca = folder.File("ca.pem");
        File.WriteAllText(Ca, root.ExportCertificatePem());
        Server = Issue("server", "CN=localhost", "1.3.6.1.5.5.7.3.1");
    }

    public string Ca { get; }

    public (string Certificate, string Key) Server { get; }

    public (string Certificate, string Key) IssueClient(string name, string subject) => Issue(name, subject, "1.3.6.1.5.5.7.3.2");

    public void Dispose()
    {
        root.Dispose();
        rootKey.Dispose();
        folder.Dispose();
    }

    private (string Certificate, string Key) Issue(string name, string subject, string purpose)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(20), RandomNumberGenerator.GetBytes(8));
        (string, string) files = (folder.File(name + ".pem"), folder.File(name + ".key"));
        File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
