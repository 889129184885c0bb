// Owns: the portable transforms: scaling passes, the two-phase schedule, the permutation. Inner loops: NttKernels.cs.

using System.Numerics;

namespace ProvingService.Algebra;

/// <summary>
/// In-place radix-2 transforms whose stage s splits 2^s blocks in halves, block i by the one twiddle W[i] of
/// <see cref="NttDomain{TFr}.Twiddles"/>. From natural to reversed order the stages run 0 … k−1 with Cooley and Tukey's
/// butterfly (u + Wv, u − Wv); from reversed to natural order they run backwards with its transpose, Gentleman and
/// Sande's (u + v, W(u − v)), which is right since the transform's matrix is symmetric. k/2 · n butterflies, of which two
/// stages' worth (the blocks with W = 1) need no multiplication.
/// </summary>
internal static unsafe class PortableNtt
{
    /// <summary>2^13 elements of 32 bytes are 256 KiB: a sub-block and its twiddles stay in a second-level cache.</summary>
    private const int LogSubBlock = 13;

    /// <summary>Below this size a second thread costs more than it gains.</summary>
    private const int LogParallel = 12;

    private const int LogScaleBlock = 10;

    public static void Forward<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Check(domain, values, cosetShift);
        options = Limited(options, domain.LogSize);

