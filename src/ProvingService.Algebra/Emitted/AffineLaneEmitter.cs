// Owns: the instructions of the affine kernels: differences, prefix products, slopes, sums. Points to lanes and back:
// LanePointMoves.cs. Their contract: Lanes/LaneKernels.cs. Their vocabulary: LaneAssembler.cs.

using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Emits the kernels of <see cref="LaneKernels"/> for one field. General registers: rdi holds the arguments, rcx the
/// points, rsi their indices, rdx the starts of the current unit's lanes, rbp the current unit's offset in bytes; r8–r15
/// the eight lanes' points while they are gathered, operands later; rax and rbx are free in between. Masks: k1 and k2 say
/// which lanes of component 0 and 1 take part, k3 and k4 which points are to be negated.
/// </summary>
internal sealed class AffineLaneEmitter
{
    private const int WordsArea = 24 * 64;

    private readonly LaneAssembler lane;
    private readonly LanePointMoves moves;
    private readonly Assembler c;

    private AffineLaneEmitter(Assembler assembler, LanePrime prime, int degree)
    {
        c = assembler;
        lane = new(assembler, prime, degree);
        moves = new(lane);
    }

    public static EmittedCode LoadPoints(LanePrime prime, int degree) =>
        Emit("load points", prime, degree, emitter => emitter.LoadPoints());

    public static EmittedCode AddForward(LanePrime prime, int degree) =>
        Emit("add points, forward", prime, degree, emitter => emitter.AddForward());

    public static EmittedCode AddBackward(LanePrime prime, int degree) =>
        Emit("add points, backward", prime, degree, emitter => emitter.Backward(isDoubling: false));

    public static EmittedCode DoubleForward(LanePrime prime, int degree) =>
        Emit("double points, forward", prime, degree, emitter => emitter.DoubleForward());

    public static EmittedCode DoubleBackward(LanePrime prime, int degree) =>
        Emit("double points, backward", prime, degree, emitter => emitter.Backward(isDoubling: true));

    public static EmittedCode StorePoints(LanePrime prime, int degree) =>
        Emit("store points", prime, degree, emitter => emitter.StorePoints());

    public static EmittedCode Multiply(LanePrime prime, int degree) =>
        Emit("multiply", prime, degree, emitter => emitter.Multiply());

    private static EmittedCode Emit(string what, LanePrime prime, int degree, Action<AffineLaneEmitter> body) =>
        EmittedCode.Get($"{prime.Name}{(degree == 2 ? "2" : "")} lanes: {what}", assembler =>
        {
            var emitter = new AffineLaneEmitter(assembler, prime, degree);
            emitter.lane.Prologue();
            body(emitter);
            emitter.lane.Epilogue();
            return emitter.lane.Finish();
        });

    /// <summary>An argument by its name in the struct.</summary>
    private static AssemblerMemoryOperand Argument<T>(string field)
        where T : unmanaged => __qword_ptr[rdi + (int)Marshal.OffsetOf<T>(field)];

    /// <summary>An argument of the affine kernels.</summary>
    internal static AssemblerMemoryOperand Affine(string field) => Argument<AffineLanes>(field);

    private static AssemblerMemoryOperand Field(string field) => Argument<FieldLanes>(field);

    private void LoadPoints()
    {
        BeginGather();
        Label next = c.CreateLabel();
        c.Label(ref next);
        moves.GatherUnit();
        moves.ConvertCoordinate(0);
        lane.Carry();
        At(r8, nameof(AffineLanes.X));
        lane.Store(r8);
        moves.ConvertCoordinate(1);
        moves.NegateSigned(offset: true);
        lane.Carry();
        At(r8, nameof(AffineLanes.Y));
        lane.Store(r8);
        NextUnit(next);
    }

    private void AddForward()
    {
        BeginGather();
        Label next = c.CreateLabel();
        c.Label(ref next);
        moves.GatherUnit();
        LoadMasks();

        // x₂ − x₁ + 2p in (0, 4p).
        moves.ConvertCoordinate(0);
        At(r8, nameof(AffineLanes.X));
        lane.Subtract(r8);
        lane.AddModulus(2);
        lane.Carry();
        lane.OneOutside();
        At(r14, nameof(AffineLanes.Denominators));
        lane.Store(r14);

        // ±y₂ − y₁ + 4p in [0, 6p).
        moves.ConvertCoordinate(1);
        moves.NegateSigned(offset: false);
        At(r8, nameof(AffineLanes.Y));
        lane.Subtract(r8);
        lane.AddModulus(4);
        lane.Carry();
        At(r8, nameof(AffineLanes.Numerators));
        lane.Store(r8);

        At(r14, nameof(AffineLanes.Denominators));
        NextProduct();
        NextUnit(next);
    }

