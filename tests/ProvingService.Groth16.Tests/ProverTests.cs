// Owns: whole proofs on both curves: true ones are made and verified, false ones are not. Element by element: ToyKeyTests.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bls12381ProverTests(ProverFixture<Bls12381, Bls12381Fp, Bls12381Fr> fixture)
    : ProverLaws<Bls12381, Bls12381Fp, Bls12381Fr>(fixture), IClassFixture<ProverFixture<Bls12381, Bls12381Fp, Bls12381Fr>>;

public sealed class Bn254ProverTests(ProverFixture<Bn254, Bn254Fp, Bn254Fr> fixture)
    : ProverLaws<Bn254, Bn254Fp, Bn254Fr>(fixture), IClassFixture<ProverFixture<Bn254, Bn254Fp, Bn254Fr>>;

/// <summary>A circuit with two public values, its key and a prover.</summary>
public sealed class ProverFixture<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly TemporaryFolder folder = new();

    public ProverFixture()
    {
        Circuit = CircuitCompiler.Compile<TFr>(new RangedProduct());
        InsecureSetup.Create<TCurve, TFp, TFr>(Circuit.System, folder.File("key.zkey"));
        Key = ProvingKey<TCurve, TFp, TFr>.Open(folder.File("key.zkey"));
        Verifier = new(Key.VerifyingKey);
    }

    public CompiledCircuit<TFr> Circuit { get; }

    public ProvingKey<TCurve, TFp, TFr> Key { get; }

    public Verifier<TCurve, TFp, TFr> Verifier { get; }

    public Prover<TCurve, TFp, TFr> Prover(bool withCircuit = false) =>
        new(Key, CpuEngine.Default, CpuEngine.Default, withCircuit ? Circuit.System : null);

    public TFr[] Witness(ulong a = 3, ulong b = 5) => Circuit.CreateWitness(
        new CircuitInputs<TFr>().Set("a", TFr.FromUInt64(a)).Set("b", TFr.FromUInt64(b)));

    public Claim<TCurve, TFp, TFr> Claim(ulong a)
    {
        TFr[] witness = Witness(a);
        return new(Prover().Prove(witness), Circuit.PublicValues(witness).ToArray());
    }

    public void Dispose()
    {
        Key.Dispose();
        folder.Dispose();
    }

    /// <summary>"I know a of 16 bits with a·b = product and a ≠ 0", b and product public.</summary>
    private sealed class RangedProduct : ICircuit
    {
        public string Name => "ranged-product";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> b = builder.PublicInput("b");
            Variable<TF> a = builder.PrivateInput("a");
            builder.AssertInRange(a, 16);
            builder.AssertNonZero(a);
            builder.PublicOutput("product", a * b);
        }
    }
}

