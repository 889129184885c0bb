// Owns: what proves in a worker, and which engine a job's wish for a device means.

using System.Collections.Concurrent;
using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Service;

/// <summary>An engine as jobs may wish for it.</summary>
/// <param name="Id">The wish: <c>cpu</c>, <c>cuda:0</c>, or several separated by commas.</param>
/// <param name="Msm">Sums.</param>
/// <param name="Ntt">Transforms.</param>
/// <param name="Devices">What it runs on; the processor by itself where empty.</param>
internal sealed record EngineChoice(string Id, IMsmEngine Msm, INttEngine Ntt, IReadOnlyList<GpuDeviceInfo> Devices);

/// <summary>The engines of a worker. Safe for concurrent use.</summary>
internal sealed class EngineSet : IDisposable
{
    private readonly IReadOnlyList<GpuDeviceInfo> devices;
    private readonly GpuTuning tuning;
    private readonly Action<GpuIncident> incident;
    private readonly ConcurrentDictionary<string, Lazy<EngineChoice>> choices = new(StringComparer.Ordinal);

    /// <summary>Prepares; devices are opened when first needed.</summary>
    /// <param name="devices">The devices that may be used; none for the processor alone.</param>
    /// <param name="evenIfSlower">Whether they were asked for by name.</param>
    /// <param name="tuning">What tuning found out.</param>
    /// <param name="incident">Told of failures of devices.</param>
    public EngineSet(IReadOnlyList<GpuDeviceInfo> devices, bool evenIfSlower, GpuTuning tuning, Action<GpuIncident> incident)
    {
        this.devices = devices;
        this.tuning = tuning;
        this.incident = incident;
        Processor = new("cpu", CpuEngine.Default, CpuEngine.Default, []);
        Default = devices.Count == 0 ? Processor : Open(devices, evenIfSlower);
        Wishes = ["cpu", .. devices.Select(device => device.Id), .. devices.Where(device => device.Uuid is not null).Select(device => device.Uuid!)];
    }

    /// <summary>The processor by itself.</summary>
    public EngineChoice Processor { get; }

    /// <summary>What proves where nothing is wished for.</summary>
    public EngineChoice Default { get; }

    /// <summary>The wishes that can be met, besides none.</summary>
    public IReadOnlyCollection<string> Wishes { get; }

    /// <summary>The devices, as the engines know them; those not opened yet by their data alone.</summary>
    public IReadOnlyList<GpuDeviceStatus> Statuses => Default.Msm is GpuEngine engine ? engine.Devices : [];

    /// <summary>The engine for a wish that is among <see cref="Wishes"/>, or is empty or <c>auto</c>.</summary>
    public EngineChoice Choose(string wish)
    {
        if (wish is "" or "auto")
        {
            return Default;
        }

        if (wish == "cpu")
        {
            return Processor;
        }

        GpuDeviceInfo device = devices.First(d => d.Id == wish || d.Uuid == wish);
        return devices.Count == 1 ? Default : choices.GetOrAdd(device.Id, _ => new(() => Open([device], evenIfSlower: true))).Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Lazy<EngineChoice> choice in choices.Values)
        {
            if (choice.IsValueCreated)
            {
                (choice.Value.Msm as IDisposable)?.Dispose();
            }
        }

        if (Default != Processor)
        {
            (Default.Msm as IDisposable)?.Dispose();
        }
    }

    private EngineChoice Open(IReadOnlyList<GpuDeviceInfo> chosen, bool evenIfSlower)
    {
        var engine = new GpuEngine(chosen, new() { EvenIfSlower = evenIfSlower, Precompute = true, Tuning = tuning });
        engine.Incident += incident;
        return new(string.Join(',', chosen.Select(device => device.Id)), engine, engine, chosen);
    }
}
