// Owns: the constants of the two curves and where they come from.
//
//   BN254      EIP-196 and EIP-197: p, r, y² = x³ + 3, the generators, y² = x³ + 3/(i + 9) for G2
//   BLS12-381  draft-irtf-cfrg-pairing-friendly-curves-11, section 4.2.1: the same with y² = x³ + 4 and y² = x³ + 4(i + 1)
//
// Fp12 is Fp[w] with w⁶ = i + 9 or i + 1: from i² = −1 follows (w⁶ − 9)² = −1, which is w¹² = 18w⁶ − 82, and w¹² = 2w⁶ − 2.

using System.Globalization;
using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>A curve with its groups G1 over Fp and G2 over Fp2, and the field Fp12 of its pairing.</summary>
internal sealed class PairingCurve
{
    /// <summary>BN254, of Ethereum's precompiles.</summary>
    public static PairingCurve Bn254 { get; } = new(
        "bn254",
        "bn128",
        Decimal("21888242871839275222246405745257275088696311157297823662689037894645226208583"),
        Decimal("21888242871839275222246405745257275088548364400416034343698204186575808495617"),
        byteCount: 32,
        cofactor1: 1,
        cofactor2: (2 * Decimal("21888242871839275222246405745257275088696311157297823662689037894645226208583"))
            - Decimal("21888242871839275222246405745257275088548364400416034343698204186575808495617"),
        b: 3,
        shift: 9,
        isTwistDivided: true,
        generator1: ["1", "2"],
        generator2:
        [
            "10857046999023057135944570762232829481370756359578518086990519993285655852781",
            "11559732032986387107991004021392285783925812861821192530917403151452391805634",
            "8495653923123431417604973247489272438418190587263600148770280649306958101930",
            "4082367875863433681332203403145435568316851327593401208105741076214120093531",
        ]);

    /// <summary>BLS12-381.</summary>
    public static PairingCurve Bls12381 { get; } = new(
        "bls12-381",
        "bls12381",
        Hex("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab"),
        Hex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"),
        byteCount: 48,
        cofactor1: Hex("396c8c005555e1568c00aaab0000aaab"),
        cofactor2: Hex(
            "5d543a95414e7f1091d50792876a202cd91de4547085abaa68a205b2e5a7ddfa628f1cb4d9e82ef21537e293a6691ae1616ec6e786f0c70cf1c38e31c7238e5"),
        b: 4,
        shift: 1,
        isTwistDivided: false,
        generator1:
        [
            "3685416753713387016781088315183077757961620795782546409894578378688607592378376318836054947676345821548104185464507",
            "1339506544944476473020471379941921221584933875938349620426543736416511423956333506472724655353366534992391756441569",
        ],
        generator2:
        [
            "352701069587466618187139116011060144890029952792775240219908644239793785735715026873347600343865175952761926303160",
            "3059144344244213709971259814753781636986470325476647558659373206291635324768958432433509563104347017837885763365758",
            "1985150602287291935568054521177171638300868978215655730859378665066344726373823718423869104263333984641494340347905",
            "927553665492332455747201965776037880757740193453592970025027978793976877002675564980949289727957565575433344219582",
        ]);

    private PairingCurve(
        string name,
        string iden3Name,
        BigInteger p,
        BigInteger r,
        int byteCount,
        BigInteger cofactor1,
        BigInteger cofactor2,
        int b,
        int shift,
        bool isTwistDivided,
        string[] generator1,
        string[] generator2)
    {
        (Name, Iden3Name, P, R, ByteCount, Cofactor1, Cofactor2, IsTwistDivided) =
            (name, iden3Name, p, r, byteCount, cofactor1, cofactor2, isTwistDivided);
        Fp = new(p, 1);
        Fp2 = new(p, 2, (0, -1));
        Fp12 = new(p, 12, (6, 2 * shift), (0, -1 - (shift * shift)));
        Shift = Fp2.Of(shift, 1);
        Element b1 = Fp.Of(b), b2 = Fp2.Of(b);
        G1 = new(Fp, b1);
        G2 = new(Fp2, isTwistDivided ? b2 / Shift : b2 * Shift);
        BigInteger[] c = Array.ConvertAll(generator1, Decimal), d = Array.ConvertAll(generator2, Decimal);
        Generator1 = new(Fp.Of(c[0]), Fp.Of(c[1]));
        Generator2 = new(Fp2.Of(d[0], d[1]), Fp2.Of(d[2], d[3]));
    }

    /// <summary>The name in the vectors.</summary>
    public string Name { get; }

    /// <summary>The name in iden3's JSON.</summary>
    public string Iden3Name { get; }

    /// <summary>The prime of the coordinates.</summary>
    public BigInteger P { get; }

    /// <summary>The prime order of the groups.</summary>
    public BigInteger R { get; }

    /// <summary>Bytes of a coordinate in files and encodings.</summary>
    public int ByteCount { get; }

    /// <summary>The number of points of <see cref="G1"/>'s curve divided by r.</summary>
    public BigInteger Cofactor1 { get; }

    /// <summary>The number of points of <see cref="G2"/>'s curve divided by r: of BN254 r·(2p − r), of BLS12-381 the draft's h₂.</summary>
    public BigInteger Cofactor2 { get; }

    public Field Fp { get; }

    public Field Fp2 { get; }

    public Field Fp12 { get; }

    public Curve G1 { get; }

    public Curve G2 { get; }

    public Point Generator1 { get; }

    public Point Generator2 { get; }

    /// <summary>w⁶, an element of Fp2.</summary>
    public Element Shift { get; }

    /// <summary>Whether the curve of G2 has b/w⁶ (a D-twist) and not b·w⁶ (an M-twist).</summary>
    public bool IsTwistDivided { get; }

    /// <summary>The curve of a name in the vectors.</summary>
    public static PairingCurve Of(string name) =>
        name == Bn254.Name ? Bn254 : name == Bls12381.Name ? Bls12381 : throw new FormatException($"there is no curve {name}");

    /// <summary>The generator of iden3's domain of 2^log elements: a power of the smallest number that is no square modulo r, 5 for both curves.</summary>
    public BigInteger Omega(int log) => BigInteger.ModPow(5, (R - 1) >> log, R);

    private static BigInteger Decimal(string text) => BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static BigInteger Hex(string text) => BigInteger.Parse("0" + text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
