// Owns: the scalars of the H points: (a·b − c) on the odd coset, from the evaluations of A·w and B·w on the domain.

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
    /// <summary>Replaces <paramref name="a"/> by the values of a·b − c on the odd coset; <paramref name="b"/> and <paramref name="c"/> are scratch.</summary>
    /// <param name="engine">Who transforms.</param>
    /// <param name="domain">The domain of n elements.</param>
    /// <param name="a">A·w in the order of the constraints.</param>
    /// <param name="b">B·w likewise.</param>
    /// <param name="c">Receives a∘b, which is C·w where the witness satisfies the system.</param>
    /// <param name="options">Threads and cancellation.</param>
    public static void Evaluate<TFr>(
        INttEngine engine, NttDomain<TFr> domain, TFr[] a, TFr[] b, TFr[] c, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        Rows.ForEach(a.Length, options, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                c[i] = a[i] * b[i];
            }
        });

        TFr psi = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - domain.LogSize - 1));
        TFr psiInverse = TFr.Inverse(psi);
        foreach (TFr[] values in (TFr[][])[a, b, c])
        {
            // An inverse transform that believes itself on ψ⁻¹·⟨ω⟩ scales coefficient i by ψ^i on its way.
            engine.Inverse(domain, values, NttOrder.NaturalToReversed, psiInverse, options);
            engine.Forward(domain, values, NttOrder.ReversedToNatural, TFr.One, options);
        }

        Rows.ForEach(a.Length, options, (from, to) =>
        {
            for (int i = from; i < to; i++)
            {
                a[i] = (a[i] * b[i]) - c[i];
            }
        });
    }
}
