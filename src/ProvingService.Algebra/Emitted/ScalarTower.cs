// Owns: emitted routines of the tower Fp6, Fp12 and of the Miller loop, as sequences of calls. Their twins in C# are
// Fields/Fp6.cs, Fields/Fp12.cs and Pairings/.

using Iced.Intel;

namespace ProvingService.Algebra;

/// <summary>
/// Routines over elements of Fp2 in the layouts of Fp6 = Fp2[v]/(v³ − ξ) and Fp12 = Fp6[w]/(w² − v). Products in Fp6 are
/// Toeplitz: with the triples b2, b1, b0, ξb2, ξb1 in a row, coefficient k of a·b is the sum of a0, a1, a2 times the three
/// triples from 2 − k on. Lines fit the same row with b1 the coefficient beside and b2 the coefficient across.
/// </summary>
internal sealed class ScalarTower(Assembler c, ScalarQuadratic fp2)
{
    /// <summary>(result, a, b) in Fp6.</summary>
    public Label Multiply6 { get; } = c.CreateLabel();

    /// <summary>(result, a, b) in Fp12.</summary>
    public Label Multiply12 { get; } = c.CreateLabel();

    /// <summary>(result, a) in Fp12.</summary>
    public Label Square12 { get; } = c.CreateLabel();

    /// <summary>(result, a) in the cyclotomic subgroup of Fp12.</summary>
    public Label CyclotomicSquare { get; } = c.CreateLabel();

    /// <summary>(result, f, line, point): f times the line through its constant, x and y, evaluated at the affine point of G1.</summary>
    public Label MultiplyByLine { get; } = c.CreateLabel();

    /// <summary>(line, T, b'): the tangent at T; T ← 2T, in homogeneous coordinates.</summary>
    public Label DoubleStep { get; } = c.CreateLabel();

    /// <summary>(line, T, Q): the line through T and the affine point Q; T ← T + Q.</summary>
    public Label AddStep { get; } = c.CreateLabel();

    private int Size => fp2.Size;

    /// <summary>Emits all routines.</summary>
    public void Emit(bool isTwistTypeM)
    {
        EmitMultiply6();
        EmitMultiply12();
        EmitSquare12();
        EmitCyclotomicSquare();
        EmitMultiplyByLine(isTwistTypeM);
        EmitDoubleStep();
        EmitAddStep();
    }

    private void EmitMultiply6()
    {
        var r = new ScalarRoutine(c);
        Place row = r.Reserve(5 * fp2.TripleSize), c0 = r.Reserve(Size), c1 = r.Reserve(Size);
        Row(r, row, Place.Right, Place.Right + Size, Place.Right + (2 * Size));
        Dot(r, c0, row, 2, 0, 1, 2);
        Dot(r, c1, row, 1, 0, 1, 2);
        Dot(r, Place.Result + (2 * Size), row, 0, 0, 1, 2);
        r.Call(fp2.Copy, Place.Result, c0);
        r.Call(fp2.Copy, Place.Result + Size, c1);
        r.Emit(Multiply6);
    }

    /// <summary>Karatsuba: three products in Fp6.</summary>
    private void EmitMultiply12()
    {
        var r = new ScalarRoutine(c);
        Place v0 = r.Reserve(3 * Size), v1 = r.Reserve(3 * Size), s = r.Reserve(3 * Size), t = r.Reserve(3 * Size);
        Place upperLeft = Place.Left + (3 * Size), upperRight = Place.Right + (3 * Size);
        r.Call(Multiply6, v0, Place.Left, Place.Right);
        r.Call(Multiply6, v1, upperLeft, upperRight);
        Each3(r, fp2.Add, s, Place.Left, upperLeft);
        Each3(r, fp2.Add, t, Place.Right, upperRight);
        r.Call(Multiply6, s, s, t);
        Each3(r, fp2.Subtract, s, s, v0);
        Each3(r, fp2.Subtract, Place.Result + (3 * Size), s, v1);
        r.Call(fp2.MultiplyByXi, t, v1 + (2 * Size));
        r.Call(fp2.Add, Place.Result, v0, t);
        r.Call(fp2.Add, Place.Result + Size, v0 + Size, v1);
        r.Call(fp2.Add, Place.Result + (2 * Size), v0 + (2 * Size), v1 + Size);
        r.Emit(Multiply12);
    }

