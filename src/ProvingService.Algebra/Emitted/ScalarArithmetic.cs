// Owns: how the words of one prime field are multiplied, reduced, added and subtracted by emitted x86-64 instructions.
// A little over 500 lines, since registers and bounds are best argued in one place. Never: calling conventions
// (ScalarRoutine.cs) or which functions there are (ScalarFunctions.cs, ScalarTower.cs).

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Emits arithmetic modulo a prime p of n = 4 or 6 words in Montgomery form, R = 2^(64n).
/// <para>
/// <b>Multiplication</b> scans the words of one operand. T is a running sum of n + 1 registers; for each word b_i the row
/// a·b_i is added to it, and then m·p with m = −T·p⁻¹ mod 2^64, which makes T divisible by 2^64. The lowest register is
/// then zero and becomes the highest of the next round: T is renamed, never moved. Each row walks up the words with two
/// carries in flight, as ADX has it: the low half of a product goes to word j by ADOX (overflow flag), the high half to
/// word j + 1 by ADCX (carry flag), and MULX disturbs neither. A row so costs n MULX, one a cycle.
/// </para>
/// <para>
/// <b>Bounds.</b> A sum of k products of factors below p, with one reduction for all, keeps T below (k + 1)·p·2^64 and
/// ends below k·p²/R + p. Where (k + 1)·p exceeds R, T gets one word more; where k·p exceeds R the result may reach 3p and
/// is corrected twice. A factor may also be p itself, which the bounds allow: −0 is left as p.
/// </para>
/// <para>
/// <b>Registers</b> of every body: rdi points to the result, rsi and rbx to the operands (where there are more: rbp, r15),
/// rdx is MULX's implicit factor, rax and rcx take its halves, T lives in r8 to r14. The modulus is read from memory beside
/// the code. Nothing but rsp survives a subroutine, and the result is written after the last read of an operand.
/// </para>
/// </summary>
internal sealed class ScalarArithmetic
{
    private static readonly AssemblerRegister64[] Accumulators = [r8, r9, r10, r11, r12, r13, r14];

    private readonly Assembler c;
    private readonly Label[] modulus;
    private readonly Label negInverse;
    private readonly ulong[] words;
    private readonly ulong negInverseWord;

    /// <summary>Prepares to emit for the prime with these words and −p⁻¹ mod 2^64.</summary>
    public ScalarArithmetic(Assembler assembler, ReadOnlySpan<ulong> modulus, ulong negInverse)
    {
        c = assembler;
        words = modulus.ToArray();
        negInverseWord = negInverse;
        this.modulus = [.. words.Select(_ => assembler.CreateLabel())];
        this.negInverse = assembler.CreateLabel();
    }

    /// <summary>Words of an element.</summary>
    public int Words => words.Length;

    /// <summary>Bytes of an element.</summary>
    public int Size => 8 * words.Length;

    /// <summary>p / 2^(64n), in 2^−32ths rounded up.</summary>
    private ulong Fill => (words[^1] >> 32) + 1;

    /// <summary>Whether sums and factors below 2p fit the scheme: where p is below R/4.</summary>
    public static bool HasSpareBits(ReadOnlySpan<ulong> modulus) => modulus[^1] >> 62 == 0;

    /// <summary>Places the constants; call once, after the last instruction. Returns the label where they begin.</summary>
    public Label EmitConstants()
    {
        for (int i = 0; i < words.Length; i++)
        {
            c.Label(ref modulus[i]);
            c.dq(words[i]);
        }

        Label label = negInverse;
        c.Label(ref label);
        c.dq(negInverseWord);
        return modulus[0];
    }

