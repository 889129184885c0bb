// Owns: the instructions of a witness program.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

internal enum Opcode : byte
{
    /// <summary>w = A.</summary>
    Linear,

    /// <summary>w = A · B.</summary>
    Multiply,

    /// <summary>w = A⁻¹, or 0.</summary>
    Inverse,

    /// <summary>w = A / B, or 0 where B is 0.</summary>
    Divide,

    /// <summary>w = 1 where A is 0, else 0.</summary>
    IsZero,

    /// <summary>Count wires: the lowest bits of A.</summary>
    Bits,

    /// <summary>Count wires: entry A of the table of functions.</summary>
    Hint,

    /// <summary>All copies of entry A of the table of repeated parts.</summary>
    Repeat,
}

/// <summary>One step; A and B are numbers of linear combinations in the pool.</summary>
internal struct Instruction
{
    public int Destination;
    public int Count;
    public int A;
    public int B;
    public Opcode Op;
}

internal struct HintEntry<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    public HintFunction<TF> Function;
    public int[] Inputs;
}

/// <summary>
/// Alters what a hint has just put into wires. What follows is computed from the altered values, which is the cheating
/// prover's best play: everything a constraint does not pin down is wrong, and everything else consistent with it.
/// </summary>
internal delegate void HintTamper<TF>(Opcode op, Span<TF> outputs)
    where TF : unmanaged, IPrimeField<TF>;
