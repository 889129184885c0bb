// Owns: tests of the steps of an MSM that move no points: digits, the order of work, its cutting.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed class MsmStepTests(OpenClFixture fixture, ITestOutputHelper output)
{
    private const string DigitsKernel = """
        KERNEL(64) all_digits(GLOBAL const fr *scalars, GLOBAL u32 *result, u32 count, u32 fold, u32 c, u32 windows)
        {
            u32 i = global_index();
            if (i >= count)
                return;
            digits d = digits_of(scalars[i], fold);
            for (u32 w = 0; w < windows; w++)
                result[i * windows + w] = digits_next(&d, c);
        }
        """;

    private readonly OracleRandom random = new(output);

    private GpuSession Session => fixture.Session;

    [OpenClTheory]
    [InlineData(CurveId.Bls12381)]
    [InlineData(CurveId.Bn254)]
    public void Digits_stand_for_their_scalars(CurveId curve)
    {
        BigInteger order = curve == CurveId.Bls12381 ? Bls12381Fr.Modulus : Bn254Fr.Modulus, all = BigInteger.One << 256;
        foreach (bool fold in (bool[])[false, true])
        {
            BigInteger bound = fold ? order : all;
            BigInteger[] values =
            [
                0, 1, 2, bound - 1, bound - 2, order - 1, order / 2, (order / 2) + 1, BigInteger.One << 128, (BigInteger.One << 253) - 1,
                .. Enumerable.Range(0, 64).Select(i => (BigInteger.One << (4 * i)) % bound),
                .. Enumerable.Range(0, 64).Select(_ => random.Next(bound)),
            ];
            foreach (int c in (int[])[2, 5, 8, 16, 23])
            {
                var plan = new GpuMsmPlan { Shape = new(curve, 1), Fold = fold, Capacity = 1, Window = c, Sets = 1, Segment = 2 };
                uint[] digits = Digits(curve, values, plan);
                for (int i = 0; i < values.Length; i++)
                {
                    BigInteger sum = 0;
                    for (int w = plan.Windows - 1; w >= 0; w--)
                    {
                        uint digit = digits[(i * plan.Windows) + w];
                        int magnitude = (int)(digit & 0x7fffffff);
                        Assert.InRange(magnitude, 0, 1 << (c - 1));
                        sum = (sum << c) + (digit >> 31 == 0 ? magnitude : -magnitude);
                    }

                    Assert.Equal(values[i], fold && sum < 0 ? sum + order : fold && values[i] > order / 2 ? sum + order : sum);
                }
            }
        }
    }

    [OpenClTheory]
    [InlineData(1000, 8, 1, 3, 0)]
    [InlineData(777, 6, 43, 8, 1)]
    [InlineData(3000, 12, 5, 4, 2)]
    [InlineData(300, 14, 19, 2, 0)]
    public void Entries_are_sorted_and_cut(int count, int window, int sets, int segment, int skew)
    {
        var plan = new GpuMsmPlan
        {
            Shape = new(CurveId.Bn254, 1), Capacity = count, Window = window, Sets = sets, Segment = segment,
        };
        plan.Check(count);
        BigInteger[] values = [.. Enumerable.Range(0, count).Select(i => skew == 1 || (skew == 2 && i % 2 == 0) ? 1 : random.Next(BigInteger.One << 256))];
        uint[] digits = Digits(CurveId.Bn254, values, plan);
        using GpuReservation scalars = Session.Memory.Reserve(32L * count), scratch = Session.Memory.Reserve(plan.ScratchLengths());
        MsmVectors.Upload<Scalar256>(Session, [.. values.Select(MsmVectors.Scalar)], scalars[0]);
        var run = new GpuMsmRun(Session, plan, scratch, count, CancellationToken.None);
        run.Sort(count, 0, scalars[0], 0);
        run.Cut();

        var expected = new List<uint>[plan.Keys];
        for (int key = 0; key < plan.Keys; key++)
        {
            expected[key] = [];
        }

        for (int i = 0; i < count; i++)
        {
            for (int w = 0; w < plan.Windows; w++)
            {
                uint digit = digits[(i * plan.Windows) + w], magnitude = digit & 0x7fffffff;
                if (magnitude != 0)
                {
                    int index = (w / sets * count) + i;
                    expected[((w % sets) << (window - 1)) + (int)magnitude - 1].Add((uint)index | (digit & 0x80000000));
                }
            }
        }

        uint[] Words(MsmScratch part, int length) => MsmVectors.Download<uint>(Session, scratch[(int)part], length);
        uint[] starts = Words(MsmScratch.Starts, plan.Keys + 1), full = Words(MsmScratch.Full, plan.Keys + 1);
        uint[] sorted = Words(MsmScratch.Sorted, (int)starts[^1]), order = Words(MsmScratch.Order, plan.Keys);
        uint place = 0, segments = 0;
        var heavy = new HashSet<(uint First, uint Count)>();
        for (int key = 0; key < plan.Keys; key++)
        {
            Assert.Equal(place, starts[key]);
            Assert.Equal(segments, full[key]);
            Assert.Equal(expected[key].Order(), sorted[(int)place..(int)(place + expected[key].Count)].Order());
            uint own = (uint)(expected[key].Count / segment);
            if (own > GpuMsmPlan.Heavy)
            {
                heavy.Add((segments, (own + GpuMsmPlan.HeavyChunk - 1) / GpuMsmPlan.HeavyChunk));
            }

            place += (uint)expected[key].Count;
            segments += own;
        }

        Assert.Equal(segments, full[plan.Keys]);
        int[] remainders = [.. Enumerable.Range(0, plan.Keys).Where(key => expected[key].Count % segment != 0)];
        int[] listed = [.. order[..remainders.Length].Select(key => (int)key)];
        Assert.Equal(remainders, listed.Order());
        int[] lengths = [.. listed.Select(key => expected[key].Count % segment)];
        Assert.Equal(lengths.OrderDescending(), lengths);

        uint[] counts = Words(MsmScratch.HeavyCounts, 2), runs = Words(MsmScratch.Heavies, 2 * heavy.Count);
        Assert.Equal((uint)heavy.Sum(run => run.Count), counts[0]);
        Assert.Equal((uint)heavy.Count, counts[1]);
        Assert.Equal(heavy.Order(), Enumerable.Range(0, heavy.Count).Select(i => (runs[2 * i], runs[(2 * i) + 1])).Order());
        Assert.True(skew == 0 || heavy.Count > 0);
    }

    private uint[] Digits(CurveId curve, BigInteger[] values, GpuMsmPlan plan)
    {
        KernelSource digits = KernelSource.Load("digits", "digits.h", ("CURVE", GpuFields.Number(curve)));
        KernelSource source = KernelSource.FromText("digits test", digits.Text + DigitsKernel);
        using GpuReservation memory = Session.Memory.Reserve(32L * values.Length, 4L * values.Length * plan.Windows);
        MsmVectors.Upload<Scalar256>(Session, [.. values.Select(MsmVectors.Scalar)], memory[0]);
        Session.Compute.Launch(
            Session.Program(source).Kernel("all_digits"), (uint)(values.Length + 63) / 64, 64, memory[0], memory[1], values.Length, plan.Fold ? 1 : 0, plan.Window, plan.Windows);
        return MsmVectors.Download<uint>(Session, memory[1], values.Length * plan.Windows);
    }
}
