// Owns: the fields, by their definition: polynomials modulo a polynomial, coefficients modulo a prime.

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>
/// The ring of polynomials in w over the integers modulo p, modulo w^n = Σ c·w^k. With n = 1 it is the prime field; a caller
/// says which polynomials are irreducible, and <see cref="PairingCurve"/> names the sources.
/// </summary>
/// <param name="p">The prime.</param>
/// <param name="degree">n, the number of coefficients of an element.</param>
/// <param name="rule">What w^n is: powers k below n with their coefficients c.</param>
internal sealed class Field(BigInteger p, int degree, params (int Power, BigInteger Coefficient)[] rule)
{
    public BigInteger P { get; } = p;

    public int Degree { get; } = degree;

    public Element Zero => new(this, new BigInteger[Degree]);

    public Element One => Of(1);

    /// <summary>An integer.</summary>
    public Element Of(BigInteger value) => Monomial(value, 0);

    /// <summary>c·w^k.</summary>
    public Element Monomial(BigInteger value, int power)
    {
        var coefficients = new BigInteger[Degree];
        coefficients[power] = value;
        return Reduce(coefficients);
    }

    /// <summary>An element of the coefficients of w^0, w^1, …</summary>
    public Element Of(params BigInteger[] coefficients) => Reduce([.. coefficients, .. new BigInteger[Degree - coefficients.Length]]);

    /// <summary>
    /// The product as polynomials, then w^n replaced from the highest power down. Coefficients are reduced once, at the end:
    /// until then they are integers of any size.
    /// </summary>
    public Element Multiply(Element a, Element b)
    {
        var product = new BigInteger[(2 * Degree) - 1];
        for (int i = 0; i < Degree; i++)
        {
            for (int j = 0; j < Degree && !a[i].IsZero; j++)
            {
                if (!b[j].IsZero)
                {
                    product[i + j] += a[i] * b[j];
                }
            }
        }

        return ReplaceAndReduce(product);
    }

    /// <summary>The product with itself: each pair of different coefficients once, and doubled.</summary>
    public Element Square(Element a)
    {
        var product = new BigInteger[(2 * Degree) - 1];
        for (int i = 0; i < Degree; i++)
        {
            product[2 * i] += a[i] * a[i];
            BigInteger twice = a[i] << 1;
            for (int j = i + 1; j < Degree && !twice.IsZero; j++)
            {
                product[i + j] += twice * a[j];
            }
        }

        return ReplaceAndReduce(product);
    }

    /// <summary>1/a: in a prime field by Euclid's algorithm, in Fp[i]/(i² + 1) as (a₀ − a₁·i)/(a₀² + a₁²). Larger fields need none here.</summary>
    public Element Invert(Element a)
    {
        if (a.IsZero)
        {
            throw new DivideByZeroException();
        }

        return Degree switch
        {
            1 => Of(InvertInteger(a[0])),
            2 => Conjugate(a) * InvertInteger(((a[0] * a[0]) + (a[1] * a[1])) % P),
            _ => throw new NotSupportedException($"There is no inversion in degree {Degree}."),
        };
    }

    private Element Conjugate(Element a) => Of(a[0], -a[1]);

    /// <summary>Euclid's algorithm on p and a, carrying for each remainder the factor by which it is a multiple of a modulo p, down to the remainder 1.</summary>
    private BigInteger InvertInteger(BigInteger a)
    {
        (BigInteger higher, BigInteger lower) = (P, a);
        (BigInteger ofHigher, BigInteger ofLower) = (0, 1);
        while (!lower.IsOne)
        {
            BigInteger quotient = BigInteger.DivRem(higher, lower, out BigInteger remainder);
            (higher, lower) = (lower, remainder);
            (ofHigher, ofLower) = (ofLower, ofHigher - (quotient * ofLower));
        }

        return ofLower;
    }

    private Element ReplaceAndReduce(BigInteger[] product)
    {
        for (int k = product.Length - 1; k >= Degree; k--)
        {
            foreach ((int power, BigInteger coefficient) in rule)
            {
                product[k - Degree + power] += coefficient * product[k];
            }
        }

        Array.Resize(ref product, Degree);
        return Reduce(product);
    }

    private Element Reduce(BigInteger[] coefficients)
    {
        for (int i = 0; i < coefficients.Length; i++)
        {
            BigInteger remainder = BigInteger.Remainder(coefficients[i], P);
            coefficients[i] = remainder.Sign < 0 ? remainder + P : remainder;
        }

        return new(this, coefficients);
    }
}

/// <summary>An element of a field. Immutable.</summary>
internal sealed class Element : IEquatable<Element>
{
    private readonly BigInteger[] coefficients;

    /// <summary>Made by <see cref="Schoolbook.Field"/> alone, of as many coefficients as its degree, each from 0 to p − 1.</summary>
    public Element(Field field, BigInteger[] coefficients)
    {
        Field = field;
        this.coefficients = coefficients;
    }

    public Field Field { get; }

    public bool IsZero => Array.TrueForAll(coefficients, c => c.IsZero);

    /// <summary>The coefficient of w^k.</summary>
    public BigInteger this[int k] => coefficients[k];

    public static Element operator +(Element a, Element b)
    {
        var sum = new BigInteger[a.coefficients.Length];
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] = a[i] + b[i];
            sum[i] = sum[i] >= a.Field.P ? sum[i] - a.Field.P : sum[i];
        }

        return new(a.Field, sum);
    }

    public static Element operator -(Element a, Element b)
    {
        var difference = new BigInteger[a.coefficients.Length];
        for (int i = 0; i < difference.Length; i++)
        {
            difference[i] = a[i] - b[i];
            difference[i] = difference[i].Sign < 0 ? difference[i] + a.Field.P : difference[i];
        }

        return new(a.Field, difference);
    }

    public static Element operator -(Element a) => a.Field.Zero - a;

    public static Element operator *(Element a, Element b) => a.Field.Multiply(a, b);

    public static Element operator *(Element a, BigInteger k) => a.Field.Of(Array.ConvertAll(a.coefficients, x => k * x));

    public static Element operator /(Element a, Element b) => a * a.Field.Invert(b);

    public Element Square() => Field.Square(this);

    /// <summary>
    /// This to a power that is not negative. Four bits of the exponent at a time, from the highest: a^(16q + d) = (a^q)^16·a^d.
    /// </summary>
    public Element Power(BigInteger exponent)
    {
        var small = new Element[16];
        small[0] = Field.One;
        for (int d = 1; d < 16; d++)
        {
            small[d] = small[d - 1] * this;
        }

        Element result = Field.One;
        for (int digit = (int)((exponent.GetBitLength() + 3) / 4) - 1; digit >= 0; digit--)
        {
            result = result.Square().Square().Square().Square();
            int d = (int)((exponent >> (4 * digit)) & 15);
            result = d == 0 ? result : result * small[d];
        }

        return result;
    }

    public bool Equals(Element? other) => other is not null && Field == other.Field && coefficients.AsSpan().SequenceEqual(other.coefficients);

    public override bool Equals(object? obj) => Equals(obj as Element);

    public override int GetHashCode() => coefficients[0].GetHashCode();

    public override string ToString() => string.Join(" + ", coefficients.Select((c, k) => k == 0 ? $"{c}" : $"{c}*w^{k}"));
}
