// Owns: that one changed byte of a witness, a proof or a public input is refused, by snarkjs and by zkps.

using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Interop.Tests;

public sealed class TamperingTests(Workshop workshop, ITestOutputHelper output) : IClassFixture<Workshop>
{
    private const int Seed = 20260417;

    /// <summary>Numbers of proof.json in turn: A is 0 to 2, B 3 to 8, C 9 to 11; the last of each point is its constant z.</summary>
    private static readonly int[] Coordinates = [0, 1, 3, 4, 5, 6, 9, 10];

    /// <summary>Those that snarkjs is asked about as well, a process each: one of A, B and C.</summary>
    private static readonly int[] CoordinatesForSnarkjs = [1, 4, 9];

    [InteropTheory]
    [InlineData(Maker.Ours, Maker.Ours, "chain", "bls12-381")]
    [InlineData(Maker.Theirs, Maker.Ours, "eddsa", "bn254")]
    public void A_changed_proof_or_public_input_is_refused(Maker compiler, Maker setup, string circuit, string curve)
    {
        CircuitFiles files = workshop.Make(compiler, setup, circuit, curve);
        string folder = workshop.NewFolder();
        var tampering = new Tampering(Seed);
        output.WriteLine($"seed {Seed}");
        foreach (int coordinate in Coordinates)
        {
            string changed = Path.Combine(folder, $"proof-{coordinate}.json");
            output.WriteLine(tampering.ChangeDigit(files.Proof, changed, coordinate));

            // A changed coordinate is off the curve, or not below the modulus.
            Zkps.Run("verify", "--vk", files.VerifyingKey, "--public", files.Public, "--proof", changed).Ends(2);
            if (CoordinatesForSnarkjs.Contains(coordinate))
            {
                Node.Snarkjs("groth16", "verify", files.VerifyingKey, files.Public, changed).Fails();
            }
        }

        string wrongProof = Path.Combine(folder, "proof-wrong.json"), wrongInput = Path.Combine(folder, "public-wrong.json");
        Tampering.ReplaceA(files.Proof, wrongProof);
        Zkps.Run("verify", "--vk", files.VerifyingKey, "--public", files.Public, "--proof", wrongProof).Ends(1);
        Node.Snarkjs("groth16", "verify", files.VerifyingKey, files.Public, wrongProof).Fails();
        output.WriteLine(tampering.ChangeDigit(files.Public, wrongInput, 0));

        // A change of the highest digits can leave the field: a broken input, not a false one.
        Zkps.Run("verify", "--vk", files.VerifyingKey, "--public", wrongInput, "--proof", files.Proof).Ends(1, 2);
        Node.Snarkjs("groth16", "verify", files.VerifyingKey, wrongInput, files.Proof).Fails();
    }

    [InteropTheory]
    [InlineData(Maker.Ours, Maker.Ours, "chain", "bls12-381")]
    [InlineData(Maker.Theirs, Maker.Ours, "eddsa", "bn254")]
    public void A_changed_witness_is_refused(Maker compiler, Maker setup, string circuit, string curve)
    {
        CircuitFiles files = workshop.Make(compiler, setup, circuit, curve);
        string folder = workshop.NewFolder();
        var tampering = new Tampering(Seed);
        output.WriteLine($"seed {Seed}");
        Node.Snarkjs("wtns", "check", files.R1cs, files.Wtns).Succeeds();
        Zkps.Run("circuit", "check", "--r1cs", files.R1cs, "--wtns", files.Wtns).Succeeds();
        for (int i = 0; i < 4; i++)
        {
            string changed = Path.Combine(folder, $"{i}.wtns"), proof = Path.Combine(folder, "proof.json");
            string input = Path.Combine(folder, "public.json");
            output.WriteLine(tampering.ChangeElement(files.Wtns, changed));

            // 2 where the changed element is not below the modulus, else 1.
            int code = Zkps.Run("circuit", "check", "--r1cs", files.R1cs, "--wtns", changed).Ends(1, 2).ExitCode;
            Zkps.Run("prove", "--zkey", files.Zkey, "--wtns", changed, "--proof", proof, "--public", input).Ends(code);
            Zkps.Run("prove", "--zkey", files.Zkey, "--wtns", changed, "--r1cs", files.R1cs, "--proof", proof, "--public", input).Ends(code);
            Assert.False(File.Exists(proof) || File.Exists(input), "A refused witness left a proof behind.");
            if (i < 2)
            {
                Node.Snarkjs("wtns", "check", files.R1cs, changed).Fails();
            }
        }
    }
}
