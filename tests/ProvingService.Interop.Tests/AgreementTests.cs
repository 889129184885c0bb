// Owns: that snarkjs and zkps accept the same keys, witnesses and proofs, whoever made which.

using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class AgreementTests(Workshop workshop) : IClassFixture<Workshop>
{
    [InteropTheory]
    [InlineData(Maker.Theirs, Maker.Theirs, "chain", "bls12-381")]
    [InlineData(Maker.Theirs, Maker.Theirs, "chain", "bn254")]
    [InlineData(Maker.Theirs, Maker.Theirs, "merkle", "bn254")]
    [InlineData(Maker.Theirs, Maker.Theirs, "eddsa", "bn254")]
    [InlineData(Maker.Theirs, Maker.Ours, "many", "bls12-381")]
    [InlineData(Maker.Theirs, Maker.Ours, "many", "bn254")]
    [InlineData(Maker.Theirs, Maker.Ours, "closed", "bls12-381")]
    [InlineData(Maker.Theirs, Maker.Ours, "closed", "bn254")]
    [InlineData(Maker.Ours, Maker.Theirs, "chain", "bls12-381")]
    [InlineData(Maker.Ours, Maker.Theirs, "chain", "bn254")]
    [InlineData(Maker.Ours, Maker.Ours, "chain", "bls12-381")]
    [InlineData(Maker.Ours, Maker.Ours, "chain", "bn254")]
    [InlineData(Maker.Ours, Maker.Ours, "merkle", "bls12-381")]
    [InlineData(Maker.Ours, Maker.Ours, "merkle", "bn254")]
    public void Both_verify_our_proof_and_export_the_same_key(Maker compiler, Maker setup, string circuit, string curve)
    {
        CircuitFiles files = workshop.Make(compiler, setup, circuit, curve);
        Zkps.Run("verify", "--vk", files.VerifyingKey, "--public", files.Public, "--proof", files.Proof).Succeeds();
        string theirKey = files.At("their-verification_key.json");
        Node.Snarkjs("zkey", "export", "verificationkey", files.Zkey, theirKey).Succeeds();
        Assert.Equal(File.ReadAllBytes(theirKey), File.ReadAllBytes(files.VerifyingKey));
        Node.Snarkjs("groth16", "verify", theirKey, files.Public, files.Proof).Succeeds().Says("OK!");
    }

    /// <summary>circom's circuits do the same as ours of the same name: our Poseidon is circomlib's, on its own input.</summary>
    [InteropTheory]
    [InlineData("merkle", "bn254")]
    [InlineData("small", "bn254")]
    [InlineData("small", "bls12-381")]
    public void Our_circuits_and_circoms_have_the_same_public_values(string circuit, string curve)
    {
        CircuitFiles ours = workshop.Make(Maker.Ours, Maker.Ours, circuit, curve);
        CircuitFiles theirs = workshop.Make(Maker.Theirs, Maker.Ours, circuit, curve);
        Assert.Equal(File.ReadAllBytes(theirs.Public), File.ReadAllBytes(ours.Public));
    }
}
