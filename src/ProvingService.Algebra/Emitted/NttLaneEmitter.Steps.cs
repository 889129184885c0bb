// Owns: the steps that the transforms' lane kernels are made of: product by a twiddle, carries, reduction, loops.
// Registers: NttLaneEmitter.cs.

using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <content>Steps; limb by limb where nothing else is said.</content>
internal sealed partial class NttLaneEmitter
{
    private static readonly AssemblerRegisterXMM[] LowerHalves =
    [
        xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15,
    ];

    private static AssemblerRegisterZMM Mask => zmm26;

    private static AssemblerRegisterZMM Carry => zmm23;

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

    /// <summary>
    /// Product ← A·w less a multiple of r: below 2r, or in (−r, r). Keeps U. A limb of the product takes at most 18 halves
    /// of 52 bits, so it is below 2^57.
    /// </summary>
    private void MultiplyByTwiddle(AssemblerRegister64 twiddle, int displacement, bool centred = false)
    {
        const int Top = NttLaneKernels.Limbs - 1;
        AssemblerRegisterZMM w = zmm16, quotient = zmm17;
        for (int i = 0; i <= Top + 1; i++)
        {
            c.vpxor(LowerHalves[5 + i], LowerHalves[5 + i], LowerHalves[5 + i]);
        }

        ulong[] r = lane.Prime.ToLimbs(lane.Prime.Modulus);
        for (int j = 0; j <= Top; j++)
        {
            if (centred)
            {
                lane.Broadcast(Product(j), 0 - r[j]);
            }
            else
            {
                c.vpxor(LowerHalves[11 + j], LowerHalves[11 + j], LowerHalves[11 + j]);
            }
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

    /// <summary>[upper] ← U + Product, [lower] ← U − Product.</summary>
    private void StoreSumAndDifference(AssemblerMemoryOperand upper, AssemblerMemoryOperand lower)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(Extra, U(j), Product(j));
            c.vpaddq(U(j), U(j), Product(j));
            c.vmovdqa64(lower + (64 * j), Extra);
            c.vmovdqa64(upper + (64 * j), U(j));
        }
    }

    private void LoadCarried(AssemblerMemoryOperand address)
    {
        Load(A, address);
        CarryOver(A);
    }

    private void Load(Func<int, AssemblerRegisterZMM> value, AssemblerMemoryOperand address)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vmovdqa64(value(j), address + (64 * j));
        }
    }

    private void Store(AssemblerMemoryOperand address, Func<int, AssemblerRegisterZMM> value)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vmovdqa64(address + (64 * j), value(j));
        }
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
        Func<int, AssemblerRegisterZMM> difference, Func<int, AssemblerRegisterZMM> a, Func<int, AssemblerRegisterZMM> b, int multiple = 0)
    {
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vpsubq(difference(j), a(j), b(j));
            if (multiple != 0)
            {
                c.vpaddq(difference(j), difference(j), Multiple(multiple, j));
            }
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

    /// <summary>
    /// [address] ← a value of any size below R, brought below 2r: the top limb t tells q = ⌊t·μ / 2^52⌋, which falls short
    /// of x/r by less than 1 + (R/r − μ) &lt; 2, so that x − q·r &lt; 2r. Raw as the others.
    /// </summary>
    private void StoreReduced(AssemblerMemoryOperand address, Func<int, AssemblerRegisterZMM> value)
    {
        const int Top = NttLaneKernels.Limbs - 1;
        AssemblerRegisterZMM q = zmm25;
        CarryOver(value);
        c.vpxorq(q, q, q);
        c.vpmadd52huq(q, value(Top), lane.Constant(lane.Prime.Reciprocal));
        for (int j = 0; j <= Top; j++)
        {
            c.vpandq(value(j), value(j), Mask);
            c.vpmadd52luq(value(j), q, Complement(j));
        }

        for (int j = 0; j < Top; j++)
        {
            c.vpmadd52huq(value(j + 1), q, Complement(j));
        }

        Store(address, value);
    }
}
