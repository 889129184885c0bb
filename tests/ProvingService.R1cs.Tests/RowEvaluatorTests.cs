// Owns: that a remembered row or combination is used only where it is the same one, and that pairs of products add up.

using System.Numerics;
using ProvingService.Algebra;
using Xunit;

namespace ProvingService.R1cs.Tests;

public sealed class RowEvaluatorTests
{
    private static readonly Bn254Fr[] Witness = [.. Enumerable.Range(0, 12).Select(i => i == 0 ? Bn254Fr.One : Field.Pow(Bn254Fr.FromUInt64(7), (ulong)i * 100))];

    /// <summary>Neighbours that differ in a coefficient, a wire or the length; repetitions; short rows in between.</summary>
    [Fact]
    public void Each_row_has_its_own_value_whatever_came_before()
    {
        (int Wire, int Coefficient)[][] rows =
        [
            [(1, 3), (2, 5), (3, 7)], [(1, 3), (2, 5), (3, 7)], [(1, 3), (2, 5), (3, 8)], [(1, 3), (2, 5), (4, 8)], [(1, 3), (2, 5)],
            [(1, 3), (2, 5), (4, 8)], [], [(5, 1)], [(1, 3), (2, 5), (4, 8)], [(1, 3), (2, 5), (4, 8), (5, 1)], [(1, 1), (2, -1), (3, 1)],
            [(1, 1), (2, 1), (3, 1)], [(1, 1), (2, -1), (3, 1)], [(0, 2), (1, -1), (2, 3), (3, 1), (4, 4), (5, 5), (6, 6), (7, 7)],
        ];
        var assembly = new ConstraintSystemBuilder<Bn254Fr>(new CoefficientTable<Bn254Fr>());
        foreach ((int Wire, int Coefficient)[] row in rows)
        {
            foreach (MatrixRows<Bn254Fr> matrix in (MatrixRows<Bn254Fr>[])[assembly.A, assembly.B, assembly.C])
            {
                foreach ((int wire, int coefficient) in matrix == assembly.C ? Enumerable.Reverse(row) : row)
                {
                    matrix.Add(wire, Bn254Fr.FromBigInteger(coefficient));
                }

                Assert.Equal(-1, matrix.EndRow());
            }
        }

        ConstraintSystem<Bn254Fr> system = assembly.Build(Witness.Length, 0, 0, 0);
        var evaluator = new RowEvaluator<Bn254Fr>(Witness);
        for (int i = 0; i < rows.Length; i++)
        {
            Bn254Fr expected = Sum(rows[i]);
            foreach (SparseMatrix<Bn254Fr> matrix in (SparseMatrix<Bn254Fr>[])[system.A, system.B, system.C])
            {
                Assert.Equal(expected, evaluator.Evaluate(matrix, i));
                Assert.Equal(expected, matrix.EvaluateRow(i, Witness));
            }
        }

        // The same rows of one matrix against each order of neighbours.
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < rows.Length; j++)
            {
                evaluator.Evaluate(system.A, j);
                Assert.Equal(Sum(rows[i]), evaluator.Evaluate(system.B, i));
            }
        }
    }

    /// <summary>A cheating prover's best hope of the memory: a long row that fails between two that hold with the same wires.</summary>
    [Fact]
    public void A_row_that_differs_from_a_true_one_in_a_coefficient_is_found_false()
    {
        var assembly = new ConstraintSystemBuilder<Bn254Fr>(new CoefficientTable<Bn254Fr>());
        for (int row = 0; row < 3; row++)
        {
            for (int wire = 1; wire < 6; wire++)
            {
                assembly.A.Add(wire, Bn254Fr.FromUInt64(row == 1 && wire == 5 ? 50UL : 60UL));
                assembly.C.Add(wire, Bn254Fr.FromUInt64(60));
            }

            assembly.B.Add(0, Bn254Fr.One);
            assembly.A.EndRow();
            assembly.B.EndRow();
            assembly.C.EndRow();
        }

        ConstraintFailure? failure = CircuitChecker.FindFailure<Bn254Fr>(assembly.Build(Witness.Length, 0, 0, 0), Witness);
        Assert.Equal(1, failure?.Index);
    }

    /// <summary>A sum that is used, displaced by another, and used again; the squares of neighbours.</summary>
    [Fact]
    public void The_program_keeps_apart_the_sums_that_it_remembers()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new Sums());
        Bn254Fr[] x = Witness[1..5];
        Bn254Fr[] witness = circuit.CreateWitness(new CircuitInputs<Bn254Fr>().Set("x", x));
        (int, int)[] first = [(1, 2), (2, 3), (3, 4), (4, 5)], second = [(1, 2), (2, 3), (3, 4), (4, 6)];
        Bn254Fr a = Sum(first), b = Sum(second);
        Assert.Equal([a * a, b * b, a * b, a * a * a, b * b * b], circuit.PublicValues(witness).ToArray());
    }

    private static Bn254Fr Sum((int Wire, int Coefficient)[] row) => Bn254Fr.FromBigInteger(
        row.Aggregate(BigInteger.Zero, (sum, term) => sum + (term.Coefficient * Bn254Fr.ToBigInteger(Witness[term.Wire]))));

    private sealed class Sums : ICircuit
    {
        public string Name => "sums";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF>[] x = builder.PrivateInputArray("x", 4);
            Variable<TF> a = Combine(5), b = Combine(6);
            Variable<TF> aa = a * a, bb = b * b;
            int i = 0;
            foreach (Variable<TF> output in (Variable<TF>[])[aa, bb, a * b, aa * a, bb * b])
            {
                builder.PublicOutput($"y{i++}", output);
            }

            Variable<TF> Combine(ulong last) => builder.InnerProduct(
                [TF.FromUInt64(2), TF.FromUInt64(3), TF.FromUInt64(4), TF.FromUInt64(last)], x);
        }
    }
}
