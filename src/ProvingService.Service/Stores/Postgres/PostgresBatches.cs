// Owns: taking what came together in this process into one transaction. It shares the cost of the commit, and of NOTIFY: a
// transaction that notifies holds a lock of the whole database until it is on disk, so many small ones stand in line.

using System.Threading.Channels;
using Npgsql;

namespace ProvingService.Service;

/// <summary>A queue of requests of one kind, and the loop that serves them. Safe for concurrent use.</summary>
/// <param name="database">Where.</param>
/// <param name="serve">Answers several requests in the open transaction, in order.</param>
internal sealed class PostgresBatches<TRequest, TAnswer>(
    PostgresDatabase database, Func<NpgsqlConnection, IReadOnlyList<TRequest>, CancellationToken, Task<TAnswer[]>> serve) : IAsyncDisposable
{
    private const int MostRequests = 256;

    private readonly Channel<Pending> queue = Channel.CreateUnbounded<Pending>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock gate = new();
    private Task? loop;

    /// <summary>
    /// Serves a request; the answer comes when it is on disk. A request that is cancelled before it was begun is left out;
    /// later, the answer comes nevertheless.
    /// </summary>
    public Task<TAnswer> RunAsync(TRequest request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (gate)
        {
            loop ??= Task.Run(LoopAsync);
        }

        var pending = new Pending(request, cancellation);
        ObjectDisposedException.ThrowIf(!queue.Writer.TryWrite(pending), this);
        return pending.Answer.Task;
    }

    /// <summary>Serves what was asked for already.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
        }
    }

    private async Task LoopAsync()
    {
        var batch = new List<Pending>();
        while (await queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MostRequests && queue.Reader.TryRead(out Pending? pending))
            {
                if (!pending.Cancellation.IsCancellationRequested)
                {
                    batch.Add(pending);
                }
                else
                {
                    pending.Answer.TrySetCanceled(pending.Cancellation);
                }
            }

            if (batch.Count > 0)
            {
                await ServeAsync(batch).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(IReadOnlyList<Pending> batch)
    {
        try
        {
            TAnswer[] answers = await database.TransactAsync(
                (connection, _, token) => serve(connection, [.. batch.Select(pending => pending.Request)], token), CancellationToken.None).ConfigureAwait(false);
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Answer.TrySetResult(answers[i]);
            }
        }
        catch (StoreException failure) when (batch.Count > 1 && failure is { IsTransient: false, MayHaveHappened: false })
        {
            // One of them was refused: alone, each hears its own answer.
            foreach (Pending pending in batch)
            {
                await ServeAsync([pending]).ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            foreach (Pending pending in batch)
            {
                pending.Answer.TrySetException(failure);
            }
        }
    }

    private sealed record Pending(TRequest Request, CancellationToken Cancellation)
    {
        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
