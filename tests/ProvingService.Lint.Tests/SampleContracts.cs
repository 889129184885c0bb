// Owns: small contracts in the shapes of snarkjs and gnark for a key of known numbers. Names and order are theirs, since the linter
// looks for these; the text is not.

using System.Globalization;
using System.Text;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Lint.Tests;

/// <summary>Contracts over BN254 for the key that <see cref="Numbers"/> describe.</summary>
internal static class SampleContracts
{
    private const string R = "21888242871839275222246405745257275088548364400416034343698204186575808495617";
    private const string Q = "21888242871839275222246405745257275088696311157297823662689037894645226208583";

    public static VerifyingKey<Bn254, Bn254Fp> KeyOf(Numbers numbers) => numbers.Of<Bn254, Bn254Fp, Bn254Fr>().Key;

    /// <summary>As snarkjs from 0.7 on: one block of assembly.</summary>
    public static string SnarkjsAssembly(Numbers numbers)
    {
        VerifyingKey<Bn254, Bn254Fp> key = KeyOf(numbers);
        var constants = new StringBuilder();
        Constant("alphax", key.Alpha.X);
        Constant("alphay", key.Alpha.Y);
        foreach ((string name, Affine<Fp2<Bn254Fp>, Bn254> p) in new[] { ("beta", key.Beta), ("gamma", key.Gamma), ("delta", key.Delta) })
        {
            Constant(name + "x1", p.X.C1);
            Constant(name + "x2", p.X.C0);
            Constant(name + "y1", p.Y.C1);
            Constant(name + "y2", p.Y.C0);
        }

        var products = new StringBuilder();
        var checks = new StringBuilder();
        for (int i = 0; i < key.Ic.Length; i++)
        {
            Constant($"IC{i}x", key.Ic[i].X);
            Constant($"IC{i}y", key.Ic[i].Y);
            if (i > 0)
            {
                products.Append(CultureInfo.InvariantCulture, $"g1_mulAccC(vk, IC{i}x, IC{i}y, calldataload(add(signals, {32 * (i - 1)})))\n");
                checks.Append(CultureInfo.InvariantCulture, $"checkField(calldataload(add(_pubSignals, {32 * (i - 1)})))\n");
            }
        }

        string words = string.Join('\n', new[] { "alphax", "alphay", "betax1", "betax2", "betay1", "betay2" }.Select((name, i) => $"mstore(add(w, {192 + (32 * i)}), {name})"));
        string gamma = string.Join('\n', new[] { "gammax1", "gammax2", "gammay1", "gammay2" }.Select((name, i) => $"mstore(add(w, {448 + (32 * i)}), {name})"));
        string delta = string.Join('\n', new[] { "deltax1", "deltax2", "deltay1", "deltay2" }.Select((name, i) => $"mstore(add(w, {640 + (32 * i)}), {name})"));
        string b = string.Join('\n', Enumerable.Range(0, 4).Select(i => $"mstore(add(w, {64 + (32 * i)}), calldataload(add(b, {32 * i})))"));
        return $$"""
            pragma solidity >=0.7.0 <0.9.0;
            contract Groth16Verifier {
            uint256 constant r = {{R}};
            uint256 constant q = {{Q}};
            {{constants}}
            function verifyProof(uint[2] calldata _pA, uint[2][2] calldata _pB, uint[2] calldata _pC, uint[{{key.PublicInputCount}}] calldata _pubSignals) public view returns (bool) {
            assembly {
            function checkField(v) { if iszero(lt(v, r)) { mstore(0, 0) return(0, 0x20) } }
            function g1_mulAccC(sum, x, y, s) {
            let ok
            let m := mload(0x40)
            mstore(m, x) mstore(add(m, 32), y) mstore(add(m, 64), s)
            ok := staticcall(sub(gas(), 2000), 7, m, 96, m, 64)
            if iszero(ok) { mstore(0, 0) return(0, 0x20) }
            mstore(add(m, 64), mload(sum)) mstore(add(m, 96), mload(add(sum, 32)))
            ok := staticcall(sub(gas(), 2000), 6, m, 128, sum, 64)
            if iszero(ok) { mstore(0, 0) return(0, 0x20) }
            }
            function checkPairing(a, b, c, signals, memory_) -> isOk {
            let w := add(memory_, 128)
            let vk := memory_
            mstore(vk, IC0x)
            mstore(add(vk, 32), IC0y)
            {{products}}
            mstore(w, calldataload(a))
            mstore(add(w, 32), mod(sub(q, calldataload(add(a, 32))), q))
            {{b}}
            {{words}}
            mstore(add(w, 384), mload(vk)) mstore(add(w, 416), mload(add(vk, 32)))
            {{gamma}}
            mstore(add(w, 576), calldataload(c)) mstore(add(w, 608), calldataload(add(c, 32)))
            {{delta}}
            let ok := staticcall(sub(gas(), 2000), 8, w, 768, w, 0x20)
            isOk := and(ok, mload(w))
            }
            let memory_ := mload(0x40)
            mstore(0x40, add(memory_, 896))
            {{checks}}
            let isValid := checkPairing(_pA, _pB, _pC, _pubSignals, memory_)
            mstore(0, isValid)
            return(0, 0x20)
            }
            }
            }
            """;

        void Constant(string name, Bn254Fp value) => constants.Append(CultureInfo.InvariantCulture, $"uint256 constant {name} = {value};\n");
    }

