// Owns: the vocabulary in which lane kernels are written: registers, multiplication, linear steps, carries, reduction.
// Who says what with it: AffineLaneEmitter.cs and its neighbours. The lesson behind it: README.md beside this file.

using System.Numerics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Emits steps on units. A unit is two vectors' worth of field elements in memory, limb-major: component c, limb j, lane l
/// at byte 64·(c·L + j) + 8·l. Over Fp its components are two blocks of eight elements, over Fp2 the two coefficients of
/// one block. Both components go through each step side by side, since one multiplication's chain of dependent fused
/// multiply-adds leaves half of the processor idle.
///
/// Registers, for the whole of a kernel:
///   zmm0–7, zmm8–15   accumulators of component 0 and 1, limb by limb (five of eight used where L = 5)
///   zmm16–17          the limb of the second operand in turn, for component 0 and 1
///   zmm18–19          the Montgomery quotient digit in turn
///   zmm20–21          carries
///   zmm22, zmm23      −p⁻¹ mod 2^52, the mask of 52 bits
///   zmm24–31          the limbs of p
///   r13, r14, r15     operands of a multiplication
/// </summary>
internal sealed class LaneAssembler(Assembler assembler, LanePrime prime, int degree)
{
    private static readonly AssemblerRegisterZMM[] Registers =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private readonly Dictionary<ulong, Label> constants = [];
    private Label multiply = assembler.CreateLabel("multiply");
    private Label multiplyExtension = assembler.CreateLabel("multiplyExtension");
    private bool usesMultiply, usesMultiplyExtension;

    /// <summary>The instructions' sink.</summary>
    public Assembler C { get; } = assembler;

    /// <summary>The prime.</summary>
    public LanePrime Prime { get; } = prime;

    /// <summary>1 over Fp, 2 over Fp2.</summary>
    public int Degree { get; } = degree;

    /// <summary>Limbs of an element of Fp.</summary>
    public int L => Prime.Limbs;

    /// <summary>Bytes of a component.</summary>
    public int ComponentBytes => 64 * L;

    /// <summary>Bytes of a unit.</summary>
    public int UnitBytes => 2 * ComponentBytes;

    /// <summary>Blocks of eight elements in a unit.</summary>
    public int Blocks => 2 / Degree;

    public static AssemblerRegisterZMM Z(int i) => Registers[i];

    /// <summary>The accumulator of a component's limb.</summary>
    public static AssemblerRegisterZMM Acc(int component, int limb) => Registers[(8 * component) + limb];

    public static AssemblerRegisterZMM B(int component) => Registers[16 + component];

    public static AssemblerRegisterZMM Q(int component) => Registers[18 + component];

    public static AssemblerRegisterZMM T(int component) => Registers[20 + component];

    public static AssemblerRegisterZMM NegInverse => zmm22;

    public static AssemblerRegisterZMM Mask => zmm23;

    public static AssemblerRegisterZMM P(int limb) => Registers[24 + limb];

    /// <summary>A 64-bit constant in all lanes, kept behind the code.</summary>
    public AssemblerMemoryOperand Constant(ulong value)
    {
        if (!constants.TryGetValue(value, out Label label))
        {
            constants[value] = label = C.CreateLabel();
        }

        return __qword_bcst[label];
    }

    /// <summary>Saves what the caller keeps and loads the registers that hold constants. The argument stays in rdi.</summary>
    public void Prologue()
    {
        foreach (AssemblerRegister64 register in (AssemblerRegister64[])[rbx, rbp, r12, r13, r14, r15])
        {
            C.push(register);
        }

        ulong[] p = Prime.ToLimbs(Prime.Modulus);
        for (int j = 0; j < L; j++)
        {
            Broadcast(P(j), p[j]);
        }

        Broadcast(NegInverse, Prime.NegInverse);
        Broadcast(Mask, LanePrime.LimbMask);
    }

    /// <summary>Returns to the caller.</summary>
    public void Epilogue()
    {
        C.vzeroupper();
        foreach (AssemblerRegister64 register in (AssemblerRegister64[])[r15, r14, r13, r12, rbp, rbx])
        {
            C.pop(register);
        }

        C.ret();
    }

