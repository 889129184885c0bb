// Owns: the weighted sums of the rows and columns of all windows of an MSM. Rows and columns themselves: Pippenger.cs.

namespace ProvingService.Algebra;

/// <summary>
/// For each window, columns·Σ u·R_u + Σ (v + 1)·C_v. A weighted sum Σ i·X_i of m points is done as for buckets: with
/// i = a·q + b it is q·Σ a·(Σ_b X) + Σ b·(Σ_a X). All windows, chunks, rows and columns share the batches of additions that
/// find those inner sums, 2m a weighted sum; about 4·√m points are left, which are added one by one.
/// </summary>
internal sealed unsafe class WindowSums<TField, TCurve> : IDisposable
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    private readonly MsmPlan plan;
    private readonly Affine<TField, TCurve>* lines;
    private readonly int logRows, logLow, logColumnsLow;
    private readonly NativeBuffer<Affine<TField, TCurve>> sums;

    public WindowSums(MsmPlan plan, Affine<TField, TCurve>* lines, KernelTier tier, CancellationToken cancellationToken)
    {
        this.plan = plan;
        this.lines = lines;
        logRows = plan.WindowBits - 1 - plan.LogColumns;
        logLow = logRows / 2;
        logColumnsLow = plan.LogColumns / 2;
        sums = new((long)plan.Sets * PointsPerWindow);
        using var indices = new NativeBuffer<uint>(2L * plan.Sets * plan.Chunks * plan.Lines);
        using var ends = new NativeBuffer<uint>((long)plan.Sets * PointsPerWindow);
        uint position = 0;
        uint* end = ends.Pointer;
        for (int w = 0; w < plan.Sets; w++)
        {
            List(w, 0, logRows, logLow);
            List(w, plan.Rows, plan.LogColumns, logColumnsLow);
        }

        using IGroupSums<TField, TCurve> groups = GroupSums.Create<TField, TCurve>(tier);
        groups.Sum(lines, indices.Pointer, ends.Pointer, plan.Sets * PointsPerWindow, sums.Pointer, cancellationToken);

        // Groups by the high part of the index, then groups by the low part.
        void List(int window, int first, int log, int low)
        {
            for (int a = 0; a < 1 << (log - low); a++)
            {
                for (int b = 0; b < 1 << low; b++)
                {
                    Enter(window, first + (a << low) + b);
                }

                *end++ = position;
            }

            for (int b = 0; b < 1 << low; b++)
            {
                for (int a = 0; a < 1 << (log - low); a++)
                {
                    Enter(window, first + (a << low) + b);
                }

                *end++ = position;
            }
        }

        void Enter(int window, int line)
        {
            for (int chunk = 0; chunk < plan.Chunks; chunk++)
            {
                uint index = (uint)((((chunk * plan.Sets) + window) * plan.Lines) + line);
                indices.Pointer[position] = index;
                position += this.lines[index].IsInfinity ? 0U : 1U;
            }
        }
    }

    private int PointsPerWindow => (1 << (logRows - logLow)) + (1 << logLow) + (1 << (plan.LogColumns - logColumnsLow)) + (1 << logColumnsLow);

    /// <summary>The sum of a window, without its power of two.</summary>
    public Xyzz<TField, TCurve> this[int window]
    {
        get
        {
            Affine<TField, TCurve>* points = sums.Pointer + ((long)window * PointsPerWindow);
            Xyzz<TField, TCurve> rows = Weighted(ref points, logRows, logLow, out _);
            for (int i = 0; i < plan.LogColumns && !rows.IsInfinity; i++)
            {
                rows = Xyzz<TField, TCurve>.Double(rows);
            }

            // Weights of columns begin at one.
            return rows + Weighted(ref points, plan.LogColumns, logColumnsLow, out Xyzz<TField, TCurve> total) + total;
        }
    }

    public void Dispose() => sums.Dispose();

    private static Xyzz<TField, TCurve> Weighted(ref Affine<TField, TCurve>* points, int log, int low, out Xyzz<TField, TCurve> total)
    {
        Xyzz<TField, TCurve> high = Weighted(points, 1 << (log - low), out _);
        points += 1 << (log - low);
        for (int i = 0; i < low && !high.IsInfinity; i++)
        {
            high = Xyzz<TField, TCurve>.Double(high);
        }

        high += Weighted(points, 1 << low, out total);
        points += 1 << low;
        return high;
    }

    /// <summary>Σ i·points[i] by running sums from the top, and Σ points[i].</summary>
    private static Xyzz<TField, TCurve> Weighted(Affine<TField, TCurve>* points, int length, out Xyzz<TField, TCurve> total)
    {
        Xyzz<TField, TCurve> running = default, sum = default;
        for (int i = length - 1; i > 0; i--)
        {
            running += points[i];
            sum += running;
        }

        total = running + points[0];
        return sum;
    }
}
