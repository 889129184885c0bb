// Owns: number-theoretic transforms against the definition, on every scalar field and the toy field.

using System.Numerics;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381FrNttTests(ITestOutputHelper output) : NttTests<Bls12381Fr>(output);

public sealed class Bn254FrNttTests(ITestOutputHelper output) : NttTests<Bn254Fr>(output);

public sealed class ToyFieldNttTests(ITestOutputHelper output) : NttTests<ToyField>(output);

public abstract class NttTests<TFr>(ITestOutputHelper output)
    where TFr : unmanaged, IPrimeField<TFr>
{
    private static readonly NttOrder[] Orders = [NttOrder.NaturalToNatural, NttOrder.NaturalToReversed, NttOrder.ReversedToNatural];
    private static readonly EngineOptions OneThread = new(1);
    private static readonly PortableEngine Engine = PortableEngine.Instance;

    private readonly OracleRandom random = new(output);

    [Fact]
    public void Domains_follow_the_convention_of_iden3()
    {
        for (int k = 0; k <= NttDomain<TFr>.MaxLogSize; k++)
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(k);
            Assert.Same(domain, NttDomain<TFr>.OfLogSize(k));
            Assert.Equal(1 << k, domain.Size);
            Assert.Equal(Field.Pow(TFr.RootOfUnity, BigInteger.One << (TFr.TwoAdicity - k)), domain.Root);
            Assert.Equal(TFr.One, Field.Pow(domain.Root, (ulong)domain.Size));
            Assert.True(k == 0 || Field.Pow(domain.Root, (ulong)domain.Size / 2) == -TFr.One);
            Assert.Equal(TFr.One, domain.Root * domain.RootInverse);
            Assert.Equal(TFr.One, domain.SizeInverse * TFr.FromUInt64((ulong)domain.Size));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => NttDomain<TFr>.OfLogSize(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => NttDomain<TFr>.OfLogSize(NttDomain<TFr>.MaxLogSize + 1));
    }

    [Fact]
    public void Small_transforms_equal_the_definition_in_every_order_on_every_coset()
    {
        TFr[] shifts = [TFr.One, TFr.FromUInt64(7), NttDomain<TFr>.OfLogSize(NttDomain<TFr>.MaxLogSize).Root, random.Element<TFr>()];
        for (int k = 0; k <= 7; k++)
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(k);
            TFr[] coefficients = Vector(domain.Size);
            foreach (TFr shift in shifts.Where(s => !TFr.IsZero(s)))
            {
                TFr[] evaluations = [.. Enumerable.Range(0, domain.Size)
                    .Select(i => Evaluate(coefficients, shift * Field.Pow(domain.Root, (ulong)i)))];
                foreach (NttOrder order in Orders)
                {
                    TFr[] values = order == NttOrder.ReversedToNatural ? Reversed(coefficients) : [.. coefficients];
                    Engine.Forward(domain, values, order, shift, OneThread);
                    Assert.Equal(order == NttOrder.NaturalToReversed ? Reversed(evaluations) : evaluations, values);

                    values = order == NttOrder.ReversedToNatural ? Reversed(evaluations) : [.. evaluations];
                    Engine.Inverse(domain, values, order, shift, OneThread);
                    Assert.Equal(order == NttOrder.NaturalToReversed ? Reversed(coefficients) : coefficients, values);
                }
            }
        }
    }

    [Fact]
    public void Inverse_undoes_forward_at_every_size_and_threads_change_nothing()
    {
        for (int k = 0; k <= Math.Min(16, NttDomain<TFr>.MaxLogSize); k++)
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(k);
            TFr[] original = Vector(domain.Size);
            TFr shift = TFr.FromUInt64(3);
            TFr[] natural = [.. original], reversed = [.. original];
            Engine.Forward(domain, natural, NttOrder.NaturalToNatural, shift, OneThread);
            Engine.Forward(domain, reversed, NttOrder.NaturalToReversed, shift, new(5));
            Assert.Equal(natural, Reversed(reversed));

            Engine.Inverse(domain, reversed, NttOrder.ReversedToNatural, shift, new(2));
            Assert.Equal(original, reversed);
            Engine.Inverse(domain, natural, NttOrder.NaturalToReversed, shift, new(2));
            Assert.Equal(Reversed(original), natural);
            Engine.Forward(domain, natural, NttOrder.ReversedToNatural, TFr.One, OneThread);
            Engine.Inverse(domain, natural, NttOrder.NaturalToNatural, TFr.One, new(5));
            Assert.Equal(original, natural);
        }
    }

    [Fact]
    public void Large_transforms_evaluate_at_sampled_points()
    {
        int k = Math.Min(16, NttDomain<TFr>.MaxLogSize);
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(k);
        TFr[] coefficients = Vector(domain.Size), values = [.. coefficients];
        TFr shift = TFr.FromUInt64(11);
        Engine.Forward(domain, values, NttOrder.NaturalToNatural, shift);
        foreach (int i in new[] { 0, 1, domain.Size - 1, domain.Size / 2, random.Next(domain.Size) })
        {
            Assert.Equal(Evaluate(coefficients, shift * Field.Pow(domain.Root, (ulong)i)), values[i]);
        }
    }

    [Fact]
    public void Evaluations_move_to_a_coset_without_permutation_in_one_scaling_pass()
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(8);
        TFr g = NttDomain<TFr>.OfLogSize(9).Root;
        TFr[] coefficients = Vector(domain.Size), evaluations = [.. coefficients], onCoset = [.. coefficients];
        Engine.Forward(domain, evaluations, NttOrder.NaturalToNatural, TFr.One);
        Engine.Forward(domain, onCoset, NttOrder.NaturalToNatural, g);

        Engine.Inverse(domain, evaluations, NttOrder.NaturalToReversed, TFr.Inverse(g));
        Engine.Forward(domain, evaluations, NttOrder.ReversedToNatural, TFr.One);
        Assert.Equal(onCoset, evaluations);
    }

    [Fact]
    public void Transforms_are_linear()
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(9);
        TFr[] a = Vector(domain.Size), b = Vector(domain.Size);
        TFr s = random.Element<TFr>();
        TFr[] combined = [.. a.Zip(b, (x, y) => x + (s * y))];
        foreach (TFr[] v in new[] { a, b, combined })
        {
            Engine.Forward(domain, v, NttOrder.NaturalToNatural, TFr.One);
        }

        Assert.Equal(combined, a.Zip(b, (x, y) => x + (s * y)));
    }

    [Fact]
    public void Products_of_evaluations_are_convolutions_of_coefficients()
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(7);
        int half = domain.Size / 2;
        TFr[] a = Vector(half), b = Vector(half), expected = new TFr[domain.Size];
        for (int i = 0; i < half; i++)
        {
            for (int j = 0; j < half; j++)
            {
                expected[i + j] += a[i] * b[j];
            }
        }

        TFr[] x = [.. a, .. new TFr[half]], y = [.. b, .. new TFr[half]];
        Engine.Forward(domain, x, NttOrder.NaturalToReversed, TFr.One);
        Engine.Forward(domain, y, NttOrder.NaturalToReversed, TFr.One);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] *= y[i];
        }

        Engine.Inverse(domain, x, NttOrder.ReversedToNatural, TFr.One);
        Assert.Equal(expected, x);
    }

    [Fact]
    public void Wrong_lengths_zero_shifts_and_cancellation_are_refused()
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(3);
        Assert.Throws<ArgumentException>(() => Engine.Forward(domain, new TFr[7], NttOrder.NaturalToNatural, TFr.One));
        Assert.Throws<ArgumentException>(() => Engine.Inverse(domain, new TFr[16], NttOrder.NaturalToNatural, TFr.One));
        Assert.Throws<ArgumentException>(() => Engine.Forward(domain, new TFr[8], NttOrder.NaturalToNatural, TFr.Zero));
        EngineOptions cancelled = new(1, new(canceled: true));
        Assert.Throws<OperationCanceledException>(() => Engine.Forward(domain, new TFr[8], NttOrder.NaturalToNatural, TFr.One, cancelled));
        Assert.Throws<OperationCanceledException>(() => Engine.Inverse(domain, new TFr[8], NttOrder.NaturalToNatural, TFr.One, cancelled));
    }

    private static TFr Evaluate(TFr[] coefficients, TFr x)
    {
        TFr sum = default;
        for (int i = coefficients.Length - 1; i >= 0; i--)
        {
            sum = (sum * x) + coefficients[i];
        }

        return sum;
    }

    private static TFr[] Reversed(TFr[] values)
    {
        int bits = BitOperations.Log2((uint)values.Length);
        var reversed = new TFr[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int j = 0;
            for (int b = 0; b < bits; b++)
            {
                j |= ((i >> b) & 1) << (bits - 1 - b);
            }

            reversed[j] = values[i];
        }

        return reversed;
    }

    private TFr[] Vector(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Element<TFr>())];
}
