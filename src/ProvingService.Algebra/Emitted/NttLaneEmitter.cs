// Owns: the transforms' lane kernels as sequences of steps. The steps: NttLaneEmitter.Steps.cs. The contract:
// Lanes/NttLaneKernels.cs.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Emits the kernels of <see cref="NttLaneKernels"/> for one field. One block at a time: unlike Montgomery's rows, the
/// columns of <see cref="MultiplyByTwiddle"/> do not wait for each other, and the next butterfly's products fill what gaps
/// remain. What counts beside multiply-adds is how few other instructions there are, since they take slots from them: values
/// are left raw (see the contract), carried only to be multiplied, and products are centred around zero so that a butterfly
/// is a sum and a difference of limbs. Registers:
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
internal sealed partial class NttLaneEmitter
{
    private const int BlockBytes = 8 * NttLaneKernels.BlockWords, TwiddleBytes = 8 * NttTwiddles.Words;

    private readonly LaneAssembler lane;
    private readonly Assembler c;

    private NttLaneEmitter(Assembler assembler, LanePrime prime)
    {
        c = assembler;
        lane = new(assembler, prime, 1);
    }

    public static EmittedCode Emit(string what, LanePrime prime, Action<NttLaneEmitter> body) =>
        EmittedCode.Get($"{prime.Name} lanes: {what}", assembler =>
        {
            var emitter = new NttLaneEmitter(assembler, prime);
            body(emitter);
            return emitter.lane.Finish();
        });

    public void FirstSplit() => Group(2, zero: true, () =>
    {
        // u + v < 4r, brought below 2r; u − v + 14r in (12r, 16r).
        Load(U, __[rsi]);
        Add(A, U, rsi + rax);
        Subtract(U, U, rsi + rax, 14);
        Store(rsi + rax, U);
        StoreReduced(__[rsi], A);
    });

    public void SplitZero() => Group(4, zero: true, () =>
    {
        // v₁ = a₁ + a₃ < 4r to the place of a₁, v₃ = (a₁ − a₃ + 2r)·I in (−r, r).
        Load(U, rsi + rax);
        Subtract(A, U, rsi + r8, 2);
        Add(U, U, rsi + r8);
        CarryOver(A);
        MultiplyByTwiddle(r9, TwiddleBytes, centred: true);
        Store(rsi + rax, U);

        // u₂ = a₀ − a₂ + 15r in (13r, 17r), u₂ ± v₃ in (12r, 18r); u₀ = a₀ + a₂ < 4r.
        Load(A, __[rsi]);
        Subtract(U, A, rsi + (rax * 2), 15);
        Add(A, A, rsi + (rax * 2));
        StoreSumAndDifference(rsi + (rax * 2), rsi + r8);

        // u₀ − v₁ + 16r in (12r, 20r); u₀ + v₁ < 8r, brought below 2r.
        Load(Product, rsi + rax);
        Subtract(U, A, Product, 16);
        Store(rsi + rax, U);
        Add(A, A, Product);
        StoreReduced(__[rsi], A);
    });

    public void Split() => Group(4, zero: false, () =>
    {
        // First stage: (a₁, a₃) first, since the second stage waits for these; results to their places but for a₀'s.
        LoadCarried(rsi + r8);
        MultiplyByTwiddle(rdx, 0, centred: true);
        Load(U, rsi + rax);
        StoreSumAndDifference(rsi + rax, rsi + r8);
        LoadCarried(rsi + (rax * 2));
        MultiplyByTwiddle(rdx, 0, centred: true);
        Load(U, __[rsi]);
        Subtract(A, U, Product);
        Store(rsi + (rax * 2), A);
        Add(U, U, Product);

        // Second stage of the first half, then of the second.
        LoadCarried(rsi + rax);
        MultiplyByTwiddle(r9, 0, centred: true);
        StoreSumAndDifference(__[rsi], rsi + rax);
        LoadCarried(rsi + r8);
        MultiplyByTwiddle(r9, TwiddleBytes, centred: true);
        Load(U, rsi + (rax * 2));
        StoreSumAndDifference(rsi + (rax * 2), rsi + r8);
    });

