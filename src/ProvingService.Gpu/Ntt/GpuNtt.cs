// Owns: the launches of transforms and of the quotient. The kernels: kernels/ntt.cl. The passes: GpuNttPlan.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// Transforms of vectors on a device, equal bit for bit to those of <see cref="PortableEngine"/>. Calls return when the
/// work is queued in <see cref="GpuSession.Compute"/>; they allocate nothing on the device. A cancelled call leaves the
/// vectors in an unspecified state.
/// </summary>
internal static class GpuNtt
{
    /// <summary>See <see cref="INttEngine.Forward"/>.</summary>
    public static void Forward<TFr>(
        GpuSession session, GpuNttTables<TFr> tables, GpuSlice values, NttOrder order, in TFr shift, CancellationToken token)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Check(tables, values, shift);
        bool shifted = shift != TFr.One;
        GpuSlice scale = shifted ? tables.Scale(shift, TFr.One, TFr.One) : tables.Roots;
        var transform = new Launches<TFr>(session, tables, scale, [values], token);
        IReadOnlyList<GpuNttPass> passes = tables.Plan.Passes;
        if (order == NttOrder.ReversedToNatural)
        {
            for (int i = passes.Count - 1; i >= 0; i--)
            {
                Factor into = shifted && i == passes.Count - 1 ? Factor.Reversed : Factor.None;
                transform.ToNatural(passes[i], false, into, passes[i].First > 0 ? Factor.Twiddle : Factor.None);
            }

            return;
        }

        foreach (GpuNttPass pass in passes)
        {
            Factor into = pass.First > 0 ? Factor.Twiddle : shifted ? Factor.Natural : Factor.None;
            transform.ToReversed(pass, false, into, Factor.None);
        }