public abstract class ProverLaws<TCurve, TFp, TFr>(ProverFixture<TCurve, TFp, TFr> fixture)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private TFr[] Statement => fixture.Circuit.PublicValues(fixture.Witness()).ToArray();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_true_statement_is_proved_and_verified(bool withCircuit)
    {
        Proof<TCurve, TFp> proof = fixture.Prover(withCircuit).Prove(fixture.Witness());
        Assert.True(fixture.Verifier.Verify(proof, Statement));
        Assert.Equal([TFr.FromUInt64(15), TFr.FromUInt64(5)], Statement);
    }

    [Fact]
    public void Two_proofs_of_one_statement_differ_in_every_point()
    {
        Proof<TCurve, TFp> first = fixture.Prover().Prove(fixture.Witness()), second = fixture.Prover().Prove(fixture.Witness());
        Assert.NotEqual(first.A, second.A);
        Assert.NotEqual(first.B, second.B);
        Assert.NotEqual(first.C, second.C);
    }

    [Fact]
    public void Every_other_statement_is_refused()
    {
        Proof<TCurve, TFp> proof = fixture.Prover().Prove(fixture.Witness());
        for (int i = 0; i < 2; i++)
        {
            TFr[] other = Statement;
            other[i] += TFr.One;
            Assert.False(fixture.Verifier.Verify(proof, other));
        }

        Assert.False(fixture.Verifier.Verify(proof, [Statement[1], Statement[0]]));
    }

    [Fact]
    public void Every_altered_proof_is_refused()
    {
        Proof<TCurve, TFp> p = fixture.Prover().Prove(fixture.Witness()), q = fixture.Prover().Prove(fixture.Witness());
        Refused(-p.A, p.B, p.C);
        Refused(p.A, -p.B, p.C);
        Refused(p.A, p.B, -p.C);
        Refused(q.A, p.B, p.C);
        Refused(p.A, q.B, p.C);
        Refused(p.A, p.B, q.C);
        Refused(default, p.B, p.C);
        Refused(p.A, default, p.C);
        Refused(p.A, p.B, default);
        Refused(default, default, default);

        void Refused(in Affine<TFp, TCurve> a, in Affine<Fp2<TFp>, TCurve> b, in Affine<TFp, TCurve> c)
        {
            Assert.True(Proof<TCurve, TFp>.TryCreate(a, b, c, out Proof<TCurve, TFp>? altered, out _));
            Assert.False(fixture.Verifier.Verify(altered, Statement));
        }
    }

    /// <summary>(−A, −B, C) satisfies the equation too: proofs are malleable, and identity must not hang on their bytes.</summary>
    [Fact]
    public void A_proof_can_be_rerandomised()
    {
        Proof<TCurve, TFp> p = fixture.Prover().Prove(fixture.Witness());
        Assert.True(Proof<TCurve, TFp>.TryCreate(-p.A, -p.B, p.C, out Proof<TCurve, TFp>? other, out _));
        Assert.True(fixture.Verifier.Verify(other, Statement));
    }

    [Fact]
    public void A_witness_moved_at_any_wire_yields_no_proof()
    {
        TFr[] witness = fixture.Witness();
        Prover<TCurve, TFp, TFr> prover = fixture.Prover(), careful = fixture.Prover(withCircuit: true);
        for (int wire = 1; wire < witness.Length; wire++)
        {
            TFr[] moved = [.. witness];
            moved[wire] += TFr.One;
            Assert.Throws<UnsatisfiedKeyException>(() => prover.Prove(moved));
            Assert.Throws<UnsatisfiedConstraintException>(() => careful.Prove(moved));
        }
    }

    [Fact]
    public void A_witness_of_another_circuit_is_a_mistake()
    {
        TFr[] witness = fixture.Witness();
        Assert.Contains("another circuit", Assert.Throws<ArgumentException>(() => fixture.Prover().Prove(witness.AsSpan(1))).Message, StringComparison.Ordinal);
        witness[0] = TFr.Zero;
        Assert.Throws<ArgumentException>(() => fixture.Prover().Prove(witness));
    }

    [Fact]
    public void A_wrong_number_of_public_inputs_is_a_mistake_and_not_a_verdict()
    {
        Proof<TCurve, TFp> proof = fixture.Prover().Prove(fixture.Witness());
        Assert.Throws<ArgumentException>(() => fixture.Verifier.Verify(proof, Statement.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => fixture.Verifier.Verify(proof, [.. Statement, TFr.Zero]));
    }

    [Fact]
    public void Proofs_can_be_made_side_by_side()
    {
        Prover<TCurve, TFp, TFr> prover = fixture.Prover();
        Parallel.For(0, 6, i =>
        {
            TFr[] witness = fixture.Witness((ulong)i + 1);
            Assert.True(fixture.Verifier.Verify(prover.Prove(witness, null, new EngineOptions(MaxThreads: 1 + (i & 1))), fixture.Circuit.PublicValues(witness)));
        });
    }

    [Fact]
    public void Cancelled_work_ends_with_the_usual_exception()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            fixture.Prover().Prove(fixture.Witness(), null, new EngineOptions(0, source.Token)));
    }

    [Fact]
    public void A_batch_of_true_claims_passes_and_false_ones_are_found_wherever_they_stand()
    {
        Claim<TCurve, TFp, TFr>[] claims = [.. Enumerable.Range(1, 5).Select(i => fixture.Claim((ulong)i))];
        var batch = new BatchVerifier<TCurve, TFp, TFr>(fixture.Verifier, CpuEngine.Default);
        Assert.True(batch.VerifyAll(claims));
        Assert.True(batch.VerifyAll(claims, new(1)));
        Assert.True(batch.VerifyAll([]));
        Assert.ThrowsAny<OperationCanceledException>(() => batch.VerifyAll(claims, new(1, new(canceled: true))));
        Assert.Empty(batch.FindFalse(claims));
        for (int i = 0; i < claims.Length; i++)
        {
            Claim<TCurve, TFp, TFr>[] withFalse = [.. claims];
            withFalse[i] = claims[i] with { Proof = claims[(i + 1) % claims.Length].Proof };
            Assert.False(batch.VerifyAll(withFalse));
            Assert.Equal([i], batch.FindFalse(withFalse));
        }
    }

    /// <summary>
    /// Two false proofs made so that they cancel under equal coefficients: C₁ + D and C₂ − D. The random coefficients
    /// must tell them apart.
    /// </summary>
    [Fact]
    public void False_proofs_that_cancel_under_equal_coefficients_are_found()
    {
        Claim<TCurve, TFp, TFr> first = fixture.Claim(7), second = fixture.Claim(8);
        Jacobian<TFp, TCurve> d = Affine<TFp, TCurve>.Generator;
        Claim<TCurve, TFp, TFr>[] claims = [WithC(first, first.Proof.C + d), WithC(second, second.Proof.C + -d), fixture.Claim(9)];
        var batch = new BatchVerifier<TCurve, TFp, TFr>(fixture.Verifier, CpuEngine.Default);
        Assert.False(batch.VerifyAll(claims));
        Assert.Equal([0, 1], batch.FindFalse(claims));

        static Claim<TCurve, TFp, TFr> WithC(Claim<TCurve, TFp, TFr> claim, Jacobian<TFp, TCurve> c)
        {
            Assert.True(Proof<TCurve, TFp>.TryCreate(claim.Proof.A, claim.Proof.B, c.ToAffine(), out Proof<TCurve, TFp>? proof, out _));
            return claim with { Proof = proof };
        }
    }

    [Fact]
    public void A_batch_with_a_wrong_number_of_public_inputs_is_a_mistake()
    {
        Claim<TCurve, TFp, TFr> claim = fixture.Claim(2);
        var batch = new BatchVerifier<TCurve, TFp, TFr>(fixture.Verifier, CpuEngine.Default);
        Assert.Throws<ArgumentException>(() => batch.VerifyAll([claim, claim with { PublicInputs = claim.PublicInputs[..1] }]));
    }
}
