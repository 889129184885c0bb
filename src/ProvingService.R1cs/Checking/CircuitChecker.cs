// Owns: whether a witness satisfies a constraint system, and if not, where and why.

using System.Globalization;
using System.Text;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// The first constraint that a witness fails, with what its three sides came to. The values are part of a private
/// witness: show them to its owner only.
/// </summary>
public sealed class ConstraintFailure
{
    internal ConstraintFailure(int index, string scope, string left, string right, string output, IReadOnlyList<string> wires)
    {
        Index = index;
        Scope = scope;
        Left = left;
        Right = right;
        Output = output;
        Wires = wires;
    }

    /// <summary>The constraint's row, or −1 where wire 0 is not 1.</summary>
    public int Index { get; }

    /// <summary>The scope in which it was added; empty where it is not known.</summary>
    public string Scope { get; }

    /// <summary>The value of A's row, decimal.</summary>
    public string Left { get; }

    /// <summary>The value of B's row, decimal.</summary>
    public string Right { get; }

    /// <summary>The value of C's row, decimal; it should be Left · Right.</summary>
    public string Output { get; }

    /// <summary>Up to eight of the wires that occur, as <c>name = value</c>.</summary>
    public IReadOnlyList<string> Wires { get; }

    /// <summary>One sentence with everything.</summary>
    public override string ToString()
    {
        if (Index < 0)
        {
            return $"Wire 0 of the witness is {Output} and must be 1.";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Constraint {Index}");
        text.Append(Scope.Length == 0 ? string.Empty : $" in scope '{Scope}'");
        text.Append(CultureInfo.InvariantCulture, $" fails: left {Left} times right {Right} is not output {Output}");
        text.Append(Wires.Count == 0 ? "." : $"; {string.Join(", ", Wires)}.");
        return text.ToString();
    }
}

/// <summary>A witness fails a constraint.</summary>
public sealed class UnsatisfiedConstraintException : Exception
{
    /// <summary>Wraps the failure.</summary>
    public UnsatisfiedConstraintException(ConstraintFailure failure)
        : base(failure.ToString()) => Failure = failure;

    /// <summary>The first constraint that fails.</summary>
    public ConstraintFailure Failure { get; }
}

/// <summary>Checks witnesses, on all cores. Costs at most about a multiplication a term whose coefficient is not ±1.</summary>
public static class CircuitChecker
{
    private const int MostWiresShown = 8;

    /// <summary>The first constraint that the witness fails, or null where it satisfies all.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="system">The constraints.</param>
    /// <param name="witness">One element a wire, wire 0 first.</param>
    /// <param name="symbols">Names for the report, if known.</param>
    /// <param name="options">Threads and cancellation, which is observed every few hundred microseconds.</param>
    /// <exception cref="ArgumentException">The witness has another length than the system has wires.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static unsafe ConstraintFailure? FindFailure<TF>(
        ConstraintSystem<TF> system, ReadOnlySpan<TF> witness, SymbolTable? symbols = null, EngineOptions options = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(system);
        if (witness.Length != system.WireCount)
        {
            throw new ArgumentException($"The witness has {witness.Length} elements and the constraint system {system.WireCount} wires.");
        }

        if (witness[0] != TF.One)
        {
            return new(-1, string.Empty, string.Empty, string.Empty, witness[0].ToString()!, []);
        }

        long first = long.MaxValue;

        // Spans cannot enter a lambda; the witness stays pinned until Parallel.For has returned.
        fixed (TF* pointer = witness)
        {
            TF* w = pointer;
            int length = witness.Length, blocks = (system.ConstraintCount + SparseMatrix<TF>.RowBlock - 1) / SparseMatrix<TF>.RowBlock;
            var parallel = new ParallelOptions
            {
                MaxDegreeOfParallelism = options.MaxThreads > 0 ? options.MaxThreads : Environment.ProcessorCount,
                CancellationToken = options.CancellationToken,
            };
            Parallel.For(0, blocks, parallel, (block, state) =>
            {
                int row = FirstFailureInBlock(system, new ReadOnlySpan<TF>(w, length), block);
                if (row >= 0)
                {
                    // Break lets every lower block finish, so the lowest failing row is found.
                    state.Break();
                    LowerTo(ref first, row);
                }
            });
        }

        return first == long.MaxValue ? null : Describe(system, witness, (int)first, symbols);
    }

    /// <summary>Whether the witness satisfies every constraint.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <exception cref="ArgumentException">The witness has another length than the system has wires.</exception>
    public static bool IsSatisfied<TF>(ConstraintSystem<TF> system, ReadOnlySpan<TF> witness)
        where TF : unmanaged, IPrimeField<TF> => FindFailure(system, witness) is null;

    /// <summary>Throws where the witness fails a constraint.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <exception cref="UnsatisfiedConstraintException">It does; the first failure is named.</exception>
    /// <exception cref="ArgumentException">The witness has another length than the system has wires.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Require<TF>(
        ConstraintSystem<TF> system, ReadOnlySpan<TF> witness, SymbolTable? symbols = null, EngineOptions options = default)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (FindFailure(system, witness, symbols, options) is { } failure)
        {
            throw new UnsatisfiedConstraintException(failure);
        }
    }

    private static int FirstFailureInBlock<TF>(ConstraintSystem<TF> system, ReadOnlySpan<TF> witness, int block)
        where TF : unmanaged, IPrimeField<TF>
    {
        var rows = new RowEvaluator<TF>(witness);
        int end = Math.Min(system.ConstraintCount, (block + 1) * SparseMatrix<TF>.RowBlock);
        for (int row = block * SparseMatrix<TF>.RowBlock; row < end; row++)
        {
            TF product = rows.Evaluate(system.A, row) * rows.Evaluate(system.B, row);
            if (product != rows.Evaluate(system.C, row))
            {
                return row;
            }
        }

        return -1;
    }

    private static void LowerTo(ref long target, long value)
    {
        long seen = Volatile.Read(ref target);
        while (value < seen)
        {
            long before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private static ConstraintFailure Describe<TF>(ConstraintSystem<TF> system, ReadOnlySpan<TF> witness, int row, SymbolTable? symbols)
        where TF : unmanaged, IPrimeField<TF>
    {
        var wires = new SortedSet<int>();
        foreach (SparseMatrix<TF> matrix in new[] { system.A, system.B, system.C })
        {
            foreach (int wire in matrix.Row(row).Wires)
            {
                wires.Add(wire);
            }
        }

        wires.Remove(0);
        var shown = new List<string>();
        foreach (int wire in wires)
        {
            if (shown.Count == MostWiresShown)
            {
                shown.Add($"and {wires.Count - MostWiresShown} more wires");
                break;
            }

            shown.Add($"{symbols?.WireName(wire) ?? $"wire {wire}"} = {witness[wire]}");
        }

        return new(
            row,
            symbols?.ConstraintScope(row) ?? string.Empty,
            system.A.EvaluateRow(row, witness).ToString()!,
            system.B.EvaluateRow(row, witness).ToString()!,
            system.C.EvaluateRow(row, witness).ToString()!,
            shown);
    }
}
