// Owns: the promise that keys take no heap.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Groth16.Tests;

/// <summary>Tests that count what the whole process allocates run while no others do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CountsAllocations
{
    public const string Name = "counts allocations";
}

[Collection(CountsAllocations.Name)]
public sealed class ProverMemoryTests
{
    [Fact]
    public void Opening_a_key_allocates_a_small_part_of_its_length()
    {
        using var folder = new TemporaryFolder();
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>(new Chain(8000));
        InsecureSetup.Create<Bn254, Bn254Fp, Bn254Fr>(circuit.System, folder.File("key.zkey"));
        ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(folder.File("key.zkey")).Dispose();

        long before = GC.GetTotalAllocatedBytes(precise: true);
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(folder.File("key.zkey"));
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        long length = new FileInfo(folder.File("key.zkey")).Length;
        Assert.True(length > 4_000_000, $"the key has {length} bytes");
        Assert.True(allocated < 400_000, $"{allocated} bytes were allocated for a key of {length}");
        Assert.Equal(8192, key.H.Length);
    }

    private sealed class Chain(int length) : ICircuit
    {
        public string Name => "chain";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> x = builder.PrivateInput("x");
            for (int i = 0; i < length; i++)
            {
                x = (x * x) + builder.Constant(TF.FromUInt64((ulong)i));
            }

            builder.PublicOutput("y", x);
        }
    }
}
