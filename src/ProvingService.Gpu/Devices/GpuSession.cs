// Owns: what a job finds on an open device: queues, programs, memory. Never: the thread it runs on (GpuDevice).

namespace ProvingService.Gpu;

/// <summary>
/// An open device with three queues, its compiled programs and its memory. One thread uses it, the device's own.
/// </summary>
internal sealed class GpuSession : IDisposable
{
    private readonly Dictionary<string, IGpuProgram> programs = [];

    /// <summary>Takes over a context.</summary>
    /// <param name="context">The open device; disposed with the session.</param>
    /// <param name="memoryBudget">The most bytes of device memory to hold.</param>
    public GpuSession(IGpuContext context, long memoryBudget)
    {
        Context = context;
        Memory = new(context, memoryBudget);
        Compute = context.CreateQueue();
        Upload = context.CreateQueue();
        Download = context.CreateQueue();
    }

    /// <summary>The open device.</summary>
    public IGpuContext Context { get; }

    /// <summary>Its memory.</summary>
    public GpuMemoryPool Memory { get; }

    /// <summary>Where kernels run.</summary>
    public IGpuQueue Compute { get; }

    /// <summary>For copies to the device beside the kernels.</summary>
    public IGpuQueue Upload { get; }

    /// <summary>For copies from the device beside the kernels.</summary>
    public IGpuQueue Download { get; }

    /// <summary>A program, compiled when first asked for.</summary>
    /// <exception cref="GpuBuildException">The compiler refuses.</exception>
    public IGpuProgram Program(KernelSource source)
    {
        if (!programs.TryGetValue(source.Hash, out IGpuProgram? program))
        {
            program = Context.Build(source);
            programs.Add(source.Hash, program);
        }

        return program;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IGpuProgram program in programs.Values)
        {
            program.Dispose();
        }

        Memory.Dispose();
        Download.Dispose();
        Upload.Dispose();
        Compute.Dispose();
        Context.Dispose();
    }
}
