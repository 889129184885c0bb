// Owns: what a coordinator is sent instead of one more contribution, and that it is told from one.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bn254StepTests : StepTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381StepTests : StepTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class StepTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static Ceremony<TCurve, TFp, TFr> Made => Ceremony<TCurve, TFp, TFr>.Instance;

    private static TFr Secret => Forgery<TCurve, TFp, TFr>.Scalar(6);

    [Fact]
    public void Each_step_of_an_honest_ceremony_is_one()
    {
        Assert.Null(PhaseTwo.VerifyStep(Made.Keys[0], Made.Keys[1]));
        Assert.Null(PhaseTwo.VerifyStep(Made.Keys[1], Made.Keys[2], engine: PortableEngine.Instance));
        Assert.Null(PhaseTwo.VerifyStep(Made.Keys[2], Made.Keys[3], allowBeacon: true));
    }

    [Fact]
    public void A_beacon_is_no_contribution_unless_it_is_asked_for() => Refused(TranscriptFaultKind.Policy, 3, "recorded as a beacon", Made.Keys[2], Made.Keys[3]);

    [Fact]
    public void The_same_key_once_more_is_no_step() => Refused(TranscriptFaultKind.HashChain, 0, "exactly one must be added", Made.Keys[1], Made.Keys[1]);

    [Fact]
    public void Two_contributions_at_once_are_no_step() => Refused(TranscriptFaultKind.HashChain, 0, "exactly one must be added", Made.Keys[0], Made.Keys[2]);

    [Fact]
    public void A_contribution_to_an_older_state_is_no_step()
    {
        string late = Ceremony<TCurve, TFp, TFr>.NewFile(), second = Ceremony<TCurve, TFp, TFr>.NewFile();
        PhaseTwo.Contribute(Made.Keys[0], late, "late", Ceremony<TCurve, TFp, TFr>.Entropy(7));
        PhaseTwo.Contribute(late, second, "later", Ceremony<TCurve, TFp, TFr>.Entropy(8));
        Assert.Null(PhaseTwo.VerifyStep(late, second));
        Refused(TranscriptFaultKind.HashChain, 0, "does not begin with the record of the one before", Made.Keys[1], second);
    }

    [Fact]
    public void A_name_that_is_no_part_of_any_hash_cannot_be_changed_afterwards()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[2]);
        key.Record[0] = key.Record[0] with { Name = "ALICE" };
        Refused(TranscriptFaultKind.HashChain, 0, "earlier entries were altered", Made.Keys[1], key.Write());
    }

    [Theory]
    [InlineData(3u, "IC")]
    [InlineData(5u, "A")]
    [InlineData(6u, "B1")]
    public void Fixed_points_stay_as_they_are(uint section, string name)
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[2]);
        key.Points(section)[0] = Forgery<TCurve, TFp, TFr>.Times(Affine<TFp, TCurve>.Generator, Secret);
        Refused(TranscriptFaultKind.Circuit, 0, $"Section {section} ({name}) of the new key differs", Made.Keys[1], key.Write());
    }

    [Fact]
    public void Coefficients_stay_as_they_are()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[2]);
        key[ZkeyFormat.CoefficientSection][4 + 12] ^= 1;
        Refused(TranscriptFaultKind.Circuit, 0, "Section 4 (coefficients) of the new key differs from that of the one before at its byte 16", Made.Keys[1], key.Write());
    }

    [Fact]
    public void Alpha_beta_and_gamma_stay_as_they_are()
    {
        int g1 = Forgery<TCurve, TFp, TFr>.G1Size, at = Forgery<TCurve, TFp, TFr>.PointsAt;
        byte[] one = new byte[g1];
        Iden3Encoding.Write(Affine<TFp, TCurve>.Generator, one);
        foreach ((string name, int offset) in ((string, int)[])[("α", at), ("β", at + g1)])
        {
            Forgery<TCurve, TFp, TFr> key = new(Made.Keys[2]);
            one.CopyTo(key[ZkeyFormat.HeaderSection].AsSpan(offset));
            Refused(TranscriptFaultKind.PhaseOne, 0, $"another {name} than", Made.Keys[1], key.Write());
        }

        Forgery<TCurve, TFp, TFr> beta = new(Made.Keys[2]);
        Iden3Encoding.Write(
            Forgery<TCurve, TFp, TFr>.Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret),
            beta[ZkeyFormat.HeaderSection].AsSpan(at + (2 * g1), Forgery<TCurve, TFp, TFr>.G2Size));
        Refused(TranscriptFaultKind.PhaseOne, 0, "another β than", Made.Keys[1], beta.Write());

        Forgery<TCurve, TFp, TFr> gamma = new(Made.Keys[2]) { Gamma2 = Forgery<TCurve, TFp, TFr>.Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret) };
        Refused(TranscriptFaultKind.PhaseOne, 0, "another γ than", Made.Keys[1], gamma.Write());
    }

    [Fact]
    public void A_further_section_is_no_part_of_a_key()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[2]);
        key.Sections.Add((99, [1, 2, 3]));
        Refused(TranscriptFaultKind.Circuit, 0, "has 11 sections", Made.Keys[1], key.Write());
    }

    [Fact]
    public void A_key_of_another_circuit_is_no_step()
    {
        string other = Ceremony<TCurve, TFp, TFr>.NewFile(".r1cs"), initial = Ceremony<TCurve, TFp, TFr>.NewFile(), made = Ceremony<TCurve, TFp, TFr>.NewFile();
        R1csFile.Write(other, CircuitCompiler.Compile<TFr>("other", b => b.PublicOutput("y", b.PrivateInput("x") * b.PrivateInput("z"))));
        PhaseTwo.New(other, Made.Ptau, initial);
        PhaseTwo.Contribute(initial, made, "", Ceremony<TCurve, TFp, TFr>.Entropy(3));
        Refused(TranscriptFaultKind.Circuit, 0, "The new key is for", Made.Keys[0], made);
    }

    [Fact]
    public void A_key_over_another_curve_is_refused()
    {
        string other = typeof(TCurve) == typeof(Bn254) ? Ceremony<Bls12381, Bls12381Fp, Bls12381Fr>.Instance.Keys[1] : Ceremony<Bn254, Bn254Fp, Bn254Fr>.Instance.Keys[1];
        Assert.Equal(FileFault.WrongField, Assert.Throws<InvalidFileException>(() => PhaseTwo.VerifyStep(Made.Keys[0], other)).Fault);
    }

    [Fact]
    public void A_false_proof_or_delta_is_no_contribution()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[1]);
        PhaseTwoContribution<TCurve, TFp> honest = key.Sign(Secret);
        Refused(TranscriptFaultKind.KeyProof, 2, "false proof", Made.Keys[1], key.Contribute(Secret, honest with { SpX = -honest.SpX }).Write());

        Forgery<TCurve, TFp, TFr> moved = new(Made.Keys[1]);
        moved.Contribute(Secret, moved.Sign(Secret)).Move(Secret);
        Refused(TranscriptFaultKind.Delta, 2, "not δ after contribution 2", Made.Keys[1], moved.Write());

        Forgery<TCurve, TFp, TFr> apart = new(Made.Keys[1]);
        apart.Contribute(Secret, apart.Sign(Secret)).Delta2 = Affine<Fp2<TFp>, TCurve>.Generator;
        Refused(TranscriptFaultKind.Delta, 2, "δ in G2", Made.Keys[1], apart.Write());
    }

    [Fact]
    public void A_key_of_an_earlier_contribution_is_refused_once_more()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[1]);
        key.Contribute(Secret, key.Sign(Secret));
        string once = key.Write();
        Assert.Null(PhaseTwo.VerifyStep(Made.Keys[1], once));
        Refused(TranscriptFaultKind.Repeated, 3, "has the key of contribution 2", once, key.Contribute(Secret, key.Sign(Secret)).Write());
    }

    /// <summary>A cheater at two turns: the second undoes the first, and whatever lies between.</summary>
    [Fact]
    public void A_contribution_that_leads_back_is_no_step()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[1]);
        key.Contribute(Secret, key.Sign(Secret));
        string once = key.Write();
        TFr inverse = TFr.Inverse(Secret);
        Refused(TranscriptFaultKind.Repeated, 3, "back to where contribution 1 had left it", once, key.Contribute(inverse, key.Sign(inverse, s: 78)).Write());
    }

    [Theory]
    [InlineData(8u, TranscriptFaultKind.SectionL, "(L)")]
    [InlineData(9u, TranscriptFaultKind.SectionH, "(H)")]
    public void L_and_H_move_by_the_secret_and_nothing_else(uint section, TranscriptFaultKind kind, string words)
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[2]);
        Span<Affine<TFp, TCurve>> points = key.Points(section);
        (points[0], points[1]) = (points[1], points[0]);
        Refused(kind, 2, words, Made.Keys[1], key.Write());

        // As if nobody had contributed.
        Forgery<TCurve, TFp, TFr> kept = new(Made.Keys[2]);
        kept.Replace(section, new Forgery<TCurve, TFp, TFr>(Made.Keys[1])[section]);
        Refused(kind, 2, words, Made.Keys[1], kept.Write());
    }

    private static void Refused(TranscriptFaultKind kind, int contribution, string words, string previous, string next)
    {
        TranscriptFault? fault = PhaseTwo.VerifyStep(previous, next);
        Assert.NotNull(fault);
        Assert.True((kind, contribution) == (fault.Kind, fault.Contribution), $"{fault.Kind} of {fault.Contribution} instead of {kind} of {contribution}: {fault.Text}");
        Assert.Contains(words, fault.Text, StringComparison.Ordinal);
    }
}
