// Owns: keys that snarkjs makes from its own powers of tau, and keys to which nobody contributed.

using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class CeremonyTests(Workshop workshop) : IClassFixture<Workshop>
{
    /// <summary>Powers of tau of 2^5, since snarkjs takes minutes for 2^13; nothing of ours but prover and verifier.</summary>
    [InteropTheory]
    [InlineData("bls12-381", "bls12-381")]
    [InlineData("bn254", "bn128")]
    public void A_whole_ceremony_of_snarkjs_makes_a_key_that_we_prove_with(string curve, string theirName)
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Ours, "small", curve);
        string folder = workshop.NewFolder();
        string At(string name) => Path.Combine(folder, name);
        Node.Snarkjs("powersoftau", "new", theirName, "5", At("0.ptau")).Succeeds();
        Node.Snarkjs("powersoftau", "contribute", At("0.ptau"), At("1.ptau"), "--name=first", "-e=not a secret").Succeeds();
        Node.Snarkjs("powersoftau", "prepare", "phase2", At("1.ptau"), At("2.ptau")).Succeeds();
        Node.Snarkjs("groth16", "setup", files.R1cs, At("2.ptau"), At("0.zkey")).Succeeds();
        Node.Snarkjs("zkey", "contribute", At("0.zkey"), At("1.zkey"), "--name=second", "-e=not a secret either").Succeeds();
        Node.Snarkjs("zkey", "beacon", At("1.zkey"), At("2.zkey"), "0102030405060708", "10", "--name=beacon").Succeeds();
        Zkps.Run("setup", "zkey", "info", At("2.zkey"), "--full").Succeeds().Says("1. second").Says("2. beacon, beacon");
        Zkps.Run("setup", "zkey", "export-vk", "--zkey", At("2.zkey"), "-o", At("vk.json")).Succeeds();
        Zkps.Run("prove", "--zkey", At("2.zkey"), "--wtns", files.Wtns, "--proof", At("proof.json"), "--public", At("public.json")).Succeeds();
        Node.Snarkjs("groth16", "verify", At("vk.json"), At("public.json"), At("proof.json")).Succeeds().Says("OK!");
        Node.Snarkjs("groth16", "prove", At("2.zkey"), files.Wtns, At("their-proof.json"), At("their-public.json")).Succeeds();
        Zkps.Run("verify", "--vk", At("vk.json"), "--public", At("their-public.json"), "--proof", At("their-proof.json")).Succeeds();
    }

    [InteropTheory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_key_without_a_contribution_is_refused_unless_insecure_is_said(string curve)
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Theirs, "small", curve);
        string proof = files.At("fresh-proof.json"), input = files.At("fresh-public.json"), ours = files.At("fresh-vk.json");
        string theirs = files.At("their-fresh-vk.json"), contract = files.At("Fresh.sol");
        string[] prove = ["prove", "--zkey", files.FreshZkey, "--wtns", files.Wtns, "--proof", proof, "--public", input];
        string[] exportKey = ["setup", "zkey", "export-vk", "--zkey", files.FreshZkey, "-o", ours];
        string[] exportContract = ["setup", "zkey", "export-solidity", "--zkey", files.FreshZkey, "-o", contract];
        string[] verify = ["verify", "--vk", theirs, "--public", input, "--proof", proof];
        foreach (string[] command in (string[][])[prove, exportKey, exportContract])
        {
            Zkps.Run(command).Ends(2).Says("the key is refused");
        }

        Assert.DoesNotContain(true, new[] { proof, input, ours, contract }.Select(File.Exists));
        foreach (string[] command in (string[][])[prove, exportKey, exportContract])
        {
            Zkps.Run([.. command, "--insecure"]).Succeeds();
        }

        Node.Snarkjs("zkey", "export", "verificationkey", files.FreshZkey, theirs).Succeeds();
        Assert.Equal(File.ReadAllBytes(theirs), File.ReadAllBytes(ours));
        Zkps.Run(verify).Ends(2).Says("the key is refused");
        Zkps.Run([.. verify, "--insecure"]).Succeeds();
    }
}
