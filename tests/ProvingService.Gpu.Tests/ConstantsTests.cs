// Owns: the test that kernels/constants-*.h say what the C# parameters say.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class ConstantsTests
{
    [Fact]
    public void ConstantsOfBls12381AreThoseOfTheParameters() =>
        Require(CurveId.Bls12381, KernelConstants.Emit<Bls12381Fp, Bls12381Fr>());

    [Fact]
    public void ConstantsOfBn254AreThoseOfTheParameters() => Require(CurveId.Bn254, KernelConstants.Emit<Bn254Fp, Bn254Fr>());

    private static void Require(CurveId curve, string text)
    {
        string path = RepositoryFiles.Path("kernels/" + KernelConstants.FileName(curve));
        if (Environment.GetEnvironmentVariable("PROVING_SERVICE_WRITE_TABLES") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == text,
            $"{path} shows other constants than the parameters give; PROVING_SERVICE_WRITE_TABLES=1 writes it.");
    }
}
