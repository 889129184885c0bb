// Owns: which devices this machine has, and which of them a user's words mean.

namespace ProvingService.Gpu;

/// <summary>The devices of this machine, found once.</summary>
public static class GpuDevices
{
    private static readonly Lazy<IReadOnlyList<IGpuPlatform>> Platforms = new(() => [new CudaPlatform(), new OpenClPlatform()]);

    private static readonly Lazy<IReadOnlyList<GpuDeviceInfo>> Found =
        new(() => [.. Platforms.Value.SelectMany(platform => platform.Discover())]);

    /// <summary>
    /// Every device through every API, those of CUDA first; a GPU of NVIDIA's appears under both APIs where both are
    /// installed. Empty where there is none.
    /// </summary>
    public static IReadOnlyList<GpuDeviceInfo> All => Found.Value;

    /// <summary>
    /// What is used where nobody says otherwise: each GPU once, through CUDA where that knows it. Never the host's own
    /// processor, for which OpenCL is a detour.
    /// </summary>
    public static IReadOnlyList<GpuDeviceInfo> Automatic => Choose(All);

    /// <summary>The devices that a user names.</summary>
    /// <param name="wish">
    /// <c>auto</c>; <c>cpu</c>, which means none; or names separated by commas: <c>cuda:N</c>, <c>opencl:N</c>, or a UUID
    /// as <c>zkps devices</c> shows it, of which the first eight digits will do.
    /// </param>
    /// <exception cref="FormatException">A name is not one of these, or there is no such device; the message says which there are.</exception>
    public static IReadOnlyList<GpuDeviceInfo> Select(string wish) => Select(wish, All);

    /// <summary>As <see cref="Select(string)"/>, from given devices.</summary>
    internal static IReadOnlyList<GpuDeviceInfo> Select(string wish, IReadOnlyList<GpuDeviceInfo> all)
    {
        switch (wish)
        {
            case "auto":
                return Choose(all);
            case "cpu":
                return [];
        }

        var chosen = new List<GpuDeviceInfo>();
        foreach (string name in wish.Split(',', StringSplitOptions.TrimEntries))
        {
            GpuDeviceInfo[] meant = [.. all.Where(device => IsMeant(device, name))];
            GpuDeviceInfo device = meant.Length > 0 ? meant[0] : throw new FormatException(
                IsName(name)
                    ? $"there is no device {name} on this machine; {Names(all)}"
                    : $"'{name}' is not a device; there are auto, cpu, cuda:N, opencl:N and UUIDs, and {Names(all)}");
            if (meant.Any(other => other.Uuid != device.Uuid))
            {
                throw new FormatException($"several devices have a UUID that begins with {name}; give more of it.");
            }

            if (chosen.Any(other => other.Id == device.Id || (device.Uuid is not null && other.Uuid == device.Uuid)))
            {
                throw new FormatException($"the device {name} is named twice.");
            }

            chosen.Add(device);
        }

        return chosen;
    }

    /// <summary>Who opens a device.</summary>
    internal static IGpuPlatform PlatformOf(GpuDeviceInfo device) => Platforms.Value.Single(platform => platform.Api == device.Api);

    private static List<GpuDeviceInfo> Choose(IReadOnlyList<GpuDeviceInfo> all)
    {
        List<GpuDeviceInfo> chosen = [.. all.Where(device => device.Api == GpuApi.Cuda)];
        bool hasCuda = chosen.Count > 0;
        chosen.AddRange(all.Where(device =>
            device.Api == GpuApi.OpenCl
            && !device.IsCpu
            && !(hasCuda && device.Vendor.Contains("NVIDIA", StringComparison.OrdinalIgnoreCase))
            && (device.Uuid is null || chosen.TrueForAll(other => other.Uuid != device.Uuid))));
        return chosen;
    }

    private static bool IsMeant(GpuDeviceInfo device, string name)
    {
        const int LeastDigits = 8;
        string uuid = name.StartsWith("GPU-", StringComparison.OrdinalIgnoreCase) ? name[4..] : name;
        return device.Id == name
            || (uuid.Length >= LeastDigits && device.Uuid?.StartsWith(uuid, StringComparison.OrdinalIgnoreCase) == true);
    }

    private static bool IsName(string name) =>
        name.Split(':') is ["cuda" or "opencl", { Length: > 0 } number] && number.All(char.IsAsciiDigit);

    private static string Names(IReadOnlyList<GpuDeviceInfo> all) =>
        all.Count == 0 ? "there is none but cpu." : $"there are {string.Join(", ", all.Select(device => device.Id))} and cpu.";
}
