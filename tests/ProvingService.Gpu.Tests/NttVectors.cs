// Owns: vectors that tests of transforms and of sparse rows begin with.

using ProvingService.Algebra;
using ProvingService.TestKit;

namespace ProvingService.Gpu.Tests;

internal static class NttVectors
{
    public const int Kinds = 5;

    /// <summary>Random elements, edge values at random, zeros, all p − 1, or a single one.</summary>
    public static TFr[] Make<TFr>(OracleRandom random, int count, int kind)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr minusOne = -TFr.One;
        TFr[] values = new TFr[count];
        int one = random.Next(count);
        for (int i = 0; i < count; i++)
        {
            values[i] = kind switch
            {
                0 => random.Element<TFr>(),
                1 => random.Next(4) switch { 0 => TFr.Zero, 1 => TFr.One, 2 => minusOne, _ => random.Element<TFr>() },
                2 => TFr.Zero,
                3 => minusOne,
                _ => i == one ? TFr.One : TFr.Zero,
            };
        }

        return values;
    }
}
