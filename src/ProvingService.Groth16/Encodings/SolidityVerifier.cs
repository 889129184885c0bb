// Owns: the export of a verification key as a Solidity contract. The pairing itself is the chain's precompile.

using System.Globalization;
using System.Numerics;
using System.Text;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Writes a Solidity contract that verifies proofs under one key: on BN254 by the precompiles of EIP-196 and EIP-197,
/// with the signature of snarkjs's contract, so that its calldata fits; on BLS12-381 by those of EIP-2537. Under a key
/// without public inputs the function has no argument for them, since Solidity has no arrays of length zero.
/// </summary>
public static class SolidityVerifier
{
    /// <summary>The source text of the contract <c>Groth16Verifier</c>.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ArgumentException">The curve has no precompile.</exception>
    public static string Export<TCurve, TFp, TFr>(VerifyingKey<TCurve, TFp> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> => TCurve.Id switch
        {
            CurveId.Bn254 => Bn254Contract(key, TFp.Modulus, TFr.Modulus),
            CurveId.Bls12381 => Bls12381Contract(key, TFr.Modulus),
            _ => throw new ArgumentException($"There is no precompile for {TCurve.Id}."),
        };

    private static string Bn254Contract<TCurve, TFp>(VerifyingKey<TCurve, TFp> key, BigInteger q, BigInteger r)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        var constants = new StringBuilder();
        AppendG1("NEG_ALPHA", -key.Alpha);
        AppendG2("BETA", key.Beta);
        AppendG2("NEG_GAMMA", -key.Gamma);
        AppendG2("NEG_DELTA", -key.Delta);
        var steps = new StringBuilder();
        for (int i = 0; i < key.Ic.Length; i++)
        {
            AppendG1($"IC{i}", key.Ic[i]);
            if (i > 0)
            {
                steps.Append(CultureInfo.InvariantCulture, $"\n        ok = ok && _addProduct(sum, IC{i}_X, IC{i}_Y, _pubSignals[{i - 1}]);");
            }
        }

        string inputs = key.PublicInputCount == 0 ? "" : $",\n        uint256[{key.PublicInputCount}] calldata _pubSignals";
        return $$"""
            // SPDX-License-Identifier: Apache-2.0
            // Exported by zkps. A Groth16 verifier over BN254 for one verification key.
            pragma solidity >=0.8.4 <0.9.0;

            contract Groth16Verifier {
                // The order of the groups; public inputs must be below it.
                uint256 private constant R = {{r}};

                // The verification key. Points of G2 have the imaginary part of each coordinate first, as EIP-197 wants;
                // -alpha, -gamma and -delta are stored so that nothing need be negated here.
            {{constants}}
                /// Whether (_pA, _pB, _pC) proves the statement with these public inputs. Points off the curve or outside
                /// the subgroup and coordinates that are not below the field's modulus {{q}}
                /// are refused by the precompiles.
                function verifyProof(
                    uint256[2] calldata _pA,
                    uint256[2][2] calldata _pB,
                    uint256[2] calldata _pC{{inputs}}
                ) external view returns (bool) {
                    bool ok = true;
                    uint256[2] memory sum = [IC0_X, IC0_Y];{{steps}}
                    if (!ok) return false;

                    // e(A, B) * e(-alpha, beta) * e(sum, -gamma) * e(C, -delta) = 1
                    uint256[24] memory input = [
                        _pA[0], _pA[1], _pB[0][0], _pB[0][1], _pB[1][0], _pB[1][1],
                        NEG_ALPHA_X, NEG_ALPHA_Y, BETA_X1, BETA_X0, BETA_Y1, BETA_Y0,
                        sum[0], sum[1], NEG_GAMMA_X1, NEG_GAMMA_X0, NEG_GAMMA_Y1, NEG_GAMMA_Y0,
                        _pC[0], _pC[1], NEG_DELTA_X1, NEG_DELTA_X0, NEG_DELTA_Y1, NEG_DELTA_Y0
                    ];
                    uint256[1] memory output;
                    assembly ("memory-safe") {
                        ok := staticcall(gas(), 8, input, 768, output, 32)
                    }
                    return ok && output[0] == 1;
                }

                /// sum += scalar * (x, y); false where the scalar is out of range or a precompile fails.
                function _addProduct(uint256[2] memory sum, uint256 x, uint256 y, uint256 scalar) private view returns (bool ok) {
                    if (scalar >= R) return false;
                    uint256[4] memory buffer;
                    buffer[0] = x;
                    buffer[1] = y;
                    buffer[2] = scalar;
                    assembly ("memory-safe") {
                        ok := staticcall(gas(), 7, buffer, 96, buffer, 64)
                    }
                    buffer[2] = sum[0];
                    buffer[3] = sum[1];
                    assembly ("memory-safe") {
                        ok := and(ok, staticcall(gas(), 6, buffer, 128, sum, 64))
                    }
                }
            }

            """;

        void AppendG1(string name, in Affine<TFp, TCurve> p)
        {
            AppendWord($"{name}_X", p.X);
            AppendWord($"{name}_Y", p.Y);
        }

        void AppendG2(string name, in Affine<Fp2<TFp>, TCurve> p)
        {
            AppendWord($"{name}_X0", p.X.C0);
            AppendWord($"{name}_X1", p.X.C1);
            AppendWord($"{name}_Y0", p.Y.C0);
            AppendWord($"{name}_Y1", p.Y.C1);
        }

        void AppendWord(string name, in TFp value) =>
            constants.Append(CultureInfo.InvariantCulture, $"    uint256 private constant {name} = {TFp.ToBigInteger(value)};\n");
    }

