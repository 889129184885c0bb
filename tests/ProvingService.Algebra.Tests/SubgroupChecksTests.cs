// Owns: the search of many points for one outside the subgroup: the first is found, whatever the threads.

using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class SubgroupChecksTests
{
    private const int Count = 700;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_first_point_outside_is_found(int threads)
    {
        Check<Bls12381Fp, Bls12381>(threads);
        Check<Fp2<Bls12381Fp>, Bls12381>(threads);
        Check<Fp2<Bn254Fp>, Bn254>(threads);
    }

    [Fact]
    public void Criteria_agree_with_the_order()
    {
        CheckCriterion<Bls12381Fp, Bls12381>();
        CheckCriterion<Fp2<Bls12381Fp>, Bls12381>();
        CheckCriterion<Fp2<Bn254Fp>, Bn254>();
    }

    [Fact]
    public void A_cancelled_search_throws() =>
        Assert.Throws<OperationCanceledException>(() => SubgroupChecks.FindOutside<Bls12381Fp, Bls12381>(
            new Affine<Bls12381Fp, Bls12381>[Count], new(1, new CancellationToken(canceled: true))));

    private static void Check<TField, TCurve>(int threads)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        var points = new Affine<TField, TCurve>[Count];
        points.AsSpan().Fill(TCurve.Generator);
        points[5] = default;
        Assert.Equal(-1, SubgroupChecks.FindOutside<TField, TCurve>(points, new(threads)));
        Assert.Equal(-1, SubgroupChecks.FindOutside<TField, TCurve>([], new(threads)));
        Affine<TField, TCurve> outside = OnCurve<TField, TCurve>(1);
        foreach (int index in new[] { Count - 1, 400, 257, 0 })
        {
            points[index] = outside;
            Assert.Equal(index, SubgroupChecks.FindOutside<TField, TCurve>(points, new(threads)));
        }
    }

    private static void CheckCriterion<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        for (int i = 0; i < 8; i++)
        {
            Affine<TField, TCurve> point = OnCurve<TField, TCurve>(i + 1);
            Affine<TField, TCurve> cleared = ScalarMultiplication.Multiply<TField, TCurve>(point, TCurve.Cofactor).ToAffine();
            Assert.Equal(ScalarMultiplication.Multiply<TField, TCurve>(point, TCurve.Order).IsInfinity, point.IsInSubgroup());
            Assert.True(cleared.IsInSubgroup());

            // The cofactor's part alone, of any order that is not r.
            Assert.Equal(
                ScalarMultiplication.Multiply<TField, TCurve>(point, TCurve.Order).IsInfinity,
                ScalarMultiplication.Multiply<TField, TCurve>(point, TCurve.Order).ToAffine().IsInSubgroup());
        }
    }

    /// <summary>A point of the curve with an abscissa from x on; outside the subgroup but for a chance of one in the cofactor.</summary>
    private static Affine<TField, TCurve> OnCurve<TField, TCurve>(int x)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        TField abscissa = TField.Zero;
        for (int i = 0; i < 100 * x; i++)
        {
            abscissa += TField.One;
        }

        while (true)
        {
            abscissa += TField.One;
            if (TField.TrySqrt((TField.Square(abscissa) * abscissa) + TCurve.B, out TField y))
            {
                return new(abscissa, y);
            }
        }
    }
}
