// Owns: which constraints say the same as an earlier one: term by term, or but for factors and the order of the product.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Finds constraints that repeat. (k·A)·(l·B) = k·l·C says the same as A·B = C, and so does B·A = C: rows are compared after making
/// the first coefficient of A and of B one, or that of C where there is no product. Linear time but for hash collisions, and an
/// inversion for each coefficient that leads a row.
/// </summary>
internal sealed class ConstraintRepeats<TF>(ConstraintSystem<TF> system)
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly Dictionary<int, int> newest = new(system.ConstraintCount);
    private readonly int[] previous = new int[system.ConstraintCount];

    /// <summary>Circuits have few coefficients, and the three matrices share their table.</summary>
    private readonly Dictionary<int, TF> inverses = [];

    /// <summary>The earlier row that a row repeats, or −1. Rows must come in order, each once.</summary>
    /// <param name="row">The row.</param>
    /// <param name="isExact">Whether they are the same term by term.</param>
    public int FindEarlier(int row, out bool isExact)
    {
        int hash = Hash(row);
        int earlier = newest.TryGetValue(hash, out int found) ? found : -1;
        previous[row] = earlier;
        while (earlier >= 0 && !AreMultiples(earlier, row))
        {
            earlier = previous[earlier];
        }

        isExact = earlier >= 0 && AreSame(earlier, row);
        if (earlier < 0)
        {
            newest[hash] = row;
        }

        return earlier;
    }

    private int Hash(int row)
    {
        SparseRow<TF> a = system.A.Row(row), b = system.B.Row(row), c = system.C.Row(row);
        bool isProduct = a.Length > 0 && b.Length > 0;
        TF factor = isProduct ? Inverse(a) * Inverse(b) : c.Length > 0 ? Inverse(c) : TF.One;

        // The sum of both hashes does not depend on their order.
        int product = isProduct ? unchecked(Hash(a, Inverse(a)) + Hash(b, Inverse(b))) : 0;
        return HashCode.Combine(product, Hash(c, factor));

        static int Hash(SparseRow<TF> terms, in TF factor)
        {
            var hash = default(HashCode);
            for (int k = 0; k < terms.Length; k++)
            {
                hash.Add(terms.Wires[k]);
                hash.Add(terms.Coefficient(k) * factor);
            }

            return hash.ToHashCode();
        }
    }

    private TF Inverse(SparseRow<TF> terms)
    {
        int number = terms.CoefficientNumbers[0];
        if (!inverses.TryGetValue(number, out TF inverse))
        {
            inverses[number] = inverse = TF.Inverse(terms.Coefficient(0));
        }

        return inverse;
    }

    private bool AreMultiples(int x, int y)
    {
        SparseRow<TF> a = system.A.Row(x), b = system.B.Row(x), c = system.C.Row(x), d = system.A.Row(y), e = system.B.Row(y), f = system.C.Row(y);
        bool isProduct = a.Length > 0 && b.Length > 0;
        if (isProduct != (d.Length > 0 && e.Length > 0))
        {
            return false;
        }

        return isProduct
            ? ((AreProportional(a, d) && AreProportional(b, e)) || (AreProportional(a, e) && AreProportional(b, d)))
                && ScaledEquals(c, f, a.Coefficient(0) * b.Coefficient(0), d.Coefficient(0) * e.Coefficient(0))
            : AreProportional(c, f);

        static bool AreProportional(SparseRow<TF> p, SparseRow<TF> q) =>
            p.Length == q.Length && (p.Length == 0 || ScaledEquals(p, q, p.Coefficient(0), q.Coefficient(0)));
    }

    /// <summary>p over its scale is q over its own.</summary>
    private static bool ScaledEquals(SparseRow<TF> p, SparseRow<TF> q, in TF scaleOfP, in TF scaleOfQ)
    {
        if (!p.Wires.SequenceEqual(q.Wires))
        {
            return false;
        }

        for (int k = 0; k < p.Length; k++)
        {
            if (p.Coefficient(k) * scaleOfQ != q.Coefficient(k) * scaleOfP)
            {
                return false;
            }
        }

        return true;
    }

    private bool AreSame(int x, int y)
    {
        return Same(system.A.Row(x), system.A.Row(y)) && Same(system.B.Row(x), system.B.Row(y)) && Same(system.C.Row(x), system.C.Row(y));

        static bool Same(SparseRow<TF> p, SparseRow<TF> q) => ScaledEquals(p, q, TF.One, TF.One);
    }
}
