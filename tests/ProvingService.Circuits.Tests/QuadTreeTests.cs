// Owns: the 4-ary tree on numbers and in circuits: against circomlibjs, against a naive tree, and under attack.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

public class QuadTreeTests(ITestOutputHelper output)
{
    [Fact]
    public void EqualsCircomlibjs()
    {
        JsonElement file = TestVectors.Json("circomlibjs/trees.json");
        foreach (JsonElement vector in file.GetProperty("trees").EnumerateArray())
        {
            var tree = new QuadTree<Bn254Fr>(vector.GetProperty("levels").GetInt32());
            foreach (JsonProperty leaf in vector.GetProperty("leaves").EnumerateObject())
            {
                tree.Update(long.Parse(leaf.Name, CultureInfo.InvariantCulture), Bn254Fr.FromUInt64(leaf.Value.GetUInt64()));
            }

            Assert.Equal(vector.Text("root"), tree.Root.ToString());
        }

        JsonElement nullifier = file.GetProperty("nullifier");
        Assert.Equal(HashTag.Nullifier, nullifier.GetProperty("tag").GetUInt64());
        Bn254Fr[] inputs = [.. nullifier.GetProperty("inputs").EnumerateArray().Select(x => Bn254Fr.FromUInt64(x.GetUInt64()))];
        Assert.Equal(nullifier.Text("hash"), Poseidon.Hash<Bn254Fr>(inputs, HashTag.Nullifier).ToString());
    }

    [Fact]
    public void IncrementalEqualsBulkEqualsNaive()
    {
        var random = new OracleRandom(output);
        foreach (int count in new[] { 0, 1, 3, 4, 63, 64, 65, 200, 256 })
        {
            Bls12381Fr[] leaves = Elements(random, count);
            var bulk = new QuadTree<Bls12381Fr>(4, leaves);
            var single = new QuadTree<Bls12381Fr>(4);
            foreach (int i in Enumerable.Range(0, count).Reverse())
            {
                single.Update(i, leaves[i]);
            }

            Assert.Equal(NaiveRoot(4, leaves), bulk.Root);
            Assert.Equal(bulk.Root, single.Root);
        }
    }

    [Fact]
    public void RangesOverwriteAnyNeighbours()
    {
        var random = new OracleRandom(output);
        var leaves = new Bn254Fr[1024];
        var tree = new QuadTree<Bn254Fr>(5);
        for (int round = 0; round < 12; round++)
        {
            int first = random.Next(1024), count = random.Next(1025 - first);
            Bn254Fr[] part = Elements<Bn254Fr>(random, count);
            part.CopyTo(leaves, first);
            tree.SetRange(first, part);
            Assert.Equal(NaiveRoot(5, leaves), tree.Root);
            Assert.Equal(leaves[first], tree[first]);
        }

        // Emptied leaves leave no trace.
        tree.SetRange(0, new Bn254Fr[1024]);
        Assert.Equal(new QuadTree<Bn254Fr>(5).Root, tree.Root);
    }

