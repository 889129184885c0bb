// Owns: the value a circuit author works with. Never: storage of constraints (LinearPool) or verbs (CircuitBuilder).

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// A symbolic linear combination of wires, immutable. Sums, differences and products with constants add no constraint
/// and no wire; a product of two variables that are not constants adds one of each. <c>default</c> is the constant 0.
/// </summary>
/// <remarks>
/// A sum costs time and memory in its number of wires. A long running total is best taken in one go with
/// <see cref="CircuitBuilder{TF}.Sum"/>, or broken with <see cref="CircuitBuilder{TF}.Materialize"/>.
/// </remarks>
/// <typeparam name="TF">The scalar field.</typeparam>
public readonly struct Variable<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly LinearTerm<TF>[]? terms;

    internal Variable(CircuitBuilder<TF>? builder, LinearTerm<TF>[] terms, bool isBoolean = false)
    {
        Builder = builder;
        this.terms = terms;
        IsProvenBoolean = isBoolean;
    }

    /// <summary>A constant.</summary>
    public Variable(in TF constant)
        : this(null, TF.IsZero(constant) ? [] : [new LinearTerm<TF>(0, constant)])
    {
    }

    /// <summary>Whether no wire occurs, so that the value is known when the circuit is compiled.</summary>
    public bool IsConstant => terms is null || terms.Length == 0 || (terms.Length == 1 && terms[0].Wire == 0);

    /// <summary>The coefficient of the constant wire; the whole value where <see cref="IsConstant"/>.</summary>
    public TF ConstantPart => terms is { Length: > 0 } && terms[0].Wire == 0 ? terms[0].Coefficient : TF.Zero;

    /// <summary>The number of wires that occur, the constant one not counted.</summary>
    public int WireCount => Terms.Length - (Terms.Length > 0 && Terms[0].Wire == 0 ? 1 : 0);

    /// <summary>Sorted by wire; wire 0 carries the constant.</summary>
    internal ReadOnlySpan<LinearTerm<TF>> Terms => terms;

    /// <summary>The array behind <see cref="Terms"/>; never written to.</summary>
    internal LinearTerm<TF>[]? TermArray => terms;

    /// <summary>The circuit the wires belong to; null for constants.</summary>
    internal CircuitBuilder<TF>? Builder { get; }

    /// <summary>Set by verbs whose constraints force 0 or 1; lost by arithmetic.</summary>
    internal bool IsProvenBoolean { get; }

    /// <summary>A constant.</summary>
    public static implicit operator Variable<TF>(TF constant) => new(constant);

    /// <summary>A constant; negative numbers are taken modulo the prime.</summary>
    public static implicit operator Variable<TF>(long constant) => new(TF.FromBigInteger(constant));

    /// <summary>a + b. No constraint.</summary>
    public static Variable<TF> operator +(Variable<TF> a, Variable<TF> b) =>
        new(Common(a, b), LinearTerms.Merge(a.Terms, b.Terms, subtract: false));

    /// <summary>a − b. No constraint.</summary>
    public static Variable<TF> operator -(Variable<TF> a, Variable<TF> b) =>
        new(Common(a, b), LinearTerms.Merge(a.Terms, b.Terms, subtract: true));

    /// <summary>−a. No constraint.</summary>
    public static Variable<TF> operator -(Variable<TF> a) => default(Variable<TF>) - a;

    /// <summary>a · b. One constraint and one wire, or none where a or b is a constant.</summary>
    public static Variable<TF> operator *(Variable<TF> a, Variable<TF> b)
    {
        CircuitBuilder<TF>? builder = Common(a, b);
        if (b.IsConstant)
        {
            return new(builder, LinearTerms.Scale(a.Terms, b.ConstantPart));
        }

        return a.IsConstant
            ? new(builder, LinearTerms.Scale(b.Terms, a.ConstantPart))
            : builder!.Multiply(a, b);
    }

    /// <summary>The linear combination, wires by their numbers in the builder: <c>3 + 2·w7</c>.</summary>
    public override string ToString()
    {
        if (Terms.Length == 0)
        {
            return "0";
        }

        var text = new System.Text.StringBuilder();
        foreach (ref readonly LinearTerm<TF> term in Terms)
        {
            text.Append(text.Length == 0 ? string.Empty : " + ");
            text.Append(term.Coefficient.ToString());
            text.Append(term.Wire == 0 ? string.Empty : $"·w{term.Wire}");
        }

        return text.ToString();
    }

    private static CircuitBuilder<TF>? Common(in Variable<TF> a, in Variable<TF> b)
    {
        if (a.Builder is not null && b.Builder is not null && a.Builder != b.Builder)
        {
            throw new ArgumentException("The two variables belong to different circuits.");
        }

        return a.Builder ?? b.Builder;
    }
}
