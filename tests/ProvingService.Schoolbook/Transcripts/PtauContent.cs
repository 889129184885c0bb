// Owns: powers of tau as iden3's .ptau has them. What must be true of them: PhaseOneJudge.cs.
//
//   section 1        u32 bytes of a number, prime of the coordinates; u32 power p; u32 power of the ceremony
//   section 2        τ^i in G1, i below 2^(p+1) − 1
//   section 3        τ^i in G2, i below 2^p
//   sections 4, 5    α·τ^i and β·τ^i in G1, i below 2^p
//   section 6        β in G2
//   section 7        u32 count; of each contribution: after it τ in G1, τ in G2, α in G1, β in G1, β in G2; S and x·S in G1 for x = τ, α, β; of the
//                    three x times a point of G2; 216 bytes state of a hash; 64 bytes next challenge; what Beacon.cs says
//   sections 12–15   if at all: of sections 2 to 5 the Lagrange bases of 1, 2, 4 … 2^p points, and of section 2 also that of 2^(p+1)

namespace ProvingService.Schoolbook;

/// <summary>τ, α and β after a contribution.</summary>
internal sealed record PowersHeads(Point TauG1, Point TauG2, Point AlphaG1, Point BetaG1, Point BetaG2)
{
    /// <summary>τ, α and β in G1.</summary>
    public IReadOnlyList<Point> G1 => [TauG1, AlphaG1, BetaG1];
}

/// <summary>S, x·S, and x times the point of G2 that the transcript determines.</summary>
internal sealed record KnowledgeProof(Point S, Point Sx, Point SpX);

/// <summary>A contribution to phase 1; proofs are of τ, α, β.</summary>
internal sealed record PowersContribution(PowersHeads After, KnowledgeProof[] Proofs, Blake2b State, byte[] NextChallenge, Beacon? Beacon);

/// <summary>A whole file.</summary>
internal sealed record PtauContent(
    int Power,
    int CeremonyPower,
    IReadOnlyList<Point> TauG1,
    IReadOnlyList<Point> TauG2,
    IReadOnlyList<Point> AlphaTauG1,
    IReadOnlyList<Point> BetaTauG1,
    Point BetaG2,
    IReadOnlyList<PowersContribution> Contributions,
    IReadOnlyDictionary<uint, IReadOnlyList<Point>> Lagrange)
{
    /// <summary>Reads a whole file.</summary>
    /// <exception cref="Refusal">It does not decode.</exception>
    public static PtauContent Read(Groups groups, byte[] file)
    {
        PairingCurve curve = groups.Curve;
        var sections = new SectionedBytes(file, "ptau");
        ByteReader header = sections.Section(1);
        header.Prime(curve.P, curve.ByteCount);
        uint power = header.UInt32(), ceremonyPower = header.UInt32();
        header.End();
        Refusal.MalformedUnless(power is >= 1 and <= 28 && ceremonyPower >= power && ceremonyPower <= 28, Reasons.Syntax);
        long n = 1L << (int)power;

        IReadOnlyList<Point> tauG1 = sections.Section(2).Points(groups, curve.G1, (2 * n) - 1), tauG2 = sections.Section(3).Points(groups, curve.G2, n);
        IReadOnlyList<Point> alpha = sections.Section(4).Points(groups, curve.G1, n), beta = sections.Section(5).Points(groups, curve.G1, n);
        Point betaG2 = sections.Section(6).Points(groups, curve.G2, 1)[0];
        ByteReader reader = sections.Section(7);
        List<PowersContribution> contributions = [];
        for (uint left = reader.UInt32(); left > 0; left--)
        {
            contributions.Add(ReadContribution(groups, reader));
        }

        reader.End();
        Dictionary<uint, IReadOnlyList<Point>> lagrange = [];
        if (sections.Types.Any(type => type is >= 12 and <= 15))
        {
            lagrange[12] = sections.Section(12).Points(groups, curve.G1, (4 * n) - 1);
            lagrange[13] = sections.Section(13).Points(groups, curve.G2, (2 * n) - 1);
            lagrange[14] = sections.Section(14).Points(groups, curve.G1, (2 * n) - 1);
            lagrange[15] = sections.Section(15).Points(groups, curve.G1, (2 * n) - 1);
        }

        return new((int)power, (int)ceremonyPower, tauG1, tauG2, alpha, beta, betaG2, contributions, lagrange);
    }

    private static PowersContribution ReadContribution(Groups groups, ByteReader reader)
    {
        Point tau1 = G1(), tau2 = G2(), alpha = G1(), beta1 = G1(), beta2 = G2();
        (Point S, Point Sx)[] keys = [(G1(), G1()), (G1(), G1()), (G1(), G1())];
        Point[] spx = [G2(), G2(), G2()];
        Blake2b? state = Blake2b.FromState(reader.Bytes(Blake2b.StateLength));
        Refusal.MalformedUnless(state is not null, Reasons.Syntax);
        byte[] next = reader.Bytes(64);
        return new(new(tau1, tau2, alpha, beta1, beta2), [.. keys.Zip(spx, (key, point) => new KnowledgeProof(key.S, key.Sx, point))], state!, next, Beacon.Read(reader));

        Point G1() => reader.Point(groups, groups.Curve.G1);

        Point G2() => reader.Point(groups, groups.Curve.G2);
    }
}
