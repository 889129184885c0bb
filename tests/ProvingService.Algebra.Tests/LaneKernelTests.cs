// Owns: every lane kernel against its twin, bit for bit, and against the bounds that its description states.

using System.Numerics;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381FpLaneKernelTests(ITestOutputHelper output) : LaneKernelTests<Bls12381Fp>(output, 1);

public sealed class Bls12381Fp2LaneKernelTests(ITestOutputHelper output) : LaneKernelTests<Bls12381Fp>(output, 2);

public sealed class Bn254FpLaneKernelTests(ITestOutputHelper output) : LaneKernelTests<Bn254Fp>(output, 1);

public sealed class Bn254Fp2LaneKernelTests(ITestOutputHelper output) : LaneKernelTests<Bn254Fp>(output, 2);

public abstract unsafe class LaneKernelTests<TFp>(ITestOutputHelper output, int degree)
    where TFp : unmanaged, IPrimeField<TFp>
{
    private const int Units = 32, Rounds = 150, Points = 64;

    private readonly OracleRandom random = new(output);
    private readonly LanePrime prime = LanePrime.Of<TFp>()!;
    private readonly VectorLaneKernels twin = VectorLaneKernels.Of(LanePrime.Of<TFp>()!, degree);

    /// <summary>How extreme the values of a round are: all at their upper bounds, all zero, multiples of p, or random.</summary>
    private enum Kind
    {
        Greatest,
        Zero,
        Multiples,
        Random,
    }

    [Fact]
    public void Multiplication_is_exact_and_below_2p()
    {
        BigInteger radixInverse = BigInteger.ModPow(BigInteger.One << (52 * prime.Limbs), prime.Modulus - 2, prime.Modulus);
        foreach (LaneKernels kernels in Kernels())
        {
            using var a = Array();
            using var b = Array();
            using var result = Array();
            using var scratch = new NativeBuffer<ulong>(LaneKernels.ScratchBytes / 8);
            foreach (Kind kind in Enum.GetValues<Kind>())
            {
                Fill(a, 4, kind);
                Fill(b, 4, kind);
                var operands = new FieldLanes { A = a.Pointer, B = b.Pointer, Result = result.Pointer, Count = Units, Scratch = scratch.Pointer };
                kernels.Multiply(&operands);
                AssertBelow(result, 2, "product");
                for (int lane = 0; lane < Units * kernels.UnitLanes; lane++)
                {
                    BigInteger[] x = Values(a, lane), y = Values(b, lane), z = Values(result, lane);
                    BigInteger[] expected = degree == 1
                        ? [x[0] * y[0]]
                        : [(x[0] * y[0]) - (x[1] * y[1]), (x[0] * y[1]) + (x[1] * y[0])];
                    for (int c = 0; c < degree; c++)
                    {
                        Assert.True(((expected[c] * radixInverse) - z[c]) % prime.Modulus == 0, $"lane {lane}, coefficient {c}");
                    }
                }
            }
        }
    }

    [Fact]
    public void Emitted_multiplications_equal_their_twin() => Compare((kernels, state) =>
    {
        var operands = new FieldLanes
        {
            A = state.Lanes.X, B = state.Lanes.Denominators, Result = state.Lanes.Numerators, Count = Units, Scratch = state.Lanes.Scratch,
        };
        kernels.Multiply(&operands);
        state.AssertBelow(state.Lanes.Numerators, 2, "product");
    });

    [Fact]
    public void Emitted_loads_and_stores_equal_their_twins() => Compare((kernels, state) =>
    {
        state.Run(lanes => kernels.LoadPoints(lanes));
        state.AssertBelow(state.Lanes.X, 2, "x");
        state.AssertBelow(state.Lanes.Y, 2, "y", orEqual: true);
        state.Run(lanes => kernels.StorePoints(lanes));
        state.AssertStored();
    });

    [Fact]
    public void Emitted_additions_equal_their_twin_and_keep_their_bounds() => Compare((kernels, state) =>
    {
        state.Run(lanes => kernels.AddForward(lanes));
        state.AssertBelow(state.Lanes.Denominators, 4, "denominator");
        state.AssertBelow(state.Lanes.Numerators, 6, "numerator");
        state.AssertBelow(state.Lanes.Products, 2, "product");
        state.Run(lanes => kernels.AddBackward(lanes));
        state.AssertBelow(state.Lanes.X, 2, "x");
        state.AssertBelow(state.Lanes.Y, 2, "y", orEqual: true);
        state.AssertBelow(state.Lanes.Inverses, 2, "inverse", units: 2);
    });

    [Fact]
    public void Emitted_doublings_equal_their_twin_and_keep_their_bounds() => Compare((kernels, state) =>
    {
        state.Run(lanes => kernels.DoubleForward(lanes));
        state.AssertBelow(state.Lanes.Denominators, 4, "denominator", orEqual: true);
        state.AssertBelow(state.Lanes.Products, 2, "product");
        state.Run(lanes => kernels.DoubleBackward(lanes));
        state.AssertBelow(state.Lanes.Numerators, 4, "numerator");
        state.AssertBelow(state.Lanes.X, 2, "x");
        state.AssertBelow(state.Lanes.Y, 2, "y", orEqual: true);
        state.AssertBelow(state.Lanes.Inverses, 2, "inverse", units: 2);
    });

    [Fact]
    public void Reciprocal_falls_short_by_less_than_one_below_16p()
    {
        // What Reduce relies on, for values at every multiple of p: with q = ⌊top·μ/2^52⌋, 0 ≤ x − q·p < 2p.
        for (int k = 0; k <= 16; k++)
        {
            foreach (int offset in new[] { -1, 0, 1 })
            {
                BigInteger x = (k * prime.Modulus) + offset;
                if (x.Sign < 0 || x >= 16 * prime.Modulus)
                {
                    continue;
                }

                BigInteger q = ((x >> (52 * (prime.Limbs - 1))) * prime.Reciprocal) >> 52, rest = x - (q * prime.Modulus);
                Assert.True(rest.Sign >= 0 && rest < 2 * prime.Modulus, $"{k}p + {offset}");
            }
        }
    }

    /// <summary>The kernels of this machine: the twin always, the emitted ones where it can run them.</summary>
    private LaneKernels[] Kernels()
    {
        bool isEmitted = KernelTiers.IsSupported(KernelTier.Full);
        output.WriteLine(isEmitted ? "Emitted kernels and their twins." : "This machine cannot run the emitted kernels: only the twins were checked.");
        return isEmitted ? [EmittedLaneKernels.Of(prime, degree), twin] : [twin];
    }

    /// <summary>The same steps by all kernels from the same state, over and over; all memory must agree at the end of each.</summary>
    private void Compare(Action<LaneKernels, State> steps)
    {
        LaneKernels[] kernels = Kernels();
        using var first = new State(this);
        using var second = new State(this);
        for (int round = 0; round < Rounds; round++)
        {
            first.Randomize((Kind)Math.Min(round, (int)Kind.Random));
            second.CopyFrom(first);
            steps(kernels[0], first);
            steps(kernels[^1], second);
            Assert.True(first.Memory.SequenceEqual(second.Memory), $"round {round}");
        }
    }

    private NativeBuffer<ulong> Array() => new((long)Units * twin.UnitWords);

    private void Fill(NativeBuffer<ulong> array, int multiple, Kind kind) => Fill(array.Pointer, Units, multiple, kind);

    /// <summary>Units of values below a multiple of p.</summary>
    private void Fill(ulong* array, int units, int multiple, Kind kind)
    {
        ulong[] greatest = prime.ToLimbs((multiple * prime.Modulus) - 1);
        int limbs = prime.Limbs;
        for (int component = 0; component < 2 * units; component++)
        {
            for (int lane = 0; lane < 8; lane++)
            {
                ulong[] value = kind switch
                {
                    Kind.Greatest => greatest,
                    Kind.Zero => new ulong[limbs],
                    Kind.Multiples => prime.ToLimbs((int)(random.NextUInt64() % (ulong)multiple) * prime.Modulus),
                    _ => RandomLimbs(greatest[limbs - 1]),
                };
                for (int j = 0; j < limbs; j++)
                {
                    array[(8 * ((component * limbs) + j)) + lane] = value[j];
                }
            }
        }
    }

    private ulong[] RandomLimbs(ulong top)
    {
        var limbs = new ulong[prime.Limbs];
        for (int j = 0; j < limbs.Length; j++)
        {
            ulong r = random.NextUInt64();
            limbs[j] = (r >> 60) == 0 ? 0 : (r >> 60) == 1 ? LanePrime.LimbMask : r & LanePrime.LimbMask;
        }

        limbs[^1] = random.NextUInt64() % Math.Max(top, 1);
        return limbs;
    }

    private BigInteger[] Values(NativeBuffer<ulong> array, int lane) => Values(array.Pointer, lane);

    private BigInteger[] Values(ulong* array, int lane)
    {
        var values = new BigInteger[degree];
        for (int c = 0; c < degree; c++)
        {
            ulong* limb = array + ((((lane / 8) * degree) + c) * 8 * prime.Limbs) + (lane % 8);
            for (int j = prime.Limbs - 1; j >= 0; j--)
            {
                Assert.True(limb[8 * j] <= LanePrime.LimbMask, "a limb has more than 52 bits");
                values[c] = (values[c] << 52) + limb[8 * j];
            }
        }

        return values;
    }

    private void AssertBelow(NativeBuffer<ulong> array, int multiple, string what) => AssertBelow(array.Pointer, multiple, what, false, Units);

    private void AssertBelow(ulong* array, int multiple, string what, bool orEqual, int units)
    {
        BigInteger bound = multiple * prime.Modulus;
        for (int lane = 0; lane < units * twin.UnitLanes; lane++)
        {
            foreach (BigInteger value in Values(array, lane))
            {
                Assert.True(value < bound || (orEqual && value == bound), $"{what} of lane {lane} is not below {multiple}p");
            }
        }
    }

    /// <summary>All operands of the affine kernels in one block of memory.</summary>
    private sealed class State : IDisposable
    {
        private readonly LaneKernelTests<TFp> test;
        private readonly NativeBuffer<ulong> memory, points, stored, scratch;
        private readonly NativeBuffer<uint> indices, starts;
        private readonly NativeBuffer<byte> masks;
        private readonly NativeBuffer<nint> destinations;
        private readonly int pointWords;
        private bool checksBounds;

        public State(LaneKernelTests<TFp> test)
        {
            this.test = test;
            LaneKernels kernels = test.twin;
            int words = kernels.UnitWords, lanes = Units * kernels.UnitLanes;
            pointWords = 2 * kernels.Degree * kernels.Prime.Words;
            memory = new(((5L * Units) + 4) * words);
            points = new(Points * pointWords);
            stored = new(lanes * pointWords);
            scratch = new(LaneKernels.ScratchBytes / 8);
            indices = new(lanes);
            starts = new(lanes + 256);
            masks = new(lanes / 8);
            destinations = new(lanes);
            new Span<uint>(starts.Pointer, lanes + 256).Clear();
            Lanes.X = memory.Pointer;
            Lanes.Y = Lanes.X + (Units * words);
            Lanes.Denominators = Lanes.Y + (Units * words);
            Lanes.Numerators = Lanes.Denominators + (Units * words);
            Lanes.Products = Lanes.Numerators + (Units * words);
            Lanes.Inverses = Lanes.Products + ((Units + 2) * words);
            Lanes.Source = (byte*)points.Pointer;
            Lanes.Indices = indices.Pointer;
            Lanes.Starts = starts.Pointer;
            Lanes.Scratch = scratch.Pointer;
            Lanes.Destinations = (byte**)destinations.Pointer;
            for (int l = 0; l < lanes; l++)
            {
                destinations.Pointer[l] = (nint)(stored.Pointer + (l * pointWords));
            }
        }

        public AffineLanes Lanes;

        public ReadOnlySpan<ulong> Memory => new(memory.Pointer, (int)memory.Length);

        public void Randomize(Kind kind)
        {
            checksBounds = kind != Kind.Random;
            OracleRandom random = test.random;
            int lanes = Units * test.twin.UnitLanes;
            test.Fill(Lanes.X, Units, 2, kind);
            test.Fill(Lanes.Y, Units, 2, kind);
            test.Fill(Lanes.Denominators, Units, 4, kind);
            test.Fill(Lanes.Numerators, Units, 6, kind);
            test.Fill(Lanes.Products, Units + 2, 2, kind);
            test.Fill(Lanes.Inverses, 2, 2, kind);
            for (int i = 0; i < Points * pointWords / test.prime.Words; i++)
            {
                BigInteger value = kind switch
                {
                    Kind.Greatest => test.prime.Modulus - 1,
                    Kind.Zero => 0,
                    Kind.Multiples => i % 3,
                    _ => TFp.ToBigInteger(random.Element<TFp>()),
                };
                for (int w = 0; w < test.prime.Words; w++)
                {
                    points.Pointer[(i * test.prime.Words) + w] = (ulong)((value >> (64 * w)) & ulong.MaxValue);
                }
            }

            for (int l = 0; l < lanes; l++)
            {
                starts.Pointer[l] = (uint)l;
                indices.Pointer[l] = (uint)(random.NextUInt64() % Points) | ((random.NextUInt64() & 1) == 0 ? 0 : 1U << 31);
            }

            for (int b = 0; b < lanes / 8; b++)
            {
                masks.Pointer[b] = kind == Kind.Random && b % 3 == 0 ? (byte)random.NextUInt64() : (byte)0xff;
            }
        }

        public void CopyFrom(State other)
        {
            checksBounds = other.checksBounds;
            other.Memory.CopyTo(new Span<ulong>(memory.Pointer, (int)memory.Length));
            Copy(other.points, points);
            Copy(other.indices, indices);
            Copy(other.starts, starts);
            Copy(other.masks, masks);

            static void Copy<T>(NativeBuffer<T> from, NativeBuffer<T> to)
                where T : unmanaged =>
                new ReadOnlySpan<T>(from.Pointer, (int)from.Length).CopyTo(new Span<T>(to.Pointer, (int)to.Length));
        }

        public void Run(Kernel kernel)
        {
            Lanes.Masks = masks.Pointer;
            Lanes.Count = Units;
            fixed (AffineLanes* argument = &Lanes)
            {
                kernel(argument);
            }
        }

        /// <summary>Bounds are read lane by lane, which is slow: in the extreme rounds, which come first.</summary>
        public void AssertBelow(ulong* array, int multiple, string what, bool orEqual = false, int units = Units)
        {
            if (checksBounds)
            {
                test.AssertBelow(array, multiple, what, orEqual, units);
            }
        }

        /// <summary>Loading and storing is the identity but for signs.</summary>
        public void AssertStored()
        {
            int half = pointWords / 2;
            for (int l = 0; l < Units * test.twin.UnitLanes; l++)
            {
                uint index = indices.Pointer[l];
                ulong* point = points.Pointer + ((index & int.MaxValue) * pointWords), result = stored.Pointer + (l * pointWords);
                Assert.True(new ReadOnlySpan<ulong>(point, half).SequenceEqual(new(result, half)), $"abscissa of lane {l}");
                if ((index >> 31) == 0)
                {
                    Assert.True(new ReadOnlySpan<ulong>(point + half, half).SequenceEqual(new(result + half, half)), $"ordinate of lane {l}");
                }
            }
        }

        public void Dispose()
        {
            memory.Dispose();
            points.Dispose();
            stored.Dispose();
            scratch.Dispose();
            indices.Dispose();
            starts.Dispose();
            masks.Dispose();
            destinations.Dispose();
        }

        public delegate void Kernel(AffineLanes* lanes);
    }
}
