// Owns: the verbs on bits. A variable counts as a bit only where constraints already force it to 0 or 1.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

public sealed partial class CircuitBuilder<TF>
{
    /// <summary>
    /// x is 0 or 1. One constraint; none where earlier constraints already force it (a result of <see cref="IsZero"/>,
    /// <see cref="ToBits"/>, <see cref="And"/>…, or a second call).
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="x"/> is a constant other than 0 and 1.</exception>
    public void AssertBoolean(Variable<TF> x)
    {
        if (IsProvenBoolean(x))
        {
            return;
        }

        if (x.IsConstant)
        {
            throw new ArgumentException($"The constant {x} is neither 0 nor 1.");
        }

        AddConstraint(Store(x), Store(x - One), LinearPool<TF>.Zero);
        if (x.Terms.Length == 1 && x.Terms[0].Coefficient == TF.One)
        {
            MarkBoolean(x.Terms[0].Wire);
        }
    }

    /// <summary>
    /// Whether constraints of this circuit already force x to 0 or 1, as far as the builder keeps track: results of its
    /// own verbs, wires once asserted, and 1 minus such a wire.
    /// </summary>
    public bool IsProvenBoolean(Variable<TF> x)
    {
        RequireOwn(x);
        if (x.IsProvenBoolean)
        {
            return true;
        }

        if (x.IsConstant)
        {
            return TF.IsZero(x.ConstantPart) || x.ConstantPart == TF.One;
        }

        ReadOnlySpan<LinearTerm<TF>> terms = x.Terms;
        bool isPlain = terms.Length == 1 && terms[0].Coefficient == TF.One;
        bool isNegated = terms.Length == 2 && terms[0].Wire == 0 && terms[0].Coefficient == TF.One && terms[1].Coefficient == -TF.One;
        return (isPlain || isNegated) && Wires[terms[^1].Wire].IsBoolean;
    }

    /// <summary>a ∧ b. One constraint, and one for each operand not yet proven to be a bit.</summary>
    public Variable<TF> And(Variable<TF> a, Variable<TF> b)
    {
        AssertBoolean(a);
        AssertBoolean(b);
        return AsBit(a * b);
    }

    /// <summary>a ∨ b. One constraint, and one for each operand not yet proven to be a bit.</summary>
    public Variable<TF> Or(Variable<TF> a, Variable<TF> b)
    {
        AssertBoolean(a);
        AssertBoolean(b);
        return AsBit(a + b - (a * b));
    }

    /// <summary>a ⊕ b. One constraint, and one for each operand not yet proven to be a bit.</summary>
    public Variable<TF> Xor(Variable<TF> a, Variable<TF> b)
    {
        AssertBoolean(a);
        AssertBoolean(b);
        return AsBit(a + b - ((a + a) * b));
    }

    /// <summary>1 − a. No constraint, or one where a is not yet proven to be a bit.</summary>
    public Variable<TF> Not(Variable<TF> a)
    {
        AssertBoolean(a);
        return AsBit(One - a);
    }

    /// <summary>Marks a value that constraints already force to 0 or 1.</summary>
    private Variable<TF> AsBit(in Variable<TF> value) => new(this, value.TermArray ?? [], isBoolean: true);
}
