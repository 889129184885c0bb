// Owns: statements as documents: what is written is read back, and nothing else is.

using System.Globalization;
using System.Numerics;
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
            JsonObject document = StatementDocuments.Write(prepared.Statement);
            Assert.Equal(prepared.Statement, StatementDocuments.Read<TF>(JsonSerializer.SerializeToUtf8Bytes(document)));
        }
    }

    /// <summary>Each integer is read up to the largest of its bits, as that number, and no further: one more must not wrap around.</summary>
    [Theory]
    [InlineData("state-transition-4", "chainId", 64)]
    [InlineData("state-transition-4", "feeToken", 32)]
    [InlineData("state-transition-4", "fee", 48)]
    [InlineData("batch-validity-2-4", "chainId", 64)]
    [InlineData("batch-validity-2-4", "height", 64)]
    [InlineData("batch-validity-2-4", "count", 16)]
    [InlineData("batch-validity-2-4", "feeAccount", 32)]
    [InlineData("participation-2", "chainId", 64)]
    [InlineData("participation-2", "epoch", 48)]
    [InlineData("participation-2", "height", 64)]
    [InlineData("participation-2", "attempt", 16)]
    [InlineData("participation-2", "phase", 8)]
    [InlineData("participation-2", "minimumStake", 64)]
    [InlineData("participation-2", "threshold", 64)]
    [InlineData("finality-3", "chainId", 64)]
    [InlineData("finality-3", "epoch", 64)]
    [InlineData("finality-3", "height", 64)]
    [InlineData("finality-3", "phase", 8)]
    public void IntegersAreReadToTheirLastBit(string name, string member, int bits)
    {
        var circuit = (IRequestCircuit)CircuitCatalog.Find(name);
        JsonObject document = StatementDocuments.Write(
            circuit.PrepareRequest<Bn254Fr>(JsonSerializer.SerializeToElement(circuit.ExampleRequest<Bn254Fr>())).Statement);
        BigInteger end = BigInteger.One << bits;
        document[member] = (end - 1).ToString(CultureInfo.InvariantCulture);
        JsonObject read = StatementDocuments.Write(Read());
        Assert.Equal(document[member]!.ToString(), read[member]!.ToString());
        document[member] = end.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(member, Assert.Throws<InvalidInputException>(() => Read()).Signal);
        document[member] = (end + 1).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(member, Assert.Throws<InvalidInputException>(() => Read()).Signal);

        IStatement<Bn254Fr> Read() => StatementDocuments.Read<Bn254Fr>(JsonSerializer.SerializeToUtf8Bytes(document));
    }

    /// <summary>Each member, left out, misspelt, too large or of another kind, is named.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void FaultyMembersAreNamed(string name)
    {
        var circuit = (IRequestCircuit)CircuitCatalog.Find(name);
        JsonObject document = StatementDocuments.Write(
            circuit.PrepareRequest<Bn254Fr>(JsonSerializer.SerializeToElement(circuit.ExampleRequest<Bn254Fr>())).Statement);
        foreach (string member in document.Select(pair => pair.Key).ToArray())
        {
            Refuse(member, copy => copy.Remove(member));
            Refuse(member, copy => copy[member] = new JsonArray(1));
            Refuse(member, copy => copy[member] = "-1");
            Refuse(member, copy => copy[member] = Bn254Fr.Modulus.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Refuse("surplus", copy => copy["surplus"] = 1);
        Assert.Throws<InvalidInputException>(() => StatementDocuments.Read<Bn254Fr>("[]"u8.ToArray()));
        Assert.Throws<InvalidInputException>(() => StatementDocuments.Read<Bn254Fr>("{"u8.ToArray()));
        Assert.Throws<InvalidInputException>(() => StatementDocuments.Read<Bn254Fr>("""{"statement":"merkle-membership"}"""u8.ToArray()));

        void Refuse(string signal, Action<JsonObject> change)
        {
            var copy = (JsonObject)document.DeepClone();
            change(copy);
            var e = Assert.Throws<InvalidInputException>(() => StatementDocuments.Read<Bn254Fr>(JsonSerializer.SerializeToUtf8Bytes(copy)));
            Assert.Equal(signal, e.Signal);
        }
    }

    /// <summary>A statement says the same to whoever reads it: nothing in it overrides what stands at the top.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void MembersOfACurveAreRefused(string name)
    {
        var circuit = (IRequestCircuit)CircuitCatalog.Find(name);
        JsonObject document = StatementDocuments.Write(
            circuit.PrepareRequest<Bn254Fr>(JsonSerializer.SerializeToElement(circuit.ExampleRequest<Bn254Fr>())).Statement);
        foreach (string curve in new[] { "bn254", "BN254", "bn128", "bls12-381" })
        {
            var copy = (JsonObject)document.DeepClone();
            copy[curve] = new JsonObject { ["chainId"] = "1" };
            var e = Assert.Throws<InvalidInputException>(() => StatementDocuments.Read<Bn254Fr>(JsonSerializer.SerializeToUtf8Bytes(copy)));
            Assert.Equal(curve, e.Signal);
        }
    }

    /// <summary>Half a surrogate pair, in a name or in a value, is bad input like any other.</summary>
    [Fact]
    public void HalvesOfSurrogatePairsAreBadInput()
    {
        var circuit = (IRequestCircuit)CircuitCatalog.Find("state-transition-4");
        foreach (string document in new[]
        {
            """{"\ud800":1}""", """{"statement":"\ud800"}""", """{"statement":"state-transition","\ud800":1}""", """{"accounts":[{"\ud800":1,"\ud800":2}]}""",
            """{"accounts":[],"chainId":"\ud800"}""",
        })
        {
            byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(document);
            Assert.Throws<InvalidInputException>(() => StatementDocuments.Read<Bn254Fr>(utf8));
            Assert.Throws<InvalidInputException>(() => CircuitRequests.Read<Bn254Fr>(circuit, utf8));
            Assert.Throws<InvalidInputException>(() => CircuitInputs<Bn254Fr>.Parse(utf8));
        }
    }

    /// <summary>Two names of one curve do not leave it to their order which request is meant.</summary>
    [Fact]
    public void TwoMembersOfOneCurveAreRefused()
    {
        var circuit = (IRequestCircuit)CircuitCatalog.Find("state-transition-4");
        JsonObject request = circuit.ExampleRequest<Bn254Fr>();
        request["bn254"] = new JsonObject { ["chainId"] = "7" };
        circuit.ReadRequest<Bn254Fr>(JsonSerializer.SerializeToElement(request));
        request["bn128"] = new JsonObject { ["chainId"] = "8" };
        Assert.Throws<InvalidInputException>(() => circuit.ReadRequest<Bn254Fr>(JsonSerializer.SerializeToElement(request)));
    }
}
