// Owns: what is used of the CUDA driver API, function by function. Never: what the results mean (CudaContext).

namespace ProvingService.Gpu;

/// <summary>
/// The CUDA driver API as far as it is used: each method is the function of that name without the prefix <c>cu</c>, with its
/// parameters in its order, and returns its result code, 0 for success. Handles are <see cref="nint"/>, device addresses
/// <see cref="ulong"/>. The real one is <see cref="LibCuda"/>; tests have one that interprets PTX.
/// </summary>
internal unsafe interface ICudaDriver
{
    int Init();

    int DriverGetVersion(out int version);

    int DeviceGetCount(out int count);

    int DeviceGet(out int device, int ordinal);

    int DeviceGetName(byte* name, int length, int device);

    /// <summary>Sixteen bytes.</summary>
    int DeviceGetUuid(byte* uuid, int device);

    int DeviceTotalMem(out nuint bytes, int device);

    int DeviceGetAttribute(out int value, int attribute, int device);

    int CtxCreate(out nint context, uint flags, int device);

    int CtxSetCurrent(nint context);

    int CtxDestroy(nint context);

    int ModuleLoadDataEx(out nint module, void* image, uint count, int* options, void** values);

    int ModuleUnload(nint module);

    int ModuleGetFunction(out nint function, nint module, byte* name);

    int FuncGetAttribute(out int value, int attribute, nint function);

    int MemAlloc(out ulong address, nuint bytes);

    int MemFree(ulong address);

    int MemHostAlloc(out nint pointer, nuint bytes, uint flags);

    int MemFreeHost(nint pointer);

    int MemcpyHtoDAsync(ulong to, void* from, nuint bytes, nint stream);

    int MemcpyDtoHAsync(void* to, ulong from, nuint bytes, nint stream);

    int MemcpyDtoDAsync(ulong to, ulong from, nuint bytes, nint stream);

    /// <summary>The count is of 32-bit words.</summary>
    int MemsetD32Async(ulong to, uint value, nuint count, nint stream);

    int StreamCreate(out nint stream, uint flags);

    int StreamWaitEvent(nint stream, nint mark, uint flags);

    int StreamSynchronize(nint stream);

    int StreamDestroy(nint stream);

    int EventCreate(out nint mark, uint flags);

    int EventRecord(nint mark, nint stream);

    int EventElapsedTime(out float milliseconds, nint start, nint end);

    int EventDestroy(nint mark);

    /// <summary>One-dimensional: <paramref name="groups"/> blocks of <paramref name="groupSize"/> threads.</summary>
    int LaunchKernel(nint function, uint groups, uint groupSize, nint stream, void** parameters);

    /// <summary>The name of a result code, such as <c>CUDA_ERROR_ILLEGAL_ADDRESS</c>.</summary>
    string ErrorName(int code);
}

/// <summary>Constants of <c>cuda.h</c>.</summary>
internal static class Cuda
{
    public const int ErrorOutOfMemory = 2;

    public const int AttributeMaxThreadsPerBlock = 1;
    public const int AttributeMaxSharedMemoryPerBlock = 8;
    public const int AttributeMultiprocessorCount = 16;
    public const int AttributeIntegrated = 18;
    public const int AttributeComputeMode = 20;
    public const int AttributeComputeCapabilityMajor = 75;
    public const int AttributeComputeCapabilityMinor = 76;
    public const int ComputeModeProhibited = 2;

    public const int FunctionMaxThreadsPerBlock = 0;
    public const int FunctionSharedSizeBytes = 1;
    public const int FunctionLocalSizeBytes = 3;
    public const int FunctionNumRegs = 4;

    public const int JitErrorLogBuffer = 5;
    public const int JitErrorLogBufferSizeBytes = 6;

    /// <summary>A waiting thread sleeps: jobs take milliseconds, and the host's cores have proofs to make as well.</summary>
    public const uint ContextBlockingSync = 4;

    /// <summary>Does not wait for the default stream.</summary>
    public const uint StreamNonBlocking = 1;

    /// <summary>
    /// Whether a code says that the driver cannot use an image: CUDA_ERROR_INVALID_IMAGE, NO_BINARY_FOR_GPU, INVALID_PTX,
    /// JIT_COMPILER_NOT_FOUND, UNSUPPORTED_PTX_VERSION, JIT_COMPILATION_DISABLED, INVALID_SOURCE.
    /// </summary>
    public static bool IsOfImage(int code) => code is 200 or 209 or 218 or 221 or 222 or 223 or 300;
}
