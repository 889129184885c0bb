// Owns: what the PTX interpreter executes: instructions with their operands as places of a frame.

namespace ProvingService.Gpu.Tests;

/// <summary>Operations after decoding; the width is in the name where it matters. Registers hold their value zero-extended.</summary>
internal enum PtxOp
{
    /// <summary>D = A.</summary>
    Move,

    /// <summary>D = special register C (<see cref="PtxSpecial"/>).</summary>
    Special,

    /// <summary>D = the address of the frame's byte C.</summary>
    FrameAddress,

    // D = A op B, the .cc forms setting the carry, the C forms (addc) taking it in.
    Add16, Add32, Add64, AddCc32, AddC32, AddCCc32, AddCc64, AddC64, AddCCc64,
    Sub16, Sub32, Sub64, SubCc32, SubC32, SubCCc32, SubCc64, SubC64, SubCCc64,
    MulLo16, MulLo32, MulLo64, MulHiU32, MulHiS32, MulHiU64, MulWideU16, MulWideS16, MulWideU32, MulWideS32,

    // D = A * B + C.
    MadLo16, MadLo32, MadLo64, MadHiU32, MadHiU64, MadWideU32, MadWideS32,
    MadLoCc32, MadLoC32, MadLoCCc32, MadHiCcU32, MadHiCU32, MadHiCCcU32,

    And, Or, Xor, Not16, Not32, Not64, NotPredicate,
    ShiftLeft16, ShiftLeft32, ShiftLeft64, ShiftRightU, ShiftRightS16, ShiftRightS32, ShiftRightS64,
    FunnelLeftWrap, FunnelLeftClamp, FunnelRightWrap, FunnelRightClamp,

    // D = A compared with B, 0 or 1.
    Equal, NotEqual, LessU, LessOrEqualU, LessS16, LessOrEqualS16, LessS32, LessOrEqualS32, LessS64, LessOrEqualS64,

    /// <summary>D = C ? A : B.</summary>
    Select,

    MinU, MaxU, MinS32, MaxS32, MinS64, MaxS64, DivU, RemU, Neg16, Neg32, Neg64,

    /// <summary>D = A and the immediate: conversions of unsigned types.</summary>
    Mask,

    /// <summary>D = A, of C bits, sign-extended, and the immediate.</summary>
    SignExtend,

    PopCount, LeadingZeros32, LeadingZeros64, Reverse32, Reverse64,

    /// <summary>D = C bits of A from bit B; and the bytes of A and B that C selects.</summary>
    ExtractU32, ExtractU64, Permute,

    // D = A | B << 32; and its inverse in two steps.
    Pack32, Pack16, High32, High16,

    // D = [A + immediate], B the space, C the alignment; stores: [A + immediate] = D.
    Load8, Load16, Load32, Load64, Store8, Store16, Store32, Store64,

    // The frame's bytes at the immediate.
    LoadFrame8, LoadFrame16, LoadFrame32, LoadFrame64, StoreFrame8, StoreFrame16, StoreFrame32, StoreFrame64,

    // D = [A], then [A] = op(D, B); compare and swap: if D == B then C.
    AtomicAdd32, AtomicAdd64, AtomicMin32, AtomicMax32, AtomicAnd32, AtomicOr32, AtomicXor32, AtomicExchange32, AtomicCas32,

    /// <summary>To instruction C.</summary>
    Branch,

    /// <summary>To instruction C if A.</summary>
    BranchIf,

    /// <summary>To instruction C if not A.</summary>
    BranchIfNot,

    /// <summary>Call number C of the function.</summary>
    Call,

    Return, Exit, Barrier,
}

/// <summary>Special registers of one-dimensional grids.</summary>
internal enum PtxSpecial
{
    LocalIndex, LocalSize, GroupIndex, GroupCount, Zero, One,
}

/// <summary>State spaces; generic addresses carry theirs in the highest byte.</summary>
internal enum PtxSpace
{
    Generic = 0, Global = 1, Shared = 2, Frame = 3, Constant = 4,
}

/// <summary>An instruction. D, A, B and C are places of the frame's registers, unless the operation says otherwise.</summary>
internal record struct PtxInstruction(PtxOp Op, int D = 0, int A = 0, int B = 0, int C = 0, long Immediate = 0);

/// <summary>A call: which function, and which bytes of the caller's frame go into the callee's, and back.</summary>
internal sealed record PtxCall(string Name, (int Offset, int Bytes)[] Arguments, (int Offset, int Bytes)? Result)
{
    /// <summary>Known when the whole module is read.</summary>
    public PtxFunction Callee { get; set; } = null!;
}

/// <summary>A function or a kernel.</summary>
internal sealed class PtxFunction
{
    public required string Name { get; init; }

    public required bool IsKernel { get; init; }

    /// <summary>Where the parameters lie in the frame's bytes.</summary>
    public List<(int Offset, int Bytes)> Parameters { get; } = [];

    public (int Offset, int Bytes)? Result { get; set; }

    public PtxInstruction[] Code { get; set; } = [];

    public List<PtxCall> Calls { get; } = [];

    /// <summary>Registers that hold the constants which instructions name, set when a frame begins.</summary>
    public List<(int Register, ulong Value)> Constants { get; } = [];

    /// <summary>Registers of a frame.</summary>
    public int Registers { get; set; }

    /// <summary>Bytes of a frame: parameters, results, local memory.</summary>
    public int FrameBytes { get; set; }

    /// <summary>Bytes of shared memory that the kernel declares.</summary>
    public int SharedBytes { get; set; }

    /// <summary>The group size of <c>.maxntid</c>; 0 where it is not said.</summary>
    public int MaxGroupSize { get; set; }

    /// <summary>Registers with those of the deepest calls.</summary>
    public int DeepRegisters => Registers + Calls.Select(call => call.Callee.DeepRegisters).DefaultIfEmpty().Max();

    /// <summary>Frame bytes with those of the deepest calls.</summary>
    public int DeepFrameBytes => FrameBytes + Calls.Select(call => call.Callee.DeepFrameBytes).DefaultIfEmpty().Max();

    /// <summary>The longest chain of calls, itself included.</summary>
    public int Depth => 1 + Calls.Select(call => call.Callee.Depth).DefaultIfEmpty().Max();

    /// <summary>Whether it, or what it calls, waits for others.</summary>
    public bool HasBarrier => Code.Any(i => i.Op == PtxOp.Barrier) || Calls.Any(call => call.Callee.HasBarrier);
}

/// <summary>What a program does or says that the interpreter refuses: an unknown instruction, an address outside memory.</summary>
public sealed class PtxException(string message) : Exception(message);