    [Fact]
    public void FarLeavesOfTheLargestTree()
    {
        var tree = new QuadTree<Bls12381Fr>(16);
        Assert.Equal(1L << 32, tree.Capacity);
        Bls12381Fr leaf = Bls12381Fr.FromUInt64(5);
        foreach (long index in new[] { 0, 1L << 31, (1L << 32) - 1, 123456789 })
        {
            Assert.True(tree.PathOf(index).Opens(tree.Root, default));
            QuadTreePath<Bls12381Fr> path = tree.PathOf(index);
            tree.Update(index, leaf);
            Assert.Equal(path.ComputeRoot(leaf), tree.Root);
            Assert.Equal(leaf, tree[index]);
            Assert.True(tree.PathOf(index).Opens(tree.Root, leaf));
            Assert.False(tree.PathOf(index).Opens(tree.Root, default));
            Assert.False(path.Opens(tree.Root, leaf));
        }
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuadTree<Bn254Fr>(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuadTree<Bn254Fr>(17));
        var tree = new QuadTree<Bn254Fr>(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree[-1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree[16]);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Update(16, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.PathOf(16));
        Assert.Throws<ArgumentException>(() => tree.SetRange(1, new Bn254Fr[16]));
        Assert.Throws<ArgumentException>(() => QuadTree<Bn254Fr>.HashNode(new Bn254Fr[3]));
        Assert.Throws<ArgumentException>(() => PoseidonBatch.Hash<Bn254Fr>(new Bn254Fr[7], 4, new Bn254Fr[2]));
        QuadTreePath<Bn254Fr> path = tree.PathOf(3);
        Assert.True(path.Opens(tree.Root, default));
        Assert.False((path with { Index = 3 + 16 }).Opens(tree.Root, default));
        Assert.False((path with { Index = -1 }).Opens(tree.Root, default));
        Assert.False((path with { Children = path.Children[..7] }).Opens(tree.Root, default));
    }

    [Fact]
    public void BatchEqualsSingleHashes()
    {
        var random = new OracleRandom(output);
        Check<Bls12381Fr>();
        Check<Bn254Fr>();
        Check<ToyField>();

        void Check<TF>()
            where TF : unmanaged, IPrimeField<TF>
        {
            // The ends of the range first, then random elements; counts around what fits one round of lanes.
            for (int arity = 1; arity <= 16; arity++)
            {
                foreach (int count in arity is 4 or 5 ? new[] { 0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 200 } : [1, 17])
                {
                    var inputs = new TF[arity * count];
                    for (int i = 0; i < inputs.Length; i++)
                    {
                        inputs[i] = (i / arity) switch
                        {
                            0 => TF.Zero,
                            1 => -TF.One,
                            2 => TF.One,
                            _ => random.Element<TF>(),
                        };
                    }

                    var hashes = new TF[count];
                    PoseidonBatch.Hash<TF>(inputs, arity, hashes, HashTag.Leaf);
                    for (int i = 0; i < count; i++)
                    {
                        Assert.Equal(Poseidon.Hash<TF>(inputs.AsSpan(i * arity, arity), HashTag.Leaf), hashes[i]);
                    }
                }
            }
        }
    }

    [Fact]
    public void CircuitOnBls12381() => CircuitEqualsNative<Bls12381Fr>();

    [Fact]
    public void CircuitOnBn254() => CircuitEqualsNative<Bn254Fr>();

    [Fact]
    public void NoWireMayBeAltered()
    {
        // One level over all places: whatever one wire says is determined by the others.
        for (int index = 0; index < 4; index++)
        {
            var tree = new QuadTree<ToyField>(1, [El<ToyField>(11), El<ToyField>(12), El<ToyField>(13), El<ToyField>(14)]);
            CircuitAssert.Accepts(Membership<ToyField>(1), MembershipInputs(tree, index));
            CircuitAssert.Accepts(Update<ToyField>(1), UpdateInputs(tree, index, El<ToyField>(99)));
        }
    }

    [Fact]
    public void TamperedPathsAreRefused()
    {
        const int levels = 2;
        var random = new OracleRandom(output);
        var tree = new QuadTree<Bn254Fr>(levels, Elements<Bn254Fr>(random, 16));
        var other = new QuadTree<Bn254Fr>(levels, Elements<Bn254Fr>(random, 16));
        CompiledCircuit<Bn254Fr> membership = CircuitCompiler.Compile("membership", Membership<Bn254Fr>(levels));
        CompiledCircuit<Bn254Fr> update = CircuitCompiler.Compile("update", Update<Bn254Fr>(levels));
        for (int index = 0; index < 16; index++)
        {
            QuadTreePath<Bn254Fr> path = tree.PathOf(index);
            Assert.True(Accepts(path, tree[index], tree.Root));
            Assert.False(Accepts(path, tree[index] + Bn254Fr.One, tree.Root));
            Assert.False(Accepts(path, tree[index], other.Root));
            Assert.False(Accepts(path, other[index], tree.Root));
            Assert.False(Accepts(path with { Index = index ^ 1 }, tree[index], tree.Root));
            Assert.False(Accepts(path with { Index = index ^ 2 }, tree[index], tree.Root));
            Assert.False(Accepts(path with { Index = index ^ 4 }, tree[index], tree.Root));
            Assert.False(Accepts(path with { Index = index ^ 8 }, tree[index], tree.Root));
            for (int i = 0; i < path.Children.Length; i++)
            {
                Bn254Fr[] children = (Bn254Fr[])path.Children.Clone();
                children[i] += Bn254Fr.One;
                Assert.False(Accepts(path with { Children = children }, tree[index], tree.Root));

                // Swapped siblings: with the neighbour in the same group.
                children = (Bn254Fr[])path.Children.Clone();
                (children[i], children[i ^ 1]) = (children[i ^ 1], children[i]);
                Assert.False(Accepts(path with { Children = children }, tree[index], tree.Root));
            }

            // Old siblings for the new root: the path from before another leaf changed opens the new root no more.
            var changed = new QuadTree<Bn254Fr>(levels, [.. Enumerable.Range(0, 16).Select(i => tree[i])]);
            changed.Update(15 - index, El<Bn254Fr>(1));
            Assert.False(Accepts(path, tree[index], changed.Root));
            Assert.True(Accepts(changed.PathOf(index), tree[index], changed.Root));
        }

        bool Accepts(QuadTreePath<Bn254Fr> path, Bn254Fr leaf, Bn254Fr root)
        {
            CircuitInputs<Bn254Fr> inputs = Inputs(path, levels).Set("leaf", leaf).Set("root", root);
            bool accepted = CircuitChecker.IsSatisfied(membership.System, membership.Program.Run(inputs));
            Assert.Equal(path.Opens(root, leaf), accepted);

            // An update takes exactly the openings that membership takes.
            Bn254Fr next = leaf + El<Bn254Fr>(7);
            inputs = Inputs(path, levels).Set("oldLeaf", leaf).Set("newLeaf", next).Set("oldRoot", root).Set("newRoot", path.ComputeRoot(next));
            Assert.Equal(accepted, CircuitChecker.IsSatisfied(update.System, update.Program.Run(inputs)));
            return accepted;
        }
    }

    /// <summary>
    /// Selectors that are no bits: the mixture 2·c₁ − c₀ is "selected" by 2, so that without the assertion a prover opens a leaf
    /// that is not in the tree.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void SelectorsMustBeBits(int which)
    {
        var tree = new QuadTree<Bn254Fr>(1, [El<Bn254Fr>(11), El<Bn254Fr>(12), El<Bn254Fr>(14), El<Bn254Fr>(15)]);
        Bn254Fr[] bits = [default, default];
        bits[which] = El<Bn254Fr>(2);
        Bn254Fr mixture = which == 0 ? El<Bn254Fr>(13) : El<Bn254Fr>(17);
        CircuitInputs<Bn254Fr> inputs = new CircuitInputs<Bn254Fr>()
            .Set("children", tree.PathOf(0).Children).Set("bits", bits).Set("leaf", mixture).Set("root", tree.Root);
        CircuitAssert.Refuses(Membership<Bn254Fr>(1), inputs);
        inputs = new CircuitInputs<Bn254Fr>()
            .Set("children", tree.PathOf(0).Children).Set("bits", bits).Set("oldLeaf", mixture).Set("newLeaf", mixture)
            .Set("oldRoot", tree.Root).Set("newRoot", tree.Root);
        CircuitAssert.Refuses(Update<Bn254Fr>(1), inputs);
    }

    [Fact]
    public void ShapesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => CircuitCompiler.Compile<Bn254Fr>("test", b =>
            QuadTreeGadget.ComputeMembership<Bn254Fr>(b, b.PrivateInputArray("c", 8), b.PrivateInputArray("b", 2), b.One)));
        Assert.Throws<ArgumentException>(() => CircuitCompiler.Compile<Bn254Fr>("test", b =>
            QuadTreeGadget.ComputeMembership<Bn254Fr>(b, default, default, b.One)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(16)]
    public void Costs(int levels)
    {
        // 300 and 600 a level, two bits a level, and written also the equality with each root.
        CircuitAssert.Costs<Bls12381Fr>((302 * levels) + 1, 302 * levels, Membership<Bls12381Fr>(levels));
        CircuitAssert.Costs<Bn254Fr>((302 * levels) + 1, 302 * levels, Membership<Bn254Fr>(levels));
        CircuitAssert.Costs<Bls12381Fr>((602 * levels) + 2, 602 * levels, Update<Bls12381Fr>(levels));
        CircuitAssert.Costs<Bn254Fr>((602 * levels) + 2, 602 * levels, Update<Bn254Fr>(levels));
    }

    /// <summary>Where an update's constraints stand: reports and tests that remove constraints address them by these names.</summary>
    [Fact]
    public void ScopesOfAnUpdate()
    {
        CompilationReport report = CircuitCompiler.Compile("update", Update<Bn254Fr>(2)).Report;
        for (int level = 0; level < 2; level++)
        {
            // The bits are asserted where they are used first.
            foreach ((string scope, int count) in new[] { (string.Empty, 602), (".old select", 5), (".old hash", 297), (".new select", 3), (".new hash", 297) })
            {
                ScopeCount found = Assert.Single(report.Scopes, s => s.Scope == $"main.level[{level}]{scope}");
                Assert.Equal((count, count), (found.Before, found.After));
            }
        }
    }

    private void CircuitEqualsNative<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        var random = new OracleRandom(output);
        for (int levels = 1; levels <= 3; levels++)
        {
            var tree = new QuadTree<TF>(levels, Elements<TF>(random, 1 + random.Next((int)Math.Pow(4, levels))));
            for (int round = 0; round < 4; round++)
            {
                int index = random.Next((int)tree.Capacity);
                CircuitAssert.Accepts(Membership<TF>(levels), MembershipInputs(tree, index), mutate: false);

                // To a new value, to the same, and to empty.
                foreach (TF leaf in new[] { random.Element<TF>(), tree[index], default })
                {
                    CircuitInputs<TF> inputs = UpdateInputs(tree, index, leaf);
                    CircuitAssert.Accepts(Update<TF>(levels), inputs, mutate: false);
                    tree.Update(index, leaf);
                    Assert.True(tree.PathOf(index).Opens(tree.Root, leaf));
                }
            }
        }
    }

