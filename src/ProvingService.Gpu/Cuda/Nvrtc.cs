// Owns: the binding to NVRTC, NVIDIA's compiler as a library. Signatures: nvrtc.h of CUDA 11.8.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ProvingService.Gpu;

/// <summary>
/// NVRTC, where a CUDA toolkit of release 11.2 or later is installed. It is never unloaded. Unsafe throughout: each
/// function pointer is called with the signature that the header gives for the name that it was found by.
/// </summary>
internal sealed unsafe class Nvrtc : ICudaCompiler
{
    private const string Standard = "--std=c++17";

    private static readonly string[] LinuxNames = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"];
    private static readonly string[] WindowsNames = ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"];

    private readonly nint library;
    private readonly int[] architectures;

    private Nvrtc(nint library)
    {
        this.library = library;
        int major, minor, count;
        Check(((delegate* unmanaged<int*, int*, int>)Export("nvrtcVersion"))(&major, &minor), "nvrtcVersion");
        Check(((delegate* unmanaged<int*, int>)Export("nvrtcGetNumSupportedArchs"))(&count), "nvrtcGetNumSupportedArchs");
        architectures = new int[count];
        fixed (int* first = architectures)
        {
            Check(((delegate* unmanaged<int*, int>)Export("nvrtcGetSupportedArchs"))(first), "nvrtcGetSupportedArchs");
        }

        Identity = string.Create(CultureInfo.InvariantCulture, $"nvrtc {major}.{minor} {Standard}");
    }

    /// <inheritdoc/>
    public string Identity { get; }

    /// <summary>The newest that is found; null where none is.</summary>
    public static Nvrtc? TryLoad()
    {
        foreach (string name in OperatingSystem.IsWindows() ? WindowsNames : LinuxNames)
        {
            // The loader's own path, then where NVIDIA's installer puts the toolkit.
            if (NativeLibrary.TryLoad(name, out nint library)
                || (OperatingSystem.IsLinux() && NativeLibrary.TryLoad($"/usr/local/cuda/lib64/{name}", out library)))
            {
                try
                {
                    return new(library);
                }
                catch (Exception failure) when (failure is EntryPointNotFoundException or GpuException)
                {
                    // One that does not even tell its version: the next.
                }
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public string? Target(string architecture)
    {
        int wanted = int.Parse(architecture.AsSpan("sm_".Length), CultureInfo.InvariantCulture);
        int best = architectures.Where(known => known <= wanted).DefaultIfEmpty().Max();
        return best == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{(best == wanted ? "sm" : "compute")}_{best}");
    }

    /// <inheritdoc/>
    public byte[] Compile(KernelSource source, string target)
    {
        nint program = 0;
        fixed (byte* text = Terminated(source.Text), name = Terminated(source.Name + ".cu"),
            architecture = Terminated("--gpu-architecture=" + target), standard = Terminated(Standard))
        {
            Check(
                ((delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)Export("nvrtcCreateProgram"))(
                    &program, text, name, 0, null, null),
                "nvrtcCreateProgram");
            try
            {
                byte** options = stackalloc byte*[2] { architecture, standard };
                int code = ((delegate* unmanaged<nint, int, byte**, int>)Export("nvrtcCompileProgram"))(program, 2, options);
                if (code != 0)
                {
                    string log = Encoding.UTF8.GetString(Read(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")).TrimEnd('\0');
                    throw new GpuBuildException(source.Name, $"{Describe(code)}\n{log}");
                }

                return target.StartsWith("sm_", StringComparison.Ordinal)
                    ? Read(program, "nvrtcGetCUBINSize", "nvrtcGetCUBIN")
                    : Read(program, "nvrtcGetPTXSize", "nvrtcGetPTX");
            }
            finally
            {
                _ = ((delegate* unmanaged<nint*, int>)Export("nvrtcDestroyProgram"))(&program);
            }
        }
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');

    /// <summary>One of a program's results, by the pair of functions that tell its length and write it.</summary>
    private byte[] Read(nint program, string sizeFunction, string function)
    {
        nuint size;
        Check(((delegate* unmanaged<nint, nuint*, int>)Export(sizeFunction))(program, &size), sizeFunction);
        byte[] result = new byte[size];
        fixed (byte* first = result)
        {
            Check(((delegate* unmanaged<nint, byte*, int>)Export(function))(program, first), function);
        }

        return result;
    }

    private void Check(int code, string call)
    {
        if (code != 0)
        {
            throw new GpuException($"{call}: {Describe(code)}.");
        }
    }

    private string Describe(int code) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)Export("nvrtcGetErrorString"))(code)) ?? $"error {code}";

    private nint Export(string name) => NativeLibrary.GetExport(library, name);
}
