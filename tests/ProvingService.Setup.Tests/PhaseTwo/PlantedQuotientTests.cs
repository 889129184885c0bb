// Owns: the attack of a first contributor on the one coefficient of H that honest proofs do not touch, to its end: a forged proof.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bn254PlantedQuotientTests : PlantedQuotientTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381PlantedQuotientTests : PlantedQuotientTests<Bls12381, Bls12381Fp, Bls12381Fr>;

/// <summary>
/// The points of H carry n coefficients, and a quotient has n − 1. Whoever contributes first knows δ = x and puts IC₁/x in the
/// last place; honest contributors divide it by their secrets like everything else, so that it is IC₁/δ in the end. Proofs of the
/// honest come out as ever. But C − d·IC₁/δ proves, for a first public input greater by d, whatever C proved.
/// </summary>
public abstract class PlantedQuotientTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static Ceremony<TCurve, TFp, TFr> Made => Ceremony<TCurve, TFp, TFr>.Instance;

    [Fact]
    public void A_planted_point_forges_proofs_and_both_verifications_refuse_it()
    {
        string first = Plant(), second = Ceremony<TCurve, TFp, TFr>.NewFile(), final = Ceremony<TCurve, TFp, TFr>.NewFile();
        PhaseTwo.Contribute(first, second, "honest", Ceremony<TCurve, TFp, TFr>.Entropy(3));
        PhaseTwo.Beacon(second, final, "", Ceremony<TCurve, TFp, TFr>.BeaconValue, Ceremony<TCurve, TFp, TFr>.BeaconLog);

        Assert.Equal(TranscriptFaultKind.SectionH, PhaseTwo.VerifyStep(Made.Keys[0], first)?.Kind);
        Assert.Equal(TranscriptFaultKind.SectionH, Made.Verify(final).Fault?.Kind);
        Assert.Equal(TranscriptFaultKind.SectionH, PhaseTwo.Verify(Made.R1cs, Made.Ptau, final, PortableEngine.Instance).Fault?.Kind);

        // What it is refused for: nothing but the planted point is wrong, and it is enough.
        Assert.Null(PhaseTwo.VerifyStep(first, second));
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(final);
        CompiledCircuit<TFr> circuit = Ceremony<TCurve, TFp, TFr>.Compile();
        TFr[] witness = circuit.CreateWitness(CircuitInputs<TFr>.Parse(Inputs()));
        var verifier = new Verifier<TCurve, TFp, TFr>(key.VerifyingKey);
        using var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default, circuit.System);
        Proof<TCurve, TFp> proof = prover.Prove(witness);
        TFr[] values = circuit.PublicValues(witness).ToArray();
        Assert.True(verifier.Verify(proof, values));

        TFr difference = TFr.FromUInt64(1_000_000);
        TFr[] lie = [values[0] + difference, .. values[1..]];
        Assert.False(verifier.Verify(proof, lie));
        Affine<TFp, TCurve> planted = LastCoefficient(key.H.ToArray());
        var c = (proof.C + (Jacobian<TFp, TCurve>)(-Times(planted, difference))).ToAffine();
        Assert.True(verifier.Verify(Proof<TCurve, TFp>.FromChecked(proof.A, proof.B, c), lie));
    }

    /// <summary>By way of bellman's parameters the last coefficient becomes zero, planted or not: that is as good as what it was.</summary>
    [Fact]
    public void A_key_whose_last_coefficient_is_zero_is_as_true()
    {
        var key = new Forgery<TCurve, TFp, TFr>(Made.Keys[2]);
        SetLastCoefficient(key, default);
        string zero = key.Write(), final = Ceremony<TCurve, TFp, TFr>.NewFile();
        Assert.NotEqual(File.ReadAllBytes(Made.Keys[2]), File.ReadAllBytes(zero));
        PhaseTwo.Contribute(zero, final, "more", Ceremony<TCurve, TFp, TFr>.Entropy(4));
        Assert.Null(Made.Verify(final).Fault);
        Assert.Null(PhaseTwo.VerifyStep(zero, final));
    }

    /// <summary>
    /// D more at the constant coefficient and D less at that of x: −(1 − ω₂ₙ⁻¹·ωₙ^(−i))/2n times D at each point. The plain sum of the
    /// coefficients is as it was, and only coefficients that nobody could foresee tell.
    /// </summary>
    [Fact]
    public void Coefficients_that_keep_their_sum_show()
    {
        var key = new Forgery<TCurve, TFp, TFr>(Made.Keys[1]);
        Span<Affine<TFp, TCurve>> points = key.Points(ZkeyFormat.HSection);
        Affine<TFp, TCurve> planted = Times(Affine<TFp, TCurve>.Generator, Forgery<TCurve, TFp, TFr>.Scalar(6));
        int log = int.Log2(points.Length);
        TFr all = -TFr.Inverse(TFr.FromUInt64(2 * (ulong)points.Length)), power = NttDomain<TFr>.OfLogSize(log + 1).RootInverse;
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = (points[i] + (Jacobian<TFp, TCurve>)Times(planted, all * (TFr.One - power))).ToAffine();
            power *= NttDomain<TFr>.OfLogSize(log).RootInverse;
        }

        string path = key.Write();
        Assert.Equal(TranscriptFaultKind.SectionH, PhaseTwo.VerifyStep(Made.Keys[0], path)?.Kind);
        Assert.Equal(TranscriptFaultKind.SectionH, Made.Verify(path).Fault?.Kind);
    }

    /// <summary>Mallory's contribution, the first, true in everything but the last coefficient.</summary>
    private static string Plant()
    {
        TFr secret = Forgery<TCurve, TFp, TFr>.Scalar(5);
        var key = new Forgery<TCurve, TFp, TFr>(Made.Keys[0]);
        key.Contribute(secret, key.Sign(secret));
        SetLastCoefficient(key, Times(key.Points(ZkeyFormat.IcSection)[1], TFr.Inverse(secret)));
        return key.Write();
    }

    /// <summary>Adds to each point its share of the last coefficient: −ω₂ₙ^(1−n)·ωₙ^(i·(1−n))/2n = −ω₂ₙ^(1−n)·ωₙ^i/2n.</summary>
    private static void SetLastCoefficient(Forgery<TCurve, TFp, TFr> key, Affine<TFp, TCurve> wanted)
    {
        Affine<TFp, TCurve>[] points = key.Points(ZkeyFormat.HSection).ToArray();
        Affine<TFp, TCurve> change = (wanted + (Jacobian<TFp, TCurve>)(-LastCoefficient(points))).ToAffine();
        int n = points.Length, log = int.Log2(n);
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(log);
        TFr share = -(Field.Pow(NttDomain<TFr>.OfLogSize(log + 1).RootInverse, (ulong)n - 1) * TFr.Inverse(TFr.FromUInt64(2 * (ulong)n)));
        for (int i = 0; i < n; i++)
        {
            key.Points(ZkeyFormat.HSection)[i] = (points[i] + (Jacobian<TFp, TCurve>)Times(change, share)).ToAffine();
            share *= domain.Root;
        }

        Assert.Equal(wanted, LastCoefficient(key.Points(ZkeyFormat.HSection).ToArray()));
    }

    /// <summary>−2·ω₂ₙ^(n−1)·Σ ωₙ^(−i)·Hᵢ, by definition.</summary>
    private static Affine<TFp, TCurve> LastCoefficient(Affine<TFp, TCurve>[] points)
    {
        int n = points.Length, log = int.Log2(n);
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(log);
        TFr weight = -(Field.Pow(NttDomain<TFr>.OfLogSize(log + 1).Root, (ulong)n - 1) * TFr.FromUInt64(2));
        Jacobian<TFp, TCurve> sum = default;
        foreach (Affine<TFp, TCurve> point in points)
        {
            sum += Times(point, weight);
            weight *= domain.RootInverse;
        }

        return sum.ToAffine();
    }

    private static string Inputs()
    {
        TFr a = TFr.FromUInt64(11), x = TFr.FromUInt64(3), y = TFr.FromUInt64(2);
        TFr product = (x + (y * TFr.FromUInt64(1_000_003))) * (a - y);
        string square = TFr.ToBigInteger(TFr.Square(product) * TFr.Inverse(TFr.FromUInt64(3))).ToString(CultureInfo.InvariantCulture);
        return $$"""{ "a": 11, "x": 3, "y": 2, "square": "{{square}}" }""";
    }

    private static Affine<TFp, TCurve> Times(in Affine<TFp, TCurve> point, in TFr scalar) => Forgery<TCurve, TFp, TFr>.Times(point, scalar);
}
