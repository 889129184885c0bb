// Owns: tests of which devices a user's words mean.

using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class DeviceSelectionTests
{
    private const string First = "11111111-2222-3333-4444-555555555555", Second = "11111111-2222-3333-4444-666666666666";

    private static readonly GpuDeviceInfo[] Machine =
    [
        Device(GpuApi.Cuda, 0, "NVIDIA", First),
        Device(GpuApi.Cuda, 1, "NVIDIA", Second),
        Device(GpuApi.OpenCl, 0, "The pocl project", isCpu: true),
        Device(GpuApi.OpenCl, 1, "NVIDIA Corporation", First),
        Device(GpuApi.OpenCl, 2, "Advanced Micro Devices, Inc.", "99999999-0000-0000-0000-000000000000"),
    ];

    [Theory]
    [InlineData("auto", "cuda:0 cuda:1 opencl:2")]
    [InlineData("cpu", "")]
    [InlineData("cuda:1", "cuda:1")]
    [InlineData("opencl:0", "opencl:0")]
    [InlineData("opencl:2,cuda:0", "opencl:2 cuda:0")]
    [InlineData(Second, "cuda:1")]
    [InlineData("GPU-" + First, "cuda:0")]
    [InlineData("99999999, cuda:1", "opencl:2 cuda:1")]
    public void Names_mean_devices(string wish, string expected) =>
        Assert.Equal(expected, string.Join(' ', GpuDevices.Select(wish, Machine).Select(device => device.Id)));

    [Theory]
    [InlineData("cuda:2", "no device cuda:2")]
    [InlineData("opencl:17", "no device opencl:17")]
    [InlineData("gpu", "'gpu' is not a device")]
    [InlineData("", "'' is not a device")]
    [InlineData("cuda:0,", "'' is not a device")]
    [InlineData("cuda:-1", "'cuda:-1' is not a device")]
    [InlineData("cuda:0,cuda:0", "named twice")]
    [InlineData("cuda:0,opencl:1", "named twice")]
    [InlineData("9999999", "is not a device")]
    [InlineData("11111111", "several devices")]
    public void Other_words_are_refused_and_say_what_there_is(string wish, string word) =>
        Assert.Contains(word, Assert.Throws<FormatException>(() => GpuDevices.Select(wish, Machine)).Message, StringComparison.Ordinal);

    [Fact]
    public void Refusals_list_the_devices()
    {
        Assert.Contains("opencl:2", Assert.Throws<FormatException>(() => GpuDevices.Select("cuda:5", Machine)).Message, StringComparison.Ordinal);
        Assert.Contains("none but cpu", Assert.Throws<FormatException>(() => GpuDevices.Select("cuda:0", [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_cuda_a_GPU_of_NVIDIAs_is_used_through_OpenCL() =>
        Assert.Equal(["opencl:1", "opencl:2"], GpuDevices.Select("auto", Machine[2..]).Select(device => device.Id));

    [Fact]
    public void A_machine_without_devices_has_none_automatically() => Assert.Empty(GpuDevices.Select("auto", []));

    private static GpuDeviceInfo Device(GpuApi api, int index, string vendor, string? uuid = null, bool isCpu = false) => new()
    {
        Api = api, Index = index, Name = "", Vendor = vendor, DriverVersion = "", Uuid = uuid, MemoryBytes = 1,
        MaxAllocationBytes = 1, ComputeUnits = 1, MaxGroupSize = 1, LocalMemoryBytes = 1, IsCpu = isCpu,
    };
}
