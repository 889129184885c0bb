// Owns: which scalar functions are emitted for which field and tower, and how C# calls them. Never: their instructions.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// The emitted functions of one prime field and its quadratic extension, or zeros where the tier in force has none. The
/// first arithmetic in the field emits them; from then on they are constants to the JIT, so that choosing costs nothing.
/// Calls stay in cooperative mode, which is cheap and lets no collection start: none takes more than a few microseconds.
/// </summary>
internal static class ScalarFunctions<TFp>
    where TFp : unmanaged, IPrimeField<TFp>
{
    private static readonly nint[] Doors = ScalarCode.EmitField<TFp>();

    /// <summary>(result, a, b).</summary>
    public static readonly nint Multiply = Doors[0];

    /// <summary>(result, a).</summary>
    public static readonly nint Square = Doors[1];

    /// <summary>(result, a, count): count squarings, one or more.</summary>
    public static readonly nint SquareRepeatedly = Doors[2];

    /// <summary>(rows, x, y): see <see cref="BinaryGcd"/>.</summary>
    public static readonly nint DivisionSteps = Doors[3];

    /// <summary>(result, a, b, c, d): a·b + c·d; zero too where the prime leaves no spare bits.</summary>
    public static readonly nint SumOfProducts = Doors[4];

    /// <summary>(result, a, b) in Fp2; zero too where the prime leaves no spare bits.</summary>
    public static readonly nint MultiplyQuadratic = Doors[5];

    /// <summary>(result, a) in Fp2; as above.</summary>
    public static readonly nint SquareQuadratic = Doors[6];

    /// <summary>(result, x, y, f, −g) → sign: |x·f − y·g| / 2^64; as above.</summary>
    public static readonly nint CombineExact = Doors[7];

    /// <summary>(result, x, y, f, −g): (x·f − y·g) / 2^64 mod p; as above.</summary>
    public static readonly nint CombineModular = Doors[8];
}

/// <summary>The emitted functions of the tower over one field, or zeros; see <see cref="ScalarFunctions{TFp}"/>.</summary>
internal static class TowerFunctions<TFp, TTower>
    where TFp : unmanaged, IPrimeField<TFp>
    where TTower : struct, ITower<TFp>
{
    private static readonly nint[] Doors = ScalarCode.EmitTower<TFp, TTower>();

    /// <summary>(result, a, b) in Fp6.</summary>
    public static readonly nint Multiply6 = Doors[0];

    /// <summary>(result, a, b) in Fp12.</summary>
    public static readonly nint Multiply12 = Doors[1];

    /// <summary>(result, a) in Fp12.</summary>
    public static readonly nint Square12 = Doors[2];

    /// <summary>(result, a) in the cyclotomic subgroup.</summary>
    public static readonly nint CyclotomicSquare = Doors[3];

    /// <summary>(f, f, line, point).</summary>
    public static readonly nint MultiplyByLine = Doors[4];

    /// <summary>(line, T, b').</summary>
    public static readonly nint DoubleStep = Doors[5];

    /// <summary>(line, T, Q).</summary>
    public static readonly nint AddStep = Doors[6];

    /// <summary>(result, a, count): count squarings in the cyclotomic subgroup, one or more.</summary>
    public static readonly nint CyclotomicSquareRepeatedly = Doors[7];
}

/// <summary>The emitted point arithmetic over one field, or zeros; see <see cref="ScalarFunctions{TFp}"/>.</summary>
internal static class PointFunctions<TField>
    where TField : unmanaged, IField<TField>
{
    private static readonly nint[] Doors = TField.EmitPointFunctions();

    /// <summary>(result, P).</summary>
    public static readonly nint Double = Doors[0];

    /// <summary>(result and H, P, Q).</summary>
    public static readonly nint Add = Doors[1];

    /// <summary>(result and H, P, affine Q).</summary>
    public static readonly nint AddAffine = Doors[2];
}