    private void DoubleForward()
    {
        c.xor(ebp, ebp);
        Label next = c.CreateLabel();
        c.Label(ref next);
        LoadMasks();
        At(r8, nameof(AffineLanes.Y));
        lane.Load(r8);
        lane.Add(r8);
        lane.Carry();
        lane.OneOutside();
        At(r14, nameof(AffineLanes.Denominators));
        lane.Store(r14);
        NextProduct();
        NextUnit(next);
    }

    /// <summary>Products[u + 2] ← Products[u]·[r14].</summary>
    private void NextProduct()
    {
        At(r15, nameof(AffineLanes.Products));
        MultiplyOperands();
        lane.Carry();
        At(r15, nameof(AffineLanes.Products));
        lane.Store(r15, 2 * lane.UnitBytes);
    }

    /// <summary>Units from last to first, two at a time: their steps alternate so that one's latency hides the other's.</summary>
    private void Backward(bool isDoubling)
    {
        int inverse = 0, slope = 2, difference = 4, abscissa = 6;
        c.imul(rbp, Affine(nameof(AffineLanes.Count)), lane.UnitBytes);
        c.mov(rax, Affine(nameof(AffineLanes.Count)));
        if (lane.Blocks == 2)
        {
            c.add(rax, rax);
        }

        c.add(Affine(nameof(AffineLanes.Masks)), rax);
        Label next = c.CreateLabel();
        c.Label(ref next);
        c.sub(rbp, 2 * lane.UnitBytes);
        c.sub(Affine(nameof(AffineLanes.Masks)), 2 * lane.Blocks);

        if (isDoubling)
        {
            Tangent(0);
            Tangent(1);
        }

        Inverse(0);
        Inverse(1);
        NextInverse(0);
        Slope(0);
        NextInverse(1);
        Slope(1);
        Abscissa(0);
        Abscissa(1);
        Ordinate(0);
        Ordinate(1);
        c.sub(Affine(nameof(AffineLanes.Count)), 2);
        c.jnz(next);

        // 1/d = (inverse of all products up to this one) · (product before this one).
        void Inverse(int u)
        {
            c.mov(r14, Affine(nameof(AffineLanes.Inverses)));
            Displace(r14, u);
            At(r15, nameof(AffineLanes.Products), u);
            MultiplyOperands();
            lane.Carry();
            Scratch(r8, inverse + u);
            lane.Store(r8);
        }

        void NextInverse(int u)
        {
            At(r14, nameof(AffineLanes.Denominators), u);
            c.mov(r15, Affine(nameof(AffineLanes.Inverses)));
            Displace(r15, u);
            MultiplyOperands();
            lane.Carry();
            c.mov(r15, Affine(nameof(AffineLanes.Inverses)));
            Displace(r15, u);
            lane.Store(r15);
        }

        // 3x² below 4p.
        void Tangent(int u)
        {
            At(r14, nameof(AffineLanes.X), u);
            SquareOperand();
            lane.Triple();
            lane.Carry();
            At(r8, nameof(AffineLanes.Numerators), u);
            lane.Store(r8);
        }

        void Slope(int u)
        {
            At(r14, nameof(AffineLanes.Numerators), u);
            Scratch(r15, inverse + u);
            MultiplyOperands();
            lane.Carry();
            Scratch(r8, slope + u);
            lane.Store(r8);
        }

        // x₃ = λ² − x₁ − x₂ = λ² − 2x₁ − d + 2p, kept in (p, 7p) by 5p more, or λ² − 2x₁ in [p, 7p) by 5p; then x₁ − x₃ + 2p
        // in (0, 4p).
        void Abscissa(int u)
        {
            Scratch(r14, slope + u);
            SquareOperand();
            At(r8, nameof(AffineLanes.X), u);
            lane.Subtract(r8);
            lane.Subtract(r8);
            if (!isDoubling)
            {
                At(r9, nameof(AffineLanes.Denominators), u);
                lane.Subtract(r9);
            }

            lane.AddModulus(isDoubling ? 5 : 7);
            lane.Reduce(slack: 8);
            lane.Carry();
            Scratch(r10, abscissa + u);
            lane.Store(r10);
            lane.Load(r8);
            lane.Subtract(r10);
            lane.AddModulus(2);
            lane.Carry();
            Scratch(r10, difference + u);
            lane.Store(r10);
        }

        // y₃ = λ(x₁ − x₃) − y₁ + 3p in [p, 5p).
        void Ordinate(int u)
        {
            Scratch(r14, slope + u);
            Scratch(r15, difference + u);
            MultiplyOperands();
            At(r8, nameof(AffineLanes.Y), u);
            lane.Subtract(r8);
            lane.AddModulus(3);
            lane.Reduce(slack: 8);
            lane.Carry();
            c.mov(r9, Affine(nameof(AffineLanes.Masks)));
            c.kmovb(k1, __byte_ptr[r9 + (u * lane.Blocks)]);
            c.kmovb(k2, __byte_ptr[r9 + ((u * lane.Blocks) + lane.Blocks - 1)]);
            lane.StoreMasked(r8);
            Scratch(r10, abscissa + u);
            lane.Load(r10);
            At(r8, nameof(AffineLanes.X), u);
            lane.StoreMasked(r8);
        }
    }