        if (order == NttOrder.NaturalToNatural)
        {
            transform.Permute();
        }
    }

    /// <summary>See <see cref="INttEngine.Inverse"/>.</summary>
    public static void Inverse<TFr>(
        GpuSession session, GpuNttTables<TFr> tables, GpuSlice values, NttOrder order, in TFr shift, CancellationToken token)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Check(tables, values, shift);
        bool shifted = shift != TFr.One;
        TFr step = shifted ? TFr.Inverse(shift) : TFr.One;
        GpuSlice scale = tables.Scale(step, tables.Domain.SizeInverse, TFr.One);
        var transform = new Launches<TFr>(session, tables, scale, [values], token);
        IReadOnlyList<GpuNttPass> passes = tables.Plan.Passes;
        if (order == NttOrder.ReversedToNatural)
        {
            Factor end = shifted ? Factor.Natural : Factor.Constant;
            for (int i = passes.Count - 1; i >= 0; i--)
            {
                transform.ToNatural(passes[i], true, Factor.None, passes[i].First > 0 ? Factor.TwiddleInverse : end);
            }

            return;
        }

        for (int i = 0; i < passes.Count; i++)
        {
            Factor end = i < passes.Count - 1 ? Factor.None : shifted ? Factor.Reversed : Factor.Constant;
            transform.ToReversed(passes[i], true, passes[i].First > 0 ? Factor.TwiddleInverse : Factor.None, end);
        }

        if (order == NttOrder.NaturalToNatural)
        {
            transform.Permute();
        }
    }

    /// <summary>
    /// See <see cref="INttEngine.Quotient"/>. The inverse transforms end where the forward ones begin, so both take that
    /// pass at once: with p passes a transform, 2p − 1 a vector, of which the last makes a·b − c besides.
    /// </summary>
    /// <param name="session">The device.</param>
    /// <param name="tables">The domain.</param>
    /// <param name="a">The values of a; overwritten.</param>
    /// <param name="b">The values of b; overwritten.</param>
    /// <param name="c">Scratch.</param>
    /// <param name="shift">The shift.</param>
    /// <param name="result">Canonical integers in natural order; may be <paramref name="a"/>.</param>
    /// <param name="token">Looked at before each launch.</param>
    public static void Quotient<TFr>(
        GpuSession session,
        GpuNttTables<TFr> tables,
        GpuSlice a,
        GpuSlice b,
        GpuSlice c,
        in TFr shift,
        GpuSlice result,
        CancellationToken token)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Check(tables, a, shift);
        Check(tables, b, shift);
        Check(tables, c, shift);
        Check(tables, result, shift);

        // a·b is divided by R in its product; scaling b, and c, by 1/R besides makes both canonical integers.
        TFr inverseRadix = TFr.Inverse(Field.Pow(TFr.One + TFr.One, (ulong)(64 * TFr.LimbCount)));
        TFr inverseSize = tables.Domain.SizeInverse;
        GpuSlice scale = tables.Scale(shift, inverseSize, inverseSize * inverseRadix);
        IReadOnlyList<GpuNttPass> passes = tables.Plan.QuotientPasses;
        var all = new Launches<TFr>(session, tables, scale, [a, b, c], token);
        all.Product(passes[0]);
        if (passes[0].Rows > 0)
        {
            new Launches<TFr>(session, tables, scale, [a, b], token).ToReversed(passes[0], true, Factor.None, Factor.None);
        }

        for (int i = 1; i < passes.Count - 1; i++)
        {
            all.ToReversed(passes[i], true, Factor.TwiddleInverse, Factor.None);
        }

        all.Middle(passes[^1]);
        for (int i = passes.Count - 2; i > 0; i--)
        {
            all.ToNatural(passes[i], false, Factor.None, Factor.Twiddle);
        }

        all.Quotient(passes[0], result);
    }

    private static void Check<TFr>(GpuNttTables<TFr> tables, GpuSlice values, in TFr shift)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (values.Bytes != tables.Plan.VectorBytes)
        {
            throw new ArgumentException(
                $"A domain of {tables.Domain.Size} elements has vectors of {tables.Plan.VectorBytes} bytes, not {values.Bytes}.", nameof(values));
        }

        if (TFr.IsZero(shift))
        {
            throw new ArgumentException("A coset cannot be shifted by zero.", nameof(shift));
        }
    }

    /// <summary>Launches over one to three vectors.</summary>
    private sealed class Launches<TFr>(
        GpuSession session, GpuNttTables<TFr> tables, GpuSlice scale, GpuSlice[] vectors, CancellationToken token)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        private readonly GpuNttPlan plan = tables.Plan;

        public void ToReversed(GpuNttPass pass, bool inverse, Factor into, Factor outOf) =>
            Pass("ntt_to_reversed", pass, inverse, into, outOf);

        public void ToNatural(GpuNttPass pass, bool inverse, Factor into, Factor outOf) =>
            Pass("ntt_to_natural", pass, inverse, into, outOf);

        public void Permute() =>
            Launch("ntt_permute", Math.Max(1, (uint)tables.Domain.Size / plan.GroupSize), vectors[0], plan.LogSize);

        public void Product(GpuNttPass pass) =>
            Launch("ntt_product", plan.Groups(pass), vectors[0], vectors[1], vectors[2], tables.Roots, plan.LogSize, pass.Rows);

        public void Middle(GpuNttPass pass) => Launch(
            "ntt_middle", 3 * plan.Groups(pass), vectors[0], vectors[1], vectors[2], tables.Roots, scale, plan.LogSize, plan.LogLow, pass.First, pass.Rows);

        public void Quotient(GpuNttPass pass, GpuSlice result) => Launch(
            "ntt_quotient", plan.Groups(pass), vectors[0], vectors[1], vectors[2], result, tables.Roots, plan.LogSize, pass.Rows);

        private void Pass(string kernel, GpuNttPass pass, bool inverse, Factor into, Factor outOf) => Launch(
            kernel,
            (uint)vectors.Length * plan.Groups(pass),
            vectors[0],
            vectors[Math.Min(1, vectors.Length - 1)],
            vectors[^1],
            tables.Roots,
            scale,
            plan.LogSize,
            plan.LogLow,
            pass.First,
            pass.Rows,
            inverse ? 1 : 0,
            (int)into,
            (int)outOf);

        private void Launch(string kernel, uint groups, params ReadOnlySpan<KernelArgument> arguments)
        {
            token.ThrowIfCancellationRequested();
            session.Compute.Launch(tables.Program.Kernel(kernel), groups, plan.GroupSize, arguments);
        }
    }

    /// <summary>What a pass multiplies elements by on their way in or out: FACTOR_… of <c>kernels/ntt.cl</c>.</summary>
    private enum Factor
    {
        None,
        Twiddle,
        TwiddleInverse,
        Natural,
        Reversed,
        Constant,
    }
}
