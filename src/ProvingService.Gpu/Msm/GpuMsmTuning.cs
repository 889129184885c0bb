// Owns: which parameters an MSM gets where nobody has tuned: a model of its cost. Never: what they mean (GpuMsmPlan).

namespace ProvingService.Gpu;

/// <summary>
/// Chooses a plan by counting multiplications: an entry costs a mixed addition and its part of the sort, a bucket its part
/// of the combination and two full additions of the reduction.
/// </summary>
internal static class GpuMsmTuning
{
    /// <summary>A mixed addition is 10 multiplications; sorting an entry costs about one.</summary>
    private const double EntryCost = 11;

    /// <summary>Two full additions, 28 multiplications, and what combines segments.</summary>
    private const double BucketCost = 32;

    private const int LeastWindow = 4, MostWindow = 22;

    /// <summary>The plan of least cost.</summary>
    /// <param name="shape">The group.</param>
    /// <param name="count">Scalars of the MSM.</param>
    /// <param name="fold">See <see cref="GpuMsmPlan.Fold"/>.</param>
    /// <param name="maxLevels">The most levels of tables; 1 for the bases alone.</param>
    /// <param name="capacity">Scalars of a run; all of them where it is 0.</param>
    public static GpuMsmPlan Choose(MsmShape shape, int count, bool fold, int maxLevels, int capacity = 0)
    {
        int length = Math.Max(1, capacity > 0 ? Math.Min(capacity, count) : count);
        GpuMsmPlan? best = null;
        double least = double.PositiveInfinity;
        for (int window = LeastWindow; window <= MostWindow; window++)
        {
            GpuMsmPlan plan = new() { Shape = shape, Fold = fold, Capacity = length, Window = window, Sets = 1, Segment = 2 };
            int levels = Math.Min(maxLevels, plan.Windows);
            plan = plan with { Sets = (plan.Windows + levels - 1) / levels };
            if (plan.Partitions > GpuMsmPlan.Bins || (long)length * plan.Windows >= int.MaxValue || (long)count * plan.Levels > int.MaxValue)
            {
                continue;
            }

            double runs = Math.Ceiling(count / (double)length);
            double cost = ((double)count * plan.Windows * EntryCost) + (runs * plan.Keys * BucketCost);
            if (cost < least)
            {
                (least, best) = (cost, plan);
            }
        }

        GpuMsmPlan chosen = best ?? throw new ArgumentException($"{count} scalars are more than one run can take.", nameof(count));

        // About two segments a bucket keep work-items equal without many sums of segments.
        double entriesPerBucket = (double)length * chosen.Windows / chosen.Keys;
        return chosen with { Segment = Math.Clamp((int)(entriesPerBucket / 2), 16, 256) };
    }
}