    private void StorePoints()
    {
        c.xor(ebp, ebp);
        c.mov(rdx, Affine(nameof(AffineLanes.Destinations)));
        Label next = c.CreateLabel();
        c.Label(ref next);
        for (int coordinate = 0; coordinate < 2; coordinate++)
        {
            // From R = 2^(52·L) to R = 2^(64·N): times 2^(64·N) as a plain integer. Below 1.1p, so one subtraction makes it
            // canonical.
            At(r14, coordinate == 0 ? nameof(AffineLanes.X) : nameof(AffineLanes.Y));
            Scratch(r15, 0);
            ulong[] wordsOne = lane.Prime.ToLimbs((System.Numerics.BigInteger.One << (64 * lane.Prime.Words)) % lane.Prime.Modulus);
            for (int j = 0; j < lane.L; j++)
            {
                lane.Broadcast(LaneAssembler.T(0), wordsOne[j]);
                for (int k = 0; k < 2; k++)
                {
                    c.vmovdqa64(__zmmword_ptr[r15 + lane.At(k, j)], LaneAssembler.T(0));
                }
            }

            lane.CallMultiply();
            lane.Carry();
            Scratch(r8, 1);
            lane.Store(r8);
            c.mov(rbx, Affine(nameof(AffineLanes.Scratch)));
            for (int k = 0; k < 2; k++)
            {
                moves.Canonicalize(k);
                moves.ToWords(k, moves.WordsOf(k, coordinate));
            }
        }

        for (int block = 0; block < lane.Blocks; block++)
        {
            moves.Scatter(block);
        }

        c.add(rdx, 8 * 8 * lane.Blocks);
        NextUnit(next);
    }

    private void Multiply()
    {
        c.xor(ebp, ebp);
        Label next = c.CreateLabel();
        c.Label(ref next);
        c.mov(r14, Field(nameof(FieldLanes.A)));
        c.add(r14, rbp);
        c.mov(r15, Field(nameof(FieldLanes.B)));
        c.add(r15, rbp);
        MultiplyOperands(Field(nameof(FieldLanes.Scratch)));
        lane.Carry();
        c.mov(r8, Field(nameof(FieldLanes.Result)));
        c.add(r8, rbp);
        lane.Store(r8);
        c.add(rbp, lane.UnitBytes);
        c.dec(Field(nameof(FieldLanes.Count)));
        c.jnz(next);
    }

    /// <summary>register ← a unit of an array: the current one, or the next.</summary>
    private void At(AssemblerRegister64 register, string field, int ahead = 0)
    {
        c.mov(register, Affine(field));
        c.lea(register, __[register + rbp + (ahead * lane.UnitBytes)]);
    }

    private void Displace(AssemblerRegister64 register, int units)
    {
        if (units != 0)
        {
            c.add(register, units * lane.UnitBytes);
        }
    }

    /// <summary>register ← a unit of scratch, behind the words.</summary>
    private void Scratch(AssemblerRegister64 register, int unit)
    {
        c.mov(register, Affine(nameof(AffineLanes.Scratch)));
        c.add(register, WordsArea + (unit * lane.UnitBytes));
    }

