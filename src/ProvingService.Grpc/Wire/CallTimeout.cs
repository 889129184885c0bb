// Owns: the grpc-timeout header: at most eight digits and a unit.

using System.Globalization;
using Grpc.Core;

namespace ProvingService.Grpc.Wire;

internal static class CallTimeout
{
    private const long MaxDigits = 99_999_999;

    /// <summary>The time that a header allows; null where there is none. Times past what a TimeSpan holds are its greatest.</summary>
    /// <exception cref="RpcException">INTERNAL: it is no timeout.</exception>
    public static TimeSpan? Parse(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return null;
        }

        if (header.Length is < 2 or > 9 || !long.TryParse(header.AsSpan(0, header.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long amount))
        {
            throw Malformed();
        }

        // Nanoseconds are rounded up: a tick is a hundred of them, and a caller that waits is not told that time is over at once.
        return header[^1] switch
        {
            'H' => TimeSpan.FromTicks(amount * TimeSpan.TicksPerHour),
            'M' => TimeSpan.FromTicks(amount * TimeSpan.TicksPerMinute),
            'S' => TimeSpan.FromTicks(amount * TimeSpan.TicksPerSecond),
            'm' => TimeSpan.FromTicks(amount * TimeSpan.TicksPerMillisecond),
            'u' => TimeSpan.FromTicks(amount * TimeSpan.TicksPerMicrosecond),
            'n' => TimeSpan.FromTicks((amount + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick),
            _ => throw Malformed(),
        };
    }

    /// <summary>The finest unit in which the time fits; times that are over become the shortest there is.</summary>
    public static string Format(TimeSpan timeout)
    {
        long ticks = timeout.Ticks;
        (long amount, char unit) = ticks switch
        {
            <= 0 => (1, 'n'),
            <= MaxDigits * TimeSpan.TicksPerMicrosecond => (Math.Max(1, ticks / TimeSpan.TicksPerMicrosecond), 'u'),
            <= MaxDigits * TimeSpan.TicksPerMillisecond => (ticks / TimeSpan.TicksPerMillisecond, 'm'),
            <= MaxDigits * TimeSpan.TicksPerSecond => (ticks / TimeSpan.TicksPerSecond, 'S'),
            _ => (Math.Min(MaxDigits, ticks / TimeSpan.TicksPerMinute), 'M'),
        };
        return amount.ToString(CultureInfo.InvariantCulture) + unit;
    }

    private static RpcException Malformed() =>
        new(new Status(StatusCode.Internal, "The header 'grpc-timeout' is not one to eight digits and one of H, M, S, m, u, n."));
}
