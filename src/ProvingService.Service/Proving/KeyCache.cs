// Owns: which keys are in memory: loaded once, counted while in use, the least recently used out first, within a budget.

using ProvingService.R1cs;

namespace ProvingService.Service;

/// <summary>A key in memory, for people and programs that look at it.</summary>
/// <param name="KeyHash">The key.</param>
/// <param name="Bytes">What it takes.</param>
/// <param name="Users">Attempts that use it now.</param>
/// <param name="LastUsed">When one last began or ended.</param>
internal readonly record struct CachedKey(string KeyHash, long Bytes, int Users, DateTimeOffset LastUsed);

/// <summary>
/// Circuits with their keys in memory. A key's file is hashed when it is loaded and must be the one that was registered.
/// A key in use is never closed; over the budget, keys that nobody uses go, the least recently used first. Safe for concurrent use.
/// </summary>
internal sealed class KeyCache(FileVault vault, long budget, TimeProvider time) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);
    private bool isDisposed;

    /// <summary>What keys may take together, in bytes. A single key above it is loaded nevertheless when a job needs it and nothing else is in use.</summary>
    public long Budget => budget;

    /// <summary>The keys in memory, the one used last first.</summary>
    public IReadOnlyList<CachedKey> List()
    {
        lock (gate)
        {
            return [.. entries.Values.Where(entry => entry.Circuit is not null).OrderByDescending(entry => entry.LastUsed)
                .Select(entry => new CachedKey(entry.Record.KeyHash, entry.Bytes, entry.Users, entry.LastUsed))];
        }
    }

    /// <summary>Whether a key is in memory.</summary>
    public bool Contains(string keyHash)
    {
        lock (gate)
        {
            return entries.TryGetValue(keyHash, out Entry? entry) && entry.Circuit is not null;
        }
    }

    /// <summary>Takes a circuit into use, and loads it first where it is not in memory. Whoever gets it disposes what is returned.</summary>
    /// <exception cref="InvalidFileException">A file is damaged or not the one that was registered.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public async Task<KeyUse> UseAsync(CircuitRecord record, CancellationToken cancellation)
    {
        Entry entry;
        Task<LoadedCircuit> loading;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            bool isKnown = entries.TryGetValue(record.KeyHash, out entry!);
            if (isKnown && !IsSame(entry.Record, record))
            {
                // Registered again in another way: whoever uses the old one goes on with it.
                Evict(record.KeyHash);
                isKnown = false;
            }

            if (!isKnown || entry.Loading is { IsFaulted: true } or { IsCanceled: true })
            {
                entry = new Entry { Record = record };
                entries[record.KeyHash] = entry;
                MakeRoom(entry.Bytes);

                // Loading serves everybody who waits, so no single one of them cancels it.
                entry.Loading = Task.Run(() => LoadAsync(entry), CancellationToken.None);
            }

            entry.Users++;
            entry.LastUsed = time.GetUtcNow();
            loading = entry.Loading;
        }

        try
        {
            return new KeyUse(this, entry, await loading.WaitAsync(cancellation).ConfigureAwait(false));
        }
        catch
        {
            Release(entry);
            throw;
        }
    }

    /// <summary>Frees a key as soon as nobody uses it.</summary>
    /// <returns>False where it is not in memory.</returns>
    public bool Evict(string keyHash)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(keyHash, out Entry? entry))
            {
                return false;
            }

            entries.Remove(keyHash);
            entry.IsEvicted = true;
            CloseIfUnused(entry);
            return true;
        }
    }

    /// <summary>Frees every key as soon as nobody uses it.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            foreach (Entry entry in entries.Values)
            {
                entry.IsEvicted = true;
                CloseIfUnused(entry);
            }

            entries.Clear();
        }
    }

    internal void Release(Entry entry)
    {
        lock (gate)
        {
            entry.Users--;
            entry.LastUsed = time.GetUtcNow();
            if (entry.Loading.IsFaulted && entries.GetValueOrDefault(entry.Record.KeyHash) == entry)
            {
                entries.Remove(entry.Record.KeyHash);
            }

            CloseIfUnused(entry);
            MakeRoom(0);
        }
    }

    private async Task<LoadedCircuit> LoadAsync(Entry entry)
    {
        CircuitRecord record = entry.Record;
        await RequireHashAsync(record.KeyHash).ConfigureAwait(false);
        if (record.R1csHash.Length > 0)
        {
            await RequireHashAsync(record.R1csHash).ConfigureAwait(false);
        }

        LoadedCircuit circuit = LoadedCircuit.Open(record, vault, CancellationToken.None);
        lock (gate)
        {
            entry.Circuit = circuit;
            CloseIfUnused(entry);
        }

        return circuit;
    }

    private async Task RequireHashAsync(string hash)
    {
        string path = vault.PathOf(hash);
        string found = await PrivateFiles.HashAsync(path, CancellationToken.None).ConfigureAwait(false);
        if (found != hash)
        {
            throw new InvalidFileException(path, FileFault.Inconsistent, -1, $"its SHA-256 is {found}: it is not the file that was registered. Register it again.");
        }
    }

    /// <summary>Closes unused keys until what is there and what comes is within the budget. Under the lock.</summary>
    private void MakeRoom(long coming)
    {
        long held = coming + entries.Values.Where(entry => entry.Circuit is not null).Sum(entry => entry.Bytes);
        foreach (Entry entry in entries.Values.Where(entry => entry.Circuit is not null && entry.Users == 0).OrderBy(entry => entry.LastUsed).ToArray())
        {
            if (held <= budget)
            {
                return;
            }

            held -= entry.Bytes;
            entries.Remove(entry.Record.KeyHash);
            entry.IsEvicted = true;
            CloseIfUnused(entry);
        }
    }

    /// <summary>Whether two records of a key mean the same in memory. A circuit may be registered again with a program, and without it.</summary>
    private static bool IsSame(CircuitRecord one, CircuitRecord other) =>
        (one.Program, one.R1csHash, one.Insecure) == (other.Program, other.R1csHash, other.Insecure);

    /// <summary>Under the lock.</summary>
    private static void CloseIfUnused(Entry entry)
    {
        if (entry is { IsEvicted: true, Users: 0, Circuit: { } circuit })
        {
            entry.Circuit = null;
            circuit.Dispose();
        }
    }

    /// <summary>A key that is here, or is being loaded.</summary>
    internal sealed class Entry
    {
        public required CircuitRecord Record { get; init; }

        public Task<LoadedCircuit> Loading { get; set; } = null!;

        public LoadedCircuit? Circuit { get; set; }

        public int Users { get; set; }

        public bool IsEvicted { get; set; }

        public DateTimeOffset LastUsed { get; set; }

        public long Bytes => Circuit?.Bytes ?? Record.KeyBytes;
    }
}

/// <summary>The right to use a key in memory, until disposed.</summary>
internal sealed class KeyUse(KeyCache cache, KeyCache.Entry entry, LoadedCircuit circuit) : IDisposable
{
    private int isDisposed;

    /// <summary>The circuit.</summary>
    public LoadedCircuit Circuit => circuit;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) == 0)
        {
            cache.Release(entry);
        }
    }
}