        // Pinned for the whole call: workers on other threads address the vector by this pointer, within domain.Size.
        fixed (TFr* data = values)
        {
            Scale(data, domain.LogSize, order == NttOrder.ReversedToNatural, TFr.One, cosetShift, options);
            Stages(data, domain, order, false, options);
        }
    }

    public static void Inverse<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Check(domain, values, cosetShift);
        options = Limited(options, domain.LogSize);

        // Pinned for the whole call, as above.
        fixed (TFr* data = values)
        {
            Stages(data, domain, order, true, options);
            TFr step = cosetShift == TFr.One ? cosetShift : TFr.Inverse(cosetShift);
            Scale(data, domain.LogSize, order == NttOrder.NaturalToReversed, domain.SizeInverse, step, options);
        }
    }

    /// <summary>Refuses vectors of another size than the domain's and zero as a shift.</summary>
    public static void Check<TFr, TValue>(NttDomain<TFr> domain, Span<TValue> values, in TFr cosetShift)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (values.Length != domain.Size)
        {
            throw new ArgumentException($"A domain of {domain.Size} elements cannot transform {values.Length}.", nameof(values));
        }

        if (TFr.IsZero(cosetShift))
        {
            throw new ArgumentException("A coset cannot be shifted by zero.", nameof(cosetShift));
        }
    }

    private static EngineOptions Limited(EngineOptions options, int logSize)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        return logSize < LogParallel ? options with { MaxThreads = 1 } : options;
    }

    private static void Stages<TFr>(TFr* data, NttDomain<TFr> domain, NttOrder order, bool inverted, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // Pinned as the data are: the pointer is used by all workers until this method returns.
        fixed (TFr* twiddles = domain.Twiddles(inverted))
        {
            var job = new Job<TFr>(data, twiddles, domain.LogSize, options.Threads);
            if (order == NttOrder.ReversedToNatural)
            {
                job.Rows(transposed: true, options);
                job.Strips(transposed: true, options);
            }
            else
            {
                job.Strips(transposed: false, options);
                job.Rows(transposed: false, options);
            }
        }

        if (order == NttOrder.NaturalToNatural)
        {
            Permute(data, domain.LogSize, options);
        }
    }

    /// <summary>data[j] ← factor · step^e(j) · data[j] with e(j) = j, or the bit reversal of j.</summary>
    private static void Scale<TFr>(TFr* data, int logSize, bool reversed, TFr factor, TFr step, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (step == TFr.One && factor == TFr.One)
        {
            return;
        }

        // Position j = block·2^b + x has exponent block·2^b + x, or rev(x)·2^(k−b) + rev(block): a table over x serves all blocks.
        int logBlock = Math.Min(LogScaleBlock, logSize), blockSize = 1 << logBlock;
        bool geometric = step != TFr.One;
        TFr[] table = new TFr[geometric ? blockSize : 1];
        TFr tableStep = reversed ? Field.Pow(step, 1UL << (logSize - logBlock)) : step;
        TFr power = TFr.One;
        for (int x = 0; x < table.Length; x++)
        {
            table[reversed ? Reverse(x, logBlock) : x] = power;
            power *= tableStep;
        }

        Workers.Run(1 << (logSize - logBlock), options, block =>
        {
            TFr* values = data + ((long)block << logBlock);
            if (geometric)
            {
                ulong exponent = reversed ? (ulong)Reverse(block, logSize - logBlock) : (ulong)block << logBlock;
                NttKernels.Scale(values, table, factor * Field.Pow(step, exponent));
            }
            else
            {
                NttKernels.Scale(values, factor, blockSize);
            }
        });
    }

    /// <summary>
    /// data[i] ↔ data[rev(i)]. An index is (high, middle, low) with three bits in high and low; the 64 elements of a middle
    /// go, through a buffer, to those of its reversal and those to them, so that memory is read and written 256 bytes at a time.
    /// </summary>
    public static void Permute<TFr>(TFr* data, int logSize, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        const int LogTile = 3, Tile = 1 << LogTile, LogItem = 6;
        int logMiddle = logSize - (2 * LogTile);
        if (logMiddle < 0)
        {
            for (int i = 0; i < 1 << logSize; i++)
            {
                int j = Reverse(i, logSize);
                if (i < j)
                {
                    (data[i], data[j]) = (data[j], data[i]);
                }
            }

            return;
        }

        // Each pair of middles is swapped by the item that holds the smaller one, so items never collide.
        int logItem = Math.Min(LogItem, logMiddle);
        Workers.Run(1 << (logMiddle - logItem), options, item =>
        {
            TFr* own = stackalloc TFr[Tile * Tile];
            TFr* other = stackalloc TFr[Tile * Tile];
            for (int middle = item << logItem; middle < (item + 1) << logItem; middle++)
            {
                int reversed = Reverse(middle, logMiddle);
                if (middle <= reversed)
                {
                    Read(middle, own);
                    Read(reversed, other);
                    Write(own, reversed);
                    Write(other, middle);
                }
            }
        });

        void Read(int middle, TFr* tile)
        {
            for (int high = 0; high < Tile; high++)
            {
                new ReadOnlySpan<TFr>(Row(high, middle), Tile).CopyTo(new(tile + (high << LogTile), Tile));
            }
        }

        void Write(TFr* tile, int middle)
        {
            for (int high = 0; high < Tile; high++)
            {
                TFr* row = Row(high, middle), column = tile + Reverse(high, LogTile);
                for (int low = 0; low < Tile; low++)
                {
                    row[low] = column[Reverse(low, LogTile) << LogTile];
                }
            }
        }

        TFr* Row(int high, int middle) => data + ((long)high << (logSize - LogTile)) + ((long)middle << LogTile);
    }

    /// <summary>The lowest <paramref name="bits"/> bits of i in reversed order.</summary>
    private static int Reverse(int i, int bits)
    {
        uint v = (uint)i;
        v = ((v >> 1) & 0x55555555) | ((v & 0x55555555) << 1);
        v = ((v >> 2) & 0x33333333) | ((v & 0x33333333) << 2);
        v = ((v >> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
        v = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(v);
        return bits == 0 ? 0 : (int)(v >> (32 - bits));
    }

    /// <summary>
    /// The vector as a matrix of 2^S rows, of 2^13 columns or, where that makes too few rows for the threads, fewer. The
    /// first S stages mix rows only, so each strip of columns passes through them alone; the others mix columns only, so
    /// each row passes through them alone. The vector is read from memory twice, whatever its size, and neither phase
    /// has a barrier inside.
    /// </summary>
    private sealed class Job<TFr>
        where TFr : unmanaged, IPrimeField<TFr>
    {
        private readonly TFr* data;
        private readonly TFr* twiddles;
        private readonly int logRows;
        private readonly int logColumns;
        private readonly int logWidth;

        public Job(TFr* data, TFr* twiddles, int logSize, int threads)
        {
            this.data = data;
            this.twiddles = twiddles;

            // At least four items a thread in both phases, where the size allows.
            int logItems = threads == 1 ? 0 : BitOperations.Log2((uint)threads - 1) + 3;
            logRows = Math.Max(Math.Max(0, logSize - LogSubBlock), Math.Min(logItems, logSize / 2));
            logColumns = logSize - logRows;

            // A strip is copied to scratch, since rows a power of two apart fall on the same lines of a cache; it is as
            // wide as a sub-block allows, but at least two cache lines of 32-byte elements a row.
            logWidth = Math.Clamp(Math.Min(LogSubBlock - logRows, logColumns - logItems), Math.Min(2, logColumns), logColumns);
        }

        public void Strips(bool transposed, EngineOptions options)
        {
            if (logRows == 0)
            {
                return;
            }

            Workers.Run(
                1 << (logColumns - logWidth),
                options,
                () => new NativeBuffer<TFr>(1L << (logRows + logWidth)),
                (strip, scratch) => Strip(strip << logWidth, scratch.Pointer, transposed));
        }

        public void Rows(bool transposed, EngineOptions options) =>
            Workers.Run(1 << logRows, options, row => Row(row, transposed));

        private void Strip(int column, TFr* scratch, bool transposed)
        {
            int rows = 1 << logRows, width = 1 << logWidth;
            for (int r = 0; r < rows; r++)
            {
                new ReadOnlySpan<TFr>(data + ((long)r << logColumns) + column, width).CopyTo(new(scratch + ((long)r << logWidth), width));
            }

            // In scratch, column after column of a row: a stage's block of rows is contiguous, and all share its twiddle.
            if (transposed)
            {
                for (int s = logRows - 1; s >= 0; s--)
                {
                    NttKernels.TransposedStage(scratch, twiddles, 1 << s, 1L << (logRows + logWidth - s - 1));
                }
            }
            else
            {
                for (int s = 0; s < logRows; s++)
                {
                    NttKernels.Stage(scratch, twiddles, 1 << s, 1L << (logRows + logWidth - s - 1));
                }
            }

            for (int r = 0; r < rows; r++)
            {
                new ReadOnlySpan<TFr>(scratch + ((long)r << logWidth), width).CopyTo(new(data + ((long)r << logColumns) + column, width));
            }
        }

        private void Row(int row, bool transposed)
        {
            TFr* values = data + ((long)row << logColumns);
            for (int t = 0; t < logColumns; t++)
            {
                // In stage logRows + s of the whole, this row holds blocks row·2^s … row·2^s + 2^s − 1.
                int s = transposed ? logColumns - 1 - t : t;
                TFr* own = twiddles + ((long)row << s);
                if (transposed)
                {
                    NttKernels.TransposedStage(values, own, 1 << s, 1L << (logColumns - s - 1));
                }
                else
                {
                    NttKernels.Stage(values, own, 1 << s, 1L << (logColumns - s - 1));
                }
            }
        }
    }
}
