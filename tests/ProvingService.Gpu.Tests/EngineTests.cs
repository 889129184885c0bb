// Owns: tests of the GPU engine as provers meet it: right proofs, with much memory and with little. Failures: EngineFaultTests.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Gpu.Tests;

public sealed class Bls12381EngineTests : EngineLaws<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254EngineTests : EngineLaws<Bn254, Bn254Fp, Bn254Fr>;

[Trait("Kernels", "any")]
public abstract class EngineLaws<TCurve, TFp, TFr> : EngineBench<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    [OpenClFact]
    public void A_whole_proof_is_byte_for_byte_the_processors()
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(selfTest: true);
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        for (int i = 0; i < 2; i++)
        {
            int before = Faults.Launches;
            Assert.Equal(expected, EngineKeys<TCurve, TFp, TFr>.Prove(prover, EngineKeys<TCurve, TFp, TFr>.Witness()));
            Assert.True(Faults.Launches > before, "The device did nothing.");
        }

        Assert.Empty(Incidents);
        Assert.Equal(GpuDeviceState.Ready, engine.Devices[0].State);
    }

    [OpenClFact]
    public void Each_phase_begins_and_ends_once_on_a_device()
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.Open();
        GpuEngine engine = Engine();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        var timeline = new ProofTimeline();
        prover.Prove(EngineKeys<TCurve, TFp, TFr>.Witness(), timeline);
        Assert.Equal(Enum.GetValues<ProvingPhase>(), timeline.Spans.Select(span => span.Phase).Order());
        Assert.All(timeline.Spans, span => Assert.True(span.Begun <= span.Ended, span.ToString()));
        Assert.True(Faults.Launches > 0);
    }

    [OpenClFact]
    public void What_a_key_takes_of_a_device_is_known_before()
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.Open();
        GpuEngine engine = Engine();
        GpuKeyMemory estimate = Assert.Single(engine.EstimateKey(
            TCurve.Id, key.WireCount, key.PublicInputCount, key.DomainSize, key.Rows(false).Wires.Length + key.Rows(true).Wires.Length));
        Assert.Equal(0, Faults.Opened);
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        prover.Prove(EngineKeys<TCurve, TFp, TFr>.Witness());

        // The pool keeps what is given back, in lengths of its own.
        Assert.InRange(engine.Devices[0].MemoryHeld, estimate.ResidentBytes / 2, (2 * (estimate.ResidentBytes + estimate.PassingBytes)) + (1 << 20));
        using var small = new GpuEngine([.. engine.Devices.Select(device => device.Device)], new() { MemoryBudget = 4096, EvenIfSlower = true });
        Assert.Empty(small.EstimateKey(TCurve.Id, 1 << 20, 1, 1 << 20, 1 << 22));
    }

    [OpenClTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_smallest_keys_are_right(int products)
    {
        // Without a product there is no private wire, and H has as few points as may be.
        CompiledCircuit<TFr> circuit = CircuitCompiler.Compile<TFr>($"small {products}", b =>
        {
            Variable<TFr> x = b.PublicInput("x"), y = x;
            for (int i = 0; i < products; i++)
            {
                y *= x;
            }

            b.PublicOutput("y", y);
        });
        using var folder = new TemporaryFolder();
        InsecureSetup.Create<TCurve, TFp, TFr>(circuit.System, folder.File("small.zkey"));
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(folder.File("small.zkey"));
        TFr[] witness = circuit.CreateWitness(CircuitAssert.Inputs<TFr>(("x", TFr.FromUInt64(7))));
        GpuEngine engine = Engine(isCpu: false, budget: 1L << 30);
        string[] proofs = [.. new IMsmEngine[] { CpuEngine.Default, engine }.Select(msm =>
        {
            using var prover = new Prover<TCurve, TFp, TFr>(key, msm, (INttEngine)msm);
            return EngineKeys<TCurve, TFp, TFr>.Prove(prover, witness);
        })];
        Assert.Equal(proofs[0], proofs[1]);
        Assert.Empty(Incidents);
        Assert.True(Faults.Launches > 0);
    }

    [OpenClTheory]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    public void With_tables_of_multiples_made_once_and_where_they_pay_it_is_the_same_proof(bool isCpu, bool precompute, bool areMade)
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.OpenSmall();
        TFr[] witness = EngineKeys<TCurve, TFp, TFr>.Witness(EngineKeys<TCurve, TFp, TFr>.SmallCircuit);
        GpuEngine engine = Engine(new() { Tuning = ThreeLevels(7), Precompute = precompute }, isCpu: isCpu, budget: 1L << 30);
        using Prover<TCurve, TFp, TFr> prover = new(key, engine, engine), portable = new(key, CpuEngine.Default, CpuEngine.Default);
        string expected = EngineKeys<TCurve, TFp, TFr>.Prove(portable, witness);
        Assert.Equal(expected, EngineKeys<TCurve, TFp, TFr>.Prove(prover, witness));
        int made = Faults.Launched.GetValueOrDefault("msm_multiples");
        Assert.Equal(areMade, made > 0);
        Assert.Equal(expected, EngineKeys<TCurve, TFp, TFr>.Prove(prover, witness));
        Assert.Equal(made, Faults.Launched.GetValueOrDefault("msm_multiples"));
        Assert.Empty(Incidents);
    }

    [OpenClTheory]
    [InlineData(4000)]
    [InlineData(1800)]
    [InlineData(100)]
    public void With_less_memory_the_way_is_slower_and_the_proof_the_same(int kilobytes)
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(budget: kilobytes * 1024L);
        Assert.Equal(expected, EngineKeys<TCurve, TFp, TFr>.Prove(key, engine, engine));
        Assert.All(Incidents, incident => Assert.Equal(GpuFallback.OutOfMemory, incident.Reason));
        Assert.Equal(kilobytes <= 100, Incidents.Count > 0);
        Assert.NotEqual(GpuDeviceState.OutOfUse, engine.Devices[0].State);
        Assert.InRange(engine.Devices[0].MemoryHeld, 0, kilobytes * 1024L);
    }

    [OpenClTheory]
    [InlineData(2600)]
    [InlineData(0)]
    public void A_device_that_has_less_than_it_says_is_asked_for_less(int kilobytes)
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        Faults.Memory = kilobytes * 1024L;
        Assert.Equal(expected, EngineKeys<TCurve, TFp, TFr>.Prove(prover, EngineKeys<TCurve, TFp, TFr>.Witness()));
        Assert.True(Faults.Failed > 0);
        Assert.All(Incidents, incident => Assert.Equal(GpuFallback.OutOfMemory, incident.Reason));
        Assert.Equal(kilobytes == 0, Incidents.Count > 0);
    }
}
