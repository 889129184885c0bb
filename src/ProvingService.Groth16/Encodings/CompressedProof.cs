// Owns: a proof and public inputs as few bytes. Points: CompressedEncoding of Algebra. As JSON: ProofJson.cs.
//
// A proof is A, B and C, each compressed, with nothing between: on BLS12-381 48 + 96 + 48 = 192 bytes, on BN254
// 32 + 64 + 32 = 128. These are also the first bytes of what gnark's Proof.WriteTo writes; behind them gnark has the
// commitments of its own extension, which a proof without any ends with as well (a count of zero and a point at infinity).
// Public inputs are canonical integers of 32 bytes, big-endian.

using System.Diagnostics.CodeAnalysis;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>A part of an encoded proof.</summary>
public enum ProofPart
{
    /// <summary>All of it: its length.</summary>
    Whole,

    /// <summary>A.</summary>
    A,

    /// <summary>B.</summary>
    B,

    /// <summary>C.</summary>
    C,
}

/// <summary>Why bytes are no proof.</summary>
/// <param name="Part">The first part that is wrong.</param>
/// <param name="Error">What is wrong with it.</param>
public readonly record struct ProofFault(ProofPart Part, DecodeError Error)
{
    /// <summary>A clause for a person, without a final stop.</summary>
    public override string ToString() => $"{(Part == ProofPart.Whole ? "the proof" : $"point {Part} of the proof")} {Error.Describe()}";
}

/// <summary>
/// Proofs in compressed form. Reading checks everything: length, flags, range, curve, subgroup, and that no point is infinity,
/// which no proof of a prover has. Each proof has one encoding, but a statement has many proofs. Arbitrary bytes never throw.
/// Thread-safe.
/// </summary>
public static class CompressedProof
{
    /// <summary>Bytes of a proof: 192 on BLS12-381, 128 on BN254.</summary>
    public static int Size<TCurve, TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        (2 * CompressedEncoding.Size<TFp, TCurve>()) + CompressedEncoding.Size<Fp2<TFp>, TCurve>();

    /// <summary>The encoding of a proof.</summary>
    /// <exception cref="ArgumentException">A point is infinity: no reader would take the proof.</exception>
    public static byte[] Encode<TCurve, TFp>(Proof<TCurve, TFp> proof)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (proof.A.IsInfinity || proof.B.IsInfinity || proof.C.IsInfinity)
        {
            throw new ArgumentException("A point of the proof is infinity.", nameof(proof));
        }

        byte[] bytes = new byte[Size<TCurve, TFp>()];
        int g1 = CompressedEncoding.Size<TFp, TCurve>();
        CompressedEncoding.Write(proof.A, bytes.AsSpan(0, g1));
        CompressedEncoding.Write(proof.B, bytes.AsSpan(g1, bytes.Length - (2 * g1)));
        CompressedEncoding.Write(proof.C, bytes.AsSpan(bytes.Length - g1));
        return bytes;
    }

    /// <summary>Reads a proof.</summary>
    /// <param name="source">Exactly <see cref="Size"/> bytes.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="fault">Why there is none.</param>
    /// <returns>False where the bytes are refused.</returns>
    public static bool TryDecode<TCurve, TFp>(
        ReadOnlySpan<byte> source, [NotNullWhen(true)] out Proof<TCurve, TFp>? proof, out ProofFault fault)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        proof = null;
        int size = Size<TCurve, TFp>(), g1 = CompressedEncoding.Size<TFp, TCurve>();
        if (source.Length != size)
        {
            fault = new(ProofPart.Whole, source.Length < size ? DecodeError.Length : DecodeError.TrailingBytes);
            return false;
        }

        CompressedEncoding.TryDecode(source[..g1], out Affine<TFp, TCurve> a, out DecodeError error);
        fault = new(ProofPart.A, Finite(error, a.IsInfinity));
        if (fault.Error != DecodeError.None)
        {
            return false;
        }

        CompressedEncoding.TryDecode(source[g1..^g1], out Affine<Fp2<TFp>, TCurve> b, out error);
        fault = new(ProofPart.B, Finite(error, b.IsInfinity));
        if (fault.Error != DecodeError.None)
        {
            return false;
        }

        CompressedEncoding.TryDecode(source[^g1..], out Affine<TFp, TCurve> c, out error);
        fault = new(ProofPart.C, Finite(error, c.IsInfinity));
        if (fault.Error != DecodeError.None)
        {
            return false;
        }

        fault = default;
        proof = Proof<TCurve, TFp>.FromChecked(a, b, c);
        return true;
    }

    private static DecodeError Finite(DecodeError error, bool isInfinity) =>
        error == DecodeError.None && isInfinity ? DecodeError.IsInfinity : error;
}

/// <summary>Public inputs as bytes: 32 each, big-endian, canonical. Arbitrary bytes never throw. Thread-safe.</summary>
public static class PublicInputsBytes
{
    /// <summary>The bytes of an input.</summary>
    public const int InputSize = 32;

    /// <summary>The encoding of public inputs.</summary>
    public static byte[] Encode<TFr>(ReadOnlySpan<TFr> publicInputs)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        byte[] bytes = new byte[checked(InputSize * publicInputs.Length)];
        for (int i = 0; i < publicInputs.Length; i++)
        {
            PrimeField.WriteBigEndian(publicInputs[i], bytes.AsSpan(InputSize * i, InputSize));
        }

        return bytes;
    }

    /// <summary>Reads public inputs.</summary>
    /// <param name="source">A whole number of inputs; how many a key has, its user knows.</param>
    /// <param name="publicInputs">The inputs; empty where they are refused.</param>
    /// <param name="culprit">The first input that is cut short or not below the order of the groups, or −1.</param>
    /// <returns>False where the bytes are refused.</returns>
    public static bool TryDecode<TFr>(ReadOnlySpan<byte> source, out TFr[] publicInputs, out int culprit)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        publicInputs = [];
        culprit = source.Length / InputSize;
        if (source.Length % InputSize != 0)
        {
            return false;
        }

        var read = new TFr[culprit];
        for (culprit = 0; culprit < read.Length; culprit++)
        {
            if (!PrimeField.TryReadBigEndian(source.Slice(InputSize * culprit, InputSize), out read[culprit]))
            {
                return false;
            }
        }

        (publicInputs, culprit) = (read, -1);
        return true;
    }
}
