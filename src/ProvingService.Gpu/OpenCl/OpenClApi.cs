// Owns: the functions of the OpenCL 1.2 library, bound by name at run time. Never: what they are called for.

using System.Runtime.InteropServices;
using System.Text;

namespace ProvingService.Gpu;

/// <summary>
/// The OpenCL library of this machine, found by its usual names; the loader picks the drivers. Signatures and constants:
/// The OpenCL Specification 1.2, chapters 4 and 5. Handles are pointers of the driver's; sizes are size_t.
/// </summary>
internal static unsafe class OpenClApi
{
    public const int Success = 0;
    public const int DeviceNotFound = -1;
    public const int AllocationFailure = -4;
    public const int OutOfResources = -5;
    public const int OutOfHostMemory = -6;
    public const int BuildProgramFailure = -11;
    public const int InvalidBufferSize = -61;

    public const ulong DeviceTypeAll = 0xFFFF_FFFF;
    public const ulong DeviceTypeCpu = 1 << 1;
    public const ulong MemoryReadWrite = 1;
    public const ulong MemoryAllocateOnHost = 1 << 4;
    public const ulong MapReadWrite = 3;
    public const ulong QueueProfiling = 1 << 1;
    public const uint BufferRegion = 0x1220;

    public static readonly delegate* unmanaged<uint, nint*, uint*, int> GetPlatformIds;
    public static readonly delegate* unmanaged<nint, ulong, uint, nint*, uint*, int> GetDeviceIds;
    public static readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetDeviceInfo;
    public static readonly delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint> CreateContext;
    public static readonly delegate* unmanaged<nint, int> ReleaseContext;
    public static readonly delegate* unmanaged<nint, nint, ulong, int*, nint> CreateCommandQueue;
    public static readonly delegate* unmanaged<nint, int> ReleaseCommandQueue;
    public static readonly delegate* unmanaged<nint, ulong, nuint, void*, int*, nint> CreateBuffer;
    public static readonly delegate* unmanaged<nint, ulong, uint, void*, int*, nint> CreateSubBuffer;
    public static readonly delegate* unmanaged<nint, int> ReleaseMemObject;
    public static readonly delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint> CreateProgramWithSource;
    public static readonly delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int> BuildProgram;
    public static readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> GetProgramBuildInfo;
    public static readonly delegate* unmanaged<nint, int> ReleaseProgram;
    public static readonly delegate* unmanaged<nint, byte*, int*, nint> CreateKernel;
    public static readonly delegate* unmanaged<nint, int> ReleaseKernel;
    public static readonly delegate* unmanaged<nint, uint, nuint, void*, int> SetKernelArg;
    public static readonly delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int> GetKernelWorkGroupInfo;
    public static readonly delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int> EnqueueNdRangeKernel;
    public static readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> EnqueueWriteBuffer;
    public static readonly delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int> EnqueueReadBuffer;
    public static readonly delegate* unmanaged<nint, nint, nint, nuint, nuint, nuint, uint, nint*, nint*, int> EnqueueCopyBuffer;
    public static readonly delegate* unmanaged<nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int> EnqueueFillBuffer;
    public static readonly delegate* unmanaged<nint, nint, uint, ulong, nuint, nuint, uint, nint*, nint*, int*, void*> EnqueueMapBuffer;
    public static readonly delegate* unmanaged<nint, nint, void*, uint, nint*, nint*, int> EnqueueUnmapMemObject;
    public static readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueMarkerWithWaitList;
    public static readonly delegate* unmanaged<nint, uint, nint*, nint*, int> EnqueueBarrierWithWaitList;
    public static readonly delegate* unmanaged<nint, uint, nuint, void*, nuint*, int> GetEventProfilingInfo;
    public static readonly delegate* unmanaged<uint, nint*, int> WaitForEvents;
    public static readonly delegate* unmanaged<nint, int> ReleaseEvent;
    public static readonly delegate* unmanaged<nint, int> Flush;
    public static readonly delegate* unmanaged<nint, int> Finish;