    /// <summary>Emits the subroutines that were called and the constants that were named; returns where the code ends.</summary>
    public Label Finish()
    {
        if (usesMultiply)
        {
            C.Label(ref multiply);
            MultiplyBody();
            C.ret();
        }

        if (usesMultiplyExtension)
        {
            C.Label(ref multiplyExtension);
            MultiplyExtensionBody();
            C.ret();
        }

        Label end = C.CreateLabel("end");
        C.Label(ref end);
        C.nop();
        foreach ((ulong value, Label label) in constants)
        {
            Label place = label;
            C.Label(ref place);
            C.dq(value);
        }

        return end;
    }

    /// <summary>
    /// acc ← [r14]·[r15]/R, component by component: below (a·b)/R + p, in limbs of up to 2^57 that <see cref="Carry"/> brings
    /// back to 52 bits. Operands: limbs of 52 bits. Keeps all general registers.
    /// </summary>
    public void CallMultiply()
    {
        usesMultiply = true;
        C.call(multiply);
    }

    /// <summary>
    /// acc ← [r14]·[r15]/R in Fp2, where [r13] holds one component: a multiple of p less coefficient 1 of [r14]. Two products
    /// a coefficient and one reduction: (a₀b₀ + (−a₁)b₁, a₀b₁ + a₁b₀), as many multiply-adds as Karatsuba's three
    /// multiplications without their sums and carries. Bounds as for <see cref="CallMultiply"/>, for the sum of both products.
    /// </summary>
    public void CallMultiplyExtension()
    {
        usesMultiplyExtension = true;
        C.call(multiplyExtension);
    }

