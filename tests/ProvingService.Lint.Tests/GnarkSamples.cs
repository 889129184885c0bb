// Owns: small contracts in the shapes of gnark that need more than SampleContracts.Gnark: over BLS12-381, and with a commitment.

using System.Globalization;
using System.Numerics;
using System.Text;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Lint.Tests;

internal static class GnarkSamples
{
    /// <summary>The contract over BN254 in which the last input is hashed from a commitment of the proof.</summary>
    public static string WithCommitment(Numbers numbers)
    {
        int inputs = numbers.Ic.Count - 1;
        return SampleContracts.Gnark(numbers)
            .Replace($"uint256[{inputs}] calldata input) internal", $"uint256[{inputs - 1}] calldata input, uint256[1] memory publicCommitments, uint256[2] memory commitments) internal", StringComparison.Ordinal)
            .Replace($"uint256[8] calldata proof, uint256[{inputs}] calldata input", $"bytes calldata proof, uint256[{inputs - 1}] calldata input", StringComparison.Ordinal)
            .Replace($"s := calldataload(add(input, {32 * (inputs - 1)}))", "s := mload(publicCommitments)", StringComparison.Ordinal)
            .Replace(
                "(uint256 x, uint256 y) = publicInputMSM(input);\nbool success;",
                """
                require(proof.length == 384, "length");
                uint256[2] memory commitments;
                uint256[1] memory publicCommitments;
                { publicCommitments[0] = uint256(keccak256(abi.encodePacked(commitments[0], commitments[1]))) % R; }
                bool success;
                assembly ("memory-safe") {
                let f := mload(0x40)
                success := staticcall(gas(), PRECOMPILE_VERIFY, f, 0x180, f, 0x20)
                success := and(success, mload(f))
                }
                if (!success) { revert CommitmentInvalid(); }
                (uint256 x, uint256 y) = publicInputMSM(input, publicCommitments, commitments);
                """,
                StringComparison.Ordinal);
    }

    /// <summary>Over BLS12-381: coordinates in two words, and one call for the sum.</summary>
    public static string Bls12381(Numbers numbers)
    {
        VerifyingKey<Bls12381, Bls12381Fp> key = numbers.Of<Bls12381, Bls12381Fp, Bls12381Fr>().Key;
        var constants = new StringBuilder();
        G1("ALPHA", key.Alpha);
        G2("BETA_NEG", -key.Beta);
        G2("GAMMA_NEG", -key.Gamma);
        G2("DELTA_NEG", -key.Delta);
        var terms = new StringBuilder();
        for (int i = 0; i < key.Ic.Length; i++)
        {
            string name = i == 0 ? "CONSTANT" : $"PUB_{i - 1}";
            G1(name, key.Ic[i]);
            string[] words = ["X_HI", "X_LO", "Y_HI", "Y_LO"];
            terms.AppendJoin('\n', words.Select((word, j) => $"mstore({At((160 * i) + (32 * j))}, {name}_{word})")).Append('\n');
            terms.Append(i == 0
                ? "mstore(add(f, 0x80), 1)\n"
                : $"s := calldataload({(i == 1 ? "input" : $"add(input, {32 * (i - 1)})")})\nmstore({At((160 * i) + 128)}, s)\nsuccess := and(success, lt(s, R))\n");
        }

        string[] places = [.. Halves("DELTA_NEG", 4), .. Halves("ALPHA", 2), .. Halves("BETA_NEG", 4), "xh", "xl", "yh", "yl", .. Halves("GAMMA_NEG", 4)];
        return $$"""
            pragma solidity ^0.8.0;
            contract Verifier {
            error PublicInputNotInField();
            error ProofInvalid();
            uint256 constant PRECOMPILE_BLS12_G1MSM = 0x0c;
            uint256 constant PRECOMPILE_BLS12_PAIR = 0x0f;
            uint256 constant R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
            {{constants}}
            function publicInputMSM(uint256[{{key.PublicInputCount}}] calldata input) internal view returns (uint256 xh, uint256 xl, uint256 yh, uint256 yl) {
            bool success = true;
            assembly ("memory-safe") {
            let f := mload(0x40)
            let s
            {{terms}}
            success := and(success, staticcall(gas(), PRECOMPILE_BLS12_G1MSM, f, {{160 * key.Ic.Length}}, f, 0x80))
            xh := mload(f) xl := mload(add(f, 0x20)) yh := mload(add(f, 0x40)) yl := mload(add(f, 0x60))
            }
            if (!success) { revert PublicInputNotInField(); }
            }
            function verifyProof(bytes calldata proof, uint256[{{key.PublicInputCount}}] calldata input) public view {
            require(proof.length == 384, "length");
            (uint256 xh, uint256 xl, uint256 yh, uint256 yl) = publicInputMSM(input);
            bool success;
            assembly ("memory-safe") {
            let f := mload(0x40)
            calldatacopy(add(f, 0x10), proof.offset, 0x30)
            {{string.Join('\n', places.Select((name, i) => $"mstore(add(f, {512 + (32 * i)}), {name})"))}}
            success := staticcall(gas(), PRECOMPILE_BLS12_PAIR, f, 0x600, f, 0x20)
            success := and(success, mload(f))
            }
            if (!success) { revert ProofInvalid(); }
            }
            }
            """;

        static string At(int offset) => offset == 0 ? "f" : $"add(f, {offset})";

        static IEnumerable<string> Halves(string name, int coordinates) =>
            ((string[])(coordinates == 2 ? ["X", "Y"] : ["X_0", "X_1", "Y_0", "Y_1"])).SelectMany(c => (string[])[$"{name}_{c}_HI", $"{name}_{c}_LO"]);

        void G1(string name, Affine<Bls12381Fp, Bls12381> p)
        {
            Constant(name + "_X", p.X);
            Constant(name + "_Y", p.Y);
        }

        void G2(string name, Affine<Fp2<Bls12381Fp>, Bls12381> p)
        {
            Constant(name + "_X_0", p.X.C0);
            Constant(name + "_X_1", p.X.C1);
            Constant(name + "_Y_0", p.Y.C0);
            Constant(name + "_Y_1", p.Y.C1);
        }

        void Constant(string name, Bls12381Fp value)
        {
            BigInteger integer = Bls12381Fp.ToBigInteger(value), low = integer & ((BigInteger.One << 256) - 1);
            constants.Append(CultureInfo.InvariantCulture, $"uint256 constant {name}_HI = {integer >> 256};\nuint256 constant {name}_LO = {low};\n");
        }
    }
}
