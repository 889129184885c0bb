// Owns: tests of giving up on a driver's call: only inside one, only after the limit, and the thread learns of it.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class DriverWatchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);

    private readonly TestClock clock = new();

    [Fact]
    public void A_thread_is_given_up_only_inside_a_call_and_after_the_limit()
    {
        var watch = new DriverWatch(clock);
        clock.Advance(1000);
        Assert.False(watch.TryGiveUp(Limit));
        using (watch.Enter())
        {
            clock.Advance(300);
            Assert.False(watch.TryGiveUp(Limit));
        }

        clock.Advance(1000);
        Assert.False(watch.TryGiveUp(Limit));
        using (watch.Enter())
        {
            clock.Advance(1);
            Assert.False(watch.TryGiveUp(Limit));
        }

        Assert.False(watch.IsGivenUp);
    }

    [Fact]
    public void A_thread_that_was_given_up_learns_of_it_when_the_call_returns_and_enters_no_other()
    {
        var watch = new DriverWatch(clock);
        bool isReturned = false;
        Assert.Throws<GpuException>(() =>
        {
            using (watch.Enter())
            {
                clock.Advance(301);
                Assert.True(watch.TryGiveUp(Limit));
                isReturned = true;
            }
        });
        Assert.True(isReturned && watch.IsGivenUp);
        Assert.Throws<GpuException>(() => watch.Enter().Dispose());
        Assert.False(watch.TryGiveUp(Limit));
    }
}
