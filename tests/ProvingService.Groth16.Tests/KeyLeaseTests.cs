// Owns: what becomes of a key that is disposed while it is used.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Groth16.Tests;

[Trait("Kernels", "any")]
public sealed class KeyLeaseTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public KeyLeaseTests() => File.WriteAllBytes(folder.File("key.zkey"), KeyFile<Bn254, Bn254Fp, Bn254Fr>.Bytes);

    public void Dispose() => folder.Dispose();

    /// <summary>In each phase: were the memory unmapped under the proof, this process would end.</summary>
    [Fact]
    public void A_proof_in_the_making_is_finished_and_no_other_is_begun()
    {
        foreach (ProvingPhase phase in Enum.GetValues<ProvingPhase>())
        {
            ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Open();
            using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, CpuEngine.Default, CpuEngine.Default);
            Proof<Bn254, Bn254Fp> proof = prover.Prove(KeyFile<Bn254, Bn254Fp, Bn254Fr>.Witness(), new DisposeAt(phase, key));
            Assert.NotNull(proof);
            Assert.Throws<ObjectDisposedException>(() => prover.Prove(KeyFile<Bn254, Bn254Fp, Bn254Fr>.Witness()));
            Assert.Throws<ObjectDisposedException>(() => key.A.Length);
            Assert.Throws<ObjectDisposedException>(() => key.Coefficients.Length);
        }
    }

    [Fact]
    public void A_lease_keeps_the_memory_and_the_last_one_frees_it()
    {
        ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Open();
        KeyLease first = key.Lease(), second = key.Lease();
        Affine<Bn254Fp, Bn254> point = key.H[^1];
        key.Dispose();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Lease());
        Assert.Throws<ObjectDisposedException>(() => key.Validate());
        Assert.Throws<ObjectDisposedException>(() => key.FindPointOutsideSubgroup());
        Assert.Throws<ObjectDisposedException>(() => key.Rows(second: true));
        first.Dispose();
        first.Dispose();
        Assert.Equal(point, key.H[^1]);
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.H.Length);
    }

    [Fact]
    public void What_is_used_from_many_threads_is_released_once()
    {
        for (int round = 0; round < 50; round++)
        {
            int released = 0, inside = 0, wrong = 0;
            var use = new KeyUse(() =>
            {
                wrong += Volatile.Read(ref inside);
                Interlocked.Increment(ref released);
            });
            Parallel.For(0, 64, i =>
            {
                if (i == 40)
                {
                    use.Close();
                }
                else if (use.TryEnter())
                {
                    Interlocked.Increment(ref inside);
                    wrong += Volatile.Read(ref released);
                    Thread.Yield();
                    Interlocked.Decrement(ref inside);
                    use.Exit();
                }
            });
            Assert.Equal((1, 0), (released, wrong));
            Assert.False(use.TryEnter());
        }
    }

    private ProvingKey<Bn254, Bn254Fp, Bn254Fr> Open() => ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(folder.File("key.zkey"));

    private sealed class DisposeAt(ProvingPhase phase, ProvingKey<Bn254, Bn254Fp, Bn254Fr> key) : IProgress<PhaseChange>
    {
        public void Report(PhaseChange value)
        {
            if (value == new PhaseChange(phase, HasEnded: false))
            {
                key.Dispose();
            }
        }
    }
}
