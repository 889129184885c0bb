// Owns: the streams of messages that handlers and callers read and write, and how single writes are treated.

using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>A stream of messages from the other side. One read at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last <see cref="MoveNext"/> found.</summary>
    /// <exception cref="InvalidOperationException">It found none, or there was no read yet.</exception>
    T Current { get; }

    /// <summary>Waits for the next message; false at the end of the stream.</summary>
    /// <param name="cancellationToken">Gives the wait up.</param>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>A stream of messages to the other side. One write at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How the next messages are written; null for the stream's own way.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message. The task ends when the other side has made room for it.</summary>
    /// <param name="message">Not null; not changed until the task ends.</param>
    Task WriteAsync(T message);

    /// <summary>As <see cref="WriteAsync(T)"/>, with a token that gives the write up, and with it the call.</summary>
    /// <param name="message">Not null; not changed until the task ends.</param>
    /// <param name="cancellationToken">Gives the write up.</param>
    Task WriteAsync(T message, CancellationToken cancellationToken);
}

/// <summary>A server's responses.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;

/// <summary>A client's requests.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that there are no more requests.</summary>
    Task CompleteAsync();
}

/// <summary>Reading whole streams.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>The messages that are still to come.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="streamReader">The stream.</param>
    /// <param name="cancellationToken">Gives the reading up.</param>
    public static async IAsyncEnumerable<T> ReadAllAsync<T>(
        this IAsyncStreamReader<T> streamReader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        while (await streamReader.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            yield return streamReader.Current;
        }
    }

    /// <summary>Waits for the next message; false at the end of the stream.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="streamReader">The stream.</param>
    public static Task<bool> MoveNext<T>(this IAsyncStreamReader<T> streamReader)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return streamReader.MoveNext(CancellationToken.None);
    }
}

/// <summary>What may be asked of a write.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>The message may wait for the next one before it is sent.</summary>
    BufferHint = 1,

    /// <summary>The message is not compressed.</summary>
    NoCompress = 2,
}

/// <summary>How messages are written. Immutable.</summary>
/// <param name="flags">What is asked.</param>
public class WriteOptions(WriteFlags flags = WriteFlags.None)
{
    /// <summary>Nothing special.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>What is asked.</summary>
    public WriteFlags Flags { get; } = flags;
}
