// Owns: every emitted scalar function against its twin in C#: random words, edge words, operands that are one place.
// The laws that both obey: FieldsTests.cs, PairingTests.cs, CurvesTests.cs.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

/// <summary>A fact about MULX/ADX code, which runs under every tier and is skipped aloud where the machine has none.</summary>
public sealed class AdxFactAttribute : FactAttribute
{
    public AdxFactAttribute()
    {
        if (!KernelTiers.HasAdx)
        {
            Skip = "Emitted MULX/ADX code cannot run here: it needs Linux on x86-64, BMI2, ADX and leave to make pages executable.";
        }
    }
}

public sealed class Bls12381ScalarKernelTests(ITestOutputHelper output)
    : TowerKernelLaws<Bls12381, Bls12381Fp, Bls12381Fr>(output)
{
    [AdxFact]
    public void Base_field() => CheckField<Bls12381Fp>(Bls12381Fp.MultiplyPortable, Bls12381Fp.SumOfProductsPortable, hasSums: true);

    [AdxFact]
    public void Scalar_field() => CheckField<Bls12381Fr>(Bls12381Fr.MultiplyPortable, Bls12381Fr.SumOfProductsPortable, hasSums: false);
}

public sealed class Bn254ScalarKernelTests(ITestOutputHelper output) : TowerKernelLaws<Bn254, Bn254Fp, Bn254Fr>(output)
{
    [AdxFact]
    public void Base_field() => CheckField<Bn254Fp>(Bn254Fp.MultiplyPortable, Bn254Fp.SumOfProductsPortable, hasSums: true);

    [AdxFact]
    public void Scalar_field() => CheckField<Bn254Fr>(Bn254Fr.MultiplyPortable, Bn254Fr.SumOfProductsPortable, hasSums: true);
}

/// <summary>Words whose seed is printed, a third of them at the edges of carries and of p.</summary>
public abstract unsafe class KernelLaws
{
    private const ulong Weyl = 0x9e3779b97f4a7c15;

    private ulong state;

    protected KernelLaws(ITestOutputHelper output)
    {
        state = (ulong)FuzzBudget.Seed;
        output.WriteLine($"PROVING_SERVICE_FUZZ_SEED={FuzzBudget.Seed}");
    }

    protected delegate T Unary<T>(in T a);

    protected delegate T Binary<T>(in T a, in T b);

    protected delegate T Quaternary<T>(in T a, in T b, in T c, in T d);

    /// <summary>A reduced element of any extension of TFp, coefficient by coefficient; one of 32 has all of them p − 1, stored.</summary>
    protected T Draw<T, TFp>()
        where T : unmanaged
        where TFp : unmanaged, IPrimeField<TFp>
    {
        T element = default;
        Span<TFp> coefficients = MemoryMarshal.CreateSpan(ref Unsafe.As<T, TFp>(ref element), sizeof(T) / sizeof(TFp));
        bool isGreatest = Next() % 32 == 0;
        foreach (ref TFp coefficient in coefficients)
        {
            coefficient = isGreatest ? Greatest<TFp>() : DrawCoefficient<TFp>();
        }

        return element;
    }

