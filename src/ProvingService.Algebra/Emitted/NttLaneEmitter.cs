// Owns: the instructions of the transforms' lane kernels. Their contract: Lanes/NttLaneKernels.cs.

using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Emits the kernels of <see cref="NttLaneKernels"/> for one field. One block at a time: unlike Montgomery's rows, the
/// columns of <see cref="MultiplyByTwiddle"/> do not wait for each other, and the next butterfly's products fill what gaps
/// remain. Values on their way are "raw": limbs with signed carries outstanding, true modulo R only. Registers:
///   zmm0–4    A, what is multiplied: carried but not masked, since a multiply-add reads 52 bits of a limb
///   zmm5–10   columns 4 to 9 of A·w', then the quotient
///   zmm11–15  the product, raw
///   zmm16–17  a limb of w and of w'
///   zmm18–22  U, a value that waits for the product
///   zmm23–25  carries and a second operand
///   zmm26     the mask of 52 bits
///   zmm27–31  the limbs of R − r: adding q times this and dropping what exceeds R subtracts q·r
///   rsi, r10, rax, r8   a group's blocks, the group's length in bytes, a quarter's and three quarters' length
///   rdx, r9   twiddles of the group and of its halves; rcx, r11 counters of blocks and groups
/// </summary>
internal sealed class NttLaneEmitter
{
    private const int BlockBytes = 8 * NttLaneKernels.BlockWords, TwiddleBytes = 8 * NttTwiddles.Words;

    private readonly LaneAssembler lane;
    private readonly Assembler c;

    private NttLaneEmitter(Assembler assembler, LanePrime prime)
    {
        c = assembler;
        lane = new(assembler, prime, 1);
    }

    private static AssemblerRegisterZMM Mask => zmm26;

    private static AssemblerRegisterZMM Carry => zmm23;

    public static EmittedCode Emit(string what, LanePrime prime, Action<NttLaneEmitter> body) =>
        EmittedCode.Get($"{prime.Name} lanes: {what}", assembler =>
        {
            var emitter = new NttLaneEmitter(assembler, prime);
            body(emitter);
            return emitter.lane.Finish();
        });

    public void FirstSplit() => Group(2, zero: true, () =>
    {
        // u + v < 4r, brought below 2r; u − v + 2r < 4r.
        Load(U, rsi);
        Add(A, U, __[rsi + rax]);
        Subtract(U, U, __[rsi + rax], 2);
        Normalize(A);
        Reduce(A);
        Store(rsi, A);
        Normalize(U);
        Store(rsi + rax, U);
    });

