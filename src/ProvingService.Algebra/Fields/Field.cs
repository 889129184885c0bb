// Owns: algorithms that hold in every field: powers, batch inversion. Never: representation.

using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>Algorithms over any <see cref="IFieldOperations{TSelf}"/>. Variable time.</summary>
public static class Field
{
    /// <summary>The window of long exponents: 2^(Window − 1) odd powers are kept.</summary>
    private const int Window = 5;

    /// <summary>
    /// a^exponent; a⁰ = 1, also for a = 0. Squares and multiplies; exponents of more than two words by windows of five
    /// bits, which saves two multiplications of three.
    /// </summary>
    /// <param name="a">The base.</param>
    /// <param name="exponent">A little-endian integer of any length.</param>
    public static T Pow<T>(in T a, ReadOnlySpan<ulong> exponent)
        where T : unmanaged, IFieldOperations<T>
    {
        int top = exponent.LastIndexOfAnyExcept(0UL);
        if (top < 0)
        {
            return T.One;
        }

        int window = top < 2 ? 1 : Window;
        Span<T> odd = stackalloc T[1 << (Window - 1)];
        odd[0] = a;
        if (window > 1)
        {
            T squared = T.Square(a);
            for (int i = 1; i < odd.Length; i++)
            {
                odd[i] = odd[i - 1] * squared;
            }
        }

        T result = default;
        bool started = false;
        int squarings = 0;
        for (int i = (64 * top) + 63 - BitOperations.LeadingZeroCount(exponent[top]); i >= 0;)
        {
            if (!Bit(exponent, i))
            {
                squarings++;
                i--;
                continue;
            }

            // The longest window from bit i down that ends in a one.
            int low = Math.Max(i - window + 1, 0), digit = 0;
            while (!Bit(exponent, low))
            {
                low++;
            }

            for (int k = i; k >= low; k--)
            {
                digit = (2 * digit) + (Bit(exponent, k) ? 1 : 0);
            }

            squarings += i - low + 1;
            result = started ? T.SquareRepeatedly(result, squarings) * odd[digit >> 1] : odd[digit >> 1];
            started = true;
            squarings = 0;
            i = low - 1;
        }

        return squarings == 0 ? result : T.SquareRepeatedly(result, squarings);

        static bool Bit(ReadOnlySpan<ulong> words, int i) => ((words[i >> 6] >> (i & 63)) & 1) != 0;
    }

    /// <summary>a^exponent for an exponent of one word.</summary>
    public static T Pow<T>(in T a, ulong exponent)
        where T : unmanaged, IFieldOperations<T> => Pow(a, [exponent]);

    /// <summary>a^exponent; a negative exponent inverts.</summary>
    public static T Pow<T>(in T a, BigInteger exponent)
        where T : unmanaged, IFieldOperations<T>
    {
        if (exponent.Sign < 0)
        {
            return Pow(T.Inverse(a), -exponent);
        }

        ulong[] words = new ulong[(exponent.GetByteCount(isUnsigned: true) + 7) / 8];
        exponent.TryWriteBytes(MemoryMarshal.AsBytes(words.AsSpan()), out _, isUnsigned: true);
        return Pow(a, (ReadOnlySpan<ulong>)words);
    }

    /// <summary>Replaces every element by its inverse, zeros staying zero, with one inversion and 3(n−1) multiplications.</summary>
    public static void BatchInverse<T>(Span<T> elements)
        where T : unmanaged, IFieldOperations<T>
    {
        T[] rented = ArrayPool<T>.Shared.Rent(elements.Length);
        try
        {
            BatchInverse(elements, rented);
        }
        finally
        {
            ArrayPool<T>.Shared.Return(rented);
        }
    }

    /// <summary>As <see cref="BatchInverse{T}(Span{T})"/>, with scratch of at least the same length from the caller.</summary>
    public static void BatchInverse<T>(Span<T> elements, Span<T> scratch)
        where T : unmanaged, IFieldOperations<T>
    {
        T product = T.One;
        for (int i = 0; i < elements.Length; i++)
        {
            scratch[i] = product;
            if (!T.IsZero(elements[i]))
            {
                product *= elements[i];
            }
        }

        T inverse = T.Inverse(product);
        for (int i = elements.Length - 1; i >= 0; i--)
        {
            if (!T.IsZero(elements[i]))
            {
                T own = inverse * scratch[i];
                inverse *= elements[i];
                elements[i] = own;
            }
        }
    }
}