    protected void CheckField<TFp>(Binary<TFp> multiply, Quaternary<TFp> sum, bool hasSums)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        nint[] doors = ScalarCode.AssembleField<TFp>();
        CheckBinary<TFp, TFp>(doors[0], multiply, 1_000_000);
        CheckUnary<TFp, TFp>(doors[1], (in TFp a) => multiply(a, a), 1_000_000);
        CheckRepeated(doors[2], multiply);
        CheckInverse<TFp>(doors[3], doors[7], doors[8]);
        Assert.All(doors[4..], door => Assert.Equal(hasSums, door != 0));
        if (hasSums)
        {
            CheckQuaternary(doors[4], sum, 200_000);
            CheckBinary<Fp2<TFp>, TFp>(doors[5], Fp2<TFp>.MultiplyPortable, 150_000);
            CheckUnary<Fp2<TFp>, TFp>(doors[6], Fp2<TFp>.SquarePortable, 150_000);
        }
    }

    protected void CheckBinary<T, TFp>(nint function, Binary<T> twin, int cases)
        where T : unmanaged, IFieldOperations<T>
        where TFp : unmanaged, IPrimeField<TFp>
    {
        var call = (delegate* unmanaged<T*, T*, T*, void>)function;
        for (int i = FuzzBudget.Cases(cases); i > 0; i--)
        {
            T a = Draw<T, TFp>(), b = Draw<T, TFp>(), expected = twin(a, b), result = default;
            call(&result, &a, &b);
            Require(expected == result, a, b);
            if (i % 8 == 0)
            {
                // The result where either operand or both are.
                T left = a, right = b, both = a, square = twin(a, a);
                call(&left, &left, &b);
                call(&right, &a, &right);
                call(&both, &both, &both);
                Require(left == expected && right == expected && both == square, a, b);
            }
        }
    }

    protected void CheckUnary<T, TFp>(nint function, Unary<T> twin, int cases)
        where T : unmanaged, IFieldOperations<T>
        where TFp : unmanaged, IPrimeField<TFp>
    {
        var call = (delegate* unmanaged<T*, T*, void>)function;
        for (int i = FuzzBudget.Cases(cases); i > 0; i--)
        {
            T a = Draw<T, TFp>(), expected = twin(a), result = default, same = a;
            call(&result, &a);
            call(&same, &same);
            Require(expected == result && expected == same, a, a);
        }
    }

    protected static void Require<T>(bool condition, in T a, in T b)
        where T : unmanaged
    {
        if (!condition)
        {
            Assert.Fail($"The emitted code and its twin differ at {a} and {b}.");
        }
    }

    private void CheckQuaternary<TFp>(nint function, Quaternary<TFp> twin, int cases)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        var call = (delegate* unmanaged<TFp*, TFp*, TFp*, TFp*, TFp*, void>)function;
        for (int i = FuzzBudget.Cases(cases); i > 0; i--)
        {
            TFp a = Draw<TFp, TFp>(), b = Draw<TFp, TFp>(), c = Draw<TFp, TFp>(), d = Draw<TFp, TFp>();
            TFp expected = twin(a, b, c, d), result = default, same = a, last = d, squares = twin(a, a, a, a), all = a;
            call(&result, &a, &b, &c, &d);
            call(&same, &same, &b, &c, &d);
            call(&last, &a, &b, &c, &last);
            call(&all, &all, &all, &all, &all);
            Require(expected == result && expected == same && expected == last && squares == all, a, b);
        }
    }

    /// <summary>The inverse by emitted steps, by those of C# and by both mixed: one result, and one that inverts.</summary>
    private void CheckInverse<TFp>(nint steps, nint exact, nint modular)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        TFp scale = PrimeFieldConstants<TFp>.RSquared;
        for (int i = FuzzBudget.Cases(20_000); i > 0; i--)
        {
            TFp a = Draw<TFp, TFp>(), emitted = Invert(a, steps, exact, modular), portable = Invert(a, 0, 0, 0);
            Require(emitted == portable && Invert(a, 0, exact, modular) == portable, a, portable);
            Require(a * portable == (TFp.IsZero(a) ? TFp.Zero : TFp.One), a, portable);
        }

        // Powers of two and their neighbours: long runs of halvings.
        for (int bit = 0; bit < TFp.BitLength - 1; bit++)
        {
            foreach (int sign in new[] { -1, 0, 1 })
            {
                TFp a = default;
                Span<ulong> words = PrimeField.RawLimbs(ref a);
                PrimeField.ToLimbs((System.Numerics.BigInteger.One << bit) + sign, words);
                TFp emitted = Invert(a, steps, exact, modular);
                Require(emitted == Invert(a, 0, 0, 0) && a * emitted == (TFp.IsZero(a) ? TFp.Zero : TFp.One), a, emitted);
            }
        }

        TFp Invert(TFp value, nint steps, nint exact, nint modular)
        {
            TFp result = default;
            BinaryGcd.Invert(
                PrimeField.RawLimbs(ref value),
                PrimeFieldConstants<TFp>.ModulusLimbs,
                PrimeFieldConstants<TFp>.NegInverse,
                PrimeField.RawLimbs(ref scale),
                PrimeField.RawLimbs(ref result),
                steps,
                exact,
                modular);
            return result;
        }
    }

    private void CheckRepeated<TFp>(nint function, Binary<TFp> multiply)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        var call = (delegate* unmanaged<TFp*, TFp*, long, void>)function;
        for (int count = 1; count < 70; count++)
        {
            TFp a = Draw<TFp, TFp>(), expected = a, result = default;
            call(&result, &a, count);
            for (int i = 0; i < count; i++)
            {
                expected = multiply(expected, expected);
            }

            Require(expected == result && T(a, count) == expected, a, a);
        }

        static TFp T(in TFp a, int count) => Field.Pow(a, System.Numerics.BigInteger.One << count);
    }

    private static TFp Greatest<TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
    {
        TFp element = default;
        Span<ulong> words = PrimeField.RawLimbs(ref element);
        PrimeFieldConstants<TFp>.ModulusLimbs.CopyTo(words);
        words[0]--;
        return element;
    }

    private TFp DrawCoefficient<TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
    {
        ReadOnlySpan<ulong> p = PrimeFieldConstants<TFp>.ModulusLimbs;
        ulong mask = ulong.MaxValue >> ((64 * TFp.LimbCount) - TFp.BitLength);
        TFp element = default;
        Span<ulong> words = PrimeField.RawLimbs(ref element);
        do
        {
            bool isEdge = Next() % 3 == 0;
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = isEdge
                    ? (Next() % 6) switch { 0 => 0, 1 => 1, 2 => ulong.MaxValue, 3 => p[i], 4 => i == 0 ? p[i] - 1 : p[i], _ => 1UL << 63 }
                    : Next();
            }

            words[^1] &= mask;
        }
        while (!TFp.IsReduced(element));
        return element;
    }

    /// <summary>SplitMix64.</summary>
    private ulong Next()
    {
        ulong z = state += Weyl;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}

