// Owns: proofs and public inputs as arguments of the exported contract. The contract: SolidityVerifier.cs.
//
// Arguments by curve, with n public inputs, which are left out where n = 0:
//   BN254      verifyProof(uint256[2] A, uint256[2][2] B, uint256[2] C, uint256[n]): coordinates of B have c1 first
//   BLS12-381  verifyProof(bytes, uint256[n]): A, B and C in the encoding of EIP-2537, 128 + 256 + 128 bytes
// A call is the first four bytes of the Keccak-256 hash of the signature, then the arguments by the contract ABI: words of 32
// bytes, big-endian; bytes stand behind the fixed arguments, after their length, and in their place is where they begin.

using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>Calls of the contracts that <see cref="SolidityVerifier"/> exports. Thread-safe.</summary>
public static class SolidityCalldata
{
    private const int WordSize = 32;

    /// <summary>
    /// The arguments as text: on BN254 byte for byte what <c>snarkjs zkey export soliditycalldata</c> prints, without a newline;
    /// on BLS12-381, which snarkjs does not know, in the same style.
    /// </summary>
    /// <param name="proof">The proof.</param>
    /// <param name="publicInputs">The public inputs without the constant 1.</param>
    /// <exception cref="ArgumentException">The curve has no precompile.</exception>
    public static string ToText<TCurve, TFp, TFr>(Proof<TCurve, TFp> proof, ReadOnlySpan<TFr> publicInputs)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        byte[] points = Points(proof);
        var text = new StringBuilder();
        if (TCurve.Id == CurveId.Bn254)
        {
            string[] words = [.. Enumerable.Range(0, points.Length / WordSize).Select(i => Hex(points.AsSpan(WordSize * i, WordSize)))];
            text.Append(
                CultureInfo.InvariantCulture,
                $"[{words[0]}, {words[1]}],[[{words[2]}, {words[3]}],[{words[4]}, {words[5]}]],[{words[6]}, {words[7]}]");
        }
        else
        {
            text.Append(Hex(points));
        }

        byte[] inputs = PublicInputsBytes.Encode(publicInputs);
        text.Append(",[");
        text.AppendJoin(',', Enumerable.Range(0, publicInputs.Length).Select(i => Hex(inputs.AsSpan(WordSize * i, WordSize))));
        return text.Append(']').ToString();

        static string Hex(ReadOnlySpan<byte> bytes) => $"\"0x{Convert.ToHexStringLower(bytes)}\"";
    }

    /// <summary>The data of a transaction or call: selector and arguments.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="publicInputs">The public inputs without the constant 1.</param>
    /// <exception cref="ArgumentException">The curve has no precompile.</exception>
    public static byte[] ToCall<TCurve, TFp, TFr>(Proof<TCurve, TFp> proof, ReadOnlySpan<TFr> publicInputs)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        byte[] selector = Selector(TCurve.Id, publicInputs.Length), points = Points(proof), inputs = PublicInputsBytes.Encode(publicInputs);
        return TCurve.Id == CurveId.Bn254
            ? [.. selector, .. points, .. inputs]
            : [.. selector, .. Word(WordSize + inputs.Length), .. inputs, .. Word(points.Length), .. points];
    }

    /// <summary>The selector of <c>verifyProof</c> for a number of public inputs: four bytes.</summary>
    /// <exception cref="ArgumentException">The curve has no precompile.</exception>
    public static byte[] Selector(CurveId curve, int publicInputCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(publicInputCount);
        string arguments = curve switch
        {
            CurveId.Bn254 => "uint256[2],uint256[2][2],uint256[2]",
            CurveId.Bls12381 => "bytes",
            _ => throw new ArgumentException($"There is no precompile for {curve}.", nameof(curve)),
        };
        string inputs = publicInputCount == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $",uint256[{publicInputCount}]");
        byte[] signature = Encoding.ASCII.GetBytes($"verifyProof({arguments}{inputs})"), hash = new byte[32];
        var keccak = new KeccakDigest(256);
        keccak.BlockUpdate(signature, 0, signature.Length);
        keccak.DoFinal(hash, 0);
        return hash[..4];
    }

    /// <summary>A, B and C in the encoding of the curve's precompiles, which on BN254 is that of the arguments as well.</summary>
    private static byte[] Points<TCurve, TFp>(Proof<TCurve, TFp> proof)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        ArgumentNullException.ThrowIfNull(proof);
        int width = TCurve.Id switch
        {
            CurveId.Bn254 => WordSize,
            CurveId.Bls12381 => Eip2537Encoding.FpSize,
            _ => throw new ArgumentException($"There is no precompile for {TCurve.Id}."),
        };
        TFp[] coordinates = TCurve.Id == CurveId.Bn254
            ? [proof.A.X, proof.A.Y, proof.B.X.C1, proof.B.X.C0, proof.B.Y.C1, proof.B.Y.C0, proof.C.X, proof.C.Y]
            : [proof.A.X, proof.A.Y, proof.B.X.C0, proof.B.X.C1, proof.B.Y.C0, proof.B.Y.C1, proof.C.X, proof.C.Y];
        byte[] bytes = new byte[width * coordinates.Length];
        for (int i = 0; i < coordinates.Length; i++)
        {
            PrimeField.WriteBigEndian(coordinates[i], bytes.AsSpan((width * (i + 1)) - PrimeField.ByteCount<TFp>(), PrimeField.ByteCount<TFp>()));
        }

        return bytes;
    }

    private static byte[] Word(int value)
    {
        byte[] word = new byte[WordSize];
        BinaryPrimitives.WriteInt32BigEndian(word.AsSpan(WordSize - sizeof(int)), value);
        return word;
    }
}