    /// <summary>destination ← Σ a·b over the pairs, reduced. Clobbers rax, rcx, rdx and r8 to r14.</summary>
    public void SumOfProducts(AssemblerMemoryOperand destination, params ReadOnlySpan<(AssemblerMemoryOperand A, AssemblerMemoryOperand B)> pairs)
    {
        ulong k = (ulong)pairs.Length;
        bool isWide = (k + 1) * Fill > 1UL << 32;
        AssemblerRegister64[] t = Accumulators[..(Words + (isWide ? 2 : 1))];
        for (int i = 0; i < Words; i++)
        {
            for (int j = 0; j < pairs.Length; j++)
            {
                c.mov(rdx, pairs[j].B + (8 * i));
                if (i == 0 && j == 0)
                {
                    FirstRow(t, pairs[0].A);
                }
                else
                {
                    AddRow(t, pairs[j].A);
                }
            }

            t = Reduce(t);
        }

        StoreReduced(t, destination, k * Fill > 1UL << 32 ? 2 : 1);
    }

    /// <summary>
    /// [rdi] ← [rsi]², reduced: the products above the diagonal once, doubled while those on it are added, then n reducing
    /// rows. n(n + 1)/2 + n² products of words against a multiplication's 2n². Clobbers all registers but rdi and rsp.
    /// </summary>
    public void Square()
    {
        int n = Words;
        AssemblerRegister64[] pool = [r8, r9, r10, r11, r12, r13, r14, r15, rbx, rbp];

        // w[1] to w[2n − 2] in registers, w[0] and the upper half on the stack at the end.
        AssemblerRegister64[] w = new AssemblerRegister64[2 * n];
        pool.AsSpan(0, (2 * n) - 2).CopyTo(w.AsSpan(1));
        c.mov(rdx, __qword_ptr[rsi]);
        c.mulx(w[2], w[1], __qword_ptr[rsi + 8]);
        for (int j = 2; j < n; j++)
        {
            c.mulx(w[j + 1], rax, __qword_ptr[rsi + (8 * j)]);
            Link(j == 2, c.add, c.adc, w[j], rax);
        }

        c.adc(w[n], 0);
        for (int i = 1; i < n - 1; i++)
        {
            c.mov(rdx, __qword_ptr[rsi + (8 * i)]);
            c.xor(eax, eax);
            for (int j = i + 1; j < n; j++)
            {
                bool isLast = j == n - 1;
                c.mulx(isLast ? w[i + n] : rcx, rax, __qword_ptr[rsi + (8 * j)]);
                c.adox(w[i + j], rax);
                if (!isLast)
                {
                    c.adcx(w[i + j + 1], rcx);
                }
            }

            c.mov(eax, 0);
            c.adcx(w[i + n], rax);
            c.adox(w[i + n], rax);
        }

        // Doubling rides on the carry flag, the diagonal on the overflow flag.
        c.mov(rdx, __qword_ptr[rsi]);
        c.mulx(rcx, rax, rdx);
        c.mov(__qword_ptr[rsp - 8], rax);
        c.xor(eax, eax);
        c.adcx(w[1], w[1]);
        c.adox(w[1], rcx);
        for (int i = 1; i < n; i++)
        {
            c.mov(rdx, __qword_ptr[rsi + (8 * i)]);
            c.mulx(rcx, rax, rdx);
            c.adcx(w[2 * i], w[2 * i]);
            c.adox(w[2 * i], rax);
            if (i < n - 1)
            {
                c.adcx(w[(2 * i) + 1], w[(2 * i) + 1]);
                c.adox(w[(2 * i) + 1], rcx);
            }
        }

        c.mov(eax, 0);
        c.adcx(rcx, rax);
        c.adox(rcx, rax);
        w[(2 * n) - 1] = rcx;
        for (int i = n; i < 2 * n; i++)
        {
            c.mov(__qword_ptr[rsp - (8 * (2 + i - n))], w[i]);
        }

        AssemblerRegister64 low = w[n], top = w[n + 1];
        c.mov(low, __qword_ptr[rsp - 8]);
        c.mov(top, 0);
        AssemblerRegister64[] t = [low, .. w[1..n], top];
        for (int i = 0; i < n; i++)
        {
            t = Reduce(t);
        }

        Chain(t[..n], i => __qword_ptr[rsp - (8 * (2 + i))], c.add, c.adc);

        StoreReduced(t, __qword_ptr[rdi], 1);
    }

