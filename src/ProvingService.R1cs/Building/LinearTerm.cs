// Owns: a coefficient times a wire, and merging of sorted lists of them. Never: constraints.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>Coefficient · wire. In a linear combination terms are sorted by wire, each wire once, no coefficient zero.</summary>
internal readonly struct LinearTerm<TF>(int wire, TF coefficient)
    where TF : unmanaged, IPrimeField<TF>
{
    public readonly int Wire = wire;
    public readonly TF Coefficient = coefficient;
}

/// <summary>Arithmetic on sorted lists of terms.</summary>
internal static class LinearTerms
{
    /// <summary>a + b, or a − b.</summary>
    public static LinearTerm<TF>[] Merge<TF>(ReadOnlySpan<LinearTerm<TF>> a, ReadOnlySpan<LinearTerm<TF>> b, bool subtract)
        where TF : unmanaged, IPrimeField<TF>
    {
        var merged = new LinearTerm<TF>[a.Length + b.Length];
        int i = 0, j = 0, count = 0;
        while (i < a.Length || j < b.Length)
        {
            if (j == b.Length || (i < a.Length && a[i].Wire < b[j].Wire))
            {
                merged[count++] = a[i++];
            }
            else if (i == a.Length || b[j].Wire < a[i].Wire)
            {
                merged[count++] = subtract ? new(b[j].Wire, -b[j].Coefficient) : b[j];
                j++;
            }
            else
            {
                TF sum = subtract ? a[i].Coefficient - b[j].Coefficient : a[i].Coefficient + b[j].Coefficient;
                if (!TF.IsZero(sum))
                {
                    merged[count++] = new(a[i].Wire, sum);
                }

                i++;
                j++;
            }
        }

        return count == merged.Length ? merged : merged.AsSpan(0, count).ToArray();
    }

    /// <summary>factor · a.</summary>
    public static LinearTerm<TF>[] Scale<TF>(ReadOnlySpan<LinearTerm<TF>> a, in TF factor)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (TF.IsZero(factor))
        {
            return [];
        }

        var scaled = new LinearTerm<TF>[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            scaled[i] = new(a[i].Wire, a[i].Coefficient * factor);
        }

        return scaled;
    }
}

/// <summary>One linear combination in dense form, for adding up many sparse ones: values by wire, reused from sum to sum.</summary>
internal sealed class LinearAccumulator<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    // A value counts only where the stamp of its wire is the current one, so nothing is cleared between sums.
    private readonly List<int> touched = [];
    private TF[] values = [];
    private int[] stamps = [];
    private int stamp;

    public void Begin(int wireCount)
    {
        if (values.Length < wireCount)
        {
            int capacity = (int)Math.Min(Array.MaxLength, Math.Max(wireCount, 2L * values.Length));
            Array.Resize(ref values, capacity);
            Array.Resize(ref stamps, capacity);
        }

        stamp++;
        touched.Clear();
    }

    public void Add(ReadOnlySpan<LinearTerm<TF>> terms, in TF factor)
    {
        bool isOne = factor == TF.One;
        foreach (ref readonly LinearTerm<TF> term in terms)
        {
            TF value = isOne ? term.Coefficient : term.Coefficient * factor;
            if (stamps[term.Wire] == stamp)
            {
                values[term.Wire] += value;
            }
            else
            {
                stamps[term.Wire] = stamp;
                values[term.Wire] = value;
                touched.Add(term.Wire);
            }
        }
    }

    public LinearTerm<TF>[] ToTerms()
    {
        touched.RemoveAll(wire => TF.IsZero(values[wire]));
        touched.Sort();
        var terms = new LinearTerm<TF>[touched.Count];
        for (int i = 0; i < terms.Length; i++)
        {
            terms[i] = new(touched[i], values[touched[i]]);
        }

        return terms;
    }
}
