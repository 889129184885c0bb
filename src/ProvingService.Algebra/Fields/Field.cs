// Owns: algorithms that hold in every field: powers, batch inversion. Never: representation.

using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>Algorithms over any <see cref="IFieldOperations{TSelf}"/>. Variable time.</summary>
public static class Field
{
    /// <summary>a^exponent by square and multiply; a⁰ = 1, also for a = 0.</summary>
    /// <param name="a">The base.</param>
    /// <param name="exponent">A little-endian integer of any length.</param>
    public static T Pow<T>(in T a, ReadOnlySpan<ulong> exponent)
        where T : unmanaged, IFieldOperations<T>
    {
        T result = T.One;
        bool started = false;
        for (int i = (64 * exponent.Length) - 1; i >= 0; i--)
        {
            if (started)
            {
                result = T.Square(result);
            }

            if (((exponent[i >> 6] >> (i & 63)) & 1) != 0)
            {
                result *= a;
                started = true;
            }
        }

        return result;
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
