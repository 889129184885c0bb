// Owns: the constraint counts of gadgets and circuits on both curves, frozen, and the tables of circuits/README.md.

using System.Globalization;
using System.Numerics;
using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

[Trait("Kernels", "any")]
public class ConstraintCountTests
{
    private const string Document = "circuits/README.md";

    /// <summary>Name, count on BLS12-381, count on BN254, and what others need.</summary>
    private static readonly (string Name, int Bls12381, int Bn254, string Elsewhere)[] Gadgets =
    [
        ("Poseidon of 1", 213, 213, "circomlib 213"),
        ("Poseidon of 2", 240, 240, "circomlib 240; gnark's MiMC 333"),
        ("Poseidon of 3", 261, 261, "circomlib 261"),
        ("Poseidon of 4", 297, 297, "circomlib 297"),
        ("Poseidon of 5", 321, 321, "circomlib 321"),
        ("range of 64 bits", 64, 64, "circomlib 64"),
        ("a ≤ b of 64 bits, both in range", 64, 64, "circomlib 65"),
        ("x = 0", 2, 2, "circomlib 2"),
        ("choice of two", 1, 1, "circomlib 1"),
        ("canonical bits of an element", 387, 353, "circomlib 515"),
        ("Edwards: on the curve", 3, 3, "circomlib 3"),
        ("Edwards: complete addition", 6, 6, "circomlib 6"),
        ("Edwards: doubling", 5, 5, "Sapling 5"),
        ("multiple of the base, bits included", 758, 755, "circomlib 776"),
        ("multiple of a point, bits included", 1938, 1930, "gnark 3,060"),
        ("EdDSA-Poseidon verification", 3289, 3243, "circomlib 4,217"),
        ("binary tree, a level", 242, 242, "circomlib 242"),
        ("4-ary tree, a level", 300, 300, ""),
        ("4-ary tree, a level updated", 600, 600, "circom 608"),
        ("nullifier", 261, 261, ""),
    ];

    private static readonly (string Name, int Bls12381, int Bn254, string Elsewhere)[] Circuits =
    [
        ("state-transition-20", 17476, 17430, "circom prototype 18,574; Hermez 35,905 and SHA-256; Loopring 130,000"),
        ("state-transition-32", 24700, 24654, "circom prototype 25,894; Hermez 47,641 and SHA-256; Sapling spend 98,777"),
        ("batch-validity-4-20", 76707, 76523, "circom prototype 81,291"),
        ("batch-validity-16-20", 285303, 284567, "circom prototype 303,507"),
        ("batch-validity-112-20", 1954071, 1948919, "circom prototype 2,081,235"),
        ("batch-validity-226-20", 3935734, 3925338, "circom prototype 4,192,287"),
        ("batch-validity-16-32", 404499, 403763, "circom prototype 424,287"),
        ("batch-validity-80-32", 1979347, 1975667, "circom prototype 2,077,919"),
        ("participation-5", 4019, 3985, "circom prototype 3,943, without the share"),
        ("participation-10", 5529, 5495, "circom prototype 5,473, without the share; Semaphore 6,431"),
        ("finality-16", 59002, 58266, "circom prototype 73,090"),
        ("finality-64", 233628, 230684, "circom prototype 292,162"),
        ("finality-128", 466461, 460573, "circom prototype 584,258"),
    ];

