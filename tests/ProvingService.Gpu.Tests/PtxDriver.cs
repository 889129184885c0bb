// Owns: a CUDA driver whose device is the PTX interpreter, for running the CUDA host and the shipped programs without a GPU.

using System.Runtime.InteropServices;
using System.Text;

namespace ProvingService.Gpu.Tests;

/// <summary>
/// A driver with one device. Work is done when it is asked for; handles that are not valid, ranges outside of an allocation
/// and things not given back are found. Failures are injected by <see cref="Fail"/>.
/// </summary>
internal sealed unsafe class PtxDriver : ICudaDriver, IDisposable
{
    private const int InvalidValue = 1, InvalidImage = 200, InvalidPtx = 218, InvalidHandle = 400, NotFound = 500, InvalidContext = 201;

    private readonly PtxMemory memory = new();
    private readonly Dictionary<nint, object> handles = [];
    private readonly HashSet<nint> pinned = [];
    private nint lastHandle = 1000;
    private nint current;

    /// <summary>The compute capability that the device says it has.</summary>
    public int Capability { get; init; } = 90;

    /// <summary>Bytes of device memory.</summary>
    public long MemoryBytes { get; init; } = 1L << 32;

    /// <summary>Asked before each call, by its name: the code to fail with, or 0.</summary>
    public Func<string, int> Fail { get; set; } = _ => 0;

    /// <summary>What was made and not given back: contexts, modules, streams, events, host memory; and bytes of device memory.</summary>
    public (int Handles, long Bytes) Held => (handles.Values.Count(thing => thing is not PtxFunction) + pinned.Count, memory.HeldBytes);

    public void Dispose()
    {
        memory.Dispose();
        foreach (nint pointer in pinned)
        {
            NativeMemory.Free((void*)pointer);
        }
    }

    public int Init() => Fail("Init");

    /// <summary>What it says of its version.</summary>
    public int Version { get; set; } = 12040;

    public int DriverGetVersion(out int version)
    {
        version = Version;
        return 0;
    }

    public int DeviceGetCount(out int count)
    {
        count = 1;
        return 0;
    }

    public int DeviceGet(out int device, int ordinal)
    {
        device = 7;
        return ordinal == 0 ? 0 : InvalidValue;
    }

    public int DeviceGetName(byte* name, int length, int device)
    {
        Encoding.UTF8.GetBytes("PTX interpreter\0").CopyTo(new Span<byte>(name, length));
        return device == 7 ? 0 : InvalidValue;
    }

    public int DeviceGetUuid(byte* uuid, int device)
    {
        for (int i = 0; i < 16; i++)
        {
            uuid[i] = (byte)(0x10 + i);
        }

        return 0;
    }

    public int DeviceTotalMem(out nuint bytes, int device)
    {
        bytes = (nuint)MemoryBytes;
        return 0;
    }

    public int DeviceGetAttribute(out int value, int attribute, int device)
    {
        value = attribute switch
        {
            Cuda.AttributeMaxThreadsPerBlock => 1024,
            Cuda.AttributeMaxSharedMemoryPerBlock => 48 << 10,
            Cuda.AttributeMultiprocessorCount => 2,
            Cuda.AttributeComputeMode => 0,
            Cuda.AttributeComputeCapabilityMajor => Capability / 10,
            Cuda.AttributeComputeCapabilityMinor => Capability % 10,
            _ => -1,
        };
        return value < 0 ? InvalidValue : 0;
    }

    public int CtxCreate(out nint context, uint flags, int device)
    {
        int code = Fail("CtxCreate");
        context = current = code == 0 ? Add(new Context()) : 0;
        return code;
    }

    public int CtxSetCurrent(nint context)
    {
        current = context;
        return Is<Context>(context) ? 0 : InvalidContext;
    }

    public int CtxDestroy(nint context) => Remove<Context>(context);