    /// <summary>
    /// [rdi] ← |[rsi]·rbp + [rbx]·r15| / 2^64 for a division without remainder, where r15 is the negative of a word that is
    /// not zero or [rbx] is zero; rax becomes −1 where the sum was negative, else 0. A step of <see cref="BinaryGcd"/>.
    /// </summary>
    public void CombineExact()
    {
        AssemblerRegister64[] t = CombineWords()[1..];
        c.mov(rax, t[^1]);
        c.sar(rax, 63);
        for (int i = 0; i < Words; i++)
        {
            c.xor(t[i], rax);
        }

        for (int i = 0; i < Words; i++)
        {
            Link(i == 0, c.sub, c.sbb, t[i], rax);
        }

        Store(__qword_ptr[rdi], t);
    }

    /// <summary>
    /// [rdi] ← ([rsi]·rbp + [rbx]·r15) / 2^64 mod p, reduced; the operands as for <see cref="CombineExact"/>. A reducing row
    /// brings the sum, which is between −p·2^64 and p·2^64, to between −p and 2p: for primes with spare bits.
    /// </summary>
    public void CombineModular()
    {
        AssemblerRegister64[] t = Reduce(CombineWords()), masked = [rcx, rdx, rbp, r15, rbx, rsi];
        c.mov(rax, t[Words - 1]);
        c.sar(rax, 63);
        for (int i = 0; i < Words; i++)
        {
            c.mov(masked[i], __qword_ptr[modulus[i]]);
            c.and(masked[i], rax);
        }

        for (int i = 0; i < Words; i++)
        {
            Link(i == 0, c.add, c.adc, t[i], masked[i]);
        }

        StoreReduced(t, __qword_ptr[rdi], 1);
    }

    /// <summary>destination ← a + b. Clobbers r8 to r13.</summary>
    public void Add(AssemblerMemoryOperand destination, AssemblerMemoryOperand a, AssemblerMemoryOperand b)
    {
        AssemblerRegister64[] t = Load(a);
        Chain(t, i => b + (8 * i), c.add, c.adc);

        StoreReduced(t, destination, 1);
    }

    /// <summary>destination ← a − b; p is added under a mask that is the borrow. Clobbers rax, rcx, rdx and r8 to r14.</summary>
    public void Subtract(AssemblerMemoryOperand destination, AssemblerMemoryOperand a, AssemblerMemoryOperand b)
    {
        AssemblerRegister64[] t = Load(a);
        Chain(t, i => b + (8 * i), c.sub, c.sbb);
        AssemblerRegister64[] masked = [rcx, rdx, rbp, r14, r15, rax];
        masked = masked[^Words..];
        c.sbb(rax, rax);
        for (int i = 0; i < Words; i++)
        {
            if (i < Words - 1)
            {
                c.mov(masked[i], __qword_ptr[modulus[i]]);
                c.and(masked[i], rax);
            }
            else
            {
                c.and(rax, __qword_ptr[modulus[i]]);
            }
        }

        for (int i = 0; i < Words; i++)
        {
            Link(i == 0, c.add, c.adc, t[i], masked[i]);
        }

        Store(destination, t);
    }

    /// <summary>destination ← p − a: a negative that may be p itself, good as a factor only. Clobbers r8 to r13.</summary>
    public void NegateFactor(AssemblerMemoryOperand destination, AssemblerMemoryOperand a)
    {
        AssemblerRegister64[] t = Accumulators[..Words];
        for (int i = 0; i < Words; i++)
        {
            c.mov(t[i], __qword_ptr[modulus[i]]);
        }

        Chain(t, i => a + (8 * i), c.sub, c.sbb);
        Store(destination, t);
    }

    /// <summary>destination ← a + b below 2p, for primes with spare bits. Clobbers r8 to r13.</summary>
    public void AddLoose(AssemblerMemoryOperand destination, AssemblerMemoryOperand a, AssemblerMemoryOperand b)
    {
        AssemblerRegister64[] t = Load(a);
        Chain(t, i => b + (8 * i), c.add, c.adc);
        Store(destination, t);
    }

