// Owns: attacks on phase-2 transcripts. Each is one that a single check stops: everything else about the forged key is in order.

using System.Buffers.Binary;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bn254PhaseTwoTranscriptTests : PhaseTwoTranscriptTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381PhaseTwoTranscriptTests : PhaseTwoTranscriptTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class PhaseTwoTranscriptTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static Ceremony<TCurve, TFp, TFr> Made => Ceremony<TCurve, TFp, TFr>.Instance;

    private static TFr Secret => Forgery<TCurve, TFp, TFr>.Scalar(5);

    [Fact]
    public void An_honest_transcript_is_true_and_tells_who_contributed()
    {
        PhaseTwoReport report = Made.Verify(Made.Keys[3]);
        Assert.True(report.IsTrue, report.Fault?.Text);
        Assert.Equal(InitialKeyHashForm.Common, report.HashForm);
        Assert.Equal(TCurve.Id, report.Curve);
        Assert.Equal(Made.InitialHash, report.InitialKeyHash.ToArray());
        Assert.Equal(["alice", "bob", "end"], report.Contributions.Select(c => c.Name));
        Assert.Equal([false, false, true], report.Contributions.Select(c => c.IsBeacon));
        Assert.Equal(Made.Hashes, report.Contributions.Select(c => c.Hash.ToArray()));
        Assert.Equal(2, report.ContributorCount);
        Assert.Equal(Ceremony<TCurve, TFp, TFr>.BeaconValue, report.Contributions[2].BeaconHash.ToArray());
    }

    [Fact]
    public void Both_engines_find_an_honest_transcript_true() =>
        Assert.True(PhaseTwo.Verify(Made.R1cs, Made.Ptau, Made.Keys[3], PortableEngine.Instance).IsTrue);

    [Fact]
    public void A_key_to_which_no_one_contributed_is_false_for_that_alone() => Refused(TranscriptFaultKind.NoContributions, 0, "No one contributed", Made.Keys[0]);

    [Fact]
    public void A_forger_who_does_everything_right_is_a_contributor()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        Assert.True(Made.Verify(key.Contribute(Secret, key.Sign(Secret)).Write()).IsTrue);
    }

    /// <summary>The proof of knowledge is about x, δ and the point of G2 move by y.</summary>
    [Fact]
    public void A_proof_about_another_secret_than_the_point_of_G2_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        PhaseTwoContribution<TCurve, TFp> honest = key.Sign(Secret);
        TFr other = Secret + TFr.One;
        Affine<Fp2<TFp>, TCurve> point = ChaChaGenerator.PointOfHash<TCurve, TFp>(honest.Transcript.Span);
        PhaseTwoContribution<TCurve, TFp> forged = honest with
        {
            DeltaAfter = Forgery<TCurve, TFp, TFr>.Times(key.Delta1, other),
            SpX = Forgery<TCurve, TFp, TFr>.Times(point, other),
        };
        Refused(TranscriptFaultKind.KeyProof, 2, "Contribution 2 (mallory) has a false proof of knowledge", key.Contribute(other, forged).Write());
    }

    /// <summary>A proof about x, and δ, L, H moved by y.</summary>
    [Fact]
    public void A_change_of_delta_by_another_secret_than_the_proof_s_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        TFr other = Secret + TFr.One;
        PhaseTwoContribution<TCurve, TFp> forged = key.Sign(Secret) with { DeltaAfter = Forgery<TCurve, TFp, TFr>.Times(key.Delta1, other) };
        Refused(TranscriptFaultKind.NotSuccessive, 2, "did not change δ by the secret", key.Contribute(other, forged).Write());
    }

    [Fact]
    public void A_contribution_that_changes_nothing_does_not_count()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        Refused(TranscriptFaultKind.TrivialSecret, 2, "the secret 1", key.Contribute(TFr.One, key.Sign(TFr.One)).Write());
    }

    /// <summary>A proof made for another ceremony: another initial hash, so another point of G2, all else in order.</summary>
    [Fact]
    public void A_contribution_made_for_another_ceremony_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1), elsewhere = Of(1);
        elsewhere.InitialHash[0] ^= 1;
        Refused(TranscriptFaultKind.HashChain, 2, "another state, another key or another ceremony", key.Contribute(Secret, elsewhere.Sign(Secret)).Write());
    }

    /// <summary>Made on the key before bob's contribution, and put behind it with δ adjusted.</summary>
    [Fact]
    public void A_contribution_built_on_an_older_state_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(2), older = Of(1);
        PhaseTwoContribution<TCurve, TFp> late = older.Sign(Secret) with { DeltaAfter = Forgery<TCurve, TFp, TFr>.Times(key.Delta1, Secret) };
        Refused(TranscriptFaultKind.HashChain, 3, "Contribution 3 (mallory) does not carry the hash", key.Contribute(Secret, late).Write());
    }

    [Fact]
    public void One_contributor_does_not_count_twice_with_the_same_key()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        key.Contribute(Secret, key.Sign(Secret));
        Refused(TranscriptFaultKind.Repeated, 3, "has the key of contribution 2", key.Contribute(Secret, key.Sign(Secret)).Write());
    }

    [Fact]
    public void The_record_of_somebody_else_does_not_count_twice()
    {
        Forgery<TCurve, TFp, TFr> key = Of(2);
        key.Record.Add(key.Record[1]);
        Refused(TranscriptFaultKind.Repeated, 3, "has the key of contribution 2", key.Write());
    }

    /// <summary>Two contributions of one cheater that cancel, which leave δ where it was, count as none.</summary>
    [Fact]
    public void Contributions_that_undo_each_other_show()
    {
        Forgery<TCurve, TFp, TFr> key = Of(1);
        TFr inverse = TFr.Inverse(Secret);
        key.Contribute(Secret, key.Sign(Secret));
        Refused(TranscriptFaultKind.Repeated, 3, "back to where contribution 1 had left it", key.Contribute(inverse, key.Sign(inverse, s: 78)).Write());
        Forgery<TCurve, TFp, TFr> first = Of(0);
        first.Contribute(Secret, first.Sign(Secret));
        Refused(TranscriptFaultKind.Repeated, 2, "back to the generator", first.Contribute(inverse, first.Sign(inverse, s: 78)).Write());
    }

    [Fact]
    public void A_beacon_that_is_none_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(2);
        PhaseTwoContribution<TCurve, TFp> forged = key.Sign(Secret) with
        {
            IsBeacon = true, BeaconHash = Ceremony<TCurve, TFp, TFr>.BeaconValue, BeaconIterationsLog = Ceremony<TCurve, TFp, TFr>.BeaconLog,
        };
        Refused(TranscriptFaultKind.Beacon, 3, "do not lead to its key", key.Contribute(Secret, forged).Write());

        // The beacon's point S, or its multiple x·S by way of another point, and a secret of the forger's own.
        var beacon = ChaChaGenerator.FromBeacon(Ceremony<TCurve, TFp, TFr>.BeaconValue, Ceremony<TCurve, TFp, TFr>.BeaconLog);
        TFr x = beacon.NextElement<TFr>();
        Affine<TFp, TCurve> s = beacon.NextG1<TCurve, TFp>();
        foreach (Affine<TFp, TCurve> point in (Affine<TFp, TCurve>[])[s, Forgery<TCurve, TFp, TFr>.Times(s, x * TFr.Inverse(Secret))])
        {
            Forgery<TCurve, TFp, TFr> other = Of(2);
            forged = KeyContribution<TCurve, TFp, TFr>.Sign(other.Delta1, other.Chain, Secret, point, "mallory") with
            {
                IsBeacon = true, BeaconHash = Ceremony<TCurve, TFp, TFr>.BeaconValue, BeaconIterationsLog = Ceremony<TCurve, TFp, TFr>.BeaconLog,
            };
            Refused(TranscriptFaultKind.Beacon, 3, "do not lead to its key", other.Contribute(Secret, forged).Write());
        }
    }

    [Fact]
    public void Points_at_infinity_prove_nothing()
    {
        foreach (int which in (int[])[0, 1, 2, 3])
        {
            Forgery<TCurve, TFp, TFr> key = Of(1);
            PhaseTwoContribution<TCurve, TFp> honest = key.Sign(Secret);
            key.Record.Add(which switch
            {
                0 => honest with { DeltaAfter = default },
                1 => honest with { S = default },
                2 => honest with { Sx = default },
                _ => honest with { SpX = default },
            });
            Refused(TranscriptFaultKind.KeyProof, 2, "a point at infinity", key.Move(Secret).Write());
        }
    }

    /// <summary>Honest contributions on record, and a further, secret factor in the key itself.</summary>
    [Fact]
    public void A_delta_that_is_not_the_last_on_record_shows() =>
        Refused(TranscriptFaultKind.Delta, 3, "not δ after contribution 3", Of(3).Move(Secret).Write());

    /// <summary>L and H follow δ in G2, to which nobody contributed.</summary>
    [Fact]
    public void A_delta_that_is_another_in_G2_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        Affine<TFp, TCurve> delta = key.Delta1;
        key.Move(Secret).Delta1 = delta;
        Refused(TranscriptFaultKind.Delta, 3, "δ in G2 is another scalar", key.Write());
    }

    [Fact]
    public void A_delta_without_contributors_shows() => Refused(TranscriptFaultKind.Delta, 0, "not the generator though no one contributed", Of(0).Move(Secret).Write());

    /// <summary>Sums over no points are infinity, on both sides of the relation; that is no fault.</summary>
    [Fact]
    public void A_circuit_without_private_wires_has_no_L()
    {
        string r1cs = Ceremony<TCurve, TFp, TFr>.NewFile(".r1cs"), initial = Ceremony<TCurve, TFp, TFr>.NewFile(), made = Ceremony<TCurve, TFp, TFr>.NewFile();
        R1csFile.Write(r1cs, CircuitCompiler.Compile<TFr>("open", b =>
        {
            Variable<TFr> x = b.PublicInput("x");
            b.AssertProduct(x, x, b.PublicInput("y"));
        }));
        PhaseTwo.New(r1cs, Made.Ptau, initial);
        PhaseTwo.Contribute(initial, made, "one", Ceremony<TCurve, TFp, TFr>.Entropy(1));
        PhaseTwoReport report = PhaseTwo.Verify(r1cs, Made.Ptau, made);
        Assert.True(report.IsTrue, report.Fault?.Text);
        Assert.Equal(report.Wires, report.PublicInputs + 1);
        Assert.Null(PhaseTwo.VerifyStep(initial, made));
    }

    [Fact]
    public void A_gamma_of_somebody_s_choice_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        key.Gamma2 = Forgery<TCurve, TFp, TFr>.Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret);
        Refused(TranscriptFaultKind.PhaseOne, 0, "γ is not the generator", key.Write());
    }

    /// <summary>Each of the three alone: α and β of the header stand in no other section, and in no hash that is taken of this key.</summary>
    [Fact]
    public void Alpha_and_beta_of_somebody_s_choice_show()
    {
        int at = Forgery<TCurve, TFp, TFr>.PointsAt, size = Forgery<TCurve, TFp, TFr>.G1Size;
        Affine<TFp, TCurve> g1 = Forgery<TCurve, TFp, TFr>.Times(Affine<TFp, TCurve>.Generator, Secret);
        Affine<Fp2<TFp>, TCurve> g2 = Forgery<TCurve, TFp, TFr>.Times(Affine<Fp2<TFp>, TCurve>.Generator, Secret);
        Forgery<TCurve, TFp, TFr> alpha = Of(3), beta1 = Of(3), beta2 = Of(3);
        Iden3Encoding.Write(g1, alpha[ZkeyFormat.HeaderSection].AsSpan(at, size));
        Iden3Encoding.Write(g1, beta1[ZkeyFormat.HeaderSection].AsSpan(at + size, size));
        Iden3Encoding.Write(g2, beta2[ZkeyFormat.HeaderSection].AsSpan(at + (2 * size), Forgery<TCurve, TFp, TFr>.G2Size));
        Refused(TranscriptFaultKind.PhaseOne, 0, "α in G1 is not", alpha.Write());
        Refused(TranscriptFaultKind.PhaseOne, 0, "β in G1 is not", beta1.Write());
        Refused(TranscriptFaultKind.PhaseOne, 0, "β in G2 is not", beta2.Write());
    }

    [Fact]
    public void Powers_of_tau_of_somebody_s_choice_show()
    {
        string initial = Ceremony<TCurve, TFp, TFr>.NewFile(), made = Ceremony<TCurve, TFp, TFr>.NewFile();
        PhaseTwo.New(Made.R1cs, Made.OtherPtau, initial);
        PhaseTwo.Contribute(initial, made, "mallory", Ceremony<TCurve, TFp, TFr>.Entropy(9));
        Refused(TranscriptFaultKind.PhaseOne, 0, "α in G1 is not that of the powers of tau", made);

        // With α and β of the announced powers, and points of others.
        Forgery<TCurve, TFp, TFr> key = new(made), honest = Of(3);
        honest[ZkeyFormat.HeaderSection].AsSpan(0, Forgery<TCurve, TFp, TFr>.GammaAt).CopyTo(key[ZkeyFormat.HeaderSection]);
        Refused(TranscriptFaultKind.Circuit, 0, "Point 0 of IC (section 3)", key.Write());
    }

    [Fact]
    public void Contributions_for_another_initial_key_are_not_claimed_for_this_one()
    {
        Forgery<TCurve, TFp, TFr> key = Of(0);
        key.InitialHash[63] ^= 0x80;
        Refused(TranscriptFaultKind.InitialKeyHash, 0, "made for another key", key.Contribute(Secret, key.Sign(Secret)).Write());
    }

    /// <summary>A and B are the same; C is seen in L, in IC and in the hash alone.</summary>
    [Fact]
    public void A_circuit_that_differs_in_one_coefficient_of_C_shows()
    {
        string other = Ceremony<TCurve, TFp, TFr>.WriteCircuit("other", c: 4);
        string initial = Ceremony<TCurve, TFp, TFr>.NewFile(), made = Ceremony<TCurve, TFp, TFr>.NewFile();
        PhaseTwo.New(other, Made.Ptau, initial);
        PhaseTwo.Contribute(initial, made, "mallory", Ceremony<TCurve, TFp, TFr>.Entropy(9));
        Assert.True(PhaseTwo.Verify(other, Made.Ptau, made).IsTrue);
        Refused(TranscriptFaultKind.SectionL, 0, "section 8", made);
    }

    [Fact]
    public void A_circuit_of_other_sizes_shows()
    {
        string larger = Ceremony<TCurve, TFp, TFr>.NewFile(".r1cs");
        R1csFile.Write(larger, CircuitCompiler.Compile<TFr>("larger", b => b.PublicOutput("y", b.PrivateInput("x") * b.PrivateInput("z"))));
        TranscriptFault fault = PhaseTwo.Verify(larger, Made.Ptau, Made.Keys[3]).Fault!;
        Assert.Equal(TranscriptFaultKind.Circuit, fault.Kind);
        Assert.Contains("wires, and the circuit has", fault.Text, StringComparison.Ordinal);

        // As many wires, of which one more is private; as many of both, and a larger domain.
        Assert.Contains("2 public inputs, and the circuit has 1", Other("closed", isPublic: false, extra: 0), StringComparison.Ordinal);
        Assert.Contains("8 elements of the domain, and the circuit has 16", Other("longer", isPublic: true, extra: 8), StringComparison.Ordinal);

        static string Other(string name, bool isPublic, int extra)
        {
            string path = Ceremony<TCurve, TFp, TFr>.NewFile(".r1cs");
            R1csFile.Write(path, Ceremony<TCurve, TFp, TFr>.Compile(name, isPublic: isPublic, extra: extra));
            TranscriptFault fault = PhaseTwo.Verify(path, Made.Ptau, Made.Keys[3]).Fault!;
            Assert.Equal(TranscriptFaultKind.Circuit, fault.Kind);
            return fault.Text;
        }
    }

    [Fact]
    public void Another_order_or_another_value_of_coefficients_shows()
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        byte[] coefficients = key[ZkeyFormat.CoefficientSection];
        int size = CircuitCoefficients.EntrySize<TFr>();
        byte[] first = coefficients[4..(4 + size)];
        coefficients.AsSpan(4 + size, size).CopyTo(coefficients.AsSpan(4));
        first.CopyTo(coefficients, 4 + size);
        Refused(TranscriptFaultKind.Circuit, 0, "Coefficient 0 of section 4", key.Write());

        // One more and one fewer at the end, with a number that says so.
        byte[] honest = Of(3)[ZkeyFormat.CoefficientSection];
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(honest);
        byte[] more = [.. honest, .. honest[^size..]], fewer = honest[..^size], other = [.. honest];
        BinaryPrimitives.WriteUInt32LittleEndian(more, count + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(fewer, count - 1);
        other[^(size - 12)] ^= 1;
        foreach ((byte[] changed, string words) in ((byte[], string)[])[
            (more, $"has {more.Length} bytes in the key and {honest.Length} for the circuit"),
            (fewer, $"has {fewer.Length} bytes in the key and {honest.Length} for the circuit"),
            (other, $"Coefficient {count - 1} of section 4")])
        {
            key.Replace(ZkeyFormat.CoefficientSection, changed);
            Refused(TranscriptFaultKind.Circuit, 0, words, key.Write());
        }
    }

    /// <summary>Each keeps the plain sum of the section, which a check without random coefficients would compare.</summary>
    [Theory]
    [InlineData(8u, TranscriptFaultKind.SectionL)]
    [InlineData(9u, TranscriptFaultKind.SectionH)]
    public void Points_in_each_other_s_place_show(uint section, TranscriptFaultKind kind)
    {
        Forgery<TCurve, TFp, TFr> swapped = Of(3), shifted = Of(3);
        Span<Affine<TFp, TCurve>> points = swapped.Points(section);
        (points[0], points[1]) = (points[1], points[0]);
        Refused(kind, 0, $"section {section}", swapped.Write());

        Affine<TFp, TCurve> shift = Forgery<TCurve, TFp, TFr>.Times(Affine<TFp, TCurve>.Generator, Secret);
        points = shifted.Points(section);
        points[0] = ((Jacobian<TFp, TCurve>)points[0] + shift).ToAffine();
        points[1] = ((Jacobian<TFp, TCurve>)points[1] + -shift).ToAffine();
        Refused(kind, 0, $"section {section}", shifted.Write());
    }

    [Theory]
    [InlineData(8u, TranscriptFaultKind.SectionL)]
    [InlineData(9u, TranscriptFaultKind.SectionH)]
    public void Points_divided_by_another_secret_show(uint section, TranscriptFaultKind kind)
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        foreach (ref Affine<TFp, TCurve> point in key.Points(section))
        {
            point = Forgery<TCurve, TFp, TFr>.Times(point, Secret);
        }

        Refused(kind, 0, $"section {section}", key.Write());
    }

    [Theory]
    [InlineData(8u, TranscriptFaultKind.SectionL)]
    [InlineData(9u, TranscriptFaultKind.SectionH)]
    public void A_section_of_infinity_shows(uint section, TranscriptFaultKind kind)
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        key.Points(section).Clear();
        Refused(kind, 0, $"section {section}", key.Write());
    }

    /// <summary>Such points pass sums and pairings with some probability, and tell contributors' secrets modulo small orders.</summary>
    [Theory]
    [InlineData(8u)]
    [InlineData(9u)]
    public void Points_outside_the_subgroup_are_refused_by_all_who_would_use_them(uint section)
    {
        if (typeof(TCurve) == typeof(Bn254))
        {
            // Every point of that curve is in the group of prime order.
            Assert.True(Affine<TFp, TCurve>.Generator.IsInSubgroup());
            return;
        }

        Forgery<TCurve, TFp, TFr> key = Of(3);
        ref Affine<TFp, TCurve> point = ref key.Points(section)[1];
        point = ((Jacobian<TFp, TCurve>)point + OutsideSubgroup()).ToAffine();
        string path = key.Write(), output = Ceremony<TCurve, TFp, TFr>.NewFile();
        InvalidFileException[] refusals =
        [
            Assert.Throws<InvalidFileException>(() => Made.Verify(path)),
            Assert.Throws<InvalidFileException>(() => PhaseTwo.VerifyStep(Made.Keys[2], path, allowBeacon: true)),
            Assert.Throws<InvalidFileException>(() => PhaseTwo.Contribute(path, output, "", Ceremony<TCurve, TFp, TFr>.Entropy(1))),
        ];
        Assert.All(refusals, refusal =>
        {
            Assert.Equal(FileFault.NotInSubgroup, refusal.Fault);
            Assert.Contains($"point 1 of {(section == 8 ? refusal == refusals[2] ? "L" : "C" : "H")}", refusal.Message, StringComparison.Ordinal);
        });
        Assert.False(File.Exists(output));
    }

    [Theory]
    [InlineData(5u, 6u, "A (section 5)")]
    [InlineData(8u, 9u, null)]
    public void Swapped_sections_show(uint one, uint other, string? words)
    {
        Forgery<TCurve, TFp, TFr> key = Of(3);
        byte[] first = key[one], second = key[other];
        key.Replace(one, second);
        key.Replace(other, first);
        string path = key.Write();
        if (words is null)
        {
            // Their lengths follow from the header.
            Assert.Contains("section 8", Assert.Throws<InvalidFileException>(() => Made.Verify(path)).Message, StringComparison.Ordinal);
        }
        else
        {
            Refused(TranscriptFaultKind.Circuit, 0, words, path);
        }
    }

    private static Forgery<TCurve, TFp, TFr> Of(int key) => new(Made.Keys[key]);

    private static void Refused(TranscriptFaultKind kind, int contribution, string words, string zkey)
    {
        TranscriptFault? fault = Made.Verify(zkey).Fault;
        Assert.NotNull(fault);
        Assert.True((kind, contribution) == (fault.Kind, fault.Contribution), $"{fault.Kind} of {fault.Contribution} instead of {kind} of {contribution}: {fault.Text}");
        Assert.Contains(words, fault.Text, StringComparison.Ordinal);
    }

    private static Affine<TFp, TCurve> OutsideSubgroup()
    {
        for (TFp x = TFp.One; ; x += TFp.One)
        {
            if (TFp.TrySqrt((x * x * x) + Affine<TFp, TCurve>.B, out TFp y) && !new Affine<TFp, TCurve>(x, y).IsInSubgroup())
            {
                return new(x, y);
            }
        }
    }
}
