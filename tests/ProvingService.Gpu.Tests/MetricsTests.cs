// Owns: tests of what monitoring learns of devices.

using System.Diagnostics.Metrics;
using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class MetricsTests : EngineBench<Bn254, Bn254Fp, Bn254Fr>
{
    [OpenClFact]
    public void Work_memory_and_fallbacks_are_told_by_device()
    {
        var sums = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == GpuMetrics.MeterName)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.Start();

        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = EngineKeys<Bn254, Bn254Fp, Bn254Fr>.Open();
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        EngineKeys<Bn254, Bn254Fp, Bn254Fr>.Prove(prover, EngineKeys<Bn254, Bn254Fp, Bn254Fr>.Witness());
        listener.RecordObservableInstruments();
        Assert.Equal((1, 1), (sums["gpu.jobs"], sums["gpu.ready"]));
        Assert.True(sums["gpu.busy"] > 0);
        Assert.InRange(sums["gpu.memory.held"], 1, sums["gpu.memory.budget"]);
        Assert.False(sums.ContainsKey("gpu.fallbacks failure"));

        sums.Clear();
        Faults.BrokenKernel = "msm_count";
        EngineKeys<Bn254, Bn254Fp, Bn254Fr>.Prove(prover, EngineKeys<Bn254, Bn254Fp, Bn254Fr>.Witness());
        listener.RecordObservableInstruments();
        Assert.Equal((1, 0, 0), (sums["gpu.fallbacks failure"], sums["gpu.ready"], sums["gpu.memory.held"]));
        Assert.False(sums.ContainsKey("gpu.jobs"));

        void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Assert.Equal("device", tags[0].Key);
            Assert.Equal(OpenClFixture.Device.Id, tags[0].Value);
            string key = tags.Length > 1 ? $"{name} {tags[1].Value}" : name;
            lock (sums)
            {
                sums[key] = sums.GetValueOrDefault(key) + value;
            }
        }
    }
}
