// Owns: point arithmetic in XYZZ coordinates, the accumulators of multi-scalar multiplication.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// (X, Y, ZZ, ZZZ) for the affine point (X/ZZ, Y/ZZZ) with ZZ³ = ZZZ²; infinity where ZZ = 0. The cheapest complete
/// accumulator for affine operands. Formulas for a = 0 from the Explicit-Formulas Database. Variable time.
/// </summary>
/// <typeparam name="TField">The field of the coordinates.</typeparam>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <param name="x">X.</param>
/// <param name="y">Y.</param>
/// <param name="zz">ZZ.</param>
/// <param name="zzz">ZZZ.</param>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
public readonly struct Xyzz<TField, TCurve>(in TField x, in TField y, in TField zz, in TField zzz)
    where TField : unmanaged, IField<TField>
    where TCurve : struct, ICurveGroup<TCurve, TField>
{
    /// <summary>x·ZZ.</summary>
    public readonly TField X = x;

    /// <summary>y·ZZZ.</summary>
    public readonly TField Y = y;

    /// <summary>The square of the denominator's root; zero at infinity.</summary>
    public readonly TField ZZ = zz;

    /// <summary>The cube of the denominator's root.</summary>
    public readonly TField ZZZ = zzz;

    /// <summary>The neutral element.</summary>
    public static Xyzz<TField, TCurve> Infinity => default;

    /// <summary>Whether this is the neutral element.</summary>
    public bool IsInfinity => TField.IsZero(ZZ);

    /// <summary>The same point with ZZ = ZZZ = 1.</summary>
    public static implicit operator Xyzz<TField, TCurve>(in Affine<TField, TCurve> p) =>
        p.IsInfinity ? default : new(p.X, p.Y, TField.One, TField.One);

    /// <summary>2P. dbl-2008-s-1: 6M + 3S.</summary>
    public static Xyzz<TField, TCurve> Double(in Xyzz<TField, TCurve> p)
    {
        TField u = TField.Double(p.Y);
        TField v = TField.Square(u);
        TField w = u * v;
        TField s = p.X * v;
        TField xx = TField.Square(p.X);
        TField m = TField.Double(xx) + xx;
        TField x = TField.Square(m) - TField.Double(s);
        return new(x, (m * (s - x)) - (w * p.Y), v * p.ZZ, w * p.ZZZ);
    }

    /// <summary>P + Q with Q affine. madd-2008-s: 8M + 2S.</summary>
    public static Xyzz<TField, TCurve> operator +(in Xyzz<TField, TCurve> p, in Affine<TField, TCurve> q)
    {
        if (q.IsInfinity)
        {
            return p;
        }

        if (p.IsInfinity)
        {
            return q;
        }

        TField h = (q.X * p.ZZ) - p.X;
        TField r = (q.Y * p.ZZZ) - p.Y;
        if (TField.IsZero(h))
        {
            return TField.IsZero(r) ? Double(p) : default;
        }

        TField pp = TField.Square(h);
        TField ppp = h * pp;
        TField v = p.X * pp;
        TField x = TField.Square(r) - ppp - TField.Double(v);
        return new(x, (r * (v - x)) - (p.Y * ppp), p.ZZ * pp, p.ZZZ * ppp);
    }

    /// <summary>P + Q. add-2008-s: 12M + 2S.</summary>
    public static Xyzz<TField, TCurve> operator +(in Xyzz<TField, TCurve> p, in Xyzz<TField, TCurve> q)
    {
        if (p.IsInfinity)
        {
            return q;
        }

        if (q.IsInfinity)
        {
            return p;
        }

        TField u1 = p.X * q.ZZ;
        TField s1 = p.Y * q.ZZZ;
        TField h = (q.X * p.ZZ) - u1;
        TField r = (q.Y * p.ZZZ) - s1;
        if (TField.IsZero(h))
        {
            return TField.IsZero(r) ? Double(p) : default;
        }

        TField pp = TField.Square(h);
        TField ppp = h * pp;
        TField v = u1 * pp;
        TField x = TField.Square(r) - ppp - TField.Double(v);
        return new(x, (r * (v - x)) - (s1 * ppp), p.ZZ * q.ZZ * pp, p.ZZZ * q.ZZZ * ppp);
    }

    /// <summary>−P.</summary>
    public static Xyzz<TField, TCurve> operator -(in Xyzz<TField, TCurve> p) => new(p.X, -p.Y, p.ZZ, p.ZZZ);

    /// <summary>The affine point; one inversion, since ZZ⁻¹ = (ZZ · ZZZ⁻¹)².</summary>
    public Affine<TField, TCurve> ToAffine()
    {
        if (IsInfinity)
        {
            return default;
        }

        TField inverse = TField.Inverse(ZZZ);
        return new(X * TField.Square(ZZ * inverse), Y * inverse);
    }

    /// <summary>The same point in Jacobian form with Z = ZZZ, without an inversion.</summary>
    public Jacobian<TField, TCurve> ToJacobian()
    {
        // x = X/ZZ = X·ZZ²/ZZ³ = X·ZZ²/ZZZ², y = Y/ZZZ = Y·ZZZ²/ZZZ³.
        return IsInfinity ? default : new(X * TField.Square(ZZ), Y * TField.Square(ZZZ), ZZZ);
    }
}