    public void SplitZero() => Group(4, zero: true, () =>
    {
        // v₁ = a₁ + a₃ and v₃ = (a₁ − a₃ + 2r)·I wait in the places of a₁ and a₃; u₀ = a₀ + a₂, u₂ = a₀ − a₂ + 2r.
        Load(U, rsi + rax);
        Subtract(A, U, __[rsi + r8], 2);
        Add(U, U, __[rsi + r8]);
        CarryOver(A);
        MultiplyByTwiddle(r9, TwiddleBytes);
        Store(rsi + rax, U);
        Load(A, rsi);
        Load(U, rsi + (rax * 2));
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(Extra, A(j), U(j));
            c.vpaddq(Extra, Extra, Multiple(2, j));
            c.vpaddq(A(j), A(j), U(j));
            c.vpaddq(U(j), Extra, Product(j));
            c.vpsubq(Product(j), Extra, Product(j));
            c.vpaddq(Product(j), Product(j), Multiple(2, j));
        }

        // u₂ ± v₃ < 6r; u₀ + v₁ < 8r, brought below 2r; u₀ − v₁ + 4r < 8r.
        Normalize(U);
        Store(rsi + (rax * 2), U);
        Normalize(Product);
        Store(rsi + r8, Product);
        Load(Product, rsi + rax);
        Subtract(U, A, Product, 4);
        Add(A, A, Product);
        Normalize(U);
        Store(rsi + rax, U);
        Normalize(A);
        Reduce(A);
        Store(rsi, A);
    });

    public void Split() => Group(4, zero: false, () =>
    {
        // First stage; operands below B·r, results below (B + 2)·r. The upper results stay in memory, raw or carried.
        Load(A, rsi + (rax * 2));
        MultiplyByTwiddle(rdx);
        Load(U, rsi);
        Subtract(A, U, Product, 2);
        Store(rsi + (rax * 2), A);
        Add(U, U, Product);
        Load(A, rsi + r8);
        MultiplyByTwiddle(rdx);
        Load(A, rsi + rax);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(Extra, A(j), Product(j));
            c.vpaddq(A(j), A(j), Product(j));
            c.vpaddq(Product(j), Extra, Multiple(2, j));
        }

        CarryOver(A);
        CarryOver(Product);
        Store(rsi + r8, Product);

        // Second stage of the first half, then of the second: results below (B + 4)·r.
        MultiplyByTwiddle(r9);
        Butterfly(__[rsi], rsi + rax);
        Load(A, rsi + r8);
        MultiplyByTwiddle(r9, TwiddleBytes);
        Load(U, rsi + (rax * 2));
        Butterfly(rsi + (rax * 2), rsi + r8);
    });

    public void Merge() => Group(4, zero: false, () =>
    {
        // Operands below 4r. Sums s₀, s₁ < 8r and d₀ = W(a₀ − a₁ + 4r) < 2r, raw, in the places of a₀, a₂ and a₁.
        Load(U, rsi);
        Subtract(A, U, __[rsi + rax], 4);
        Add(U, U, __[rsi + rax]);
        CarryOver(A);
        MultiplyByTwiddle(r9);
        Store(rsi, U);
        Store(rsi + rax, Product);
        Load(U, rsi + (rax * 2));
        Subtract(A, U, __[rsi + r8], 4);
        Add(U, U, __[rsi + r8]);
        CarryOver(A);
        MultiplyByTwiddle(r9, TwiddleBytes);
        Store(rsi + (rax * 2), U);

        // d₀ + d₁ < 4r; W(d₀ − d₁ + 2r) < 2r.
        Load(U, rsi + rax);
        Subtract(A, U, Product, 2);
        Add(U, U, Product);
        CarryOver(A);
        Normalize(U);
        Store(rsi + rax, U);
        MultiplyByTwiddle(rdx);
        Normalize(Product);
        Store(rsi + r8, Product);

        // s₀ + s₁ < 16r, brought below 2r; W(s₀ − s₁ + 8r) < 2r.
        Load(U, rsi);
        Subtract(A, U, __[rsi + (rax * 2)], 8);
        Add(U, U, __[rsi + (rax * 2)]);
        CarryOver(A);
        MultiplyByTwiddle(rdx);
        Normalize(U);
        Reduce(U);
        Store(rsi, U);
        Normalize(Product);
        Store(rsi + (rax * 2), Product);
    });

    public void MergeZero() => Group(4, zero: true, () =>
    {
        // Operands below 4r: s₁ = a₂ + a₃ < 8r to the place of a₂, d₁ = W(a₂ − a₃ + 4r) < 2r, d₀ = a₀ − a₁ + 4r < 8r.
        Load(U, rsi + (rax * 2));
        Subtract(A, U, __[rsi + r8], 4);
        Add(U, U, __[rsi + r8]);
        CarryOver(A);
        MultiplyByTwiddle(r9, TwiddleBytes);
        Store(rsi + (rax * 2), U);
        Load(A, rsi);
        Load(U, rsi + rax);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(Extra, A(j), U(j));
            c.vpaddq(Extra, Extra, Multiple(4, j));
            c.vpaddq(A(j), A(j), U(j));
            c.vpaddq(U(j), Extra, Product(j));
            c.vpsubq(Product(j), Extra, Product(j));
            c.vpaddq(Product(j), Product(j), Multiple(2, j));
        }

        // All below 16r, and then below 2r.
        StoreReduced(rsi + rax, U);
        StoreReduced(rsi + r8, Product);
        Load(Product, rsi + (rax * 2));
        Subtract(U, A, Product, 8);
        Add(A, A, Product);
        StoreReduced(__[rsi], A);
        StoreReduced(rsi + (rax * 2), U);
    });

    public void LastMerge() => Group(2, zero: true, () =>
    {
        Load(U, rsi);
        Add(A, U, __[rsi + rax]);
        Subtract(U, U, __[rsi + rax], 4);
        Normalize(A);
        Store(rsi, A);
        Normalize(U);
        Store(rsi + rax, U);
    });

    public void Scale()
    {
        LoadConstants();
        c.mov(rsi, Argument(nameof(NttLanes.Data)));
        c.mov(rdx, Argument(nameof(NttLanes.Twiddles)));
        c.mov(rcx, Argument(nameof(NttLanes.Count)));
        Label next = c.CreateLabel();
        c.Label(ref next);
        Load(A, rsi);
        MultiplyByTwiddle(rdx);
        Normalize(Product);
        Store(rsi, Product);
        c.add(rsi, BlockBytes);
        c.add(rdx, TwiddleBytes);
        c.dec(rcx);
        c.jnz(next);
        c.vzeroupper();
        c.ret();
    }

    /// <summary>By <see cref="LaneAssembler"/>'s Montgomery multiplication, two blocks as the halves of a unit.</summary>
    public void Twist()
    {
        lane.Prologue();
        c.mov(rsi, Argument(nameof(NttLanes.Data)));
        c.mov(rdx, Argument(nameof(NttLanes.Other)));
        c.mov(rcx, Argument(nameof(NttLanes.Count)));
        Label next = c.CreateLabel();
        c.Label(ref next);
        for (int unit = 0; unit < 2; unit++)
        {
            c.lea(r14, __[rsi + (unit * lane.UnitBytes)]);
            c.lea(r15, __[rdx + (unit * lane.UnitBytes)]);
            lane.CallMultiply();
            lane.Carry();
            lane.Store(r14);
            c.lea(r14, __[rdx + (2 * lane.UnitBytes)]);
            lane.CallMultiply();
            lane.Carry();
            lane.Store(r15);
        }

        c.add(rsi, 2 * lane.UnitBytes);
        c.sub(rcx, 4);
        c.jnz(next);
        lane.Epilogue();
    }

    public void Multiply()
    {
        lane.Prologue();
        c.mov(r14, Argument(nameof(NttLanes.Data)));
        c.mov(r15, Argument(nameof(NttLanes.Other)));
        c.mov(rcx, Argument(nameof(NttLanes.Count)));
        Label next = c.CreateLabel();
        c.Label(ref next);
        lane.CallMultiply();
        lane.Carry();
        lane.Store(r14);
        c.add(r14, lane.UnitBytes);
        c.add(r15, lane.UnitBytes);
        c.sub(rcx, 2);
        c.jnz(next);
        lane.Epilogue();
    }

    private static AssemblerRegisterZMM A(int j) => LaneAssembler.Z(j);

    private static AssemblerRegisterZMM Column(int column) => LaneAssembler.Z(5 + column - 4);

    private static AssemblerRegisterZMM Product(int j) => LaneAssembler.Z(11 + j);

    private static AssemblerRegisterZMM U(int j) => LaneAssembler.Z(18 + j);

    private static AssemblerRegisterZMM Complement(int j) => LaneAssembler.Z(27 + j);

    private static AssemblerRegisterZMM Extra => zmm24;

    private static AssemblerMemoryOperand Argument(string field) =>
        __qword_ptr[rdi + (int)Marshal.OffsetOf<NttLanes>(field)];

    private void LoadConstants()
    {
        lane.Broadcast(Mask, LanePrime.LimbMask);
        ulong[] limbs = lane.Prime.ToLimbs(lane.Prime.Complement);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            lane.Broadcast(Complement(j), limbs[j]);
        }
    }

    /// <summary>The loops over groups and their blocks.</summary>
    private void Group(int parts, bool zero, Action body)
    {
        LoadConstants();
        c.mov(rsi, Argument(nameof(NttLanes.Data)));
        c.imul(rax, Argument(nameof(NttLanes.Count)), BlockBytes);
        c.lea(r8, __[rax + (rax * 2)]);
        c.mov(rdx, Argument(nameof(NttLanes.Twiddles)));
        c.mov(r9, Argument(nameof(NttLanes.NextTwiddles)));
        Label nextGroup = c.CreateLabel(), next = c.CreateLabel();
        if (!zero)
        {
            c.mov(r11, Argument(nameof(NttLanes.Groups)));
            c.Label(ref nextGroup);
        }

        c.mov(rcx, Argument(nameof(NttLanes.Count)));
        c.Label(ref next);
        body();
        c.add(rsi, BlockBytes);
        c.dec(rcx);
        c.jnz(next);
        if (!zero)
        {
            c.add(rsi, parts == 4 ? r8 : rax);
            c.add(rdx, TwiddleBytes);
            c.add(r9, 2 * TwiddleBytes);
            c.dec(r11);
            c.jnz(nextGroup);
        }

        c.vzeroupper();
        c.ret();
    }

    /// <summary>Product ← A·w less a multiple of r: below 2r. Keeps U.</summary>
    private void MultiplyByTwiddle(AssemblerRegister64 twiddle, int displacement = 0)
    {
        const int Top = NttLaneKernels.Limbs - 1;
        AssemblerRegisterZMM w = zmm16, quotient = zmm17;
        for (int column = Top; column <= 2 * NttLaneKernels.Limbs - 1; column++)
        {
            c.vpxorq(Column(column), Column(column), Column(column));
        }

        for (int j = 0; j <= Top; j++)
        {
            c.vpxorq(Product(j), Product(j), Product(j));
        }

        for (int j = 0; j <= Top; j++)
        {
            c.vpbroadcastq(quotient, __qword_ptr[twiddle + (displacement + (8 * (NttLaneKernels.Limbs + j)))]);
            c.vpbroadcastq(w, __qword_ptr[twiddle + (displacement + (8 * j))]);
            for (int i = 0; i <= Top; i++)
            {
                if (i + j >= Top)
                {
                    c.vpmadd52luq(Column(i + j), A(i), quotient);
                }

                if (i + j <= Top)
                {
                    c.vpmadd52luq(Product(i + j), A(i), w);
                }
            }

            for (int i = 0; i <= Top; i++)
            {
                if (i + j + 1 >= Top)
                {
                    c.vpmadd52huq(Column(i + j + 1), A(i), quotient);
                }

                if (i + j + 1 <= Top)
                {
                    c.vpmadd52huq(Product(i + j + 1), A(i), w);
                }
            }
        }

        for (int i = 0; i <= Top; i++)
        {
            c.vpsrlq(Carry, Column(Top + i), LanePrime.LimbBits);
            c.vpaddq(Column(Top + i + 1), Column(Top + i + 1), Carry);
            for (int j = 0; i + j <= Top; j++)
            {
                c.vpmadd52luq(Product(i + j), Column(Top + i + 1), Complement(j));
                if (i + j < Top)
                {
                    c.vpmadd52huq(Product(i + j + 1), Column(Top + i + 1), Complement(j));
                }
            }
        }
    }

    /// <summary>[upper] ← U + Product, [lower] ← U − Product + 2r. Uses A.</summary>
    private void Butterfly(AssemblerMemoryOperand upper, AssemblerMemoryOperand lower)
    {
        Add(A, U, Product);
        Subtract(U, U, Product, 2);
        Normalize(A);
        Store(upper, A);
        Normalize(U);
        Store(lower, U);
    }

    private void Load(Func<int, AssemblerRegisterZMM> value, AssemblerMemoryOperand address)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vmovdqa64(value(j), address + (64 * j));
        }
    }

    private void Load(Func<int, AssemblerRegisterZMM> value, AssemblerRegister64 address) => Load(value, __[address]);

    private void Store(AssemblerMemoryOperand address, Func<int, AssemblerRegisterZMM> value)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vmovdqa64(address + (64 * j), value(j));
        }
    }

    private void Store(AssemblerRegister64 address, Func<int, AssemblerRegisterZMM> value) => Store(__[address], value);

    private void StoreReduced(AssemblerMemoryOperand address, Func<int, AssemblerRegisterZMM> value)
    {
        Normalize(value);
        Reduce(value);
        Store(address, value);
    }

    private void Add(
        Func<int, AssemblerRegisterZMM> sum, Func<int, AssemblerRegisterZMM> a, Func<int, AssemblerRegisterZMM> b)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpaddq(sum(j), a(j), b(j));
        }
    }

    private void Add(Func<int, AssemblerRegisterZMM> sum, Func<int, AssemblerRegisterZMM> a, AssemblerMemoryOperand b)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpaddq(sum(j), a(j), b + (64 * j));
        }
    }

    /// <summary>difference ← a − b + multiple·r.</summary>
    private void Subtract(
        Func<int, AssemblerRegisterZMM> difference, Func<int, AssemblerRegisterZMM> a, Func<int, AssemblerRegisterZMM> b, int multiple)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(difference(j), a(j), b(j));
            c.vpaddq(difference(j), difference(j), Multiple(multiple, j));
        }
    }

    private void Subtract(
        Func<int, AssemblerRegisterZMM> difference, Func<int, AssemblerRegisterZMM> a, AssemblerMemoryOperand b, int multiple)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(difference(j), a(j), b + (64 * j));
            c.vpaddq(difference(j), difference(j), Multiple(multiple, j));
        }
    }

    private AssemblerMemoryOperand Multiple(int multiple, int limb) =>
        lane.Constant(lane.Prime.ToLimbs(multiple * lane.Prime.Modulus)[limb]);

    /// <summary>Carries from limb to limb; what exceeds 52 bits of a limb stays there, unread by multiply-adds.</summary>
    private void CarryOver(Func<int, AssemblerRegisterZMM> value)
    {
        for (int j = 0; j + 1 < NttLaneKernels.Limbs; j++)
        {
            c.vpsraq(Carry, value(j), LanePrime.LimbBits);
            c.vpaddq(value(j + 1), value(j + 1), Carry);
        }
    }

    /// <summary>From raw to limbs of 52 bits; the value is taken modulo R.</summary>
    private void Normalize(Func<int, AssemblerRegisterZMM> value)
    {
        CarryOver(value);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpandq(value(j), value(j), Mask);
        }
    }

    /// <summary>
    /// Brings a value in limbs of 52 bits, of any size below R, below 2r: the top limb t tells q = ⌊t·μ / 2^52⌋, which falls
    /// short of x/r by less than 1 + (R/r − μ) &lt; 2, so that x − q·r &lt; 2r.
    /// </summary>
    private void Reduce(Func<int, AssemblerRegisterZMM> value)
    {
        AssemblerRegisterZMM q = zmm25;
        c.vpxorq(q, q, q);
        c.vpmadd52huq(q, value(NttLaneKernels.Limbs - 1), lane.Constant(lane.Prime.Reciprocal));
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpmadd52luq(value(j), q, Complement(j));
        }

        // q < 2^7 and so the high halves are below 2^7: they too go up one limb.
        for (int j = 0; j + 1 < NttLaneKernels.Limbs; j++)
        {
            c.vpmadd52huq(value(j + 1), q, Complement(j));
        }

        Normalize(value);
    }
}
