// Owns: hashes and trees under the mutator: no wire alone, no wires together.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

public sealed class GadgetUniquenessOnBls12381 : GadgetUniquenessTests<Bls12381Fr>;

public sealed class GadgetUniquenessOnBn254 : GadgetUniquenessTests<Bn254Fr>;

[Trait("Kernels", "any")]
public abstract class GadgetUniquenessTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Poseidon(int width)
    {
        TF[] inputs = Enumerable.Range(1, width - 1).Select(i => TF.FromUInt64(0x9E3779B97F4A7C15UL * (ulong)i)).ToArray();
        void Define(CircuitBuilder<TF> b) => b.PublicOutput("hash", PoseidonGadget.Hash<TF>(b, b.PrivateInputArray("x", width - 1), tag: 3));
        foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O2 })
        {
            WitnessMutator<TF> mutator = WitnessMutator<TF>.For(Define, new CircuitInputs<TF>().Set("x", inputs), level);
            mutator.RefusesEveryMutation();
            mutator.IsUnique();
        }
    }

    [Fact]
    public void MerklePath()
    {
        var membership = new MerkleMembership(6);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(membership, OptimizationLevel.O0);
        TF[] witness = circuit.CreateWitness(membership.Example<TF>());
        var mutator = new WitnessMutator<TF>(circuit, witness);
        mutator.RefusesEveryMutation();
        mutator.IsUnique();

        // The root is a sum of three S-boxes of the last level: without their rows one equation holds three wires.
        Assert.Equal(2, mutator.FindUndeterminedWithout("main.path[*]").RankDeficit);
        Assert.Equal(["main"], mutator.FailingScopes(Altered(witness, 1)));
        Assert.Equal(["main.path[*]"], mutator.FailingScopes(Altered(witness, 2)));
        Assert.Empty(mutator.FailingScopes(witness));

        static TF[] Altered(TF[] witness, int wire)
        {
            TF[] altered = (TF[])witness.Clone();
            altered[wire] += TF.One;
            return altered;
        }
    }

    /// <summary>Twenty levels at O2 too: the system as it is proved, and what the checks cost.</summary>
    [Fact]
    public void MerklePathAsProved()
    {
        var membership = new MerkleMembership();
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(membership);
        var mutator = new WitnessMutator<TF>(circuit, circuit.CreateWitness(membership.Example<TF>()));
        mutator.RefusesEveryMutation();
        mutator.IsUnique();
    }
}