    /// <summary>acc ← the unit at that address.</summary>
    public void Load(AssemblerRegister64 address, int displacement = 0)
    {
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vmovdqa64(Acc(k, j), __zmmword_ptr[address + (displacement + At(k, j))]);
            }
        }
    }

    /// <summary>acc ← acc + [address], limb by limb, without carries.</summary>
    public void Add(AssemblerRegister64 address, int displacement = 0)
    {
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vpaddq(Acc(k, j), Acc(k, j), __zmmword_ptr[address + (displacement + At(k, j))]);
            }
        }
    }

    /// <summary>acc ← acc − [address], limb by limb, without carries: limbs may become negative.</summary>
    public void Subtract(AssemblerRegister64 address, int displacement = 0)
    {
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vpsubq(Acc(k, j), Acc(k, j), __zmmword_ptr[address + (displacement + At(k, j))]);
            }
        }
    }

    /// <summary>acc ← 3·acc, limb by limb, without carries.</summary>
    public void Triple()
    {
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vpaddq(T(k), Acc(k, j), Acc(k, j));
                C.vpaddq(Acc(k, j), Acc(k, j), T(k));
            }
        }
    }

    /// <summary>acc ← acc + multiple·p, which keeps a value that a subtraction may have made negative above zero.</summary>
    public void AddModulus(int multiple)
    {
        ulong[] limbs = Prime.ToLimbs(multiple * Prime.Modulus);
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vpaddq(Acc(k, j), Acc(k, j), Constant(limbs[j]));
            }
        }
    }

    /// <summary>
    /// Subtracts the multiple of p that the top limb tells, which brings a value below 16p under 2p, in 2L fused
    /// multiply-adds. The value may have carries outstanding; it must be at least <paramref name="slack"/> units of its top
    /// limb, by which carries yet to come may lower it. Leaves a multiple of 2^(52·L) in the top limb for
    /// <see cref="Carry"/> to mask off.
    /// </summary>
    public void Reduce(int slack)
    {
        ulong[] complement = Prime.ToLimbs(Prime.Complement);
        for (int k = 0; k < 2; k++)
        {
            C.vpxorq(Q(k), Q(k), Q(k));
            if (slack == 0)
            {
                C.vpmadd52huq(Q(k), Acc(k, L - 1), Constant(Prime.Reciprocal));
            }
            else
            {
                C.vpsubq(T(k), Acc(k, L - 1), Constant((ulong)slack));
                C.vpmadd52huq(Q(k), T(k), Constant(Prime.Reciprocal));
            }
        }

        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vpmadd52luq(Acc(k, j), Q(k), Constant(complement[j]));
                if (j + 1 < L)
                {
                    C.vpmadd52huq(Acc(k, j + 1), Q(k), Constant(complement[j]));
                }
            }
        }
    }

    /// <summary>
    /// Carries from limb to limb, with signed shifts since limbs may be negative; the top limb is cut to 52 bits, that is,
    /// the value is taken modulo 2^(52·L).
    /// </summary>
    public void Carry()
    {
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                if (j + 1 < L)
                {
                    C.vpsraq(T(k), Acc(k, j), LanePrime.LimbBits);
                    C.vpaddq(Acc(k, j + 1), Acc(k, j + 1), T(k));
                }

                C.vpandq(Acc(k, j), Acc(k, j), Mask);
            }
        }
    }

    /// <summary>[address] ← acc.</summary>
    public void Store(AssemblerRegister64 address, int displacement = 0)
    {
        for (int j = 0; j < L; j++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vmovdqa64(__zmmword_ptr[address + (displacement + At(k, j))], Acc(k, j));
            }
        }
    }

    /// <summary>[address] ← acc in the lanes of k1 for component 0 and of k2 for component 1.</summary>
    public void StoreMasked(AssemblerRegister64 address)
    {
        for (int j = 0; j < L; j++)
        {
            C.vmovdqa64(__zmmword_ptr[address + At(0, j)].k1, Acc(0, j));
            C.vmovdqa64(__zmmword_ptr[address + At(1, j)].k2, Acc(1, j));
        }
    }

    /// <summary>Outside the lanes of k1 and k2, acc becomes one, in Montgomery form. Uses k6 and k7.</summary>
    public void OneOutside()
    {
        ulong[] one = Prime.ToLimbs(Prime.One);
        C.knotb(k6, k1);
        C.knotb(k7, k2);
        for (int j = 0; j < L; j++)
        {
            C.vpbroadcastq(Acc(0, j).k6, __qword_ptr[Known(one[j])]);
            C.vpbroadcastq(Acc(1, j).k7, __qword_ptr[Known(Degree == 1 ? one[j] : 0)]);
        }
    }

    /// <summary>Where a limb stands in a unit.</summary>
    public int At(int component, int limb) => 64 * ((component * L) + limb);

    /// <summary>The place of a constant behind the code.</summary>
    public Label Known(ulong value)
    {
        _ = Constant(value);
        return constants[value];
    }

    /// <summary>register ← the constant in all lanes.</summary>
    public void Broadcast(AssemblerRegisterZMM register, ulong value) => C.vpbroadcastq(register, __qword_ptr[Known(value)]);

    /// <summary>
    /// Montgomery's multiplication by operand scanning, both components interleaved. Row i adds a·bᵢ, finds the digit q that
    /// makes the lowest limb divisible by 2^52, adds q·p and moves down one limb by renaming registers. A limb takes four
    /// products of 52 bits a row: 4·8·2^52 &lt; 2^58, so no carry is lost. 4·L² multiply-adds a component.
    /// </summary>
    private void MultiplyBody()
    {
        AssemblerRegisterZMM[][] acc = Accumulators();
        for (int i = 0; i < L; i++)
        {
            for (int k = 0; k < 2; k++)
            {
                C.vmovdqa64(B(k), __zmmword_ptr[r15 + At(k, i)]);
                for (int j = 0; j < L; j++)
                {
                    if (i == 0)
                    {
                        C.vpxorq(acc[k][j], acc[k][j], acc[k][j]);
                    }

                    C.vpmadd52luq(acc[k][j], B(k), __zmmword_ptr[r14 + At(k, j)]);
                }

                QuotientDigit(acc[k], k);
                for (int j = 1; j < L; j++)
                {
                    C.vpmadd52huq(acc[k][j], B(k), __zmmword_ptr[r14 + At(k, j - 1)]);
                }
            }

            for (int k = 0; k < 2; k++)
            {
                AssemblerRegisterZMM top = AddQuotientAndShift(acc, k);
                C.vpmadd52huq(top, B(k), __zmmword_ptr[r14 + At(k, L - 1)]);
            }
        }
    }

    /// <summary>As <see cref="MultiplyBody"/>, with two products a component: eight products a limb and row, below 2^59.</summary>
    private void MultiplyExtensionBody()
    {
        AssemblerRegisterZMM[][] acc = Accumulators();
        AssemblerMemoryOperand A0(int j) => __zmmword_ptr[r14 + At(0, j)];
        AssemblerMemoryOperand A1(int j) => __zmmword_ptr[r14 + At(1, j)];
        AssemblerMemoryOperand NegatedA1(int j) => __zmmword_ptr[r13 + At(0, j)];
        for (int i = 0; i < L; i++)
        {
            C.vmovdqa64(B(0), __zmmword_ptr[r15 + At(0, i)]);
            C.vmovdqa64(B(1), __zmmword_ptr[r15 + At(1, i)]);
            for (int j = 0; j < L; j++)
            {
                if (i == 0)
                {
                    C.vpxorq(acc[0][j], acc[0][j], acc[0][j]);
                    C.vpxorq(acc[1][j], acc[1][j], acc[1][j]);
                }

                C.vpmadd52luq(acc[0][j], B(0), A0(j));
                C.vpmadd52luq(acc[1][j], B(1), A0(j));
            }

            for (int j = 0; j < L; j++)
            {
                C.vpmadd52luq(acc[0][j], B(1), NegatedA1(j));
                C.vpmadd52luq(acc[1][j], B(0), A1(j));
            }

            QuotientDigit(acc[0], 0);
            QuotientDigit(acc[1], 1);
            for (int j = 1; j < L; j++)
            {
                C.vpmadd52huq(acc[0][j], B(0), A0(j - 1));
                C.vpmadd52huq(acc[1][j], B(1), A0(j - 1));
                C.vpmadd52huq(acc[0][j], B(1), NegatedA1(j - 1));
                C.vpmadd52huq(acc[1][j], B(0), A1(j - 1));
            }

            AssemblerRegisterZMM top0 = AddQuotientAndShift(acc, 0), top1 = AddQuotientAndShift(acc, 1);
            C.vpmadd52huq(top0, B(0), A0(L - 1));
            C.vpmadd52huq(top1, B(1), A0(L - 1));
            C.vpmadd52huq(top0, B(1), NegatedA1(L - 1));
            C.vpmadd52huq(top1, B(0), A1(L - 1));
        }
    }

    private AssemblerRegisterZMM[][] Accumulators() =>
        [[.. Enumerable.Range(0, L).Select(j => Acc(0, j))], [.. Enumerable.Range(0, L).Select(j => Acc(1, j))]];

    /// <summary>q ← the lowest limb times −p⁻¹ modulo 2^52.</summary>
    private void QuotientDigit(AssemblerRegisterZMM[] acc, int k)
    {
        C.vpxorq(Q(k), Q(k), Q(k));
        C.vpmadd52luq(Q(k), acc[0], NegInverse);
    }

    /// <summary>
    /// acc ← (acc + q·p) / 2^52: after L rows every accumulator carries its own name again. Returns the new top limb, to
    /// which the caller owes the high halves of the top products.
    /// </summary>
    private AssemblerRegisterZMM AddQuotientAndShift(AssemblerRegisterZMM[][] acc, int k)
    {
        for (int j = 1; j < L; j++)
        {
            C.vpmadd52luq(acc[k][j], Q(k), P(j));
        }

        // The low half of q·p₀ makes the low 52 bits zero: what it carries is whether they were not, which needs no product.
        C.vpaddq(T(k), acc[k][0], Mask);
        C.vpsrlq(T(k), T(k), LanePrime.LimbBits);
        AssemblerRegisterZMM top = acc[k][0];
        C.vpxorq(top, top, top);
        C.vpaddq(acc[k][1], acc[k][1], T(k));
        acc[k] = [.. acc[k][1..], top];
        for (int j = 0; j < L; j++)
        {
            C.vpmadd52huq(acc[k][j], Q(k), P(j));
        }

        return top;
    }
}
