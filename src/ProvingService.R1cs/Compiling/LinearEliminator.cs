// Owns: removing linear constraints by substitution (Gaussian elimination on sparse rows).
//
// Replacing a wire by the expression that a linear constraint forces on it changes no statement: the assignments of the
// remaining wires that satisfy the new system are exactly those of the old one with the wire left out. Public wires and
// the constant one are never replaced, nor are ports of repeated parts.

using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Rounds of: reduce every linear row by the substitutions so far, pick a pivot, add a substitution; then rewrite the
/// other rows, some of which may have become linear. Stops when a round removes nothing.
/// </summary>
internal sealed class LinearEliminator<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>Combinations, of up to a few thousand terms each, between two looks at the token.</summary>
    private const int CombinationsBetweenLooks = 1 << 8;

    private readonly LinearPool<TF> pool;
    private readonly WireEntry[] wires;
    private readonly OptimizationLevel level;
    private readonly Func<int, string> scopePath;
    private readonly CancellationToken cancellationToken;
    private List<ConstraintEntry> rows;

    // The substitution of each wire (a number in the pool, or −1), and when it was made. An expression holds only wires
    // that were free when it was made, so expanding in order of time meets each wire once.
    private readonly int[] substitution;
    private readonly int[] time;
    private readonly List<int> pivots = [];

    // One linear combination in dense form: values by wire, valid where the stamp is the current one.
    private readonly TF[] dense;
    private readonly int[] stamp;
    private readonly List<int> touched = [];
    private readonly PriorityQueue<int, int> pending = new();
    private int currentStamp;

    public LinearEliminator(
        LinearPool<TF> pool,
        WireEntry[] wires,
        List<ConstraintEntry> rows,
        OptimizationLevel level,
        Func<int, string> scopePath,
        CancellationToken cancellationToken)
    {
        this.cancellationToken = cancellationToken;
        this.pool = pool;
        this.wires = wires;
        this.rows = rows;
        this.level = level;
        this.scopePath = scopePath;
        substitution = new int[wires.Length];
        Array.Fill(substitution, -1);
        time = new int[wires.Length];
        dense = new TF[wires.Length];
        stamp = new int[wires.Length];
    }

    /// <summary>What is left of the constraints.</summary>
    public List<ConstraintEntry> Rows => rows;

    public bool IsEliminated(int wire) => substitution[wire] >= 0;

    public void Run()
    {
        while (EliminateRound())
        {
            cancellationToken.ThrowIfCancellationRequested();
            ResolvePivots();
            RewriteRows();
        }
    }

    private bool EliminateRound()
    {
        int[] occurrences = CountOccurrences();
        var kept = new List<ConstraintEntry>(rows.Count);
        bool progress = false;
        foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(rows))
        {
            if (!pool.IsConstant(row.A) && !pool.IsConstant(row.B))
            {
                kept.Add(row);
                continue;
            }

            LoadLinear(row);
            if (touched.Count == 0)
            {
                continue; // 0 = 0
            }

            if (touched.Count == 1 && touched[0] == 0)
            {
                throw new ArgumentException($"A constraint in scope '{scopePath(row.Scope)}' says {dense[0]} = 0, which holds for no witness.");
            }

            int pivot = MayEliminate() ? ChoosePivot(occurrences) : -1;
            if (pivot >= 0 && FillIn(pivot, occurrences) <= CircuitCompiler.MaxFillIn)
            {
                Substitute(pivot);
                progress = true;
            }
            else
            {
                kept.Add(new ConstraintEntry { A = LinearPool<TF>.Zero, B = LinearPool<TF>.Zero, C = StoreLoaded(), Scope = row.Scope });
            }
        }

        rows = kept;
        return progress;
    }

    /// <summary>Loads constant · other − C, reduced; afterwards the touched wires are sorted and their values non-zero.</summary>
    private void LoadLinear(in ConstraintEntry row)
    {
        Begin();
        if (pool.IsConstant(row.A))
        {
            AddCombination(row.B, pool.ConstantPart(row.A));
        }
        else
        {
            AddCombination(row.A, pool.ConstantPart(row.B));
        }

        AddCombination(row.C, -TF.One);
        Finish();
    }

    private bool MayEliminate()
    {
        if (level == OptimizationLevel.O2)
        {
            return touched.Count <= CircuitCompiler.MaxSubstitutionTerms + 1;
        }

        bool isConstant = touched.Count == 1 || (touched.Count == 2 && touched[0] == 0);
        return isConstant || (touched.Count == 2 && TF.IsZero(dense[touched[0]] + dense[touched[1]]));
    }

    /// <summary>
    /// The internal wire that occurs least, for low fill-in (Markowitz); a private input only where there is none, so that
    /// witnesses keep showing their inputs; the latest wire among equals.
    /// </summary>
    private int ChoosePivot(int[] occurrences)
    {
        int best = -1;
        foreach (int wire in touched)
        {
            if (wires[wire].Kind < WireKind.PrivateInput || wires[wire].IsPinned)
            {
                continue;
            }

            bool better = best < 0
                || wires[wire].Kind > wires[best].Kind
                || (wires[wire].Kind == wires[best].Kind && occurrences[wire] <= occurrences[best]);
            best = better ? wire : best;
        }

        return best;
    }

    /// <summary>The terms that replacing a wire adds: everywhere but in this row, all others of this row instead of it.</summary>
    private long FillIn(int pivot, int[] occurrences) => (long)(occurrences[pivot] - 1) * (touched.Count - 2);

    /// <summary>From c·pivot + rest = 0: pivot = −rest/c.</summary>
    private void Substitute(int pivot)
    {
        TF factor = dense[pivot] == TF.One ? -TF.One : dense[pivot] == -TF.One ? TF.One : -TF.Inverse(dense[pivot]);
        touched.Remove(pivot);
        foreach (int wire in touched)
        {
            dense[wire] *= factor;
        }

        substitution[pivot] = StoreLoaded();
        time[pivot] = pivots.Count;
        pivots.Add(pivot);
    }

    /// <summary>Rewrites each substitution in terms of wires that stay, the latest first.</summary>
    private void ResolvePivots()
    {
        for (int i = pivots.Count - 1; i >= 0; i--)
        {
            substitution[pivots[i]] = Rewrite(substitution[pivots[i]]);
        }

        // Their wires occur in no row once those are rewritten: later rounds need not resolve them again.
        pivots.Clear();
    }

    private void RewriteRows()
    {
        foreach (ref ConstraintEntry row in CollectionsMarshal.AsSpan(rows))
        {
            bool isSquare = row.A == row.B;
            row.A = Rewrite(row.A);
            row.B = isSquare ? row.A : Rewrite(row.B);
            row.C = Rewrite(row.C);
        }
    }

    private int Rewrite(int number)
    {
        bool changes = false;
        foreach (int wire in pool.Wires(number))
        {
            changes |= substitution[wire] >= 0;
        }

        if (!changes)
        {
            return number;
        }

        Begin();
        AddCombination(number, TF.One);
        Finish();
        return StoreLoaded();
    }

    private int[] CountOccurrences()
    {
        var count = new int[wires.Length];
        foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(rows))
        {
            Count(row.A);
            Count(row.B);
            Count(row.C);
        }

        return count;

        void Count(int number)
        {
            foreach (int wire in pool.Wires(number))
            {
                count[wire]++;
            }
        }
    }

    /// <summary>A new combination. All loops of the elimination come here, so here the token is looked at.</summary>
    private void Begin()
    {
        if (++currentStamp % CombinationsBetweenLooks == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        touched.Clear();
    }

    private void AddCombination(int number, in TF factor)
    {
        ReadOnlySpan<int> numbers = pool.CoefficientNumbers(number);
        ReadOnlySpan<int> terms = pool.Wires(number);
        TF[] table = pool.Coefficients.Values;
        bool isOne = factor == TF.One;
        for (int k = 0; k < terms.Length; k++)
        {
            TF value = isOne ? table[numbers[k]] : table[numbers[k]] * factor;
            int wire = terms[k];
            if (stamp[wire] == currentStamp)
            {
                dense[wire] += value;
                continue;
            }

            stamp[wire] = currentStamp;
            dense[wire] = value;
            touched.Add(wire);
            if (substitution[wire] >= 0)
            {
                pending.Enqueue(wire, time[wire]);
            }
        }
    }

    private void Finish()
    {
        while (pending.TryDequeue(out int wire, out _))
        {
            TF value = dense[wire];
            dense[wire] = TF.Zero;
            if (!TF.IsZero(value))
            {
                AddCombination(substitution[wire], value);
            }
        }

        int count = 0;
        Span<int> all = CollectionsMarshal.AsSpan(touched);
        foreach (int wire in all)
        {
            if (!TF.IsZero(dense[wire]))
            {
                all[count++] = wire;
            }
        }

        touched.RemoveRange(count, touched.Count - count);
        touched.Sort();
    }

    private int StoreLoaded() => pool.Append(CollectionsMarshal.AsSpan(touched), dense);
}
