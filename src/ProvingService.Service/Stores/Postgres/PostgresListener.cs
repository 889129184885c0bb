// Owns: the one connection of this process that listens for notifications, and brings it back when it breaks.

using Npgsql;

namespace ProvingService.Service;

/// <summary>Passes the server's notifications to the hub. Every writer notifies within its transaction, so none is lost with it.</summary>
internal sealed class PostgresListener(PostgresDatabase database, SignalHub hub) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource end = new();
    private readonly Lock gate = new();
    private Task? loop;

    /// <summary>The name under which a schema's changes are told.</summary>
    public static string Channel(string schema) => "zkps_" + schema;

    /// <summary>How a signal travels: the job's name or <c>*</c>, and a <c>q</c> where the queue may have grown.</summary>
    public static string Format(StoreSignal signal) => (signal.Job?.ToString() ?? "*") + (signal.Queue ? " q" : "");

    /// <summary>Begins to listen, if that has not been done.</summary>
    public void Start()
    {
        lock (gate)
        {
            loop ??= Task.Run(() => LoopAsync(end.Token));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync().ConfigureAwait(false);
        if (loop is not null)
        {
            await loop.ConfigureAwait(false);
        }

        end.Dispose();
    }

    private async Task LoopAsync(CancellationToken cancellation)
    {
        TimeSpan pause = FirstPause;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Connection.ConnectionString) { Pooling = false }.ConnectionString);
                await connection.OpenAsync(cancellation).ConfigureAwait(false);
                connection.Notification += (_, notification) => hub.Publish(Parse(notification.Payload));
                await PostgresDatabase.ExecuteAsync(connection, cancellation, $"LISTEN {Channel(database.Url.Schema)}").ConfigureAwait(false);
                // Whatever was told before this is lost: anything may have changed.
                hub.Publish(new(null, true));
                pause = FirstPause;
                while (true)
                {
                    await connection.WaitAsync(cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or System.Net.Sockets.SocketException or OperationCanceledException)
            {
                // Those who call the store hear of the server; here it is only tried again.
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static StoreSignal Parse(string payload)
    {
        string[] parts = payload.Split(' ');
        return new(Guid.TryParse(parts[0], out Guid job) ? job : null, parts.Length > 1 || parts[0] == "*");
    }
}
