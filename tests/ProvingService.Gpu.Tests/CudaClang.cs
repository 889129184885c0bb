// Owns: compiling the CUDA dialect to PTX with clang, which needs neither a GPU nor NVIDIA's toolkit.

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Xunit;

namespace ProvingService.Gpu.Tests;

/// <summary>A test that needs clang 16.</summary>
public sealed class ClangFactAttribute : FactAttribute
{
    public ClangFactAttribute() => Skip = CudaClang.Missing;
}

/// <summary>A theory that needs clang 16.</summary>
public sealed class ClangTheoryAttribute : TheoryAttribute
{
    public ClangTheoryAttribute() => Skip = CudaClang.Missing;
}

/// <summary>clang 16, as a compiler of CUDA programs. What NVIDIA's headers would declare is declared here.</summary>
internal sealed class CudaClang : ICudaCompiler
{
    private const string Command = "clang-16";

    /// <summary>What was compiled in this run, by source and architecture.</summary>
    private static readonly ConcurrentDictionary<(string Hash, string Architecture), Lazy<string>> Compiled = [];

    private const string Declarations = """
        #define __global__ __attribute__((global))
        #define __device__ __attribute__((device))
        #define __shared__ __attribute__((shared))
        #define __forceinline__ inline __attribute__((always_inline))
        #define __noinline__ __attribute__((noinline))
        #define __align__(bytes) __attribute__((aligned(bytes)))
        #define __launch_bounds__(threads) __attribute__((launch_bounds(threads)))
        #define threadIdx (cuda_index<0>{})
        #define blockIdx (cuda_index<1>{})
        #define blockDim (cuda_index<2>{})
        #define gridDim (cuda_index<3>{})
        template <int kind> struct cuda_index {
            struct {
                __device__ __forceinline__ operator unsigned int() const {
                    return kind == 0 ? __nvvm_read_ptx_sreg_tid_x() : kind == 1 ? __nvvm_read_ptx_sreg_ctaid_x()
                        : kind == 2 ? __nvvm_read_ptx_sreg_ntid_x() : __nvvm_read_ptx_sreg_nctaid_x();
                }
            } x;
        };
        static __device__ __forceinline__ unsigned int atomicAdd(unsigned int *p, unsigned int v) {
            return __nvvm_atom_add_gen_i((int *)p, v);
        }
        static __device__ __forceinline__ unsigned int __umulhi(unsigned int a, unsigned int b) {
            return (unsigned long long)a * b >> 32;
        }

        """;

    /// <summary>Why tests cannot run; null where they can.</summary>
    public static string? Missing { get; } = IsInstalled() ? null : $"There is no {Command}; Debian's package of that name has it.";

    /// <inheritdoc/>
    public string Identity => Command;

    /// <inheritdoc/>
    public string? Target(string architecture) => ShippedPtx.Architecture;

    /// <inheritdoc/>
    public byte[] Compile(KernelSource source, string target) => Encoding.ASCII.GetBytes(CompileText(source, target) + '\0');

    /// <summary>The PTX of a program for an architecture such as <c>sm_80</c>; warnings are errors.</summary>
    public static string CompileText(KernelSource source, string architecture) =>
        Compiled.GetOrAdd((source.Hash, architecture), _ => new(() => Run(source, architecture, ["-O3", "-S"]))).Value;

    /// <summary>The same without optimizing or making PTX: refuses what is no CUDA, in a fraction of a second.</summary>
    public static string CheckText(KernelSource source, string architecture) =>
        Run(source, architecture, ["-O1", "-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm"]);

    private static string Run(KernelSource source, string architecture, string[] outcome)
    {
        var start = new ProcessStartInfo(Command) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])
            ["-x", "cuda", "--cuda-device-only", $"--cuda-gpu-arch={architecture}", "-nocudainc", "-nocudalib", "-std=c++17", "-Wall",
             "-Wno-unused-function", "-Wno-unused-const-variable", "-Werror", .. outcome, "-o", "-", "-"])
        {
            start.ArgumentList.Add(argument);
        }

        using Process clang = Process.Start(start)!;
        Task<string> output = clang.StandardOutput.ReadToEndAsync(), errors = clang.StandardError.ReadToEndAsync();
        clang.StandardInput.Write(Declarations + source.Text);
        clang.StandardInput.Close();
        clang.WaitForExit();
        return clang.ExitCode == 0 ? output.Result : throw new GpuBuildException(source.Name, errors.Result);
    }

    private static bool IsInstalled()
    {
        try
        {
            using Process clang = Process.Start(new ProcessStartInfo(Command, "--version") { RedirectStandardOutput = true })!;
            clang.StandardOutput.ReadToEnd();
            clang.WaitForExit();
            return clang.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