    private static readonly string[] LibraryNames = OperatingSystem.IsWindows()
        ? ["OpenCL.dll"]
        : OperatingSystem.IsMacOS()
            ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
            : ["libOpenCL.so.1", "libOpenCL.so"];

    static OpenClApi()
    {
        foreach (string name in LibraryNames)
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                try
                {
                    GetPlatformIds = (delegate* unmanaged<uint, nint*, uint*, int>)Find("clGetPlatformIDs");
                    GetDeviceIds = (delegate* unmanaged<nint, ulong, uint, nint*, uint*, int>)Find("clGetDeviceIDs");
                    GetDeviceInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)Find("clGetDeviceInfo");
                    CreateContext = (delegate* unmanaged<nint*, uint, nint*, nint, nint, int*, nint>)Find("clCreateContext");
                    ReleaseContext = (delegate* unmanaged<nint, int>)Find("clReleaseContext");
                    CreateCommandQueue = (delegate* unmanaged<nint, nint, ulong, int*, nint>)Find("clCreateCommandQueue");
                    ReleaseCommandQueue = (delegate* unmanaged<nint, int>)Find("clReleaseCommandQueue");
                    CreateBuffer = (delegate* unmanaged<nint, ulong, nuint, void*, int*, nint>)Find("clCreateBuffer");
                    CreateSubBuffer = (delegate* unmanaged<nint, ulong, uint, void*, int*, nint>)Find("clCreateSubBuffer");
                    ReleaseMemObject = (delegate* unmanaged<nint, int>)Find("clReleaseMemObject");
                    CreateProgramWithSource = (delegate* unmanaged<nint, uint, byte**, nuint*, int*, nint>)Find("clCreateProgramWithSource");
                    BuildProgram = (delegate* unmanaged<nint, uint, nint*, byte*, nint, nint, int>)Find("clBuildProgram");
                    GetProgramBuildInfo = (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)Find("clGetProgramBuildInfo");
                    ReleaseProgram = (delegate* unmanaged<nint, int>)Find("clReleaseProgram");
                    CreateKernel = (delegate* unmanaged<nint, byte*, int*, nint>)Find("clCreateKernel");
                    ReleaseKernel = (delegate* unmanaged<nint, int>)Find("clReleaseKernel");
                    SetKernelArg = (delegate* unmanaged<nint, uint, nuint, void*, int>)Find("clSetKernelArg");
                    GetKernelWorkGroupInfo = (delegate* unmanaged<nint, nint, uint, nuint, void*, nuint*, int>)Find("clGetKernelWorkGroupInfo");
                    EnqueueNdRangeKernel = (delegate* unmanaged<nint, nint, uint, nuint*, nuint*, nuint*, uint, nint*, nint*, int>)Find("clEnqueueNDRangeKernel");
                    EnqueueWriteBuffer = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)Find("clEnqueueWriteBuffer");
                    EnqueueReadBuffer = (delegate* unmanaged<nint, nint, uint, nuint, nuint, void*, uint, nint*, nint*, int>)Find("clEnqueueReadBuffer");
                    EnqueueCopyBuffer = (delegate* unmanaged<nint, nint, nint, nuint, nuint, nuint, uint, nint*, nint*, int>)Find("clEnqueueCopyBuffer");
                    EnqueueFillBuffer = (delegate* unmanaged<nint, nint, void*, nuint, nuint, nuint, uint, nint*, nint*, int>)Find("clEnqueueFillBuffer");
                    EnqueueMapBuffer = (delegate* unmanaged<nint, nint, uint, ulong, nuint, nuint, uint, nint*, nint*, int*, void*>)Find("clEnqueueMapBuffer");
                    EnqueueUnmapMemObject = (delegate* unmanaged<nint, nint, void*, uint, nint*, nint*, int>)Find("clEnqueueUnmapMemObject");
                    EnqueueMarkerWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)Find("clEnqueueMarkerWithWaitList");
                    EnqueueBarrierWithWaitList = (delegate* unmanaged<nint, uint, nint*, nint*, int>)Find("clEnqueueBarrierWithWaitList");
                    GetEventProfilingInfo = (delegate* unmanaged<nint, uint, nuint, void*, nuint*, int>)Find("clGetEventProfilingInfo");
                    WaitForEvents = (delegate* unmanaged<uint, nint*, int>)Find("clWaitForEvents");
                    ReleaseEvent = (delegate* unmanaged<nint, int>)Find("clReleaseEvent");
                    Flush = (delegate* unmanaged<nint, int>)Find("clFlush");
                    Finish = (delegate* unmanaged<nint, int>)Find("clFinish");
                    IsPresent = true;
                }
                catch (EntryPointNotFoundException)
                {
                    // A library older than 1.2 is as good as none.
                }

                return;
            }

            nint Find(string function) => NativeLibrary.GetExport(library, function);
        }
    }

    /// <summary>Whether there is a library and it knows OpenCL 1.2; if not, no function may be called.</summary>
    public static bool IsPresent { get; }

    /// <summary>Turns a code into an exception, if it is one.</summary>
    /// <exception cref="GpuException">It is.</exception>
    public static void Check(int code, string call, GpuDeviceInfo device)
    {
        if (code == Success)
        {
            return;
        }

        string message = $"{device.Id} ({device.Name}): {call} failed with {Name(code)} ({code}).";
        throw code is AllocationFailure or OutOfHostMemory or InvalidBufferSize
            ? new GpuOutOfMemoryException(message)
            : new GpuException(message);
    }

    /// <summary>A text of a device; empty where the driver has none.</summary>
    public static string Text(nint device, uint what)
    {
        nuint length;
        if (GetDeviceInfo(device, what, 0, null, &length) != Success || length == 0)
        {
            return "";
        }

        byte[] bytes = new byte[length];
        fixed (byte* pointer = bytes)
        {
            return GetDeviceInfo(device, what, length, pointer, null) == Success
                ? Encoding.UTF8.GetString(bytes).TrimEnd('\0').Trim()
                : "";
        }
    }

    /// <summary>A number of a device; zero where the driver does not know it.</summary>
    public static T Number<T>(nint device, uint what)
        where T : unmanaged
    {
        T value = default;
        return GetDeviceInfo(device, what, (nuint)sizeof(T), &value, null) == Success ? value : default;
    }

    private static string Name(int code) => code switch
    {
        DeviceNotFound => "CL_DEVICE_NOT_FOUND",
        -2 => "CL_DEVICE_NOT_AVAILABLE",
        -3 => "CL_COMPILER_NOT_AVAILABLE",
        AllocationFailure => "CL_MEM_OBJECT_ALLOCATION_FAILURE",
        OutOfResources => "CL_OUT_OF_RESOURCES",
        OutOfHostMemory => "CL_OUT_OF_HOST_MEMORY",
        BuildProgramFailure => "CL_BUILD_PROGRAM_FAILURE",
        -14 => "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST",
        -30 => "CL_INVALID_VALUE",
        -36 => "CL_INVALID_COMMAND_QUEUE",
        -38 => "CL_INVALID_MEM_OBJECT",
        -46 => "CL_INVALID_KERNEL_NAME",
        -51 => "CL_INVALID_ARG_SIZE",
        -52 => "CL_INVALID_KERNEL_ARGS",
        -54 => "CL_INVALID_WORK_GROUP_SIZE",
        -55 => "CL_INVALID_WORK_ITEM_SIZE",
        InvalidBufferSize => "CL_INVALID_BUFFER_SIZE",
        -1001 => "CL_PLATFORM_NOT_FOUND_KHR",
        _ => "an OpenCL error",
    };
}
