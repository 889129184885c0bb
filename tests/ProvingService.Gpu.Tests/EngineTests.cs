// Owns: tests of the GPU engine as provers meet it: right proofs, and right proofs when devices fail.

using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
public sealed class Bls12381EngineTests : EngineLaws<Bls12381, Bls12381Fp, Bls12381Fr>;

[Collection(OpenClCollection.Name)]
public sealed class Bn254EngineTests : EngineLaws<Bn254, Bn254Fp, Bn254Fr>;

[Trait("Kernels", "any")]
public abstract class EngineLaws<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly Faults faults = new();
    private readonly List<GpuIncident> incidents = [];
    private readonly List<IDisposable> open = [];

    public void Dispose() => open.ForEach(value => value.Dispose());

    [OpenClFact]
    public void A_whole_proof_is_byte_for_byte_the_processors()
    {
        using ProvingKey<TCurve, TFp, TFr> key = EngineKeys<TCurve, TFp, TFr>.Open();
        string expected = EngineKeys<TCurve, TFp, TFr>.Prove(key, CpuEngine.Default, CpuEngine.Default);
        GpuEngine engine = Engine();
        using var prover = new Prover<TCurve, TFp, TFr>(key, engine, engine);
        for (int i = 0; i < 2; i++)
        {
            int before = faults.Launches;
            Assert.Equal(expected, EngineKeys<TCurve, TFp, TFr>.Prove(prover, EngineKeys<TCurve, TFp, TFr>.Witness()));
            Assert.True(faults.Launches > before, "The device did nothing.");
        }

        Assert.Empty(incidents);
        Assert.Equal(GpuDeviceState.Ready, engine.Devices[0].State);
    }

    private GpuEngine Engine(GpuOptions? options = null, int devices = 1)
    {
        var platform = new FaultyPlatform(new OpenClPlatform(), faults);
        GpuDeviceInfo device = OpenClFixture.Device;
        var engine = new GpuEngine(
            [.. Enumerable.Range(0, devices).Select(_ => ((IGpuPlatform)platform, device))],
            (options ?? new()) with { EvenIfSlower = true });
        engine.Incident += incident =>
        {
            lock (incidents)
            {
                incidents.Add(incident);
            }
        };
        open.Add(engine);
        return engine;
    }
}