/// <summary>Emits the families and calls their members.</summary>
internal static unsafe class ScalarCode
{
    private const int PlainDoors = 4, FieldDoors = 9, TowerDoors = 8, PointDoors = 3;

    /// <summary>The name under which a field's functions are listed.</summary>
    public static string FieldName<TFp>()
        where TFp : unmanaged, IPrimeField<TFp> => $"scalar {TFp.Name}";

    /// <summary>The name under which a tower's functions are listed.</summary>
    public static string TowerName<TFp>()
        where TFp : unmanaged, IPrimeField<TFp> => $"scalar tower over {TFp.Name}";

    /// <summary>The addresses of a field's functions; all zero where the tier has none.</summary>
    public static nint[] EmitField<TFp>()
        where TFp : unmanaged, IPrimeField<TFp> => KernelTiers.UsesAdx ? AssembleField<TFp>() : new nint[FieldDoors];

    /// <summary>The addresses of a tower's functions; all zero where the tier has none.</summary>
    public static nint[] EmitTower<TFp, TTower>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TTower : struct, ITower<TFp> => KernelTiers.UsesAdx ? AssembleTower<TFp, TTower>() : new nint[TowerDoors];

    /// <summary>The addresses of the point functions over a field or its quadratic extension; all zero where the tier has none.</summary>
    public static nint[] EmitPoints<TFp>(bool isQuadratic)
        where TFp : unmanaged, IPrimeField<TFp> => KernelTiers.UsesAdx ? AssemblePoints<TFp>(isQuadratic) : NoPoints;

    /// <summary>As <see cref="EmitField{TFp}"/> whatever the tier, on a machine that has the instructions.</summary>
    public static nint[] AssembleField<TFp>()
        where TFp : unmanaged, IPrimeField<TFp> =>
        IsMontgomery<TFp>()
            ? Open(FieldName<TFp>(), HasSpareBits<TFp>() ? FieldDoors : PlainDoors, FieldDoors, EmitFieldCode<TFp>)
            : new nint[FieldDoors];

    /// <summary>As <see cref="EmitTower{TFp, TTower}"/> whatever the tier, on a machine that has the instructions.</summary>
    public static nint[] AssembleTower<TFp, TTower>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TTower : struct, ITower<TFp>
    {
        // ξ = k + u with a small k is what the code can multiply by.
        int k = 0;
        while (k < 15 && TTower.Xi.C0 != TFp.FromUInt64((ulong)k))
        {
            k++;
        }

        bool fits = k is > 0 and < 15 && TTower.Xi.C1 == TFp.One && (k == 1 || TFp.LimbCount == 4);
        return fits && IsMontgomery<TFp>() && HasSpareBits<TFp>()
            ? Open(TowerName<TFp>(), TowerDoors, TowerDoors, (assembler, doors) => EmitTowerCode<TFp, TTower>(assembler, doors, k))
            : new nint[TowerDoors];
    }

    /// <summary>The name under which a field's point functions are listed.</summary>
    public static string PointsName<TFp>(bool isQuadratic)
        where TFp : unmanaged, IPrimeField<TFp> => $"scalar points over {TFp.Name}{(isQuadratic ? "2" : string.Empty)}";

    /// <summary>Point functions where there are none.</summary>
    public static nint[] NoPoints => new nint[PointDoors];

    /// <summary>As <see cref="EmitPoints{TFp}"/> whatever the tier, on a machine that has the instructions.</summary>
    public static nint[] AssemblePoints<TFp>(bool isQuadratic)
        where TFp : unmanaged, IPrimeField<TFp> =>
        IsMontgomery<TFp>() && HasSpareBits<TFp>()
            ? Open(PointsName<TFp>(isQuadratic), PointDoors, PointDoors, (assembler, doors) => EmitPointCode<TFp>(assembler, doors, isQuadratic))
            : NoPoints;

