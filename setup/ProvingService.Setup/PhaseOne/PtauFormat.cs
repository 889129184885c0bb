// Owns: the layout of iden3's .ptau, version 1, in the container of SectionedFile. Reading: PowersOfTau.cs. The record of
// contributions, section 7: PhaseOneContribution.cs.
//
//   section 1   u32 n8, n8 bytes modulus q of the base field; u32 power p; u32 power of the ceremony, from which a reduced
//               file was cut: then it is above p
//   section 2   τ^i in G1, i from 0 to 2^(p+1) − 2
//   section 3   τ^i in G2, i from 0 to 2^p − 1
//   section 4   α·τ^i in G1, i from 0 to 2^p − 1
//   section 5   β·τ^i in G1, i from 0 to 2^p − 1
//   section 6   β in G2
//   section 7   the contributions
// and in a file prepared for phase 2, the Lagrange bases of the domains of 1, 2, 4 … 2^p elements one after the other,
// L_i = n⁻¹·Σ_j ω^(−ij)·P_j for the first n = 2^k points P of a section:
//   section 12  of section 2, and also that of the domain of 2^(p+1) elements, for which section 2 lacks one point: it is taken
//               as infinity, but in a file cut from a prepared larger one it is τ^(2^(p+1) − 1)
//   section 13  of section 3
//   section 14  of section 4
//   section 15  of section 5
//
// Points are affine, x then y, little-endian words in Montgomery form, infinity as zeros; c0, c1 of Fp2 in this order.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>What the header of a <c>.ptau</c> says.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Power">log₂ of the number of powers in G2: the largest domain of a circuit.</param>
/// <param name="CeremonyPower">The power of the ceremony; above <paramref name="Power"/> in a reduced file.</param>
public sealed record PtauHeader(CurveId Curve, int Power, int CeremonyPower)
{
    /// <summary>Whether the file was cut from a larger one. Nobody can contribute to it any more.</summary>
    public bool IsReduced => Power < CeremonyPower;
}

/// <summary>Section numbers of a <c>.ptau</c>, and its header.</summary>
public static class PtauFormat
{
    /// <summary>The smallest power: with less there is no τ in G2.</summary>
    public const int MinPower = 1;

    /// <summary>The largest power, that of the largest ceremonies held.</summary>
    public const int MaxPower = 28;

    internal const string Magic = "ptau";
    internal const uint Version = 1;
    internal const uint HeaderSection = 1;
    internal const uint TauG1Section = 2;
    internal const uint TauG2Section = 3;
    internal const uint AlphaTauG1Section = 4;
    internal const uint BetaTauG1Section = 5;
    internal const uint BetaG2Section = 6;
    internal const uint ContributionSection = 7;
    internal const uint LagrangeTauG1Section = 12;
    internal const uint LagrangeTauG2Section = 13;
    internal const uint LagrangeAlphaTauG1Section = 14;
    internal const uint LagrangeBetaTauG1Section = 15;

    /// <summary>Sections of a file that is not prepared, and those that preparing adds.</summary>
    internal const uint PlainSections = 7, LagrangeSections = 4;

    /// <summary>Reads the header alone.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">The file is no <c>.ptau</c> over a known curve, or its header contradicts itself.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static PtauHeader ReadHeader(string path)
    {
        using SectionedFile file = SectionedFile.Open(path, Magic, Version);
        return ReadHeader(file);
    }

    internal static PtauHeader ReadHeader(SectionedFile file)
    {
        SectionReader reader = file.Read(file.Require(HeaderSection, "header"));
        long start = reader.Position;
        (BigInteger modulus, int length) = reader.ReadPrime();
        CurveId? curve = null;
        foreach (CurveId candidate in Enum.GetValues<CurveId>())
        {
            curve = CurveDispatch.Run(candidate, new IsOver(modulus, length)) ? candidate : curve;
        }

        if (curve is null)
        {
            throw new InvalidFileException(
                file.Name, FileFault.WrongField, start, "the modulus is that of the base field of neither BLS12-381 nor BN254, in 48 and 32 bytes.");
        }

        long position = reader.Position;
        uint power = reader.ReadUInt32(), ceremonyPower = reader.ReadUInt32();
        reader.RequireEnd();
        if (power is < MinPower or > MaxPower || ceremonyPower < power || ceremonyPower > MaxPower)
        {
            throw new InvalidFileException(
                file.Name,
                FileFault.Inconsistent,
                position,
                $"power {power} of a ceremony of power {ceremonyPower} is announced; powers are {MinPower} to {MaxPower}, and the ceremony's is not below the file's.");
        }

        return new(curve.Value, (int)power, (int)ceremonyPower);
    }

    internal static void WriteHeader<TFp>(SectionedFileWriter writer, int power, int ceremonyPower)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        writer.BeginSection(HeaderSection);
        writer.WritePrime<TFp>();
        writer.Write((uint)power);
        writer.Write((uint)ceremonyPower);
        writer.EndSection();
    }

    /// <summary>The number of points of section 2.</summary>
    internal static int TauG1Count(int power) => (2 << power) - 1;

    private sealed class IsOver(BigInteger modulus, int length) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> => TFp.Modulus == modulus && PrimeField.ByteCount<TFp>() == length;
    }
}
