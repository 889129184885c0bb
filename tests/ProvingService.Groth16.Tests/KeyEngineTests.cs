// Owns: what a prover does with an engine that keeps keys: uses it, does without it, and never lets its errors out.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bls12381KeyEngineTests : KeyEngineLaws<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254KeyEngineTests : KeyEngineLaws<Bn254, Bn254Fp, Bn254Fr>;

public abstract class KeyEngineLaws<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly PortableKeyEngine engine = new();

    [Fact]
    public void The_proof_is_that_of_the_processor_for_the_same_r_and_s()
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        Assert.Equal(Json(Prove(key, CpuEngine.Default, CpuEngine.Default)), Json(Prove(key, engine, engine)));
        Assert.Equal(1, engine.Computed);
        Assert.Empty(engine.Disowned);
    }

    [Fact]
    public void Coefficients_in_any_order_make_the_same_rows()
    {
        byte[] shuffled = KeyFile<TCurve, TFp, TFr>.Bytes;
        KeySpan section = KeySurgery.Find(shuffled, ZkeyFormat.CoefficientSection);
        int size = 12 + KeyFile<TCurve, TFp, TFr>.ScalarBytes, count = (section.Length - 4) / size;
        byte[][] entries = [.. Enumerable.Range(0, count).Select(i => shuffled.AsSpan(section.Offset + 4 + (i * size), size).ToArray())];
        for (int i = 0; i < count; i++)
        {
            entries[count - 1 - i].CopyTo(shuffled.AsSpan(section.Offset + 4 + (i * size)));
        }

        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(shuffled);
        Assert.False(key.AreCoefficientsOrdered);
        Assert.NotNull(Prove(key, engine, engine));
        Assert.Empty(engine.Disowned);
    }

    [Fact]
    public void The_key_stays_with_the_engine_until_the_prover_is_disposed()
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        using (var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine))
        {
            Assert.Equal(0, engine.Opened);
            prover.Prove(Witness());
            prover.Prove(Witness());
            Assert.Equal((1, 0, 2), (engine.Opened, engine.Closed, engine.Computed));
        }

        Assert.Equal(1, engine.Closed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_disposed_prover_finishes_what_it_began_and_begins_no_more(bool hasEngine)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        var prover = new Prover<TCurve, TFp, TFr>(key, hasEngine ? engine : CpuEngine.Default, hasEngine ? engine : CpuEngine.Default);
        var phases = new Phases { At = ProvingPhase.MsmA, Action = prover.Dispose };
        Assert.NotNull(prover.Prove(Witness(), phases));
        prover.Dispose();
        Assert.Throws<ObjectDisposedException>(() => prover.Prove(Witness()));
        Assert.Equal(hasEngine ? (1, 1) : (0, 0), (engine.Opened, engine.Closed));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void An_engine_that_cannot_is_done_without(bool takesKeys, bool computes)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        var reluctant = new PortableKeyEngine { TakesKeys = takesKeys, Computes = computes };
        Assert.NotNull(Prove(key, reluctant, reluctant));
        Assert.Equal(0, reluctant.Computed);
        Assert.Empty(reluctant.Disowned);
    }

    [Theory]
    [InlineData(KeyWork.A)]
    [InlineData(KeyWork.B1)]
    [InlineData(KeyWork.B2)]
    [InlineData(KeyWork.C)]
    [InlineData(KeyWork.H)]
    public void A_wrong_sum_is_made_again_and_disowned_and_the_proof_is_right(KeyWork lie)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        string right = Json(Prove(key, CpuEngine.Default, CpuEngine.Default));
        engine.Lie = lie;
        Assert.Equal(right, Json(Prove(key, engine, engine)));
        Assert.Equal([lie], engine.Disowned);
    }

    [Fact]
    public void A_false_witness_is_not_the_engines_fault()
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        TFr[] witness = Witness();
        witness[^1] += TFr.One;
        Assert.Throws<UnsatisfiedKeyException>(() => prover.Prove(witness));
        Assert.Empty(engine.Disowned);
    }

    [Fact]
    public void Where_no_proof_is_right_nobody_is_blamed()
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        TFr[] witness = Witness();
        witness[^1] += TFr.One;
        engine.Lie = KeyWork.A;
        Assert.Throws<UnsatisfiedKeyException>(() => prover.Prove(witness));
        Assert.Empty(engine.Disowned);
    }

    [Fact]
    public void Cancellation_is_not_answered_by_another_engine()
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        Assert.Throws<OperationCanceledException>(() => prover.Prove(Witness(), options: new(CancellationToken: new(true))));
    }

    [Fact]
    public void Every_phase_is_reported()
    {
        var phases = new Phases();
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        prover.Prove(Witness(), phases);
        Assert.Equal(Enum.GetValues<ProvingPhase>(), phases.Seen.Where(change => !change.HasEnded).Select(change => change.Phase).Order());
        Assert.Equal(Enum.GetValues<ProvingPhase>(), phases.Seen.Where(change => change.HasEnded).Select(change => change.Phase).Order());
    }

    private static ProvingKey<TCurve, TFp, TFr> Open() => KeyFile<TCurve, TFp, TFr>.Open(KeyFile<TCurve, TFp, TFr>.Bytes);

    private static TFr[] Witness() => KeyFile<TCurve, TFp, TFr>.Witness();

    private static Proof<TCurve, TFp> Prove(ProvingKey<TCurve, TFp, TFr> key, IMsmEngine msm, INttEngine ntt)
    {
        using var prover = new Prover<TCurve, TFp, TFr>(key, msm, ntt);
        using SecretScalars<TFr> blinding = SecretScalars<TFr>.FromKnownInsecure(TFr.FromUInt64(0x5EED), TFr.FromUInt64(0xF00D));
        return prover.TryProve(Witness(), blinding, new PhaseReporter(null), default)!;
    }

    private static string Json(Proof<TCurve, TFp> proof) => ProofJson.ToJson(proof);

    private sealed class Phases : IProgress<PhaseChange>
    {
        public List<PhaseChange> Seen { get; } = [];

        public ProvingPhase? At { get; init; }

        public Action? Action { get; init; }

        public void Report(PhaseChange value)
        {
            lock (Seen)
            {
                Seen.Add(value);
                if (value.Phase == At)
                {
                    Action?.Invoke();
                }
            }
        }
    }
}
