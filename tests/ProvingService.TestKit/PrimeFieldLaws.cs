// Owns: a prime field against BigInteger: arithmetic at edge limbs, encodings, roots of unity.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.TestKit;

/// <summary>Derive a test class for each prime field; xunit runs the inherited facts.</summary>
public abstract class PrimeFieldLaws<T>(ITestOutputHelper output) : FieldWithRootsLaws<T>(output)
    where T : unmanaged, IPrimeField<T>
{
    private static readonly BigInteger P = T.Modulus;

    protected override BigInteger Order => P;

    protected override IEnumerable<T> Edges => EdgeIntegers().Select(T.FromBigInteger);

    protected override T Sample() => Random.Element<T>();

    [Fact]
    public void Arithmetic_equals_the_integers_modulo_p()
    {
        BigInteger[] integers = [.. EdgeIntegers(), .. Enumerable.Range(0, 40).Select(_ => Random.Next(P))];
        foreach (BigInteger x in integers)
        {
            T a = T.FromBigInteger(x);
            Assert.Equal(x, T.ToBigInteger(a));
            Assert.Equal(Mod(-x), T.ToBigInteger(-a));
            Assert.Equal(Mod(2 * x), T.ToBigInteger(T.Double(a)));
            Assert.Equal(Mod(x * x), T.ToBigInteger(T.Square(a)));
            Assert.Equal(BigInteger.ModPow(x, P - 2, P), T.ToBigInteger(T.Inverse(a)));
            foreach (BigInteger y in integers)
            {
                T b = T.FromBigInteger(y);
                Assert.Equal(Mod(x + y), T.ToBigInteger(a + b));
                Assert.Equal(Mod(x - y), T.ToBigInteger(a - b));
                Assert.Equal(Mod(x * y), T.ToBigInteger(a * b));
            }
        }
    }

    [Fact]
    public void Arithmetic_is_right_at_edges_of_the_stored_limbs()
    {
        // Elements whose stored words (not their values) are edges; products by 1 and by themselves against the value.
        foreach (BigInteger raw in EdgeIntegers())
        {
            T a = FromRaw(raw);
            Assert.True(T.IsReduced(a));
            BigInteger x = T.ToBigInteger(a);
            Assert.Equal(Mod(x * x), T.ToBigInteger(a * a));
            Assert.Equal(Mod(x + x), T.ToBigInteger(a + a));
            Assert.Equal(BigInteger.ModPow(x, P - 2, P), T.ToBigInteger(T.Inverse(a)));
            foreach (BigInteger other in EdgeIntegers())
            {
                T b = FromRaw(other);
                BigInteger y = T.ToBigInteger(b);
                Assert.Equal(Mod(x * y), T.ToBigInteger(a * b));
                Assert.Equal(Mod(x + y), T.ToBigInteger(a + b));
                Assert.Equal(Mod(x - y), T.ToBigInteger(a - b));
            }
        }
    }

    [Fact]
    public void Sums_of_products_equal_products_and_a_sum()
    {
        T[] elements = Elements();
        foreach (T a in elements)
        {
            foreach (T b in elements)
            {
                // Edges with edges stand next to each other; the offset brings random elements in.
                T c = elements[^1] + b, d = a;
                Assert.Equal((a * b) + (a * b), T.SumOfProducts(a, b, a, b));
                Assert.Equal((a * b) + (c * d), T.SumOfProducts(a, b, c, d));
                Assert.Equal(T.Zero, T.SumOfProducts(a, b, -a, b));
            }
        }

        // The greatest stored words: −1/R is stored as p − 1.
        T greatest = -T.Inverse(Field.Pow(T.One + T.One, (ulong)(64 * T.LimbCount)));
        Assert.Equal(T.Double(T.Square(greatest)), T.SumOfProducts(greatest, greatest, greatest, greatest));
    }

    [Fact]
    public void Integers_of_any_size_and_sign_are_reduced()
    {
        BigInteger large = (P * P * 7) + 5;
        Assert.Equal(T.FromUInt64(5), T.FromBigInteger(large));
        Assert.Equal(-T.FromUInt64(5), T.FromBigInteger(-large));
        Assert.Equal(T.Zero, T.FromBigInteger(P));
        foreach (ulong word in new ulong[] { 0, 1, 2, ulong.MaxValue, Random.NextUInt64() })
        {
            Assert.Equal(Mod(word), T.ToBigInteger(T.FromUInt64(word)));
        }

        byte[] bytes = new byte[PrimeField.ByteCount<T>() + 16];
        Random.NextBytes(bytes);
        Assert.Equal(
            Mod(new BigInteger(bytes, isUnsigned: true, isBigEndian: true)),
            T.ToBigInteger(PrimeField.FromUniformBytes<T>(bytes)));
    }

    [Fact]
    public void Canonical_words_and_bytes_round_trip()
    {
        byte[] little = new byte[PrimeField.ByteCount<T>()], big = new byte[little.Length];
        ulong[] words = new ulong[T.LimbCount];
        foreach (T a in Elements())
        {
            BigInteger x = T.ToBigInteger(a);
            T.ToCanonical(a, words);
            Assert.Equal(x, new BigInteger(MemoryMarshal.AsBytes(words.AsSpan()), isUnsigned: true));
            Assert.True(T.TryFromCanonical(words, out T back) && back == a);

            PrimeField.WriteLittleEndian(a, little);
            PrimeField.WriteBigEndian(a, big);
            Assert.Equal(x, new BigInteger(little, isUnsigned: true));
            Assert.Equal(little.Reverse(), big);
            Assert.True(PrimeField.TryReadLittleEndian(little, out back) && back == a);
            Assert.True(PrimeField.TryReadBigEndian(big, out back) && back == a);
            Assert.Equal(x.ToString(System.Globalization.CultureInfo.InvariantCulture), a.ToString());
            Assert.Equal(!x.IsEven, PrimeField.IsOdd(a));
            Assert.Equal(x > (P - 1) / 2, PrimeField.IsLexicographicallyLargest(a));
        }

        Assert.Throws<ArgumentException>(() => PrimeField.TryReadLittleEndian<T>(new byte[little.Length - 1], out _));
        Assert.Throws<ArgumentException>(() => PrimeField.TryReadBigEndian<T>(new byte[little.Length + 1], out _));
    }

    [Fact]
    public void Integers_from_p_on_are_not_canonical()
    {
        BigInteger limit = BigInteger.One << (64 * T.LimbCount);
        foreach (BigInteger x in new[] { P, P + 1, (2 * P) - 1, limit - 1, limit / 2 }.Where(x => x >= P && x < limit))
        {
            byte[] bytes = new byte[PrimeField.ByteCount<T>()];
            x.TryWriteBytes(bytes, out _, isUnsigned: true);
            Assert.False(T.TryFromCanonical(MemoryMarshal.Cast<byte, ulong>(bytes), out T element));
            Assert.Equal(T.Zero, element);
            Assert.False(PrimeField.TryReadLittleEndian<T>(bytes, out _));
            Array.Reverse(bytes);
            Assert.False(PrimeField.TryReadBigEndian<T>(bytes, out _));
            Assert.False(T.IsReduced(FromRaw(x)));
        }
    }

    [Fact]
    public void Root_of_unity_has_the_full_order_and_comes_from_the_smallest_non_residue()
    {
        int s = T.TwoAdicity;
        Assert.True(((P - 1) >> s).IsEven is false && ((P - 1) & ((BigInteger.One << s) - 1)).IsZero);
        Assert.Equal(-T.One, Field.Pow(T.RootOfUnity, BigInteger.One << (s - 1)));
        BigInteger q = 2;
        while (BigInteger.ModPow(q, (P - 1) / 2, P) == 1)
        {
            q++;
        }

        Assert.Equal(BigInteger.ModPow(q, (P - 1) >> s, P), T.ToBigInteger(T.RootOfUnity));
    }

    [Fact]
    public void Sizes_agree_with_the_modulus()
    {
        Assert.Equal(P.GetBitLength(), T.BitLength);
        Assert.Equal(8 * T.LimbCount, Unsafe.SizeOf<T>());
        Assert.Equal(T.LimbCount, (T.BitLength + 63) / 64);
    }

    private static BigInteger Mod(BigInteger x) => ((x % P) + P) % P;

    /// <summary>The element whose memory holds the given integer.</summary>
    private static T FromRaw(BigInteger raw)
    {
        T element = default;
        raw.TryWriteBytes(
            MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref element), Unsafe.SizeOf<T>()), out _, isUnsigned: true);
        return element;
    }

    private static IEnumerable<BigInteger> EdgeIntegers()
    {
        var edges = new SortedSet<BigInteger> { 0, 1, 2, P - 1, P - 2, (P - 1) / 2, (P + 1) / 2, (BigInteger.One << (64 * T.LimbCount)) % P };
        for (int k = 1; k < T.BitLength; k++)
        {
            // Every power of two at a word's border and its neighbours; elsewhere a sparse selection.
            if (k % 64 is 0 or 1 or 63 || k % 37 == 0)
            {
                edges.Add((BigInteger.One << k) - 1);
                edges.Add(BigInteger.One << k);
                edges.Add(P - (BigInteger.One << k));
            }
        }

        return edges.Where(x => x < P);
    }
}
