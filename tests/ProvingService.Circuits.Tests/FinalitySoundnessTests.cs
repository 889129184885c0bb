// Owns: the circuit finality under the mutator, and the table of what guards what in it.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

public sealed class FinalitySoundnessOnBls12381 : FinalitySoundnessTests<Bls12381Fr>;

public sealed class FinalitySoundnessOnBn254 : FinalitySoundnessTests<Bn254Fr>;

[Trait("Kernels", "any")]
public abstract class FinalitySoundnessTests<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly FinalityCase<TF> honest = new();

    [Theory]
    [InlineData(OptimizationLevel.O0)]
    [InlineData(OptimizationLevel.O2)]
    public void NoWireMayBeAlteredAloneOrWithOthers(OptimizationLevel level)
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(new Finality(FinalityCase<TF>.Slots), level);
        CircuitInputs<TF> inputs = Finality.InputsFor(honest.Statement, honest.Committee, honest.Signatures(0, 1, 2));
        var mutator = new WitnessMutator<TF>(circuit, circuit.CreateWitness(inputs));
        mutator.RefusesEveryMutation();
        mutator.IsUnique();
        HintTampering.AreRefused(circuit, inputs, count: 30);
    }

    [Fact]
    public void TheStatementIsCoveredByItsHash()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(new Finality(FinalityCase<TF>.Slots));
        TF[] witness = circuit.CreateWitness(Finality.InputsFor(honest.Statement, honest.Committee, honest.Signatures(0, 1, 2)));
        Assert.Equal(6, StatementTampering.IsRefused(circuit, witness, honest.Statement, statement => statement.Hash()).Count);
    }

    [Fact]
    public void EveryScopeIsGuarded()
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(new Finality(FinalityCase<TF>.Slots), OptimizationLevel.O0);
        TF[] witness = circuit.CreateWitness(Finality.InputsFor(honest.Statement, honest.Committee, honest.Signatures(0, 1, 2)));
        var permuted = new FinalityForger<TF>(honest, 0, 1, 2) { ClaimsHonestStatement = true };
        (permuted.Keys[0], permuted.Keys[1]) = (permuted.Keys[1], permuted.Keys[0]);
        (permuted.Signatures[0], permuted.Signatures[1]) = (permuted.Signatures[1], permuted.Signatures[0]);
        EdwardsPoint<TF> offTheCurve = EdwardsCurve<TF>.Embedded.Base;
        offTheCurve = offTheCurve with { X = offTheCurve.X + TF.One };
        SoundnessTable table = SoundnessTable.Build(
            circuit,
            witness,
            Attack("a signed bit of 2", new(honest, 0, 1) { Bits = { [1] = TF.FromUInt64(2) } }),
            Attack("exactly two thirds", new(honest, 0, 1)),
            Attack("a weight of −1", new(honest, 0, 1) { Weights = { [2] = -TF.One } }),
            Attack("a lower weight in the same chain", new(honest, 0, 1) { Weights = { [2] = TF.One }, KeepsChain = true }),
            Attack("a signature of another member", new(honest, 0, 1, 2) { Signatures = { [2] = honest.Signatures(0)[0] } }),
            Attack("a key off the curve where nothing is signed", new(honest, 0, 1, 2) { Keys = { [3] = offTheCurve } }),
            Attack("a permuted committee", permuted),
            Attack("a chain from elsewhere", new(honest, 0, 1, 2) { ChainStart = TF.One }));
        table.RequireComplete();
        if (typeof(TF) == typeof(Bls12381Fr))
        {
            DocumentedTable.Require("circuits/SOUNDNESS.md", "finality", table.ToMarkdown());
        }

        Attack<TF> Attack(string name, FinalityForger<TF> forger) => new(name, circuit.Program.Run(forger.Inputs()));
    }
}
