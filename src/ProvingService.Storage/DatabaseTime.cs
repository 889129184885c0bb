// Owns: the form in which databases keep times.

namespace ProvingService.Storage;

/// <summary>Times as whole microseconds since 1970, UTC.</summary>
internal static class DatabaseTime
{
    /// <summary>Cut to microseconds.</summary>
    public static long ToMicroseconds(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The time so many microseconds after 1970.</summary>
    public static DateTimeOffset FromMicroseconds(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
