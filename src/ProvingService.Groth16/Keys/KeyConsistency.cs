// Owns: whether a key was made for a circuit, as far as the key can tell. The key by itself: KeyValidation.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>In what a key and a circuit differ.</summary>
public enum KeyMismatchKind
{
    /// <summary>The number of wires.</summary>
    WireCount,

    /// <summary>The number of public inputs and outputs.</summary>
    PublicInputCount,

    /// <summary>The size of the domain, which follows from the numbers of constraints and public wires.</summary>
    DomainSize,

    /// <summary>A coefficient of A or B.</summary>
    Coefficient,
}

/// <summary>The first difference between a key and a circuit.</summary>
/// <param name="Kind">What differs.</param>
/// <param name="Row">For a coefficient its row: a constraint, or after the last of them the row of a public wire; else −1.</param>
/// <param name="Wire">For a coefficient its wire; else −1.</param>
/// <param name="Text">Both sides, for a person, as a sentence. Nothing of it is secret.</param>
public sealed record KeyMismatch(KeyMismatchKind Kind, int Row, int Wire, string Text);

/// <summary>
/// Compares a key's copy of the matrices A and B with those of a circuit, whatever order the key has them in, and the rows
/// that bind public wires. The matrices are multiplied by (1, ρ, ρ², …) for a random ρ, so that a difference goes unseen with
/// a probability below 2⁻¹⁹⁰, and no time is spent on sorting. Costs about a multiplication a coefficient and a vector of all
/// wires and two of the domain in memory.
/// </summary>
/// <remarks>
/// A key has no copy of the matrix C: it went into the points of section 8, from which it cannot be had back without τ. So
/// a key can pass that belongs to a circuit with another C; every proof under it is then false, and is not released. What
/// binds all three matrices is the verification of the key's transcript.
/// </remarks>
public static class KeyConsistency
{
    /// <summary>The first difference in the order of <see cref="KeyMismatchKind"/>, or null where there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="system">The circuit.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public static KeyMismatch? FindMismatch<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, ConstraintSystem<TFr> system, EngineOptions options = default)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(system);
        using KeyLease lease = key.Lease();
        int domain = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(system.ConstraintCount + system.PublicCount + 1));
        return Counts(KeyMismatchKind.WireCount, "wires", key.WireCount, system.WireCount)
            ?? Counts(KeyMismatchKind.PublicInputCount, "public inputs and outputs", key.PublicInputCount, system.PublicCount)
            ?? Counts(KeyMismatchKind.DomainSize, "elements of the domain", key.DomainSize, domain)
            ?? FindCoefficient(key, system, options);

        static KeyMismatch? Counts(KeyMismatchKind kind, string what, int ofKey, int ofCircuit) => ofKey == ofCircuit
            ? null
            : new(kind, -1, -1, $"The key has {ofKey} {what} and the circuit {ofCircuit}.");
    }

    private static KeyMismatch? FindCoefficient<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, ConstraintSystem<TFr> system, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        TFr[] powers = Powers<TFr>(key.WireCount, options);
        using var a = new Scratch<TFr>(key.DomainSize);
        using var b = new Scratch<TFr>(key.DomainSize);
        KeyProducts.Evaluate(key, powers, a.Array, b.Array, options);
        long first = long.MaxValue;
        Rows.ForEach(key.DomainSize, options, (from, to) =>
        {
            for (int row = from; row < to && row < Volatile.Read(ref first); row++)
            {
                if (a.Array[row] != Left(row) || b.Array[row] != Right(row))
                {
                    Lower(ref first, row);
                }
            }
        });
        if (first == long.MaxValue)
        {
            return null;
        }

        int differing = (int)first;
        return a.Array[differing] != Left(differing)
            ? Describe(key, system, differing, second: false)
            : Describe(key, system, differing, second: true);

        TFr Left(int row) =>
            row < system.ConstraintCount ? system.A.EvaluateRow(row, powers)
            : row - system.ConstraintCount <= system.PublicCount ? powers[row - system.ConstraintCount]
            : TFr.Zero;

        TFr Right(int row) => row < system.ConstraintCount ? system.B.EvaluateRow(row, powers) : TFr.Zero;
    }

    /// <summary>1, ρ, ρ², …</summary>
    private static TFr[] Powers<TFr>(int count, EngineOptions options)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        const int Range = 1 << 16;
        using SecretScalars<TFr> drawn = SecretScalars<TFr>.DrawUniform(1);
        var powers = new TFr[count];
        powers[0] = TFr.One;
        for (int i = 1; i < count; i++)
        {
            if (i % Range == 0)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
            }

            powers[i] = powers[i - 1] * drawn[0];
        }

        return powers;
    }

    /// <summary>The first wire at which a row that is known to differ does so.</summary>
    private static KeyMismatch Describe<TCurve, TFp, TFr>(
        ProvingKey<TCurve, TFp, TFr> key, ConstraintSystem<TFr> system, int row, bool second)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        // A stored value is v·R² and reads as the element v·R. A wire that stands twice in a row has the sum.
        var ofKey = new SortedDictionary<int, TFr>();
        TFr radixInverse = TFr.Inverse(Field.Pow(TFr.One + TFr.One, (ulong)(64 * TFr.LimbCount)));
        foreach (ref readonly KeyCoefficient<TFr> k in key.Coefficients)
        {
            if (k.Row == row && k.Matrix == (second ? 1u : 0))
            {
                ofKey[(int)k.Wire] = ofKey.GetValueOrDefault((int)k.Wire) + (k.Value * radixInverse);
            }
        }

        var ofCircuit = new Dictionary<int, TFr>();
        if (row < system.ConstraintCount)
        {
            SparseRow<TFr> terms = (second ? system.B : system.A).Row(row);
            for (int i = 0; i < terms.Length; i++)
            {
                ofCircuit[terms.Wires[i]] = terms.Coefficient(i);
            }
        }
        else if (!second && row - system.ConstraintCount <= system.PublicCount)
        {
            ofCircuit[row - system.ConstraintCount] = TFr.One;
        }

        int wire = ofKey.Keys.Union(ofCircuit.Keys).Where(w => ofKey.GetValueOrDefault(w) != ofCircuit.GetValueOrDefault(w)).Min();
        string place = row < system.ConstraintCount ? $"constraint {row}" : $"row {row}, behind the constraints,";
        return new(
            KeyMismatchKind.Coefficient,
            row,
            wire,
            $"In {place} wire {wire} has the coefficient {ofKey.GetValueOrDefault(wire)} in matrix {(second ? "B" : "A")} of the key and "
            + $"{ofCircuit.GetValueOrDefault(wire)} in the circuit's.");
    }

    private static void Lower(ref long target, long value)
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
}