    /// <summary>The complex method: c0·c1 and (c0 + c1)(c0 + v·c1) = c0² + v·c1² + (1 + v)·c0·c1.</summary>
    private void EmitSquare12()
    {
        var r = new ScalarRoutine(c);
        Place product = r.Reserve(3 * Size), s = r.Reserve(3 * Size), t = r.Reserve(3 * Size);
        Place upper = Place.Left + (3 * Size);
        r.Call(Multiply6, product, Place.Left, upper);
        Each3(r, fp2.Add, s, Place.Left, upper);
        r.Call(fp2.MultiplyByXi, t, upper + (2 * Size));
        r.Call(fp2.Add, t, Place.Left, t);
        r.Call(fp2.Add, t + Size, Place.Left + Size, upper);
        r.Call(fp2.Add, t + (2 * Size), Place.Left + (2 * Size), upper + Size);
        r.Call(Multiply6, s, s, t);
        Each3(r, fp2.Add, Place.Result + (3 * Size), product, product);
        Each3(r, fp2.Subtract, s, s, product);
        r.Call(fp2.MultiplyByXi, t, product + (2 * Size));
        r.Call(fp2.Subtract, Place.Result, s, t);
        r.Call(fp2.Subtract, Place.Result + Size, s + Size, product);
        r.Call(fp2.Subtract, Place.Result + (2 * Size), s + (2 * Size), product + Size);
        r.Emit(Square12);
    }

    /// <summary>Granger and Scott: three squarings in Fp4 = Fp2[s]/(s² − ξ), then 3t ∓ 2z.</summary>
    private void EmitCyclotomicSquare()
    {
        var r = new ScalarRoutine(c);
        Place t = r.Reserve(6 * Size), xx = r.Reserve(Size), yy = r.Reserve(Size);
        Place Coefficient(int i) => Place.Left + (i * Size);
        (int X, int Y)[] pairs = [(0, 4), (3, 2), (1, 5)];
        for (int i = 0; i < 3; i++)
        {
            (Place x, Place y) = (Coefficient(pairs[i].X), Coefficient(pairs[i].Y));
            Place real = t + (2 * i * Size), imaginary = real + Size;
            r.Call(fp2.Square, xx, x);
            r.Call(fp2.Square, yy, y);
            r.Call(fp2.Add, imaginary, x, y);
            r.Call(fp2.Square, imaginary, imaginary);
            r.Call(fp2.Subtract, imaginary, imaginary, xx);
            r.Call(fp2.Subtract, imaginary, imaginary, yy);
            r.Call(fp2.MultiplyByXi, yy, yy);
            r.Call(fp2.Add, real, xx, yy);
        }

        // New coefficients 0, 1, 2 come from the real parts, 4, 5, 3 from the imaginary ones, the last times ξ.
        r.Call(fp2.MultiplyByXi, t + (5 * Size), t + (5 * Size));
        (int Source, int Target, bool Minus)[] sums = [(0, 0, true), (2, 1, true), (4, 2, true), (5, 3, false), (1, 4, false), (3, 5, false)];
        foreach ((int source, int target, bool minus) in sums)
        {
            Place value = t + (source * Size);
            r.Call(minus ? fp2.Subtract : fp2.Add, xx, value, Coefficient(target));
            r.Call(fp2.Add, xx, xx, xx);
            r.Call(fp2.Add, value, value, xx);
        }

        foreach ((int source, int target, _) in sums)
        {
            r.Call(fp2.Copy, Place.Result + (target * Size), t + (source * Size));
        }

        r.Emit(CyclotomicSquare);
    }

