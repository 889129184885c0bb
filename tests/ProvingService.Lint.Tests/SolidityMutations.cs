// Owns: what is taken out of or changed in sound contracts, and the rules that each change breaks.

namespace ProvingService.Lint.Tests;

internal static class SolidityMutations
{
    private const string R = "21888242871839275222246405745257275088548364400416034343698204186575808495617";

    /// <summary>The shape of a contract of three inputs, a text of it, what takes its place, and what is then found.</summary>
    public static IReadOnlyList<(string Shape, string From, string To, Rule[] Rules)> All { get; } = [.. Assembly(), .. Library(), .. Gnark(), .. GnarkCommitment(), .. GnarkBls(), .. Own(), .. OwnBls()];

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> Assembly()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("checkField(calldataload(add(_pubSignals, 64)))", "", [Rules.SolidityUncheckedInput]),
            ("checkField(calldataload(add(_pubSignals, 64)))", "checkField(calldataload(add(_pubSignals, 32)))", [Rules.SolidityUncheckedInput]),
            ("checkField(calldataload(add(_pubSignals, 64)))", "if 0 { checkField(calldataload(add(_pubSignals, 64))) }", [Rules.SolidityUncheckedInput]),
            ("lt(v, r)", "lt(v, q)", [Rules.SolidityBaseFieldCheck]),
            ("lt(v, r)", "lt(r, v)", [Rules.SolidityUncheckedInput]),
            ("if iszero(lt(v, r)) { mstore(0, 0) return(0, 0x20) }", "", [Rules.SolidityUncheckedInput]),
            ("if iszero(lt(v, r)) { mstore(0, 0) return(0, 0x20) }", "if iszero(lt(v, r)) { v := r }", [Rules.SolidityUncheckedInput]),
            ($"r = {R}", "r = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47", [Rules.SolidityWrongModulus, Rules.SolidityBaseFieldCheck]),
            ($"r = {R}", "r = 115792089237316195423570985008687907853269984665640564039457584007913129639935", [Rules.SolidityWrongModulus]),
            ("q = 2188", "q = 3188", [Rules.SolidityWrongModulus]),
            ("checkField(calldataload(add(_pubSignals, 64)))\n\nlet isValid := checkPairing(_pA, _pB, _pC, _pubSignals, memory_)", "let isValid := checkPairing(_pA, _pB, _pC, _pubSignals, memory_)\ncheckField(calldataload(add(_pubSignals, 64)))", [Rules.SolidityUncheckedInput]),
            ("function checkField(v) {", "function checkField(v) { v := 0", [Rules.SolidityUncheckedInput]),
            ("g1_mulAccC(vk, IC2x, IC2y, calldataload(add(signals, 32)))", "g1_mulAccC(vk, IC2x, IC2y, calldataload(add(signals, 32))) g1_mulAccC(vk, IC2x, IC2y, calldataload(add(signals, 32)))", [Rules.SolidityIcOrder]),
            ("mstore(add(w, 608), calldataload(add(c, 32)))", "", [Rules.SolidityPairingInput]),
            ("mstore(add(w, 32), mod", "pop(mod", [Rules.SolidityPairingInput]),
            ("let memory_ := mload(0x40)\nmstore(0x40", "if eq(caller(), 7) { stop() }\nlet memory_ := mload(0x40)\nmstore(0x40", [Rules.SolidityPairingUnchecked]),
            ("checkField(calldataload(add(_pubSignals, 64)))", "for { } 0 { } { checkField(calldataload(add(_pubSignals, 64))) }", [Rules.SolidityUncheckedInput]),
            ("uint[3] calldata _pubSignals", "uint[4] calldata _pubSignals", [Rules.SolidityInputCount]),
            ("uint[3] calldata _pubSignals", "uint[2] calldata _pubSignals", [Rules.SolidityInputCount]),
            ("g1_mulAccC(vk, IC2x, IC2y, calldataload(add(signals, 32)))", "", [Rules.SolidityInputUnused]),
            ("g1_mulAccC(vk, IC2x, IC2y,", "g1_mulAccC(vk, IC1x, IC1y,", [Rules.SolidityIcOrder]),
            ("g1_mulAccC(vk, IC2x, IC2y,", "g1_mulAccC(vk, IC2x, IC3y,", [Rules.SolidityIcOrder]),
            ("IC2y, calldataload(add(signals, 32))", "IC2y, calldataload(add(signals, 0))", [Rules.SolidityIcOrder, Rules.SolidityInputUnused]),
            ("mstore(vk, IC0x)", "mstore(vk, IC1x)", [Rules.SolidityIcOrder]),
            ("mstore(add(m, 64), s)", "mstore(add(m, 64), 1)", [Rules.SolidityInputUnused]),
            ("7, m, 96, m, 64)\nif iszero(ok) { mstore(0, 0) return(0, 0x20) }", "7, m, 96, m, 64)", [Rules.SolidityCallUnchecked]),
            ("6, m, 128, sum, 64)\nif iszero(ok) { mstore(0, 0) return(0, 0x20) }", "6, m, 128, sum, 64)", [Rules.SolidityCallUnchecked]),
            ("2000), 7, m", "2000), 0x17, m", [Rules.SolidityWrongPrecompile]),
            ("2000), 8, w", "2000), 9, w", [Rules.SolidityWrongPrecompile]),
            ("isOk := and(ok, mload(w))", "isOk := ok", [Rules.SolidityPairingUnchecked]),
            ("isOk := and(ok, mload(w))", "isOk := mload(w)", [Rules.SolidityCallUnchecked]),
            ("isOk := and(ok, mload(w))", "isOk := or(ok, mload(w))", [Rules.SolidityPairingUnchecked]),
            ("mstore(0, isValid)", "mstore(0, 1)", [Rules.SolidityPairingUnchecked]),
            ("let memory_ := mload(0x40)\nmstore(0x40", "if eq(calldataload(_pA), 7) { mstore(0, 1) return(0, 0x20) }\nlet memory_ := mload(0x40)\nmstore(0x40", [Rules.SolidityPairingUnchecked]),
            ("mstore(add(w, 640), deltax1)", "mstore(add(w, 640), gammax1)", [Rules.SolidityPairingInput]),
            ("mstore(add(w, 384), mload(vk))", "", [Rules.SolidityPairingInput]),
            ("let memory_ := mload(0x40)\nmstore(0x40", "let r := 7 let memory_ := mload(0x40)\nmstore(0x40", [Rules.SolidityShadowedConstant]),
        })
        {
            yield return ("assembly", from, to, rules);
        }
    }

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> Library()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("require(input[i] < snark_scalar_field, \"range\");", "", [Rules.SolidityUncheckedInput]),
            ("require(input[i] < snark_scalar_field, \"range\");", "if (i > 0) { require(input[i] < snark_scalar_field, \"range\"); }", [Rules.SolidityUncheckedInput]),
            ("require(input[i] < snark_scalar_field, \"range\");", "if (i > 0) require(input[i] < snark_scalar_field, \"range\");", [Rules.SolidityUncheckedInput]),
            ($"snark_scalar_field = {R}", "snark_scalar_field = 21888242871839275222246405745257275088696311157297823662689037894645226208583", [Rules.SolidityBaseFieldCheck]),
            ($"snark_scalar_field = {R}", "snark_scalar_field = 21888242871839275222246405745257275088548364400416034343698204186575808495618", [Rules.SolidityUncheckedInput]),
            ("uint q = 2188", "uint q = 3188", [Rules.SolidityWrongModulus]),
            ("require(input.length + 1 == vk.IC.length, \"length\");", "", [Rules.SolidityLengthUnchecked]),
            ("require(input.length + 1 == vk.IC.length, \"length\");", "require(input.length < vk.IC.length, \"length\");", [Rules.SolidityLengthUnchecked]),
            ("uint[3] memory input)", "uint[2] memory input)", [Rules.SolidityInputCount]),
            ("uint[3] memory input)", "uint[] memory input)", [Rules.SolidityLengthUnchecked]),
            ("for (uint i = 0; i < input.length; i++) {\nrequire", "for (uint i = 1; i < input.length; i++) {\nrequire", [Rules.SolidityInputUnused, Rules.SolidityUncheckedInput]),
            ("vk.IC[i + 1], input[i]", "vk.IC[i], input[i]", [Rules.SolidityInputUnused]),
            ("vk_x = Pairing.addition(vk_x, vk.IC[0]);", "", [Rules.SolidityIcOrder]),
            ("vk.IC[2] =", "vk.IC[1] =", [Rules.SolidityIcOrder, Rules.SolidityInputCount]),
            ("G1Point[](4)", "G1Point[](5)", [Rules.SolidityIcOrder]),
            ("vk.beta2 = Pairing.G2Point(", "vk.beta2 = other(", [Rules.FileMalformed]),
            ("2000), 7, words", "2000), 5, words", [Rules.SolidityWrongPrecompile]),
            ("switch done case 0 { invalid() } } require(done, \"no\");", "}", [Rules.SolidityCallUnchecked]),
            ("2000), 6, words", "2000), 5, words", [Rules.SolidityWrongPrecompile]),
            ("2000), 8, add", "2000), 9, add", [Rules.SolidityWrongPrecompile]),
            ("vk.delta2)) return 1;\nreturn 0;", "vk.delta2)) return 1; return 0; revert();", [Rules.SolidityPairingUnchecked]),
            ("return result[0] != 0;", "return true;", [Rules.SolidityPairingUnchecked]),
            ("vk.delta2)) return 1;", "vk.delta2)) return 0;", [Rules.SolidityPairingUnchecked]),
            ("proof.C, vk.delta2)", "proof.C, vk.gamma2)", [Rules.SolidityPairingInput]),
            ("inputValues[i] = input[i];", "inputValues[i] = input[0];", [Rules.SolidityInputUnused]),
            ("{ return true; } else { return false; }", "{ return true; } else { return true; }", [Rules.SolidityPairingUnchecked]),
            ("proof.A = Pairing", "if (a[0] == 7) return true; proof.A = Pairing", [Rules.SolidityPairingUnchecked]),
        })
        {
            yield return ("library", from, to, rules);
        }
    }

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> Gnark()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("success := and(success, lt(s, R))", "", [Rules.SolidityUncheckedInput]),
            ("lt(s, R)", "lt(s, P)", [Rules.SolidityBaseFieldCheck]),
            ("R = 0x3064", "R = 0xf064", [Rules.SolidityWrongModulus]),
            ("P = 0x3064", "P = 0xf064", [Rules.SolidityWrongModulus]),
            ("uint256[3] calldata input) public", "uint256[5] calldata input) public", [Rules.SolidityInputCount]),
            ("uint256[8] calldata proof", "bytes calldata proof", [Rules.SolidityLengthUnchecked]),
            ("s := calldataload(add(input, 64))", "s := calldataload(add(input, 32))", [Rules.SolidityInputUnused]),
            ("mstore(g, PUB_2_X)", "mstore(g, PUB_1_X)", [Rules.SolidityIcOrder, Rules.SolidityInputUnused]),
            ("mstore(add(g, 0x20), PUB_2_Y)", "mstore(add(g, 0x20), PUB_1_Y)", [Rules.SolidityIcOrder]),
            ("mstore(f, CONSTANT_X)", "", [Rules.SolidityIcOrder]),
            ("success := and(success, staticcall(gas(), PRECOMPILE_MUL, g, 0x60, g, 0x40))", "pop(staticcall(gas(), PRECOMPILE_MUL, g, 0x60, g, 0x40))", [Rules.SolidityCallUnchecked]),
            ("success := and(success, staticcall(gas(), PRECOMPILE_ADD, f, 0x80, f, 0x40))", "success := staticcall(gas(), PRECOMPILE_ADD, f, 0x80, f, 0x40)", [Rules.SolidityCallUnchecked]),
            ("PRECOMPILE_MUL = 0x07", "PRECOMPILE_MUL = 0x70", [Rules.SolidityWrongPrecompile]),
            ("PRECOMPILE_ADD = 0x06", "PRECOMPILE_ADD = 0x16", [Rules.SolidityWrongPrecompile]),
            ("x := mload(f)\n", "success := 1 x := mload(f)\n", [Rules.SolidityCallUnchecked]),
            ("error ProofInvalid();", "error ProofInvalid(); function exp(uint256 a) internal view { bool success; assembly { success := staticcall(gas(), PRECOMPILE_MODEXP, a, 1, 2, 3) } }", [Rules.SolidityWrongPrecompile, Rules.SolidityCallUnchecked]),
            ("PRECOMPILE_VERIFY, f", "PRECOMPILE_MUL, f", [Rules.SolidityWrongPrecompile]),
            ("if (!success) { revert PublicInputNotInField(); }", "", [Rules.SolidityUncheckedInput, Rules.SolidityCallUnchecked]),
            ("if (!success) { revert ProofInvalid(); }", "", [Rules.SolidityPairingUnchecked]),
            ("success := and(success, mload(f))", "", [Rules.SolidityPairingUnchecked]),
            ("success := and(success, mload(f))", "success := mload(f)", [Rules.SolidityCallUnchecked]),
            ("mstore(add(f, 736), GAMMA_NEG_Y_0)", "mstore(add(f, 736), DELTA_NEG_Y_0)", [Rules.SolidityPairingInput]),
            ("= publicInputMSM(input);", "= (1, 2);", [Rules.SolidityInputUnused]),
            ("bool success;\nassembly", "if (proof[0] == 7) return; bool success;\nassembly", [Rules.SolidityPairingUnchecked]),
            ("bool success = true;", "bool success = true; uint256 R = 1 << 255;", [Rules.SolidityShadowedConstant]),
        })
        {
            yield return ("gnark", from, to, rules);
        }
    }

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> GnarkCommitment()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("if (!success) { revert CommitmentInvalid(); }", "", [Rules.SolidityPairingUnchecked]),
            ("success := staticcall(gas(), PRECOMPILE_VERIFY, f, 0x180, f, 0x20)", "", [Rules.SolidityPairingUnchecked]),
            ("proof.length == 384", "proof.length == 256", [Rules.SolidityLengthUnchecked]),
            ("uint256[2] calldata input) public", "uint256[3] calldata input) public", [Rules.SolidityInputCount]),
            ("s := mload(publicCommitments)", "s := 1", [Rules.SolidityInputUnused, Rules.SolidityInputCount, Rules.SolidityLengthUnchecked]),
        })
        {
            yield return ("gnark-commitment", from, to, rules);
        }
    }

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> GnarkBls()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("success := and(success, lt(s, R))", "", [Rules.SolidityUncheckedInput]),
            ("R = 0x73ed", "R = 0x83ed", [Rules.SolidityWrongModulus]),
            ("uint256[3] calldata input) public", "uint256[4] calldata input) public", [Rules.SolidityInputCount]),
            ("require(proof.length == 384, \"length\");", "", [Rules.SolidityLengthUnchecked]),
            ("mstore(add(f, 0x80), 1)", "mstore(add(f, 0x80), 2)", [Rules.SolidityIcOrder]),
            ("mstore(add(f, 320), PUB_1_X_HI)", "mstore(add(f, 320), PUB_0_X_HI)", [Rules.SolidityIcOrder, Rules.SolidityInputUnused]),
            ("mstore(add(f, 384), PUB_1_Y_HI)", "mstore(add(f, 384), PUB_0_Y_HI)", [Rules.SolidityIcOrder]),
            ("s := calldataload(add(input, 32))", "s := calldataload(input)", [Rules.SolidityInputUnused]),
            ("mstore(add(f, 448), s)", "mstore(add(f, 448), 0)", [Rules.SolidityInputUnused]),
            ("PRECOMPILE_BLS12_G1MSM = 0x0c", "PRECOMPILE_BLS12_G1MSM = 0x0b", [Rules.SolidityWrongPrecompile]),
            ("PRECOMPILE_BLS12_G1MSM, f, 640", "PRECOMPILE_BLS12_G1MSM, f, 480", [Rules.SolidityWrongPrecompile]),
            ("success := and(success, staticcall", "success := or(success, staticcall", [Rules.SolidityCallUnchecked]),
            ("if (!success) { revert PublicInputNotInField(); }", "", [Rules.SolidityUncheckedInput, Rules.SolidityCallUnchecked]),
            ("PRECOMPILE_BLS12_PAIR = 0x0f", "PRECOMPILE_BLS12_PAIR = 0x0e", [Rules.SolidityWrongPrecompile]),
            ("PRECOMPILE_BLS12_PAIR, f, 0x600", "PRECOMPILE_BLS12_PAIR, f, 0x300", [Rules.SolidityWrongPrecompile]),
            ("success := and(success, mload(f))", "", [Rules.SolidityPairingUnchecked]),
            ("mstore(add(f, 1280), GAMMA_NEG_X_0_HI)", "mstore(add(f, 1280), DELTA_NEG_X_0_HI)", [Rules.SolidityPairingInput]),
            ("xl, uint256 yh, uint256 yl) = publicInputMSM(input);", "xl, uint256 yh, uint256 yl) = (1, 2, 3, 4);", [Rules.SolidityInputUnused]),
        })
        {
            yield return ("gnark-bls", from, to, rules);
        }
    }

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> Own()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("if iszero(and(ok, lt(scalar, R)))", "if iszero(ok)", [Rules.SolidityUncheckedInput]),
            ("if iszero(and(ok, lt(scalar, R)))", "if iszero(lt(scalar, R))", [Rules.SolidityCallUnchecked]),
            ("if iszero(and(ok, lt(scalar, R)))", "if iszero(or(ok, lt(scalar, R)))", [Rules.SolidityUncheckedInput, Rules.SolidityCallUnchecked]),
            ("lt(scalar, R)", "lt(scalar, 21888242871839275222246405745257275088696311157297823662689037894645226208583)", [Rules.SolidityBaseFieldCheck]),
            ($"R = {R}", $"R = {R}0", [Rules.SolidityWrongModulus]),
            ("uint256[3] calldata", "uint256[2] calldata", [Rules.SolidityInputCount]),
            ("uint256[3] calldata", "uint256[] calldata", [Rules.SolidityLengthUnchecked]),
            ("addProduct(IC2_X, IC2_Y, calldataload(add(_pubSignals, 32)))", "", [Rules.SolidityInputUnused]),
            ("addProduct(IC2_X, IC2_Y,", "addProduct(IC3_X, IC3_Y,", [Rules.SolidityIcOrder]),
            ("addProduct(IC2_X, IC2_Y, calldataload(add(_pubSignals, 32)))", "if 0 { addProduct(IC2_X, IC2_Y, calldataload(add(_pubSignals, 32))) }", [Rules.SolidityInputUnused]),
            ("mstore(384, IC0_X)", "mstore(384, IC1_X)", [Rules.SolidityIcOrder]),
            ("staticcall(gas(), 8,", "staticcall(gas(), 10,", [Rules.SolidityWrongPrecompile]),
            ("staticcall(gas(), 6,", "staticcall(gas(), 16,", [Rules.SolidityWrongPrecompile]),
            ("ok := and(ok, staticcall(gas(), 6, 384, 128, 384, 64))", "ok := staticcall(gas(), 6, 384, 128, 384, 64)", [Rules.SolidityCallUnchecked]),
            ("let ok := staticcall(gas(), 7, 448, 96, 448, 64)", "let ok := 1 pop(staticcall(gas(), 7, 448, 96, 448, 64))", [Rules.SolidityCallUnchecked]),
            ("mstore(512, scalar)", "mstore(512, 1)", [Rules.SolidityInputUnused]),
            ("mstore(0, and(done, eq(mload(768), 1)))", "mstore(0, done)", [Rules.SolidityPairingUnchecked]),
            ("mstore(0, and(done, eq(mload(768), 1)))", "mstore(0, eq(mload(768), 1))", [Rules.SolidityCallUnchecked]),
            ("mstore(448, NEG_GAMMA_X1)", "mstore(448, NEG_DELTA_X1)", [Rules.SolidityPairingInput]),
            ("calldatacopy(0, _pA, 64)", "calldatacopy(0, _pC, 64)", [Rules.SolidityPairingInput]),
            ("mstore(736, NEG_DELTA_Y0)", "mstore(736, NEG_GAMMA_Y0)", [Rules.SolidityPairingInput]),
            ("mstore(384, IC0_X)", "if eq(calldataload(_pA), 7) { mstore(0, 1) return(0, 32) } mstore(384, IC0_X)", [Rules.SolidityPairingUnchecked]),
            ("let done :=", "mstore(736, mul(NEG_DELTA_Y0, 1)) let done :=", [Rules.SolidityOtherCode]),
            ("let done :=", "mstore(768, 1) let done :=", [Rules.SolidityOtherCode]),
        })
        {
            yield return ("own", from, to, rules);
        }
    }

    private static IEnumerable<(string Shape, string From, string To, Rule[] Rules)> OwnBls()
    {
        foreach ((string from, string to, Rule[] rules) in new (string, string, Rule[])[]
        {
            ("eq(_proof.length, 512)", "eq(_proof.length, 544)", [Rules.SolidityLengthUnchecked]),
            ("calldatacopy(1152, add(_proof.offset, 384), 128)", "calldatacopy(1152, add(_proof.offset, 256), 128)", [Rules.SolidityPairingInput]),
            ("eq(_proof.length, 512)", "gt(_proof.length, 511)", [Rules.SolidityLengthUnchecked]),
            ("ok := and(ok, lt(scalar, R))", "", [Rules.SolidityUncheckedInput]),
            ("lt(scalar, R)", "lt(scalar, 4002409555221667393417789825735904156556882819939007885332058136124031650490837864442687629129015664037894272559787)", [Rules.SolidityBaseFieldCheck]),
            ("R = 52435875175126190479447740508185965837690552500527637822603658699938581184513", "R = 52435875175126190479447740508185965837690552500527637822603658699938581184514", [Rules.SolidityWrongModulus]),
            ("uint256[3] calldata", "uint256[4] calldata", [Rules.SolidityInputCount]),
            ("mstore(1184, scalar)", "mstore(1184, 0)", [Rules.SolidityInputUnused]),
            ("scalar := calldataload(add(_pubSignals, 32))", "scalar := calldataload(add(_pubSignals, 0))", [Rules.SolidityInputUnused]),
            ("mstore(1056, IC2_0)", "mstore(1056, IC1_0)", [Rules.SolidityIcOrder]),
            ("mstore(896, IC0_0)", "mstore(896, IC1_0)", [Rules.SolidityIcOrder]),
            ("gas(), 0x0c", "gas(), 0x0b", [Rules.SolidityWrongPrecompile]),
            ("gas(), 0x0b", "gas(), 0x0d", [Rules.SolidityWrongPrecompile]),
            ("gas(), 0x0f", "gas(), 0x10", [Rules.SolidityWrongPrecompile]),
            ("ok := and(ok, eq(returndatasize(), 128))", "", [Rules.SolidityCallUnchecked]),
            ("mstore(896, NEG_GAMMA_0)", "mstore(896, NEG_DELTA_0)", [Rules.SolidityPairingInput]),
            ("calldatacopy(0, _proof.offset, 384)", "calldatacopy(0, _proof.offset, 256)", [Rules.SolidityPairingInput]),
            ("mstore(0, and(ok, eq(mload(1536), 1)))", "mstore(0, ok)", [Rules.SolidityPairingUnchecked]),
            ("mstore(0, and(ok, eq(mload(1536), 1)))", "mstore(0, eq(mload(1536), 1))", [Rules.SolidityCallUnchecked]),
            ("let scalar", "if eq(calldataload(_pubSignals), 7) { mstore(0, 1) return(0, 32) } let scalar", [Rules.SolidityPairingUnchecked]),
            ("let scalar", "ok := 1 let scalar", [Rules.SolidityOtherCode]),
        })
        {
            yield return ("own-bls", from, to, rules);
        }
    }
}
