// Owns: which parameters an MSM gets where nobody has tuned: a model of its cost. Never: what they mean (GpuMsmPlan).

using System.Numerics;

namespace ProvingService.Gpu;

/// <summary>Chooses plans by counting additions. Pure functions; what a device measured beats them.</summary>
internal static class GpuMsmDefaults
{
    /// <summary>Work-items that a multiprocessor of a GPU has in flight when it adds points.</summary>
    private const int WorkItemsPerUnit = 384;

    /// <summary>The same for a core of a processor, which runs one after the other.</summary>
    private const int WorkItemsPerCore = 64;

    /// <summary>An addition of two accumulators (12M + 2S) in units of one with a base (8M + 2S).</summary>
    private const double FullAddition = 1.4;

    /// <summary>An addition on the host, about a microsecond of one core, in units of a GPU's additions.</summary>
    private const double HostAddition = 2000;

    /// <summary>
    /// An addition that others wait for, about 7 microseconds of a work-item that has its multiprocessor nearly alone, in
    /// additions of the whole GPU in that time.
    /// </summary>
    private const double WaitedAddition = 30000;

    private const int LeastWindow = 2, MostWindow = 23;

    /// <summary>The plan of least cost.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The group.</param>
    /// <param name="count">Scalars of the MSM.</param>
    /// <param name="fold">See <see cref="GpuMsmPlan.Fold"/>.</param>
    /// <param name="maxLevels">The most levels of tables; 1 for the bases alone.</param>
    /// <param name="capacity">Scalars of a run; all of them where it is 0, but never more than <see cref="GpuMsmPlan.LongestRun"/>.</param>
    public static GpuMsmPlan Choose(GpuDeviceInfo device, MsmShape shape, int count, bool fold, int maxLevels, int capacity = 0)
    {
        int length = Math.Clamp(capacity > 0 ? Math.Min(capacity, count) : count, 1, GpuMsmPlan.LongestRun);
        GpuMsmPlan? best = null;
        double least = double.PositiveInfinity;
        for (int window = LeastWindow; window <= MostWindow; window++)
        {
            if (Plan(device, shape, count, fold, maxLevels, length, window) is { } plan && Cost(device, plan, count) is var cost && cost < least)
            {
                (least, best) = (cost, plan);
            }
        }

        return best!;
    }

    /// <summary>The plan of a given window; null where the kernels cannot follow it.</summary>
    public static GpuMsmPlan? Plan(GpuDeviceInfo device, MsmShape shape, int count, bool fold, int maxLevels, int capacity, int window)
    {
        GpuMsmPlan plan = new() { Shape = shape, Fold = fold, Capacity = capacity, Window = window, Sets = 1, Segment = 2 };
        int levels = Math.Clamp(Math.Min(maxLevels, int.MaxValue / Math.Max(1, count)), 1, plan.Windows);
        plan = plan with { Sets = (plan.Windows + levels - 1) / levels };
        if (plan.Partitions > GpuMsmPlan.Bins || (long)capacity * plan.Windows >= int.MaxValue)
        {
            return null;
        }

        // Segments so short that each work-item in flight has some, and groups of the reduction so long that the host has at
        // most a few hundred sums to add.
        int inFlight = device.ComputeUnits * (device.IsCpu ? WorkItemsPerCore : WorkItemsPerUnit);
        int share = Math.Max(1, plan.Entries(capacity) / Math.Max(1, inFlight) / 4);
        return plan with
        {
            Segment = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)share), 8, 128),
            LogOwnBuckets = Math.Clamp(BitOperations.Log2((uint)Math.Max(1, plan.Keys / plan.ReduceGroup / 128)), 2, 6),
            AdditionsPerLaunch = (device.IsCpu ? 1 << 20 : 1 << 26) / shape.Group,
        };
    }

    /// <summary>
    /// Additions with a base that take as long as the whole MSM: one an entry, sums of segments, two a bucket of the
    /// reduction, those of it that follow one after the other, and what is left to the host.
    /// </summary>
    public static double Cost(GpuDeviceInfo device, GpuMsmPlan plan, int count)
    {
        double runs = Math.Ceiling(Math.Max(1, count) / (double)plan.Capacity);
        double entries = (double)count * plan.Windows;
        double sums = (entries / plan.Segment) + (2.0 * plan.Keys * runs);
        double host = 2.0 * plan.Sets * (plan.ReduceGroupsPerSet + plan.Window) * runs;
        double waited = ((2 << plan.LogOwnBuckets) + plan.LogOwnBuckets + (2 * BitOperations.Log2((uint)plan.ReduceGroup))) * runs;
        return entries + (FullAddition * sums) + (device.IsCpu ? host : (HostAddition * host) + (WaitedAddition * waited));
    }
}
