// Owns: square roots in Fp and in Fp2, for points that are given by x alone. Both primes leave 3 when divided by 4.

using System.Numerics;

namespace ProvingService.Schoolbook;

internal static class SquareRoots
{
    /// <summary>One of the two roots, or null where there is none: whatever a formula yields is squared before it is believed.</summary>
    public static Element? Find(Element square)
    {
        Element? root = square.Field.Degree == 1 ? InPrimeField(square) : InQuadraticField(square);
        return root is not null && root.Square().Equals(square) ? root : null;
    }

    /// <summary>
    /// Whether y is the larger of y and −y as encodings see it: as an integer, in Fp2 by the coefficient of i, and by the other where that one is zero.
    /// </summary>
    public static bool IsLarger(Element y)
    {
        BigInteger c = y.Field.Degree == 2 && !y[1].IsZero ? y[1] : y[0];
        return c > y.Field.P - c;
    }

    /// <summary>a^((p + 1)/4): where a is a square, a^((p − 1)/2) is 1, and the square of this is a^((p + 1)/2) = a.</summary>
    private static Element InPrimeField(Element a) => a.Power((a.Field.P + 1) / 4);

    /// <summary>
    /// (x + y·i)² = a + b·i says x² − y² = a, 2xy = b, hence x² + y² = √(a² + b²) = n and x² = (a + n)/2; n may have either sign. Where x
    /// is zero, y² = −a.
    /// </summary>
    private static Element? InQuadraticField(Element square)
    {
        var field = new Field(square.Field.P, 1);
        Element a = field.Of(square[0]), b = field.Of(square[1]);
        if (Find(a.Square() + b.Square()) is not { } n)
        {
            return null;
        }

        foreach (Element sign in (Element[])[n, -n])
        {
            if (Find((a + sign) / field.Of(2)) is not { } x)
            {
                continue;
            }

            if (!x.IsZero)
            {
                return square.Field.Of(x[0], (b / (x * 2))[0]);
            }

            if (Find(-a) is { } y)
            {
                return square.Field.Of(0, y[0]);
            }
        }

        return null;
    }
}
