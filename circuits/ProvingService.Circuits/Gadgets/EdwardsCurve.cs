// Owns: the twisted Edwards curves embedded in the scalar fields: their constants, and multiples of their base point.
// Never: the point's own operations (EdwardsPoint.cs) or constraints (EdwardsGadget.cs).

using System.Globalization;
using System.Numerics;
using ProvingService.Algebra;
using Bls12381Fr = ProvingService.Algebra.Fp256<ProvingService.Algebra.Bls12381FrParams>;
using Bn254Fr = ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FrParams>;

namespace ProvingService.Circuits;

/// <summary>
/// A twisted Edwards curve a·x² + y² = 1 + d·x²·y² over the scalar field, of order 8·l for a prime l. a is a square and d is
/// none, so that the addition law holds for all pairs of points (Bernstein, Birkner, Joye, Lange, Peters: Twisted Edwards
/// Curves, ePrint 2008/013, section 6). Immutable and safe to use from many threads.
/// </summary>
/// <typeparam name="TF">The scalar field that the coordinates lie in.</typeparam>
public sealed class EdwardsCurve<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The bits of a window of the table of base multiples.</summary>
    private const int Window = 4;

    private static EdwardsCurve<TF>? embedded;

    private EdwardsSubgroup<TF>? subgroup;

    // The table of [digit · 16^i]B, window after window, digits 1 to 15; made at first use.
    private PrecomputedPoint<TF>[]? baseTable;

    private EdwardsCurve(string name, TF a, TF d, string order, EdwardsPoint<TF> generator, bool multiplyByCofactor)
    {
        Name = name;
        A = a;
        D = d;
        Order = BigInteger.Parse(order, CultureInfo.InvariantCulture);
        TF inverse = TF.Inverse(a - d);
        TF two = TF.One + TF.One;
        MontgomeryA = two * (a + d) * inverse;
        MontgomeryB = TF.Double(two) * inverse;
        Base = multiplyByCofactor ? ExtendedPoint<TF>.From(generator).Multiply(this, Cofactor).ToAffine() : generator;
    }

    /// <summary>
    /// Jubjub for BLS12-381's scalar field (a = −1, d = −10240/10241; Base is 8 times zkcrypto/jubjub's generator, whose
    /// ordinate is 11) and BabyJubjub for BN254's (a = 168700, d = 168696; Base is circomlib's Base8, EIP-2494).
    /// </summary>
    /// <exception cref="NotSupportedException">The field is neither of the two.</exception>
    public static EdwardsCurve<TF> Embedded => embedded ??= Create();

    /// <summary>Jubjub or BabyJubjub.</summary>
    public string Name { get; }

    /// <summary>The coefficient of x²: a non-zero square.</summary>
    public TF A { get; }

    /// <summary>The coefficient of x²·y²: not a square.</summary>
    public TF D { get; }

    /// <summary>The prime l: the order of <see cref="Base"/> and of the subgroup that keys lie in.</summary>
    public BigInteger Order { get; }

    /// <summary>8: the curve has 8·l points.</summary>
    public int Cofactor => 8;

    /// <summary>The base point of signatures, of order l.</summary>
    public EdwardsPoint<TF> Base { get; }

    /// <summary>
    /// A of the equivalent Montgomery curve B·v² = u³ + A·u² + u, with u = (1 + y)/(1 − y) and v = u/x (ePrint 2008/013,
    /// theorem 3.2): A = 2(a + d)/(a − d).
    /// </summary>
    internal TF MontgomeryA { get; }

    /// <summary>B of the equivalent Montgomery curve: 4/(a − d).</summary>
    internal TF MontgomeryB { get; }

    /// <summary>
    /// [scalar]B from a table of 945 points that is made at first use (about a millisecond): at most 63 additions.
    /// Running time depends on the scalar.
    /// </summary>
    /// <param name="scalar">Any integer; it is taken modulo <see cref="Order"/>.</param>
    public EdwardsPoint<TF> MultiplyBaseVarTime(BigInteger scalar)
    {
        BigInteger reduced = ((scalar % Order) + Order) % Order;
        PrecomputedPoint<TF>[] table = baseTable ??= MakeBaseTable();
        ExtendedPoint<TF> sum = ExtendedPoint<TF>.Identity;
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        reduced.TryWriteBytes(bytes, out _, isUnsigned: true);
        const int entries = (1 << Window) - 1;
        for (int i = 0; i < WindowCount; i++)
        {
            int digit = (bytes[i >> 1] >> (Window * (i & 1))) & entries;
            if (digit > 0)
            {
                sum = sum.Add(this, table[(i * entries) + digit - 1]);
            }
        }

        return sum.ToAffine();
    }

    /// <summary>The test of membership in the subgroup, made at first use.</summary>
    internal EdwardsSubgroup<TF> Subgroup => subgroup ??= new(this);

    private int WindowCount => ((int)Order.GetBitLength() + Window - 1) / Window;

    private static EdwardsCurve<TF> Create()
    {
        if (typeof(TF) == typeof(Bls12381Fr))
        {
            TF d = TF.FromBigInteger(-10240) * TF.Inverse(TF.FromUInt64(10241));
            return new(
                "Jubjub",
                -TF.One,
                d,
                "6554484396890773809930967563523245729705921265872317281365359162392183254199",
                new(Number("44746807950788659978687200207992930935149218647843500701850233404325651525118"), TF.FromUInt64(11)),
                multiplyByCofactor: true);
        }

        if (typeof(TF) == typeof(Bn254Fr))
        {
            return new(
                "BabyJubjub",
                TF.FromUInt64(168700),
                TF.FromUInt64(168696),
                "2736030358979909402780800718157159386076813972158567259200215660948447373041",
                new(
                    Number("5299619240641551281634865583518297030282874472190772894086521144482721001553"),
                    Number("16950150798460657717958625567821834550301663161624707787222815936182638968203")),
                multiplyByCofactor: false);
        }

        throw new NotSupportedException($"No twisted Edwards curve is embedded in {TF.Name}; there are Jubjub in BLS12-381 Fr and BabyJubjub in BN254 Fr.");

        static TF Number(string digits) => TF.FromBigInteger(BigInteger.Parse(digits, CultureInfo.InvariantCulture));
    }

    private PrecomputedPoint<TF>[] MakeBaseTable()
    {
        const int entries = (1 << Window) - 1;
        var points = new ExtendedPoint<TF>[WindowCount * entries];
        ExtendedPoint<TF> step = ExtendedPoint<TF>.From(Base);
        for (int i = 0; i < points.Length; i += entries)
        {
            points[i] = step;
            for (int digit = 1; digit < entries; digit++)
            {
                points[i + digit] = points[i + digit - 1].Add(this, step);
            }

            step = points[i + entries - 1].Add(this, step);
        }

        EdwardsPoint<TF>[] affine = ExtendedPoint<TF>.ToAffine(points);
        return Array.ConvertAll(affine, point => new PrecomputedPoint<TF>(point, this));
    }
}
