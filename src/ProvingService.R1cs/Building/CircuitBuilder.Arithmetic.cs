// Owns: the verbs on field elements: assertions, products, quotients, selection.

using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

public sealed partial class CircuitBuilder<TF>
{
    private LinearAccumulator<TF>? accumulator;

    /// <summary>
    /// a = b. One linear constraint, removed by <see cref="OptimizationLevel.O2"/> where a private wire occurs; none
    /// where both are the same expression.
    /// </summary>
    /// <exception cref="ArgumentException">The two differ by a constant, so that no witness could satisfy.</exception>
    public void AssertEqual(Variable<TF> a, Variable<TF> b)
    {
        Variable<TF> difference = a - b;
        RequireOwn(difference);
        if (difference.IsConstant)
        {
            if (!TF.IsZero(difference.ConstantPart))
            {
                throw new ArgumentException($"{a} = {b} holds for no witness.");
            }

            return;
        }

        // 0 · 0 = difference: a linear constraint of iden3's compilers stands in C alone, so its wires cost no work in A and B.
        AddConstraint(LinearPool<TF>.Zero, LinearPool<TF>.Zero, Store(difference));
    }

    /// <summary>a · b = c. One constraint; linear where a or b is a constant.</summary>
    /// <exception cref="ArgumentException">All are constants and the equation is false.</exception>
    public void AssertProduct(Variable<TF> a, Variable<TF> b, Variable<TF> c)
    {
        if (a.IsConstant || b.IsConstant)
        {
            AssertEqual(a * b, c);
            return;
        }

        AddConstraint(Store(a), Store(b), Store(c));
    }

    /// <summary>x ≠ 0, shown by its inverse. One constraint.</summary>
    /// <exception cref="ArgumentException"><paramref name="x"/> is the constant 0.</exception>
    public void AssertNonZero(Variable<TF> x) => Inverse(x);

    /// <summary>x⁻¹. One constraint; no witness satisfies it where x is zero.</summary>
    /// <exception cref="ArgumentException"><paramref name="x"/> is the constant 0.</exception>
    public Variable<TF> Inverse(Variable<TF> x)
    {
        if (x.IsConstant)
        {
            TF value = x.ConstantPart;
            return TF.IsZero(value) ? throw new ArgumentException("Zero has no inverse.") : new(TF.Inverse(value));
        }

        Variable<TF> inverse = UnconstrainedInverse(x);
        AssertProduct(x, inverse, One);
        return inverse;
    }

    /// <summary>a / b; no witness satisfies it where b is zero. Two constraints, one where a is a constant, none where b is.</summary>
    /// <exception cref="ArgumentException"><paramref name="b"/> is the constant 0.</exception>
    public Variable<TF> Divide(Variable<TF> a, Variable<TF> b) => Inverse(b) * a;

    /// <summary>a / b where b is known to be non-zero. One constraint.</summary>
    /// <remarks>
    /// Hazard: where both are zero the quotient is whatever the prover likes, since q · 0 = 0. Use only where other
    /// constraints exclude b = 0, and say there which.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="b"/> is the constant 0.</exception>
    public Variable<TF> DivideUnchecked(Variable<TF> a, Variable<TF> b)
    {
        if (b.IsConstant)
        {
            return Inverse(b) * a;
        }

        Variable<TF> quotient = UnconstrainedQuotient(a, b);
        AddConstraint(Store(quotient), Store(b), Store(a));
        return quotient;
    }

    /// <summary>
    /// Gives a linear combination a wire of its own. One linear constraint, which <see cref="OptimizationLevel.O2"/>
    /// removes again where that adds few terms elsewhere (<see cref="CircuitCompiler.MaxFillIn"/>).
    /// </summary>
    public Variable<TF> Materialize(Variable<TF> x)
    {
        if (x.IsConstant || (x.Terms.Length == 1 && x.Terms[0].Coefficient == TF.One))
        {
            return x;
        }

        int wire = AddWire();
        Instructions.Add(new Instruction { Op = Opcode.Linear, Destination = wire, A = Store(x) });
        AssertEqual(FromWire(wire), x);
        return FromWire(wire);
    }

    /// <summary>The sum of many variables. No constraint; linear in the terms where a loop of additions is quadratic.</summary>
    public Variable<TF> Sum(params ReadOnlySpan<Variable<TF>> terms)
    {
        var ones = new TF[terms.Length];
        Array.Fill(ones, TF.One);
        return InnerProduct(ones, terms);
    }

    /// <summary>Σ coefficients[i] · terms[i]. No constraint.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public Variable<TF> InnerProduct(ReadOnlySpan<TF> coefficients, ReadOnlySpan<Variable<TF>> terms)
    {
        if (coefficients.Length != terms.Length)
        {
            throw new ArgumentException($"{coefficients.Length} coefficients for {terms.Length} terms.");
        }

        accumulator ??= new LinearAccumulator<TF>();
        accumulator.Begin(Wires.Count);
        for (int i = 0; i < terms.Length; i++)
        {
            RequireOwn(terms[i]);
            accumulator.Add(terms[i].Terms, coefficients[i]);
        }

        return new(this, accumulator.ToTerms());
    }

    /// <summary>
    /// condition = 1 ? whenTrue : whenFalse. One constraint, and one more where <paramref name="condition"/> is not yet
    /// proven to be 0 or 1; none where the condition is a constant or the two values differ by one.
    /// </summary>
    public Variable<TF> Select(Variable<TF> condition, Variable<TF> whenTrue, Variable<TF> whenFalse)
    {
        AssertBoolean(condition);
        return whenFalse + (condition * (whenTrue - whenFalse));
    }

    /// <summary>1 where x = 0, else 0. Two constraints.</summary>
    public Variable<TF> IsZero(Variable<TF> x)
    {
        if (x.IsConstant)
        {
            return new(this, TF.IsZero(x.ConstantPart) ? One.Terms.ToArray() : [], isBoolean: true);
        }

        // x·h = 1 − z and x·z = 0. With x = 0 the first forces z = 1; with x ≠ 0 the second forces z = 0. Both are needed:
        // without the first z may be 0 at x = 0, without the second z may be anything at x ≠ 0.
        Variable<TF> helper = UnconstrainedInverse(x);
        int wire = AddWire();
        int stored = Store(x);
        Instructions.Add(new Instruction { Op = Opcode.IsZero, Destination = wire, A = stored });
        Variable<TF> isZero = FromWire(wire, isBoolean: true);
        AddConstraint(stored, Store(helper), Store(One - isZero));
        AddConstraint(stored, Store(isZero), LinearPool<TF>.Zero);
        MarkBoolean(wire);
        return isZero;
    }

    /// <summary>1 where a = b, else 0. Two constraints.</summary>
    public Variable<TF> IsEqual(Variable<TF> a, Variable<TF> b) => IsZero(a - b);

    /// <summary>A new wire w with a · b = w; both operands hold wires.</summary>
    internal Variable<TF> Multiply(in Variable<TF> a, in Variable<TF> b)
    {
        int left = Store(a), right = Store(b);
        int wire = AddWire();
        Instructions.Add(new Instruction { Op = Opcode.Multiply, Destination = wire, A = left, B = right });
        Variable<TF> product = FromWire(wire);
        AddConstraint(left, right, Store(product));
        return product;
    }

    private void MarkBoolean(int wire) => CollectionsMarshal.AsSpan(Wires)[wire].IsBoolean = true;
}