    [Fact]
    public void GadgetsCostWhatTheyDid()
    {
        var table = new StringBuilder("| gadget | BLS12-381 | BN254 | elsewhere |\n|---|---:|---:|---|\n");
        var faults = new List<string>();
        foreach ((string name, int bls12381, int bn254, string elsewhere) in Gadgets)
        {
            (int Bls12381, int Bn254) found = (CountGadget<Bls12381Fr>(name), CountGadget<Bn254Fr>(name));
            Note(faults, name, (bls12381, bn254), found);
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {bls12381:N0} | {bn254:N0} | {elsewhere} |\n");
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
        DocumentedTable.Require(Document, "gadgets", table.ToString());
    }

    /// <summary>Batches grow by the same number of constraints a transfer: small ones tell what large ones cost.</summary>
    [Fact]
    public void CircuitsCostWhatTheyDid()
    {
        var table = new StringBuilder("| circuit | BLS12-381 | BN254 | domain | elsewhere |\n|---|---:|---:|---:|---|\n");
        var faults = new List<string>();
        foreach ((string name, int bls12381, int bn254, string elsewhere) in Circuits)
        {
            (int Bls12381, int Bn254) found = (CountCircuit<Bls12381Fr>(name), CountCircuit<Bn254Fr>(name));
            Note(faults, name, (bls12381, bn254), found);

            // A row for the constant and one for the statement.
            int domain = BitOperations.Log2((uint)bls12381 + 1) + 1;
            table.Append(CultureInfo.InvariantCulture, $"| {name} | {bls12381:N0} | {bn254:N0} | 2^{domain} | {elsewhere} |\n");
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
        DocumentedTable.Require(Document, "circuits", table.ToString());
    }

    private static void Note(List<string> faults, string name, (int, int) expected, (int, int) found)
    {
        if (expected != found)
        {
            faults.Add($"{name}: {found}, not {expected}");
        }
    }

    private static int CountCircuit<TF>(string name)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (CircuitCatalog.Find(name) is not BatchValidity { Capacity: > 16 } batch)
        {
            return CircuitCompiler.Compile<TF>(CircuitCatalog.Find(name)).System.ConstraintCount;
        }

        int slot = Count(2, batch.Depth) - Count(1, batch.Depth);
        Assert.Equal(3 * slot, Count(5, batch.Depth) - Count(2, batch.Depth));
        int linear = Count(1, batch.Depth) + ((batch.Capacity - 1) * slot);

        // Of more fees than some 180 the sum is no longer put in place of a bit of the balance (CircuitCompiler.MaxFillIn): one
        // row more, which does not depend on the depth.
        int shallowSlot = Count(2, 2) - Count(1, 2);
        return batch.Capacity <= 112 ? linear : linear + Count(batch.Capacity, 2) - Count(1, 2) - ((batch.Capacity - 1) * shallowSlot);

        static int Count(int capacity, int depth) => CircuitCompiler.Compile<TF>(new BatchValidity(capacity, depth)).System.ConstraintCount;
    }

    private static int CountGadget<TF>(string name)
        where TF : unmanaged, IPrimeField<TF> => CircuitCompiler.Compile<TF>(name, builder =>
        {
            switch (name)
            {
                case "Poseidon of 1" or "Poseidon of 2" or "Poseidon of 3" or "Poseidon of 4" or "Poseidon of 5":
                    builder.PublicOutput("hash", PoseidonGadget.Hash<TF>(builder, builder.PrivateInputArray("x", name[^1] - '0'), HashTag.Leaf));
                    break;
                case "range of 64 bits":
                    builder.AssertInRange(builder.PrivateInput("x"), 64);
                    break;
                case "a ≤ b of 64 bits, both in range":
                    builder.AssertLessOrEqualUnchecked(builder.PrivateInput("a"), builder.PrivateInput("b"), 64);
                    break;
                case "x = 0":
                    builder.IsZero(builder.PrivateInput("x"));
                    break;
                case "choice of two":
                    Variable<TF> condition = builder.Not(builder.IsZero(builder.PrivateInput("x")));
                    int before = builder.ConstraintCount;
                    builder.Select(condition, builder.PrivateInput("a"), builder.PrivateInput("b"));
                    Assert.Equal(1, builder.ConstraintCount - before);
                    break;
                case "canonical bits of an element":
                    builder.ToBits(builder.PrivateInput("x"), TF.BitLength);
                    break;
                case "Edwards: on the curve":
                    EdwardsGadget.AssertOnCurve(builder, Point(builder, "p"));
                    break;
                case "Edwards: complete addition":
                    EdwardsGadget.Add(builder, Point(builder, "p"), Point(builder, "q"));
                    break;
                case "Edwards: doubling":
                    EdwardsGadget.Double(builder, Point(builder, "p"));
                    break;
                case "multiple of the base, bits included":
                    FixedBaseGadget.Multiply<TF>(builder, builder.PrivateInputArray("bits", (int)EdwardsCurve<TF>.Embedded.Order.GetBitLength()));
                    break;
                case "multiple of a point, bits included":
                    VariableBaseGadget.Multiply(builder, Point(builder, "p"), builder.PrivateInputArray("bits", TF.BitLength));
                    break;
                case "EdDSA-Poseidon verification":
                    EddsaGadget.Verify(
                        builder, builder.One, Point(builder, "key"), builder.PrivateInput("message"), Point(builder, "r"), builder.PrivateInput("s"));
                    break;
                case "binary tree, a level":
                    builder.PublicOutput("root", MerklePathGadget.ComputeRoot<TF>(
                        builder, builder.PrivateInput("leaf"), builder.PrivateInputArray("siblings", 1), builder.PrivateInputArray("directions", 1)));
                    break;
                case "4-ary tree, a level":
                    builder.PublicOutput("root", QuadTreeGadget.ComputeMembership<TF>(
                        builder, builder.PrivateInputArray("children", 4), Bits(builder, "zero"), builder.PrivateInput("leaf")));
                    break;
                case "4-ary tree, a level updated":
                    (Variable<TF> oldRoot, Variable<TF> newRoot) = QuadTreeGadget.Update<TF>(
                        builder, builder.PrivateInputArray("children", 4), Bits(builder, "zero"), builder.PrivateInput("old"), builder.PrivateInput("new"));
                    builder.PublicOutput("oldRoot", oldRoot);
                    builder.PublicOutput("newRoot", newRoot);
                    break;
                case "nullifier":
                    builder.PublicOutput("nullifier", PoseidonGadget.Hash<TF>(builder, builder.PrivateInputArray("x", 3), HashTag.Nullifier));
                    break;
                default:
                    throw new ArgumentException($"No gadget is called '{name}'.");
            }
        }).System.ConstraintCount - Given(name);

    /// <summary>What the surroundings cost: proven bits where a gadget takes such.</summary>
    private static int Given(string name) => name switch
    {
        "choice of two" => 2,
        "4-ary tree, a level" or "4-ary tree, a level updated" => 2,
        _ => 0,
    };

    private static EdwardsVariable<TF> Point<TF>(CircuitBuilder<TF> builder, string name)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF>[] coordinates = builder.PrivateInputArray(name, 2);
        return new(coordinates[0], coordinates[1]);
    }

    private static Variable<TF>[] Bits<TF>(CircuitBuilder<TF> builder, string name)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF>[] bits = builder.PrivateInputArray(name, 2);
        builder.AssertBoolean(bits[0]);
        builder.AssertBoolean(bits[1]);
        return bits;
    }
}
