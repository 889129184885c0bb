// Owns: time that passes when a test says so.

namespace ProvingService.Gpu.Tests;

/// <summary>A clock that a test advances.</summary>
internal sealed class TestClock : TimeProvider
{
    private long now = 1;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => Volatile.Read(ref now);

    public void Advance(double seconds) => Volatile.Write(ref now, now + (long)(seconds * 1000));
}
