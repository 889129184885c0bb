// Owns: the inner loop of the modular inverse in emitted code. The algorithm and its twin in C#: Fields/BinaryGcd.cs.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Thirty-one division steps on two words. Which operand is the greater is as good as random, so that the choice must be a
/// conditional move, which the JIT does not make in loops. The zeros of a difference are those of its negative: they are
/// counted while the choice is made. About five cycles for each subtraction, of which there are some twenty.
/// </summary>
internal static class ScalarDivisionSteps
{
    /// <summary>(rows, x, y) by the System V convention: the packed rows of the matrix. A leaf: nothing is saved.</summary>
    public static void EmitDoor(Assembler c, Label door)
    {
        Label loop = c.CreateLabel(), halve = c.CreateLabel();

        // rsi, rdx: x and y; r8, r9: their rows; r10: a bit that moves down to 0 as steps are taken; rdi waits on the stack.
        c.Label(ref door);
        c.push(rdi);
        c.mov(r8, 1);
        c.mov(r9, 1UL << 32);
        c.mov(r10, 1UL << 31);
        c.mov(rax, rsi);
        c.jmp(halve);

        c.Label(ref loop);
        c.mov(r11, r8);
        c.sub(r11, r9);
        c.mov(rdi, r9);
        c.sub(rdi, r8);
        c.mov(rcx, rdx);
        c.sub(rcx, rsi);
        c.mov(rax, rsi);
        c.sub(rax, rdx);
        c.cmovb(rdx, rsi);
        c.cmovb(r9, r8);
        c.mov(r8, r11);
        c.cmovb(r8, rdi);
        c.mov(rsi, rax);
        c.cmovb(rsi, rcx);

        c.Label(ref halve);
        c.or(rax, r10);
        c.tzcnt(rcx, rax);
        c.shrx(rsi, rsi, rcx);
        c.shlx(r9, r9, rcx);
        c.shrx(r10, r10, rcx);
        c.cmp(r10, 1);
        c.jne(loop);

        c.pop(rdi);
        c.mov(__qword_ptr[rdi], r8);
        c.mov(__qword_ptr[rdi + 8], r9);
        c.ret();
    }
}
