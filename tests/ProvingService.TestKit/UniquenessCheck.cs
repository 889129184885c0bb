// Owns: whether the inputs of a circuit determine every other wire, near a given witness. Linear algebra: SparseElimination.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.TestKit;

/// <summary>What a check of uniqueness found.</summary>
/// <param name="RankDeficit">How many wires too few the constraints pin down: 0 where the inputs determine everything.</param>
/// <param name="Undetermined">The names of wires that can move with the inputs held fixed.</param>
public sealed record UniquenessResult(int RankDeficit, IReadOnlyList<string> Undetermined);

/// <summary>
/// The Jacobian of the constraints with respect to all wires that are not inputs (public outputs and internal wires), at a
/// satisfying witness, inputs public and private held fixed: row i is Aᵢ(w)·dBᵢ + Bᵢ(w)·dAᵢ − dCᵢ. Full rank means that no
/// other witness lies near this one, so that no combination of wires can drift. It sees what changing one wire at a time
/// cannot: x·y = c with both free.
/// </summary>
/// <remarks>
/// <para>
/// The Jacobian alone counts a choice of roots as determined: of b·(b − 1) = 0 it is 2b − 1, never 0, so that bits would
/// determine a value which nothing but their sum holds. Strictly, at <see cref="OptimizationLevel.O0"/>, where rows are
/// as they were written, a wire with two roots is not determined by them (x² = s leaves the sign open), and bits are when all
/// else in their sum is: where powers of two times wires that have finitely many values add up to what is determined. At
/// other levels the Jacobian is taken as it is, and a private input that optimisation replaced by a public output is no
/// longer held fixed.
/// </para>
/// <para>
/// Neither sees witnesses that lie apart: without its boolean row a bit is still determined by the sum and the others, and the
/// bits of x + p have the sum of those of x. Ranges are guarded by attacks and tampered hints, not by this check.
/// </para>
/// <para>
/// First rows with one undetermined wire determine it, one after the other (a double root does, though its derivative
/// vanishes: canonical bits end so where they follow those of p − 1), then rows whose derivative has one undetermined
/// wire; what is stuck is eliminated. O(terms) and up to the cube of what is stuck.
/// </para>
/// </remarks>
internal sealed class UniquenessCheck<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly int wireCount;
    private readonly int rowCount;
    private readonly int publicOutputCount;

    // Terms of wires that are not inputs: by row, and for each wire the places of its terms.
    private readonly int[] rowStarts;
    private readonly int[] wires;
    private readonly TF[] derivatives;
    private readonly bool[] isQuadratic;
    private readonly int[] rowOfTerm;
    private readonly int[] columnStarts;
    private readonly int[] termsOfWire;
    private readonly bool[] isInput;
    private readonly bool isStrict;
    private readonly Dictionary<TF, int> exponents = [];

    public UniquenessCheck(ConstraintSystem<TF> system, ConstraintIndex<TF> index, ReadOnlySpan<TF> witness, bool isStrict)
    {
        this.isStrict = isStrict;
        for (TF power = TF.One; exponents.Count < TF.BitLength; power = TF.Double(power))
        {
            exponents.Add(power, exponents.Count);
        }

        wireCount = system.WireCount;
        rowCount = system.ConstraintCount;
        publicOutputCount = system.PublicOutputCount;
        isInput = new bool[wireCount];
        isInput[0] = true;
        isInput.AsSpan(1 + system.PublicOutputCount, system.PublicInputCount + system.PrivateInputCount).Fill(true);
        rowStarts = new int[rowCount + 1];
        columnStarts = new int[wireCount + 1];
        var wireList = new List<int>();
        var derivativeList = new List<TF>();
        var quadraticList = new List<bool>();
        for (int row = 0; row < rowCount; row++)
        {
            TF a = system.A.EvaluateRow(row, witness), b = system.B.EvaluateRow(row, witness);
            foreach (ConstraintTerm term in index.Row(row))
            {
                if (!isInput[term.Index])
                {
                    TF ca = index.Coefficient(term.A), cb = index.Coefficient(term.B), cc = index.Coefficient(term.C);
                    wireList.Add(term.Index);
                    derivativeList.Add((a * cb) + (b * ca) - cc);
                    quadraticList.Add(term.A >= 0 && term.B >= 0);
                    columnStarts[term.Index + 1]++;
                }
            }

            rowStarts[row + 1] = wireList.Count;
        }

        wires = wireList.ToArray();
        derivatives = derivativeList.ToArray();
        isQuadratic = quadraticList.ToArray();
        rowOfTerm = new int[wires.Length];
        termsOfWire = new int[wires.Length];
        for (int i = 0; i < wireCount; i++)
        {
            columnStarts[i + 1] += columnStarts[i];
        }

        int[] next = (int[])columnStarts.Clone();
        for (int row = 0; row < rowCount; row++)
        {
            for (int k = rowStarts[row]; k < rowStarts[row + 1]; k++)
            {
                rowOfTerm[k] = row;
                termsOfWire[next[wires[k]]++] = k;
            }
        }
    }

    /// <summary>
    /// Checks with some rows left out, as if the circuit had been written without them: wires that occur in no other row
    /// are gone with them (else every scope with a wire of its own would count as noticed), public outputs stay.
    /// </summary>
    /// <param name="isRemoved">Which rows; null for none.</param>
    /// <returns>The rank deficit and the wires that can move, ascending.</returns>
    public (int RankDeficit, int[] Undetermined) Run(Func<int, bool>? isRemoved = null)
    {
        bool[] removed = new bool[rowCount];
        for (int row = 0; isRemoved is not null && row < rowCount; row++)
        {
            removed[row] = isRemoved(row);
        }

        bool[] determined = (bool[])isInput.Clone();
        for (int wire = 1; isRemoved is not null && wire < wireCount; wire++)
        {
            ReadOnlySpan<int> terms = termsOfWire.AsSpan(columnStarts[wire]..columnStarts[wire + 1]);
            bool isGone = terms.Length > 0 && wire > publicOutputCount;
            foreach (int term in terms)
            {
                isGone &= removed[rowOfTerm[term]];
            }

            determined[wire] |= isGone;
        }

        if (isStrict)
        {
            bool[] finite = (bool[])determined.Clone();
            Propagate(removed, finite, byPolynomial: true, anyRoot: true);
            do
            {
                Propagate(removed, determined, byPolynomial: true, anyRoot: false);
            }
            while (DetermineSums(removed, determined, finite));
        }
        else
        {
            Propagate(removed, determined, byPolynomial: true, anyRoot: true);
        }

        Propagate(removed, determined, byPolynomial: false, anyRoot: !isStrict);
        return Eliminate(removed, determined);
    }

    /// <summary>
    /// While a row has one undetermined wire, determines it. By polynomial: the row, all else fixed, is a polynomial of that
    /// wire that is not zero: linear, or a square with a double root, or where any root will do with two. By derivative: the
    /// wires whose derivative is zero here do not count.
    /// </summary>
    private void Propagate(bool[] removed, bool[] determined, bool byPolynomial, bool anyRoot)
    {
        int[] open = new int[rowCount];
        var ready = new Queue<int>();
        for (int row = 0; row < rowCount; row++)
        {
            for (int k = rowStarts[row]; k < rowStarts[row + 1]; k++)
            {
                open[row] += !determined[wires[k]] && Counts(k) ? 1 : 0;
            }

            if (open[row] == 1)
            {
                ready.Enqueue(row);
            }
        }

        while (ready.TryDequeue(out int row))
        {
            if (removed[row] || open[row] != 1)
            {
                continue;
            }

            int found = rowStarts[row];
            while (determined[wires[found]] || !Counts(found))
            {
                found++;
            }

            bool determines = byPolynomial
                ? (isQuadratic[found] ? anyRoot || TF.IsZero(derivatives[found]) : !TF.IsZero(derivatives[found]))
                : anyRoot || !HasChoice(row, determined);
            if (!determines)
            {
                continue;
            }

            int wire = wires[found];
            determined[wire] = true;
            for (int k = columnStarts[wire]; k < columnStarts[wire + 1]; k++)
            {
                int other = rowOfTerm[termsOfWire[k]];
                if (Counts(termsOfWire[k]) && --open[other] == 1)
                {
                    ready.Enqueue(other);
                }
            }
        }

        bool Counts(int term) => byPolynomial || !TF.IsZero(derivatives[term]);
    }

    /// <summary>Whether an undetermined wire stands on both sides of the row's product, so that it has two roots.</summary>
    private bool HasChoice(int row, bool[] determined)
    {
        for (int k = rowStarts[row]; k < rowStarts[row + 1]; k++)
        {
            if (isQuadratic[k] && !determined[wires[k]])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Determines the wires of sums c·Σ 2^k·b, each power at most once, in which all else is determined and each b has
    /// finitely many values: that those are 0 and 1 is not this check's to say.
    /// </summary>
    private bool DetermineSums(bool[] removed, bool[] determined, bool[] finite)
    {
        bool any = false;
        var powers = new HashSet<int>();
        for (int row = 0; row < rowCount; row++)
        {
            if (removed[row] || !IsSum(row))
            {
                continue;
            }

            for (int k = rowStarts[row]; k < rowStarts[row + 1]; k++)
            {
                determined[wires[k]] = true;
            }

            any = true;
        }

        return any;

        bool IsSum(int row)
        {
            powers.Clear();
            TF unit = TF.Zero;
            for (int k = rowStarts[row]; k < rowStarts[row + 1]; k++)
            {
                if (determined[wires[k]])
                {
                    continue;
                }

                if (!finite[wires[k]] || isQuadratic[k] || TF.IsZero(derivatives[k]))
                {
                    return false;
                }

                // The builder lists bits lowest first and wires ascend: the first is the unit.
                unit = TF.IsZero(unit) ? TF.Inverse(derivatives[k]) : unit;
                if (!exponents.TryGetValue(derivatives[k] * unit, out int power) || !powers.Add(power))
                {
                    return false;
                }
            }

            return powers.Count > 0;
        }
    }

    private (int RankDeficit, int[] Undetermined) Eliminate(bool[] removed, bool[] determined)
    {
        int[] columnOfWire = new int[wireCount];
        var stuck = new List<int>();
        for (int wire = 0; wire < wireCount; wire++)
        {
            columnOfWire[wire] = determined[wire] ? -1 : stuck.Count;
            if (!determined[wire])
            {
                stuck.Add(wire);
            }
        }

        if (stuck.Count == 0)
        {
            return (0, []);
        }

        var rows = new List<(int Column, TF Value)[]>();
        var terms = new List<(int Column, TF Value)>();
        for (int row = 0; row < rowCount; row++)
        {
            bool counts = !removed[row] && !(isStrict && HasChoice(row, determined));
            for (int k = rowStarts[row]; counts && k < rowStarts[row + 1]; k++)
            {
                if (!determined[wires[k]] && !TF.IsZero(derivatives[k]))
                {
                    terms.Add((columnOfWire[wires[k]], derivatives[k]));
                }
            }

            if (terms.Count > 0)
            {
                rows.Add(terms.ToArray());
                terms.Clear();
            }
        }

        (int deficit, int[] free) = new SparseElimination<TF>(rows, stuck.Count).Run();
        return (deficit, Array.ConvertAll(free, column => stuck[column]));
    }
}
