// Owns: whether a .zkey follows from a circuit and powers of tau by its recorded contributions. Every point is known to be in its group
// once the files are read; that the powers are true is the question of PhaseOneJudge.cs.
//
// A contributor multiplies δ by a secret x and divides L and H by it. They show S and x·S of their choosing, and x·T with the point
// T of G2 that follows from the transcript, Blake2b(hash of the initial key ‖ all earlier contributions ‖ S ‖ x·S); a contribution is
// hashed as δ after it, S, x·S, x·T, all uncompressed, and its transcript.

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>Judges proving keys.</summary>
/// <param name="groups">The groups of the curve.</param>
internal sealed class PhaseTwoJudge(Groups groups)
{
    private readonly PairingCurve curve = groups.Curve;

    /// <summary>Ends where everything is true.</summary>
    /// <exception cref="Refusal">The transcript is false.</exception>
    public void Judge(ZkeyContent key, R1csContent circuit, InitialKey initial, PtauContent powers)
    {
        Refusal.RejectUnless(key.Wires == circuit.Wires && key.PublicInputs == circuit.PublicInputs && key.Domain == initial.Domain, "wrong-circuit");
        Refusal.RejectUnless(
            key.Alpha1 == powers.AlphaTauG1[0] && key.Beta1 == powers.BetaTauG1[0] && key.Beta2 == powers.BetaG2, "wrong-powers");
        Refusal.RejectUnless(key.Gamma2 == curve.Generator2, "gamma");
        Refusal.RejectUnless(key.Coefficients.SequenceEqual(initial.Coefficients), "coefficients");
        Refusal.RejectUnless(key.Ic.SequenceEqual(initial.Ic), "section-ic");
        Refusal.RejectUnless(key.A.SequenceEqual(initial.A), "section-a");
        Refusal.RejectUnless(key.B1.SequenceEqual(initial.B1), "section-b1");
        Refusal.RejectUnless(key.B2.SequenceEqual(initial.B2), "section-b2");
        Refusal.RejectUnless(key.InitialHash.AsSpan().SequenceEqual(initial.Hash), "initial-hash");
        Point delta = JudgeContributions(key);
        Refusal.RejectUnless(key.Delta1 == delta && groups.IsSameRatio(curve.Generator1, key.Delta1, curve.Generator2, key.Delta2), "final-delta");
        Refusal.RejectUnless(key.L.Zip(initial.L).All(pair => IsDivided(key, pair.First, pair.Second)), "section-l");
        JudgeH(key, powers);
        Refusal.RejectUnless(key.Contributions.Count > 0, "no-contributions");
    }

    /// <summary>δ after the last contribution.</summary>
    private Point JudgeContributions(ZkeyContent key)
    {
        Point delta = curve.Generator1;
        List<byte[]> chain = [key.InitialHash];
        var keys = new HashSet<(Point S, Point Sx)>();
        var deltas = new HashSet<Element> { delta.X! };
        foreach (KeyContribution contribution in key.Contributions)
        {
            KnowledgeProof proof = contribution.Proof;
            Refusal.RejectUnless(proof.S != proof.Sx, "trivial-secret");

            // One key twice is one contributor twice. Where δ comes back to what it was, or to its negative of the same x, all between is undone.
            Refusal.RejectUnless(keys.Add((proof.S, proof.Sx)) && (contribution.Delta.X is not { } x || deltas.Add(x)), "repeated");
            byte[] transcript = Blake2b.Hash([.. chain, G1(proof.S), G1(proof.Sx)]);
            Refusal.RejectUnless(transcript.AsSpan().SequenceEqual(contribution.Transcript), "hash-chain");
            Point t = groups.PointOfHash(transcript);
            Refusal.RejectUnless(groups.IsSameRatio(proof.S, proof.Sx, t, proof.SpX), "key-proof");
            Refusal.RejectUnless(groups.IsSameRatio(delta, contribution.Delta, t, proof.SpX), "succession");
            if (contribution.Beacon is { } beacon)
            {
                ChaCha stream = ChaCha.OfBeacon(beacon.Value, beacon.IterationsLog);
                BigInteger secret = stream.NextScalar(curve);
                Point s = stream.NextG1(curve);
                Refusal.RejectUnless(proof.S == s && proof.Sx == curve.G1.Multiply(s, secret), "beacon");
            }

            delta = contribution.Delta;
            chain.AddRange([G1(delta), G1(proof.S), G1(proof.Sx), PointBytes.Uncompressed(curve, curve.G2, proof.SpX), contribution.Transcript]);
        }

        return delta;
    }

    /// <summary>
    /// H is what the prover multiplies by the values of A·B − C at the odd powers of ψ, ψ² = ω: the points Hᵢ = Lᵢ(τ)/δ with Lᵢ of
    /// the domain of 2n elements at ψ^(2i + 1), which is Lᵢ(τ) = (2n)⁻¹·Σ ψ^(−(2i+1)j)·τ^j over j below 2n. Since ψ^n = −1, the terms j
    /// and j + n make one, ψ^(−(2i+1)j)·(τ^j − τ^(j+n)), and a transform back gives for each j below n
    ///   2·Σ ψ^((2i+1)j)·Hᵢ = (τ^j − τ^(j+n))/δ.
    /// For the last j two other forms are in use. No proof needs that point, since A·B − C = h·(X^n − 1) has h of a degree below n − 1.
    /// bellman's parameters leave it out. And where the powers end before τ^(2n − 1), iden3 takes that one as zero, which leaves
    /// τ^(n − 1)/δ: a false prover could use it for a remainder k·X^(n − 1), but this is zero nowhere on the domain unless k is, and A·B − C
    /// is zero in the rows of public wires, where B and C are.
    /// </summary>
    private void JudgeH(ZkeyContent key, PtauContent powers)
    {
        int n = (int)key.Domain;
        BigInteger psi = curve.Omega(BitOperations.Log2(key.Domain) + 1);
        IReadOnlyList<Point> sums = groups.Transform(curve.G1, key.H, psi * psi % curve.R);
        Point[] h = [.. sums.Select((sum, j) => curve.G1.Multiply(sum, 2 * BigInteger.ModPow(psi, j, curve.R)))];
        Refusal.RejectUnless(
            Enumerable.Range(0, n - 1).All(j => IsDivided(key, h[j], curve.G1.Add(powers.TauG1[j], curve.G1.Negate(powers.TauG1[j + n])))), "section-h");

        Point last = h[n - 1], low = powers.TauG1[n - 1];
        bool isCutShort = powers.TauG1.Count == (2 * n) - 1;
        Refusal.RejectUnless(last.IsInfinity || (isCutShort && IsDivided(key, last, low)) || IsWhole(), "section-h");

        // τ^(2n − 1) is τ^(2n − 2) times τ, which is there in G2 whether or not the power itself is.
        bool IsWhole() => groups.Pairing.IsProductOne(
            (last, key.Delta2), (curve.G1.Negate(low), curve.Generator2), (powers.TauG1[(2 * n) - 2], powers.TauG2[1]));
    }

    /// <summary>Whether a point is another divided by δ.</summary>
    private bool IsDivided(ZkeyContent key, Point quotient, Point dividend) =>
        (quotient.IsInfinity && dividend.IsInfinity) || groups.IsSameRatio(quotient, dividend, curve.Generator2, key.Delta2);

    private byte[] G1(Point point) => PointBytes.Uncompressed(curve, curve.G1, point);
}