    public int ModuleLoadDataEx(out nint module, void* image, uint count, int* options, void** values)
    {
        module = 0;
        int code = Enter("ModuleLoadDataEx");
        if (code != 0)
        {
            return code;
        }

        string text = Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)image));
        if (!text.Contains(".version", StringComparison.Ordinal))
        {
            return InvalidImage;
        }

        try
        {
            module = Add(new PtxModule(text, memory));
            return 0;
        }
        catch (PtxException failure)
        {
            var log = new Span<byte>(values[0], (int)values[1]);
            Encoding.ASCII.GetBytes(failure.Message + '\0').CopyTo(log);
            return options[0] == Cuda.JitErrorLogBuffer && options[1] == Cuda.JitErrorLogBufferSizeBytes ? InvalidPtx : InvalidValue;
        }
    }

    public int ModuleUnload(nint module) => Remove<PtxModule>(module);

    public int ModuleGetFunction(out nint function, nint module, byte* name)
    {
        function = 0;
        if (!Is<PtxModule>(module))
        {
            return InvalidHandle;
        }

        string wanted = Marshal.PtrToStringUTF8((nint)name)!;
        PtxFunction? kernel = ((PtxModule)handles[module]).Kernels.FirstOrDefault(kernel => kernel.Name == wanted);
        function = kernel is null ? 0 : Add(kernel);
        return kernel is null ? NotFound : 0;
    }

    public int FuncGetAttribute(out int value, int attribute, nint function)
    {
        value = 0;
        if (!Is<PtxFunction>(function))
        {
            return InvalidHandle;
        }

        var kernel = (PtxFunction)handles[function];
        value = attribute switch
        {
            Cuda.FunctionMaxThreadsPerBlock => kernel.MaxGroupSize == 0 ? 1024 : kernel.MaxGroupSize,
            Cuda.FunctionSharedSizeBytes => kernel.SharedBytes,
            Cuda.FunctionLocalSizeBytes => kernel.FrameBytes,
            Cuda.FunctionNumRegs => 255,
            _ => -1,
        };
        return value < 0 ? InvalidValue : 0;
    }

    public int MemAlloc(out ulong address, nuint bytes)
    {
        address = 0;
        int code = Enter("MemAlloc");
        if (code != 0 || memory.HeldBytes + (long)bytes > MemoryBytes)
        {
            return code != 0 ? code : Cuda.ErrorOutOfMemory;
        }

        address = memory.Allocate((long)bytes);
        return 0;
    }

    public int MemFree(ulong address) => memory.TryFree(address) ? 0 : InvalidValue;

    public int MemHostAlloc(out nint pointer, nuint bytes, uint flags)
    {
        int code = Enter("MemHostAlloc");
        pointer = code == 0 ? (nint)NativeMemory.Alloc(bytes) : 0;
        _ = code == 0 && pinned.Add(pointer);
        return code;
    }

    public int MemFreeHost(nint pointer)
    {
        if (!pinned.Remove(pointer))
        {
            return InvalidValue;
        }

        NativeMemory.Free((void*)pointer);
        return 0;
    }

    public int MemcpyHtoDAsync(ulong to, void* from, nuint bytes, nint stream) =>
        Copy("MemcpyHtoDAsync", from, memory.TryResolve(to, (long)bytes, isStore: true), bytes, stream);

    public int MemcpyDtoHAsync(void* to, ulong from, nuint bytes, nint stream) =>
        Copy("MemcpyDtoHAsync", memory.TryResolve(from, (long)bytes), to, bytes, stream);

    public int MemcpyDtoDAsync(ulong to, ulong from, nuint bytes, nint stream) =>
        Copy("MemcpyDtoDAsync", memory.TryResolve(from, (long)bytes), memory.TryResolve(to, (long)bytes, isStore: true), bytes, stream);

    public int MemsetD32Async(ulong to, uint value, nuint count, nint stream)
    {
        byte* target = memory.TryResolve(to, (long)count * sizeof(uint), isStore: true);
        int code = Enter("MemsetD32Async");
        if (code != 0 || target is null || !Is<Stream>(stream))
        {
            return code != 0 ? code : InvalidValue;
        }

        new Span<uint>(target, (int)count).Fill(value);
        return 0;
    }

    public int StreamCreate(out nint stream, uint flags)
    {
        int code = Enter("StreamCreate");
        stream = code == 0 ? Add(new Stream()) : 0;
        return code;
    }

    public int StreamWaitEvent(nint stream, nint mark, uint flags) => Is<Stream>(stream) && Is<Mark>(mark) ? 0 : InvalidHandle;

    public int StreamSynchronize(nint stream) => Is<Stream>(stream) ? Enter("StreamSynchronize") : InvalidHandle;

    public int StreamDestroy(nint stream) => Remove<Stream>(stream);

    public int EventCreate(out nint mark, uint flags)
    {
        int code = Enter("EventCreate");
        mark = code == 0 ? Add(new Mark()) : 0;
        return code;
    }

    public int EventRecord(nint mark, nint stream)
    {
        if (!Is<Mark>(mark) || !Is<Stream>(stream))
        {
            return InvalidHandle;
        }

        ((Mark)handles[mark]).Time = System.Diagnostics.Stopwatch.GetTimestamp();
        return Fail("EventRecord");
    }

    public int EventElapsedTime(out float milliseconds, nint start, nint end)
    {
        milliseconds = 0;
        if (!Is<Mark>(start) || !Is<Mark>(end))
        {
            return InvalidHandle;
        }

        milliseconds = (float)System.Diagnostics.Stopwatch.GetElapsedTime(((Mark)handles[start]).Time, ((Mark)handles[end]).Time).TotalMilliseconds;
        return 0;
    }

    public int EventDestroy(nint mark) => Remove<Mark>(mark);

    public int LaunchKernel(nint function, uint groups, uint groupSize, nint stream, void** parameters)
    {
        int code = Enter("LaunchKernel");
        if (code != 0 || !Is<PtxFunction>(function) || !Is<Stream>(stream))
        {
            return code != 0 ? code : InvalidHandle;
        }

        var kernel = (PtxFunction)handles[function];
        byte[] arguments = new byte[kernel.Parameters.Select(parameter => parameter.Offset + parameter.Bytes).DefaultIfEmpty().Max()];
        for (int i = 0; i < kernel.Parameters.Count; i++)
        {
            (int offset, int bytes) = kernel.Parameters[i];
            if (parameters[i] is null)
            {
                throw new PtxException($"{kernel.Name} is launched with {i} arguments; it has {kernel.Parameters.Count}.");
            }

            new Span<byte>(parameters[i], bytes).CopyTo(arguments.AsSpan(offset));
        }

        new PtxMachine(memory).Run(kernel, groups, groupSize, arguments);
        return 0;
    }

    public string ErrorName(int code) => $"CUDA_ERROR_{code}";

    private int Enter(string call) => !Is<Context>(current) ? InvalidContext : Fail(call);

    private int Copy(string call, void* from, void* to, nuint bytes, nint stream)
    {
        int code = Enter(call);
        if (code != 0 || from is null || to is null || !Is<Stream>(stream))
        {
            return code != 0 ? code : InvalidValue;
        }

        Buffer.MemoryCopy(from, to, bytes, bytes);
        return 0;
    }

    private nint Add(object thing)
    {
        handles.Add(++lastHandle, thing);
        return lastHandle;
    }

    private bool Is<T>(nint handle) => handles.TryGetValue(handle, out object? thing) && thing is T;

    private int Remove<T>(nint handle) => Is<T>(handle) && handles.Remove(handle) ? 0 : InvalidHandle;

    private sealed class Context;

    private sealed class Stream;

    private sealed class Mark
    {
        public long Time { get; set; }
    }
}
