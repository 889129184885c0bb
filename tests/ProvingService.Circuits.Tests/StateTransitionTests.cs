// Owns: state-transition and batch-validity at work: examples, requests, refusals, mutations of every wire, hints, statements.
// Attacks: TransferSoundnessTests. Agreement with the state machine: TransferDifferentialTests.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

[Trait("Kernels", "any")]
public class StateTransitionTests
{
    [Theory]
    [InlineData("state-transition-20")]
    [InlineData("state-transition-32")]
    [InlineData("batch-validity-1-2")]
    [InlineData("batch-validity-4-20")]
    public void ExamplesSatisfyAndNothingIsLoose(string name)
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();

        void Check<TF>()
            where TF : unmanaged, IPrimeField<TF>
        {
            IExampleCircuit circuit = CircuitCatalog.Find(name);
            CompiledCircuit<TF> compiled = CircuitCompiler.Compile<TF>(circuit);
            Assert.Equal(name, compiled.Name);
            TF[] witness = compiled.CreateWitness(circuit.Example<TF>());
            Assert.Equal(1, compiled.System.PublicCount);
            Assert.Empty(ConstraintLinter.Lint(compiled.System, compiled.Symbols));

            // The document for both curves gives the same inputs.
            byte[] document = JsonSerializer.SerializeToUtf8Bytes(CircuitRequests.Example(circuit));
            Assert.Equal(witness, compiled.CreateWitness(CircuitRequests.Read<TF>(circuit, document)));
        }
    }

    [Fact]
    public void NoWireOfATransferMayBeAlteredOnBls12381() => NoWireMayBeAltered<Bls12381Fr>();

    [Fact]
    public void NoWireOfATransferMayBeAlteredOnBn254() => NoWireMayBeAltered<Bn254Fr>();

    [Fact]
    public void HintsOfATransferCannotBeTampered()
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();

        static void Check<TF>()
            where TF : unmanaged, IPrimeField<TF>
        {
            var transition = new StateTransition(4);
            HintTampering.AreRefused(CircuitCompiler.Compile<TF>(transition), transition.Example<TF>(), count: 60);
        }
    }

    /// <summary>The slots of a batch too, of which the third only fills it. Its R alone is free, since nothing is signed.</summary>
    [Fact]
    public void NoWireOfABatchMayBeAltered()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new BatchValidity(3, 4), OptimizationLevel.O0);
        var mutator = new WitnessMutator<Bn254Fr>(circuit, circuit.CreateWitness(BatchValidityAttacks.Forge<Bn254Fr>()));
        mutator.IsUnique();
        mutator.RefusesEveryMutation();
        HintTampering.AreRefused(circuit, BatchValidityAttacks.Forge<Bn254Fr>(), count: 30);
    }

    [Fact]
    public void EveryFieldOfAStatementIsBound()
    {
        var transition = new StateTransition(4);
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(transition);
        AccountState<Bn254Fr> state = State(out SignedTransfer<Bn254Fr>[] transfers);
        TransferTrace<Bn254Fr> trace = state.Apply(transfers[0], TransferWorld.Chain);
        StatementTampering.IsRefused(
            circuit,
            circuit.CreateWitness(StateTransition.InputsFor(TransferWorld.Chain, trace)),
            StateTransitionStatement<Bn254Fr>.Of(trace, TransferWorld.Chain),
            statement => statement.Hash());

        CompiledCircuit<Bn254Fr> batchCircuit = CircuitCompiler.Compile<Bn254Fr>(new BatchValidity(2, 4));
        BatchTrace<Bn254Fr> batch = BatchExecutor.Execute(State(out transfers), TransferWorld.Chain, 5, Bn254Fr.FromUInt64(6), 2, transfers, 2);
        StatementTampering.IsRefused(
            batchCircuit, batchCircuit.CreateWitness(BatchValidity.InputsFor(batch)), batch.Statement, statement => statement.Hash());
    }

    /// <summary>None, some and all slots of a batch in use.</summary>
    [Fact]
    public void BatchesAreProvedFullAndEmpty()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new BatchValidity(2, 4));
        for (int count = 0; count <= 2; count++)
        {
            AccountState<Bn254Fr> state = State(out SignedTransfer<Bn254Fr>[] transfers);
            BatchTrace<Bn254Fr> batch = BatchExecutor.Execute(state, TransferWorld.Chain, 5, default, 2, transfers[..count], 2);
            Bn254Fr[] witness = circuit.CreateWitness(BatchValidity.InputsFor(batch));
            Assert.Equal(batch.Statement.Hash(), circuit.PublicValues(witness)[0]);
            Assert.Equal(state.Root, batch.Statement.NewRoot);
        }
    }

    /// <summary>
    /// An account at its last nonce sends nothing more, and still receives, takes fees and fills batches: executor and circuit
    /// agree on that.
    /// </summary>
    [Fact]
    public void AnAccountAtItsLastNonceTakesFees()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new BatchValidity(3, 4));
        AccountState<Bn254Fr> state = State(out SignedTransfer<Bn254Fr>[] transfers);
        state.Create(5, new(new ForgedAccount<Bn254Fr>(9, 0).Key, 0, uint.MaxValue, 1));
        SignedTransfer<Bn254Fr> toIt = new Transfer(0, 5, 10, 1, 0, 1).Sign(new ForgedAccount<Bn254Fr>(1, 0).Signer, TransferWorld.Chain);
        BatchTrace<Bn254Fr> batch = BatchExecutor.Execute(state, TransferWorld.Chain, 5, default, 5, [toIt, transfers[1]], 3);
        Assert.Equal(uint.MaxValue, batch.Slots[2].SenderBefore.Nonce);
        Bn254Fr[] witness = circuit.CreateWitness(BatchValidity.InputsFor(batch));
        Assert.Equal(batch.Statement.Hash(), circuit.PublicValues(witness)[0]);
    }

    [Fact]
    public void RequestsThatSayFalseThingsAreRefusedByTheirRule()
    {
        var transition = new StateTransition(4);
        Refuse(r => r["transfer"]!["amount"] = "2000000", TransferRule.Balance);
        Refuse(r => r["transfer"]!["nonce"] = 4_000_000_000, TransferRule.Nonce);
        Refuse(r => r["transfer"]!["token"] = 9, TransferRule.SenderToken);
        Refuse(r => r["transfer"]!["fee"] = "3", TransferRule.Signature);
        Refuse(r => r["chainId"] = "8", TransferRule.Signature);

        void Refuse(Action<JsonObject> change, TransferRule rule)
        {
            JsonObject request = transition.ExampleRequest<Bn254Fr>();
            change(request);
            var e = Assert.Throws<RequestRefusedException>(() => transition.ReadRequest<Bn254Fr>(JsonSerializer.SerializeToElement(request)));
            Assert.Contains(rule.Describe(), e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void BatchesThatSayFalseThingsNameTheTransfer()
    {
        var validity = new BatchValidity(4, 4);
        JsonObject request = validity.ExampleRequest<Bn254Fr>();
        request["transfers"]![1]!["amount"] = "1";
        var e = Assert.Throws<RequestRefusedException>(() => validity.ReadRequest<Bn254Fr>(JsonSerializer.SerializeToElement(request)));
        Assert.Contains("Transfer 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FaultyRequestsNameTheMember()
    {
        var transition = new StateTransition(4);
        Refuse(r => r.Remove("chainId"), "chainId");
        Refuse(r => r["chainIds"] = 7, "chainIds");
        Refuse(r => r["chainId"] = "18446744073709551616", "chainId");
        Refuse(r => r["chainId"] = -1, "chainId");
        Refuse(r => r["chainId"] = 1.5, "chainId");
        Refuse(r => r["accounts"] = 3, "accounts");
        Refuse(r => r["accounts"]![2] = 3, "accounts[2]");
        Refuse(r => r["accounts"]![2]!["index"] = 16, "accounts[2].index");
        Refuse(r => r["accounts"]![2]!["index"] = r["accounts"]![1]!["index"]!.DeepClone(), "accounts[2].index");
        Refuse(r => r["accounts"]![2]!["key"]![0] = "5", "accounts[2].key");
        Refuse(r => r["accounts"]![2]!["key"]!.AsArray().RemoveAt(0), "accounts[2].key");
        Refuse(r => r["accounts"]![2]!["surplus"] = 1, "accounts[2].surplus");
        Refuse(r => r["transfer"]!["fee"] = "281474976710656", "transfer.fee");
        Refuse(r => r["transfer"]!["signature"]!["s"] = "zero", "transfer.signature.s");
        Refuse(r => r["transfer"]!["signature"]!.AsObject().Remove("r"), "transfer.signature.r");
        Refuse(r => r["transfer"]!["signature"]!["t"] = 1, "transfer.signature.t");
        Refuse(r => r["transfer"]!["surplus"] = 1, "transfer.surplus");

        void Refuse(Action<JsonObject> change, string signal)
        {
            JsonObject request = transition.ExampleRequest<Bn254Fr>();
            change(request);
            var e = Assert.Throws<InvalidInputException>(() => transition.ReadRequest<Bn254Fr>(JsonSerializer.SerializeToElement(request)));
            Assert.Equal(signal, e.Signal);
        }
    }

    /// <summary>A member twice: by which of the two a reader goes is nobody's to guess, wherever it stands.</summary>
    [Fact]
    public void MembersThatOccurTwiceAreRefused()
    {
        var transition = new StateTransition(4);
        string request = transition.ExampleRequest<Bn254Fr>().ToJsonString();
        Assert.StartsWith("{\"chainId\":\"7\",\"accounts\":[{", request, StringComparison.Ordinal);
        string[] documents =
        [
            $"{{\"chainId\":\"7\",{request[1..]}",
            request.Replace("\"accounts\":[{", "\"accounts\":[{\"token\":1,", StringComparison.Ordinal),
            request.Replace("\"accounts\":[{", "\"accounts\":[{\"to\\u006ben\":1,", StringComparison.Ordinal),
            $"{{\"bn254\":{{\"chainId\":\"7\",\"chainId\":\"7\"}},{request[1..]}",
            $"{{\"bls12-381\":{{\"chainId\":\"7\",\"chainId\":\"7\"}},{request[1..]}",
        ];
        CircuitRequests.Read<Bn254Fr>(transition, System.Text.Encoding.UTF8.GetBytes(request));
        foreach (string document in documents)
        {
            Assert.Throws<InvalidInputException>(() => CircuitRequests.Read<Bn254Fr>(transition, System.Text.Encoding.UTF8.GetBytes(document)));
        }

        // Those who parse by themselves, and less strictly, are told too.
        foreach (string document in documents[..3])
        {
            using JsonDocument parsed = JsonDocument.Parse(document);
            Assert.Throws<InvalidInputException>(() => transition.ReadRequest<Bn254Fr>(parsed.RootElement));
        }
    }

    private static void NoWireMayBeAltered<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        var transition = new StateTransition();
        foreach (OptimizationLevel level in new[] { OptimizationLevel.O0, OptimizationLevel.O2 })
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>(transition, level);
            var mutator = new WitnessMutator<TF>(circuit, circuit.CreateWitness(transition.Example<TF>()));
            mutator.RefusesEveryMutation();
            if (level == OptimizationLevel.O0)
            {
                mutator.IsUnique();
            }
        }
    }

    /// <summary>Three accounts and two transfers between them.</summary>
    private static AccountState<Bn254Fr> State(out SignedTransfer<Bn254Fr>[] transfers)
    {
        var state = new AccountState<Bn254Fr>(2);
        EddsaKey<Bn254Fr>[] keys = [.. Enumerable.Range(1, 3).Select(i => new ForgedAccount<Bn254Fr>(i, 0).Signer)];
        for (uint i = 0; i < 3; i++)
        {
            state.Create(i, new(keys[i].PublicKey, 1000, i, 1));
        }

        transfers =
        [
            new Transfer(0, 1, 10, 1, 0, 1).Sign(keys[0], TransferWorld.Chain),
            new Transfer(1, 1, 500, 2, 1, 1).Sign(keys[1], TransferWorld.Chain),
        ];
        return state;
    }
}