    /// <summary>function(a, b).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Call<T>(nint function, in T a, in T b)
        where T : unmanaged
    {
        Unsafe.SkipInit(out T result);
        fixed (T* pinnedA = &a, pinnedB = &b)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void*, void>)function)(&result, pinnedA, pinnedB);
        }

        return result;
    }

    /// <summary>function(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Call<T>(nint function, in T a)
        where T : unmanaged
    {
        Unsafe.SkipInit(out T result);
        fixed (T* pinnedA = &a)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void>)function)(&result, pinnedA);
        }

        return result;
    }

    /// <summary>function(a, count), at most <paramref name="atOnce"/> times in one call, since no collection can start meanwhile.</summary>
    public static T CallRepeatedly<T>(nint function, in T a, int count, int atOnce)
        where T : unmanaged
    {
        T result = a;
        for (; count > 0; count -= atOnce)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, long, void>)function)(&result, &result, Math.Min(count, atOnce));
        }

        return result;
    }

    /// <summary>function(a, b, c, d).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Call<T>(nint function, in T a, in T b, in T c, in T d)
        where T : unmanaged
    {
        Unsafe.SkipInit(out T result);
        fixed (T* pinnedA = &a, pinnedB = &b, pinnedC = &c, pinnedD = &d)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void*, void*, void*, void>)function)(
                &result, pinnedA, pinnedB, pinnedC, pinnedD);
        }

        return result;
    }

    private static bool HasSpareBits<TFp>()
        where TFp : unmanaged, IPrimeField<TFp> => ScalarArithmetic.HasSpareBits(PrimeFieldConstants<TFp>.ModulusLimbs);

    private static bool IsMontgomery<TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
    {
        // The stored words of 1 tell the representation; the carries need a free bit.
        TFp one = TFp.One, r = PrimeFieldConstants<TFp>.R;
        return TFp.LimbCount is 4 or 6
            && TFp.BitLength < 64 * TFp.LimbCount
            && PrimeField.RawLimbs(ref one).SequenceEqual(PrimeField.RawLimbs(ref r));
    }

    private static Label EmitFieldCode<TFp>(Assembler c, Label[] doors)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        var fp = new ScalarArithmetic(c, PrimeFieldConstants<TFp>.ModulusLimbs, PrimeFieldConstants<TFp>.NegInverse);
        Label multiply = c.CreateLabel(), square = c.CreateLabel(), sum = c.CreateLabel();
        ScalarRoutine.EmitDoor(c, doors[0], multiply, 3);
        ScalarRoutine.EmitDoor(c, doors[1], square, 2);
        ScalarRoutine.EmitRepeatingDoor(c, doors[2], square);
        c.Label(ref multiply);
        fp.SumOfProducts(__qword_ptr[rdi], (__qword_ptr[rsi], __qword_ptr[rbx]));
        c.ret();
        c.Label(ref square);
        fp.Square();
        c.ret();
        ScalarDivisionSteps.EmitDoor(c, doors[3]);
        if (doors.Length > PlainDoors)
        {
            var fp2 = new ScalarQuadratic(c, fp);
            ScalarRoutine.EmitDoor(c, doors[4], sum, 5);
            ScalarRoutine.EmitDoor(c, doors[5], fp2.Multiply, 3);
            ScalarRoutine.EmitDoor(c, doors[6], fp2.Square, 2);
            c.Label(ref sum);
            fp.SumOfProducts(
                __qword_ptr[rdi],
                (__qword_ptr[rsi], __qword_ptr[rbx]),
                (__qword_ptr[rbp], __qword_ptr[r15]));
            c.ret();
            fp2.EmitBasic();
            Label exact = c.CreateLabel(), modular = c.CreateLabel();
            ScalarRoutine.EmitDoor(c, doors[7], exact, 5);
            ScalarRoutine.EmitDoor(c, doors[8], modular, 5);
            c.Label(ref exact);
            fp.CombineExact();
            c.ret();
            c.Label(ref modular);
            fp.CombineModular();
            c.ret();
        }

        return fp.EmitConstants();
    }

    private static Label EmitTowerCode<TFp, TTower>(Assembler c, Label[] doors, int k)
        where TFp : unmanaged, IPrimeField<TFp>
        where TTower : struct, ITower<TFp>
    {
        var fp = new ScalarArithmetic(c, PrimeFieldConstants<TFp>.ModulusLimbs, PrimeFieldConstants<TFp>.NegInverse);
        var fp2 = new ScalarQuadratic(c, fp);
        var tower = new ScalarTower(c, fp2);
        ScalarRoutine.EmitDoor(c, doors[0], tower.Multiply6, 3);
        ScalarRoutine.EmitDoor(c, doors[1], tower.Multiply12, 3);
        ScalarRoutine.EmitDoor(c, doors[2], tower.Square12, 2);
        ScalarRoutine.EmitDoor(c, doors[3], tower.CyclotomicSquare, 2);
        ScalarRoutine.EmitDoor(c, doors[4], tower.MultiplyByLine, 4);
        ScalarRoutine.EmitDoor(c, doors[5], tower.DoubleStep, 3);
        ScalarRoutine.EmitDoor(c, doors[6], tower.AddStep, 3);
        ScalarRoutine.EmitRepeatingDoor(c, doors[7], tower.CyclotomicSquare);
        fp2.EmitBasic();
        fp2.EmitForTower(k);
        tower.Emit(TTower.IsTwistTypeM);
        return fp.EmitConstants();
    }

    private static Label EmitPointCode<TFp>(Assembler c, Label[] doors, bool isQuadratic)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        var fp = new ScalarArithmetic(c, PrimeFieldConstants<TFp>.ModulusLimbs, PrimeFieldConstants<TFp>.NegInverse);
        var fp2 = new ScalarQuadratic(c, fp);
        Label[] own = [c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel()];
        var points = new ScalarPoints(
            c,
            isQuadratic
                ? new(fp2.Size, fp2.Multiply, fp2.Square, fp2.Add, fp2.Subtract)
                : new(fp.Size, own[0], own[1], own[2], own[3]));
        ScalarRoutine.EmitDoor(c, doors[0], points.Double, 2);
        ScalarRoutine.EmitDoor(c, doors[1], points.Add, 3);
        ScalarRoutine.EmitDoor(c, doors[2], points.AddAffine, 3);
        if (isQuadratic)
        {
            fp2.EmitBasic();
        }
        else
        {
            (AssemblerMemoryOperand result, AssemblerMemoryOperand a, AssemblerMemoryOperand b) =
                (__qword_ptr[rdi], __qword_ptr[rsi], __qword_ptr[rbx]);
            Action[] bodies =
            [
                () => fp.SumOfProducts(result, (a, b)), fp.Square, () => fp.Add(result, a, b), () => fp.Subtract(result, a, b),
            ];
            for (int i = 0; i < bodies.Length; i++)
            {
                c.Label(ref own[i]);
                bodies[i]();
                c.ret();
            }
        }

        points.Emit();
        return fp.EmitConstants();
    }

    /// <summary>
    /// Emits a family behind a row of jumps, one a door, and reads the doors' addresses from them: the code knows nothing of
    /// where it will stand. Places beyond the doors stay zero.
    /// </summary>
    private static nint[] Open(string name, int count, int places, Func<Assembler, Label[], Label> emit)
    {
        EmittedCode code = EmittedCode.Get(name, assembler =>
        {
            var doors = new Label[count];
            for (int i = 0; i < count; i++)
            {
                doors[i] = assembler.CreateLabel();
                assembler.jmp(doors[i]);
            }

            return emit(assembler, doors);
        });
        var decoder = Decoder.Create(64, code.Bytes.ToArray());
        var addresses = new nint[places];
        for (int i = 0; i < count; i++)
        {
            addresses[i] = code.Address + (nint)decoder.Decode().NearBranchTarget;
        }

        return addresses;
    }
}