    public void Merge() => Group(4, zero: false, () =>
    {
        // Operands below 4r. Sums s₀, s₁ < 8r and d₀, d₁ = W(a₀ − a₁ + 4r) < 2r to the places of a₀, a₂, a₁, a₃.
        Load(U, __[rsi]);
        Subtract(A, U, rsi + rax, 4);
        Add(U, U, rsi + rax);
        CarryOver(A);
        MultiplyByTwiddle(r9, 0);
        Store(__[rsi], U);
        Store(rsi + rax, Product);
        Load(U, rsi + (rax * 2));
        Subtract(A, U, rsi + r8, 4);
        Add(U, U, rsi + r8);
        CarryOver(A);
        MultiplyByTwiddle(r9, TwiddleBytes);
        Store(rsi + (rax * 2), U);
        Store(rsi + r8, Product);

        // s₀ + s₁ < 16r, brought below 2r; W(s₀ − s₁ + 8r) < 2r. First, since d₁ is not there yet.
        Load(U, __[rsi]);
        Subtract(A, U, rsi + (rax * 2), 8);
        Add(U, U, rsi + (rax * 2));
        CarryOver(A);
        MultiplyByTwiddle(rdx, 0);
        StoreReduced(__[rsi], U);
        Store(rsi + (rax * 2), Product);

        // d₀ + d₁ < 4r; W(d₀ − d₁ + 2r) < 2r.
        Load(U, rsi + rax);
        Subtract(A, U, rsi + r8, 2);
        Add(U, U, rsi + r8);
        CarryOver(A);
        Store(rsi + rax, U);
        MultiplyByTwiddle(rdx, 0);
        Store(rsi + r8, Product);
    });

    public void MergeZero() => Group(4, zero: true, () =>
    {
        // Operands below 4r: s₁ = a₂ + a₃ < 8r to the place of a₂, d₁ = W(a₂ − a₃ + 4r) < 2r.
        Load(U, rsi + (rax * 2));
        Subtract(A, U, rsi + r8, 4);
        Add(U, U, rsi + r8);
        CarryOver(A);
        MultiplyByTwiddle(r9, TwiddleBytes);
        Store(rsi + (rax * 2), U);

        // d₀ = a₀ − a₁ + 6r < 10r, d₀ ± d₁ < 12r, s₀ = a₀ + a₁ < 8r: all brought below 2r.
        Load(A, __[rsi]);
        Subtract(U, A, rsi + rax, 6);
        Add(A, A, rsi + rax);
        for (int j = 0; j < NttLaneKernels.Limbs; j++)
        {
            c.vmovdqa64(Extra, U(j));
            c.vpaddq(U(j), U(j), Product(j));
            c.vpsubq(Product(j), Extra, Product(j));
        }

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
        Load(U, __[rsi]);
        Add(A, U, rsi + rax);
        Subtract(U, U, rsi + rax, 4);
        Store(__[rsi], A);
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
        LoadCarried(__[rsi]);
        MultiplyByTwiddle(rdx, 0);
        Store(__[rsi], Product);
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
        // Carried well before the multiplication reads it.
        for (int unit = 0; unit < 2; unit++)
        {
            c.lea(r14, __[rsi + (unit * lane.UnitBytes)]);
            lane.Load(r14);
            lane.Carry();
            lane.Store(r14);
        }

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
        foreach (AssemblerRegister64 operand in (AssemblerRegister64[])[r14, r15])
        {
            lane.Load(operand);
            lane.Carry();
            lane.Store(operand);
        }

        lane.CallMultiply();
        lane.Carry();
        lane.Store(r14);
        c.add(r14, lane.UnitBytes);
        c.add(r15, lane.UnitBytes);
        c.sub(rcx, 2);
        c.jnz(next);
        lane.Epilogue();
    }
}
