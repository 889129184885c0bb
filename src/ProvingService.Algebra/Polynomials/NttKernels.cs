// Owns: the inner loops of the portable transforms. Schedule and orders: PortableNtt.cs.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// Loops over butterflies by pointer; callers hold the memory pinned and in range. Compiled with full optimisation at
/// once, since a transform may be the first and only call of a process.
/// </summary>
internal static unsafe class NttKernels
{
    /// <summary>
    /// Block i of <paramref name="blocks"/> consecutive blocks of 2·half values: (u, v) ← (u + W[i]·v, u − W[i]·v).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Stage<TFr>(TFr* values, TFr* twiddles, int blocks, long half)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        for (int i = 0; i < blocks; i++)
        {
            TFr* u = values + (2 * half * i);
            TFr* end = u + half;
            TFr w = twiddles[i];
            if (w == TFr.One)
            {
                for (; u < end; u++)
                {
                    TFr b = u[half];
                    u[half] = *u - b;
                    *u += b;
                }
            }
            else
            {
                for (; u < end; u++)
                {
                    TFr b = u[half] * w;
                    u[half] = *u - b;
                    *u += b;
                }
            }
        }
    }

    /// <summary>The transpose of <see cref="Stage"/>: (u, v) ← (u + v, W[i]·(u − v)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposedStage<TFr>(TFr* values, TFr* twiddles, int blocks, long half)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // A product is copied to its place one butterfly late: it is stored by words and copied by vectors, which has to
        // wait until the words have left the store buffer. Worth 8 %.
        TFr product = default;
        TFr* place = &product;
        for (int i = 0; i < blocks; i++)
        {
            TFr* u = values + (2 * half * i);
            TFr* end = u + half;
            TFr w = twiddles[i];
            if (w == TFr.One)
            {
                for (; u < end; u++)
                {
                    TFr b = u[half];
                    u[half] = *u - b;
                    *u += b;
                }
            }
            else
            {
                for (; u < end; u++)
                {
                    TFr difference = *u - u[half];
                    *u += u[half];
                    *place = product;
                    product = difference * w;
                    place = u + half;
                }
            }
        }

        *place = product;
    }

    /// <summary>values[x] ← factor · table[x] · values[x].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale<TFr>(TFr* values, ReadOnlySpan<TFr> table, TFr factor)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        for (int x = 0; x < table.Length; x++)
        {
            values[x] *= table[x] * factor;
        }
    }

    /// <summary>values[x] ← factor · values[x].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale<TFr>(TFr* values, TFr factor, int count)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        for (int x = 0; x < count; x++)
        {
            values[x] *= factor;
        }
    }
}