public abstract unsafe class TowerKernelLaws<TCurve, TFp, TFr>(ITestOutputHelper output) : KernelLaws(output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const int Cases = 10_000;

    [AdxFact]
    public void Tower()
    {
        nint[] doors = ScalarCode.AssembleTower<TFp, TCurve>();
        CheckBinary<Fp6<TFp, TCurve>, TFp>(doors[0], Fp6<TFp, TCurve>.MultiplyPortable, Cases);
        CheckBinary<Fp12<TFp, TCurve>, TFp>(doors[1], Fp12<TFp, TCurve>.MultiplyPortable, Cases);
        CheckUnary<Fp12<TFp, TCurve>, TFp>(doors[2], Fp12<TFp, TCurve>.SquarePortable, Cases);

        // The formula is one of coefficients: the twins agree outside the cyclotomic subgroup as well.
        CheckUnary<Fp12<TFp, TCurve>, TFp>(doors[3], Fp12<TFp, TCurve>.CyclotomicSquarePortable, Cases);
        var repeat = (delegate* unmanaged<Fp12<TFp, TCurve>*, Fp12<TFp, TCurve>*, long, void>)doors[7];
        for (int count = 1; count < 20; count++)
        {
            Fp12<TFp, TCurve> a = Draw<Fp12<TFp, TCurve>, TFp>(), expected = a, result = default;
            repeat(&result, &a, count);
            for (int i = 0; i < count; i++)
            {
                expected = Fp12<TFp, TCurve>.CyclotomicSquarePortable(expected);
            }

            Require(expected == result, a, a);
        }
    }

    [AdxFact]
    public void Lines()
    {
        nint[] doors = ScalarCode.AssembleTower<TFp, TCurve>();
        var multiply = (delegate* unmanaged<Fp12<TFp, TCurve>*, Fp12<TFp, TCurve>*, Line<TFp>*, Affine<TFp, TCurve>*, void>)doors[4];
        var twice = (delegate* unmanaged<Line<TFp>*, RunningPoint<TCurve, TFp>*, Fp2<TFp>*, void>)doors[5];
        var add = (delegate* unmanaged<Line<TFp>*, RunningPoint<TCurve, TFp>*, Affine<Fp2<TFp>, TCurve>*, void>)doors[6];
        Fp2<TFp> b = Affine<Fp2<TFp>, TCurve>.B;
        for (int i = FuzzBudget.Cases(Cases); i > 0; i--)
        {
            Fp12<TFp, TCurve> f = Draw<Fp12<TFp, TCurve>, TFp>(), expected = f, result = default;
            Line<TFp> line = Draw<Line<TFp>, TFp>();
            Affine<TFp, TCurve> point = Draw<Affine<TFp, TCurve>, TFp>();
            Pairing.MultiplyByLinePortable(ref expected, line, point);
            multiply(&result, &f, &line, &point);
            multiply(&f, &f, &line, &point);
            Require(expected == result && expected == f, line.X, line.Y);

            RunningPoint<TCurve, TFp> t = Draw<RunningPoint<TCurve, TFp>, TFp>(), u = t;
            Line<TFp> tangent = t.DoublePortable();
            twice(&line, &u, &b);
            Require(Same(tangent, line) && Same(t, u), t.X, t.Y);

            Affine<Fp2<TFp>, TCurve> q = Draw<Affine<Fp2<TFp>, TCurve>, TFp>();
            Line<TFp> chord = t.AddPortable(q);
            add(&line, &u, &q);
            Require(Same(chord, line) && Same(t, u), q.X, q.Y);
        }
    }

    [AdxFact]
    public void Points()
    {
        CheckPoints<TFp, TCurve>(ScalarCode.AssemblePoints<TFp>(isQuadratic: false));
        CheckPoints<Fp2<TFp>, TCurve>(ScalarCode.AssemblePoints<TFp>(isQuadratic: true));
    }

    [AdxFact]
    public void Every_function_decodes_and_ends()
    {
        ScalarCode.AssembleField<TFp>();
        ScalarCode.AssembleField<TFr>();
        ScalarCode.AssembleTower<TFp, TCurve>();
        ScalarCode.AssemblePoints<TFp>(isQuadratic: false);
        ScalarCode.AssemblePoints<TFp>(isQuadratic: true);
        string[] names =
        [
            ScalarCode.FieldName<TFp>(), ScalarCode.FieldName<TFr>(), ScalarCode.TowerName<TFp>(),
            ScalarCode.PointsName<TFp>(false), ScalarCode.PointsName<TFp>(true),
        ];
        foreach (string name in names)
        {
            string[] lines = [.. EmittedCode.All.Single(code => code.Name == name).Disassemble()];
            Assert.DoesNotContain(lines, line => line.Contains("(bad)", StringComparison.Ordinal));
            Assert.EndsWith("ret", lines[^1], StringComparison.Ordinal);
            Assert.Contains(lines, line => line.Contains("mulx", StringComparison.Ordinal));
            Assert.Contains(lines, line => line.Contains("adox", StringComparison.Ordinal));
        }
    }

    private static bool Same<T>(in T a, in T b)
        where T : unmanaged =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in a)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in b)));

    private void CheckPoints<TField, TGroup>(nint[] doors)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        // The formulas are ones of coordinates, which b does not enter: the twins agree off the curve as well.
        var twice = (delegate* unmanaged<void*, void*, void>)doors[0];
        var add = (delegate* unmanaged<void*, void*, void*, void>)doors[1];
        var addAffine = (delegate* unmanaged<void*, void*, void*, void>)doors[2];
        TField* result = stackalloc TField[4];
        int sums = 0;
        for (int i = FuzzBudget.Cases(Cases); i > 0; i--)
        {
            Jacobian<TField, TGroup> p = Draw<Jacobian<TField, TGroup>, TFp>(), q = Draw<Jacobian<TField, TGroup>, TFp>(), same = p;
            Affine<TField, TGroup> affine = new(q.X, q.Y);
            Jacobian<TField, TGroup> doubled = Jacobian<TField, TGroup>.DoublePortable(p);
            twice(result, &p);
            twice(&same, &same);
            Require(IsPoint(doubled, result) && Same(doubled, same), p.X, p.Y);

            // H is zero for the rare edges that share an abscissa or have Z = 0, and always for a point with itself.
            add(result, &p, &q);
            bool isSum = !TField.IsZero(result[3]);
            Require(!isSum || IsPoint(Jacobian<TField, TGroup>.AddPortable(p, q), result), p.X, q.X);
            sums += isSum ? 1 : 0;
            addAffine(result, &p, &affine);
            Require(TField.IsZero(result[3]) || IsPoint(Jacobian<TField, TGroup>.AddPortable(p, affine), result), p.X, q.X);
            add(result, &p, &p);
            Require(TField.IsZero(result[3]), p.X, p.Y);
        }

        Assert.True(sums > FuzzBudget.Cases(Cases) * 8 / 10);

        static bool IsPoint(in Jacobian<TField, TGroup> expected, TField* result) =>
            expected.X == result[0] && expected.Y == result[1] && expected.Z == result[2];
    }
}
