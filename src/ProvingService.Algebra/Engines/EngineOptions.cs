// Owns: what a caller may say about how an engine runs. Never: what it computes.

namespace ProvingService.Algebra;

/// <summary>How an engine may use the machine. The default value means all cores and no cancellation.</summary>
/// <param name="MaxThreads">The most threads to use at once; zero or less means one a core.</param>
/// <param name="CancellationToken">
/// Observed every few milliseconds of work. A cancelled call throws <see cref="OperationCanceledException"/> and leaves
/// in-place operands in an unspecified state.
/// </param>
public readonly record struct EngineOptions(int MaxThreads = 0, CancellationToken CancellationToken = default)
{
    /// <summary>The number of threads that <see cref="MaxThreads"/> stands for on this machine; at least 1.</summary>
    internal int Threads => MaxThreads > 0 ? MaxThreads : Environment.ProcessorCount;
}