    /// <summary>destination ← a − b + p, above 0 and below 2p, for primes with spare bits. Clobbers r8 to r13.</summary>
    public void SubtractLoose(AssemblerMemoryOperand destination, AssemblerMemoryOperand a, AssemblerMemoryOperand b)
    {
        AssemblerRegister64[] t = Load(a);
        Chain(t, i => __qword_ptr[modulus[i]], c.add, c.adc);
        Chain(t, i => b + (8 * i), c.sub, c.sbb);
        Store(destination, t);
    }

    /// <summary>
    /// destination ← k·a ± b for a small k. One is an addition; any other, for n = 4, makes k·a ± b (+ p) in n + 1 words,
    /// estimates its quotient by p from the upper 64 bits over 2^(64n − 32), at most one too low, and subtracts.
    /// Clobbers all registers but rdi, rsi, rbx and rsp.
    /// </summary>
    public void Combine(AssemblerMemoryOperand destination, int k, AssemblerMemoryOperand a, AssemblerMemoryOperand b, bool subtract)
    {
        if (k == 1)
        {
            if (subtract)
            {
                Subtract(destination, a, b);
            }
            else
            {
                Add(destination, a, b);
            }

            return;
        }

        if (Words != 4 || k > 15)
        {
            throw new NotSupportedException("Small multiples are emitted for four words.");
        }

        AssemblerRegister64[] t = Accumulators[..5], multiple = [r13, r14, r15, rbp];
        c.mov(rdx, k);
        c.mulx(t[1], t[0], a);
        for (int j = 1; j < 4; j++)
        {
            c.mulx(t[j + 1], rax, a + (8 * j));
            Link(j == 1, c.add, c.adc, t[j], rax);
        }

        c.adc(t[4], 0);
        Chain(t[..4], i => subtract ? __qword_ptr[modulus[i]] : b + (8 * i), c.add, c.adc);
        c.adc(t[4], 0);
        if (subtract)
        {
            Chain(t[..4], i => b + (8 * i), c.sub, c.sbb);
            c.sbb(t[4], 0);
        }

        // q = ⌊h·⌊2^64 / (p/2^224 + 1)⌋ / 2^64⌋ with h = ⌊T / 2^224⌋, both halves below 2^37.
        c.shld(t[4], t[3], 32);
        c.mov(rdx, ulong.MaxValue / ((words[^1] >> 32) + 1));
        c.mulx(rdx, rax, t[4]);
        c.mulx(rax, multiple[0], __qword_ptr[modulus[0]]);
        for (int j = 1; j < 4; j++)
        {
            (AssemblerRegister64 carried, AssemblerRegister64 high) = (j & 1) != 0 ? (rax, rcx) : (rcx, rax);
            c.mulx(high, multiple[j], __qword_ptr[modulus[j]]);
            Link(j == 1, c.add, c.adc, multiple[j], carried);
        }

        for (int j = 0; j < 4; j++)
        {
            Link(j == 0, c.sub, c.sbb, t[j], multiple[j]);
        }

        StoreReduced(t, destination, 1);
    }

    /// <summary>Copies one element. Clobbers rax.</summary>
    public void Copy(AssemblerMemoryOperand destination, AssemblerMemoryOperand source)
    {
        for (int i = 0; i < Words; i++)
        {
            c.mov(rax, source + (8 * i));
            c.mov(destination + (8 * i), rax);
        }
    }

    /// <summary>[rsi]·rbp − [rbx]·(2^64 − r15) in n + 1 words, signed: the second product is taken with r15 and 2^64·[rbx] is taken off.</summary>
    private AssemblerRegister64[] CombineWords()
    {
        AssemblerRegister64[] t = Accumulators[..(Words + 1)];
        c.mov(rdx, rbp);
        FirstRow(t, __qword_ptr[rsi]);
        c.mov(rdx, r15);
        AddRow(t, __qword_ptr[rbx]);
        Chain(t[1..], i => __qword_ptr[rbx + (8 * i)], c.sub, c.sbb);
        return t;
    }

