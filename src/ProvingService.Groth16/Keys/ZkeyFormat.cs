// Owns: the layout of iden3's .zkey for Groth16, version 1, in the container of SectionedFile. Reading: ProvingKey.cs.
// Writing: ZkeyWriter.cs.
//
//   section 1   u32 protocol: 1 is Groth16
//   section 2   u32 n8q, n8q bytes modulus q of the base field; u32 n8r, n8r bytes order r; u32 wires (the constant counts);
//               u32 public inputs; u32 domain size; α₁, β₁ in G1, β₂, γ₂ in G2, δ₁ in G1, δ₂ in G2
//   section 3   IC: a point of G1 for the constant and for each public input
//   section 4   u32 count; for each coefficient of A and B: u32 matrix (0 is A, 1 is B), u32 row, u32 wire, n8r bytes value
//   section 5   A:  u_s(τ) in G1 for every wire s
//   section 6   B₁: v_s(τ) in G1 for every wire
//   section 7   B₂: v_s(τ) in G2 for every wire
//   section 8   C (or L): (β·u_s(τ) + α·v_s(τ) + w_s(τ))/δ in G1 for every wire that is not public
//   section 9   H: L_{2i+1}(τ)/δ in G1, L the Lagrange polynomials of the domain of twice the size
//   section 10  64 bytes hash of the initial key; u32 count; the contributions of phase 2
//
// Points are affine, x then y, little-endian words in Montgomery form, infinity as zeros; the coefficients c0, c1 of Fp2 in
// that order. A coefficient's value v is stored as v·R², so that one Montgomery multiplication by a canonical witness
// element yields their product in Montgomery form. The rows of public wires, one appended for each, are among the
// coefficients. Sections 1 and 2 stand first; the others in any order.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>Numbers of a .zkey file's header that can be known before its curve is chosen.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="WireCount">All wires, the constant included: the length of a witness.</param>
/// <param name="PublicInputCount">The public inputs without the constant.</param>
/// <param name="DomainSize">The number of H points, a power of two.</param>
public sealed record ZkeyHeader(CurveId Curve, int WireCount, int PublicInputCount, int DomainSize);

/// <summary>Section numbers and the first look into a .zkey.</summary>
public static class ZkeyFormat
{
    internal const string Magic = "zkey";
    internal const uint Version = 1;
    internal const uint ProtocolGroth16 = 1;
    internal const uint ProtocolSection = 1;
    internal const uint HeaderSection = 2;
    internal const uint IcSection = 3;
    internal const uint CoefficientSection = 4;
    internal const uint ASection = 5;
    internal const uint B1Section = 6;
    internal const uint B2Section = 7;
    internal const uint CSection = 8;
    internal const uint HSection = 9;
    internal const uint ContributionSection = 10;
    internal const uint SectionCount = 10;

    /// <summary>Reads the header alone, to learn the curve.</summary>
    /// <exception cref="InvalidFileException">The file is not a Groth16 .zkey over a known curve, or its header contradicts itself.</exception>
    public static ZkeyHeader ReadHeader(string path)
    {
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        ZkeyCounts counts = ReadCounts(file, out _);
        foreach (CurveId curve in Enum.GetValues<CurveId>())
        {
            if (CurveDispatch.Run(curve, new HasModuli(counts.Q, counts.R)))
            {
                return new(curve, counts.WireCount, counts.PublicInputCount, counts.DomainSize);
            }
        }

        throw new InvalidFileException(
            path, FileFault.WrongField, file.Require(HeaderSection, "header").Offset, "the moduli are those of neither BLS12-381 nor BN254.");
    }

    /// <summary>Reads the header up to its first point; <paramref name="reader"/> then stands before α₁.</summary>
    internal static ZkeyCounts ReadCounts(SectionedFile file, out SectionReader reader)
    {
        FileSection protocol = file.Require(ProtocolSection, "protocol", 4);
        FileSection header = file.Require(HeaderSection, "header");
        if (file.Sections[0] != protocol || file.Sections[1] != header)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, 12, "the sections are out of order: 1 (protocol) and 2 (header) must stand first.");
        }

        uint id = file.Read(protocol).ReadUInt32();
        if (id != ProtocolGroth16)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Unsupported, protocol.Offset, $"the key is for protocol {id}; only 1, Groth16, is supported.");
        }

        reader = file.Read(header);
        BigInteger q = ReadModulus(file, reader), r = ReadModulus(file, reader);
        long position = reader.Position;
        uint wires = reader.ReadUInt32(), publicInputs = reader.ReadUInt32(), domain = reader.ReadUInt32();
        if (wires == 0 || publicInputs >= wires || wires > 1u << 28)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, position, $"a circuit of {wires} wires cannot have {publicInputs} public inputs (at most 2^28 wires are supported).");
        }

        if (!BitOperations.IsPow2(domain) || domain <= publicInputs || domain > 1u << 27)
        {
            throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, position + 8, $"the domain size {domain} is not a power of two above the number of public inputs and at most 2^27.");
        }

        return new(q, r, (int)wires, (int)publicInputs, (int)domain);
    }

    /// <summary>Reads a modulus that stands in as few words as it needs: points and coefficients are as long.</summary>
    private static BigInteger ReadModulus(SectionedFile file, SectionReader reader)
    {
        long position = reader.Position;
        (BigInteger modulus, int length) = reader.ReadPrime();
        long natural = (modulus.GetBitLength() + 63) / 64 * 8;
        return length == natural
            ? modulus
            : throw new InvalidFileException(
                file.Name, FileFault.Inconsistent, position, $"a modulus of {natural} bytes stands in {length} bytes.");
    }

    private sealed class HasModuli(BigInteger q, BigInteger r) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> => TFp.Modulus == q && TFr.Modulus == r;
    }
}

/// <summary>The numbers of a header before anyone looks for their curve.</summary>
internal sealed record ZkeyCounts(BigInteger Q, BigInteger R, int WireCount, int PublicInputCount, int DomainSize);
