// Owns: the shortcuts that batch verification takes, against the long way: split scalars, lines that are not stored.

using System.Numerics;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381PairingShortcutTests : PairingShortcutLaws<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254PairingShortcutTests : PairingShortcutLaws<Bn254, Bn254Fp, Bn254Fr>;

public abstract class PairingShortcutLaws<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    [Fact]
    public void Split_scalars_multiply_by_their_sum()
    {
        CheckSplit<TFp, TCurve>();
        CheckSplit<Fp2<TFp>, TCurve>();
    }

    [Fact]
    public void The_eigenvalue_of_G1_is_a_cube_root_of_unity()
    {
        BigInteger lambda = Eigenvalue<TFp, TCurve>();
        Assert.True(((lambda * lambda) + lambda + 1) % TFr.Modulus == 0);
        Assert.True(3 * BigInteger.Pow(2, 128) < TFr.Modulus);
    }

    [Fact]
    public void Lines_on_the_way_equal_prepared_ones()
    {
        Affine<TFp, TCurve>[] g1 = [Random<TFp, TCurve>(), default, Random<TFp, TCurve>(), Random<TFp, TCurve>(), Random<TFp, TCurve>()];
        Affine<Fp2<TFp>, TCurve>[] g2 = [Random<Fp2<TFp>, TCurve>(), Random<Fp2<TFp>, TCurve>(), default, Random<Fp2<TFp>, TCurve>(), Random<Fp2<TFp>, TCurve>()];
        for (int n = 0; n <= g1.Length; n++)
        {
            G2Lines<TCurve, TFp>[] prepared = [.. g2[..n].Select(q => new G2Lines<TCurve, TFp>(q))];
            Assert.Equal(
                Pairing.MillerLoop<TCurve, TFp>(g1.AsSpan(0, n), prepared), Pairing.MillerLoop<TCurve, TFp>(g1.AsSpan(0, n), g2.AsSpan(0, n)));
        }

        Assert.Throws<ArgumentException>(() => Pairing.MillerLoop<TCurve, TFp>(g1.AsSpan(0, 2), g2.AsSpan(0, 1)));
    }

    private static void CheckSplit<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        Affine<TField, TGroup> point = Random<TField, TGroup>();
        foreach ((ulong k0, ulong k1) in new (ulong, ulong)[]
        {
            (0, 0), (1, 0), (0, 1), (ulong.MaxValue, ulong.MaxValue), (1UL << 63, 1), (0x123456789abcdef, 0xfedcba9876543210),
        })
        {
            Assert.Equal(
                ScalarMultiplication.Multiply<TField, TGroup>(point, k0 + (k1 * Eigenvalue<TField, TGroup>())),
                ScalarMultiplication.MultiplySplit(point, k0, k1));
        }

        Assert.True(ScalarMultiplication.MultiplySplit(default(Affine<TField, TGroup>), 5, 7).IsInfinity);
    }

    private static BigInteger Eigenvalue<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => TGroup.EndomorphismEigenvalue;

    private static Affine<TField, TGroup> Random<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> =>
        ScalarMultiplication.MultiplyInSubgroup<TField, TGroup, TFr>(TGroup.Generator, TFr.Random()).ToAffine();
}
