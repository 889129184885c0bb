// Owns: the instructions of the affine kernels: gather, differences, prefix products, slopes, sums, scatter.
// Their contract: Lanes/LaneKernels.cs. Their vocabulary: LaneAssembler.cs.

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
    /// <summary>Lanes ahead of the current ones whose points are fetched: about 600 ns of arithmetic.</summary>
    private const int PrefetchLanes = 64;

    private const int WordsArea = 24 * 64;

    private readonly LaneAssembler lane;
    private readonly Assembler c;
    private readonly int words;
    private readonly int pointWords;

    private AffineLaneEmitter(Assembler assembler, LanePrime prime, int degree)
    {
        c = assembler;
        lane = new(assembler, prime, degree);
        words = prime.Words;
        pointWords = 2 * degree * words;
    }

    private int PointBytes => 8 * pointWords;

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

    private static AssemblerMemoryOperand Affine(string field) => Argument<AffineLanes>(field);

    private static AssemblerMemoryOperand Field(string field) => Argument<FieldLanes>(field);

    private void LoadPoints()
    {
        BeginGather();
        Label next = c.CreateLabel();
        c.Label(ref next);
        GatherUnit();
        ConvertCoordinate(0);
        lane.Carry();
        At(r8, nameof(AffineLanes.X));
        lane.Store(r8);
        ConvertCoordinate(1);
        NegateSigned(offset: true);
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
        GatherUnit();
        LoadMasks();

        // x₂ − x₁ + 2p in (0, 4p).
        ConvertCoordinate(0);
        At(r8, nameof(AffineLanes.X));
        lane.Subtract(r8);
        lane.AddModulus(2);
        lane.Carry();
        lane.OneOutside();
        At(r14, nameof(AffineLanes.Denominators));
        lane.Store(r14);

        // ±y₂ − y₁ + 4p in [0, 6p).
        ConvertCoordinate(1);
        NegateSigned(offset: false);
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
            ulong[] wordsOne = lane.Prime.ToLimbs((System.Numerics.BigInteger.One << (64 * words)) % lane.Prime.Modulus);
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
                Canonicalize(k);
                ToWords(k, WordsOf(k, coordinate));
            }
        }

        for (int block = 0; block < lane.Blocks; block++)
        {
            Scatter(block);
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

    /// <summary>
    /// Brings the points of the unit's lanes to scratch, transposed: vector w holds word w of eight points. The lanes' signs
    /// go to k3 and k4. The word of a coordinate's component stands where <see cref="WordsOf"/> says.
    /// </summary>
    private void GatherUnit()
    {
        AssemblerRegister64[] rows = [r8, r9, r10, r11, r12, r13, r14, r15];
        for (int block = 0; block < lane.Blocks; block++)
        {
            for (int l = 7; l >= 0; l--)
            {
                // Twice the index, whose sign bit falls into the carry and from there into rbx; half the size of a point.
                c.mov(eax, __dword_ptr[rdx + (4 * ((8 * block) + l))]);
                c.mov(eax, __dword_ptr[rsi + (rax * 4)]);
                c.add(eax, eax);
                c.adc(ebx, ebx);
                c.imul(rows[l], rax, PointBytes / 2);
            }

            if (block == 0)
            {
                c.kmovb(k3, ebx);
            }

            if (block == lane.Blocks - 1)
            {
                c.kmovb(k4, ebx);
            }

            for (int l = 0; l < 8; l++)
            {
                c.mov(eax, __dword_ptr[rdx + (4 * ((8 * block) + l + PrefetchLanes))]);
                c.mov(eax, __dword_ptr[rsi + (rax * 4)]);
                c.add(eax, eax);
                c.imul(rax, rax, PointBytes / 2);
                for (int line = 0; line < PointBytes; line += 64)
                {
                    c.prefetcht0(__byte_ptr[rcx + rax + line]);
                }
            }

            c.mov(rbx, Affine(nameof(AffineLanes.Scratch)));
            for (int first = 0; first < pointWords; first += 8)
            {
                int target = 64 * ((block * pointWords) + first);
                if (pointWords - first >= 8)
                {
                    for (int l = 0; l < 8; l++)
                    {
                        c.vmovdqu64(LaneAssembler.Z(l), __zmmword_ptr[rcx + rows[l] + (8 * first)]);
                    }

                    AssemblerRegisterZMM[] columns = Transpose();
                    for (int w = 0; w < 8; w++)
                    {
                        c.vmovdqa64(__zmmword_ptr[rbx + (target + (64 * w))], columns[w]);
                    }
                }
                else
                {
                    GatherFour(rows, 8 * first, target);
                }
            }
        }

        c.add(rdx, 4 * lane.Blocks * 8);
    }

    /// <summary>Four words of eight points: two points a register, then one unpacking and one shuffle a word.</summary>
    private void GatherFour(AssemblerRegister64[] rows, int offset, int target)
    {
        for (int i = 0; i < 4; i++)
        {
            int low = (i & 1) + (4 * (i >> 1));
            AssemblerRegisterYMM half = new AssemblerRegisterYMM[] { ymm0, ymm1, ymm2, ymm3 }[i];
            c.vmovdqu64(half, __ymmword_ptr[rcx + rows[low] + offset]);
            c.vinserti64x4(LaneAssembler.Z(i), LaneAssembler.Z(i), __ymmword_ptr[rcx + rows[low + 2] + offset], 1);
        }

        c.vpunpcklqdq(zmm4, zmm0, zmm1);
        c.vpunpckhqdq(zmm5, zmm0, zmm1);
        c.vpunpcklqdq(zmm6, zmm2, zmm3);
        c.vpunpckhqdq(zmm7, zmm2, zmm3);
        c.vshufi64x2(zmm0, zmm4, zmm6, 0x88);
        c.vshufi64x2(zmm1, zmm5, zmm7, 0x88);
        c.vshufi64x2(zmm2, zmm4, zmm6, 0xdd);
        c.vshufi64x2(zmm3, zmm5, zmm7, 0xdd);
        for (int w = 0; w < 4; w++)
        {
            c.vmovdqa64(__zmmword_ptr[rbx + (target + (64 * w))], LaneAssembler.Z(w));
        }
    }

    /// <summary>zmm0–7 as the rows of an 8×8 matrix; returns the registers that hold its columns. Uses zmm8–15.</summary>
    private AssemblerRegisterZMM[] Transpose()
    {
        for (int i = 0; i < 4; i++)
        {
            c.vpunpcklqdq(LaneAssembler.Z(8 + (2 * i)), LaneAssembler.Z(2 * i), LaneAssembler.Z((2 * i) + 1));
            c.vpunpckhqdq(LaneAssembler.Z(9 + (2 * i)), LaneAssembler.Z(2 * i), LaneAssembler.Z((2 * i) + 1));
        }

        // Row pairs 01, 23, 45, 67, even columns in zmm8, 10, 12, 14 and odd ones in zmm9, 11, 13, 15.
        for (int odd = 0; odd < 2; odd++)
        {
            AssemblerRegisterZMM r01 = LaneAssembler.Z(8 + odd), r23 = LaneAssembler.Z(10 + odd);
            AssemblerRegisterZMM r45 = LaneAssembler.Z(12 + odd), r67 = LaneAssembler.Z(14 + odd);
            AssemblerRegisterZMM u0 = LaneAssembler.Z(4 * odd), u1 = LaneAssembler.Z((4 * odd) + 1);
            AssemblerRegisterZMM u2 = LaneAssembler.Z((4 * odd) + 2), u3 = LaneAssembler.Z((4 * odd) + 3);
            c.vshufi64x2(u0, r01, r23, 0x88);
            c.vshufi64x2(u1, r45, r67, 0x88);
            c.vshufi64x2(u2, r01, r23, 0xdd);
            c.vshufi64x2(u3, r45, r67, 0xdd);
            c.vshufi64x2(r01, u0, u1, 0x88);
            c.vshufi64x2(r45, u0, u1, 0xdd);
            c.vshufi64x2(r23, u2, u3, 0x88);
            c.vshufi64x2(r67, u2, u3, 0xdd);
        }

        // Columns 0, 2, 4, 6 are now in r01, r23, r45, r67 of the even registers, and 1, 3, 5, 7 in those of the odd ones.
        return [.. Enumerable.Range(0, 8).Select(w => LaneAssembler.Z(8 + w))];
    }

    /// <summary>The first of a component's words in scratch.</summary>
    private int WordsOf(int component, int coordinate) => lane.Degree == 1
        ? (component * pointWords) + (coordinate * words)
        : ((2 * coordinate) + component) * words;

    /// <summary>acc ← a coordinate of the gathered points, shifted from words to limbs and reduced below 2p, carries open.</summary>
    private void ConvertCoordinate(int coordinate)
    {
        for (int j = 0; j < lane.L; j++)
        {
            int bit = (LanePrime.LimbBits * j) - lane.Prime.Shift;
            for (int k = 0; k < 2; k++)
            {
                AssemblerRegisterZMM limb = LaneAssembler.Acc(k, j);
                AssemblerMemoryOperand Word(int w) => __zmmword_ptr[rbx + (64 * (WordsOf(k, coordinate) + w))];
                int word = Math.Max(bit, 0) / 64, shift = bit - (64 * word);
                if (shift < 0)
                {
                    c.vpsllq(limb, Word(0), (byte)-shift);
                }
                else if (shift + LanePrime.LimbBits <= 64 || word == words - 1)
                {
                    c.vpsrlq(limb, Word(word), (byte)shift);
                }
                else
                {
                    c.vmovdqa64(limb, Word(word));
                    c.vpshrdq(limb, limb, Word(word + 1), (byte)shift);
                }

                c.vpandq(limb, limb, LaneAssembler.Mask);
            }
        }

        lane.Reduce(slack: 0);
    }

    /// <summary>acc ← −acc in the lanes of k3 and k4; with 2p added there if <paramref name="offset"/>.</summary>
    private void NegateSigned(bool offset)
    {
        ulong[] limbs = lane.Prime.ToLimbs(2 * lane.Prime.Modulus);
        c.vpxorq(LaneAssembler.T(0), LaneAssembler.T(0), LaneAssembler.T(0));
        for (int j = 0; j < lane.L; j++)
        {
            if (offset)
            {
                lane.Broadcast(LaneAssembler.T(0), limbs[j]);
            }

            c.vpsubq(LaneAssembler.Acc(0, j).k3, LaneAssembler.T(0), LaneAssembler.Acc(0, j));
            c.vpsubq(LaneAssembler.Acc(1, j).k4, LaneAssembler.T(0), LaneAssembler.Acc(1, j));
        }
    }

    /// <summary>zmm0–7 ← component k of the unit at r8, less p where it is not below p.</summary>
    private void Canonicalize(int k)
    {
        AssemblerRegisterZMM carry = LaneAssembler.T(0);
        for (int j = 0; j < lane.L; j++)
        {
            AssemblerRegisterZMM limb = LaneAssembler.Acc(0, j);
            c.vmovdqa64(limb, __zmmword_ptr[r8 + lane.At(k, j)]);
            c.vpsubq(limb, limb, LaneAssembler.P(j));
            if (j > 0)
            {
                c.vpaddq(limb, limb, carry);
            }

            c.vpsraq(carry, limb, LanePrime.LimbBits);
            c.vpandq(limb, limb, LaneAssembler.Mask);
        }

        c.vpmovq2m(k5, carry);
        for (int j = 0; j < lane.L; j++)
        {
            c.vmovdqa64(LaneAssembler.Acc(0, j).k5, __zmmword_ptr[r8 + lane.At(k, j)]);
        }
    }

    /// <summary>Scratch words from <paramref name="first"/> on ← the limbs in zmm0–7.</summary>
    private void ToWords(int k, int first)
    {
        for (int w = 0; w < words; w++)
        {
            int limb = 64 * w / LanePrime.LimbBits, shift = (64 * w) - (LanePrime.LimbBits * limb);
            AssemblerRegisterZMM word = LaneAssembler.T(0), part = LaneAssembler.T(1);
            c.vpsrlq(word, LaneAssembler.Acc(0, limb), (byte)shift);
            for (int next = limb + 1; next < lane.L && (LanePrime.LimbBits * (next - limb)) - shift < 64; next++)
            {
                c.vpsllq(part, LaneAssembler.Acc(0, next), (byte)((LanePrime.LimbBits * (next - limb)) - shift));
                c.vporq(word, word, part);
            }

            c.vmovdqa64(__zmmword_ptr[rbx + (64 * (first + w))], word);
        }
    }

    /// <summary>Writes eight points from scratch words to the lanes' destinations.</summary>
    private void Scatter(int block)
    {
        AssemblerRegister64[] rows = [r8, r9, r10, r11, r12, r13, r14, r15];
        for (int l = 0; l < 8; l++)
        {
            c.mov(rows[l], __qword_ptr[rdx + (8 * ((8 * block) + l))]);
        }

        for (int first = 0; first < pointWords; first += 8)
        {
            int source = 64 * ((block * pointWords) + first), count = Math.Min(8, pointWords - first);
            for (int w = 0; w < count; w++)
            {
                c.vmovdqa64(LaneAssembler.Z(w), __zmmword_ptr[rbx + (source + (64 * w))]);
            }

            // A group of four leaves the upper halves of the rows meaningless; only the lower ones are stored.
            AssemblerRegisterZMM[] points = Transpose();
            AssemblerRegisterYMM[] halves = [ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];
            for (int l = 0; l < 8; l++)
            {
                if (count == 8)
                {
                    c.vmovdqu64(__zmmword_ptr[rows[l] + (8 * first)], points[l]);
                }
                else
                {
                    c.vmovdqu64(__ymmword_ptr[rows[l] + (8 * first)], halves[l]);
                }
            }
        }
    }
}
