// Owns: the lane kernels in plain C#: the tier that makes no code at run time, and the twin of the emitted kernels.
// Contract: LaneKernels.cs. Steps: LaneAccumulator.cs.

using System.Collections.Concurrent;
using System.Runtime.Intrinsics;

namespace ProvingService.Algebra;

/// <summary>
/// Step for step what <see cref="AffineLaneEmitter"/> emits, so that every array ends up with the same bits; bounds stand
/// there. At speed with AVX-512, right everywhere.
/// </summary>
internal sealed unsafe class VectorLaneKernels : LaneKernels
{
    private static readonly ConcurrentDictionary<(LanePrime, int), VectorLaneKernels> Known = new();

    private readonly LaneConstants constants;
    private readonly int limbs, words, pointWords, unitVectors;

    private VectorLaneKernels(LanePrime prime, int degree)
        : base(prime, degree)
    {
        constants = new(prime);
        (limbs, words) = (prime.Limbs, prime.Words);
        pointWords = 2 * degree * words;
        unitVectors = 2 * limbs;
    }

    public static VectorLaneKernels Of(LanePrime prime, int degree) =>
        Known.GetOrAdd((prime, degree), key => new(key.Item1, key.Item2));

    public override void LoadPoints(AffineLanes* lanes)
    {
        Vector512<ulong>* accumulators = stackalloc Vector512<ulong>[2 * LaneAccumulator.Component];
        var acc = new LaneAccumulator(constants, accumulators);
        for (long u = 0; u < lanes->Count; u++)
        {
            Gather(lanes, u, out Vector512<ulong> sign0, out Vector512<ulong> sign1);
            Convert(lanes, acc, 0);
            acc.Carry();
            acc.Store(Unit(lanes->X, u));
            Convert(lanes, acc, 1);
            Negate(acc, sign0, sign1, constants.Multiples[2]);
            acc.Carry();
            acc.Store(Unit(lanes->Y, u));
        }
    }

    public override void AddForward(AffineLanes* lanes)
    {
        Vector512<ulong>* accumulators = stackalloc Vector512<ulong>[2 * LaneAccumulator.Component];
        var acc = new LaneAccumulator(constants, accumulators);
        for (long u = 0; u < lanes->Count; u++)
        {
            Gather(lanes, u, out Vector512<ulong> sign0, out Vector512<ulong> sign1);
            Convert(lanes, acc, 0);
            acc.Subtract(Unit(lanes->X, u));
            acc.AddModulus(2);
            StoreDenominator(lanes, acc, u);

            Convert(lanes, acc, 1);
            Negate(acc, sign0, sign1, constants.Multiples[0]);
            acc.Subtract(Unit(lanes->Y, u));
            acc.AddModulus(4);
            acc.Carry();
            acc.Store(Unit(lanes->Numerators, u));
            NextProduct(lanes, acc, u);
        }
    }

    public override void DoubleForward(AffineLanes* lanes)
    {
        Vector512<ulong>* accumulators = stackalloc Vector512<ulong>[2 * LaneAccumulator.Component];
        var acc = new LaneAccumulator(constants, accumulators);
        for (long u = 0; u < lanes->Count; u++)
        {
            acc.Load(Unit(lanes->Y, u));
            acc.Add(Unit(lanes->Y, u));
            StoreDenominator(lanes, acc, u);
            NextProduct(lanes, acc, u);
        }
    }

    public override void AddBackward(AffineLanes* lanes) => Backward(lanes, isDoubling: false);

    public override void DoubleBackward(AffineLanes* lanes) => Backward(lanes, isDoubling: true);

    public override void StorePoints(AffineLanes* lanes)
    {
        Vector512<ulong>* accumulators = stackalloc Vector512<ulong>[2 * LaneAccumulator.Component];
        Vector512<ulong>* one = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        var acc = new LaneAccumulator(constants, accumulators);
        for (int j = 0; j < limbs; j++)
        {
            one[j] = one[limbs + j] = constants.WordsOne[j];
        }

        ulong* gathered = lanes->Scratch;
        for (long u = 0; u < lanes->Count; u++)
        {
            for (int coordinate = 0; coordinate < 2; coordinate++)
            {
                acc.Multiply(Unit(coordinate == 0 ? lanes->X : lanes->Y, u), one);
                acc.Carry();
                for (int k = 0; k < 2; k++)
                {
                    Canonicalize(accumulators + (LaneAccumulator.Component * k));
                    ToWords(accumulators + (LaneAccumulator.Component * k), (Vector512<ulong>*)gathered + WordsOf(k, coordinate));
                }
            }

            for (int l = 0; l < UnitLanes; l++)
            {
                ulong* point = (ulong*)lanes->Destinations[(u * UnitLanes) + l];
                ulong* column = gathered + ((l / LanePrime.Lanes) * pointWords * LanePrime.Lanes) + (l % LanePrime.Lanes);
                for (int w = 0; w < pointWords; w++)
                {
                    point[w] = column[LanePrime.Lanes * w];
                }
            }
        }
    }

