// Owns: that snarkjs's other commands read, and use, the circuits, witnesses and keys that we write.

using System.Text.Json.Nodes;
using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class SnarkjsReadsOursTests(Workshop workshop) : IClassFixture<Workshop>
{
    [InteropTheory]
    [InlineData("bls12-381", "bls12-381")]
    [InlineData("bn254", "bn-128")]
    public void It_describes_our_circuits(string curve, string theirName)
    {
        CircuitFiles files = workshop.Make(Maker.Ours, Maker.Ours, "chain", curve);
        Node.Snarkjs("r1cs", "info", files.R1cs).Succeeds()
            .Says($"Curve: {theirName}").Says("# of Constraints: 4096").Says("# of Wires: 4098").Says("# of Outputs: 1");
    }

    [InteropTheory]
    [InlineData("chain", "bls12-381")]
    [InlineData("chain", "bn254")]
    [InlineData("merkle", "bls12-381")]
    [InlineData("merkle", "bn254")]
    public void It_checks_our_witnesses(string circuit, string curve)
    {
        CircuitFiles files = workshop.Make(Maker.Ours, Maker.Ours, circuit, curve);
        Node.Snarkjs("wtns", "check", files.R1cs, files.Wtns).Succeeds().Says("WITNESS IS CORRECT");
    }

    [InteropTheory]
    [InlineData("chain", "bls12-381")]
    [InlineData("chain", "bn254")]
    [InlineData("merkle", "bn254")]
    public void It_proves_with_our_keys(string circuit, string curve)
    {
        CircuitFiles files = workshop.Make(Maker.Ours, Maker.Ours, circuit, curve);
        string proof = files.At("their-proof.json"), input = files.At("their-public.json");
        Node.Snarkjs("groth16", "prove", files.Zkey, files.Wtns, proof, input).Succeeds();
        Assert.Equal(File.ReadAllBytes(files.Public), File.ReadAllBytes(input));
        Zkps.Run("verify", "--vk", files.VerifyingKey, "--public", input, "--proof", proof).Succeeds();
    }

    [InteropTheory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void It_reads_every_section_of_our_keys(string curve)
    {
        CircuitFiles files = workshop.Make(Maker.Ours, Maker.Ours, "small", curve);
        string json = files.At("zkey.json");
        Node.Snarkjs("zkey", "export", "json", files.Zkey, json).Succeeds();
        JsonNode key = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.Equal(14, (int)key["nVars"]!);
        Assert.Equal(1, (int)key["nPublic"]!);
        Assert.Equal(16, key["hExps"]!.AsArray().Count);
    }

    /// <summary>
    /// snarkjs computes the initial key of our circuit from powers of tau and compares ours with it, element by element and
    /// by the hash that ours records; then contributes to ours.
    /// </summary>
    [InteropTheory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void It_verifies_our_initial_key_and_contributes_to_it(string curve)
    {
        CircuitFiles files = workshop.Make(Maker.Ours, Maker.Ours, "small", curve);
        string initial = files.At("initial.zkey"), contributed = files.At("contributed.zkey");
        InitialKey.Write(Workshop.Curve(curve), files.R1cs, initial);
        Node.Snarkjs("zkey", "verify", files.R1cs, workshop.Ptau(curve, files.R1cs), initial).Succeeds().Says("ZKey Ok!");
        Node.Snarkjs("zkey", "contribute", initial, contributed, "--name=interop", "-e=not a secret").Succeeds();
        Node.Snarkjs("zkey", "verify", files.R1cs, workshop.Ptau(curve, files.R1cs), contributed).Succeeds().Says("ZKey Ok!");
        Zkps.Run("setup", "zkey", "info", contributed, "--full").Succeeds().Says("1. interop");
        Zkps.Run(
            "prove", "--zkey", contributed, "--wtns", files.Wtns, "--proof", files.At("p.json"), "--public", files.At("i.json")).Succeeds();
    }
}
