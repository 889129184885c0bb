// Owns: each lane kernel of the transforms, emitted and in C#, against exact integers: results, their stated bounds, and that
// both tiers leave the same integers. Operands are random, at the ends of the stated ranges, and raw.

using System.Numerics;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381FrNttKernelTests(ITestOutputHelper output) : NttKernelTests<Bls12381Fr>(output);

public sealed class Bn254FrNttKernelTests(ITestOutputHelper output) : NttKernelTests<Bn254Fr>(output);

public abstract unsafe class NttKernelTests<TFr>(ITestOutputHelper output)
    where TFr : unmanaged, IPrimeField<TFr>
{
    private const int Limbs = NttLaneKernels.Limbs, Lanes = LanePrime.Lanes;

    private static readonly BigInteger R = BigInteger.One << 260;

    private static readonly BigInteger Modulus = TFr.Modulus;

    private static readonly NttLaneKernels[] Tiers =
        [.. Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported).Select(NttLaneKernels.Of<TFr>).OfType<NttLaneKernels>()];

    private readonly OracleRandom random = new(output);

    private delegate void Kernel(NttLaneKernels kernels, NttLanes* lanes);

    [Fact]
    public void First_splits_stay_within_their_bounds() =>
        Check((k, l) => k.FirstSplit(l), 2, 3, 1, (0, 2), [(0, 2), (12, 16)], (a, _) => [a[0] + a[1], a[0] - a[1]]);

    [Fact]
    public void Splits_of_group_zero_stay_within_their_bounds() =>
        Check((k, l) => k.SplitZero(l), 4, 3, 1, (0, 2), [(0, 2), (12, 20), (12, 20), (12, 20)], (a, w) => Split(a, [1, 1, w[4]]));

    [Fact]
    public void Splits_stay_within_their_bounds()
    {
        foreach ((int low, int high) in new[] { (2, 33), (12, 20), (2, 4), (31, 33) })
        {
            (int, int) bounds = (low - 2, high + 2);
            Check((k, l) => k.Split(l), 4, 2, 3, (low, high), [bounds, bounds, bounds, bounds], (a, w) => Split(a, [w[0], w[1], w[2]]));
        }
    }

    [Fact]
    public void Merges_stay_within_their_bounds() =>
        Check((k, l) => k.Merge(l), 4, 2, 3, (0, 4), [(0, 2), (0, 4), (0, 2), (0, 2)], (a, w) => Merge(a, [w[0], w[1], w[2]]));

    [Fact]
    public void Merges_of_group_zero_stay_within_their_bounds() =>
        Check((k, l) => k.MergeZero(l), 4, 3, 1, (0, 4), [(0, 2), (0, 2), (0, 2), (0, 2)], (a, w) => Merge(a, [1, 1, w[4]]));

    [Fact]
    public void Last_merges_stay_within_their_bounds() =>
        Check((k, l) => k.LastMerge(l), 2, 3, 1, (0, 4), [(0, 8), (0, 8)], (a, _) => [a[0] + a[1], a[0] - a[1]]);

    [Fact]
    public void Scaling_multiplies_anything_below_35_r_by_any_twiddle()
    {
        BigInteger[] values = Values(64, (0, 35)), twiddles = Twiddles(64 / Lanes);
        foreach (NttLaneKernels kernels in Tiers)
        {
            using NativeBuffer<ulong> data = Blocks(values), table = Table(twiddles);
            var lanes = new NttLanes { Data = data.Pointer, Count = values.Length / Lanes, Twiddles = table.Pointer };
            kernels.Scale(&lanes);
            BigInteger[] results = Read(data, values.Length);
            for (int i = 0; i < values.Length; i++)
            {
                Assert.Equal(values[i] * twiddles[i / Lanes] % Modulus, results[i] % Modulus);
                Assert.InRange(results[i], 0, (2 * Modulus) - 1);
            }
        }
    }

    [Fact]
    public void Twists_multiply_by_four_geometric_sequences()
    {
        BigInteger[] values = Values(96, (0, 16)), t = Values(4 * Lanes, (0, 2)), ratio = Values(Lanes, (0, 2));
        BigInteger inverse = BigInteger.ModPow(R, Modulus - 2, Modulus);
        foreach (NttLaneKernels kernels in Tiers)
        {
            using NativeBuffer<ulong> data = Blocks(values), other = Blocks([.. t, .. ratio, .. ratio], raw: false);
            var lanes = new NttLanes { Data = data.Pointer, Count = values.Length / Lanes, Other = other.Pointer };
            kernels.Twist(&lanes);
            BigInteger[] results = Read(data, values.Length), factors = [.. t];
            for (int i = 0; i < values.Length; i++)
            {
                ref BigInteger factor = ref factors[i % factors.Length];
                Assert.Equal(values[i] * factor * inverse % Modulus, results[i] % Modulus);
                Assert.InRange(results[i], 0, (2 * Modulus) - 1);
                factor = factor * ratio[i % Lanes] * inverse % Modulus;
            }
        }
    }

    [Fact]
    public void Products_are_below_2_r()
    {
        BigInteger[] a = Values(64, (0, 5)), b = Values(64, (0, 7));
        BigInteger inverse = BigInteger.ModPow(R, Modulus - 2, Modulus);
        BigInteger[]? first = null;
        foreach (NttLaneKernels kernels in Tiers)
        {
            using NativeBuffer<ulong> data = Blocks(a), other = Blocks(b);
            var lanes = new NttLanes { Data = data.Pointer, Count = a.Length / Lanes, Other = other.Pointer };
            kernels.Multiply(&lanes);
            BigInteger[] results = Read(data, a.Length);
            for (int i = 0; i < a.Length; i++)
            {
                Assert.Equal(a[i] * b[i] * inverse % Modulus, results[i] % Modulus);
                Assert.InRange(results[i], 0, (2 * Modulus) - 1);
            }

            Assert.Equal(first ??= results, results);
            Assert.Equal(b, Read(other, b.Length));
        }
    }

    /// <summary>Two stages of a splitting transform: w₁ for both pairs, then w₂ and w₃.</summary>
    private static BigInteger[] Split(BigInteger[] a, BigInteger[] w)
    {
        BigInteger u0 = a[0] + (w[0] * a[2]), u2 = a[0] - (w[0] * a[2]), v1 = w[1] * (a[1] + (w[0] * a[3])), v3 = w[2] * (a[1] - (w[0] * a[3]));
        return [u0 + v1, u0 - v1, u2 + v3, u2 - v3];
    }

    private static BigInteger[] Merge(BigInteger[] a, BigInteger[] w)
    {
        BigInteger s0 = a[0] + a[1], d0 = w[1] * (a[0] - a[1]), s1 = a[2] + a[3], d1 = w[2] * (a[2] - a[3]);
        return [s0 + s1, d0 + d1, w[0] * (s0 - s1), w[0] * (d0 - d1)];
    }

    private static BigInteger[] Read(NativeBuffer<ulong> blocks, int count)
    {
        var values = new BigInteger[count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < Limbs; j++)
            {
                values[i] += (BigInteger)(long)blocks.Pointer[Place(i, j)] << (LanePrime.LimbBits * j);
                Assert.True(Math.Abs((long)blocks.Pointer[Place(i, j)]) < 1L << 61);
            }

            values[i] = ((values[i] % R) + R) % R;
        }

        return values;
    }

    private static int Place(int index, int limb) => (((index / Lanes * Limbs) + limb) * Lanes) + (index % Lanes);

    private static NativeBuffer<ulong> Table(BigInteger[] twiddles)
    {
        var table = new NativeBuffer<ulong>(twiddles.Length * NttTwiddles.Words);
        for (int i = 0; i < twiddles.Length; i++)
        {
            ulong* twiddle = table.Pointer + (i * NttTwiddles.Words);
            NttTwiddles.Of<TFr>().Write(TFr.FromBigInteger(twiddles[i]), twiddle);
            BigInteger quotient = twiddles[i] * R / Modulus;
            for (int j = 0; j < Limbs; j++)
            {
                Assert.Equal((twiddles[i] >> (52 * j)) & LanePrime.LimbMask, twiddle[j]);
                Assert.Equal((quotient >> (52 * j)) & LanePrime.LimbMask, twiddle[Limbs + j]);
            }
        }

        return table;
    }

    /// <summary>Runs a butterfly kernel in every tier on groups of parts·count blocks with twiddles of the kernel's layout.</summary>
    private void Check(
        Kernel kernel,
        int parts,
        int count,
        int groups,
        (int Low, int High) operands,
        (int Low, int High)[] results,
        Func<BigInteger[], BigInteger[], BigInteger[]> exact)
    {
        for (int repeat = 0; repeat < 8; repeat++)
        {
            BigInteger[] values = Values(groups * parts * count * Lanes, operands), twiddles = Twiddles(3 * groups);
            BigInteger[]? first = null;
            foreach (NttLaneKernels kernels in Tiers)
            {
                // The groups' twiddles first, then those of their halves.
                using NativeBuffer<ulong> data = Blocks(values), table = Table([.. twiddles, 1, 1]);
                var lanes = new NttLanes
                {
                    Data = data.Pointer,
                    Count = count,
                    Groups = groups,
                    Twiddles = table.Pointer,
                    NextTwiddles = table.Pointer + (groups * NttTwiddles.Words),
                };
                kernel(kernels, &lanes);
                BigInteger[] actual = Read(data, values.Length);
                int quarter = count * Lanes;
                for (int group = 0; group < groups; group++)
                {
                    BigInteger[] w = [twiddles[group], twiddles[groups + (2 * group)], twiddles[groups + (2 * group) + 1], 0, twiddles[groups + 1]];
                    for (int i = 0; i < quarter; i++)
                    {
                        int[] places = [.. Enumerable.Range(0, parts).Select(part => (((group * parts) + part) * quarter) + i)];
                        BigInteger[] expected = exact([.. places.Select(place => values[place])], w);
                        for (int part = 0; part < parts; part++)
                        {
                            BigInteger result = actual[places[part]];
                            Assert.True((expected[part] - result) % Modulus == 0, $"part {part} of group {group}");
                            Assert.InRange(result, results[part].Low * Modulus, (results[part].High * Modulus) - 1);
                        }
                    }
                }

                Assert.Equal(first ??= actual, actual);
            }
        }
    }

    /// <summary>Integers within multiples of r: a third random, a third at the lower end, a third at the upper.</summary>
    private BigInteger[] Values(int count, (int Low, int High) bounds) => [.. Enumerable.Range(0, count).Select(_ => random.Next(6) switch
    {
        0 => bounds.Low * Modulus,
        1 => (bounds.Low * Modulus) + random.Next(3),
        2 or 3 => (bounds.High * Modulus) - 1 - random.Next(3),
        _ => (bounds.Low * Modulus) + random.Next((bounds.High - bounds.Low) * Modulus),
    })];

    private BigInteger[] Twiddles(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(4) switch
    {
        0 => Modulus - 1 - random.Next(3),
        1 => random.Next(3),
        _ => random.Next(Modulus),
    })];

    /// <summary>The integers in blocks, with random carries outstanding.</summary>
    private NativeBuffer<ulong> Blocks(BigInteger[] values, bool raw = true)
    {
        var blocks = new NativeBuffer<ulong>(values.Length * Limbs);
        for (int i = 0; i < values.Length; i++)
        {
            long carry = 0;
            for (int j = 0; j < Limbs; j++)
            {
                long next = raw && random.Next(2) == 0 ? random.Next(64) - 32 : 0;
                long limb = (long)(ulong)((values[i] >> (LanePrime.LimbBits * j)) & LanePrime.LimbMask);
                blocks.Pointer[Place(i, j)] = (ulong)(limb - carry + (next << LanePrime.LimbBits));
                carry = next;
            }
        }

        return blocks;
    }
}