    public override void Multiply(FieldLanes* lanes)
    {
        Vector512<ulong>* accumulators = stackalloc Vector512<ulong>[2 * LaneAccumulator.Component];
        var acc = new LaneAccumulator(constants, accumulators);
        for (long u = 0; u < lanes->Count; u++)
        {
            Multiply(acc, Unit(lanes->A, u), Unit(lanes->B, u));
            acc.Carry();
            acc.Store(Unit(lanes->Result, u));
        }
    }

    /// <summary>A bit a lane as all ones or zero a lane.</summary>
    private static Vector512<ulong> Spread(int bits) =>
        Vector512.Equals(Vector512.Create((ulong)bits) & Vector512.Create(1UL, 2, 4, 8, 16, 32, 64, 128), Vector512<ulong>.Zero) ^ Vector512<ulong>.AllBitsSet;

    private Vector512<ulong>* Unit(ulong* array, long unit) => (Vector512<ulong>*)array + (unitVectors * unit);

    private void Masks(AffineLanes* lanes, long unit, out Vector512<ulong> mask0, out Vector512<ulong> mask1)
    {
        mask0 = Spread(lanes->Masks[unit * Blocks]);
        mask1 = Spread(lanes->Masks[(unit * Blocks) + Blocks - 1]);
    }

    private void StoreDenominator(AffineLanes* lanes, LaneAccumulator acc, long u)
    {
        acc.Carry();
        Masks(lanes, u, out Vector512<ulong> mask0, out Vector512<ulong> mask1);
        acc.OneOutside(mask0, mask1, Degree);
        acc.Store(Unit(lanes->Denominators, u));
    }

    private void NextProduct(AffineLanes* lanes, LaneAccumulator acc, long u)
    {
        Multiply(acc, Unit(lanes->Denominators, u), Unit(lanes->Products, u));
        acc.Carry();
        acc.Store(Unit(lanes->Products, u + 2));
    }

    private void Backward(AffineLanes* lanes, bool isDoubling)
    {
        Vector512<ulong>* accumulators = stackalloc Vector512<ulong>[2 * LaneAccumulator.Component];
        Vector512<ulong>* inverse = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        Vector512<ulong>* slope = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        Vector512<ulong>* abscissa = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        Vector512<ulong>* difference = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        var acc = new LaneAccumulator(constants, accumulators);
        for (long u = lanes->Count - 1; u >= 0; u--)
        {
            Vector512<ulong>* x = Unit(lanes->X, u), y = Unit(lanes->Y, u), denominator = Unit(lanes->Denominators, u);
            Vector512<ulong>* chain = Unit(lanes->Inverses, u & 1), numerator = Unit(lanes->Numerators, u);
            if (isDoubling)
            {
                Square(acc, x);
                acc.Triple();
                acc.Carry();
                acc.Store(numerator);
            }

            Multiply(acc, chain, Unit(lanes->Products, u));
            acc.Carry();
            acc.Store(inverse);
            Multiply(acc, denominator, chain);
            acc.Carry();
            acc.Store(chain);
            Multiply(acc, numerator, inverse);
            acc.Carry();
            acc.Store(slope);

            Square(acc, slope);
            acc.Subtract(x);
            acc.Subtract(x);
            if (!isDoubling)
            {
                acc.Subtract(denominator);
            }

            acc.AddModulus(isDoubling ? 5 : 7);
            acc.Reduce(slack: 8);
            acc.Carry();
            acc.Store(abscissa);
            acc.Load(x);
            acc.Subtract(abscissa);
            acc.AddModulus(2);
            acc.Carry();
            acc.Store(difference);

            Multiply(acc, slope, difference);
            acc.Subtract(y);
            acc.AddModulus(3);
            acc.Reduce(slack: 8);
            acc.Carry();
            Masks(lanes, u, out Vector512<ulong> mask0, out Vector512<ulong> mask1);
            acc.StoreMasked(y, mask0, mask1);
            acc.Load(abscissa);
            acc.StoreMasked(x, mask0, mask1);
        }
    }

    private void Multiply(LaneAccumulator acc, Vector512<ulong>* a, Vector512<ulong>* b)
    {
        if (Degree == 1)
        {
            acc.Multiply(a, b);
            return;
        }

        Vector512<ulong>* negated = stackalloc Vector512<ulong>[LanePrime.MaxLimbs];
        for (int j = 0; j < limbs; j++)
        {
            negated[j] = constants.Multiples[8][j] - a[limbs + j];
        }

        acc.Carry(negated);
        acc.MultiplyExtension(a, negated, b);
    }

