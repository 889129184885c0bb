// Owns: emitted subroutines of the quadratic extension Fp[u]/(u² + 1), and sums of three of its products. Its twin in C#
// is Fields/Fp2.cs.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// Subroutines on elements c0 + c1·u, c0 first. A multiplication is two sums of products with one reduction each; so is the
/// sum of three multiplications, from which the tower above is built: it costs 6n² + n² + n products of words a coefficient,
/// where Karatsuba's formulas would save products and pay with additions. Factors that stand on the right of such sums are
/// kept in triples (c0, c1, p − c1), so that every term is a sum.
/// </summary>
internal sealed class ScalarQuadratic(Assembler c, ScalarArithmetic fp)
{
    /// <summary>(result, a, b): a·b.</summary>
    public Label Multiply { get; } = c.CreateLabel();

    /// <summary>(result, a): a².</summary>
    public Label Square { get; } = c.CreateLabel();

    /// <summary>(result, a, b): a + b.</summary>
    public Label Add { get; } = c.CreateLabel();

    /// <summary>(result, a, b): a − b.</summary>
    public Label Subtract { get; } = c.CreateLabel();

    /// <summary>(result, a, s): a·s for s in Fp.</summary>
    public Label Scale { get; } = c.CreateLabel();

    /// <summary>(result, a): a.</summary>
    public Label Copy { get; } = c.CreateLabel();

    /// <summary>(result, a): a·ξ.</summary>
    public Label MultiplyByXi { get; } = c.CreateLabel();

    /// <summary>(triple, a): a as a factor of <see cref="Dot"/>.</summary>
    public Label Extend { get; } = c.CreateLabel();

    /// <summary>(triple, a): a·ξ as a factor of <see cref="Dot"/>.</summary>
    public Label ExtendXi { get; } = c.CreateLabel();

    /// <summary>(result, a, b, d, triples): a·t₀ + b·t₁ + d·t₂ for three triples in a row.</summary>
    public Label Dot { get; } = c.CreateLabel();

    /// <summary>Bytes of an element.</summary>
    public int Size => 2 * fp.Size;

    /// <summary>Bytes of a triple.</summary>
    public int TripleSize => 3 * fp.Size;

    /// <summary>Emits the subroutines that need no ξ.</summary>
    public void EmitBasic()
    {
        int s = fp.Size;
        Begin(Multiply);
        c.sub(rsp, 2 * s);
        fp.NegateFactor(__qword_ptr[rsp + s], __qword_ptr[rbx + s]);
        fp.SumOfProducts(
            __qword_ptr[rsp], (__qword_ptr[rsi], __qword_ptr[rbx]), (__qword_ptr[rsi + s], __qword_ptr[rsp + s]));
        fp.SumOfProducts(
            __qword_ptr[rdi + s], (__qword_ptr[rsi], __qword_ptr[rbx + s]), (__qword_ptr[rsi + s], __qword_ptr[rbx]));
        fp.Copy(__qword_ptr[rdi], __qword_ptr[rsp]);
        c.add(rsp, 2 * s);
        c.ret();

        // (c0 + c1)(c0 − c1) and 2·c0·c1, with sums left below 2p: (2p)²/R + p is below 2p.
        Begin(Square);
        c.sub(rsp, 3 * s);
        fp.AddLoose(__qword_ptr[rsp], __qword_ptr[rsi], __qword_ptr[rsi + s]);
        fp.SubtractLoose(__qword_ptr[rsp + s], __qword_ptr[rsi], __qword_ptr[rsi + s]);
        fp.AddLoose(__qword_ptr[rsp + (2 * s)], __qword_ptr[rsi], __qword_ptr[rsi]);
        fp.SumOfProducts(__qword_ptr[rdi + s], (__qword_ptr[rsi + s], __qword_ptr[rsp + (2 * s)]));
        fp.SumOfProducts(__qword_ptr[rdi], (__qword_ptr[rsp], __qword_ptr[rsp + s]));
        c.add(rsp, 3 * s);
        c.ret();

        Begin(Add);
        fp.Add(__qword_ptr[rdi], __qword_ptr[rsi], __qword_ptr[rbx]);
        fp.Add(__qword_ptr[rdi + s], __qword_ptr[rsi + s], __qword_ptr[rbx + s]);
        c.ret();

        Begin(Subtract);
        fp.Subtract(__qword_ptr[rdi], __qword_ptr[rsi], __qword_ptr[rbx]);
        fp.Subtract(__qword_ptr[rdi + s], __qword_ptr[rsi + s], __qword_ptr[rbx + s]);
        c.ret();
    }

