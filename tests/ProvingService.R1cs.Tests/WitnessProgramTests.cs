// Owns: running a witness program: threads, allocation, leftovers.

using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class WitnessProgramTests
{
    private static readonly CompiledCircuit<Bls12381Fr> Circuit = CircuitCompiler.Compile<Bls12381Fr>("mixed", b =>
    {
        Variable<Bls12381Fr> x = b.PrivateInput("x");
        for (int i = 0; i < 2_000; i++)
        {
            x = (x * x) + i;
        }

        Variable<Bls12381Fr>[] bits = b.ToBits(x, Bls12381Fr.BitLength);
        b.PublicOutput("y", b.Select(b.IsZero(x), bits[3], b.Inverse(x + 1)));
        b.PublicOutput("z", b.UnconstrainedHint(1, [x, bits[0]], (i, o) => o[0] = i[0] + i[1])[0]);
    });

    [Fact]
    public void ManyThreadsGetTheSameWitness()
    {
        Bls12381Fr[] expected = Circuit.CreateWitness(CircuitAssert.Inputs<Bls12381Fr>(("x", 7)));
        Parallel.For(0, 64, i =>
        {
            Bls12381Fr[] witness = Circuit.CreateWitness(CircuitAssert.Inputs<Bls12381Fr>(("x", i % 2 == 0 ? 7 : i)));
            Assert.Equal(i % 2 == 0 || i == 7, witness.AsSpan().SequenceEqual(expected));
        });
    }

    [Fact]
    public void ARunAllocatesLittleMoreThanItsResult()
    {
        CircuitInputs<Bls12381Fr> inputs = CircuitAssert.Inputs<Bls12381Fr>(("x", 7));
        Circuit.Program.Run(inputs);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Bls12381Fr[] witness = Circuit.Program.Run(inputs);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, (32L * witness.Length) + 4096);
    }

    [Fact]
    public void TheToyFieldIsAField()
    {
        for (ulong i = 0; i < ToyField.P; i += 7)
        {
            ToyField x = ToyField.FromUInt64(i);
            Assert.Equal(i == 0 ? ToyField.Zero : ToyField.One, x * ToyField.Inverse(x));
            Assert.Equal(ToyField.Zero, x + -x);
            Assert.Equal(x, ToyField.FromBigInteger(ToyField.ToBigInteger(x) - ToyField.Modulus));
        }

        Assert.Equal(ToyField.One, Algebra.Field.Pow(ToyField.RootOfUnity, 1024UL));
        Assert.Equal(-ToyField.One, Algebra.Field.Pow(ToyField.RootOfUnity, 512UL));
        Assert.False(ToyField.TrySqrt(ToyField.FromUInt64(5), out _));
        Assert.True(ToyField.TrySqrt(ToyField.FromUInt64(4), out _) && ToyField.TrySqrt(ToyField.FromUInt64(2), out _) && ToyField.TrySqrt(ToyField.FromUInt64(3), out _));
    }
}
