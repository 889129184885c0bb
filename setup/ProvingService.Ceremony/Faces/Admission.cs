// Owns: who calls: invitation tokens, sessions of public keys, the operator's token; and how often an address may ask or be wrong.
// Secrets: tokens are compared and kept as SHA-256; none is ever logged.

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using ProvingService.Contract.Ceremonies;
using ProvingService.Grpc;

namespace ProvingService.Ceremony;

/// <summary>Says who callers are. Safe for concurrent use.</summary>
internal sealed class Admission : IDisposable
{
    /// <summary>The operator's token: a prefix that leak scanners can know, and 32 random bytes.</summary>
    public const string AdminPrefix = "zkpsa_";

    private const string InvitationPrefix = "zkpsi_", SessionPrefix = "zkpss_";
    private const int SecretBytes = 32, NonceBytes = 32;

    private readonly CeremonyStore store;
    private readonly CeremonyOptions options;
    private readonly TimeProvider time;
    private readonly byte[] admin;
    private readonly bool countsAddresses;
    private readonly ConcurrentDictionary<string, bool> invited = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Identity, DateTimeOffset End)> sessions = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly Queue<(string Nonce, DateTimeOffset End)> challenges = new();
    private readonly PartitionedRateLimiter<IPAddress> requests, failures;

    /// <summary>Prepares.</summary>
    /// <param name="store">Where invitations are.</param>
    /// <param name="adminToken">The operator's token.</param>
    /// <param name="options">Limits.</param>
    /// <param name="countsAddresses">Whether addresses are those of callers, and not of a proxy.</param>
    /// <param name="time">The clock.</param>
    public Admission(CeremonyStore store, ReadOnlySpan<byte> adminToken, CeremonyOptions options, bool countsAddresses, TimeProvider time)
    {
        this.store = store;
        this.options = options;
        this.time = time;
        this.countsAddresses = countsAddresses;
        admin = SHA256.HashData(adminToken);
        requests = PartitionedRateLimiter.Create<IPAddress, UInt128>(address => RateLimitPartition.GetTokenBucketLimiter(PeerOf(address), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = options.RequestsPerSecond * 5,
            TokensPerPeriod = options.RequestsPerSecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            AutoReplenishment = true,
        }));
        failures = PartitionedRateLimiter.Create<IPAddress, UInt128>(address => RateLimitPartition.GetFixedWindowLimiter(
            PeerOf(address), _ => new FixedWindowRateLimiterOptions { PermitLimit = options.FailuresPerMinute, Window = TimeSpan.FromMinutes(1) }));
    }

    /// <summary>A new invitation token and what the store keeps of it.</summary>
    public static (string Token, byte[] Hash) NewInvitation()
    {
        string token = NewToken(InvitationPrefix);
        return (token, SHA256.HashData(Encoding.ASCII.GetBytes(token)));
    }

    /// <summary>A new token.</summary>
    public static string NewToken(string prefix) =>
        prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>Counts a request of an address.</summary>
    /// <exception cref="RpcException">There are too many.</exception>
    public void Admit(HttpContext http)
    {
        if (!countsAddresses)
        {
            return;
        }

        using RateLimitLease lease = requests.AttemptAcquire(http.Connection.RemoteIpAddress ?? IPAddress.None);
        if (!lease.IsAcquired)
        {
            throw Refuse.Exhausted($"more than {options.RequestsPerSecond} requests a second from your address.", TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The participant that calls.</summary>
    /// <returns>Its identity.</returns>
    /// <exception cref="RpcException">It is nobody.</exception>
    public string RequireParticipant(ServerCallContext context) => FindParticipant(context)
        ?? throw Refuse.Unknown("say who you are: an invitation token, or the session of a public key, in the header authorization, as: Bearer TOKEN.");

    /// <summary>The participant that calls; null for a caller who does not say.</summary>
    /// <exception cref="RpcException">It says something false.</exception>
    public string? FindParticipant(ServerCallContext context)
    {
        if (TokenOf(context) is not { } token || token.StartsWith(AdminPrefix, StringComparison.Ordinal))
        {
            // The operator is no participant, and may read what everyone may.
            return null;
        }

        RequireMayTry(context);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
        if (sessions.TryGetValue(hash, out (string Identity, DateTimeOffset End) session) && session.End > time.GetUtcNow())
        {
            return session.Identity;
        }

        if (invited.ContainsKey(hash) || (token.StartsWith(InvitationPrefix, StringComparison.Ordinal) && store.IsInvited(Encoding.ASCII.GetBytes(token))))
        {
            invited[hash] = true;
            return "token:" + hash;
        }

        throw Fail(context, "the token is no invitation to this ceremony, or its session has ended.");
    }

    /// <summary>Lets the operator through.</summary>
    /// <exception cref="RpcException">It is somebody else.</exception>
    public void RequireAdmin(ServerCallContext context)
    {
        RequireMayTry(context);
        if (TokenOf(context) is not { } token || !CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.ASCII.GetBytes(token)), admin))
        {
            throw Fail(context, "this needs the operator's token: the file admin.token in the coordinator's folder.");
        }
    }

    /// <summary>Something to sign.</summary>
    public byte[] NewChallenge()
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        lock (gate)
        {
            while (challenges.Count >= options.MaxChallenges || (challenges.TryPeek(out (string Nonce, DateTimeOffset End) oldest) && oldest.End < time.GetUtcNow()))
            {
                challenges.Dequeue();
            }

            challenges.Enqueue((Convert.ToHexString(nonce), time.GetUtcNow() + options.ChallengeLife));
        }

        return nonce;
    }

    /// <summary>A session for the holder of a key.</summary>
    /// <exception cref="RpcException">It is not shown.</exception>
    public string Authenticate(ServerCallContext context, string ceremonyId, IReadOnlyList<string> keys, AuthenticateRequest request)
    {
        RequireMayTry(context);
        string key = Convert.ToHexStringLower(request.PublicKey.Span);
        if (!TakeChallenge(request.Nonce) || !keys.Contains(key, StringComparer.Ordinal)
            || !Signatures.Verify(request.PublicKey.Span, Signatures.ChallengeContext, [.. Encoding.ASCII.GetBytes(ceremonyId), .. request.Nonce.Span], request.Signature.Span))
        {
            throw Fail(context, "the key is not invited, the challenge is not known any more, or the signature does not hold.");
        }

        foreach ((string ended, (_, DateTimeOffset end)) in sessions)
        {
            if (end < time.GetUtcNow())
            {
                sessions.TryRemove(ended, out _);
            }
        }

        string token = NewToken(SessionPrefix);
        sessions[Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token)))] = ("key:" + key, time.GetUtcNow() + options.SessionLife);
        return token;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        requests.Dispose();
        failures.Dispose();
    }

    private static string? TokenOf(ServerCallContext context)
    {
        const string Scheme = "Bearer ";
        string? header = context.RequestHeaders.GetValue("authorization");
        return header is null ? null
            : header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && header.Length < 200 && header.All(char.IsAscii) ? header[Scheme.Length..].Trim()
            : throw Refuse.Unknown("the header authorization must be: Bearer TOKEN.");
    }

    /// <summary>An address as a number; of IPv6 the first 64 bits, which one subscriber has.</summary>
    private static UInt128 PeerOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isSix = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6;
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        var whole = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return isSix ? whole >> 64 << 64 : whole;
    }

    private bool TakeChallenge(ByteString nonce)
    {
        string wanted = Convert.ToHexString(nonce.Span);
        lock (gate)
        {
            bool found = false;
            for (int i = challenges.Count; i > 0; i--)
            {
                (string Nonce, DateTimeOffset End) challenge = challenges.Dequeue();
                if (challenge.Nonce == wanted)
                {
                    found = challenge.End > time.GetUtcNow();
                }
                else
                {
                    challenges.Enqueue(challenge);
                }
            }

            return found;
        }
    }

    private void RequireMayTry(ServerCallContext context)
    {
        if (countsAddresses && failures.GetStatistics(AddressOf(context)) is { CurrentAvailablePermits: <= 0 })
        {
            throw Refuse.Exhausted(
                string.Create(CultureInfo.InvariantCulture, $"{options.FailuresPerMinute} wrong tokens or signatures came from your address in a minute."), TimeSpan.FromMinutes(1));
        }
    }

    private RpcException Fail(ServerCallContext context, string message)
    {
        failures.AttemptAcquire(AddressOf(context)).Dispose();
        return Refuse.Unknown(message);
    }

    private static IPAddress AddressOf(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress ?? IPAddress.None;
}
