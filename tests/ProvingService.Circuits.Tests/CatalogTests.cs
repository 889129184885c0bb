// Owns: the circuits of the catalog: counts, examples, refusals.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

public class CatalogTests
{
    [Fact]
    public void NamesAreFoundWithAndWithoutParameter()
    {
        Assert.Equal(20, Assert.IsType<MerkleMembership>(CircuitCatalog.Find("merkle-membership")).Depth);
        Assert.Equal(32, Assert.IsType<MerkleMembership>(CircuitCatalog.Find("merkle-membership-32")).Depth);
        Assert.Equal(4096, Assert.IsType<MultiplicationChain>(CircuitCatalog.Find("multiplication-chain")).Length);
        Assert.Equal(16382, Assert.IsType<MultiplicationChain>(CircuitCatalog.Find("multiplication-chain-16382")).Length);
        Assert.Equal("multiplication-chain-16382", CircuitCatalog.Find("multiplication-chain-16382").Name);
        Assert.Equal("multiplication-chain", CircuitCatalog.Find("multiplication-chain-4096").Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("merkle")]
    [InlineData("merkle-membership-")]
    [InlineData("merkle-membership-0")]
    [InlineData("merkle-membership-020")]
    [InlineData("merkle-membership-33")]
    [InlineData("merkle-membership20")]
    [InlineData("multiplication-chain--5")]
    [InlineData("multiplication-chain-99999999999")]
    [InlineData("Multiplication-Chain")]
    public void OtherNamesAreNot(string name)
    {
        Assert.False(CircuitCatalog.TryFind(name, out _));
        Assert.Contains("merkle-membership", Assert.Throws<ArgumentException>(() => CircuitCatalog.Find(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MerkleMembershipCosts242ALevel()
    {
        CompiledCircuit<Bls12381Fr> circuit = CircuitCompiler.Compile<Bls12381Fr>(new MerkleMembership());
        Assert.Equal(4841, circuit.Report.ConstraintsBefore);
        Assert.Equal(4840, circuit.System.ConstraintCount);
        Assert.Equal(1, circuit.System.PublicCount);
        Assert.Contains(circuit.Report.Scopes, s => s is { Scope: "main.path[7]", Before: 242 });
        Assert.Empty(ConstraintLinter.Lint(circuit.System, circuit.Symbols));
    }

    [Fact]
    public void MultiplicationChainCostsOneAStep()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new MultiplicationChain(1000));
        Assert.Equal(1000, circuit.System.ConstraintCount);
        Assert.Empty(ConstraintLinter.Lint(circuit.System, circuit.Symbols));
    }

    [Theory]
    [InlineData("merkle-membership.json", true)]
    [InlineData("merkle-membership.json", false)]
    [InlineData("multiplication-chain.json", true)]
    [InlineData("multiplication-chain.json", false)]
    public void ExampleFilesSatisfy(string file, bool onBls12381)
    {
        if (onBls12381)
        {
            Check<Bls12381Fr>(file);
        }
        else
        {
            Check<Bn254Fr>(file);
        }

        static void Check<TF>(string file)
            where TF : unmanaged, IPrimeField<TF>
        {
            string json = File.ReadAllText(RepositoryFiles.Path($"circuits/examples/{file}"));
            IExampleCircuit circuit = CircuitCatalog.Find(file[..file.IndexOf('.', StringComparison.Ordinal)]);
            CompiledCircuit<TF> compiled = CircuitCompiler.Compile<TF>(circuit);
            Assert.Equal(compiled.CreateWitness(circuit.Example<TF>()), compiled.CreateWitness(CircuitInputs<TF>.Parse(json)));
        }
    }

    [Fact]
    public void NoWireOfAMembershipMayBeAltered()
    {
        foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O2 })
        {
            var membership = new MerkleMembership(2);
            CompiledCircuit<ToyField> circuit = CircuitCompiler.Compile<ToyField>(membership, level);
            CircuitAssert.RefusesEveryMutation(circuit, circuit.CreateWitness(membership.Example<ToyField>()));
        }
    }

    [Fact]
    public void EveryLeafOfASmallTreeIsAMember()
    {
        var leaves = new Bn254Fr[5];
        for (int i = 0; i < leaves.Length; i++)
        {
            leaves[i] = Bn254Fr.FromUInt64(7 + (ulong)i);
        }

        var tree = new MerkleTree<Bn254Fr>(3, leaves);
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new MerkleMembership(3));
        for (int i = 0; i < 8; i++)
        {
            circuit.CreateWitness(MerkleMembership.InputsFor(tree, i));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => tree.PathOf(8));
        Assert.Throws<ArgumentException>(() => new MerkleTree<Bn254Fr>(2, leaves));
    }

    /// <summary>What a prover without a leaf might try: another leaf, another place, a direction that is not a bit.</summary>
    [Fact]
    public void FalseMembershipsAreRefused()
    {
        var membership = new MerkleMembership(3);
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(membership);
        Refuse(i => i.Set("leaf", Bn254Fr.FromUInt64(1)));
        Refuse(i => i.Set("root", Bn254Fr.FromUInt64(1)));
        Refuse(i => i.Set("pathIndices", [Bn254Fr.Zero, Bn254Fr.Zero, Bn254Fr.One]));
        Refuse(i => i.Set("pathElements", new Bn254Fr[3]));
        Refuse(i => i.Set("pathIndices", [Bn254Fr.FromUInt64(2), Bn254Fr.Zero, Bn254Fr.One]), "path[0]");

        void Refuse(Func<CircuitInputs<Bn254Fr>, CircuitInputs<Bn254Fr>> change, string scope = "")
        {
            var e = Assert.Throws<UnsatisfiedConstraintException>(() => circuit.CreateWitness(change(membership.Example<Bn254Fr>())));
            Assert.Contains(scope, e.Failure.Scope, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void CompilingTwiceGivesTheSameHashAndCurvesDiffer()
    {
        var circuit = new MerkleMembership(4);
        Assert.Equal(CircuitCompiler.Compile<Bn254Fr>(circuit).Hash, CircuitCompiler.Compile<Bn254Fr>(circuit).Hash);
        Assert.NotEqual(CircuitCompiler.Compile<Bn254Fr>(circuit).Hash, CircuitCompiler.Compile<Bls12381Fr>(circuit).Hash);
        Assert.NotEqual(CircuitCompiler.Compile<Bn254Fr>(circuit).Hash, CircuitCompiler.Compile<Bn254Fr>(new MerkleMembership(5)).Hash);
    }
}
