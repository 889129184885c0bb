// Owns: the attacks on state-transition and batch-validity, by name, and the tables of what guards what.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

[Trait("Kernels", "any")]
public class TransferSoundnessTests
{
    /// <summary>EddsaSoundnessTests has the table of these.</summary>
    private static readonly string[] Gadgets = ["main.signature.*", "main.slot[*].signature.*"];

    public static TheoryData<string> StateTransition => [.. Transfers<Bn254Fr>().All().Select(attack => attack.Name)];

    public static TheoryData<string> BatchValidity => [.. AllOnBatches<Bn254Fr>().Select(attack => attack.Name)];

    [Theory]
    [MemberData(nameof(StateTransition))]
    public void StateTransitionRefusesInItsGuardAlone(string name)
    {
        Refuses(Small<Bls12381Fr>.StateTransition, Transfers<Bls12381Fr>().All(), name);
        Refuses(Small<Bn254Fr>.StateTransition, Transfers<Bn254Fr>().All(), name);
    }

    [Theory]
    [MemberData(nameof(BatchValidity))]
    public void BatchValidityRefusesInItsGuardAlone(string name)
    {
        Refuses(Small<Bls12381Fr>.BatchValidity, AllOnBatches<Bls12381Fr>(), name);
        Refuses(Small<Bn254Fr>.BatchValidity, AllOnBatches<Bn254Fr>(), name);
    }

    [Fact]
    public void EveryScopeOfStateTransitionIsGuarded()
    {
        IsGuarded("state-transition", Small<Bls12381Fr>.StateTransition, Transfers<Bls12381Fr>().All());
        IsGuarded("state-transition", Small<Bn254Fr>.StateTransition, Transfers<Bn254Fr>().All());
    }

    /// <summary>What guards a transfer guards it in a slot: those attacks count here, made on the first slot.</summary>
    [Fact]
    public void EveryScopeOfBatchValidityIsGuarded()
    {
        IsGuarded("batch-validity", Small<Bls12381Fr>.BatchValidity, AllOnBatches<Bls12381Fr>());
        IsGuarded("batch-validity", Small<Bn254Fr>.BatchValidity, AllOnBatches<Bn254Fr>());
    }

    private static StateTransitionAttacks<TF> Transfers<TF>()
        where TF : unmanaged, IPrimeField<TF> => new(forger => forger.StateTransitionInputs());

    private static ForgedStatement<TF>[] AllOnBatches<TF>()
        where TF : unmanaged, IPrimeField<TF> => [.. BatchValidityAttacks.All<TF>(), .. BatchValidityAttacks.OnTransfers<TF>()];

    private static void Refuses<TF>(Proved<TF> proved, ForgedStatement<TF>[] attacks, string name)
        where TF : unmanaged, IPrimeField<TF>
    {
        ForgedStatement<TF> attack = attacks.Single(attack => attack.Name == name);
        Assert.Equal([attack.Guard], proved.Mutator.FailingScopes(proved.Circuit.Program.Run(attack.Forge())));
    }

    private static void IsGuarded<TF>(string name, Proved<TF> proved, ForgedStatement<TF>[] attacks)
        where TF : unmanaged, IPrimeField<TF>
    {
        SoundnessTable table = SoundnessTable.Build(
            proved.Circuit, proved.Witness, [.. attacks.Select(attack => new Attack<TF>(attack.Name, proved.Circuit.Program.Run(attack.Forge())))]);
        table.RequireComplete(Gadgets);
        if (typeof(TF) == typeof(Bls12381Fr))
        {
            DocumentedTable.Require("circuits/SOUNDNESS.md", name, table.ToMarkdown(Gadgets));
        }
    }

    /// <summary>The circuits with two levels, whose scopes are those of the large ones, each with an honest witness.</summary>
    private static class Small<TF>
        where TF : unmanaged, IPrimeField<TF>
    {
        public static readonly Proved<TF> StateTransition =
            new(new StateTransition(TransferWorld.Depth), Transfers<TF>().Forge());

        public static readonly Proved<TF> BatchValidity =
            new(new BatchValidity(BatchValidityAttacks.Capacity, TransferWorld.Depth), BatchValidityAttacks.Forge<TF>());
    }

    private sealed class Proved<TF>
        where TF : unmanaged, IPrimeField<TF>
    {
        public Proved(ICircuit circuit, CircuitInputs<TF> inputs)
        {
            Circuit = CircuitCompiler.Compile<TF>(circuit, OptimizationLevel.O0);
            Witness = Circuit.CreateWitness(inputs);
            Mutator = new(Circuit, Witness);
        }

        public CompiledCircuit<TF> Circuit { get; }

        public TF[] Witness { get; }

        public WitnessMutator<TF> Mutator { get; }
    }
}
