// Owns: from a program's source to its kernels on a CUDA device: compiled here, taken from the cache, or shipped as PTX.

using System.Text;

namespace ProvingService.Gpu;

/// <summary>A module of the driver.</summary>
internal sealed unsafe class CudaProgram : IGpuProgram
{
    private const int LogBytes = 1 << 14;

    private readonly CudaContext context;
    private readonly nint module;
    private readonly Dictionary<string, CudaKernel> kernels = [];

    private CudaProgram(CudaContext context, nint module) => (this.context, this.module) = (context, module);

    /// <summary>Compiles a program; the context is the thread's current one.</summary>
    /// <exception cref="GpuBuildException">Nothing that was tried made a program that the driver takes.</exception>
    public static CudaProgram Build(CudaContext context, KernelSource source, ICudaCompiler? compiler, CubinCache? cache)
    {
        string log;
        string? target = compiler?.Target(context.Device.Architecture);
        if (target is null)
        {
            log = compiler is null ? "no NVRTC is installed" : $"{compiler.Identity} does not know {context.Device.Architecture}";
        }
        else
        {
            string key = CubinCache.Key(context.Device.DriverVersion, compiler!.Identity, target, source.Hash);
            if (cache?.TryRead(key) is { } kept)
            {
                if (TryLoad(context, kept, out _) is { } program)
                {
                    return program;
                }

                cache.Remove(key);
            }

            try
            {
                byte[] image = compiler.Compile(source, target);
                if (TryLoad(context, image, out log) is { } program)
                {
                    cache?.Write(key, image);
                    return program;
                }
            }
            catch (GpuBuildException failure)
            {
                log = failure.Log;
            }
        }

        if (ShippedPtx.TryRead(source) is not { } shipped)
        {
            throw new GpuBuildException(source.Name, $"{log}; and no PTX is shipped for these parameters");
        }

        return TryLoad(context, shipped, out string shippedLog)
            ?? throw new GpuBuildException(source.Name, $"{log}; of the shipped PTX the driver says: {shippedLog}");
    }

    /// <inheritdoc/>
    public IGpuKernel Kernel(string name)
    {
        if (!kernels.TryGetValue(name, out CudaKernel? kernel))
        {
            context.Enter();
            nint function;
            fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0'))
            {
                context.Check(context.Driver.ModuleGetFunction(out function, module, bytes), $"cuModuleGetFunction of {name}");
            }

            kernel = new(context, name, function);
            kernels.Add(name, kernel);
        }

        return kernel;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (context.TryEnter())
        {
            _ = context.Driver.ModuleUnload(module);
        }
    }

    /// <summary>Loads an image; null, and what the driver says, where it takes no such image.</summary>
    private static CudaProgram? TryLoad(CudaContext context, byte[] image, out string log)
    {
        int* options = stackalloc int[2] { Cuda.JitErrorLogBuffer, Cuda.JitErrorLogBufferSizeBytes };
        byte[] logBytes = new byte[LogBytes];
        fixed (byte* bytes = image, logFirst = logBytes)
        {
            // The second value is itself the length, not its address.
            void** values = stackalloc void*[2] { logFirst, (void*)LogBytes };
            int code = context.Driver.ModuleLoadDataEx(out nint module, bytes, 2, options, values);
            int length = logBytes.AsSpan().IndexOf((byte)0);
            log = $"{(code == 0 ? "" : context.Driver.ErrorName(code))} {Encoding.UTF8.GetString(logBytes, 0, length < 0 ? LogBytes : length)}".Trim();

            if (Cuda.IsOfImage(code))
            {
                return null;
            }

            context.Check(code, "cuModuleLoadDataEx");
            return new(context, module);
        }
    }
}

/// <summary>A kernel on a CUDA device.</summary>
internal sealed class CudaKernel : IGpuKernel
{
    /// <summary>Asks the driver for what it uses.</summary>
    public CudaKernel(CudaContext context, string name, nint function)
    {
        Name = name;
        Function = function;
        Resources = new(
            Attribute(Cuda.FunctionNumRegs),
            Attribute(Cuda.FunctionLocalSizeBytes),
            Attribute(Cuda.FunctionSharedSizeBytes),
            Attribute(Cuda.FunctionMaxThreadsPerBlock));

        int Attribute(int attribute)
        {
            context.Check(context.Driver.FuncGetAttribute(out int value, attribute, function), $"cuFuncGetAttribute of {name}");
            return value;
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>
    /// What the driver tells. Private memory is that of calls and indexed arrays as well as of spilled registers.
    /// </summary>
    public KernelResources Resources { get; }

    /// <summary>The driver's handle.</summary>
    public nint Function { get; }
}
