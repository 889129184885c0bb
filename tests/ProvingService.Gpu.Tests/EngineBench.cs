// Owns: what tests of the engine share: an engine on a device with faults, and the proof that is expected.

using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Gpu.Tests;

/// <summary>An engine on the OpenCL device, behind a platform that fails as a test wants it.</summary>
[Collection(OpenClEngineCollection.Name)]
public abstract class EngineBench<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly List<IDisposable> open = [];

    private protected Faults Faults { get; } = new();

    private protected List<GpuIncident> Incidents { get; } = [];

    public void Dispose() => open.ForEach(value => value.Dispose());

    private protected static string Expected(ProvingKey<TCurve, TFp, TFr> key) =>
        EngineKeys<TCurve, TFp, TFr>.Prove(key, CpuEngine.Default, CpuEngine.Default);

    /// <summary>
    /// Tables of three levels for keys whose sizes are within a factor of four: a GPU would have dozens, for each of which
    /// every work-item inverts, which takes a processor seconds.
    /// </summary>
    private protected static GpuTuning ThreeLevels(int logSize) => new()
    {
        Msms = [.. new[] { 1, 2 }.Select(group => new TunedMsm(
            TunedFor.Msm(OpenClFixture.Device, new(TCurve.Id, group)), group, logSize, Levels: 3, Window: 8, Segment: 8, GpuMsmPlan.DefaultBlock, Seconds: 1))],
    };

    /// <summary>Without a self-test unless it is asked for: on a processor it takes longer than a proof.</summary>
    private protected GpuEngine Engine(
        GpuOptions? options = null, int devices = 1, bool evenIfSlower = true, bool? isCpu = null, long? budget = null, bool selfTest = false,
        params GpuDeviceInfo[] infos)
    {
        var platform = new FaultyPlatform(new OpenClPlatform(), Faults);
        GpuDeviceInfo device = OpenClFixture.Device;
        device = device with { IsCpu = isCpu ?? device.IsCpu };
        options ??= new();
        var engine = new GpuEngine(
            [.. (infos.Length > 0 ? infos : Enumerable.Repeat(device, devices)).Select(info => ((IGpuPlatform)platform, info))],
            options with
            {
                EvenIfSlower = evenIfSlower, MemoryBudget = budget, SelfTest = selfTest ? options.SelfTest : static (_, _) => { },
            });
        engine.Incident += incident =>
        {
            lock (Incidents)
            {
                Incidents.Add(incident);
            }
        };
        open.Add(engine);
        return engine;
    }
}
