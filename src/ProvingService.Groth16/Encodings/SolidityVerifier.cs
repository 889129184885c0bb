// Owns: the export of a verification key as a Solidity contract. The pairing itself is the chain's precompile.
//
// Both contracts write the input of the pairing into memory once, where the precompile reads it, and return from there, so that all
// memory is theirs: what is left beside the precompiles' price is about one percent of a call. The first pair is copied from the
// call; the sum over the public inputs is made in the place of the third pair's point of G1, with the room behind it for its terms,
// before the constants are stored there. The answer is written where nothing was before: on a chain without the precompile a call
// of its address succeeds and writes nothing, and what is found there must then be no yes.

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
    private const int WordSize = 32;

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
                steps.Append(
                    CultureInfo.InvariantCulture,
                    $"\n            addProduct(IC{i}_X, IC{i}_Y, calldataload(add(_pubSignals, {WordSize * (i - 1)})))");
            }
        }

        bool closed = key.PublicInputCount == 0;
        string inputs = closed ? "" : $",\n        uint256[{key.PublicInputCount}] calldata _pubSignals";
        string addProduct = closed ? "" : """
                        // sum += scalar * (x, y); the call ends with false where that cannot be.
                        function addProduct(x, y, scalar) {
                            mstore(448, x)
                            mstore(480, y)
                            mstore(512, scalar)
                            let ok := staticcall(gas(), 7, 448, 96, 448, 64)
                            ok := and(ok, staticcall(gas(), 6, 384, 128, 384, 64))
                            if iszero(and(ok, lt(scalar, R))) {
                                mstore(0, 0)
                                return(0, 32)
                            }
                        }


            """;
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
                    // e(A, B) * e(-alpha, beta) * e(sum, -gamma) * e(C, -delta) = 1, each pair in 192 bytes. All memory is
                    // this block's own, which ends the call.
                    assembly {
            {{addProduct}}            // sum = IC0 + each public input times its point, made where the third pair has it.
                        mstore(384, IC0_X)
                        mstore(416, IC0_Y){{steps}}

                        calldatacopy(0, _pA, 64)
                        calldatacopy(64, _pB, 128)
                        mstore(192, NEG_ALPHA_X)
                        mstore(224, NEG_ALPHA_Y)
                        mstore(256, BETA_X1)
                        mstore(288, BETA_X0)
                        mstore(320, BETA_Y1)
                        mstore(352, BETA_Y0)
                        mstore(448, NEG_GAMMA_X1)
                        mstore(480, NEG_GAMMA_X0)
                        mstore(512, NEG_GAMMA_Y1)
                        mstore(544, NEG_GAMMA_Y0)
                        calldatacopy(576, _pC, 64)
                        mstore(640, NEG_DELTA_X1)
                        mstore(672, NEG_DELTA_X0)
                        mstore(704, NEG_DELTA_Y1)
                        mstore(736, NEG_DELTA_Y0)

                        // The answer's place is zero until the precompile writes it.
                        let done := staticcall(gas(), 8, 0, 768, 768, 32)
                        mstore(0, and(done, eq(mload(768), 1)))
                        return(0, 32)
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
        const int Sum = 768, Terms = 896, TermSize = 160;
        int count = key.PublicInputCount;
        var constants = new StringBuilder();
        string alpha = G1("NEG_ALPHA", 384, -key.Alpha), beta = G2("BETA", 512, key.Beta), gamma = G2("NEG_GAMMA", 896, -key.Gamma);
        string delta = G2("NEG_DELTA", 1280, -key.Delta), first = G1("IC0", count == 0 ? Sum : Terms, key.Ic[0]);
        var steps = new StringBuilder();
        for (int i = 1; i <= count; i++)
        {
            int place = Terms + (TermSize * (i - 1));
            steps.Append(G1($"IC{i}", place, key.Ic[i]));
            steps.Append(CultureInfo.InvariantCulture, $"\n            scalar := calldataload(add(_pubSignals, {WordSize * (i - 1)}))");
            steps.Append(CultureInfo.InvariantCulture, $"\n            mstore({place + (4 * WordSize)}, scalar)");
            steps.Append("\n            ok := and(ok, lt(scalar, R))");
        }

        string inputs = count == 0 ? "" : $", uint256[{count}] calldata _pubSignals";
        string sum = count == 0 ? first : $$"""

                        // sum = IC0 + each public input times its point: the terms stand behind the sum.
                        let scalar{{steps}}
                        if ok {
                            ok := staticcall(gas(), 0x0c, {{Terms}}, {{TermSize * count}}, {{Sum}}, 128)
                            ok := and(ok, eq(returndatasize(), 128))
                        }{{first}}
                        if ok {
                            ok := staticcall(gas(), 0x0b, {{Sum}}, 256, {{Sum}}, 128)
                            ok := and(ok, eq(returndatasize(), 128))
                        }
            """;
        int answer = Math.Max(1536, Terms + (TermSize * count));
        return $$"""
            // SPDX-License-Identifier: Apache-2.0
            // Exported by zkps. A Groth16 verifier over BLS12-381 for one verification key, on the precompiles of EIP-2537.
            pragma solidity >=0.8.4 <0.9.0;

            contract Groth16Verifier {
                // The order of the groups; public inputs must be below it.
                uint256 private constant R = {{r}};

                // The verification key as words of the encoding of EIP-2537: each coordinate of the base field in two words, a
                // point of G2 as x.c0, x.c1, y.c0, y.c1. -alpha, -gamma and -delta are stored so that nothing need be negated here.
            {{constants}}
                /// Whether a proof proves the statement with these public inputs. The proof is A (128 bytes), B (256) and
                /// C (128) in the encoding of EIP-2537; the precompiles refuse points off the curve or outside the subgroup.
                function verifyProof(bytes calldata _proof{{inputs}}) external view returns (bool) {
                    // e(A, B) * e(-alpha, beta) * e(sum, -gamma) * e(C, -delta) = 1, each pair in 384 bytes. All memory is
                    // this block's own, which ends the call.
                    assembly {
                        let ok := eq(_proof.length, 512){{sum}}

                        calldatacopy(0, _proof.offset, 384){{alpha}}{{beta}}{{gamma}}
                        calldatacopy(1152, add(_proof.offset, 384), 128){{delta}}

                        // The answer's place is zero until the precompile writes it.
                        if ok {
                            ok := staticcall(gas(), 0x0f, 0, 1536, {{answer}}, 32)
                        }
                        mstore(0, and(ok, eq(mload({{answer}}), 1)))
                        return(0, 32)
                    }
                }
            }

            """;

        string G1(string name, int place, in Affine<TFp, TCurve> p) => Store(name, place, [p.X, p.Y]);

        string G2(string name, int place, in Affine<Fp2<TFp>, TCurve> p) => Store(name, place, [p.X.C0, p.X.C1, p.Y.C0, p.Y.C1]);

        // Declares the words of a point as constants; gives the lines that store them at a place.
        string Store(string name, int place, ReadOnlySpan<TFp> coordinates)
        {
            var lines = new StringBuilder();
            byte[] bytes = new byte[Eip2537Encoding.FpSize];
            for (int i = 0; i < 2 * coordinates.Length; i++)
            {
                PrimeField.WriteBigEndian(coordinates[i / 2], bytes.AsSpan(bytes.Length - PrimeField.ByteCount<TFp>()));
                string word = Convert.ToHexStringLower(bytes, WordSize * (i % 2), WordSize);
                constants.Append(CultureInfo.InvariantCulture, $"    uint256 private constant {name}_{i} = 0x{word};\n");
                lines.Append(CultureInfo.InvariantCulture, $"\n            mstore({place + (WordSize * i)}, {name}_{i})");
            }

            return lines.ToString();
        }
    }
}
