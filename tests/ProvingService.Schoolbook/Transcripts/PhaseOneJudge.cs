// Owns: whether the transcript of a .ptau is true, by the protocol of Bowe, Gabizon and Miers (ePrint 2017/1050) as iden3's files
// have it. Every point is known to be in its group once the file is read.
//
// A contributor multiplies τ, α and β by secrets x of their own. For each they show S and x·S of their choosing, and x·T with the
// point T of G2 that follows from Blake2b(number of the secret ‖ challenge ‖ S ‖ x·S).
//   response        Blake2b(challenge ‖ sections 2 to 6 compressed ‖ S and x·S of the three ‖ x·T of the three); the state in the record is that
//                   before the S
//   next challenge  Blake2b(response ‖ sections 2 to 6 uncompressed)
// The first challenge is Blake2b(Blake2b() ‖ sections 2 to 6 with τ = α = β = 1).

using System.Numerics;

namespace ProvingService.Schoolbook;

/// <summary>Judges powers of tau.</summary>
/// <param name="groups">The groups of the curve.</param>
internal sealed class PhaseOneJudge(Groups groups)
{
    private readonly PairingCurve curve = groups.Curve;

    /// <summary>Ends where everything is true.</summary>
    /// <exception cref="Refusal">The transcript is false.</exception>
    public void Judge(PtauContent file)
    {
        Refusal.RejectUnless(file.Contributions.Count > 0, "no-contributions");
        Point one = curve.Generator1, two = curve.Generator2;
        PowersHeads before = new(one, two, one, one, two);
        byte[] challenge = FirstChallenge(file.CeremonyPower);
        var keys = new HashSet<(int Secret, Point S, Point Sx)>();
        var states = new HashSet<(int Secret, Element X)> { (0, one.X!), (1, one.X!), (2, one.X!) };
        for (int i = 0; i < file.Contributions.Count; i++)
        {
            PowersContribution contribution = file.Contributions[i];
            JudgeContribution(contribution, before, challenge);

            // One key twice is one contributor twice. Where τ, α or β comes back to what it was, or to its negative of the same x, all
            // between is undone. None is infinity, which has no ratio to what was before.
            Refusal.RejectUnless(
                Enumerable.Range(0, 3).All(k => keys.Add((k, contribution.Proofs[k].S, contribution.Proofs[k].Sx)) && states.Add((k, contribution.After.G1[k].X!))),
                "repeated");
            Refusal.RejectUnless(contribution.State.Length == 64 + ResponseLength(file.CeremonyPower), "hash-chain");
            if (i == file.Contributions.Count - 1)
            {
                JudgePowers(file, contribution.After);
                JudgeLastHash(file, contribution, challenge);
            }

            before = contribution.After;
            challenge = contribution.NextChallenge;
        }

        JudgeLagrange(file);
    }

    private void JudgeContribution(PowersContribution current, PowersHeads before, byte[] challenge)
    {
        PowersHeads after = current.After;
        KnowledgeProof tau = current.Proofs[0], alpha = current.Proofs[1], beta = current.Proofs[2];
        Point[] t = [.. current.Proofs.Select((proof, k) => PointOf(k, challenge, proof))];
        for (int k = 0; k < 3; k++)
        {
            KnowledgeProof proof = current.Proofs[k];
            Refusal.RejectUnless(groups.IsSameRatio(proof.S, proof.Sx, t[k], proof.SpX), "key-proof");
            Refusal.RejectUnless(proof.S != proof.Sx, "trivial-secret");
        }

        Refusal.RejectUnless(
            groups.IsSameRatio(before.TauG1, after.TauG1, t[0], tau.SpX)
            && groups.IsSameRatio(tau.S, tau.Sx, before.TauG2, after.TauG2)
            && groups.IsSameRatio(before.AlphaG1, after.AlphaG1, t[1], alpha.SpX)
            && groups.IsSameRatio(before.BetaG1, after.BetaG1, t[2], beta.SpX)
            && groups.IsSameRatio(beta.S, beta.Sx, before.BetaG2, after.BetaG2),
            "succession");

        if (current.Beacon is { } beacon)
        {
            ChaCha stream = ChaCha.OfBeacon(beacon.Value, beacon.IterationsLog);
            BigInteger[] secrets = [stream.NextScalar(curve), stream.NextScalar(curve), stream.NextScalar(curve)];
            for (int k = 0; k < 3; k++)
            {
                Point s = stream.NextG1(curve);
                Refusal.RejectUnless(current.Proofs[k].S == s && current.Proofs[k].Sx == curve.G1.Multiply(s, secrets[k]), "beacon");
            }
        }
    }

