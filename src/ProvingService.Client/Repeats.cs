// Owns: when a failed call is tried again, and after which rest.

using System.Diagnostics;
using System.Globalization;
using Grpc.Core;

namespace ProvingService.Client;

/// <summary>The tries of one call.</summary>
internal sealed class Repeats(TimeSpan patience)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100), Longest = TimeSpan.FromSeconds(5);
    private long since = Stopwatch.GetTimestamp();
    private TimeSpan rest = First;
    private TimeSpan asked;

    /// <summary>Whether a call that failed so is tried again.</summary>
    public bool MayRepeat(RpcException fault)
    {
        asked = TimeSpan.Zero;
        foreach (Metadata.Entry entry in fault.Trailers)
        {
            if (entry.Key == "retry-after-ms" && !entry.IsBinary && long.TryParse(entry.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds))
            {
                asked = TimeSpan.FromMilliseconds(Math.Min(milliseconds, 60_000));
            }
        }

        return fault.StatusCode == StatusCode.Unavailable && Stopwatch.GetElapsedTime(since) + rest < patience;
    }

    /// <summary>The service answered.</summary>
    public void Succeeded()
    {
        since = Stopwatch.GetTimestamp();
        rest = First;
    }

    /// <summary>Waits before the next try: as the service asked, or twice as long each time, with some chance in it.</summary>
    public async Task RestAsync(CancellationToken cancellation)
    {
        TimeSpan wait = (asked > rest ? asked : rest) * (0.75 + (0.5 * Random.Shared.NextDouble()));
        rest = rest * 2 < Longest ? rest * 2 : Longest;
        await Task.Delay(wait, cancellation).ConfigureAwait(false);
    }
}
