// Owns: statements as documents: what is written is read back, and nothing else is.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Circuits.Tests;

public class StatementDocumentTests
{
    public static TheoryData<string> Names => ["state-transition-4", "batch-validity-2-4", "participation-2", "finality-3"];

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatIsWrittenIsReadBack(string name)
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();

        void Check<TF>()
            where TF : unmanaged, IPrimeField<TF>
        {
            var circuit = (IRequestCircuit)CircuitCatalog.Find(name);
            PreparedRequest<TF> prepared = circuit.PrepareRequest<TF>(JsonSerializer.SerializeToElement(circuit.ExampleRequest<TF>()));
            CompiledCircuit<TF> compiled = CircuitCompiler.Compile<TF>(circuit);
            Assert.Equal(prepared.Statement.Hash(), compiled.PublicValues(compiled.CreateWitness(prepared.Inputs))[0]);
            JsonObject document = CircuitRequests.ToDocument(circuit, prepared.Statement);
            Assert.Equal(prepared.Statement, CircuitRequests.ReadDocument<TF>(JsonSerializer.SerializeToUtf8Bytes(document)));
        }
    }

    /// <summary>Each member, left out, misspelt, too large or of another kind, is named.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void FaultyMembersAreNamed(string name)
    {
        var circuit = (IRequestCircuit)CircuitCatalog.Find(name);
        JsonObject document = CircuitRequests.ToDocument(
            circuit, circuit.PrepareRequest<Bn254Fr>(JsonSerializer.SerializeToElement(circuit.ExampleRequest<Bn254Fr>())).Statement);
        foreach (string member in document.Select(pair => pair.Key).ToArray())
        {
            Refuse(member, copy => copy.Remove(member));
            Refuse(member, copy => copy[member] = new JsonArray(1));
            Refuse(member, copy => copy[member] = "-1");
            Refuse(member, copy => copy[member] = Bn254Fr.Modulus.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Refuse("surplus", copy => copy["surplus"] = 1);
        Assert.Throws<InvalidInputException>(() => CircuitRequests.ReadDocument<Bn254Fr>("[]"u8.ToArray()));
        Assert.Throws<InvalidInputException>(() => CircuitRequests.ReadDocument<Bn254Fr>("{"u8.ToArray()));
        Assert.Throws<InvalidInputException>(() => CircuitRequests.ReadDocument<Bn254Fr>("""{"circuit":"merkle-membership"}"""u8.ToArray()));

        void Refuse(string signal, Action<JsonObject> change)
        {
            var copy = (JsonObject)document.DeepClone();
            change(copy);
            var e = Assert.Throws<InvalidInputException>(() => CircuitRequests.ReadDocument<Bn254Fr>(JsonSerializer.SerializeToUtf8Bytes(copy)));
            Assert.Equal(signal, e.Signal);
        }
    }
}
