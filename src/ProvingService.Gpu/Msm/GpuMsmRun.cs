// Owns: the launches of one run of an MSM, in order. What each kernel does: kernels/msm-sort.cl, kernels/msm.cl.

namespace ProvingService.Gpu;

/// <summary>One run: at most the plan's capacity of scalars, to sums of groups of buckets.</summary>
/// <param name="session">The device.</param>
/// <param name="plan">The parameters.</param>
/// <param name="scratch">Reserved by <see cref="GpuMsmPlan.ScratchLengths"/>.</param>
/// <param name="count">Scalars of this run.</param>
/// <param name="cancellation">Looked at between launches.</param>
internal sealed class GpuMsmRun(
    GpuSession session, GpuMsmPlan plan, GpuReservation scratch, int count, CancellationToken cancellation)
{
    private readonly IGpuProgram sort = session.Program(MsmPrograms.Sort(plan.Shape.Curve));
    private readonly IGpuProgram points = session.Program(MsmPrograms.Points(plan.Shape, plan.Block));

    /// <summary>Puts everything into the compute queue; the result will be in <see cref="MsmScratch.Sums"/>.</summary>
    public void Enqueue(GpuSlice bases, int levelStride, int firstBase, GpuSlice scalars, int firstScalar)
    {
        Sort(levelStride, firstBase, scalars, firstScalar);
        Cut();
        Accumulate(bases);
        Reduce();
    }

    /// <summary>Entries by bucket: Sorted and Starts.</summary>
    internal void Sort(int levelStride, int firstBase, GpuSlice scalars, int firstScalar)
    {
        int tile = GpuMsmPlan.ScalarTile(count), groups = GpuMsmPlan.Groups(count, tile), fold = plan.Fold ? 1 : 0;
        Launch(
            sort, "msm_count", groups, GpuMsmPlan.SortGroup, scalars, Buffer(MsmScratch.Counts), firstScalar, count, tile, fold, plan.Window, plan.Windows, plan.Sets, plan.LowBits, plan.Partitions);
        Scan(MsmScratch.Counts, (plan.Partitions * groups) + 1);
        Launch(
            sort, "msm_scatter", groups, GpuMsmPlan.SortGroup, scalars, Buffer(MsmScratch.Counts), Buffer(MsmScratch.Entries), firstScalar, count, tile, fold, plan.Window, plan.Windows, plan.Sets, plan.LowBits, plan.Partitions, firstBase, levelStride);
        Launch(
            sort, "msm_sort", plan.Partitions, GpuMsmPlan.SortGroup, Buffer(MsmScratch.Entries), Buffer(MsmScratch.Counts), Buffer(MsmScratch.Starts), Buffer(MsmScratch.Sorted), groups, plan.LowBits);
    }

    /// <summary>Buckets into segments: Full, Order, and the lists of heavy buckets.</summary>
    internal void Cut()
    {
        int groups = GpuMsmPlan.Groups(plan.Keys, plan.KeyTile);
        session.Compute.Clear(Buffer(MsmScratch.HeavyCounts));
        Launch(
            sort, "msm_split", groups, GpuMsmPlan.SortGroup, Buffer(MsmScratch.Starts), Buffer(MsmScratch.Full), Buffer(MsmScratch.Counts), plan.Keys, plan.KeyTile, plan.Segment);
        Scan(MsmScratch.Full, plan.Keys + 1);
        Scan(MsmScratch.Counts, (plan.Segment * groups) + 1);
        Launch(
            sort, "msm_order", groups, GpuMsmPlan.SortGroup, Buffer(MsmScratch.Starts), Buffer(MsmScratch.Full), Buffer(MsmScratch.Counts), Buffer(MsmScratch.Order), Buffer(MsmScratch.Chunks), Buffer(MsmScratch.Heavies), Buffer(MsmScratch.HeavyCounts), plan.Keys, plan.KeyTile, plan.Segment);
    }

    /// <summary>Sums of segments, of heavy buckets, and of all buckets.</summary>
    internal void Accumulate(GpuSlice bases)
    {
        // How many segments there are is known on the device alone; work-items beyond them end at once.
        int most = plan.FullSegments(count) + Math.Min(plan.Keys, plan.Entries(count));
        int groups = GpuMsmPlan.Groups(most, plan.Block);
        int atOnce = plan.AdditionsPerLaunch / plan.Segment / plan.Block;
        int lastLength = plan.Segment * GpuMsmPlan.Groups(plan.Keys, plan.KeyTile);
        for (int from = 0; from < groups; from += atOnce)
        {
            if (from > 0)
            {
                session.Compute.Synchronize();
            }

            Launch(
                points, "msm_accumulate", Math.Min(atOnce, groups - from), plan.Block, bases, Buffer(MsmScratch.Sorted), Buffer(MsmScratch.Starts), Buffer(MsmScratch.Full), Buffer(MsmScratch.Order), Buffer(MsmScratch.Counts), Buffer(MsmScratch.Entries), Buffer(MsmScratch.Buckets), plan.Keys, plan.Segment, lastLength, from * plan.Block);
        }

        AddHeavy(MsmScratch.Chunks, plan.HeavyChunks(count), 0, 1);
        AddHeavy(MsmScratch.Heavies, plan.HeavyBuckets(count), 1, GpuMsmPlan.HeavyChunk);
        Launch(
            points, "msm_combine", GpuMsmPlan.Groups(plan.Keys, plan.Block), plan.Block, Buffer(MsmScratch.Starts), Buffer(MsmScratch.Full), Buffer(MsmScratch.Entries), Buffer(MsmScratch.Buckets), plan.Keys, plan.Segment);
    }

    /// <summary>Weighted sums of buckets.</summary>
    internal void Reduce() => Launch(
        points, "msm_reduce", plan.Sets * plan.ReduceGroupsPerSet, plan.ReduceGroup, Buffer(MsmScratch.Buckets), Buffer(MsmScratch.Sums), plan.SetSize, plan.ReduceGroupsPerSet, plan.LogOwnBuckets);

    private void AddHeavy(MsmScratch runs, int most, int which, int stride) => Launch(
        points, "msm_heavy", GpuMsmPlan.HeavyGroups(most), plan.ReduceGroup, Buffer(MsmScratch.Entries), Buffer(runs), Buffer(MsmScratch.HeavyCounts), which, stride);

    /// <summary>Replaces values by the sums of those before them.</summary>
    private void Scan(MsmScratch values, int length)
    {
        int groups = GpuMsmPlan.ScanGroups(length);
        Launch(sort, "scan_tiles", groups, GpuMsmPlan.SortGroup, Buffer(values), Buffer(MsmScratch.Totals), length);
        if (groups > 1)
        {
            Launch(sort, "scan_totals", 1, GpuMsmPlan.SortGroup, Buffer(MsmScratch.Totals), groups);
            Launch(sort, "scan_add", groups, GpuMsmPlan.SortGroup, Buffer(values), Buffer(MsmScratch.Totals), length);
        }
    }

    private GpuSlice Buffer(MsmScratch which) => scratch[(int)which];

    private void Launch(IGpuProgram program, string kernel, int groups, int size, params ReadOnlySpan<KernelArgument> arguments)
    {
        cancellation.ThrowIfCancellationRequested();
        session.Compute.Launch(program.Kernel(kernel), (uint)groups, (uint)size, arguments);
    }
}