    private void NextUnit(Label next)
    {
        c.add(rbp, lane.UnitBytes);
        c.dec(Affine(nameof(AffineLanes.Count)));
        c.jnz(next);
    }

    private void LoadMasks()
    {
        c.mov(r8, Affine(nameof(AffineLanes.Masks)));
        c.kmovb(k1, __byte_ptr[r8]);
        c.kmovb(k2, __byte_ptr[r8 + (lane.Blocks - 1)]);
        c.add(r8, lane.Blocks);
        c.mov(Affine(nameof(AffineLanes.Masks)), r8);
    }

    /// <summary>acc ← [r14]·[r15], over Fp2 with the negated coefficient 1 of [r14] (below 8p) in scratch.</summary>
    private void MultiplyOperands(AssemblerMemoryOperand? scratch = null)
    {
        if (lane.Degree == 1)
        {
            lane.CallMultiply();
            return;
        }

        c.mov(r13, scratch ?? Affine(nameof(AffineLanes.Scratch)));
        c.add(r13, WordsArea + (8 * lane.UnitBytes));
        ulong[] limbs = lane.Prime.ToLimbs(8 * lane.Prime.Modulus);
        for (int j = 0; j < lane.L; j++)
        {
            AssemblerRegisterZMM limb = LaneAssembler.Acc(0, j);
            lane.Broadcast(limb, limbs[j]);
            c.vpsubq(limb, limb, __zmmword_ptr[r14 + lane.At(1, j)]);
        }

        for (int j = 0; j < lane.L; j++)
        {
            AssemblerRegisterZMM limb = LaneAssembler.Acc(0, j);
            if (j + 1 < lane.L)
            {
                c.vpsraq(LaneAssembler.T(0), limb, LanePrime.LimbBits);
                c.vpaddq(LaneAssembler.Acc(0, j + 1), LaneAssembler.Acc(0, j + 1), LaneAssembler.T(0));
            }

            c.vpandq(limb, limb, LaneAssembler.Mask);
            c.vmovdqa64(__zmmword_ptr[r13 + lane.At(0, j)], limb);
        }

        lane.CallMultiplyExtension();
    }

    /// <summary>acc ← [r14]², over Fp2 as (a₀ + a₁)(a₀ − a₁ + 2p) and (2a₀)·a₁, two multiplications; [r14] below 2p.</summary>
    private void SquareOperand()
    {
        if (lane.Degree == 1)
        {
            c.mov(r15, r14);
            lane.CallMultiply();
            return;
        }

        // Unit 8: (a₀ + a₁, 2a₀); unit 9: (a₀ − a₁ + 2p, a₁).
        ulong[] limbs = lane.Prime.ToLimbs(2 * lane.Prime.Modulus);
        for (int j = 0; j < lane.L; j++)
        {
            AssemblerRegisterZMM sum = LaneAssembler.Acc(0, j), twice = LaneAssembler.Acc(1, j);
            c.vmovdqa64(sum, __zmmword_ptr[r14 + lane.At(0, j)]);
            c.vpaddq(twice, sum, sum);
            c.vpaddq(sum, sum, __zmmword_ptr[r14 + lane.At(1, j)]);
        }

        lane.Carry();
        Scratch(r13, 8);
        lane.Store(r13);
        for (int j = 0; j < lane.L; j++)
        {
            AssemblerRegisterZMM difference = LaneAssembler.Acc(0, j), second = LaneAssembler.Acc(1, j);
            c.vmovdqa64(difference, __zmmword_ptr[r14 + lane.At(0, j)]);
            c.vmovdqa64(second, __zmmword_ptr[r14 + lane.At(1, j)]);
            c.vpsubq(difference, difference, second);
            c.vpaddq(difference, difference, lane.Constant(limbs[j]));
        }

        lane.Carry();
        Scratch(r15, 9);
        lane.Store(r15);
        c.mov(r14, r13);
        lane.CallMultiply();
    }

    private void BeginGather()
    {
        c.mov(rcx, Affine(nameof(AffineLanes.Source)));
        c.mov(rsi, Affine(nameof(AffineLanes.Indices)));
        c.mov(rdx, Affine(nameof(AffineLanes.Starts)));
        c.xor(ebp, ebp);
    }
}
