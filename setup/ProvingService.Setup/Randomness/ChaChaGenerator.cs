// Owns: the numbers and points that iden3's setup files derive from a public seed: a hash of the transcript, or a beacon.
// Never: secrets of contributors (ContributionEntropy.cs).

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>
/// The stream of ChaCha20 words (20 rounds, a counter of 128 bits from zero, no nonce) under a key of 32 bytes, and field
/// elements and points drawn from it as ffjavascript 0.3 draws them: what verifiers of <c>.ptau</c> and <c>.zkey</c> must
/// repeat. Not thread-safe.
/// </summary>
public sealed class ChaChaGenerator
{
    /// <summary>Bytes of a seed.</summary>
    public const int SeedLength = 32;

    /// <summary>The fewest iterations of a beacon, as a power of two.</summary>
    public const int MinBeaconIterationsLog = ContributionParameters.MinIterationsLog;

    /// <summary>The most iterations of a beacon, as a power of two: those up to 2^40 end within a year.</summary>
    public const int MaxBeaconIterationsLog = ContributionParameters.MaxIterationsLog;

    /// <summary>The longest value of a beacon in bytes.</summary>
    public const int MaxBeaconLength = ContributionParameters.MaxBeaconLength;

    private readonly uint[] state = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    private readonly uint[] words = new uint[16];
    private int used = 16;

    /// <summary>The stream of a seed.</summary>
    /// <param name="seed">At least 32 bytes, of which the first 32 count: eight big-endian words of key.</param>
    public ChaChaGenerator(ReadOnlySpan<byte> seed)
    {
        for (int i = 0; i < 8; i++)
        {
            state[4 + i] = BinaryPrimitives.ReadUInt32BigEndian(seed[(4 * i)..]);
        }
    }

    /// <summary>The stream of a public beacon: its value hashed by SHA-256 2^<paramref name="iterationsLog"/> times.</summary>
    /// <param name="value">The beacon's value, 1 to 255 bytes.</param>
    /// <param name="iterationsLog">log₂ of the iterations, from 10 to 63. 2^27 take about half a minute.</param>
    /// <param name="progress">Told the share of the iterations that are done.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">The value is empty or too long, or the exponent out of range.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static ChaChaGenerator FromBeacon(
        ReadOnlySpan<byte> value, int iterationsLog, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        const ulong Between = 1UL << 18;
        if (value.IsEmpty || value.Length > MaxBeaconLength)
        {
            throw new ArgumentException($"A beacon's value has 1 to {MaxBeaconLength} bytes, not {value.Length}.", nameof(value));
        }

        if (iterationsLog is < MinBeaconIterationsLog or > MaxBeaconIterationsLog)
        {
            throw new ArgumentException(
                $"A beacon is iterated 2^{MinBeaconIterationsLog} to 2^{MaxBeaconIterationsLog} times, not 2^{iterationsLog}.", nameof(iterationsLog));
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(value, hash);
        ulong count = 1UL << iterationsLog;
        for (ulong i = 1; i < count; i++)
        {
            if (i % Between == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report((double)i / count);
            }

            SHA256.HashData(hash, hash);
        }

        progress?.Report(1);
        return new(hash);
    }

    /// <summary>The point of G2 that a hash of 64 bytes determines; nobody knows its logarithm.</summary>
    public static Affine<Fp2<TFp>, TCurve> PointOfHash<TCurve, TFp>(ReadOnlySpan<byte> hash)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => new ChaChaGenerator(hash).NextG2<TCurve, TFp>();

    /// <summary>The next 32 bits.</summary>
    public uint NextUInt32()
    {
        if (used == 16)
        {
            Refill();
        }

        return words[used++];
    }

    /// <summary>The next 64 bits, the higher half first.</summary>
    public ulong NextUInt64() => ((ulong)NextUInt32() << 32) | NextUInt32();

    /// <summary>An element whose Montgomery representation is drawn: words from the lowest, cut to the modulus's bits, until they are below it.</summary>
    public TF NextElement<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        TF element = default;
        Span<ulong> limbs = MemoryMarshal.Cast<TF, ulong>(MemoryMarshal.CreateSpan(ref element, 1));
        ulong mask = ulong.MaxValue >> ((64 * TF.LimbCount) - TF.BitLength);
        do
        {
            for (int i = 0; i < limbs.Length; i++)
            {
                limbs[i] = NextUInt64();
            }

            limbs[^1] &= mask;
        }
        while (!TF.IsReduced(element));
        return element;
    }

    /// <summary>A point of G1.</summary>
    public Affine<TFp, TCurve> NextG1<TCurve, TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        while (true)
        {
            TFp x = NextElement<TFp>();
            bool isLarger = (NextUInt32() & 1) == 1;
            if (TFp.TrySqrt((TFp.Square(x) * x) + Affine<TFp, TCurve>.B, out TFp y))
            {
                bool negate = isLarger != PrimeField.IsLexicographicallyLargest(y);
                return Clear(new Affine<TFp, TCurve>(x, negate ? -y : y));
            }
        }
    }

    /// <summary>A point of G2: the coefficient c0 of its abscissa is drawn before c1.</summary>
    public Affine<Fp2<TFp>, TCurve> NextG2<TCurve, TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        while (true)
        {
            TFp c0 = NextElement<TFp>();
            var x = new Fp2<TFp>(c0, NextElement<TFp>());
            bool isLarger = (NextUInt32() & 1) == 1;
            if (Fp2<TFp>.TrySqrt((Fp2<TFp>.Square(x) * x) + Affine<Fp2<TFp>, TCurve>.B, out Fp2<TFp> y))
            {
                bool negate = isLarger != PrimeField.IsLexicographicallyLargest(TFp.IsZero(y.C1) ? y.C0 : y.C1);
                return Clear(new Affine<Fp2<TFp>, TCurve>(x, negate ? -y : y));
            }
        }
    }

    /// <summary>Multiplies by the cofactor, which leads into the subgroup.</summary>
    private static Affine<TField, TCurve> Clear<TField, TCurve>(in Affine<TField, TCurve> point)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        TCurve.Cofactor.IsOne ? point : ScalarMultiplication.Multiply<TField, TCurve>(point, TCurve.Cofactor).ToAffine();

    private void Refill()
    {
        state.CopyTo(words, 0);
        for (int round = 0; round < 10; round++)
        {
            for (int column = 0; column < 4; column++)
            {
                Quarter(ref words[column], ref words[4 + column], ref words[8 + column], ref words[12 + column]);
            }

            for (int diagonal = 0; diagonal < 4; diagonal++)
            {
                Quarter(
                    ref words[diagonal],
                    ref words[4 + ((diagonal + 1) % 4)],
                    ref words[8 + ((diagonal + 2) % 4)],
                    ref words[12 + ((diagonal + 3) % 4)]);
            }
        }

        for (int i = 0; i < 16; i++)
        {
            words[i] += state[i];
        }

        used = 0;
        for (int i = 12; i < 16 && ++state[i] == 0; i++)
        {
            // The carry goes on.
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        a += b;
        d = BitOperations.RotateLeft(d ^ a, 16);
        c += d;
        b = BitOperations.RotateLeft(b ^ c, 12);
        a += b;
        d = BitOperations.RotateLeft(d ^ a, 8);
        c += d;
        b = BitOperations.RotateLeft(b ^ c, 7);
    }
}
