// Owns: that the estimate of a proof's memory is an upper one, and not far above the truth.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Groth16.Tests;

[Collection(CountsAllocations.Name)]
public sealed class ProvingMemoryTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(10, 1)]
    [InlineData(13, 1)]
    [InlineData(13, 2)]
    [InlineData(14, 2)]
    public void The_estimate_is_above_the_peak_and_near_it(int logSize, int threads)
    {
        Check<Bls12381, Bls12381Fp, Bls12381Fr>(logSize, threads);
        Check<Bn254, Bn254Fp, Bn254Fr>(logSize, threads);
    }

    [Fact]
    public void It_grows_with_size_and_threads_and_does_not_overflow()
    {
        long before = 0;
        for (int log = 4; log <= 27; log++)
        {
            var header = new ZkeyHeader(CurveId.Bls12381, 1 << log, 1, 1 << log);
            long one = ProvingMemory.OfProof(header, 1), many = ProvingMemory.OfProof(header, 64);
            Assert.True(one > 0.9 * before && many > one, $"2^{log}: {before}, {one}, {many}");
            Assert.True(one >= 128L << log);
            before = one;
        }
    }

    private void Check<TCurve, TFp, TFr>(int logSize, int threads)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        using var folder = new TemporaryFolder();
        CompiledCircuit<TFr> circuit = CircuitCompiler.Compile<TFr>("chain", builder =>
        {
            Variable<TFr> x = builder.PrivateInput("x");
            for (int i = 0; i < (1 << logSize) - 8; i++)
            {
                x = (x * x) + i;
            }

            builder.PublicOutput("y", x);
        });
        InsecureSetup.Create<TCurve, TFp, TFr>(circuit.System, folder.File("key.zkey"));
        TFr[] witness = circuit.CreateWitness(new CircuitInputs<TFr>().Set("x", TFr.FromUInt64(7)));
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(folder.File("key.zkey"));
        using var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default);
        prover.Prove(witness, null, new(threads));

        // The first proof has left its vectors with the pool, where no others run: the second takes them from there.
        NativeBufferUse.ResetPeak();
        long held = NativeBufferUse.Bytes, before = GC.GetTotalAllocatedBytes(precise: true);
        prover.Prove(witness, null, new(threads));
        long native = NativeBufferUse.Peak - held, garbage = GC.GetTotalAllocatedBytes(precise: true) - before;
        long vectors = 32L * (System.Numerics.BitOperations.RoundUpToPowerOf2((uint)key.WireCount) + (3L * key.DomainSize));
        long peak = native + vectors, estimate = ProvingMemory.OfProof(ZkeyFormat.ReadHeader(folder.File("key.zkey")), threads);
        output.WriteLine($"{TCurve.Id} 2^{logSize}, {threads} threads: native {native}, vectors {vectors}, estimate {estimate}, {(double)estimate / peak:F2}; garbage {garbage}");
        Assert.InRange(estimate, peak, (2 * peak) + (4L << 20));

        // The twins of the lane kernels in C# leave short-lived garbage of their own; the prover's is what counts here.
        if (KernelTiers.Current != KernelTier.Vector)
        {
            Assert.True(garbage < vectors + (1 << 20), $"{garbage} bytes of garbage");
        }
    }
}