    /// <summary>Emits the subroutines of which the tower is built, with ξ = k + u.</summary>
    public void EmitForTower(int k)
    {
        int s = fp.Size;
        Begin(Scale);
        fp.SumOfProducts(__qword_ptr[rdi], (__qword_ptr[rsi], __qword_ptr[rbx]));
        fp.SumOfProducts(__qword_ptr[rdi + s], (__qword_ptr[rsi + s], __qword_ptr[rbx]));
        c.ret();

        Begin(Copy);
        fp.Copy(__qword_ptr[rdi], __qword_ptr[rsi]);
        fp.Copy(__qword_ptr[rdi + s], __qword_ptr[rsi + s]);
        c.ret();

        Begin(Extend);
        fp.Copy(__qword_ptr[rdi], __qword_ptr[rsi]);
        fp.Copy(__qword_ptr[rdi + s], __qword_ptr[rsi + s]);
        fp.NegateFactor(__qword_ptr[rdi + (2 * s)], __qword_ptr[rsi + s]);
        c.ret();

        // (c0 + c1·u)(k + u) = (k·c0 − c1) + (k·c1 + c0)·u
        Begin(MultiplyByXi);
        c.sub(rsp, s);
        fp.Combine(__qword_ptr[rsp], k, __qword_ptr[rsi], __qword_ptr[rsi + s], subtract: true);
        fp.Combine(__qword_ptr[rdi + s], k, __qword_ptr[rsi + s], __qword_ptr[rsi], subtract: false);
        fp.Copy(__qword_ptr[rdi], __qword_ptr[rsp]);
        c.add(rsp, s);
        c.ret();

        Begin(ExtendXi);
        fp.Combine(__qword_ptr[rdi], k, __qword_ptr[rsi], __qword_ptr[rsi + s], subtract: true);
        fp.Combine(__qword_ptr[rdi + s], k, __qword_ptr[rsi + s], __qword_ptr[rsi], subtract: false);
        fp.NegateFactor(__qword_ptr[rdi + (2 * s)], __qword_ptr[rdi + s]);
        c.ret();

        Begin(Dot);
        c.sub(rsp, s);
        fp.SumOfProducts(
            __qword_ptr[rsp],
            (__qword_ptr[rsi], __qword_ptr[r15]),
            (__qword_ptr[rsi + s], __qword_ptr[r15 + (2 * s)]),
            (__qword_ptr[rbx], __qword_ptr[r15 + (3 * s)]),
            (__qword_ptr[rbx + s], __qword_ptr[r15 + (5 * s)]),
            (__qword_ptr[rbp], __qword_ptr[r15 + (6 * s)]),
            (__qword_ptr[rbp + s], __qword_ptr[r15 + (8 * s)]));
        fp.SumOfProducts(
            __qword_ptr[rdi + s],
            (__qword_ptr[rsi], __qword_ptr[r15 + s]),
            (__qword_ptr[rsi + s], __qword_ptr[r15]),
            (__qword_ptr[rbx], __qword_ptr[r15 + (4 * s)]),
            (__qword_ptr[rbx + s], __qword_ptr[r15 + (3 * s)]),
            (__qword_ptr[rbp], __qword_ptr[r15 + (7 * s)]),
            (__qword_ptr[rbp + s], __qword_ptr[r15 + (6 * s)]));
        fp.Copy(__qword_ptr[rdi], __qword_ptr[rsp]);
        c.add(rsp, s);
        c.ret();
    }

    private void Begin(Label label) => c.Label(ref label);
}
