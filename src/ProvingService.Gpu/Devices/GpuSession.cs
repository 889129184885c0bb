// Owns: what a job finds on an open device: queue, programs, memory. Never: the thread it runs on (GpuDevice).

namespace ProvingService.Gpu;

/// <summary>
/// An open device with a queue for its kernels, two for copies beside them, its compiled programs and its memory. One thread
/// uses it, the device's own.
/// </summary>
internal sealed class GpuSession : IDisposable
{
    private readonly Dictionary<string, IGpuProgram> programs = [];
    private readonly Dictionary<object, IDisposable> kept = [];
    private GpuStaging? staging;

    /// <summary>Takes over a context.</summary>
    /// <param name="context">The open device; disposed with the session, or where there is none because of an exception.</param>
    /// <param name="memoryBudget">The most bytes of device memory to hold.</param>
    public GpuSession(IGpuContext context, long memoryBudget)
    {
        Context = context;
        Memory = new(context, memoryBudget);
        try
        {
            Compute = context.CreateQueue();
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>The open device.</summary>
    public IGpuContext Context { get; }

    /// <summary>Its memory.</summary>
    public GpuMemoryPool Memory { get; }

    /// <summary>Where kernels run.</summary>
    public IGpuQueue Compute { get; }

    /// <summary>The way of host memory to and from the device, in queues of its own.</summary>
    public GpuStaging Staging => staging ??= new(Context, Compute);

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

    /// <summary>Something that is made once for all jobs, such as the tables of a domain; disposed with the session.</summary>
    public T Keep<T>(object key, Func<T> make)
        where T : IDisposable
    {
        if (!kept.TryGetValue(key, out IDisposable? value))
        {
            kept.Add(key, value = make());
        }

        return (T)value;
    }

    /// <summary>Gives up what is kept and every allocation that no job has: room for a job that found none.</summary>
    public void Trim()
    {
        foreach (IDisposable value in kept.Values)
        {
            value.Dispose();
        }

        kept.Clear();
        Memory.Trim();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Trim();
        foreach (IGpuProgram program in programs.Values)
        {
            program.Dispose();
        }

        Memory.Dispose();
        staging?.Dispose();
        Compute.Dispose();
        Context.Dispose();
    }
}
