// Owns: a sparse matrix on a device, its products with witnesses, and witnesses as scalars. The kernels: kernels/rows.cl.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// A matrix in compressed rows on a device: 8 bytes an entry and 4 a row, besides 32 a distinct value. Belongs to a
/// session; used on the device's thread.
/// </summary>
/// <typeparam name="TFr">The scalar field of BLS12-381 or of BN254.</typeparam>
internal sealed unsafe class GpuRows<TFr> : IDisposable
    where TFr : unmanaged, IPrimeField<TFr>
{
    private readonly IGpuProgram program;
    private readonly GpuReservation memory;
    private readonly int rowCount;
    private readonly int chunkCount;
    private readonly int longCount;
    private readonly uint wireCount;

    private GpuRows(IGpuProgram program, GpuReservation memory, RowLayout<TFr> layout)
    {
        this.program = program;
        this.memory = memory;
        rowCount = layout.RowStarts.Length - 1;
        chunkCount = layout.ChunkStarts.Length;
        longCount = layout.LongRows.Length;
        wireCount = layout.WireCount;
    }

    /// <summary>Bytes of device memory.</summary>
    public long Bytes { get; private init; }

    /// <summary>Reserves memory for a matrix and copies it there; returns when it is there.</summary>
    /// <exception cref="ArgumentException">The rows are not ascending, or the arrays' lengths do not agree.</exception>
    /// <exception cref="GpuException">The device refuses, has not the memory, or its compiler fails.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before the copying began.</exception>
    public static GpuRows<TFr> Load(GpuSession session, CompressedRows<TFr> rows, CancellationToken cancellation = default)
    {
        var layout = new RowLayout<TFr>(rows, cancellation);
        IGpuProgram program = session.Program(GpuFields.Source<TFr>("rows"));
        long[] lengths = layout.Bytes();
        GpuReservation memory = session.Memory.Reserve(lengths);
        try
        {
            Upload(layout.RowStarts, 0);
            Upload(layout.Wires, 1);
            Upload(layout.Kinds, 2);
            Upload(layout.Values, 3);
            Upload(layout.ChunkStarts, 4);
            Upload(layout.ChunkEnds, 5);
            Upload(layout.LongRows, 6);
            Upload(layout.FirstChunks, 7);
            return new(program, memory, layout) { Bytes = lengths.Sum() };
        }
        catch
        {
            memory.Dispose();
            throw;
        }

        void Upload<T>(T[] array, int index)
            where T : unmanaged
        {
            fixed (T* from = array)
            {
                session.Staging.Upload(from, memory[index]);
            }
        }
    }

    /// <summary>
    /// result[i] ← Σ_j row i's entry j · witness[its wire], for vectors of elements in Montgomery form; zeros where the
    /// matrix has no row. Returns when the work is queued.
    /// </summary>
    /// <param name="session">The device.</param>
    /// <param name="witness">All wires.</param>
    /// <param name="result">At least as many elements as the matrix has rows.</param>
    /// <param name="token">Looked at before each launch.</param>
    public void Evaluate(GpuSession session, GpuSlice witness, GpuSlice result, CancellationToken token)
    {
        if (witness.Bytes < wireCount * (long)sizeof(TFr))
        {
            throw new ArgumentException($"The matrix has {wireCount} columns, the witness {witness.Bytes / sizeof(TFr)} elements.", nameof(witness));
        }

        if (result.Bytes < rowCount * (long)sizeof(TFr))
        {
            throw new ArgumentException($"The matrix has {rowCount} rows, the result {result.Bytes / sizeof(TFr)} elements.", nameof(result));
        }

        token.ThrowIfCancellationRequested();
        int count = checked((int)(result.Bytes / sizeof(TFr)));
        session.Compute.Launch(
            program.Kernel("rows_evaluate"), GpuWitness.Groups(count), GpuWitness.Group, memory[0], memory[1], memory[2], memory[3], witness, result, rowCount, count);
        if (chunkCount > 0)
        {
            token.ThrowIfCancellationRequested();
            session.Compute.Launch(
                program.Kernel("rows_chunks"), (uint)chunkCount, GpuWitness.Group, memory[4], memory[5], memory[1], memory[2], memory[3], witness, memory[8]);
            session.Compute.Launch(program.Kernel("rows_long"), (uint)longCount, GpuWitness.Group, memory[6], memory[7], memory[8], result);

            // The chunks' sums follow from the witness, and the matrix stays.
            session.Compute.Clear(memory[8]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();
}

/// <summary>Witnesses on a device.</summary>
internal static class GpuWitness
{
    /// <summary>Work-items a group: GROUP of <c>kernels/rows.cl</c>.</summary>
    public const uint Group = 64;

    /// <summary>Groups for so many work-items.</summary>
    public static uint Groups(int count) => ((uint)count + Group - 1) / Group;

    /// <summary>
    /// The canonical integers of elements in Montgomery form, as MSMs take them; in place where the slices are the same.
    /// Returns when the work is queued.
    /// </summary>
    public static void ToScalars<TFr>(GpuSession session, GpuSlice elements, GpuSlice scalars, CancellationToken token)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(scalars.Bytes, elements.Bytes);
        token.ThrowIfCancellationRequested();
        int count = checked((int)(elements.Bytes / (8 * TFr.LimbCount)));
        IGpuKernel kernel = session.Program(GpuFields.Source<TFr>("rows")).Kernel("rows_scalars");
        session.Compute.Launch(kernel, Groups(count), Group, elements, scalars, count);
    }
}
