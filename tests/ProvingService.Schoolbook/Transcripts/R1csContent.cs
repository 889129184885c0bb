// Owns: a circuit as iden3's .r1cs has it.
//
//   section 1   u32 bytes of a number, prime; u32 wires, u32 public outputs, u32 public inputs, u32 private inputs; u64 labels; u32 constraints
//   section 2   for each constraint, for each of A, B, C: u32 terms, of each u32 wire and a coefficient below the prime
//   section 3   u64 label of each wire
// Wire 0 is the constant 1; outputs and public inputs follow it.

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>A coefficient of a wire.</summary>
internal readonly record struct Term(int Wire, BigInteger Coefficient);

/// <summary>A constraint A·B = C.</summary>
internal sealed record Constraint(IReadOnlyList<Term> A, IReadOnlyList<Term> B, IReadOnlyList<Term> C);

/// <summary>A circuit; its public inputs are wires 1 and following.</summary>
internal sealed record R1csContent(int Wires, int PublicInputs, IReadOnlyList<Constraint> Constraints)
{
    /// <summary>Reads a whole file.</summary>
    /// <exception cref="Refusal">It does not decode.</exception>
    public static R1csContent Read(PairingCurve curve, byte[] file)
    {
        var sections = new SectionedBytes(file, "r1cs");
        ByteReader header = sections.Section(1);
        header.Prime(curve.R, 32);
        uint wires = header.UInt32(), outputs = header.UInt32(), inputs = header.UInt32();
        header.UInt32();
        header.UInt64();
        uint count = header.UInt32();
        header.End();
        Refusal.MalformedUnless(1UL + outputs + inputs <= wires, Reasons.Syntax);

        ByteReader reader = sections.Section(2);
        List<Constraint> constraints = [];
        for (uint i = 0; i < count; i++)
        {
            constraints.Add(new(ReadTerms(), ReadTerms(), ReadTerms()));
        }

        reader.End();
        ByteReader labels = sections.Section(3);
        labels.Bytes(8UL * wires);
        labels.End();
        return new((int)wires, (int)(outputs + inputs), constraints);

        List<Term> ReadTerms()
        {
            List<Term> terms = [];
            for (uint left = reader.UInt32(); left > 0; left--)
            {
                uint wire = reader.UInt32();
                BigInteger coefficient = reader.Integer(32);
                Refusal.MalformedUnless(wire < wires, Reasons.Syntax);
                Refusal.MalformedUnless(coefficient < curve.R, Reasons.NotCanonical);
                terms.Add(new((int)wire, coefficient));
            }

            return terms;
        }
    }
}
