// Owns: a curve so small that discrete logarithms are read out of a table. It has no pairing: what a verifier computes
// by pairings, tests compute with the logarithms.

using System.Numerics;
using ProvingService.Algebra;
using ToyBase = ProvingService.TestKit.SmallField<ProvingService.TestKit.Prime61231>;
using ToyScalar = ProvingService.TestKit.SmallField<ProvingService.TestKit.Prime61441>;

namespace ProvingService.TestKit;

/// <summary>
/// y² = x³ + 29 over the field of 61231 elements: a group of prime order 61441 with generator (2, 19503). G2 is the
/// same group with its coordinates embedded in Fp2, so that all code generic over curves runs on it, but not pairings.
/// </summary>
public readonly struct ToyCurve : IPairingCurve<ToyCurve, ToyBase, ToyScalar>
{
    private static readonly Dictionary<Affine<ToyBase, ToyCurve>, int> Logarithms = Tabulate();

    static string ICurveGroup<ToyCurve, ToyBase>.GroupName => "toy G1";

    static string ICurveGroup<ToyCurve, Fp2<ToyBase>>.GroupName => "toy G2";

    static ToyBase ICurveGroup<ToyCurve, ToyBase>.B => ToyBase.FromUInt64(29);

    static Fp2<ToyBase> ICurveGroup<ToyCurve, Fp2<ToyBase>>.B => new(ToyBase.FromUInt64(29), default);

    static Affine<ToyBase, ToyCurve> ICurveGroup<ToyCurve, ToyBase>.Generator => new(ToyBase.FromUInt64(2), ToyBase.FromUInt64(19503));

    static Affine<Fp2<ToyBase>, ToyCurve> ICurveGroup<ToyCurve, Fp2<ToyBase>>.Generator => Embed(Affine<ToyBase, ToyCurve>.Generator);

    static BigInteger ICurveGroup<ToyCurve, ToyBase>.Order => 61441;

    static BigInteger ICurveGroup<ToyCurve, Fp2<ToyBase>>.Order => 61441;

    static BigInteger ICurveGroup<ToyCurve, ToyBase>.Cofactor => 1;

    static BigInteger ICurveGroup<ToyCurve, Fp2<ToyBase>>.Cofactor => throw new NotSupportedException();

    /// <summary>−1 and the negation: an endomorphism with an eigenvalue, if not a useful one.</summary>
    static BigInteger ICurveGroup<ToyCurve, ToyBase>.EndomorphismEigenvalue => 61440;

    static BigInteger ICurveGroup<ToyCurve, Fp2<ToyBase>>.EndomorphismEigenvalue => 61440;

    static CurveId IPairingCurve<ToyCurve, ToyBase>.Id => throw NoPairing();

    static bool ITower<ToyBase>.IsTwistTypeM => throw NoPairing();

    static ReadOnlySpan<sbyte> IPairingCurve<ToyCurve, ToyBase>.MillerLoop => throw NoPairing();

    static bool IPairingCurve<ToyCurve, ToyBase>.IsMillerLoopNegative => throw NoPairing();

    static bool IPairingCurve<ToyCurve, ToyBase>.HasFrobeniusLines => throw NoPairing();

    static Fp2<ToyBase> ITower<ToyBase>.Xi => throw NoPairing();

    /// <summary>The logarithm to the generator, from 0 to 61440.</summary>
    public static int Logarithm(in Affine<ToyBase, ToyCurve> point) => Logarithms[point];

    /// <summary>The logarithm of an embedded point.</summary>
    public static int Logarithm(in Affine<Fp2<ToyBase>, ToyCurve> point)
    {
        if (!ToyBase.IsZero(point.X.C1) || !ToyBase.IsZero(point.Y.C1))
        {
            throw new ArgumentException("The point is not in the image of the embedding.");
        }

        return Logarithms[new(point.X.C0, point.Y.C0)];
    }

    static bool ICurveGroup<ToyCurve, ToyBase>.IsInSubgroup(in Affine<ToyBase, ToyCurve> point) => true;

    static bool ICurveGroup<ToyCurve, Fp2<ToyBase>>.IsInSubgroup(in Affine<Fp2<ToyBase>, ToyCurve> point) =>
        ScalarMultiplication.Multiply<Fp2<ToyBase>, ToyCurve>(point, 61441).IsInfinity;

    static Scalar256 ICurveGroup<ToyCurve, ToyBase>.SubgroupMultiplier => new(1);

    static bool ICurveGroup<ToyCurve, ToyBase>.IsInSubgroup(in Affine<ToyBase, ToyCurve> point, in Affine<ToyBase, ToyCurve> multiple) => true;

    static Scalar256 ICurveGroup<ToyCurve, Fp2<ToyBase>>.SubgroupMultiplier => new(61441);

    static bool ICurveGroup<ToyCurve, Fp2<ToyBase>>.IsInSubgroup(
        in Affine<Fp2<ToyBase>, ToyCurve> point, in Affine<Fp2<ToyBase>, ToyCurve> multiple) => multiple.IsInfinity;

    static Affine<ToyBase, ToyCurve> ICurveGroup<ToyCurve, ToyBase>.Endomorphism(in Affine<ToyBase, ToyCurve> point) => -point;

    static Affine<Fp2<ToyBase>, ToyCurve> ICurveGroup<ToyCurve, Fp2<ToyBase>>.Endomorphism(in Affine<Fp2<ToyBase>, ToyCurve> point) => -point;

    static Fp2<ToyBase> ITower<ToyBase>.MultiplyByXi(in Fp2<ToyBase> a) => throw NoPairing();

    static Jacobian<Fp2<ToyBase>, ToyCurve> IPairingCurve<ToyCurve, ToyBase>.Psi(in Jacobian<Fp2<ToyBase>, ToyCurve> point) => throw NoPairing();

    static Fp12<ToyBase, ToyCurve> IPairingCurve<ToyCurve, ToyBase>.HardExponentiation(in Fp12<ToyBase, ToyCurve> a) => throw NoPairing();

    private static Affine<Fp2<ToyBase>, ToyCurve> Embed(in Affine<ToyBase, ToyCurve> point) =>
        new(new Fp2<ToyBase>(point.X, default), new Fp2<ToyBase>(point.Y, default));

    private static NotSupportedException NoPairing() => new("The toy curve has no pairing.");

    private static Dictionary<Affine<ToyBase, ToyCurve>, int> Tabulate()
    {
        Affine<ToyBase, ToyCurve> generator = Affine<ToyBase, ToyCurve>.Generator;
        var table = new Dictionary<Affine<ToyBase, ToyCurve>, int>();
        Jacobian<ToyBase, ToyCurve> power = default;
        for (int i = 0; i < 61441; i++)
        {
            table.Add(power.ToAffine(), i);
            power += generator;
        }

        return table;
    }
}
