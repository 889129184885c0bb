// Owns: from a request's credentials to its caller: API key, token, client certificate. Never: a credential in a log or an error.

using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>
/// Callers by what they bring: <c>authorization: Bearer</c> with an API key or a token, else the client's certificate where such are asked
/// for. Safe for concurrent use.
/// </summary>
internal sealed class CredentialCallers : ICallerSource, IDisposable
{
    private const string Scheme = "Bearer ", CommonName = "2.5.4.3";

    /// <summary>So many tokens are remembered as checked; beyond it they are all forgotten, and checked again.</summary>
    private const int RememberedTokens = 10_000;

    private readonly ConcurrentDictionary<UInt128, (Caller Caller, DateTimeOffset Until)> remembered = new();
    private readonly ApiKeyRing keys;
    private readonly TokenVerifier? tokens;
    private readonly RateGate rates;
    private readonly TimeProvider time;
    private readonly ILogger log;

    /// <summary>Reads the keys of tokens.</summary>
    /// <exception cref="SetupException">One of them is none.</exception>
    public CredentialCallers(SecuritySetup setup, ServiceOptions options, IServiceStore store, RateGate rates, TimeProvider time, ILogger log)
    {
        this.rates = rates;
        this.time = time;
        this.log = log;
        keys = new ApiKeyRing(store, options.KeyRefreshInterval, time);
        tokens = setup.TokenKeyFiles.Count == 0
            ? null
            : new TokenVerifier(
                [.. setup.TokenKeyFiles.Select(TokenKey.FromPemFile)],
                new TokenRules(setup.TokenIssuer, setup.TokenAudience, options.MaxTokenLife, options.ClockSkew),
                time);
    }

    /// <inheritdoc/>
    public bool IsRequired => true;

    /// <inheritdoc/>
    public async ValueTask<Caller?> FindAsync(HttpContext request)
    {
        IPAddress? address = request.Connection.RemoteIpAddress;
        Microsoft.Extensions.Primitives.StringValues headers = request.Request.Headers.Authorization;
        if (headers.Count == 0)
        {
            return request.Connection.ClientCertificate is { } certificate ? FromCertificate(certificate, address) : null;
        }

        string header = headers.ToString();
        if (headers.Count > 1 || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            throw Refused(address, "the header authorization must stand once, as: Bearer KEY.");
        }

        string credential = header[Scheme.Length..].Trim(' ');
        return credential.StartsWith(ApiKeys.Prefix, StringComparison.Ordinal)
            ? await FromKeyAsync(credential, address, request.RequestAborted).ConfigureAwait(false)
            : FromToken(credential, address);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        keys.Dispose();
        tokens?.Dispose();
    }

    /// <summary>A lookup is cheap, so that even an address that was wrong too often gets it: a neighbour behind the same one may be right.</summary>
    private async Task<Caller> FromKeyAsync(string key, IPAddress? address, CancellationToken cancellation)
    {
        try
        {
            return await keys.FindAsync(key, cancellation).ConfigureAwait(false)
                ?? throw Refused(address, "the API key is not known here, was revoked, or has expired.");
        }
        catch (StoreException e)
        {
            throw Refuse.Store(e);
        }
    }

    private Caller FromToken(string token, IPAddress? address)
    {
        if (tokens is null)
        {
            throw Refused(address, $"this is no API key (they begin with {ApiKeys.Prefix}), and no tokens are taken here.");
        }

        // Half of a SHA-256 is as hard to hit as any: what is looked for is a second token for the same 128 bits.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (token.Length <= TokenVerifier.MaxLength)
        {
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        }

        UInt128 name = System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
        if (remembered.TryGetValue(name, out (Caller Caller, DateTimeOffset Until) known) && time.GetUtcNow() < known.Until)
        {
            return known.Caller;
        }

        // Signatures cost a thousand times as much as lookups.
        RequireTries(address);
        if (!tokens.TryVerify(token, out Caller? caller, out DateTimeOffset expires, out string fault))
        {
            throw Refused(address, $"the token is not taken: {fault}.");
        }

        if (remembered.Count >= RememberedTokens)
        {
            remembered.Clear();
        }

        remembered[name] = (caller, expires);
        return caller;
    }

    /// <summary>The chain was checked with the handshake; here it is about the name alone.</summary>
    private Caller FromCertificate(X509Certificate2 certificate, IPAddress? address)
    {
        string[] names = [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(part => part.GetSingleElementValue() ?? "")];
        return names.Length == 1 && ApiKeys.IsName(names[0])
            ? new Caller(CallerKind.Certificate, names[0], names[0], [Scopes.Submit, Scopes.Read])
            : throw Refused(address, "the client certificate's subject must have one common name (CN), and it must be a tenant: letters, digits, '.', '_', '-'.");
    }

    private void RequireTries(IPAddress? address)
    {
        if (!rates.MayTry(address))
        {
            throw Refuse.Exhausted("too many keys or tokens from this address were not valid; try again in a minute.", TimeSpan.FromMinutes(1));
        }
    }

    private RpcException Refused(IPAddress? address, string message)
    {
        RequireTries(address);
        rates.CountFailure(address);
        log.CallerRefused(address?.ToString() ?? "?", message);
        return new RpcException(new Status(StatusCode.Unauthenticated, message));
    }
}

internal static partial class SecurityLog
{
    [LoggerMessage(220, LogLevel.Warning, "A caller at {Address} was refused: {Fault}")]
    public static partial void CallerRefused(this ILogger log, string address, string fault);
}
