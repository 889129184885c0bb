// Owns: API keys: their form, how they are made, and looking them up. Never: a key's text anywhere but in the hands of who asked for it.
//
// A key is "zkps_" and 32 random bytes in base64url. The prefix lets scanners of repositories and logs find keys that got lost.
// The store keeps its SHA-256 alone. A slow hash with salt, as for passwords, would gain nothing: nobody guesses 256 random bits,
// and the lookup by hash tells nothing by its time, since who cannot invert SHA-256 cannot choose how far two hashes agree.

using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ProvingService.Service;

/// <summary>The form of API keys, and of the names beside them.</summary>
internal static partial class ApiKeys
{
    /// <summary>What every key begins with.</summary>
    public const string Prefix = "zkps_";

    private const int SecretBytes = 32;

    /// <summary>Makes a key.</summary>
    /// <param name="name">For people; once among all keys.</param>
    /// <param name="tenant">Whose jobs it sees and submits.</param>
    /// <param name="scopes">What it may do.</param>
    /// <param name="now">When that is.</param>
    /// <param name="life">After which time it ends by itself; null for never.</param>
    /// <returns>The key's text, which is nowhere else, and what the store keeps.</returns>
    /// <exception cref="ArgumentException">Name, tenant or scopes are not as they must be; the message says which and how.</exception>
    public static (string Key, ApiKeyRecord Record) Create(string name, string tenant, IReadOnlyCollection<string> scopes, DateTimeOffset now, TimeSpan? life)
    {
        RequireName(name, "name");
        RequireName(tenant, "tenant");
        if (scopes.Count == 0 || scopes.FirstOrDefault(scope => !Scopes.All.Contains(scope)) is not null)
        {
            throw new ArgumentException($"scopes: one or more of {string.Join(", ", Scopes.All)} are expected; each allows what it says and nothing else.");
        }

        string key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (key, new ApiKeyRecord(name, Hashes.Of(key), tenant, [.. Scopes.All.Where(scopes.Contains)], now, now + life, Revoked: false));
    }

    /// <summary>Whether a text can be the name of a key, tenant or subject of the service's own.</summary>
    public static bool IsName(string text) => NameForm().IsMatch(text);

    private static void RequireName(string text, string what)
    {
        if (!IsName(text))
        {
            throw new ArgumentException($"{what}: 1 to 64 letters, digits, '.', '_', '-' are expected, the first a letter or digit.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NameForm();
}

/// <summary>
/// The keys of a store, as they were at most <paramref name="refresh"/> ago: so soon a revocation by any process counts here. Safe for
/// concurrent use; of many calls at once one reads the store.
/// </summary>
/// <param name="store">Where keys are.</param>
/// <param name="refresh">How old the copy may be.</param>
/// <param name="time">The clock.</param>
internal sealed class ApiKeyRing(IServiceStore store, TimeSpan refresh, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim reading = new(1);
    private volatile Copy? copy;

    /// <summary>Whose key this is; null where there is none such that counts now.</summary>
    /// <exception cref="StoreException">The store cannot be read. Keys that were known do not count then: one of them may be revoked.</exception>
    public async ValueTask<Caller?> FindAsync(string key, CancellationToken cancellation)
    {
        Copy current = copy is { } recent && IsFresh(recent) ? recent : await ReadAsync(cancellation).ConfigureAwait(false);
        return current.Keys.TryGetValue(Hashes.Of(key), out ApiKeyRecord? record) && !record.Revoked && !(record.Expires <= time.GetUtcNow())
            ? new Caller(CallerKind.ApiKey, record.Tenant, record.Name, record.Scopes)
            : null;
    }

    /// <inheritdoc/>
    public void Dispose() => reading.Dispose();

    private async Task<Copy> ReadAsync(CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (copy is { } recent && IsFresh(recent))
            {
                return recent;
            }

            // The time before the read: a key that is revoked meanwhile is looked for again in time.
            long begun = time.GetTimestamp();
            IReadOnlyList<ApiKeyRecord> keys = await store.ListApiKeysAsync(cancellation).ConfigureAwait(false);
            return copy = new Copy(begun, keys.ToFrozenDictionary(key => key.Hash));
        }
        finally
        {
            reading.Release();
        }
    }

    private bool IsFresh(Copy known) => time.GetElapsedTime(known.Read) < refresh;

    private sealed record Copy(long Read, FrozenDictionary<string, ApiKeyRecord> Keys);
}
