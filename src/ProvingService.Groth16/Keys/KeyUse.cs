// Owns: how long the memory of a key outlives its disposal: until the last who uses it is done.

namespace ProvingService.Groth16;

/// <summary>
/// Counts the uses of a resource. Whoever closes it does not wait: what is to be freed is freed by the last user, on that
/// user's thread. Safe for concurrent use.
/// </summary>
/// <param name="release">Called once, when it is closed and no longer used.</param>
internal sealed class KeyUse(Action release)
{
    private readonly Lock gate = new();
    private int users;
    private bool isClosed;

    /// <summary>Begins a use.</summary>
    /// <returns>False where it was closed: there is nothing to use any more.</returns>
    public bool TryEnter()
    {
        lock (gate)
        {
            users += isClosed ? 0 : 1;
            return !isClosed;
        }
    }

    /// <summary>Ends a use.</summary>
    public void Exit()
    {
        lock (gate)
        {
            if (--users > 0 || !isClosed)
            {
                return;
            }
        }

        release();
    }

    /// <summary>Lets nobody else in. Further calls do nothing.</summary>
    public void Close()
    {
        lock (gate)
        {
            bool isLate = isClosed;
            isClosed = true;
            if (isLate || users > 0)
            {
                return;
            }
        }

        release();
    }
}

/// <summary>
/// A use of a key: as long as it lasts the key's memory stays mapped, even if the key is disposed meanwhile. Dispose it on
/// any thread; a second time does nothing.
/// </summary>
public sealed class KeyLease : IDisposable
{
    private KeyUse? use;

    internal KeyLease(KeyUse use) => this.use = use;

    /// <summary>Ends the use.</summary>
    public void Dispose() => Interlocked.Exchange(ref use, null)?.Exit();
}
