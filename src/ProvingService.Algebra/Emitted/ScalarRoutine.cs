// Owns: straight-line routines: calls of subroutines on elements in a stack frame, and the doors through which C# calls
// them. Never: what the subroutines compute.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Where a routine's operand stands: in its frame, behind one of the pointers that it was handed, or beside the code.
/// </summary>
/// <param name="Argument">The pointer, 0 to 4 for rdi, rsi, rbx, rbp and r15; −1 for the frame; −2 beside the code.</param>
/// <param name="Offset">Bytes from there.</param>
/// <param name="Constant">The label beside the code.</param>
internal readonly record struct Place(int Argument, int Offset, Label Constant = default)
{
    /// <summary>What the routine's result pointer points at.</summary>
    public static Place Result => new(0, 0);

    /// <summary>What the routine's first operand pointer points at.</summary>
    public static Place Left => new(1, 0);

    /// <summary>What the routine's second operand pointer points at.</summary>
    public static Place Right => new(2, 0);

    /// <summary>What the routine's third operand pointer points at.</summary>
    public static Place Third => new(3, 0);

    /// <summary>The place so many bytes on.</summary>
    public static Place operator +(Place place, int bytes) => place with { Offset = place.Offset + bytes };
}

/// <summary>
/// Collects calls and then emits them between a prologue and an epilogue. Routines and subroutines share one convention:
/// pointers in rdi (result), rsi, rbx, rbp and r15; every register but rsp may be clobbered, so that nothing is saved
/// between two calls. A routine may have its result where an operand is: emission refuses one that reads an operand after
/// it has begun to write its result.
/// </summary>
internal sealed class ScalarRoutine(Assembler assembler)
{
    private static readonly AssemblerRegister64[] Pointers = [rdi, rsi, rbx, rbp, r15];

    private readonly List<(Label Target, Place[] Operands)> calls = [];
    private int frame;

    /// <summary>Sets bytes of the frame aside.</summary>
    public Place Reserve(int bytes)
    {
        frame += bytes;
        return new(-1, frame - bytes);
    }

    /// <summary>Calls a subroutine: the result's place, then the operands'.</summary>
    public void Call(Label target, params Place[] operands) => calls.Add((target, operands));

    /// <summary>Emits the routine under the label.</summary>
    public void Emit(Label label)
    {
        int arguments = 1 + calls.Max(call => call.Operands.Max(place => place.Argument));
        bool isWriting = false;
        assembler.Label(ref label);
        assembler.sub(rsp, frame + (8 * arguments));
        for (int i = 0; i < arguments; i++)
        {
            assembler.mov(__qword_ptr[rsp + (frame + (8 * i))], Pointers[i]);
        }

        foreach ((Label target, Place[] operands) in calls)
        {
            if (isWriting && operands.Skip(1).Any(place => place.Argument > 0))
            {
                throw new InvalidOperationException("A routine reads an operand after writing its result.");
            }

            for (int i = 0; i < operands.Length; i++)
            {
                Load(Pointers[i], operands[i]);
            }

            assembler.call(target);
            isWriting |= operands[0].Argument == 0;
        }

        assembler.add(rsp, frame + (8 * arguments));
        assembler.ret();
    }

    /// <summary>
    /// A door for callers of the System V convention: rdi, rsi, rdx, rcx and r8 become the pointers, and the registers that
    /// this convention calls saved are.
    /// </summary>
    public static void EmitDoor(Assembler assembler, Label door, Label target, int arguments)
    {
        assembler.Label(ref door);
        Push(assembler);
        if (arguments > 2)
        {
            assembler.mov(rbx, rdx);
        }

        if (arguments > 3)
        {
            assembler.mov(rbp, rcx);
        }

        if (arguments > 4)
        {
            assembler.mov(r15, r8);
        }

        assembler.call(target);
        Pop(assembler);
    }

    /// <summary>A door for result ← operand applied rdx times over, at least once, by a subroutine of one operand.</summary>
    public static void EmitRepeatingDoor(Assembler assembler, Label door, Label target)
    {
        assembler.Label(ref door);
        Push(assembler);
        assembler.push(rdi);
        assembler.push(rdx);
        Label again = assembler.CreateLabel();
        assembler.Label(ref again);
        assembler.call(target);
        assembler.mov(rdi, __qword_ptr[rsp + 8]);
        assembler.mov(rsi, rdi);
        assembler.dec(__qword_ptr[rsp]);
        assembler.jne(again);
        assembler.add(rsp, 16);
        Pop(assembler);
    }

    private static void Push(Assembler assembler)
    {
        assembler.push(rbx);
        assembler.push(rbp);
        assembler.push(r12);
        assembler.push(r13);
        assembler.push(r14);
        assembler.push(r15);
    }

    private static void Pop(Assembler assembler)
    {
        assembler.pop(r15);
        assembler.pop(r14);
        assembler.pop(r13);
        assembler.pop(r12);
        assembler.pop(rbp);
        assembler.pop(rbx);
        assembler.ret();
    }

    private void Load(AssemblerRegister64 register, Place place)
    {
        switch (place.Argument)
        {
            case -1:
                assembler.lea(register, __[rsp + place.Offset]);
                break;
            case -2:
                assembler.lea(register, __[place.Constant]);
                break;
            default:
                assembler.mov(register, __qword_ptr[rsp + (frame + (8 * place.Argument))]);
                if (place.Offset != 0)
                {
                    assembler.add(register, place.Offset);
                }

                break;
        }
    }
}
