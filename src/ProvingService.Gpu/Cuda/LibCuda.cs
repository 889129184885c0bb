// Owns: the binding to the CUDA driver's library. Signatures: cuda.h of CUDA 11.8, unchanged in later releases for the
// exported names used here (where a function was revised, its name ends in _v2).

using System.Globalization;
using System.Runtime.InteropServices;

namespace ProvingService.Gpu;

/// <summary>
/// The CUDA driver, <c>libcuda.so.1</c> or <c>nvcuda.dll</c>. It is never unloaded. Unsafe throughout: each function
/// pointer is called with the signature that the header gives for the name that it was found by.
/// </summary>
internal sealed unsafe class LibCuda : ICudaDriver
{
    private readonly nint library;
    private readonly nint init, driverGetVersion, deviceGetCount, deviceGet, deviceGetName, deviceGetUuid, deviceTotalMem, deviceGetAttribute;
    private readonly nint ctxCreate, ctxSetCurrent, ctxDestroy;
    private readonly nint moduleLoadDataEx, moduleUnload, moduleGetFunction, funcGetAttribute;
    private readonly nint memAlloc, memFree, memHostAlloc, memFreeHost;
    private readonly nint memcpyHtoDAsync, memcpyDtoHAsync, memcpyDtoDAsync, memsetD32Async;
    private readonly nint streamCreate, streamWaitEvent, streamSynchronize, streamDestroy;
    private readonly nint eventCreate, eventRecord, eventElapsedTime, eventDestroy;
    private readonly nint launchKernel, getErrorName;

    private LibCuda(nint library)
    {
        this.library = library;
        init = Export("cuInit");
        driverGetVersion = Export("cuDriverGetVersion");
        deviceGetCount = Export("cuDeviceGetCount");
        deviceGet = Export("cuDeviceGet");
        deviceGetName = Export("cuDeviceGetName");

        // With MIG the second version tells the instance, not the whole device.
        deviceGetUuid = NativeLibrary.TryGetExport(library, "cuDeviceGetUuid_v2", out nint uuid) ? uuid : Export("cuDeviceGetUuid");
        deviceTotalMem = Export("cuDeviceTotalMem_v2");
        deviceGetAttribute = Export("cuDeviceGetAttribute");
        ctxCreate = Export("cuCtxCreate_v2");
        ctxSetCurrent = Export("cuCtxSetCurrent");
        ctxDestroy = Export("cuCtxDestroy_v2");
        moduleLoadDataEx = Export("cuModuleLoadDataEx");
        moduleUnload = Export("cuModuleUnload");
        moduleGetFunction = Export("cuModuleGetFunction");
        funcGetAttribute = Export("cuFuncGetAttribute");
        memAlloc = Export("cuMemAlloc_v2");
        memFree = Export("cuMemFree_v2");
        memHostAlloc = Export("cuMemHostAlloc");
        memFreeHost = Export("cuMemFreeHost");
        memcpyHtoDAsync = Export("cuMemcpyHtoDAsync_v2");
        memcpyDtoHAsync = Export("cuMemcpyDtoHAsync_v2");
        memcpyDtoDAsync = Export("cuMemcpyDtoDAsync_v2");
        memsetD32Async = Export("cuMemsetD32Async");
        streamCreate = Export("cuStreamCreate");
        streamWaitEvent = Export("cuStreamWaitEvent");
        streamSynchronize = Export("cuStreamSynchronize");
        streamDestroy = Export("cuStreamDestroy_v2");
        eventCreate = Export("cuEventCreate");
        eventRecord = Export("cuEventRecord");
        eventElapsedTime = Export("cuEventElapsedTime");
        eventDestroy = Export("cuEventDestroy_v2");
        launchKernel = Export("cuLaunchKernel");
        getErrorName = Export("cuGetErrorName");
    }