    /// <summary>As snarkjs before 0.7: a library, and the key made in a function.</summary>
    public static string SnarkjsLibrary(Numbers numbers)
    {
        VerifyingKey<Bn254, Bn254Fp> key = KeyOf(numbers);
        var ic = new StringBuilder();
        for (int i = 0; i < key.Ic.Length; i++)
        {
            ic.Append(CultureInfo.InvariantCulture, $"vk.IC[{i}] = Pairing.G1Point({key.Ic[i].X}, {key.Ic[i].Y});\n");
        }

        static string G2(Affine<Fp2<Bn254Fp>, Bn254> p) => $"Pairing.G2Point([{p.X.C1}, {p.X.C0}], [{p.Y.C1}, {p.Y.C0}])";
        string call(int address, string arguments) =>
            $"bool done; assembly {{ done := staticcall(sub(gas(), 2000), {address}, {arguments}) switch done case 0 {{ invalid() }} }} require(done, \"no\");";
        return $$"""
            pragma solidity ^0.6.11;
            library Pairing {
            struct G1Point { uint X; uint Y; }
            struct G2Point { uint[2] X; uint[2] Y; }
            function negate(G1Point memory p) internal pure returns (G1Point memory s) {
            uint q = {{Q}};
            if (p.X == 0 && p.Y == 0) return G1Point(0, 0);
            return G1Point(p.X, q - (p.Y % q));
            }
            function addition(G1Point memory a, G1Point memory b) internal view returns (G1Point memory s) {
            uint[4] memory words; words[0] = a.X; words[1] = a.Y; words[2] = b.X; words[3] = b.Y;
            {{call(6, "words, 0xc0, s, 0x60")}}
            }
            function scalar_mul(G1Point memory p, uint k) internal view returns (G1Point memory s) {
            uint[3] memory words; words[0] = p.X; words[1] = p.Y; words[2] = k;
            {{call(7, "words, 0x80, s, 0x60")}}
            }
            function pairing(G1Point[] memory p, G2Point[] memory s) internal view returns (bool) {
            require(p.length == s.length, "lengths");
            uint count = p.length * 6;
            uint[] memory words = new uint[](count);
            for (uint i = 0; i < p.length; i++) { words[i * 6] = p[i].X; words[i * 6 + 1] = p[i].Y; words[i * 6 + 2] = s[i].X[0]; words[i * 6 + 3] = s[i].X[1]; words[i * 6 + 4] = s[i].Y[0]; words[i * 6 + 5] = s[i].Y[1]; }
            uint[1] memory result;
            {{call(8, "add(words, 0x20), mul(count, 0x20), result, 0x20")}}
            return result[0] != 0;
            }
            }
            contract Verifier {
            using Pairing for *;
            struct VerifyingKey { Pairing.G1Point alfa1; Pairing.G2Point beta2; Pairing.G2Point gamma2; Pairing.G2Point delta2; Pairing.G1Point[] IC; }
            struct Proof { Pairing.G1Point A; Pairing.G2Point B; Pairing.G1Point C; }
            function verifyingKey() internal pure returns (VerifyingKey memory vk) {
            vk.alfa1 = Pairing.G1Point({{key.Alpha.X}}, {{key.Alpha.Y}});
            vk.beta2 = {{G2(key.Beta)}};
            vk.gamma2 = {{G2(key.Gamma)}};
            vk.delta2 = {{G2(key.Delta)}};
            vk.IC = new Pairing.G1Point[]({{key.Ic.Length}});
            {{ic}}
            }
            function verify(uint[] memory input, Proof memory proof) internal view returns (uint) {
            uint256 snark_scalar_field = {{R}};
            VerifyingKey memory vk = verifyingKey();
            require(input.length + 1 == vk.IC.length, "length");
            Pairing.G1Point memory vk_x = Pairing.G1Point(0, 0);
            for (uint i = 0; i < input.length; i++) {
            require(input[i] < snark_scalar_field, "range");
            vk_x = Pairing.addition(vk_x, Pairing.scalar_mul(vk.IC[i + 1], input[i]));
            }
            vk_x = Pairing.addition(vk_x, vk.IC[0]);
            if (!Pairing.pairingProd4(Pairing.negate(proof.A), proof.B, vk.alfa1, vk.beta2, vk_x, vk.gamma2, proof.C, vk.delta2)) return 1;
            return 0;
            }
            function verifyProof(uint[2] memory a, uint[2][2] memory b, uint[2] memory c, uint[{{key.PublicInputCount}}] memory input) public view returns (bool) {
            Proof memory proof;
            proof.A = Pairing.G1Point(a[0], a[1]);
            proof.B = Pairing.G2Point([b[0][0], b[0][1]], [b[1][0], b[1][1]]);
            proof.C = Pairing.G1Point(c[0], c[1]);
            uint[] memory inputValues = new uint[](input.length);
            for (uint i = 0; i < input.length; i++) { inputValues[i] = input[i]; }
            if (verify(inputValues, proof) == 0) { return true; } else { return false; }
            }
            }
            """;
    }