    /// <summary>
    /// The line is l0 + l1·v + l2·v·w on an M-type twist and l0 + l1·w + l2·v·w on a D-type one: six sums of three products.
    /// </summary>
    private void EmitMultiplyByLine(bool isTwistTypeM)
    {
        var r = new ScalarRoutine(c);
        Place row = r.Reserve(5 * fp2.TripleSize), x = r.Reserve(Size), y = r.Reserve(Size), product = r.Reserve(6 * Size);
        r.Call(fp2.Scale, x, Place.Right + Size, Place.Third);
        r.Call(fp2.Scale, y, Place.Right + (2 * Size), Place.Third + (Size / 2));
        if (isTwistTypeM)
        {
            Row(r, row, Place.Right, x, y);
            Dot(r, product, row, 2, 0, 4, 2);
            Dot(r, product + Size, row, 1, 0, 1, 5);
            Dot(r, product + (2 * Size), row, 0, 3, 1, 2);
            Dot(r, product + (3 * Size), row, 2, 3, 2, 5);
            Dot(r, product + (4 * Size), row, 0, 0, 3, 4);
            Dot(r, product + (5 * Size), row, 0, 1, 4, 5);
        }
        else
        {
            Row(r, row, y, x, Place.Right);
            Dot(r, product, row, 2, 0, 4, 5);
            Dot(r, product + Size, row, 1, 3, 1, 5);
            Dot(r, product + (2 * Size), row, 0, 3, 4, 2);
            Dot(r, product + (3 * Size), row, 1, 0, 3, 2);
            Dot(r, product + (4 * Size), row, 0, 0, 1, 4);
            Dot(r, product + (5 * Size), row, 0, 1, 2, 5);
        }

        for (int i = 0; i < 6; i++)
        {
            r.Call(fp2.Copy, Place.Result + (i * Size), product + (i * Size));
        }

        r.Emit(MultiplyByLine);
    }

    /// <summary>The formulas of G2Lines.</summary>
    private void EmitDoubleStep()
    {
        var r = new ScalarRoutine(c);
        Place xx = r.Reserve(Size), yy = r.Reserve(Size), zz = r.Reserve(Size), e = r.Reserve(Size), f = r.Reserve(Size);
        Place g = r.Reserve(Size), h = r.Reserve(Size), t = r.Reserve(Size);
        Place x = Place.Left, y = Place.Left + Size, z = Place.Left + (2 * Size);
        r.Call(fp2.Square, xx, x);
        r.Call(fp2.Square, yy, y);
        r.Call(fp2.Square, zz, z);
        r.Call(fp2.Add, t, zz, zz);
        r.Call(fp2.Add, t, t, zz);
        r.Call(fp2.Multiply, e, t, Place.Right);
        r.Call(fp2.Add, f, e, e);
        r.Call(fp2.Add, f, f, e);
        r.Call(fp2.Add, h, y, z);
        r.Call(fp2.Square, h, h);
        r.Call(fp2.Subtract, h, h, yy);
        r.Call(fp2.Subtract, h, h, zz);

        // X = 2xy(yy − f), Y = (yy + f)² − 12e², Z = 4·yy·h.
        r.Call(fp2.Multiply, t, x, y);
        r.Call(fp2.Add, t, t, t);
        r.Call(fp2.Subtract, g, yy, f);
        r.Call(fp2.Multiply, x, t, g);
        r.Call(fp2.Add, g, yy, f);
        r.Call(fp2.Square, g, g);
        r.Call(fp2.Square, t, e);
        r.Call(fp2.Add, f, t, t);
        r.Call(fp2.Add, t, f, t);
        r.Call(fp2.Add, t, t, t);
        r.Call(fp2.Add, t, t, t);
        r.Call(fp2.Subtract, y, g, t);
        r.Call(fp2.Multiply, t, yy, h);
        r.Call(fp2.Add, t, t, t);
        r.Call(fp2.Add, z, t, t);

        // The line: e − yy, 3xx, −h.
        r.Call(fp2.Subtract, Place.Result, e, yy);
        r.Call(fp2.Add, t, xx, xx);
        r.Call(fp2.Add, Place.Result + Size, t, xx);
        Negate(r, Place.Result + (2 * Size), h, t);
        r.Emit(DoubleStep);
    }

