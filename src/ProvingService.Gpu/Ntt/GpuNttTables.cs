// Owns: the tables of a domain on a device, and tables of scale factors for cosets. What is in them: kernels/ntt.cl.

using System.Runtime.CompilerServices;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// What transforms over a domain need on a device, for both directions: 10.5 MB from 2^16 to 2^26 values, 42 MB for 2^28,
/// reserved and made when constructed. Belongs to a session; used on the device's thread.
/// </summary>
/// <typeparam name="TFr">The scalar field of BLS12-381 or of BN254.</typeparam>
internal sealed unsafe class GpuNttTables<TFr> : IDisposable
    where TFr : unmanaged, IPrimeField<TFr>
{
    /// <summary>A prover alternates between at most two: its quotient's, and one of a caller of single transforms.</summary>
    private const int ScaleSlots = 2;

    private readonly GpuSession session;
    private readonly GpuReservation memory;
    private readonly (TFr Step, TFr Factor, TFr Second)?[] scales = new (TFr, TFr, TFr)?[ScaleSlots];
    private int nextScale;

    /// <summary>Compiles the kernels, reserves the memory and makes the tables.</summary>
    /// <param name="session">The device.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="plan">The passes; those of the domain's size, by default.</param>
    /// <exception cref="GpuException">The device refuses, has not the memory, or its compiler fails.</exception>
    public GpuNttTables(GpuSession session, NttDomain<TFr> domain, GpuNttPlan? plan = null)
    {
        this.session = session;
        Domain = domain;
        Plan = plan ?? GpuNttPlan.Create(domain.LogSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(Plan.LogSize, domain.LogSize);
        Program = session.Program(GpuFields.Source<TFr>("ntt", ("LOG_TILE", Plan.LogTile)));
        memory = session.Memory.Reserve(Bytes(Plan));
        try
        {
            Make();
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>The domain.</summary>
    public NttDomain<TFr> Domain { get; }

    /// <summary>The passes of its transforms.</summary>
    public GpuNttPlan Plan { get; }

    /// <summary>The kernels.</summary>
    public IGpuProgram Program { get; }

    /// <summary>Roots and powers of ω.</summary>
    public GpuSlice Roots => memory[0];

    /// <summary>The lengths of what the tables of a plan reserve.</summary>
    public static long[] Bytes(GpuNttPlan plan)
    {
        long scale = (long)plan.ScaleCount * sizeof(TFr);
        return [(long)plan.TableCount * sizeof(TFr), scale, scale];
    }

    /// <summary>The table of factor · step^i and, for vectors after the first, second · step^i; made when it is not there.</summary>
    public GpuSlice Scale(in TFr step, in TFr factor, in TFr second)
    {
        for (int i = 0; i < ScaleSlots; i++)
        {
            if (scales[i] is { } have && have.Step == step && have.Factor == factor && have.Second == second)
            {
                return memory[1 + i];
            }
        }

        int slot = nextScale;
        nextScale = (slot + 1) % ScaleSlots;
        TFr[] table = new TFr[Plan.ScaleCount];
        Span<TFr> low = table.AsSpan(0, Plan.LowCount), high = table.AsSpan(Plan.LowCount, Plan.HighCount);
        Powers(low, TFr.One, step);
        Powers(high, factor, low[^1] * step);
        Powers(table.AsSpan(Plan.LowCount + Plan.HighCount), second, low[^1] * step);
        scales[slot] = null;
        Upload(table, memory[1 + slot]);
        scales[slot] = (step, factor, second);
        return memory[1 + slot];
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    /// <summary>values[i] ← first · step^i.</summary>
    private static void Powers(Span<TFr> values, TFr first, in TFr step)
    {
        foreach (ref TFr value in values)
        {
            value = first;
            first *= step;
        }
    }

    /// <summary>W[i] = ω^rev(i): W[2^t + x] = W[x] · ρ with ρ of order 2^(t+2).</summary>
    private static void BitReversedRoots(Span<TFr> values, bool inverted)
    {
        values[0] = TFr.One;
        for (int t = 0; 1 << t < values.Length; t++)
        {
            // A field's domains are all of the order that its two-adicity allows; no kernel asks for roots beyond them.
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(Math.Min(t + 2, NttDomain<TFr>.MaxLogSize));
            TFr root = inverted ? domain.RootInverse : domain.Root;
            for (int x = 0; x < 1 << t; x++)
            {
                values[(1 << t) + x] = values[x] * root;
            }
        }
    }

    private void Make()
    {
        TFr[] table = new TFr[Plan.TableCount];
        int half = 1 << (Plan.LogTile - 1);
        BitReversedRoots(table.AsSpan(0, half), inverted: false);
        BitReversedRoots(table.AsSpan(half, half), inverted: true);
        Span<TFr> low = table.AsSpan(2 * half, Plan.LowCount);
        Powers(low, TFr.One, Domain.Root);
        Powers(table.AsSpan((2 * half) + Plan.LowCount), TFr.One, low[^1] * Domain.Root);
        Upload(table, Roots);
    }

    private void Upload(TFr[] table, GpuSlice to)
    {
        fixed (TFr* from = table)
        {
            session.Staging.Upload(from, to);
        }
    }
}
