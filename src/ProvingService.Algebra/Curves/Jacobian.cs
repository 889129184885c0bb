// Owns: point arithmetic in Jacobian coordinates, for scalar multiplication and single sums. MSM buckets: Xyzz.cs.

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// (X, Y, Z) for the affine point (X/Z², Y/Z³); infinity where Z = 0. Formulas for a = 0 from the Explicit-Formulas
/// Database. Every operation is complete: doubling, opposite points and infinity give the right result. Variable time.
/// </summary>
/// <typeparam name="TField">The field of the coordinates.</typeparam>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <param name="x">X.</param>
/// <param name="y">Y.</param>
/// <param name="z">Z.</param>
public readonly struct Jacobian<TField, TCurve>(in TField x, in TField y, in TField z) : IEquatable<Jacobian<TField, TCurve>>
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>x·Z².</summary>
    public readonly TField X = x;

    /// <summary>y·Z³.</summary>
    public readonly TField Y = y;

    /// <summary>The denominator's root; zero at infinity.</summary>
    public readonly TField Z = z;

    /// <summary>The neutral element.</summary>
    public static Jacobian<TField, TCurve> Infinity => default;

    /// <summary>Whether this is the neutral element.</summary>
    public bool IsInfinity => TField.IsZero(Z);

    /// <summary>The same point with Z = 1.</summary>
    public static implicit operator Jacobian<TField, TCurve>(in Affine<TField, TCurve> p) =>
        p.IsInfinity ? default : new(p.X, p.Y, TField.One);

    /// <summary>2P. dbl-2009-l: 2M + 5S.</summary>
    public static Jacobian<TField, TCurve> Double(in Jacobian<TField, TCurve> p) =>
        PointFunctions<TField>.Double != 0 ? ScalarCode.Call(PointFunctions<TField>.Double, p) : DoublePortable(p);

    /// <summary>2P in C#: the twin of the emitted code.</summary>
    internal static Jacobian<TField, TCurve> DoublePortable(in Jacobian<TField, TCurve> p)
    {
        TField a = TField.Square(p.X);
        TField b = TField.Square(p.Y);
        TField c = TField.Square(b);
        TField d = TField.Double(TField.Square(p.X + b) - a - c);
        TField e = TField.Double(a) + a;
        TField x = TField.Square(e) - TField.Double(d);
        TField eightC = TField.Double(TField.Double(TField.Double(c)));
        return new(x, (e * (d - x)) - eightC, TField.Double(p.Y * p.Z));
    }

    /// <summary>P + Q. add-2007-bl: 11M + 5S.</summary>
    public static Jacobian<TField, TCurve> operator +(in Jacobian<TField, TCurve> p, in Jacobian<TField, TCurve> q)
    {
        if (p.IsInfinity)
        {
            return q;
        }

        if (q.IsInfinity)
        {
            return p;
        }

        if (PointFunctions<TField>.Add != 0)
        {
            Jacobian<TField, TCurve> sum = AddEmitted(PointFunctions<TField>.Add, p, q, out bool isSum);
            if (isSum)
            {
                return sum;
            }
        }

        return AddPortable(p, q);
    }

    /// <summary>P + Q for finite points, in C#: the twin of the emitted code, and its special cases.</summary>
    internal static Jacobian<TField, TCurve> AddPortable(in Jacobian<TField, TCurve> p, in Jacobian<TField, TCurve> q)
    {
        TField z1z1 = TField.Square(p.Z);
        TField z2z2 = TField.Square(q.Z);
        TField u1 = p.X * z2z2;
        TField s1 = p.Y * q.Z * z2z2;
        TField h = (q.X * z1z1) - u1;
        TField r = (q.Y * p.Z * z1z1) - s1;
        if (TField.IsZero(h))
        {
            return TField.IsZero(r) ? DoublePortable(p) : default;
        }

        r = TField.Double(r);
        TField i = TField.Square(TField.Double(h));
        TField j = h * i;
        TField v = u1 * i;
        TField x = TField.Square(r) - j - TField.Double(v);
        TField y = (r * (v - x)) - TField.Double(s1 * j);
        TField z = (TField.Square(p.Z + q.Z) - z1z1 - z2z2) * h;
        return new(x, y, z);
    }

    /// <summary>P + Q with Q affine. madd-2007-bl: 7M + 4S.</summary>
    public static Jacobian<TField, TCurve> operator +(in Jacobian<TField, TCurve> p, in Affine<TField, TCurve> q)
    {
        if (q.IsInfinity)
        {
            return p;
        }

        if (p.IsInfinity)
        {
            return q;
        }

        if (PointFunctions<TField>.AddAffine != 0)
        {
            Jacobian<TField, TCurve> sum = AddEmitted(PointFunctions<TField>.AddAffine, p, q, out bool isSum);
            if (isSum)
            {
                return sum;
            }
        }

        return AddPortable(p, q);
    }

    /// <summary>P + Q for finite points, in C#: the twin of the emitted code, and its special cases.</summary>
    internal static Jacobian<TField, TCurve> AddPortable(in Jacobian<TField, TCurve> p, in Affine<TField, TCurve> q)
    {
        TField zz = TField.Square(p.Z);
        TField h = (q.X * zz) - p.X;
        TField r = (q.Y * p.Z * zz) - p.Y;
        if (TField.IsZero(h))
        {
            return TField.IsZero(r) ? DoublePortable(p) : default;
        }

        r = TField.Double(r);
        TField hh = TField.Square(h);
        TField i = TField.Double(TField.Double(hh));
        TField j = h * i;
        TField v = p.X * i;
        TField x = TField.Square(r) - j - TField.Double(v);
        TField y = (r * (v - x)) - TField.Double(p.Y * j);
        TField z = TField.Square(p.Z + h) - zz - hh;
        return new(x, y, z);
    }

    /// <summary>P + Q for finite points with different abscissas; tells whether they are.</summary>
    private static unsafe Jacobian<TField, TCurve> AddEmitted<TPoint>(
        nint function, in Jacobian<TField, TCurve> p, in TPoint q, out bool isSum)
        where TPoint : unmanaged
    {
        Unsafe.SkipInit(out SumAndH result);
        fixed (void* pinnedP = &p.X, pinnedQ = &Unsafe.As<TPoint, byte>(ref Unsafe.AsRef(in q)))
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void*, void>)function)(&result, pinnedP, pinnedQ);
        }

        isSum = !TField.IsZero(result.H);
        return result.Sum;
    }

    /// <summary>P − Q.</summary>
    public static Jacobian<TField, TCurve> operator -(in Jacobian<TField, TCurve> p, in Jacobian<TField, TCurve> q) => p + -q;

    /// <summary>−P.</summary>
    public static Jacobian<TField, TCurve> operator -(in Jacobian<TField, TCurve> p) => new(p.X, -p.Y, p.Z);

    /// <summary>Whether both are the same point, whatever their denominators.</summary>
    public static bool operator ==(in Jacobian<TField, TCurve> p, in Jacobian<TField, TCurve> q)
    {
        if (p.IsInfinity || q.IsInfinity)
        {
            return p.IsInfinity && q.IsInfinity;
        }

        TField z1z1 = TField.Square(p.Z), z2z2 = TField.Square(q.Z);
        return p.X * z2z2 == q.X * z1z1 && p.Y * z2z2 * q.Z == q.Y * z1z1 * p.Z;
    }

    /// <summary>Whether the points differ.</summary>
    public static bool operator !=(in Jacobian<TField, TCurve> p, in Jacobian<TField, TCurve> q) => !(p == q);

    /// <summary>The affine point; one inversion.</summary>
    public Affine<TField, TCurve> ToAffine()
    {
        if (IsInfinity)
        {
            return default;
        }

        TField inverse = TField.Inverse(Z);
        TField squared = TField.Square(inverse);
        return new(X * squared, Y * squared * inverse);
    }

    /// <summary>Makes many points affine with one inversion; <paramref name="affine"/> is as long as <paramref name="points"/>.</summary>
    public static void ToAffine(ReadOnlySpan<Jacobian<TField, TCurve>> points, Span<Affine<TField, TCurve>> affine)
    {
        TField[] denominators = new TField[points.Length];
        for (int i = 0; i < points.Length; i++)
        {
            denominators[i] = points[i].Z;
        }

        Field.BatchInverse<TField>(denominators);
        for (int i = 0; i < points.Length; i++)
        {
            TField inverse = denominators[i];
            TField squared = TField.Square(inverse);
            affine[i] = new(points[i].X * squared, points[i].Y * squared * inverse);
        }
    }

    /// <inheritdoc/>
    public bool Equals(Jacobian<TField, TCurve> other) => this == other;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Jacobian<TField, TCurve> other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => ToAffine().GetHashCode();

    /// <summary>The affine coordinates.</summary>
    public override string ToString() => ToAffine().ToString();

    /// <summary>What the emitted additions write.</summary>
    private readonly struct SumAndH
    {
        public readonly Jacobian<TField, TCurve> Sum;
        public readonly TField H;
    }
}