    private void Square(LaneAccumulator acc, Vector512<ulong>* a)
    {
        if (Degree == 1)
        {
            acc.Multiply(a, a);
            return;
        }

        Vector512<ulong>* left = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        Vector512<ulong>* right = stackalloc Vector512<ulong>[2 * LanePrime.MaxLimbs];
        for (int j = 0; j < limbs; j++)
        {
            left[j] = a[j] + a[limbs + j];
            left[limbs + j] = a[j] + a[j];
            right[j] = a[j] - a[limbs + j] + constants.Multiples[2][j];
            right[limbs + j] = a[limbs + j];
        }

        acc.Carry(left);
        acc.Carry(left + limbs);
        acc.Carry(right);
        acc.Carry(right + limbs);
        acc.Multiply(left, right);
    }

    /// <summary>Scratch ← the points of the unit's lanes: vector w holds word w of eight points.</summary>
    private void Gather(AffineLanes* lanes, long unit, out Vector512<ulong> sign0, out Vector512<ulong> sign1)
    {
        int* signs = stackalloc int[2];
        signs[0] = signs[1] = 0;
        for (int l = 0; l < UnitLanes; l++)
        {
            uint index = lanes->Indices[lanes->Starts[(unit * UnitLanes) + l]];
            int block = l / LanePrime.Lanes, lane = l % LanePrime.Lanes;
            signs[block] |= (int)(index >> 31) << lane;
            ulong* point = (ulong*)lanes->Source + ((long)(index & int.MaxValue) * pointWords);
            ulong* column = lanes->Scratch + (block * pointWords * LanePrime.Lanes) + lane;
            for (int w = 0; w < pointWords; w++)
            {
                column[LanePrime.Lanes * w] = point[w];
            }
        }

        sign0 = Spread(signs[0]);
        sign1 = Spread(signs[Blocks - 1]);
    }

    private int WordsOf(int component, int coordinate) => Degree == 1
        ? (component * pointWords) + (coordinate * words)
        : ((2 * coordinate) + component) * words;

    /// <summary>acc ← a coordinate of the gathered points, shifted from words to limbs and reduced below 2p, carries open.</summary>
    private void Convert(AffineLanes* lanes, LaneAccumulator acc, int coordinate)
    {
        for (int k = 0; k < 2; k++)
        {
            var word = (Vector512<ulong>*)lanes->Scratch + WordsOf(k, coordinate);
            for (int j = 0; j < limbs; j++)
            {
                int bit = (LanePrime.LimbBits * j) - Prime.Shift, first = Math.Max(bit, 0) / 64, shift = bit - (64 * first);
                Vector512<ulong> limb = shift < 0 ? word[0] << -shift : word[first] >>> shift;
                if (shift > 64 - LanePrime.LimbBits && first + 1 < words)
                {
                    limb |= word[first + 1] << (64 - shift);
                }

                acc.Accumulators[(LaneAccumulator.Component * k) + j] = limb & Vector512.Create(LanePrime.LimbMask);
            }
        }

        acc.Reduce(slack: 0);
    }

    private void Negate(LaneAccumulator acc, Vector512<ulong> sign0, Vector512<ulong> sign1, Vector512<ulong>[] from)
    {
        for (int j = 0; j < limbs; j++)
        {
            ref Vector512<ulong> a = ref acc.Accumulators[j], b = ref acc.Accumulators[LaneAccumulator.Component + j];
            a = Vector512.ConditionalSelect(sign0, from[j] - a, a);
            b = Vector512.ConditionalSelect(sign1, from[j] - b, b);
        }
    }

    /// <summary>Subtracts p where the value is not below it.</summary>
    private void Canonicalize(Vector512<ulong>* value)
    {
        Vector512<ulong>* less = stackalloc Vector512<ulong>[LanePrime.MaxLimbs];
        Vector512<long> carry = default;
        for (int j = 0; j < limbs; j++)
        {
            Vector512<long> limb = (value[j] - constants.Modulus[j]).AsInt64() + carry;
            carry = limb >> LanePrime.LimbBits;
            less[j] = limb.AsUInt64() & Vector512.Create(LanePrime.LimbMask);
        }

        Vector512<ulong> isBelow = Vector512.LessThan(carry, Vector512<long>.Zero).AsUInt64();
        for (int j = 0; j < limbs; j++)
        {
            value[j] = Vector512.ConditionalSelect(isBelow, value[j], less[j]);
        }
    }

    private void ToWords(Vector512<ulong>* value, Vector512<ulong>* target)
    {
        for (int w = 0; w < words; w++)
        {
            int limb = 64 * w / LanePrime.LimbBits, shift = (64 * w) - (LanePrime.LimbBits * limb);
            Vector512<ulong> word = value[limb] >>> shift;
            for (int next = limb + 1; next < limbs && (LanePrime.LimbBits * (next - limb)) - shift < 64; next++)
            {
                word |= value[next] << ((LanePrime.LimbBits * (next - limb)) - shift);
            }

            target[w] = word;
        }
    }
}