    /// <summary>As gnark: what is false reverts.</summary>
    public static string Gnark(Numbers numbers)
    {
        VerifyingKey<Bn254, Bn254Fp> key = KeyOf(numbers);
        var constants = new StringBuilder();
        Constant("ALPHA_X", key.Alpha.X);
        Constant("ALPHA_Y", key.Alpha.Y);
        foreach ((string name, Affine<Fp2<Bn254Fp>, Bn254> p) in new[] { ("BETA_NEG", -key.Beta), ("GAMMA_NEG", -key.Gamma), ("DELTA_NEG", -key.Delta) })
        {
            Constant(name + "_X_0", p.X.C0);
            Constant(name + "_X_1", p.X.C1);
            Constant(name + "_Y_0", p.Y.C0);
            Constant(name + "_Y_1", p.Y.C1);
        }

        var terms = new StringBuilder();
        for (int i = 0; i < key.Ic.Length; i++)
        {
            string name = i == 0 ? "CONSTANT" : $"PUB_{i - 1}";
            Constant(name + "_X", key.Ic[i].X);
            Constant(name + "_Y", key.Ic[i].Y);
            if (i > 0)
            {
                string load = i == 1 ? "calldataload(input)" : $"calldataload(add(input, {32 * (i - 1)}))";
                terms.Append(CultureInfo.InvariantCulture, $"""
                    mstore(g, {name}_X)
                    mstore(add(g, 0x20), {name}_Y)
                    s := {load}
                    mstore(add(g, 0x40), s)
                    success := and(success, lt(s, R))
                    success := and(success, staticcall(gas(), PRECOMPILE_MUL, g, 0x60, g, 0x40))
                    success := and(success, staticcall(gas(), PRECOMPILE_ADD, f, 0x80, f, 0x40))

                    """);
            }
        }

        string[] places =
        [
            "DELTA_NEG_X_1", "DELTA_NEG_X_0", "DELTA_NEG_Y_1", "DELTA_NEG_Y_0", "ALPHA_X", "ALPHA_Y", "BETA_NEG_X_1", "BETA_NEG_X_0", "BETA_NEG_Y_1", "BETA_NEG_Y_0",
            "x", "y", "GAMMA_NEG_X_1", "GAMMA_NEG_X_0", "GAMMA_NEG_Y_1", "GAMMA_NEG_Y_0",
        ];
        return $$"""
            pragma solidity ^0.8.0;
            contract Verifier {
            error PublicInputNotInField();
            error ProofInvalid();
            uint256 constant PRECOMPILE_ADD = 0x06;
            uint256 constant PRECOMPILE_MUL = 0x07;
            uint256 constant PRECOMPILE_VERIFY = 0x08;
            uint256 constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
            uint256 constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
            {{constants}}
            function publicInputMSM(uint256[{{key.PublicInputCount}}] calldata input) internal view returns (uint256 x, uint256 y) {
            bool success = true;
            assembly ("memory-safe") {
            let f := mload(0x40)
            let g := add(f, 0x40)
            let s
            mstore(f, CONSTANT_X)
            mstore(add(f, 0x20), CONSTANT_Y)
            {{terms}}
            x := mload(f)
            y := mload(add(f, 0x20))
            }
            if (!success) { revert PublicInputNotInField(); }
            }
            function verifyProof(uint256[8] calldata proof, uint256[{{key.PublicInputCount}}] calldata input) public view {
            (uint256 x, uint256 y) = publicInputMSM(input);
            bool success;
            assembly ("memory-safe") {
            let f := mload(0x40)
            calldatacopy(f, proof, 0x100)
            {{string.Join('\n', places.Select((name, i) => $"mstore(add(f, {256 + (32 * i)}), {name})"))}}
            success := staticcall(gas(), PRECOMPILE_VERIFY, f, 0x300, f, 0x20)
            success := and(success, mload(f))
            }
            if (!success) { revert ProofInvalid(); }
            }
            }
            """;

        void Constant(string name, Bn254Fp value) => constants.Append(CultureInfo.InvariantCulture, $"uint256 constant {name} = {value};\n");
    }

    public static string Own(Numbers numbers) => SolidityVerifier.Export<Bn254, Bn254Fp, Bn254Fr>(KeyOf(numbers));

    public static string OwnBls12381(Numbers numbers) =>
        SolidityVerifier.Export<Bls12381, Bls12381Fp, Bls12381Fr>(numbers.Of<Bls12381, Bls12381Fp, Bls12381Fr>().Key);
}
