// Owns: permutations in lanes against their definition, in all tiers.

using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public class LanePermutationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(KernelTier.Full)]
    [InlineData(KernelTier.Vector)]
    public void EqualsTheDefinition(KernelTier tier)
    {
        if (!KernelTiers.IsSupported(tier))
        {
            output.WriteLine($"this machine has no {tier}");
            return;
        }

        foreach ((int width, int full, int partial) in new[] { (2, 2, 0), (2, 2, 1), (3, 4, 7), (5, 8, 60), (6, 8, 60), (16, 2, 20), (17, 8, 68) })
        {
            Check<Bls12381Fr>(width, full, partial);
            Check<Bn254Fr>(width, full, partial);
        }

        void Check<TF>(int width, int full, int partial)
            where TF : unmanaged, IPrimeField<TF>
        {
            var random = new OracleRandom(output);

            // Random constants once, and once those that make every sum as large as it gets.
            for (int kind = 0; kind < 3; kind++)
            {
                TF[] constants = Make(full * width), matrices = Make(full * width * width);
                TF[] single = Make(partial), rows = Make(partial * width), columns = Make(partial * (width - 1));
                LanePermutation<TF> permutation = LanePermutation<TF>.Create(tier, width, constants, matrices, single, rows, columns)!;
                foreach (int count in new[] { 1, 7, 8, 9, 16 })
                {
                    TF first = kind == 0 ? random.Element<TF>() : -TF.One;
                    TF[] rest = Make(count * (width - 1));
                    var outputs = new TF[count];
                    permutation.Compress(first, rest, outputs);
                    for (int i = 0; i < count; i++)
                    {
                        TF expected = Define(width, [first, .. rest.AsSpan(i * (width - 1), width - 1)], constants, matrices, single, rows, columns);
                        Assert.True(expected == outputs[i], $"{typeof(TF)} {width} {full} {partial} kind {kind} count {count} state {i}");
                    }
                }

                TF[] Make(int count)
                {
                    var elements = new TF[count];
                    for (int i = 0; i < count; i++)
                    {
                        elements[i] = kind switch { 0 => random.Element<TF>(), 1 => -TF.One, _ => TF.Zero };
                    }

                    return elements;
                }
            }
        }
    }

    [Fact]
    public void ShapesAreRefused()
    {
        var two = new Bn254Fr[4];
        Assert.Throws<ArgumentOutOfRangeException>(() => LanePermutation<Bn254Fr>.Create(KernelTier.Portable, 1, two, two, [], [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => LanePermutation<Bn254Fr>.Create(KernelTier.Portable, 18, two, two, [], [], []));
        Assert.Throws<ArgumentException>(() => LanePermutation<Bn254Fr>.Create(KernelTier.Portable, 2, two, two, [], [], []));
        Assert.Null(LanePermutation<Bn254Fr>.Create(KernelTier.Portable, 2, two, new Bn254Fr[8], [], [], []));
        Assert.Null(LanePermutation<ToyField>.Create(KernelTier.Full, 2, new ToyField[4], new ToyField[8], [], [], []));
        if (LanePermutation<Bn254Fr>.Create(KernelTier.Full, 2, two, new Bn254Fr[8], [], [], []) is { } permutation)
        {
            Assert.Throws<ArgumentException>(() => permutation.Compress(default, [], []));
            Assert.Throws<ArgumentException>(() => permutation.Compress(default, new Bn254Fr[17], new Bn254Fr[17]));
            Assert.Throws<ArgumentException>(() => permutation.Compress(default, new Bn254Fr[2], new Bn254Fr[1]));
        }
    }

    private static TF Define<TF>(int width, TF[] state, TF[] constants, TF[] matrices, TF[] single, TF[] rows, TF[] columns)
        where TF : unmanaged, IPrimeField<TF>
    {
        int full = constants.Length / width;
        for (int round = 0; round < full; round++)
        {
            for (int partial = 0; round == full / 2 && partial < single.Length; partial++)
            {
                state[0] = Field.Pow(state[0] + single[partial], 5UL);
                TF sum = default;
                for (int i = 0; i < width; i++)
                {
                    sum += rows[(partial * width) + i] * state[i];
                }

                for (int i = 1; i < width; i++)
                {
                    state[i] += columns[(partial * (width - 1)) + i - 1] * state[0];
                }

                state[0] = sum;
            }

            TF[] powers = [.. state.Select((x, i) => Field.Pow(x + constants[(round * width) + i], 5UL))];
            state = new TF[width];
            for (int k = 0; k < width * width; k++)
            {
                state[k / width] += matrices[(round * width * width) + k] * powers[k % width];
            }
        }

        return state[0];
    }
}
