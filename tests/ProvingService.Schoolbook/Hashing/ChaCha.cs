// Owns: iden3's way from a public seed to scalars and points: ChaCha20 words (RFC 8439, section 2.3, here with a counter of 128 bits
// and no nonce), drawn as ffjavascript draws them.

using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace ProvingService.Schoolbook;

/// <summary>A stream under a key. Not thread-safe.</summary>
internal sealed class ChaCha
{
    /// <summary>log₂ of the most iterations of a beacon that are repeated here: a second's work.</summary>
    private const int MostIterationsLog = 20;

    private readonly uint[] key = new uint[8];
    private readonly Queue<uint> words = new();
    private ulong block;

    /// <summary>The stream of the first 32 bytes of a hash: eight big-endian words.</summary>
    public ChaCha(byte[] seed)
    {
        for (int i = 0; i < 8; i++)
        {
            key[i] = BinaryPrimitives.ReadUInt32BigEndian(seed.AsSpan(4 * i));
        }
    }

    /// <summary>The stream of a beacon: SHA-256 applied to its value 2^n times.</summary>
    /// <exception cref="NotSupportedException">The vectors have no beacon of so many iterations.</exception>
    public static ChaCha OfBeacon(byte[] value, int iterationsLog)
    {
        if (iterationsLog > MostIterationsLog)
        {
            throw new NotSupportedException($"A beacon of 2^{iterationsLog} iterations is not repeated here.");
        }

        byte[] hash = value;
        for (int i = 0; i < 1 << iterationsLog; i++)
        {
            hash = SHA256.HashData(hash);
        }

        return new(hash);
    }

    /// <summary>An integer below r.</summary>
    public BigInteger NextScalar(PairingCurve curve) => NextBelow(curve.R);

    /// <summary>A point of G1.</summary>
    public Point NextG1(PairingCurve curve) =>
        curve.G1.Multiply(NextPoint(curve.G1, () => curve.Fp.Of(NextBelow(curve.P))), curve.Cofactor1);

    /// <summary>A point of G2: the coefficient of i is drawn last.</summary>
    public Point NextG2(PairingCurve curve) => curve.G2.Multiply(
        NextPoint(
            curve.G2,
            () =>
            {
                BigInteger c0 = NextBelow(curve.P);
                return curve.Fp2.Of(c0, NextBelow(curve.P));
            }),
        curve.Cofactor2);

    /// <summary>An abscissa and a bit that says which root, until there is one.</summary>
    private Point NextPoint(Curve group, Func<Element> nextX)
    {
        while (true)
        {
            Element x = nextX();
            bool isLarger = (NextWord() & 1) == 1;
            if (SquareRoots.Find((x.Square() * x) + group.B) is { } y)
            {
                return new(x, SquareRoots.IsLarger(y) == isLarger ? y : -y);
            }
        }
    }

    /// <summary>
    /// Words of 64 bits, the lowest first, each from two of the stream, the higher first; cut to the bits of the modulus, until the number is below
    /// it. That number is v·2^(64·words) modulo the modulus, of which v is the value.
    /// </summary>
    private BigInteger NextBelow(BigInteger modulus)
    {
        int limbs = (int)((modulus.GetBitLength() + 63) / 64);
        while (true)
        {
            BigInteger drawn = 0;
            for (int i = 0; i < limbs; i++)
            {
                ulong high = NextWord();
                drawn += (BigInteger)((high << 32) | NextWord()) << (64 * i);
            }

            drawn &= (BigInteger.One << (int)modulus.GetBitLength()) - 1;
            if (drawn < modulus)
            {
                return Montgomery.Decode(drawn, modulus);
            }
        }
    }

    private uint NextWord()
    {
        if (words.Count == 0)
        {
            uint[] initial = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, .. key, (uint)block, (uint)(block >> 32), 0, 0];
            uint[] state = [.. initial];
            for (int i = 0; i < 10; i++)
            {
                Quarter(state, 0, 4, 8, 12);
                Quarter(state, 1, 5, 9, 13);
                Quarter(state, 2, 6, 10, 14);
                Quarter(state, 3, 7, 11, 15);
                Quarter(state, 0, 5, 10, 15);
                Quarter(state, 1, 6, 11, 12);
                Quarter(state, 2, 7, 8, 13);
                Quarter(state, 3, 4, 9, 14);
            }

            for (int i = 0; i < 16; i++)
            {
                words.Enqueue(state[i] + initial[i]);
            }

            block++;
        }

        return words.Dequeue();
    }

    private static void Quarter(uint[] s, int a, int b, int c, int d)
    {
        s[a] += s[b];
        s[d] = BitOperations.RotateLeft(s[d] ^ s[a], 16);
        s[c] += s[d];
        s[b] = BitOperations.RotateLeft(s[b] ^ s[c], 12);
        s[a] += s[b];
        s[d] = BitOperations.RotateLeft(s[d] ^ s[a], 8);
        s[c] += s[d];
        s[b] = BitOperations.RotateLeft(s[b] ^ s[c], 7);
    }
}