    private static Action<CircuitBuilder<TF>> Membership<TF>(int levels)
        where TF : unmanaged, IPrimeField<TF> => b =>
        {
            Variable<TF>[] children = b.PrivateInputArray("children", 4 * levels), bits = b.PrivateInputArray("bits", 2 * levels);
            b.AssertEqual(b.PublicInput("root"), QuadTreeGadget.ComputeMembership<TF>(b, children, bits, b.PublicInput("leaf")));
        };

    private static Action<CircuitBuilder<TF>> Update<TF>(int levels)
        where TF : unmanaged, IPrimeField<TF> => b =>
        {
            Variable<TF>[] children = b.PrivateInputArray("children", 4 * levels), bits = b.PrivateInputArray("bits", 2 * levels);
            (Variable<TF> before, Variable<TF> after) =
                QuadTreeGadget.Update<TF>(b, children, bits, b.PublicInput("oldLeaf"), b.PublicInput("newLeaf"));
            b.AssertEqual(b.PublicInput("oldRoot"), before);
            b.AssertEqual(b.PublicInput("newRoot"), after);
        };

    private static CircuitInputs<TF> MembershipInputs<TF>(QuadTree<TF> tree, long index)
        where TF : unmanaged, IPrimeField<TF> =>
        Inputs(tree.PathOf(index), tree.Levels).Set("leaf", tree[index]).Set("root", tree.Root);

