// Owns: the ways in which a device fails. Which of them mean what: GpuDevice.

namespace ProvingService.Gpu;

/// <summary>A device or its driver failed.</summary>
/// <param name="message">Which call, which code, on which device.</param>
/// <param name="inner">What the failure came from, if from something else.</param>
public class GpuException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The device's memory, or the budget for it, does not hold what was asked for.</summary>
/// <param name="message">How much was asked for and how much there is.</param>
public sealed class GpuOutOfMemoryException(string message) : GpuException(message);

/// <summary>A driver's compiler refused a program.</summary>
/// <param name="program">The program.</param>
/// <param name="log">What the compiler said.</param>
public sealed class GpuBuildException(string program, string log) : GpuException($"the program {program} does not build: {log}")
{
    /// <summary>The program.</summary>
    public string Program { get; } = program;

    /// <summary>What the compiler said.</summary>
    public string Log { get; } = log;
}
