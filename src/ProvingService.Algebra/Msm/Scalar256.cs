// Owns: the scalar of an MSM as a plain integer. Arithmetic on scalars: the fields.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>
/// A 256-bit integer of four little-endian words: the bytes of a canonical field element in a <c>.wtns</c>, which can
/// be reinterpreted as scalars in place. Not reduced modulo anything.
/// </summary>
/// <param name="Word0">Bits 0 to 63.</param>
/// <param name="Word1">Bits 64 to 127.</param>
/// <param name="Word2">Bits 128 to 191.</param>
/// <param name="Word3">Bits 192 to 255.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Scalar256(ulong Word0, ulong Word1 = 0, ulong Word2 = 0, ulong Word3 = 0)
{
    /// <summary>The integer.</summary>
    public unsafe BigInteger ToBigInteger()
    {
        Scalar256 copy = this;
        return new(new ReadOnlySpan<byte>(&copy, sizeof(Scalar256)), isUnsigned: true);
    }

    /// <summary>The canonical integer of an element of a field of at most four words.</summary>
    /// <exception cref="ArgumentException">The field has more words.</exception>
    public static Scalar256 From<TFr>(in TFr element)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (TFr.LimbCount > 4)
        {
            throw new ArgumentException($"An element of {TFr.Name} does not fit 256 bits.");
        }

        Scalar256 scalar = default;
        TFr.ToCanonical(element, MemoryMarshal.CreateSpan(ref Unsafe.As<Scalar256, ulong>(ref scalar), 4));
        return scalar;
    }

    /// <summary>The canonical integers of many elements; one multiplication each.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void From<TFr>(ReadOnlySpan<TFr> elements, Span<Scalar256> scalars)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (elements.Length != scalars.Length)
        {
            throw new ArgumentException($"{elements.Length} elements cannot become {scalars.Length} scalars.");
        }

        for (int i = 0; i < elements.Length; i++)
        {
            scalars[i] = From(elements[i]);
        }
    }
}
