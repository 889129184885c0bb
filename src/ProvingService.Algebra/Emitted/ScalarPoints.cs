// Owns: emitted routines of point arithmetic in Jacobian coordinates, over Fp or Fp2. Their twin in C# is
// Curves/Jacobian.cs.

using Iced.Intel;

namespace ProvingService.Algebra;

/// <summary>The subroutines of one field from which its point arithmetic is made.</summary>
/// <param name="Size">Bytes of an element.</param>
/// <param name="Multiply">(result, a, b).</param>
/// <param name="Square">(result, a).</param>
/// <param name="Add">(result, a, b).</param>
/// <param name="Subtract">(result, a, b).</param>
internal readonly record struct FieldSubroutines(int Size, Label Multiply, Label Square, Label Add, Label Subtract);

/// <summary>
/// Doubling and additions on y² = x³ + b. The additions know no special cases: beside the sum they leave H, which is zero
/// where both points have one abscissa, and then the sum means nothing; infinity is the caller's case as well.
/// </summary>
internal sealed class ScalarPoints(Assembler c, FieldSubroutines field)
{
    /// <summary>(result, P).</summary>
    public Label Double { get; } = c.CreateLabel();

    /// <summary>(result and H, P, Q).</summary>
    public Label Add { get; } = c.CreateLabel();

    /// <summary>(result and H, P, affine Q).</summary>
    public Label AddAffine { get; } = c.CreateLabel();

    /// <summary>Emits all routines.</summary>
    public void Emit()
    {
        EmitDouble();
        EmitAdd();
        EmitAddAffine();
    }

    /// <summary>dbl-2009-l: 2M + 5S.</summary>
    private void EmitDouble()
    {
        (int size, Label multiply, Label square, Label add, Label subtract) = field;
        var r = new ScalarRoutine(c);
        Place a = r.Reserve(size), b = r.Reserve(size), cc = r.Reserve(size), d = r.Reserve(size), e = r.Reserve(size), z = r.Reserve(size);
        r.Call(square, a, Place.Left);
        r.Call(square, b, Place.Left + size);
        r.Call(multiply, z, Place.Left + size, Place.Left + (2 * size));
        r.Call(square, cc, b);
        r.Call(add, d, Place.Left, b);
        r.Call(square, d, d);
        r.Call(subtract, d, d, a);
        r.Call(subtract, d, d, cc);
        r.Call(add, d, d, d);
        r.Call(add, e, a, a);
        r.Call(add, e, e, a);
        r.Call(square, a, e);
        r.Call(subtract, a, a, d);
        r.Call(subtract, Place.Result, a, d);
        r.Call(subtract, d, d, Place.Result);
        r.Call(multiply, d, e, d);
        r.Call(add, cc, cc, cc);
        r.Call(add, cc, cc, cc);
        r.Call(add, cc, cc, cc);
        r.Call(add, Place.Result + (2 * size), z, z);
        r.Call(subtract, Place.Result + size, d, cc);
        r.Emit(Double);
    }

    /// <summary>add-2007-bl: 11M + 5S.</summary>
    private void EmitAdd()
    {
        (int size, Label multiply, Label square, Label add, Label subtract) = field;
        var r = new ScalarRoutine(c);
        Place z1 = r.Reserve(size), z2 = r.Reserve(size), u1 = r.Reserve(size), s1 = r.Reserve(size), h = r.Reserve(size), m = r.Reserve(size);
        Place zz = r.Reserve(size);
        r.Call(square, z1, Place.Left + (2 * size));
        r.Call(square, z2, Place.Right + (2 * size));
        r.Call(add, zz, Place.Left + (2 * size), Place.Right + (2 * size));
        r.Call(square, zz, zz);
        r.Call(subtract, zz, zz, z1);
        r.Call(subtract, zz, zz, z2);
        r.Call(multiply, u1, Place.Left, z2);
        r.Call(multiply, s1, Place.Left + size, Place.Right + (2 * size));
        r.Call(multiply, s1, s1, z2);
        r.Call(multiply, h, Place.Right, z1);
        r.Call(subtract, h, h, u1);
        r.Call(multiply, m, Place.Right + size, Place.Left + (2 * size));
        r.Call(multiply, m, m, z1);
        r.Call(subtract, m, m, s1);
        r.Call(multiply, Place.Result + (2 * size), zz, h);
        Finish(r, h, m, u1, s1, z1, z2);
        r.Emit(Add);
    }

    /// <summary>madd-2007-bl: 7M + 4S.</summary>
    private void EmitAddAffine()
    {
        (int size, Label multiply, Label square, Label add, Label subtract) = field;
        var r = new ScalarRoutine(c);
        Place z1 = r.Reserve(size), t = r.Reserve(size), u1 = r.Reserve(size), s1 = r.Reserve(size), h = r.Reserve(size), m = r.Reserve(size);
        Place zz = r.Reserve(size), zero = Zero(r, t);
        r.Call(square, z1, Place.Left + (2 * size));
        r.Call(multiply, h, Place.Right, z1);
        r.Call(subtract, h, h, Place.Left);
        r.Call(multiply, m, Place.Right + size, Place.Left + (2 * size));
        r.Call(multiply, m, m, z1);
        r.Call(subtract, m, m, Place.Left + size);
        r.Call(add, u1, Place.Left, zero);
        r.Call(add, s1, Place.Left + size, zero);
        r.Call(add, zz, Place.Left + (2 * size), Place.Left + (2 * size));
        r.Call(multiply, Place.Result + (2 * size), zz, h);
        Finish(r, h, m, u1, s1, z1, t);
        r.Emit(AddAffine);
    }

    /// <summary>X and Y of the sum from H, r/2, U₁ and S₁, and H itself behind the point: 4M + 2S.</summary>
    private void Finish(ScalarRoutine r, Place h, Place m, Place u1, Place s1, Place i, Place j)
    {
        (int size, Label multiply, Label square, Label add, Label subtract) = field;
        r.Call(add, m, m, m);
        r.Call(add, i, h, h);
        r.Call(square, i, i);
        r.Call(multiply, j, h, i);
        r.Call(multiply, u1, u1, i);
        r.Call(square, i, m);
        r.Call(subtract, i, i, j);
        r.Call(subtract, i, i, u1);
        r.Call(subtract, Place.Result, i, u1);
        r.Call(subtract, u1, u1, Place.Result);
        r.Call(multiply, u1, m, u1);
        r.Call(multiply, s1, s1, j);
        r.Call(add, s1, s1, s1);
        r.Call(subtract, Place.Result + size, u1, s1);
        r.Call(add, Place.Result + (3 * size), h, Zero(r, j));
    }

    /// <summary>A place made zero.</summary>
    private Place Zero(ScalarRoutine r, Place place)
    {
        r.Call(field.Subtract, place, place, place);
        return place;
    }
}
