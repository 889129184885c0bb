// Owns: the parameters of an MSM where no tuning run has found better ones: a model of its cost. Pure functions.

using System.Numerics;

namespace ProvingService.Gpu;

/// <summary>Chooses plans by counting additions. What a device measured beats this: see the tuning.</summary>
internal static class GpuMsmDefaults
{
    /// <summary>Work-items that a multiprocessor of a GPU has in flight when it adds points.</summary>
    private const int WorkItemsPerUnit = 384;

    /// <summary>An addition of two accumulators (12M + 2S) in units of one with a base (8M + 2S).</summary>
    private const double FullAddition = 1.4;

    /// <summary>The same addition on the host, about a microsecond of one core, in units of a GPU's additions.</summary>
    private const double HostAddition = 2000;

    /// <summary>The plan with the least work for so many bases; null where not even one level or one scalar fits.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The group.</param>
    /// <param name="count">Bases, and scalars of a run where memory allows.</param>
    /// <param name="fold">See <see cref="GpuMsmPlan.Fold"/>.</param>
    /// <param name="tableBytes">The most bytes for the bases and their multiples.</param>
    /// <param name="scratchBytes">The most bytes for a run.</param>
    public static GpuMsmPlan? Choose(
        GpuDeviceInfo device, MsmShape shape, int count, bool fold, long tableBytes, long scratchBytes)
    {
        GpuMsmPlan? best = null;
        double least = double.MaxValue;
        for (int window = 2; window <= 23; window++)
        {
            if (Plan(device, shape, Math.Max(1, count), fold, window, tableBytes, scratchBytes) is { } plan)
            {
                double cost = Cost(device, plan, count);
                if (cost < least)
                {
                    (best, least) = (plan, cost);
                }
            }
        }

        return best;
    }

    /// <summary>The plan for a given window, with as many levels and as long runs as memory allows; null where none fits.</summary>
    public static GpuMsmPlan? Plan(
        GpuDeviceInfo device, MsmShape shape, int count, bool fold, int window, long tableBytes, long scratchBytes)
    {
        var plan = new GpuMsmPlan { Shape = shape, Fold = fold, Window = window, Sets = 1, Segment = 2, Capacity = 1 };
        long most = Math.Min(
            Math.Min(tableBytes, device.MaxAllocationBytes) / ((long)count * shape.AffineBytes), int.MaxValue / count);
        if (most < 1)
        {
            return null;
        }

        plan = plan with { Sets = (plan.Windows + (int)Math.Min(most, plan.Windows) - 1) / (int)Math.Min(most, plan.Windows) };
        if (plan.Partitions > GpuMsmPlan.Bins)
        {
            return null;
        }

        // A run longer than the kernels' indices reach, or than memory, is halved.
        for (int capacity = count; ; capacity = (capacity + 1) / 2)
        {
            if ((long)capacity * plan.Windows < int.MaxValue)
            {
                GpuMsmPlan candidate = WithSegments(device, plan with { Capacity = capacity });
                long[] lengths = candidate.ScratchLengths();
                if (lengths.Sum() <= scratchBytes && lengths.Max() <= device.MaxAllocationBytes)
                {
                    return candidate;
                }
            }

            if (capacity == 1)
            {
                return null;
            }
        }
    }

    /// <summary>Additions of a whole MSM, in those with a base on the device.</summary>
    public static double Cost(GpuDeviceInfo device, GpuMsmPlan plan, int count)
    {
        int runs = Math.Max(1, GpuMsmPlan.Groups(count, plan.Capacity));
        double entries = (double)count * plan.Windows;
        double sums = (entries / plan.Segment) + (2.0 * plan.Keys * runs);
        double host = 2.0 * plan.Sets * (plan.ReduceGroupsPerSet + plan.Window) * runs;
        return entries + (FullAddition * sums) + ((device.IsCpu ? 1 : HostAddition) * host);
    }

    /// <summary>
    /// Segments so short that each work-item in flight has some, and their sums still cost little; groups of the reduction
    /// so long that the host has at most a few hundred sums to add.
    /// </summary>
    private static GpuMsmPlan WithSegments(GpuDeviceInfo device, GpuMsmPlan plan)
    {
        int inFlight = device.IsCpu ? 64 * device.ComputeUnits : WorkItemsPerUnit * device.ComputeUnits;
        int share = Math.Max(1, plan.Entries(plan.Capacity) / Math.Max(1, inFlight) / 4);
        int buckets = Math.Max(1, plan.Keys / plan.ReduceGroup / 128);
        return plan with
        {
            Segment = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)share), 8, 128),
            LogOwnBuckets = Math.Clamp(BitOperations.Log2((uint)buckets), 2, 6),
            AdditionsPerLaunch = device.IsCpu ? 1 << 20 : (1 << 26) / plan.Shape.Group,
        };
    }
}
