// Owns: faults that a constraint system shows without a witness.

using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>What a finding is about.</summary>
public enum LintKind
{
    /// <summary>A public output or input occurs in no constraint: a proof says nothing about it.</summary>
    UnconstrainedPublic,

    /// <summary>A private input occurs in no constraint: the prover may put anything there.</summary>
    UnconstrainedPrivateInput,

    /// <summary>An internal wire occurs in no constraint: dead weight, or a forgotten constraint on a hint.</summary>
    UnconstrainedWire,

    /// <summary>
    /// An internal wire occurs in one constraint only and there linearly, so that the prover can make that constraint true
    /// whatever else it says: a hint that nothing pins down.
    /// </summary>
    FreeWire,

    /// <summary>A constraint repeats an earlier one: paid for twice.</summary>
    DuplicateConstraint,

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
/// Looks for wires that nothing constrains and constraints that say nothing. A clean report is no proof of soundness; each
/// finding deserves an explanation.
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
        ArgumentNullException.ThrowIfNull(system);
        var findings = new List<LintFinding>();
        LintWires(system, symbols, findings);
        LintConstraints(system, symbols, findings);
        return findings;
    }

    private static void LintWires<TF>(ConstraintSystem<TF> system, SymbolTable? symbols, List<LintFinding> findings)
        where TF : unmanaged, IPrimeField<TF>
    {
        // Of each wire: the constraint it occurs in, if one only and in C only; None before any; Many otherwise.
        const int none = -1, many = -2;
        var single = new int[system.WireCount];
        Array.Fill(single, none);
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            foreach (int wire in system.A.Row(row).Wires)
            {
                single[wire] = many;
            }

            foreach (int wire in system.B.Row(row).Wires)
            {
                single[wire] = many;
            }

            foreach (int wire in system.C.Row(row).Wires)
            {
                single[wire] = single[wire] == none ? row : many;
            }
        }

        long privateEnd = 1L + system.PublicCount + system.PrivateInputCount;
        for (int wire = 1; wire < single.Length; wire++)
        {
            string name = symbols?.WireName(wire) ?? string.Create(CultureInfo.InvariantCulture, $"wire {wire}");
            if (single[wire] == none)
            {
                findings.Add(wire <= system.PublicCount
                    ? new(LintKind.UnconstrainedPublic, wire, $"Public '{name}' occurs in no constraint: a proof says nothing about it.")
                    : wire < privateEnd
                        ? new(LintKind.UnconstrainedPrivateInput, wire, $"Private input '{name}' occurs in no constraint.")
                        : new(LintKind.UnconstrainedWire, wire, $"'{name}' occurs in no constraint."));
            }
            else if (single[wire] >= 0 && wire >= privateEnd)
            {
                findings.Add(new(
                    LintKind.FreeWire, wire, $"'{name}' occurs only in {Constraint(single[wire], symbols)}, linearly: it can always be chosen to make that true."));
            }
        }
    }

    private static void LintConstraints<TF>(ConstraintSystem<TF> system, SymbolTable? symbols, List<LintFinding> findings)
        where TF : unmanaged, IPrimeField<TF>
    {
        // Rows by the hash of their content; equal hashes are compared term by term along a chain of earlier rows.
        var newest = new Dictionary<int, int>(system.ConstraintCount);
        var previous = new int[system.ConstraintCount];
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            if (IsConstant(system, row, out bool holds))
            {
                findings.Add(holds
                    ? new(LintKind.TrivialConstraint, row, $"{Constraint(row, symbols)} says nothing.")
                    : new(LintKind.UnsatisfiableConstraint, row, $"{Constraint(row, symbols)} holds for no witness."));
                continue;
            }

            int hash = RowHash(system, row);
            int earlier = newest.TryGetValue(hash, out int found) ? found : -1;
            previous[row] = earlier;
            while (earlier >= 0 && !SameRow(system, earlier, row))
            {
                earlier = previous[earlier];
            }

            if (earlier >= 0)
            {
                findings.Add(new(LintKind.DuplicateConstraint, row, $"{Constraint(row, symbols)} repeats {Constraint(earlier, symbols)}."));
            }
            else
            {
                newest[hash] = row;
            }
        }
    }

    private static bool IsConstant<TF>(ConstraintSystem<TF> system, int row, out bool holds)
        where TF : unmanaged, IPrimeField<TF>
    {
        holds = false;
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

    private static int RowHash<TF>(ConstraintSystem<TF> system, int row)
        where TF : unmanaged, IPrimeField<TF>
    {
        var hash = default(HashCode);
        Add(system.A.Row(row), ref hash);
        Add(system.B.Row(row), ref hash);
        Add(system.C.Row(row), ref hash);
        return hash.ToHashCode();

        static void Add(SparseRow<TF> terms, ref HashCode hash)
        {
            hash.Add(terms.Length);
            for (int k = 0; k < terms.Length; k++)
            {
                hash.Add(terms.Wires[k]);
                hash.Add(terms.Coefficient(k));
            }
        }
    }

    private static bool SameRow<TF>(ConstraintSystem<TF> system, int x, int y)
        where TF : unmanaged, IPrimeField<TF> =>
        Same(system.A.Row(x), system.A.Row(y)) && Same(system.B.Row(x), system.B.Row(y)) && Same(system.C.Row(x), system.C.Row(y));

    private static bool Same<TF>(SparseRow<TF> x, SparseRow<TF> y)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (!x.Wires.SequenceEqual(y.Wires))
        {
            return false;
        }

        for (int k = 0; k < x.Length; k++)
        {
            if (x.Coefficient(k) != y.Coefficient(k))
            {
                return false;
            }
        }

        return true;
    }

    private static string Constraint(int row, SymbolTable? symbols)
    {
        string scope = symbols?.ConstraintScope(row) ?? string.Empty;
        return string.Create(CultureInfo.InvariantCulture, $"constraint {row}") + (scope.Length == 0 ? string.Empty : $" in '{scope}'");
    }
}
