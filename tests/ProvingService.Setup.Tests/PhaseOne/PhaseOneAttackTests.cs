// Owns: what a dishonest contributor could try, each time with everything else in order, and the check that stops it.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bls12381PhaseOneAttackTests : PhaseOneAttackTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254PhaseOneAttackTests : PhaseOneAttackTests<Bn254, Bn254Fp, Bn254Fr>;

public abstract class PhaseOneAttackTests<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const int Power = 3;

    private readonly TemporaryFolder folder = new();

    /// <summary>The forger's own hashing and writing are right: with nothing changed his files are true.</summary>
    [Fact]
    public void Without_a_change_the_file_is_true()
    {
        PhaseOneReport report = Verify(Honest());
        Assert.True(report.IsTrue, report.Fault?.Text);
    }

    [Fact]
    public void Nobody_contributed() => Refused(new(Power), TranscriptFaultKind.NoContributions, 0, "No one contributed");

    /// <summary>β in G1 and in G2 multiplied by different secrets: each follows by half of the key, and nothing else compares the two.</summary>
    [Fact]
    public void A_key_for_two_secrets_at_once()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> inG1 = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(5), Number(6), Number(7));
        KeyProof<TCurve, TFp> mixed = inG1.Beta with { Sx = Times(inG1.Beta.S, 8) };
        Affine<Fp2<TFp>, TCurve> point = PhaseOneHashing.KeyPoint(2, forged.Challenge, mixed.S, mixed.Sx);
        mixed = mixed with { SpX = Times(point, 7) };
        Affine<Fp2<TFp>, TCurve> betaG2 = Times(forged.BetaG2, 8);
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.BetaG2 = betaG2;
        forged.Record(inG1 with { Beta = mixed });
        Refused(forged, TranscriptFaultKind.KeyProof, 3, "secret for β does not hold");
    }

    /// <summary>One proof serves one secret: who knows none for α cannot show that for τ a second time.</summary>
    [Fact]
    public void The_proof_for_one_secret_in_place_of_another()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(5), Number(6), Number(7));
        forged.Multiply(Number(5), Number(5), Number(7));
        forged.Record(key with { Alpha = key.Tau });
        Refused(forged, TranscriptFaultKind.KeyProof, 3, "secret for α does not hold");
    }

    /// <summary>A proof for another challenge is someone else's, or of a contribution to an older state.</summary>
    [Fact]
    public void A_contribution_to_an_older_state()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Contributions[0].NextChallenge.ToArray(), Number(5), Number(6), Number(7));
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.Record(key);
        Refused(forged, TranscriptFaultKind.KeyProof, 3, "secret for τ does not hold for the challenge that contribution 2 left behind");
    }

    /// <summary>Throws away what the others did: the proofs of knowledge are honest, of secrets that one party alone knows.</summary>
    [Theory]
    [InlineData(true, true, true, "τ in G1")]
    [InlineData(false, true, false, "α in G1")]
    [InlineData(false, false, true, "β in G1")]
    public void A_contribution_that_begins_anew(bool tau, bool alpha, bool beta, string where)
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(5), Number(6), Number(7));

        // The honest product before is that of (2, 3, 4) and (11, 12, 13).
        forged.BeginAnew(Number(tau ? 5UL : 5 * 22), Number(alpha ? 6UL : 6 * 36), Number(beta ? 7UL : 7 * 52));
        forged.Record(key);
        Refused(forged, TranscriptFaultKind.NotSuccessive, 3, where);
    }

    /// <summary>β in G2 alone begins anew: of all relations only its own succession ties it to the rest.</summary>
    [Fact]
    public void Another_beta_in_G2()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(5), Number(6), Number(7));
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.BetaG2 = Times(Affine<Fp2<TFp>, TCurve>.Generator, 7);
        forged.Record(key);
        Refused(forged, TranscriptFaultKind.NotSuccessive, 3, "β in G2");
    }

    [Fact]
    public void Another_tau_in_G2_in_the_record()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.Contributions[0] = forged.Contributions[0] with { After = forged.Contributions[0].After with { TauG2 = Times(forged.TauG2[0], 9) } };
        Refused(forged, TranscriptFaultKind.NotSuccessive, 1, "τ in G2");
    }

    [Theory]
    [InlineData(1, 6, 7, "τ")]
    [InlineData(5, 1, 7, "α")]
    [InlineData(5, 6, 1, "β")]
    public void A_secret_that_changes_nothing(ulong tau, ulong alpha, ulong beta, string name)
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.Contribute(tau, alpha, beta);
        Refused(forged, TranscriptFaultKind.TrivialSecret, 3, $"secret for {name} is 1");
    }

    /// <summary>A secret of 0 would leave powers that are all infinity.</summary>
    [Fact]
    public void A_secret_of_zero()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(5), Number(0), Number(7));
        forged.Multiply(Number(5), Number(1), Number(7));
        forged.Record(key, new(forged.TauG1[1], forged.TauG2[1], default, forged.BetaTauG1[0], forged.BetaG2));
        Refused(forged, TranscriptFaultKind.KeyProof, 3, "secret for α does not hold");
        forged.Multiply(Number(1), Number(0), Number(1));
        forged.RehashLast();
        Assert.Contains("point 0 of α·τ in G1 is infinity", Assert.Throws<InvalidFileException>(() => Verify(forged)).Message, StringComparison.Ordinal);
    }

    /// <summary>One participant as two: the same key for the same challenge, which the record claims twice.</summary>
    [Fact]
    public void A_contribution_twice()
    {
        var forged = new ForgedPowers<TCurve, TFp, TFr>(Power);
        forged.Contribute(5, 6, 7);
        forged.Contributions[0] = forged.Contributions[0] with { NextChallenge = forged.FirstChallenge };
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.Record(forged.Contributions[0].Key);
        Refused(forged, TranscriptFaultKind.Repeated, 2, "key for τ is that of contribution 1");
    }

    /// <summary>The proof is honest and answers the new challenge, so its third point is another; secret and S are those of before.</summary>
    [Fact]
    public void One_secret_twice()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.Contribute(5, 6, 7);
        forged.Contribute(5, 8, 9);
        Refused(forged, TranscriptFaultKind.Repeated, 4, "key for τ is that of contribution 3");
    }

    /// <summary>Two contributions that cancel leave τ, α or β where they were, known to all if that is the generator.</summary>
    [Fact]
    public void Contributions_that_undo_each_other()
    {
        foreach ((int which, string words) in (ReadOnlySpan<(int, string)>)[(0, "leads τ back to the generator"), (1, "leads α back to the generator"), (2, "leads β back to the generator")])
        {
            var forged = new ForgedPowers<TCurve, TFp, TFr>(Power);
            TFr[] secrets = [Number(5), Number(6), Number(7)], next = [Number(11), Number(12), Number(13)];
            next[which] = TFr.Inverse(secrets[which]);
            forged.Contribute(secrets[0], secrets[1], secrets[2]);
            forged.Contribute(next[0], next[1], next[2]);
            Refused(forged, TranscriptFaultKind.Repeated, 2, words);
        }

        ForgedPowers<TCurve, TFp, TFr> later = Honest();
        later.Contribute(Number(5), Number(6), Number(7));
        later.Contribute(TFr.Inverse(Number(5)), Number(8), Number(9));
        Refused(later, TranscriptFaultKind.Repeated, 4, "leads τ back to where contribution 2 had left it");
    }

    /// <summary>−1 is as well known as 1.</summary>
    [Fact]
    public void A_secret_of_minus_one()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.Contribute(-TFr.One, Number(6), Number(7));
        Refused(forged, TranscriptFaultKind.Repeated, 3, "leads τ back to where contribution 2 had left it, but for the sign");
    }

    [Fact]
    public void A_beacon_that_its_secrets_do_not_come_from()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        PhaseOneKey<TCurve, TFp> key = ForgedPowers<TCurve, TFp, TFr>.Prove(forged.Challenge, Number(5), Number(6), Number(7));
        forged.Multiply(Number(5), Number(6), Number(7));
        forged.Record(key, parameters: ContributionParameters.OfBeacon("beacon", new byte[] { 0xbe, 0xac }, 10));
        Refused(forged, TranscriptFaultKind.Beacon, 3, "not those of the beacon beac after 2^10 iterations");
    }

    /// <summary>The response of an earlier contribution is gone, but its length is known.</summary>
    [Fact]
    public void A_response_of_another_length()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        byte[] state = forged.Contributions[0].PartialHash.ToArray();
        state[192] += 128;
        forged.Contributions[0] = forged.Contributions[0] with { PartialHash = state };
        Refused(forged, TranscriptFaultKind.HashChain, 1, "bytes");
    }

    /// <summary>
    /// A contributor's published hash would be another than the file shows. The hash of the next challenge is redone: snarkjs compares
    /// no more than that.
    /// </summary>
    [Fact]
    public void A_response_hash_that_is_not_of_the_points()
    {
        // A byte of the message that waits for its block, and one of the chain value.
        foreach (int at in (int[])[0, 130])
        {
            ForgedPowers<TCurve, TFp, TFr> forged = Honest();
            byte[] state = forged.Contributions[1].PartialHash.ToArray();
            state[at] ^= 1;
            forged.Rehash(2, state);
            Refused(forged, TranscriptFaultKind.LastHash, 2, "hash of its response");
        }
    }

    [Fact]
    public void A_challenge_that_is_not_of_the_points()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        byte[] next = forged.Contributions[1].NextChallenge.ToArray();
        next[63] ^= 0x80;
        forged.Contributions[1] = forged.Contributions[1] with { NextChallenge = next };
        Refused(forged, TranscriptFaultKind.LastHash, 2, "challenge that it left behind");
    }

    /// <summary>One point of each section is no power, at its middle and at its end, and all hashes are those of the false points.</summary>
    [Fact]
    public void A_point_that_is_no_power()
    {
        int n = 1 << Power;
        foreach ((int section, int index) in (ReadOnlySpan<(int, int)>)[(2, 2), (2, n), (2, (2 * n) - 2), (3, 2), (3, n - 1), (4, 1), (4, n - 1), (5, 1), (5, n - 1)])
        {
            ForgedPowers<TCurve, TFp, TFr> forged = Honest();
            switch (section)
            {
                case 2:
                    forged.TauG1[index] = Times(forged.TauG1[index], 3);
                    break;
                case 3:
                    forged.TauG2[index] = Times(forged.TauG2[index], 3);
                    break;
                case 4:
                    forged.AlphaTauG1[index] = Times(forged.AlphaTauG1[index], 3);
                    break;
                default:
                    forged.BetaTauG1[index] = Times(forged.BetaTauG1[index], 3);
                    break;
            }

            forged.RehashLast();
            Refused(forged, TranscriptFaultKind.Powers, 0, $"section {section} ");
        }
    }

    /// <summary>Two powers in each other's place keep every plain sum: only coefficients that nobody could foresee tell them apart.</summary>
    [Fact]
    public void Powers_in_each_other_s_place()
    {
        foreach (int section in (ReadOnlySpan<int>)[2, 3, 4, 5])
        {
            ForgedPowers<TCurve, TFp, TFr> forged = Honest();
            if (section == 3)
            {
                (forged.TauG2[2], forged.TauG2[3]) = (forged.TauG2[3], forged.TauG2[2]);
            }
            else
            {
                Affine<TFp, TCurve>[] points = section == 2 ? forged.TauG1 : section == 4 ? forged.AlphaTauG1 : forged.BetaTauG1;
                (points[2], points[3]) = (points[3], points[2]);
            }

            forged.RehashLast();
            Refused(forged, TranscriptFaultKind.Powers, 0, $"section {section} ");
        }
    }

    /// <summary>Each section is a row of powers by the right ratio, but of something else.</summary>
    [Fact]
    public void Sections_of_other_secrets()
    {
        foreach (int section in (ReadOnlySpan<int>)[2, 3, 4, 5, 6])
        {
            ForgedPowers<TCurve, TFp, TFr> forged = Honest();
            for (int i = 0; i < 1 << (Power + 1); i++)
            {
                if (section == 2 && i < forged.TauG1.Length)
                {
                    forged.TauG1[i] = Times(forged.TauG1[i], 3);
                }
                else if (section == 3 && i < forged.TauG2.Length)
                {
                    forged.TauG2[i] = Times(forged.TauG2[i], 3);
                }
                else if (section == 4 && i < forged.AlphaTauG1.Length)
                {
                    forged.AlphaTauG1[i] = Times(forged.AlphaTauG1[i], 3);
                }
                else if (section == 5 && i < forged.BetaTauG1.Length)
                {
                    forged.BetaTauG1[i] = Times(forged.BetaTauG1[i], 3);
                }
            }

            forged.BetaG2 = section == 6 ? Times(forged.BetaG2, 3) : forged.BetaG2;
            forged.RehashLast();
            Refused(forged, TranscriptFaultKind.FirstPoints, 2, $"Section {section}: point 0");
        }
    }

    /// <summary>Every section is made of another τ, which only the points after the generators tell.</summary>
    [Fact]
    public void Powers_of_another_tau()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.BeginAnew(Number(23), Number(36), Number(52));
        forged.RehashLast();
        Refused(forged, TranscriptFaultKind.FirstPoints, 2, "Section 2: point 1 is not τ as contribution 2, the last, left it");

        // In G2 alone.
        ForgedPowers<TCurve, TFp, TFr> mixed = Honest();
        forged.TauG2.CopyTo(mixed.TauG2, 0);
        mixed.RehashLast();
        Refused(mixed, TranscriptFaultKind.FirstPoints, 2, "Section 3: point 1 is not τ as contribution 2, the last, left it");
    }

    /// <summary>A point of the curve outside the group: pairings would say nothing of it, and multiples of it tell secrets.</summary>
    [Fact]
    public void Points_outside_the_group()
    {
        Affine<Fp2<TFp>, TCurve> outside = OutsideG2();
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.TauG2[3] = outside;
        forged.RehashLast();
        InvalidFileException fault = Assert.Throws<InvalidFileException>(() => Verify(forged));
        Assert.Equal(FileFault.NotInSubgroup, fault.Fault);
        Assert.Contains("point 3 of τ in G2", fault.Message, StringComparison.Ordinal);
        using ContributionEntropy entropy = ContributionEntropy.Draw();
        Assert.Equal(
            FileFault.NotInSubgroup,
            Assert.Throws<InvalidFileException>(() => PhaseOne.Contribute(At("forged.ptau"), At("next.ptau"), null, entropy)).Fault);
        Assert.Throws<InvalidFileException>(() => PhaseOne.Prepare(At("forged.ptau"), At("next.ptau")));

        forged = Honest();
        forged.Contributions[0] = forged.Contributions[0] with { After = forged.Contributions[0].After with { BetaG2 = outside } };
        Assert.Contains("β of contribution 1 in G2", Assert.Throws<InvalidFileException>(() => Verify(forged)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(At("next.ptau")));
    }

    /// <summary>A contributor answers the challenge that the points are, not one that the record claims.</summary>
    [Fact]
    public void A_file_whose_points_are_not_those_of_its_challenge_is_not_contributed_to()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.AlphaTauG1[1] = forged.AlphaTauG1[0];
        forged.Write(At("forged.ptau"));
        using ContributionEntropy entropy = ContributionEntropy.Draw();
        InvalidFileException fault = Assert.Throws<InvalidFileException>(() => PhaseOne.Contribute(At("forged.ptau"), At("next.ptau"), null, entropy));
        Assert.Contains("not those that contribution 2 left behind", fault.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidFileException>(() => PhaseOne.Beacon(At("forged.ptau"), At("next.ptau"), null, new byte[] { 1 }, 10));
        Assert.False(File.Exists(At("next.ptau")));
    }

    /// <summary>
    /// The basis of twice the domain's size is bound by its powers but for the one that the file lacks. An element in its place,
    /// such as α·β in G1, would reach the key and be divided by δ there.
    /// </summary>
    [Fact]
    public void Something_else_in_place_of_the_missing_power()
    {
        ForgedPowers<TCurve, TFp, TFr> forged = Honest();
        forged.Write(At("forged.ptau"));
        PhaseOne.Prepare(At("forged.ptau"), At("prepared.ptau"));
        Assert.True(PhaseOne.Verify(At("prepared.ptau")).IsTrue);
        int log = Power + 1;
        byte[] bytes = File.ReadAllBytes(At("prepared.ptau"));
        using (SectionedFile file = SectionedFile.Open(At("prepared.ptau"), "ptau", 1))
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(log);
            int size = Iden3Encoding.PointSize<TFp, TCurve>();
            int start = (int)file.Require(12, "basis").Offset + (((1 << log) - 1) * size);
            TFr coefficient = domain.SizeInverse;
            for (int i = 0; i < 1 << log; i++)
            {
                // The column of the missing power: n⁻¹·ω^(−i(n−1)), which is n⁻¹·ω^i.
                Iden3Encoding.TryDecode(bytes.AsSpan(start + (i * size), size), out Affine<TFp, TCurve> point, out _);
                Jacobian<TFp, TCurve> sum = Times(forged.BetaTauG1[0], coefficient) + (Jacobian<TFp, TCurve>)point;
                Iden3Encoding.Write(sum.ToAffine(), bytes.AsSpan(start + (i * size)));
                coefficient *= domain.Root;
            }
        }

        File.WriteAllBytes(At("false.ptau"), bytes);
        PhaseOneReport report = PhaseOne.Verify(At("false.ptau"));
        Assert.Equal(TranscriptFaultKind.LagrangeBasis, report.Fault?.Kind);
        Assert.Contains($"Section 12: the Lagrange basis of 2^{log} points", report.Fault!.Text, StringComparison.Ordinal);
    }

    /// <summary>In every basis of every section one point is another of the group.</summary>
    [Fact]
    public void A_point_of_a_basis()
    {
        Honest().Write(At("forged.ptau"));
        PhaseOne.Prepare(At("forged.ptau"), At("prepared.ptau"));
        byte[] bytes = File.ReadAllBytes(At("prepared.ptau"));
        int size1 = Iden3Encoding.PointSize<TFp, TCurve>(), size2 = Iden3Encoding.PointSize<Fp2<TFp>, TCurve>();
        using SectionedFile file = SectionedFile.Open(At("prepared.ptau"), "ptau", 1);
        for (uint section = 12; section <= 15; section++)
        {
            int size = section == 13 ? size2 : size1;
            for (int log = 0; log <= (section == 12 ? Power + 1 : Power); log++)
            {
                byte[] changed = [.. bytes];
                int at = (int)file.Require(section, "basis").Offset + (((2 << log) - 2) * size);
                if (section == 13)
                {
                    Iden3Encoding.Write(Times(Affine<Fp2<TFp>, TCurve>.Generator, 77), changed.AsSpan(at));
                }
                else
                {
                    Iden3Encoding.Write(Times(Affine<TFp, TCurve>.Generator, 77), changed.AsSpan(at));
                }

                File.WriteAllBytes(At("false.ptau"), changed);
                PhaseOneReport report = PhaseOne.Verify(At("false.ptau"));
                Assert.Equal(TranscriptFaultKind.LagrangeBasis, report.Fault?.Kind);
                Assert.Contains($"Section {section}: the Lagrange basis of 2^{log} points", report.Fault!.Text, StringComparison.Ordinal);
            }
        }
    }

    public void Dispose() => folder.Dispose();

    private static TFr Number(ulong value) => ForgedPowers<TCurve, TFp, TFr>.Number(value);

    private static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, ulong scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => Times(point, Number(scalar));

    private static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => ForgedPowers<TCurve, TFp, TFr>.Times(point, scalar);

    /// <summary>Two honest contributions.</summary>
    private static ForgedPowers<TCurve, TFp, TFr> Honest()
    {
        var forged = new ForgedPowers<TCurve, TFp, TFr>(Power);
        forged.Contribute(2, 3, 4);
        forged.Contribute(11, 12, 13);
        return forged;
    }

    /// <summary>A point of the twist that the cofactor was not taken out of.</summary>
    private static Affine<Fp2<TFp>, TCurve> OutsideG2()
    {
        for (ulong i = 1; ; i++)
        {
            var x = new Fp2<TFp>(TFp.FromUInt64(i), TFp.One);
            if (Fp2<TFp>.TrySqrt((Fp2<TFp>.Square(x) * x) + Affine<Fp2<TFp>, TCurve>.B, out Fp2<TFp> y)
                && new Affine<Fp2<TFp>, TCurve>(x, y) is var point && !point.IsInSubgroup())
            {
                return point;
            }
        }
    }

    private PhaseOneReport Verify(ForgedPowers<TCurve, TFp, TFr> forged)
    {
        forged.Write(At("forged.ptau"));
        return PhaseOne.Verify(At("forged.ptau"));
    }

    private void Refused(ForgedPowers<TCurve, TFp, TFr> forged, TranscriptFaultKind kind, int contribution, string text)
    {
        TranscriptFault? fault = Verify(forged).Fault;
        Assert.NotNull(fault);
        Assert.Equal((kind, contribution), (fault.Kind, fault.Contribution));
        Assert.Contains(text, fault.Text, StringComparison.Ordinal);
    }

    private string At(string name) => Path.Combine(folder.Path, name);
}
