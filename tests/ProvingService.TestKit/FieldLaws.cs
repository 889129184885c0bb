// Owns: the laws that every field and extension field obeys, with and without square roots. Prime fields obey
// PrimeFieldLaws.cs as well.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.TestKit;

/// <summary>Derive a test class for each field; xunit runs the inherited facts.</summary>
public abstract class FieldLaws<T>(ITestOutputHelper output)
    where T : unmanaged, IFieldOperations<T>
{
    private const int Samples = 40;

    protected OracleRandom Random { get; } = new(output);

    /// <summary>The number of elements of the field.</summary>
    protected abstract BigInteger Order { get; }

    /// <summary>Elements at which carries and reductions change their course.</summary>
    protected virtual IEnumerable<T> Edges => [T.Zero, T.One, -T.One, T.Double(T.One), T.Inverse(T.Double(T.One))];

    protected abstract T Sample();

    /// <summary>The edges and some random elements.</summary>
    protected T[] Elements() => [.. Edges, .. Enumerable.Range(0, Samples).Select(_ => Sample())];

    [Fact]
    public void Addition_is_an_abelian_group()
    {
        Assert.Equal(default, T.Zero);
        T[] elements = Elements();
        foreach (T a in elements)
        {
            Assert.Equal(a, a + T.Zero);
            Assert.Equal(T.Zero, a + -a);
            Assert.Equal(T.Zero, a - a);
            Assert.Equal(a, -(-a));
            Assert.Equal(a + a, T.Double(a));
            Assert.Equal(T.IsZero(a), a == T.Zero);
            foreach (T b in elements)
            {
                T c = Sample();
                Assert.Equal(a + b, b + a);
                Assert.Equal((a + b) + c, a + (b + c));
                Assert.Equal(a + -b, a - b);
                Assert.Equal(-(a - b), b - a);
            }
        }
    }

    [Fact]
    public void Multiplication_is_commutative_associative_and_distributes()
    {
        T[] elements = Elements();
        foreach (T a in elements)
        {
            Assert.Equal(a, a * T.One);
            Assert.Equal(T.Zero, a * T.Zero);
            Assert.Equal(a * a, T.Square(a));
            foreach (T b in elements)
            {
                T c = Sample();
                Assert.Equal(a * b, b * a);
                Assert.Equal((a * b) * c, a * (b * c));
                Assert.Equal(a * (b + c), (a * b) + (a * c));
                Assert.Equal(-(a * b), -a * b);
                Assert.True(T.IsReduced(a * b) && T.IsReduced(a + b) && T.IsReduced(a - b) && T.IsReduced(-a));
            }
        }
    }

    [Fact]
    public void Every_element_but_zero_has_an_inverse()
    {
        Assert.Equal(T.Zero, T.Inverse(T.Zero));
        foreach (T a in Elements().Where(a => !T.IsZero(a)))
        {
            Assert.Equal(T.One, a * T.Inverse(a));
            Assert.Equal(a, T.Inverse(T.Inverse(a)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(33)]
    public void Batch_inversion_equals_single_inversions_and_keeps_zeros(int length)
    {
        T[] elements = [.. Enumerable.Range(0, length).Select(i => i % 5 == 3 ? T.Zero : Sample())];
        T[] expected = [.. elements.Select(a => T.Inverse(a))];
        Field.BatchInverse<T>(elements);
        Assert.Equal(expected, elements);
        T[] zeros = new T[length];
        Field.BatchInverse<T>(zeros);
        Assert.All(zeros, a => Assert.Equal(T.Zero, a));
    }

    [Fact]
    public void Powers_obey_the_laws_of_exponents()
    {
        // Powers in a large extension take milliseconds each.
        T[] elements = Elements();
        foreach (T a in Order.GetBitLength() > 1000 ? [T.Zero, elements[^1], elements[^2]] : elements.Take(16))
        {
            T power = T.One;
            for (ulong i = 0; i < 20; i++)
            {
                Assert.Equal(power, Field.Pow(a, i));
                power *= a;
            }

            BigInteger m = Random.Next(Order), n = Random.Next(Order);
            Assert.Equal(Field.Pow(a, m) * Field.Pow(a, n), Field.Pow(a, m + n));
            Assert.Equal(Field.Pow(Field.Pow(a, m), n), Field.Pow(a, m * n));
            Assert.Equal(a, Field.Pow(a, Order));
            if (!T.IsZero(a))
            {
                Assert.Equal(T.One, Field.Pow(a, Order - 1));
                Assert.Equal(T.Inverse(Field.Pow(a, m)), Field.Pow(a, -m));
            }
        }
    }

    [Fact]
    public void Equality_is_by_value()
    {
        foreach (T a in Elements())
        {
            T same = (a + T.One) - T.One, other = a + T.One;
            Assert.True(a == same && !(a != same) && a.Equals(same) && a.Equals((object)same));
            Assert.Equal(a.GetHashCode(), same.GetHashCode());
            Assert.True(a != other && !(a == other) && !a.Equals(other) && !a.Equals((object)other) && !a.Equals(null));
        }
    }

    [Fact]
    public void Random_elements_are_reduced_and_differ()
    {
        T[] drawn = [.. Enumerable.Range(0, 100).Select(_ => T.Random())];
        Assert.All(drawn, a => Assert.True(T.IsReduced(a)));
        Assert.True(drawn.Distinct().Count() > 90);
    }

    [Fact]
    public void Memory_of_all_ones_is_not_reduced()
    {
        T a = default;
        MemoryMarshal.CreateSpan(ref Unsafe.As<T, byte>(ref a), Unsafe.SizeOf<T>()).Fill(0xff);
        Assert.False(T.IsReduced(a));
    }
}

/// <summary>Derive a test class for each field that has square roots.</summary>
public abstract class FieldWithRootsLaws<T>(ITestOutputHelper output) : FieldLaws<T>(output)
    where T : unmanaged, IField<T>
{
    [Fact]
    public void Exactly_the_squares_have_square_roots()
    {
        int squares = 0;
        foreach (T a in Elements())
        {
            T square = T.Square(a);
            Assert.True(T.TrySqrt(square, out T own));
            Assert.True(own == a || own == -a);

            bool isSquare = T.IsZero(a) || Field.Pow(a, (Order - 1) / 2) == T.One;
            Assert.Equal(isSquare, T.TrySqrt(a, out T root));
            Assert.Equal(isSquare ? a : T.Zero, isSquare ? T.Square(root) : root);
            squares += isSquare ? 1 : 0;
        }

        Assert.InRange(squares, 4, Elements().Length - 4);
    }
}
