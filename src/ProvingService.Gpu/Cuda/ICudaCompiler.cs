// Owns: what a compiler of CUDA programs on this machine owes.

namespace ProvingService.Gpu;

/// <summary>A compiler of CUDA C++, found on this machine.</summary>
internal interface ICudaCompiler
{
    /// <summary>Its name, version and options: what it makes of a source and a target depends on nothing else.</summary>
    string Identity { get; }

    /// <summary>
    /// What to compile for, given a device's architecture such as <c>sm_90</c>: the same (machine code), or the nearest
    /// older virtual one such as <c>compute_80</c> (PTX) where this compiler does not know the device; null where it knows
    /// none that runs there.
    /// </summary>
    string? Target(string architecture);

    /// <summary>Compiles a program into what the driver loads: machine code, or PTX that ends in a zero byte.</summary>
    /// <exception cref="GpuBuildException">The compiler refuses.</exception>
    byte[] Compile(KernelSource source, string target);
}
