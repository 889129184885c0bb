// Owns: faults that a constraint system shows without a witness.

using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>What a finding is about.</summary>
public enum LintKind
{
    /// <summary>A public output or input occurs in no constraint: a proof says nothing about it.</summary>
    UnconstrainedPublic,

    /// <summary>
    /// A public output or input occurs only in constraints that private wires, each in one of them alone and linearly, can always
    /// make true: in effect nothing constrains it.
    /// </summary>
    AbsorbedPublic,

    /// <summary>A private input occurs in no constraint: the prover may put anything there.</summary>
    UnconstrainedPrivateInput,

    /// <summary>An internal wire occurs in no constraint: dead weight, or a forgotten constraint on a hint.</summary>
    UnconstrainedWire,

    /// <summary>
    /// An internal wire matters in one constraint only and there linearly, so that the prover can make that constraint true
    /// whatever else it says: a hint that nothing pins down.
    /// </summary>
    FreeWire,

    /// <summary>A constraint repeats an earlier one: paid for twice.</summary>
    DuplicateConstraint,

    /// <summary>A constraint is a multiple of an earlier one, or has its factors swapped.</summary>
    ScaledConstraint,

    /// <summary>A constraint multiplies wires by zero: it seems to constrain them and does not.</summary>
    MultipliedByZero,

    /// <summary>A constraint without wires that always holds.</summary>
    TrivialConstraint,

    /// <summary>A constraint without wires that never holds: no proof will ever be possible.</summary>
    UnsatisfiableConstraint,
}

/// <summary>A finding of <see cref="ConstraintLinter"/>.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Index">The wire or the constraint.</param>
/// <param name="Message">One sentence with names.</param>
public sealed record LintFinding(LintKind Kind, int Index, string Message);

/// <summary>
/// Looks for wires that nothing constrains and constraints that say nothing. A wire that a constraint multiplies by zero does not
/// occur in it. A clean report is no proof of soundness; each finding deserves an explanation.
/// </summary>
public static class ConstraintLinter
{
    /// <summary>Lints a constraint system; wires first, then constraints, each ascending. Linear time and memory.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="system">The constraints.</param>
    /// <param name="symbols">Names for the messages, if known.</param>
    public static IReadOnlyList<LintFinding> Lint<TF>(ConstraintSystem<TF> system, SymbolTable? symbols = null)
        where TF : unmanaged, IPrimeField<TF>
    {
        return [.. Find(system, symbols)];
    }

    /// <summary>As <see cref="Lint"/>, one by one: of a large circuit there may be more than anyone wants to keep.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="system">The constraints.</param>
    /// <param name="symbols">Names for the messages, if known.</param>
    public static IEnumerable<LintFinding> Find<TF>(ConstraintSystem<TF> system, SymbolTable? symbols = null)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(system);
        return LintWires(system, symbols).Concat(LintConstraints(system, symbols));
    }

    private static IEnumerable<LintFinding> LintWires<TF>(ConstraintSystem<TF> system, SymbolTable? symbols)
        where TF : unmanaged, IPrimeField<TF>
    {
        var use = new WireUse<TF>(system);
        long privateEnd = 1L + system.PublicCount + system.PrivateInputCount;
        var isConstrained = new bool[system.PublicCount + 1];
        for (int wire = 1; wire < system.WireCount; wire++)
        {
            if (wire < isConstrained.Length)
            {
                isConstrained[wire] = use.Count(wire) > 0;
            }

            if (use.Count(wire) == 0)
            {
                string name = Name(wire, symbols);
                yield return wire <= system.PublicCount
                    ? new(LintKind.UnconstrainedPublic, wire, $"Public '{name}' occurs in no constraint: a proof says nothing about it.")
                    : wire < privateEnd
                        ? new(LintKind.UnconstrainedPrivateInput, wire, $"Private input '{name}' occurs in no constraint.")
                        : new(LintKind.UnconstrainedWire, wire, $"'{name}' occurs in no constraint.");
            }
            else if (wire >= privateEnd && use.FreeIn(wire) is >= 0 and var row)
            {
                yield return new(
                    LintKind.FreeWire,
                    wire,
                    $"'{Name(wire, symbols)}' occurs only in {Constraint(row, symbols)}, linearly: it can always be chosen to make that true.");
            }
        }

        use.RemoveAbsorbed();
        for (int wire = 1; wire <= system.PublicCount; wire++)
        {
            if (isConstrained[wire] && use.Count(wire) == 0)
            {
                yield return new(
                    LintKind.AbsorbedPublic,
                    wire,
                    $"Public '{Name(wire, symbols)}' occurs only in constraints that private wires can always satisfy, whatever its value.");
            }
        }
    }

    private static IEnumerable<LintFinding> LintConstraints<TF>(ConstraintSystem<TF> system, SymbolTable? symbols)
        where TF : unmanaged, IPrimeField<TF>
    {
        var repeats = new ConstraintRepeats<TF>(system);
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            if (IsConstant(system, row, out bool holds))
            {
                yield return holds
                    ? new(LintKind.TrivialConstraint, row, $"{Constraint(row, symbols)} says nothing.")
                    : new(LintKind.UnsatisfiableConstraint, row, $"{Constraint(row, symbols)} holds for no witness.");
                continue;
            }

            if (WireUse<TF>.MultipliesByZero(system, row))
            {
                yield return new(LintKind.MultipliedByZero, row, $"{Constraint(row, symbols)} multiplies a combination of wires by zero.");
            }

            if (repeats.FindEarlier(row, out bool isExact) is >= 0 and var earlier)
            {
                yield return isExact
                    ? new(LintKind.DuplicateConstraint, row, $"{Constraint(row, symbols)} repeats {Constraint(earlier, symbols)}.")
                    : new(LintKind.ScaledConstraint, row, $"{Constraint(row, symbols)} says the same as {Constraint(earlier, symbols)}, in other multiples or another order.");
            }
        }
    }

    /// <summary>Whether no wire matters in a row; one that multiplies wires by zero is told apart where it can hold.</summary>
    private static bool IsConstant<TF>(ConstraintSystem<TF> system, int row, out bool holds)
        where TF : unmanaged, IPrimeField<TF>
    {
        holds = false;
        if (WireUse<TF>.MultipliesByZero(system, row))
        {
            return TryConstant(system.C.Row(row), out TF left) && !TF.IsZero(left);
        }

        if (!TryConstant(system.A.Row(row), out TF a) | !TryConstant(system.B.Row(row), out TF b) | !TryConstant(system.C.Row(row), out TF c))
        {
            return false;
        }

        holds = a * b == c;
        return true;
    }

    private static bool TryConstant<TF>(SparseRow<TF> row, out TF value)
        where TF : unmanaged, IPrimeField<TF>
    {
        value = row.Length == 0 ? TF.Zero : row.Coefficient(0);
        return row.Length == 0 || (row.Length == 1 && row.Wires[0] == 0);
    }

    private static string Name(int wire, SymbolTable? symbols) =>
        symbols?.WireName(wire) ?? string.Create(CultureInfo.InvariantCulture, $"wire {wire}");

    private static string Constraint(int row, SymbolTable? symbols)
    {
        string scope = symbols?.ConstraintScope(row) ?? string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"constraint {row}") + (scope.Length == 0 ? string.Empty : $" in '{scope}'");
    }
}
