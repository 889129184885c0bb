// Owns: an open CUDA device that is the PTX interpreter, for one test.

using Xunit;

namespace ProvingService.Gpu.Tests;

/// <summary>
/// A session on the interpreter. Programs are compiled by clang, or, where a test wants what is shipped, come from there.
/// What a test does not give back fails it.
/// </summary>
internal sealed class PtxDevice : IDisposable
{
    public PtxDevice(bool shippedOnly = false)
    {
        Platform = new(Driver, new(() => shippedOnly ? null : new CudaClang()), cache: null);
        Session = new(Platform.Open(Assert.Single(Platform.Discover())), 1L << 30);
    }

    public PtxDriver Driver { get; } = new();

    public CudaPlatform Platform { get; }

    public GpuSession Session { get; }

    public void Dispose()
    {
        Session.Dispose();
        (int handles, long bytes) = Driver.Held;
        Driver.Dispose();
        Assert.True(handles == 0 && bytes == 0, $"{handles} handles and {bytes} bytes of device memory were not given back.");
    }
}