    private AssemblerRegister64[] Load(AssemblerMemoryOperand a)
    {
        AssemblerRegister64[] t = Accumulators[..Words];
        for (int i = 0; i < Words; i++)
        {
            c.mov(t[i], a + (8 * i));
        }

        return t;
    }

    /// <summary>T ← a · rdx, where T held nothing: one carry chain suffices.</summary>
    private void FirstRow(AssemblerRegister64[] t, AssemblerMemoryOperand a)
    {
        c.mulx(t[1], t[0], a);
        for (int j = 1; j < Words; j++)
        {
            c.mulx(t[j + 1], rax, a + (8 * j));
            Link(j == 1, c.add, c.adc, t[j], rax);
        }

        c.adc(t[Words], 0);
        if (t.Length > Words + 1)
        {
            c.mov(t[^1], 0);
        }
    }

    /// <summary>T ← T + a · rdx by two carry chains; both end above the highest word of the row.</summary>
    private void AddRow(AssemblerRegister64[] t, AssemblerMemoryOperand a)
    {
        c.xor(eax, eax);
        for (int j = 0; j < Words; j++)
        {
            c.mulx(rcx, rax, a + (8 * j));
            c.adox(t[j], rax);
            c.adcx(t[j + 1], rcx);
        }

        CloseRow(t);
    }

    /// <summary>T ← (T + m·p) / 2^64: adds the row and renames the words.</summary>
    private AssemblerRegister64[] Reduce(AssemblerRegister64[] t)
    {
        c.mov(rdx, t[0]);
        c.imul(rdx, __qword_ptr[negInverse]);
        c.xor(eax, eax);
        for (int j = 0; j < Words; j++)
        {
            c.mulx(rcx, rax, __qword_ptr[modulus[j]]);
            c.adox(t[j], rax);
            c.adcx(t[j + 1], rcx);
        }

        CloseRow(t);
        return [.. t[1..], t[0]];
    }

    private void CloseRow(AssemblerRegister64[] t)
    {
        // MOV, unlike XOR, leaves both flags standing.
        c.mov(eax, 0);
        c.adox(t[Words], rax);
        if (t.Length > Words + 1)
        {
            c.adcx(t[Words + 1], rax);
            c.adox(t[Words + 1], rax);
        }
    }

    /// <summary>
    /// Stores T, which is below (times + 1)·p: writes it as it is, subtracts p, takes back from memory what that made
    /// negative, and writes again. Memory spares the registers that a copy of T would take.
    /// </summary>
    private void StoreReduced(AssemblerRegister64[] t, AssemblerMemoryOperand destination, int times)
    {
        for (int time = 0; time < times; time++)
        {
            Store(destination, t[..Words]);
            Chain(t[..Words], i => __qword_ptr[modulus[i]], c.sub, c.sbb);
            for (int i = 0; i < Words; i++)
            {
                c.cmovb(t[i], destination + (8 * i));
            }
        }

        Store(destination, t[..Words]);
    }

    private void Store(AssemblerMemoryOperand destination, ReadOnlySpan<AssemblerRegister64> t)
    {
        for (int i = 0; i < t.Length; i++)
        {
            c.mov(destination + (8 * i), t[i]);
        }
    }

    /// <summary>One carry chain over all of t: <paramref name="first"/> on word 0, <paramref name="next"/> on the others.</summary>
    private static void Chain(
        ReadOnlySpan<AssemblerRegister64> t,
        Func<int, AssemblerMemoryOperand> operand,
        Action<AssemblerRegister64, AssemblerMemoryOperand> first,
        Action<AssemblerRegister64, AssemblerMemoryOperand> next)
    {
        for (int i = 0; i < t.Length; i++)
        {
            (i == 0 ? first : next)(t[i], operand(i));
        }
    }

    private static void Link(
        bool isFirst,
        Action<AssemblerRegister64, AssemblerRegister64> first,
        Action<AssemblerRegister64, AssemblerRegister64> next,
        AssemblerRegister64 register,
        AssemblerRegister64 operand) => (isFirst ? first : next)(register, operand);
}
