// Owns: which coset the scalars of the H points lie on. The transforms: the engines.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// snarkjs's form of the quotient. With ψ a primitive 2n-th root of unity, the polynomial a·b − c of degree below 2n
/// vanishes on the even powers of ψ, which are the domain. It is therefore determined by its values on the odd ones,
/// ψ·⟨ω⟩, and the key's H points are the Lagrange polynomials of exactly those. No division by the vanishing polynomial
/// is needed.
/// </summary>
internal static class Quotient
{
    /// <summary>The values of a·b − c on the odd coset, as integers, where a·b and c agree on the domain.</summary>
    /// <param name="engine">Who transforms.</param>
    /// <param name="domain">The domain of n elements.</param>
    /// <param name="a">A·w in the order of the constraints; its memory becomes that of the result where sizes allow.</param>
    /// <param name="b">B·w likewise; overwritten.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <remarks>Memory: one vector of n elements more than a and b.</remarks>
    public static Span<Scalar256> Evaluate<TFr>(INttEngine engine, NttDomain<TFr> domain, TFr[] a, TFr[] b, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr psi = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - domain.LogSize - 1));
        Span<Scalar256> result = Unsafe.SizeOf<TFr>() == Unsafe.SizeOf<Scalar256>()
            ? MemoryMarshal.Cast<TFr, Scalar256>(a.AsSpan())
            : new Scalar256[a.Length];
        using var c = new Scratch<TFr>(a.Length);
        engine.Quotient(domain, a, b, c.Array, psi, result, options);
        return result;
    }
}
