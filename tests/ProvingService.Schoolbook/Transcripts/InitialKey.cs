// Owns: every point that a key has before anyone contributed, from a circuit and powers of tau, by the definitions of Groth16 (ePrint
// 2016/260, section 3) with γ = δ = 1.
//
// The matrices A, B and C have the constraints as rows, and A one more row for each public wire, with a 1 for that wire. The domain
// are the powers of ω, of order n, the smallest power of two from 2 on that is not below the number of rows. Lᵢ is the polynomial of degree below n
// that is 1 at ωⁱ and 0 at the others; of wire s
//   u = Σ A[i, s]·Lᵢ(τ)    v = Σ B[i, s]·Lᵢ(τ)    w = Σ C[i, s]·Lᵢ(τ)
//   A is u, B is v in both groups; IC and L are β·u + α·v + w, of public and of other wires
// The Lagrange bases are made here of the powers: those that a .ptau may have are not believed.

using System.Buffers.Binary;
using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>The points of a circuit's initial key, with its hash and coefficients.</summary>
internal sealed class InitialKey
{
    /// <summary>Computes them.</summary>
    /// <exception cref="Refusal">There are too few powers for the circuit.</exception>
    public InitialKey(Groups groups, R1csContent circuit, PtauContent powers)
    {
        PairingCurve curve = groups.Curve;
        int publicWires = circuit.PublicInputs + 1, log = 1;
        while (1 << log < circuit.Constraints.Count + publicWires)
        {
            log++;
        }

        Refusal.RejectUnless(log <= powers.Power, "wrong-powers");
        Domain = 1 << log;
        IReadOnlyList<Point> one = groups.Lagrange(curve.G1, [.. powers.TauG1.Take(Domain)]), two = groups.Lagrange(curve.G2, [.. powers.TauG2.Take(Domain)]);
        IReadOnlyList<Point> alpha = groups.Lagrange(curve.G1, [.. powers.AlphaTauG1.Take(Domain)]), beta = groups.Lagrange(curve.G1, [.. powers.BetaTauG1.Take(Domain)]);

        IReadOnlyList<Term>[] a = [.. circuit.Constraints.Select(c => c.A), .. Enumerable.Range(0, publicWires).Select(wire => (IReadOnlyList<Term>)[new(wire, 1)])];
        IReadOnlyList<Term>[] b = [.. circuit.Constraints.Select(c => c.B)], c = [.. circuit.Constraints.Select(c => c.C)];
        Coefficients =
        [
            .. circuit.Constraints.SelectMany((constraint, row) => Entries(0, row, constraint.A).Concat(Entries(1, row, constraint.B))),
            .. Enumerable.Range(0, publicWires).SelectMany(wire => Entries(0, circuit.Constraints.Count + wire, a[circuit.Constraints.Count + wire])),
        ];

        A = Columns(curve.G1, (a, one));
        B1 = Columns(curve.G1, (b, one));
        B2 = Columns(curve.G2, (b, two));
        IReadOnlyList<Point> mixed = Columns(curve.G1, (a, beta), (b, alpha), (c, one));
        Ic = [.. mixed.Take(publicWires)];
        L = [.. mixed.Skip(publicWires)];
        Hash = HashOf();

        // Of each wire the sum of its coefficients, each times the point of its row.
        Point[] Columns(Curve group, params (IReadOnlyList<Term>[] Rows, IReadOnlyList<Point> Basis)[] parts) =>
        [
            .. Enumerable.Range(0, circuit.Wires).Select(wire => group.Sum(parts.SelectMany(part => part.Rows.SelectMany(
                (terms, row) => terms.Where(term => term.Wire == wire).Select(term => (term.Coefficient, part.Basis[row])))))),
        ];

        // Blake2b over the elements of the header, then each list after its length as a big-endian u32. In the place of H stand the
        // points τ^i·(τ^n − 1) that bellman has, n − 1 of them.
        byte[] HashOf()
        {
            Curve g1 = curve.G1, g2 = curve.G2;
            Point generator1 = curve.Generator1, generator2 = curve.Generator2;
            IEnumerable<Point> bellman = Enumerable.Range(0, Domain - 1).Select(i => g1.Add(powers.TauG1[Domain + i], g1.Negate(powers.TauG1[i])));
            return Blake2b.Hash(
                Bytes(g1, [powers.AlphaTauG1[0], powers.BetaTauG1[0]]),
                Bytes(g2, [powers.BetaG2, generator2]),
                Bytes(g1, [generator1]),
                Bytes(g2, [generator2]),
                Counted(g1, Ic),
                Counted(g1, [.. bellman]),
                Counted(g1, L),
                Counted(g1, A),
                Counted(g1, B1),
                Counted(g2, B2));
        }

        byte[] Counted(Curve group, IReadOnlyList<Point> points)
        {
            byte[] count = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(count, points.Count);
            return [.. count, .. Bytes(group, points)];
        }

        byte[] Bytes(Curve group, IReadOnlyList<Point> points) => [.. points.SelectMany(point => PointBytes.Uncompressed(curve, group, point))];
    }

    public int Domain { get; }

    /// <summary>Section 4 in its order: by rows, A before B, then the rows of public wires.</summary>
    public IReadOnlyList<Coefficient> Coefficients { get; }

    public IReadOnlyList<Point> A { get; }

    public IReadOnlyList<Point> B1 { get; }

    public IReadOnlyList<Point> B2 { get; }

    public IReadOnlyList<Point> Ic { get; }

    public IReadOnlyList<Point> L { get; }

    /// <summary>The hash that contributions begin with.</summary>
    public byte[] Hash { get; }

    private static IEnumerable<Coefficient> Entries(uint matrix, int row, IReadOnlyList<Term> terms) =>
        terms.Select(term => new Coefficient(matrix, (uint)row, (uint)term.Wire, term.Coefficient));
}
