// Owns: the OpenCL device that tests run on, and what they say where there is none.

using Xunit;

namespace ProvingService.Gpu.Tests;

/// <summary>A test that needs an OpenCL device; any will do.</summary>
public sealed class OpenClFactAttribute : FactAttribute
{
    public OpenClFactAttribute() => Skip = OpenClFixture.Missing;
}

/// <summary>A theory that needs an OpenCL device; any will do.</summary>
public sealed class OpenClTheoryAttribute : TheoryAttribute
{
    public OpenClTheoryAttribute() => Skip = OpenClFixture.Missing;
}

/// <summary>The tests that share one open device, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class OpenClCollection : ICollectionFixture<OpenClFixture>
{
    public const string Name = "OpenCL";
}

/// <summary>
/// Tests with devices of their own, beside those: a processor's driver compiles kernels, most of the time, on one core.
/// All tests of engines, since their meters count for the whole process.
/// </summary>
[CollectionDefinition(Name)]
public sealed class OpenClEngineCollection
{
    public const string Name = "OpenCL engines";
}

/// <summary>One open device for all tests of the collection. A GPU where there is one, else the processor (PoCL).</summary>
public sealed class OpenClFixture : IDisposable
{
    private static readonly OpenClPlatform Platform = new();

    private readonly Lazy<GpuSession> session = new(() => Open(1L << 30));

    /// <summary>Why tests cannot run; null where they can.</summary>
    public static string? Missing { get; } = Platform.Discover().Count == 0
        ? "There is no OpenCL device; Debian's packages pocl-opencl-icd and ocl-icd-libopencl1 make one of the processor."
        : null;

    /// <summary>The shared session.</summary>
    internal GpuSession Session => session.Value;

    /// <summary>The device that tests use.</summary>
    internal static GpuDeviceInfo Device => Platform.Discover().OrderBy(device => device.IsCpu).First();

    /// <summary>A session of a test's own, to be disposed by it.</summary>
    internal static GpuSession Open(long budget) => new(Platform.Open(Device), budget);

    public void Dispose()
    {
        if (session.IsValueCreated)
        {
            session.Value.Dispose();
        }
    }
}