    /// <summary>The driver; null where there is none, or one too old to have all that is used (before CUDA 9.2).</summary>
    public static LibCuda? TryLoad()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out nint library))
        {
            return null;
        }

        try
        {
            return new(library);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    public int Init() => ((delegate* unmanaged<uint, int>)init)(0);

    public int DriverGetVersion(out int version)
    {
        fixed (int* v = &version)
        {
            return ((delegate* unmanaged<int*, int>)driverGetVersion)(v);
        }
    }

    public int DeviceGetCount(out int count)
    {
        fixed (int* c = &count)
        {
            return ((delegate* unmanaged<int*, int>)deviceGetCount)(c);
        }
    }

    public int DeviceGet(out int device, int ordinal)
    {
        fixed (int* d = &device)
        {
            return ((delegate* unmanaged<int*, int, int>)deviceGet)(d, ordinal);
        }
    }

    public int DeviceGetName(byte* name, int length, int device) =>
        ((delegate* unmanaged<byte*, int, int, int>)deviceGetName)(name, length, device);

    public int DeviceGetUuid(byte* uuid, int device) => ((delegate* unmanaged<byte*, int, int>)deviceGetUuid)(uuid, device);

    public int DeviceTotalMem(out nuint bytes, int device)
    {
        fixed (nuint* b = &bytes)
        {
            return ((delegate* unmanaged<nuint*, int, int>)deviceTotalMem)(b, device);
        }
    }

    public int DeviceGetAttribute(out int value, int attribute, int device)
    {
        fixed (int* v = &value)
        {
            return ((delegate* unmanaged<int*, int, int, int>)deviceGetAttribute)(v, attribute, device);
        }
    }

    public int CtxCreate(out nint context, uint flags, int device)
    {
        fixed (nint* c = &context)
        {
            return ((delegate* unmanaged<nint*, uint, int, int>)ctxCreate)(c, flags, device);
        }
    }

    public int CtxSetCurrent(nint context) => ((delegate* unmanaged<nint, int>)ctxSetCurrent)(context);

    public int CtxDestroy(nint context) => ((delegate* unmanaged<nint, int>)ctxDestroy)(context);

    public int ModuleLoadDataEx(out nint module, void* image, uint count, int* options, void** values)
    {
        fixed (nint* m = &module)
        {
            return ((delegate* unmanaged<nint*, void*, uint, int*, void**, int>)moduleLoadDataEx)(m, image, count, options, values);
        }
    }

    public int ModuleUnload(nint module) => ((delegate* unmanaged<nint, int>)moduleUnload)(module);

    public int ModuleGetFunction(out nint function, nint module, byte* name)
    {
        fixed (nint* f = &function)
        {
            return ((delegate* unmanaged<nint*, nint, byte*, int>)moduleGetFunction)(f, module, name);
        }
    }

    public int FuncGetAttribute(out int value, int attribute, nint function)
    {
        fixed (int* v = &value)
        {
            return ((delegate* unmanaged<int*, int, nint, int>)funcGetAttribute)(v, attribute, function);
        }
    }

    public int MemAlloc(out ulong address, nuint bytes)
    {
        fixed (ulong* a = &address)
        {
            return ((delegate* unmanaged<ulong*, nuint, int>)memAlloc)(a, bytes);
        }
    }

    public int MemFree(ulong address) => ((delegate* unmanaged<ulong, int>)memFree)(address);

    public int MemHostAlloc(out nint pointer, nuint bytes, uint flags)
    {
        fixed (nint* p = &pointer)
        {
            return ((delegate* unmanaged<nint*, nuint, uint, int>)memHostAlloc)(p, bytes, flags);
        }
    }

    public int MemFreeHost(nint pointer) => ((delegate* unmanaged<nint, int>)memFreeHost)(pointer);

    public int MemcpyHtoDAsync(ulong to, void* from, nuint bytes, nint stream) =>
        ((delegate* unmanaged<ulong, void*, nuint, nint, int>)memcpyHtoDAsync)(to, from, bytes, stream);

    public int MemcpyDtoHAsync(void* to, ulong from, nuint bytes, nint stream) =>
        ((delegate* unmanaged<void*, ulong, nuint, nint, int>)memcpyDtoHAsync)(to, from, bytes, stream);

    public int MemcpyDtoDAsync(ulong to, ulong from, nuint bytes, nint stream) =>
        ((delegate* unmanaged<ulong, ulong, nuint, nint, int>)memcpyDtoDAsync)(to, from, bytes, stream);

    public int MemsetD32Async(ulong to, uint value, nuint count, nint stream) =>
        ((delegate* unmanaged<ulong, uint, nuint, nint, int>)memsetD32Async)(to, value, count, stream);

    public int StreamCreate(out nint stream, uint flags)
    {
        fixed (nint* s = &stream)
        {
            return ((delegate* unmanaged<nint*, uint, int>)streamCreate)(s, flags);
        }
    }

    public int StreamWaitEvent(nint stream, nint mark, uint flags) =>
        ((delegate* unmanaged<nint, nint, uint, int>)streamWaitEvent)(stream, mark, flags);

    public int StreamSynchronize(nint stream) => ((delegate* unmanaged<nint, int>)streamSynchronize)(stream);

    public int StreamDestroy(nint stream) => ((delegate* unmanaged<nint, int>)streamDestroy)(stream);

    public int EventCreate(out nint mark, uint flags)
    {
        fixed (nint* m = &mark)
        {
            return ((delegate* unmanaged<nint*, uint, int>)eventCreate)(m, flags);
        }
    }

    public int EventRecord(nint mark, nint stream) => ((delegate* unmanaged<nint, nint, int>)eventRecord)(mark, stream);

    public int EventElapsedTime(out float milliseconds, nint start, nint end)
    {
        fixed (float* m = &milliseconds)
        {
            return ((delegate* unmanaged<float*, nint, nint, int>)eventElapsedTime)(m, start, end);
        }
    }

    public int EventDestroy(nint mark) => ((delegate* unmanaged<nint, int>)eventDestroy)(mark);

    public int LaunchKernel(nint function, uint groups, uint groupSize, nint stream, void** parameters) =>
        ((delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)launchKernel)(
            function, groups, 1, 1, groupSize, 1, 1, 0, stream, parameters, null);

    public string ErrorName(int code)
    {
        byte* name = null;
        int result = ((delegate* unmanaged<int, byte**, int>)getErrorName)(code, &name);
        return (result == 0 ? Marshal.PtrToStringUTF8((nint)name) : null) ?? string.Create(CultureInfo.InvariantCulture, $"error {code}");
    }

    private nint Export(string name) => NativeLibrary.GetExport(library, name);
}
