// Owns: a proving key as iden3's .zkey has it. What must be true of it: PhaseTwoJudge.cs.
//
//   section 1    u32 protocol, 1 for Groth16
//   section 2    u32 bytes of a number, prime of the coordinates; u32 bytes, order r; u32 wires, u32 public inputs, u32 domain n; α in G1, β in G1,
//                β in G2, γ in G2, δ in G1, δ in G2
//   section 3    IC, a point of G1 for each public wire; a public wire is the constant or a public input
//   section 4    u32 count; of each: u32 matrix (0 is A, 1 is B), u32 row, u32 wire, v·R² modulo r with R = 2^256
//   sections 5, 6, 7   A in G1, B in G1, B in G2, a point for each wire
//   section 8    L, a point of G1 for each wire that is not public
//   section 9    H, n points of G1
//   section 10   64 bytes hash of the initial key; u32 count; of each contribution: δ after it, S, x·S in G1, x·T in G2, 64 bytes hash of what went
//                before, what Beacon.cs says

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>A coefficient of A or B.</summary>
internal readonly record struct Coefficient(uint Matrix, uint Row, uint Wire, BigInteger Value);

/// <summary>A contribution to phase 2.</summary>
internal sealed record KeyContribution(Point Delta, KnowledgeProof Proof, byte[] Transcript, Beacon? Beacon);

/// <summary>A whole file.</summary>
internal sealed record ZkeyContent(
    uint Wires,
    uint PublicInputs,
    uint Domain,
    Point Alpha1,
    Point Beta1,
    Point Beta2,
    Point Gamma2,
    Point Delta1,
    Point Delta2,
    IReadOnlyList<Point> Ic,
    IReadOnlyList<Coefficient> Coefficients,
    IReadOnlyList<Point> A,
    IReadOnlyList<Point> B1,
    IReadOnlyList<Point> B2,
    IReadOnlyList<Point> L,
    IReadOnlyList<Point> H,
    byte[] InitialHash,
    IReadOnlyList<KeyContribution> Contributions)
{
    /// <summary>Reads a whole file.</summary>
    /// <exception cref="Refusal">It does not decode.</exception>
    public static ZkeyContent Read(Groups groups, byte[] file)
    {
        PairingCurve curve = groups.Curve;
        Curve g1 = curve.G1, g2 = curve.G2;
        var sections = new SectionedBytes(file, "zkey");
        Refusal.MalformedUnless(sections.Types.Order().SequenceEqual(Enumerable.Range(1, 10).Select(type => (uint)type)), Reasons.Syntax);
        ByteReader protocol = sections.Section(1);
        Refusal.MalformedUnless(protocol.UInt32() == 1, Reasons.Syntax);
        protocol.End();
        ByteReader header = sections.Section(2);
        header.Prime(curve.P, curve.ByteCount);
        header.Prime(curve.R, 32);
        uint wires = header.UInt32(), inputs = header.UInt32(), domain = header.UInt32();
        Refusal.MalformedUnless(inputs < wires && BitOperations.IsPow2(domain), Reasons.Syntax);
        Point alpha1 = header.Point(groups, g1), beta1 = header.Point(groups, g1), beta2 = header.Point(groups, g2);
        Point gamma2 = header.Point(groups, g2), delta1 = header.Point(groups, g1), delta2 = header.Point(groups, g2);
        header.End();

        ByteReader record = sections.Section(10);
        byte[] initialHash = record.Bytes(64);
        List<KeyContribution> contributions = [];
        for (uint left = record.UInt32(); left > 0; left--)
        {
            Point delta = record.Point(groups, g1), s = record.Point(groups, g1), sx = record.Point(groups, g1), spx = record.Point(groups, g2);
            byte[] transcript = record.Bytes(64);
            contributions.Add(new(delta, new(s, sx, spx), transcript, Beacon.Read(record)));
        }

        record.End();
        return new(
            wires,
            inputs,
            domain,
            alpha1,
            beta1,
            beta2,
            gamma2,
            delta1,
            delta2,
            sections.Section(3).Points(groups, g1, inputs + 1L),
            ReadCoefficients(curve, sections.Section(4)),
            sections.Section(5).Points(groups, g1, wires),
            sections.Section(6).Points(groups, g1, wires),
            sections.Section(7).Points(groups, g2, wires),
            sections.Section(8).Points(groups, g1, wires - inputs - 1L),
            sections.Section(9).Points(groups, g1, domain),
            initialHash,
            contributions);
    }

    private static List<Coefficient> ReadCoefficients(PairingCurve curve, ByteReader reader)
    {
        List<Coefficient> coefficients = [];
        for (uint left = reader.UInt32(); left > 0; left--)
        {
            uint matrix = reader.UInt32(), row = reader.UInt32(), wire = reader.UInt32();
            BigInteger value = reader.Integer(32);
            Refusal.MalformedUnless(value < curve.R, Reasons.NotCanonical);
            coefficients.Add(new(matrix, row, wire, Montgomery.Decode(Montgomery.Decode(value, curve.R), curve.R)));
        }

        reader.End();
        return coefficients;
    }
}
