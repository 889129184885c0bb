// Owns: from simplified rows, and copies of repeated parts, to the three matrices.

using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

internal static class SystemAssembler
{
    public static ConstraintSystem<TF> Assemble<TF>(
        LinearPool<TF> pool,
        List<ConstraintEntry> rows,
        WireEntry[] wires,
        int[] builderOfWire,
        int[] wireOfBuilder,
        CopyLayout<TF> layout,
        CancellationToken cancellationToken)
        where TF : unmanaged, IPrimeField<TF>
    {
        var assembly = new ConstraintSystemBuilder<TF>(new CoefficientTable<TF>());
        int[] numbers = Unnumbered(pool);
        Add(assembly, pool, numbers, rows, wireOfBuilder, cancellationToken);
        for (int i = 0; i < layout.Repeats.Count; i++)
        {
            AddCopies(assembly, layout, i, wireOfBuilder, cancellationToken);
        }

        var counts = new int[(int)WireKind.Internal + 1];
        foreach (int wire in builderOfWire)
        {
            counts[(int)wires[wire].Kind]++;
        }

        return assembly.Build(
            layout.WireEnd, counts[(int)WireKind.PublicOutput], counts[(int)WireKind.PublicInput], counts[(int)WireKind.PrivateInput]);
    }

    private static void AddCopies<TF>(
        ConstraintSystemBuilder<TF> assembly, CopyLayout<TF> layout, int repeat, int[] wireOfBuilder, CancellationToken cancellationToken)
        where TF : unmanaged, IPrimeField<TF>
    {
        RepeatEntry<TF> entry = layout.Repeats[repeat];
        Template<TF> template = entry.Template;
        Reserve(assembly, template, entry.Count);
        int[] numbers = Unnumbered(template.Pool);
        var wireOfTemplate = new int[template.Numbers.Length];
        for (int copy = 0; copy < entry.Count; copy++)
        {
            int firstKept = layout.FirstWire(repeat, copy);
            for (int wire = 1; wire < wireOfTemplate.Length; wire++)
            {
                int number = template.Numbers[wire];
                wireOfTemplate[wire] = number < 0 ? -1
                    : number <= template.PortCount ? wireOfBuilder[entry.Ports[copy][number - 1]]
                    : firstKept + number - template.PortCount - 1;
            }

            Add(assembly, template.Pool, numbers, template.Rows, wireOfTemplate, cancellationToken);
        }
    }

    /// <summary>
    /// For each coefficient of a pool its number in the assembled table: −1 until a row that survives uses it, so that no
    /// other coefficient gets a place there.
    /// </summary>
    private static int[] Unnumbered<TF>(LinearPool<TF> pool)
        where TF : unmanaged, IPrimeField<TF>
    {
        var numbers = new int[pool.Coefficients.Count];
        Array.Fill(numbers, -1);
        numbers[CoefficientTable<TF>.One] = CoefficientTable<TF>.One;
        numbers[CoefficientTable<TF>.MinusOne] = CoefficientTable<TF>.MinusOne;
        return numbers;
    }

    private static void Add<TF>(
        ConstraintSystemBuilder<TF> assembly,
        LinearPool<TF> pool,
        int[] numbers,
        List<ConstraintEntry> rows,
        int[] wireOf,
        CancellationToken cancellationToken)
        where TF : unmanaged, IPrimeField<TF>
    {
        const int Range = 1 << 12;
        Span<ConstraintEntry> all = CollectionsMarshal.AsSpan(rows);
        for (int i = 0; i < all.Length; i++)
        {
            if (i % Range == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            ref readonly ConstraintEntry row = ref all[i];
            AddRow(assembly.A, row.A);
            AddRow(assembly.B, row.B);
            AddRow(assembly.C, row.C);
        }

        void AddRow(MatrixRows<TF> matrix, int combination)
        {
            ReadOnlySpan<int> terms = pool.Wires(combination), coefficients = pool.CoefficientNumbers(combination);
            for (int k = 0; k < terms.Length; k++)
            {
                ref int number = ref numbers[coefficients[k]];
                if (number < 0)
                {
                    number = assembly.Table.Intern(pool.Coefficients.Values[coefficients[k]]);
                }

                matrix.Add(wireOf[terms[k]], number);
            }

            matrix.EndRow();
        }
    }

    private static void Reserve<TF>(ConstraintSystemBuilder<TF> assembly, Template<TF> template, int copies)
        where TF : unmanaged, IPrimeField<TF>
    {
        long a = 0, b = 0, c = 0;
        foreach (ref readonly ConstraintEntry row in CollectionsMarshal.AsSpan(template.Rows))
        {
            a += template.Pool.Length(row.A);
            b += template.Pool.Length(row.B);
            c += template.Pool.Length(row.C);
        }

        int rows = template.Rows.Count * copies;
        assembly.A.Reserve(rows, copies * a);
        assembly.B.Reserve(rows, copies * b);
        assembly.C.Reserve(rows, copies * c);
    }
}
