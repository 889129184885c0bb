// Owns: tests that every program compiles as CUDA, that what is shipped is what the sources compile to, and what a
// compiler and its cache do.

using System.Text;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class CudaProgramTests
{
    private const string Archive = "kernels/ptx.br";

    public static TheoryData<string> Programs => [.. CudaPrograms.All.Select(program => program.Name)];

    [Fact]
    public void Every_root_file_is_a_program()
    {
        IEnumerable<string> roots = Directory.GetFiles(RepositoryFiles.Path("kernels"), "*.cl").Select(file => Path.GetFileNameWithoutExtension(file)!);
        Assert.Equal(roots.Order(), CudaPrograms.All.Select(program => program.Name.Split(' ')[0]).Distinct().Order());
    }

    [ClangTheory]
    [MemberData(nameof(Programs))]
    public void Programs_are_CUDA_of_recent_architectures(string name)
    {
        KernelSource program = CudaPrograms.All.Single(program => program.Name == name);
        foreach (string architecture in (string[])["sm_80", "sm_90"])
        {
            Assert.Contains($"\"target-cpu\"=\"{architecture}\"", CudaClang.CheckText(program, architecture), StringComparison.Ordinal);
        }
    }

    [ClangFact]
    public void Shipped_PTX_is_what_the_sources_compile_to()
    {
        (KernelSource Source, string Ptx)[] made = [.. CudaPrograms.All.AsParallel().AsOrdered().Select(
            program => (program, CudaClang.CompileText(program, ShippedPtx.Architecture)))];
        if (Environment.GetEnvironmentVariable("PROVING_SERVICE_WRITE_TABLES") == "1")
        {
            File.WriteAllBytes(RepositoryFiles.Path(Archive), ShippedPtx.Pack(made));
            return;
        }

        foreach ((KernelSource source, string ptx) in made)
        {
            byte[]? shipped = ShippedPtx.TryRead(source);
            Assert.True(
                shipped is not null && Encoding.ASCII.GetString(shipped) == ptx + '\0',
                $"{Archive} is not made from this {source.Name}. PROVING_SERVICE_WRITE_TABLES=1 makes it anew, with Debian's clang 16.0.6.");
        }
    }
}
