// Owns: tests of the plans of transforms, which need no device.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class NttPlanTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(8)]
    [InlineData(4)]
    [InlineData(2)]
    public void Passes_cover_all_stages_and_fit_their_tiles(int logTile)
    {
        for (int logSize = 0; logSize <= 28; logSize++)
        {
            GpuNttPlan plan = GpuNttPlan.Create(logSize, logTile);
            int first = 0;
            foreach (GpuNttPass pass in plan.Passes)
            {
                Assert.Equal(first, pass.First);
                Assert.InRange(pass.Rows, logSize == 0 ? 0 : 1, logTile);
                Assert.Equal(logSize, pass.First + pass.Rows + pass.Columns);
                first += pass.Rows;

                // A pass of more than one group uses whole tiles.
                Assert.True(plan.Groups(pass) == 1 || (long)plan.Groups(pass) << logTile == 1L << logSize);
            }

            Assert.Equal(logSize, first);
            Assert.Equal(0, plan.Passes[^1].Columns);
            Assert.True(plan.QuotientPasses.Count >= 2);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    [InlineData(20, 2)]
    [InlineData(21, 3)]
    [InlineData(28, 3)]
    public void Passes_are_as_few_as_tiles_allow(int logSize, int passes) =>
        Assert.Equal(passes, GpuNttPlan.Create(logSize).Passes.Count);

    /// <summary>A strip of two elements is as long as what memory gives at once, 64 bytes.</summary>
    [Fact]
    public void Strips_of_long_vectors_are_two_elements_wide_at_least()
    {
        for (int logSize = 21; logSize <= 28; logSize++)
        {
            GpuNttPlan plan = GpuNttPlan.Create(logSize);
            Assert.All(plan.Passes.SkipLast(1), pass => Assert.True(pass.Rows < plan.LogTile));
        }
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(16, 1, 1 << 16)]
    [InlineData(20, 1 << 4, 1 << 16)]
    [InlineData(24, 1 << 8, 1 << 16)]
    [InlineData(28, 1 << 10, 1 << 18)]
    public void Tables_are_small(int logSize, int low, int high)
    {
        GpuNttPlan plan = GpuNttPlan.Create(logSize);
        Assert.Equal((low, high), (plan.LowCount, plan.HighCount));
        Assert.Equal(1024 + low + high, plan.TableCount);
        Assert.Equal(low + (2 * high), plan.ScaleCount);
    }

    [Fact]
    public void Sizes_that_no_field_has_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuNttPlan.Create(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuNttPlan.Create(29));
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuNttPlan.Create(10, logTile: 1));
    }
}
