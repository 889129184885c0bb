// Owns: the error of a store that cannot do what it was asked.

namespace ProvingService.Storage;

/// <summary>What the store or its disk refused.</summary>
/// <param name="message">What, and what to do, for an operator.</param>
/// <param name="transient">Whether it may go well later without anyone's doing (a server that starts again), as opposed to a full disk.</param>
/// <param name="mayHaveHappened">Whether the change may have been made nevertheless (a connection lost during the commit).</param>
/// <param name="inner">The cause.</param>
public sealed class StoreException(string message, bool transient, bool mayHaveHappened, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether it may go well later without anyone's doing.</summary>
    public bool IsTransient => transient;

    /// <summary>Whether the change may have been made nevertheless.</summary>
    public bool MayHaveHappened => mayHaveHappened;
}