    private void EmitAddStep()
    {
        var r = new ScalarRoutine(c);
        Place theta = r.Reserve(Size), lambda = r.Reserve(Size), l2 = r.Reserve(Size), l3 = r.Reserve(Size);
        Place g = r.Reserve(Size), h = r.Reserve(Size), t = r.Reserve(Size), constant = r.Reserve(Size);
        Place x = Place.Left, y = Place.Left + Size, z = Place.Left + (2 * Size);
        Place qx = Place.Right, qy = Place.Right + Size;
        r.Call(fp2.Multiply, t, qy, z);
        r.Call(fp2.Subtract, theta, y, t);
        r.Call(fp2.Multiply, t, qx, z);
        r.Call(fp2.Subtract, lambda, x, t);
        r.Call(fp2.Multiply, constant, theta, qx);
        r.Call(fp2.Multiply, t, lambda, qy);
        r.Call(fp2.Subtract, constant, constant, t);
        r.Call(fp2.Square, l2, lambda);
        r.Call(fp2.Multiply, l3, l2, lambda);
        r.Call(fp2.Multiply, g, x, l2);
        r.Call(fp2.Square, t, theta);
        r.Call(fp2.Multiply, t, t, z);
        r.Call(fp2.Add, h, l3, t);
        r.Call(fp2.Subtract, h, h, g);
        r.Call(fp2.Subtract, h, h, g);
        r.Call(fp2.Multiply, x, lambda, h);
        r.Call(fp2.Subtract, g, g, h);
        r.Call(fp2.Multiply, g, theta, g);
        r.Call(fp2.Multiply, t, l3, y);
        r.Call(fp2.Subtract, y, g, t);
        r.Call(fp2.Multiply, z, z, l3);

        // The line: θ·xQ − λ·yQ, −θ, λ.
        r.Call(fp2.Copy, Place.Result, constant);
        Negate(r, Place.Result + Size, theta, t);
        r.Call(fp2.Copy, Place.Result + (2 * Size), lambda);
        r.Emit(AddStep);
    }

    /// <summary>result ← −a, reduced, by way of 0 in scratch.</summary>
    private void Negate(ScalarRoutine r, Place result, Place a, Place scratch)
    {
        r.Call(fp2.Subtract, scratch, scratch, scratch);
        r.Call(fp2.Subtract, result, scratch, a);
    }

    /// <summary>b2, b1, b0, ξb2, ξb1 as triples.</summary>
    private void Row(ScalarRoutine r, Place row, Place b0, Place b1, Place b2)
    {
        r.Call(fp2.Extend, row, b2);
        r.Call(fp2.Extend, row + fp2.TripleSize, b1);
        r.Call(fp2.Extend, row + (2 * fp2.TripleSize), b0);
        r.Call(fp2.ExtendXi, row + (3 * fp2.TripleSize), b2);
        r.Call(fp2.ExtendXi, row + (4 * fp2.TripleSize), b1);
    }

    /// <summary>Three coefficients of the left operand times the three triples from the one of that number on.</summary>
    private void Dot(ScalarRoutine r, Place result, Place row, int first, int i, int j, int k) =>
        r.Call(
            fp2.Dot,
            result,
            Place.Left + (i * Size),
            Place.Left + (j * Size),
            Place.Left + (k * Size),
            row + (first * fp2.TripleSize));

    private void Each3(ScalarRoutine r, Label operation, Place result, Place a, Place b)
    {
        for (int i = 0; i < 3; i++)
        {
            r.Call(operation, result + (i * Size), a + (i * Size), b + (i * Size));
        }
    }
}
