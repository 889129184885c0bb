// Owns: elimination against plain linear algebra on random systems.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

/// <summary>
/// A random assignment, random linear constraints that it meets, and a few products. What O2 leaves must be met by the
/// assignment's survivors, must say as much (dimension counts), and must hold nothing linear that could still go.
/// </summary>
public class EliminationTests
{
    private const int Wires = 12;

    [Fact]
    public void RandomLinearSystems()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            Check(new Random(seed), seed);
        }
    }

    /// <summary>
    /// What is not eliminated must stay: a row whose replacement would add too many terms, one with more terms than may be put in
    /// a wire's place, and one that has no wire to go. All wires are inputs here, so that no other row can notice.
    /// </summary>
    [Fact]
    public void RowsThatCannotGoStay()
    {
        Holds(40, 20);
        Holds(CircuitCompiler.MaxSubstitutionTerms + 2, 1);
        CompiledCircuit<ToyField> open = CircuitCompiler.Compile<ToyField>("public", b => b.AssertEqual(b.PublicInput("x"), 2 * b.PublicInput("y")));
        Assert.Equal(1, open.System.ConstraintCount);
        Assert.Throws<UnsatisfiedConstraintException>(() => open.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", 3), ("y", 2))));

        static void Holds(int count, int products)
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("wide", b =>
            {
                Variable<ToyField>[] x = b.PrivateInputArray("x", count);
                Variable<ToyField> sum = b.PrivateInput("sum");
                b.AssertEqual(b.Sum(x), sum);
                for (int k = 0; k < products; k++)
                {
                    foreach (Variable<ToyField> value in x)
                    {
                        _ = (value + k) * (sum + k);
                    }
                }
            });
            Assert.Equal((count * products) + 1, circuit.System.ConstraintCount);
            int[] ones = [.. Enumerable.Repeat(1, count)];
            circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", ones), ("sum", count)));
            Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", ones), ("sum", count + 1))));
        }
    }

    private static void Check(Random random, int seed)
    {
        ToyField[] values = [.. Enumerable.Range(0, Wires).Select(_ => ToyField.FromUInt64((ulong)random.Next(1, 64513)))];
        int linear = random.Next(1, Wires + 4), products = random.Next(4);
        ToyField[][] rows = [.. Enumerable.Range(0, linear).Select(_ => RandomRow(random))];
        (int X, int Y)[] pairs = [.. Enumerable.Range(0, products).Select(_ => (random.Next(Wires), random.Next(Wires)))];

        void Define(CircuitBuilder<ToyField> b)
        {
            Variable<ToyField>[] w = b.UnconstrainedHint(Wires, [], (_, o) => values.CopyTo(o));
            foreach (ToyField[] row in rows)
            {
                b.AssertEqual(b.InnerProduct(row, w), Dot(row, values));
            }

            foreach ((int x, int y) in pairs)
            {
                b.AssertProduct(w[x], w[y], values[x] * values[y]);
            }
        }

        int rank = Rank(rows);
        foreach (OptimizationLevel level in Enum.GetValues<OptimizationLevel>())
        {
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>("random", Define, level);
            ToyField[] witness = circuit.CreateWitness(new CircuitInputs<ToyField>());
            Assert.Equal(circuit.System.WireCount, witness.Length);
            if (level != OptimizationLevel.O2)
            {
                continue;
            }

            // Substituting may turn products into linear constraints, which then remove further wires; never fewer than the rank.
            int removed = 1 + Wires - circuit.System.WireCount;
            Assert.True(removed >= rank && removed <= rank + products, $"seed {seed}: {removed} wires went, the rank is {rank}.");
            Assert.True(circuit.System.ConstraintCount <= products, $"seed {seed}");

            // Each survivor that a product of survivors depends on is pinned: altering all free wires at random is refused.
            if (circuit.System.ConstraintCount > 0)
            {
                for (int i = 1; i < witness.Length; i++)
                {
                    witness[i] += ToyField.FromUInt64((ulong)random.Next(1, 64513));
                }

                Assert.False(CircuitChecker.IsSatisfied(circuit.System, witness), $"seed {seed}");
            }
        }
    }

    private static ToyField[] RandomRow(Random random)
    {
        var row = new ToyField[Wires];
        for (int terms = random.Next(1, 5); terms > 0; terms--)
        {
            row[random.Next(Wires)] = random.Next(3) switch
            {
                0 => ToyField.One,
                1 => -ToyField.One,
                _ => ToyField.FromUInt64((ulong)random.Next(1, 64513)),
            };
        }

        return row;
    }

    private static ToyField Dot(ToyField[] row, ToyField[] values)
    {
        ToyField sum = default;
        for (int i = 0; i < row.Length; i++)
        {
            sum += row[i] * values[i];
        }

        return sum;
    }

    private static int Rank(ToyField[][] rows)
    {
        List<ToyField[]> left = [.. rows.Select(row => (ToyField[])row.Clone())];
        int rank = 0;
        for (int column = 0; column < Wires; column++)
        {
            int pivot = left.FindIndex(row => !ToyField.IsZero(row[column]));
            if (pivot < 0)
            {
                continue;
            }

            ToyField[] chosen = left[pivot];
            left.RemoveAt(pivot);
            rank++;
            foreach (ToyField[] row in left)
            {
                ToyField factor = row[column] * ToyField.Inverse(chosen[column]);
                for (int i = 0; i < Wires; i++)
                {
                    row[i] -= factor * chosen[i];
                }
            }
        }

        return rank;
    }
}
