// Owns: the steps of a Miller loop on the side of G2: doubling and addition with the line through the points. Never: which
// steps there are.

using System.Runtime.CompilerServices;

namespace ProvingService.Algebra;

/// <summary>
/// The running point of a Miller loop in homogeneous coordinates (x = X/Z, y = Y/Z), with the formulas of Aranha,
/// Karabina, Longa, Gebotys and López (eprint 2010/526, section 4) for a = 0.
/// </summary>
internal struct RunningPoint<TCurve, TFp>(in Fp2<TFp> x, in Fp2<TFp> y, in Fp2<TFp> z)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    /// <summary>The abscissa times Z.</summary>
    public Fp2<TFp> X = x;

    /// <summary>The ordinate times Z.</summary>
    public Fp2<TFp> Y = y;

    /// <summary>The denominator.</summary>
    public Fp2<TFp> Z = z;

    /// <summary>T ← 2T; returns the tangent at the old T.</summary>
    public unsafe Line<TFp> Double()
    {
        if (TowerFunctions<TFp, TCurve>.DoubleStep == 0)
        {
            return DoublePortable();
        }

        Fp2<TFp> b = Affine<Fp2<TFp>, TCurve>.B;
        Unsafe.SkipInit(out Line<TFp> line);
        fixed (RunningPoint<TCurve, TFp>* pinned = &this)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void*, void>)TowerFunctions<TFp, TCurve>.DoubleStep)(
                &line, pinned, &b);
        }

        return line;
    }

    /// <summary>As <see cref="Double"/>, in C#: the twin of the emitted code.</summary>
    public Line<TFp> DoublePortable()
    {
        Fp2<TFp> xx = Fp2<TFp>.Square(X);
        Fp2<TFp> yy = Fp2<TFp>.Square(Y);
        Fp2<TFp> zz = Fp2<TFp>.Square(Z);
        Fp2<TFp> e = Affine<Fp2<TFp>, TCurve>.B * (Fp2<TFp>.Double(zz) + zz);
        Fp2<TFp> f = Fp2<TFp>.Double(e) + e;
        Fp2<TFp> h = Fp2<TFp>.Square(Y + Z) - yy - zz;
        Fp2<TFp> ee = Fp2<TFp>.Square(e);

        // The textbook halves are cleared by scaling (X, Y, Z) by 4: X = 2xy(yy − f), Y = (yy + f)² − 12ee, Z = 4·yy·h.
        Fp2<TFp> g = yy + f;
        Fp2<TFp> twiceXy = Fp2<TFp>.Double(X * Y);
        X = twiceXy * (yy - f);
        Y = Fp2<TFp>.Square(g) - Fp2<TFp>.Double(Fp2<TFp>.Double(Fp2<TFp>.Double(ee) + ee));
        Z = Fp2<TFp>.Double(Fp2<TFp>.Double(yy * h));
        return new(e - yy, Fp2<TFp>.Double(xx) + xx, -h);
    }

    /// <summary>T ← T + Q; returns the line through both. T and Q differ and are not opposite within the loop.</summary>
    public unsafe Line<TFp> Add(in Affine<Fp2<TFp>, TCurve> q)
    {
        if (TowerFunctions<TFp, TCurve>.AddStep == 0)
        {
            return AddPortable(q);
        }

        Unsafe.SkipInit(out Line<TFp> line);
        fixed (RunningPoint<TCurve, TFp>* pinned = &this)
        fixed (Affine<Fp2<TFp>, TCurve>* pinnedQ = &q)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void*, void>)TowerFunctions<TFp, TCurve>.AddStep)(
                &line, pinned, pinnedQ);
        }

        return line;
    }

    /// <summary>As <see cref="Add"/>, in C#: the twin of the emitted code.</summary>
    public Line<TFp> AddPortable(in Affine<Fp2<TFp>, TCurve> q)
    {
        Fp2<TFp> theta = Y - (q.Y * Z);
        Fp2<TFp> lambda = X - (q.X * Z);
        Fp2<TFp> lambda2 = Fp2<TFp>.Square(lambda);
        Fp2<TFp> lambda3 = lambda2 * lambda;
        Fp2<TFp> g = X * lambda2;
        Fp2<TFp> h = lambda3 + (Z * Fp2<TFp>.Square(theta)) - Fp2<TFp>.Double(g);
        X = lambda * h;
        Y = (theta * (g - h)) - (lambda3 * Y);
        Z *= lambda3;
        return new((theta * q.X) - (lambda * q.Y), -theta, lambda);
    }
}