    private static CircuitInputs<TF> UpdateInputs<TF>(QuadTree<TF> tree, long index, TF leaf)
        where TF : unmanaged, IPrimeField<TF> =>
        Inputs(tree.PathOf(index), tree.Levels)
            .Set("oldLeaf", tree[index]).Set("newLeaf", leaf)
            .Set("oldRoot", tree.Root).Set("newRoot", tree.PathOf(index).ComputeRoot(leaf));

    private static CircuitInputs<TF> Inputs<TF>(QuadTreePath<TF> path, int levels)
        where TF : unmanaged, IPrimeField<TF>
    {
        var bits = new TF[2 * levels];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = ((path.Index >> i) & 1) == 0 ? TF.Zero : TF.One;
        }

        return new CircuitInputs<TF>().Set("children", path.Children).Set("bits", bits);
    }

    private static TF NaiveRoot<TF>(int levels, TF[] leaves)
        where TF : unmanaged, IPrimeField<TF>
    {
        var row = new TF[1 << (2 * levels)];
        leaves.CopyTo(row, 0);
        while (row.Length > 1)
        {
            row = [.. row.Chunk(4).Select(children => Poseidon.Hash<TF>(children, HashTag.Node))];
        }

        return row[0];
    }

    private static Bls12381Fr[] Elements(OracleRandom random, int count) => Elements<Bls12381Fr>(random, count);

    private static TF[] Elements<TF>(OracleRandom random, int count)
        where TF : unmanaged, IPrimeField<TF>
    {
        var elements = new TF[count];
        for (int i = 0; i < count; i++)
        {
            elements[i] = random.Element<TF>();
        }

        return elements;
    }

    private static TF El<TF>(int value)
        where TF : unmanaged, IPrimeField<TF> => TF.FromBigInteger(new BigInteger(value));
}
