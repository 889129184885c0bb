// Owns: what proves in this process, and what became of the devices that a user wished for.

using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

/// <summary>The processor, or devices with the processor as their safety net.</summary>
internal sealed class ProvingEngine : IDisposable
{
    private readonly GpuEngine? devices;
    private readonly JsonArray incidents = [];

    private ProvingEngine(GpuEngine? devices, Output output)
    {
        this.devices = devices;
        if (devices is not null)
        {
            devices.Incident += incident =>
            {
                lock (incidents)
                {
                    incidents.Add(new JsonObject
                    {
                        ["device"] = incident.Device.Id,
                        ["reason"] = char.ToLowerInvariant(incident.Reason.ToString()[0]) + incident.Reason.ToString()[1..],
                        ["message"] = incident.Message,
                    });
                }

                output.Warn($"{incident.Device.Id} ({incident.Device.Name}): {incident.Message}; the work is done in another way.");
            };
        }
    }

    /// <summary>Sums.</summary>
    public IMsmEngine Msm => devices is null ? CpuEngine.Default : devices;

    /// <summary>Transforms.</summary>
    public INttEngine Ntt => devices is null ? CpuEngine.Default : devices;

    /// <summary>The devices that have worked so far, as users name them; <c>cpu</c> where none has, or none is left.</summary>
    public string Used
    {
        get
        {
            string[] used = devices is null
                ? []
                : [.. devices.Devices.Where(device => device.State == GpuDeviceState.Ready && device.Jobs > 0).Select(device => device.Device.Id)];
            return used.Length == 0 ? "cpu" : string.Join(',', used);
        }
    }

    /// <summary>What went wrong with devices, for scripts.</summary>
    public JsonArray Incidents
    {
        get
        {
            lock (incidents)
            {
                return (JsonArray)incidents.DeepClone();
            }
        }
    }

    /// <summary>The engine that a user wishes for.</summary>
    /// <param name="wish">As <see cref="DeviceOption"/> takes it.</param>
    /// <param name="manyProofs">Whether several proofs are made with a key, so that its points deserve tables of multiples.</param>
    /// <param name="output">Where failures of devices are told.</param>
    /// <exception cref="UsageException">There is no such device.</exception>
    public static ProvingEngine Open(string wish, bool manyProofs, Output output)
    {
        IReadOnlyList<GpuDeviceInfo> chosen = DeviceOption.Find(wish);
        return new(
            chosen.Count == 0 ? null : new GpuEngine(chosen, new() { EvenIfSlower = wish != "auto", Precompute = manyProofs, Tuning = DeviceOption.Tuning() }), output);
    }

    /// <inheritdoc/>
    public void Dispose() => devices?.Dispose();
}
