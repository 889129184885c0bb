// Owns: the options of `zkps serve` that say who may call and how that is proved.

using System.CommandLine;
using ProvingService.Service;

namespace ProvingService.Cli;

internal sealed class SecurityOptions
{
    private readonly Option<bool> auth = new("--auth") { Description = "Callers must have an API key (zkps apikey create) or a token." };

    private readonly Option<string[]> tokenKeys = new("--token-key")
    {
        Description = "A public key (PEM, P-256) whose ES256 tokens are taken; may be given several times.",
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string?> issuer = new("--token-issuer") { Description = "The iss that tokens must have." };

    private readonly Option<string> audience = new("--token-audience")
    {
        Description = "The aud that tokens must have.",
        DefaultValueFactory = _ => new SecuritySetup().TokenAudience,
    };

    private readonly Option<string?> certificate = CommonOptions.Optional("--cert", "The server's certificate (PEM), followed by intermediate ones: both addresses then speak TLS.");

    private readonly Option<string?> certificateKey = CommonOptions.Optional("--cert-key", "Its private key (PEM, not encrypted).");

    private readonly Option<string?> clientCa = CommonOptions.Optional("--client-ca", "Roots of client certificates (PEM), which every client then needs. Without key or token it is the tenant of the certificate's CN.");

    private readonly Option<bool> cleartext = new("--allow-cleartext") { Description = "Listen beyond loopback without TLS, where a proxy or the network encrypts." };

    public Symbol[] All => [auth, tokenKeys, issuer, audience, certificate, certificateKey, clientCa, cleartext];

    /// <exception cref="UsageException">Options do not go together.</exception>
    public SecuritySetup Read(ParseResult parsed)
    {
        string[] keys = parsed.GetValue(tokenKeys) ?? [];
        bool asks = parsed.GetValue(auth);
        if (keys.Length > 0 && !asks)
        {
            throw new UsageException("--token-key takes effect only with --auth.");
        }

        if (keys.Length == 0 && parsed.GetValue(issuer) is not null)
        {
            throw new UsageException("--token-issuer takes effect only with --token-key.");
        }

        return new SecuritySetup
        {
            RequireAuthentication = asks,
            TokenKeyFiles = keys,
            TokenIssuer = parsed.GetValue(issuer),
            TokenAudience = parsed.GetRequiredValue(audience),
            CertificateFile = parsed.GetValue(certificate),
            CertificateKeyFile = parsed.GetValue(certificateKey),
            ClientCaFile = parsed.GetValue(clientCa),
            AllowCleartext = parsed.GetValue(cleartext),
        };
    }
}
