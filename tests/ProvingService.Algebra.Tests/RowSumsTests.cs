// Owns: many short sums of products against sums of single products.

using System.Numerics;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381G1RowSumsTests : RowSumsTests<Bls12381Fp, Bls12381, Bls12381Fr>;

public sealed class Bls12381G2RowSumsTests : RowSumsTests<Fp2<Bls12381Fp>, Bls12381, Bls12381Fr>;

public sealed class Bn254G1RowSumsTests : RowSumsTests<Bn254Fp, Bn254, Bn254Fr>;

public sealed class Bn254G2RowSumsTests : RowSumsTests<Fp2<Bn254Fp>, Bn254, Bn254Fr>;

public abstract class RowSumsTests<TField, TCurve, TFr>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
    where TFr : unmanaged, IPrimeField<TFr>
{
    private const int Seed = 20260501;

    public static TheoryData<KernelTier> Tiers => [.. Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported)];

    /// <summary>Scalars of every kind in groups of every size, some of one point again and again, some with its opposite.</summary>
    [Theory]
    [MemberData(nameof(Tiers))]
    public void Sums_are_those_of_single_products(KernelTier tier)
    {
        var random = new Random(Seed);
        Affine<TField, TCurve>[] base16 = [.. Enumerable.Range(0, 16).Select(i => Multiple(new BigInteger(i) * i * 7919))];
        var points = new List<Affine<TField, TCurve>>();
        var scalars = new List<Scalar256>();
        var ends = new List<int>();
        foreach (int size in (int[])[0, 1, 2, 3, 0, 1, 40, 5, 1, 200, 0, 2, 2, 17])
        {
            for (int i = 0; i < size; i++)
            {
                points.Add(base16[random.Next(base16.Length)]);
                scalars.Add(Scalar256.From(Draw(random)));
            }

            ends.Add(points.Count);
        }

        Check(points, scalars, ends, tier);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Groups_whose_terms_cancel_or_double_are_exact(KernelTier tier)
    {
        Affine<TField, TCurve> p = TCurve.Generator;
        Scalar256 one = new(1), minusOne = Scalar256.From(-TFr.One);
        Check([p, p, p, p, -p, p, default, default, p], [one, minusOne, one, one, one, one, one, minusOne, one], [2, 4, 6, 8, 9], tier);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Nothing_and_one_group_of_very_many_terms_are_exact(KernelTier tier)
    {
        RowSums.Compute<TField, TCurve>([], [], [], [], tier);
        Check([], [], [0, 0], tier);
        const int Many = 9000;
        Affine<TField, TCurve>[] points = [.. Enumerable.Repeat(TCurve.Generator, Many)];
        var sums = new Affine<TField, TCurve>[1];
        RowSums.Compute<TField, TCurve>(points, [.. Enumerable.Repeat(new Scalar256(1), Many)], [Many], sums, tier);
        Assert.Equal(Multiple(Many), sums[0]);
    }

    [Fact]
    public void Lengths_that_do_not_go_together_are_refused()
    {
        var sums = new Affine<TField, TCurve>[1];
        Assert.Throws<ArgumentException>(() => RowSums.Compute<TField, TCurve>([TCurve.Generator], [], [1], sums, KernelTier.Portable));
        Assert.Throws<ArgumentException>(() => RowSums.Compute<TField, TCurve>([TCurve.Generator], [new(1)], [2], sums, KernelTier.Portable));
        Assert.Throws<ArgumentException>(() => RowSums.Compute<TField, TCurve>([TCurve.Generator], [new(1)], [1, 1], sums, KernelTier.Portable));
    }

    [Fact]
    public void A_cancelled_call_ends() => Assert.Throws<OperationCanceledException>(() => RowSums.Compute<TField, TCurve>(
        [TCurve.Generator], [new(1)], [1], new Affine<TField, TCurve>[1], KernelTier.Portable, new(0, new CancellationToken(canceled: true))));

    private static void Check(List<Affine<TField, TCurve>> points, List<Scalar256> scalars, List<int> ends, KernelTier tier)
    {
        var sums = new Affine<TField, TCurve>[ends.Count];
        RowSums.Compute<TField, TCurve>([.. points], [.. scalars], [.. ends], sums, tier);
        for (int g = 0, i = 0; g < sums.Length; g++)
        {
            Jacobian<TField, TCurve> expected = default;
            for (; i < ends[g]; i++)
            {
                expected += ScalarMultiplication.Multiply<TField, TCurve>(points[i], scalars[i].ToBigInteger());
            }

            Assert.True(expected.ToAffine() == sums[g], $"Group {g} by {tier}, seed {Seed}.");
        }
    }

    private static Affine<TField, TCurve> Multiple(BigInteger k) => ScalarMultiplication.Multiply<TField, TCurve>(TCurve.Generator, k).ToAffine();

    private static TFr Draw(Random random)
    {
        TFr power = Field.Pow(TFr.FromUInt64(2), (ulong)random.Next(260));
        return random.Next(8) switch
        {
            0 => TFr.Zero,
            1 or 2 => TFr.One,
            3 => -TFr.One,
            4 => power,
            5 => -power,
            6 => TFr.FromUInt64((ulong)random.NextInt64()),
            _ => Field.Pow(TFr.FromUInt64(3), (ulong)random.NextInt64()),
        };
    }
}