    /// <summary>Sections 2 to 6 begin as the last contribution says, and every point is τ times the one before it.</summary>
    private void JudgePowers(PtauContent file, PowersHeads last)
    {
        Refusal.RejectUnless(
            file.TauG1[0] == curve.Generator1
            && file.TauG1[1] == last.TauG1
            && file.TauG2[0] == curve.Generator2
            && file.TauG2[1] == last.TauG2
            && file.AlphaTauG1[0] == last.AlphaG1
            && file.BetaTauG1[0] == last.BetaG1
            && file.BetaG2 == last.BetaG2,
            "powers");
        foreach (IReadOnlyList<Point> section in (IReadOnlyList<Point>[])[file.TauG1, file.AlphaTauG1, file.BetaTauG1])
        {
            foreach ((Point point, Point next) in section.Zip(section.Skip(1)))
            {
                Refusal.RejectUnless(groups.IsSameRatio(point, next, curve.Generator2, last.TauG2), "powers");
            }
        }

        foreach ((Point point, Point next) in file.TauG2.Zip(file.TauG2.Skip(1)))
        {
            Refusal.RejectUnless(groups.IsSameRatio(curve.Generator1, last.TauG1, point, next), "powers");
        }
    }

    /// <summary>A file cut from a larger one lacks points that were hashed.</summary>
    private void JudgeLastHash(PtauContent file, PowersContribution last, byte[] challenge)
    {
        if (file.Power < file.CeremonyPower)
        {
            return;
        }

        var response = new Blake2b();
        response.Update(challenge);
        response.Update(Sections(file, PointBytes.Compressed));
        Refusal.RejectUnless(response.IsSameState(last.State), "hash-chain");
        foreach (KnowledgeProof proof in last.Proofs)
        {
            response.Update(G1(proof.S));
            response.Update(G1(proof.Sx));
        }

        foreach (KnowledgeProof proof in last.Proofs)
        {
            response.Update(PointBytes.Uncompressed(curve, curve.G2, proof.SpX));
        }

        byte[] next = Blake2b.Hash(response.Digest(), Sections(file, PointBytes.Uncompressed));
        Refusal.RejectUnless(next.AsSpan().SequenceEqual(last.NextChallenge), "hash-chain");
    }

    private void JudgeLagrange(PtauContent file)
    {
        if (file.Lagrange.Count == 0)
        {
            return;
        }

        JudgeBases(curve.G1, file.TauG1, file.Lagrange[12], file.Power);
        JudgeBases(curve.G2, file.TauG2, file.Lagrange[13], file.Power);
        JudgeBases(curve.G1, file.AlphaTauG1, file.Lagrange[14], file.Power);
        JudgeBases(curve.G1, file.BetaTauG1, file.Lagrange[15], file.Power);

        // Section 2 has one power less than the largest basis. That power is taken as infinity, or, in a file that was cut from a
        // prepared one, it is the power that follows.
        IReadOnlyList<Point> powers = PowersOfBasis(curve.G1, file.Lagrange[12], file.Power + 1);
        Refusal.RejectUnless(
            powers.SkipLast(1).SequenceEqual(file.TauG1)
            && (powers[^1].IsInfinity || groups.IsSameRatio(file.TauG1[^1], powers[^1], curve.Generator2, file.TauG2[1])),
            "lagrange");
    }

    private void JudgeBases(Curve group, IReadOnlyList<Point> powers, IReadOnlyList<Point> bases, int most)
    {
        for (int log = 0; log <= most; log++)
        {
            Refusal.RejectUnless(PowersOfBasis(group, bases, log).SequenceEqual(powers.Take(1 << log)), "lagrange");
        }
    }

    /// <summary>τ^j = Σ ω^(ij)·Lᵢ(τ): a polynomial is the sum of its values at the points of the domain, each times its Lᵢ.</summary>
    private IReadOnlyList<Point> PowersOfBasis(Curve group, IReadOnlyList<Point> bases, int log) =>
        groups.Transform(group, [.. bases.Skip((1 << log) - 1).Take(1 << log)], curve.Omega(log));

    private Point PointOf(int secret, byte[] challenge, KnowledgeProof proof) =>
        groups.PointOfHash(Blake2b.Hash([(byte)secret], challenge, G1(proof.S), G1(proof.Sx)));

    private byte[] FirstChallenge(int power)
    {
        byte[] one = G1(curve.Generator1), two = PointBytes.Uncompressed(curve, curve.G2, curve.Generator2);
        int n = 1 << power;
        byte[][] points = [.. Enumerable.Repeat(one, (2 * n) - 1), .. Enumerable.Repeat(two, n), .. Enumerable.Repeat(one, 2 * n), two];
        return Blake2b.Hash([Blake2b.Hash(), .. points]);
    }

    /// <summary>Bytes of sections 2 to 6, compressed: 2n − 1 + n + n points of G1, n + 1 of G2.</summary>
    private ulong ResponseLength(int power) => (ulong)curve.ByteCount * ((6UL << power) + 1);

    private byte[] Sections(PtauContent file, Func<PairingCurve, Curve, Point, byte[]> encode)
    {
        return
        [
            .. Encode(curve.G1, file.TauG1),
            .. Encode(curve.G2, file.TauG2),
            .. Encode(curve.G1, file.AlphaTauG1),
            .. Encode(curve.G1, file.BetaTauG1),
            .. Encode(curve.G2, [file.BetaG2]),
        ];

        IEnumerable<byte> Encode(Curve group, IReadOnlyList<Point> points) => points.SelectMany(point => encode(curve, group, point));
    }

    private byte[] G1(Point point) => PointBytes.Uncompressed(curve, curve.G1, point);
}