    private static string Bls12381Contract<TCurve, TFp>(VerifyingKey<TCurve, TFp> key, BigInteger r)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        var constants = new StringBuilder();
        Append("NEG_ALPHA", HexG1(-key.Alpha));
        Append("BETA", HexG2(key.Beta));
        Append("NEG_GAMMA", HexG2(-key.Gamma));
        Append("NEG_DELTA", HexG2(-key.Delta));
        var terms = new StringBuilder("IC0, bytes32(uint256(1))");
        for (int i = 0; i < key.Ic.Length; i++)
        {
            Append($"IC{i}", HexG1(key.Ic[i]));
            if (i > 0)
            {
                terms.Insert(0, "bytes.concat(");
                terms.Append(CultureInfo.InvariantCulture, $"), IC{i}, bytes32(_pubSignals[{i - 1}])");
            }
        }

        string inputs = key.PublicInputCount == 0 ? "" : $", uint256[{key.PublicInputCount}] calldata _pubSignals";
        string ranges = key.PublicInputCount == 0 ? "" : """

                    for (uint256 i = 0; i < _pubSignals.length; i++) {
                        if (_pubSignals[i] >= R) return false;
                    }
            """;
        return $$"""
            // SPDX-License-Identifier: Apache-2.0
            // Exported by zkps. A Groth16 verifier over BLS12-381 for one verification key, on the precompiles of EIP-2537.
            pragma solidity >=0.8.4 <0.9.0;

            contract Groth16Verifier {
                // The order of the groups; public inputs must be below it.
                uint256 private constant R = {{r}};

                // The verification key in the encoding of EIP-2537: each coordinate of the base field in 64 bytes, a point
                // of G2 as x.c0, x.c1, y.c0, y.c1. -alpha, -gamma and -delta are stored so that nothing need be negated here.
            {{constants}}
                /// Whether a proof proves the statement with these public inputs. The proof is A (128 bytes), B (256) and
                /// C (128) in the encoding of EIP-2537; the precompiles refuse points off the curve or outside the subgroup.
                function verifyProof(bytes calldata _proof{{inputs}}) external view returns (bool) {
                    if (_proof.length != 512) return false;{{ranges}}

                    (bool ok, bytes memory sum) = address(0x0c).staticcall(bytes.concat({{terms}}));
                    if (!ok || sum.length != 128) return false;

                    // e(A, B) * e(-alpha, beta) * e(sum, -gamma) * e(C, -delta) = 1
                    bytes memory output;
                    (ok, output) = address(0x0f).staticcall(
                        bytes.concat(_proof[0:384], NEG_ALPHA, BETA, sum, NEG_GAMMA, _proof[384:512], NEG_DELTA)
                    );
                    return ok && output.length == 32 && uint256(bytes32(output)) == 1;
                }
            }

            """;

        void Append(string name, string hex) =>
            constants.Append(CultureInfo.InvariantCulture, $"    bytes private constant {name} =\n        hex\"{hex}\";\n");

        static string HexG1(in Affine<TFp, TCurve> p) => Hex(p.X) + Hex(p.Y);

        static string HexG2(in Affine<Fp2<TFp>, TCurve> p) => Hex(p.X.C0) + Hex(p.X.C1) + Hex(p.Y.C0) + Hex(p.Y.C1);

        static string Hex(in TFp value)
        {
            Span<byte> bytes = stackalloc byte[64];
            bytes.Clear();
            PrimeField.WriteBigEndian(value, bytes[(64 - PrimeField.ByteCount<TFp>())..]);
            return Convert.ToHexStringLower(bytes);
        }
    }
}
