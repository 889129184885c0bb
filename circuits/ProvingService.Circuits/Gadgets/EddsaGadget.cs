// Owns: verification of EdDSA-Poseidon on variables. Its twin on numbers: Eddsa.cs; tests hold them together.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// [s]B = R + [8k]A with k = H(tag 0; Rx, Ry, Ax, Ay, M), as <see cref="Eddsa.Verify"/> decides it. What each part is for, that
/// is, what a prover gains without it: the challenge binds key, commitment and message; its bits must be those of the element
/// below the prime, or k + p is a second challenge for the same hash; s below l, or s + l is a second signature; A on the curve
/// and [8]A not neutral, or the equation says nothing about a secret key.
/// </summary>
public static class EddsaGadget
{
    /// <summary>
    /// The signature (R, s) of the message is valid under the key, or <paramref name="enabled"/> is 0. 3,292 constraints on
    /// Jubjub, 3,246 on BabyJubjub.
    /// </summary>
    /// <remarks>
    /// Only the final equation is gated: whatever <paramref name="enabled"/> is, the key must be a point of the curve whose
    /// multiple by 8 is not neutral, and s below l. A disabled slot puts B and 0 there, and anything into R. R needs no check of its
    /// own, as enabled it equals a point of the curve.
    /// </remarks>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="builder">The circuit.</param>
    /// <param name="enabled">A bit, proven here where it is not yet, or the constant 1, which makes the equation linear.</param>
    /// <param name="publicKey">A, any two elements.</param>
    /// <param name="message">M.</param>
    /// <param name="r">R, any two elements.</param>
    /// <param name="s">The response.</param>
    public static void Verify<TF>(
        CircuitBuilder<TF> builder,
        Variable<TF> enabled,
        EdwardsVariable<TF> publicKey,
        Variable<TF> message,
        EdwardsVariable<TF> r,
        Variable<TF> s)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        EdwardsCurve<TF> curve = EdwardsCurve<TF>.Embedded;
        builder.AssertBoolean(enabled);
        Variable<TF> challenge;
        using (builder.Scope("challenge"))
        {
            challenge = PoseidonGadget.Hash<TF>(builder, [r.X, r.Y, publicKey.X, publicKey.Y, message], HashTag.Eddsa);
        }

        Variable<TF>[] challengeBits, responseBits;
        using (builder.Scope("challenge bits"))
        {
            challengeBits = builder.ToBits(challenge, TF.BitLength);
        }

        using (builder.Scope("response bits"))
        {
            responseBits = builder.ToBitsAtMost(s, curve.Order - 1);
        }

        using (builder.Scope("key"))
        {
            EdwardsGadget.AssertOnCurve(builder, publicKey);
        }

        EdwardsVariable<TF> key = publicKey;
        using (builder.Scope("key times 8"))
        {
            for (int i = 1; i < curve.Cofactor; i *= 2)
            {
                key = EdwardsGadget.Double(builder, key);
            }
        }

        EdwardsVariable<TF> response, product;
        using (builder.Scope("response times base"))
        {
            response = FixedBaseGadget.Multiply<TF>(builder, responseBits);
        }

        // 8A is of order l or neutral, since the curve has 8·l points, and the neutral one is refused inside.
        using (builder.Scope("challenge times key"))
        {
            product = VariableBaseGadget.Multiply(builder, key, challengeBits);
        }

        using (builder.Scope("equation"))
        {
            EdwardsVariable<TF> difference = EdwardsGadget.Add(builder, response, EdwardsGadget.Negate(product));
            builder.AssertProduct(enabled, difference.X - r.X, default(Variable<TF>));
            builder.AssertProduct(enabled, difference.Y - r.Y, default(Variable<TF>));
        }
    }
}
