// Owns: TLS for both sides: certificates from PEM files, and chains that are checked against exactly the given roots.
// Secrets: a private key's file is named in errors, its content never.

using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ProvingService.Grpc;

/// <summary>A server's certificate, and whose clients it takes.</summary>
public sealed class GrpcServerTls
{
    private readonly X509Certificate2 certificate;
    private readonly X509Certificate2Collection chain;
    private readonly X509Certificate2Collection? clientRoots;

    private GrpcServerTls(X509Certificate2 certificate, X509Certificate2Collection chain, X509Certificate2Collection? clientRoots) =>
        (this.certificate, this.chain, this.clientRoots) = (certificate, chain, clientRoots);

    /// <summary>Reads PEM files.</summary>
    /// <param name="certificateFile">The certificate, followed by the intermediate ones that clients need.</param>
    /// <param name="keyFile">Its private key, not encrypted.</param>
    /// <param name="clientCaFile">Roots of client certificates, which are then required (mTLS); null for none. The system's roots do not count.</param>
    /// <exception cref="InvalidDataException">A file is missing or not what it should be; the message names it.</exception>
    public static GrpcServerTls FromPemFiles(string certificateFile, string keyFile, string? clientCaFile = null) =>
        new(
            PemFiles.ReadCertificate(certificateFile, keyFile),
            PemFiles.ReadCertificates(certificateFile),
            clientCaFile is null ? null : PemFiles.ReadCertificates(clientCaFile));

    /// <summary>Makes an endpoint of Kestrel speak TLS 1.2 or 1.3.</summary>
    /// <param name="listen">The endpoint.</param>
    /// <param name="protocols">What is spoken in it: HTTP/2 for gRPC; with HTTP/1.1 beside it, ALPN decides.</param>
    public void ApplyTo(ListenOptions listen, HttpProtocols protocols = HttpProtocols.Http2)
    {
        ArgumentNullException.ThrowIfNull(listen);
        listen.Protocols = protocols;
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = certificate,
            ServerCertificateChain = chain,
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateMode = clientRoots is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = clientRoots is null ? null : AcceptsClient,
        });
    }

    /// <summary>Whether a client's certificate stands on the given roots, is in time, and is for clients.</summary>
    private bool AcceptsClient(X509Certificate2 client, X509Chain? sent, SslPolicyErrors errors)
    {
        using var built = new X509Chain { ChainPolicy = PemFiles.PolicyFor(clientRoots!) };
        built.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            built.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return built.Build(client);
    }
}

/// <summary>The roots that a client trusts, and its certificate.</summary>
public sealed class GrpcClientTls
{
    private readonly X509Certificate2Collection? roots;
    private readonly SslStreamCertificateContext? certificate;

    private GrpcClientTls(X509Certificate2Collection? roots, SslStreamCertificateContext? certificate) =>
        (this.roots, this.certificate) = (roots, certificate);

    /// <summary>Reads PEM files.</summary>
    /// <param name="rootsFile">The roots of the server's certificate, which then alone count; null for the system's.</param>
    /// <param name="certificateFile">The client's certificate, followed by its intermediate ones; null for none.</param>
    /// <param name="keyFile">Its private key, not encrypted; null where there is no certificate.</param>
    /// <exception cref="InvalidDataException">A file is missing or not what it should be; the message names it.</exception>
    /// <exception cref="ArgumentException">There is a certificate without a key, or a key without a certificate.</exception>
    public static GrpcClientTls FromPemFiles(string? rootsFile, string? certificateFile = null, string? keyFile = null)
    {
        if (certificateFile is null != keyFile is null)
        {
            throw new ArgumentException("A client's certificate and its key go together: give both files or neither.", nameof(keyFile));
        }

        return new GrpcClientTls(
            rootsFile is null ? null : PemFiles.ReadCertificates(rootsFile),
            certificateFile is null
                ? null
                : SslStreamCertificateContext.Create(
                    PemFiles.ReadCertificate(certificateFile, keyFile!), PemFiles.ReadCertificates(certificateFile), offline: true));
    }

    internal SslClientAuthenticationOptions ToSslOptions() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = roots is null ? null : PemFiles.PolicyFor(roots),
        ClientCertificateContext = certificate,
    };
}

internal static class PemFiles
{
    /// <summary>A policy by which chains end in one of these roots and nowhere else. A private authority has no revocation lists to ask.</summary>
    public static X509ChainPolicy PolicyFor(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    public static X509Certificate2 ReadCertificate(string certificateFile, string keyFile) =>
        Read($"The certificate '{certificateFile}' and the key '{keyFile}'", () => X509Certificate2.CreateFromPemFile(certificateFile, keyFile));

    public static X509Certificate2Collection ReadCertificates(string file) => Read($"The certificates '{file}'", () =>
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates.Count > 0 ? certificates : throw new CryptographicException("There is no certificate in the file.");
    });

    private static T Read<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidDataException($"{what} could not be read: {e.Message} PEM files are expected, and a key that is not encrypted.", e);
        }
    }
}
