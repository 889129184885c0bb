// Owns: that cancelling stops a proof in every phase, soon, and leaves nothing behind.

using System.Diagnostics;
using System.Globalization;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Groth16.Tests;

[Collection(CountsAllocations.Name)]
public sealed class Bls12381CancellationTests(ChainFixture<Bls12381, Bls12381Fp, Bls12381Fr> chain, ITestOutputHelper output)
    : CancellationLaws<Bls12381, Bls12381Fp, Bls12381Fr>(chain, output), IClassFixture<ChainFixture<Bls12381, Bls12381Fp, Bls12381Fr>>;

[Collection(CountsAllocations.Name)]
public sealed class Bn254CancellationTests(ChainFixture<Bn254, Bn254Fp, Bn254Fr> chain, ITestOutputHelper output)
    : CancellationLaws<Bn254, Bn254Fp, Bn254Fr>(chain, output), IClassFixture<ChainFixture<Bn254, Bn254Fp, Bn254Fr>>;

/// <summary>
/// A chain of multiplications with values of full size. <c>PROVING_SERVICE_CANCEL_LOG</c> is log₂ of its length where other
/// sizes than the usual are to be measured; <see cref="FuzzBudget"/> says how often.
/// </summary>
public sealed class ChainFixture<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly TemporaryFolder folder = new();

    public ChainFixture()
    {
        LogSize = int.TryParse(Environment.GetEnvironmentVariable("PROVING_SERVICE_CANCEL_LOG"), CultureInfo.InvariantCulture, out int log) ? log : 12;
        Circuit = CircuitCompiler.Compile<TFr>("chain", builder =>
        {
            Variable<TFr> x = builder.PrivateInput("x");
            for (int i = 0; i < (1 << LogSize) - 8; i++)
            {
                x = (x * x) + builder.Constant(TFr.FromUInt64((ulong)i));
            }

            builder.PublicOutput("y", x);
        });
        InsecureSetup.Create<TCurve, TFp, TFr>(Circuit.System, Path);
        Witness = Circuit.CreateWitness(new CircuitInputs<TFr>().Set("x", TFr.FromUInt64(7)));
    }

    public int LogSize { get; }

    public string Path => folder.File("chain.zkey");

    public CompiledCircuit<TFr> Circuit { get; }

    public TFr[] Witness { get; }

    public void Dispose() => folder.Dispose();
}

[Trait("Kernels", "any")]
public abstract class CancellationLaws<TCurve, TFp, TFr>(ChainFixture<TCurve, TFp, TFr> chain, ITestOutputHelper output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Far above what is measured on an idle machine, which is milliseconds; CI's is shared.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(1, false)]
    [InlineData(0, false)]
    [InlineData(0, true)]
    public void A_proof_stops_in_each_phase_and_the_next_one_is_right(int threads, bool portable)
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(chain.Path);
        using Prover<TCurve, TFp, TFr> prover = portable
            ? new(key, PortableEngine.Instance, PortableEngine.Instance, chain.Circuit.System)
            : new(key, CpuEngine.Default, CpuEngine.Default, chain.Circuit.System);
        long held = NativeBufferUse.Bytes;
        foreach (ProvingPhase phase in Enum.GetValues<ProvingPhase>())
        {
            using var source = new CancellationTokenSource();
            var cancelling = new CancelAt(phase, source);
            Assert.ThrowsAny<OperationCanceledException>(() => prover.Prove(chain.Witness, cancelling, new(threads, source.Token)));
            TimeSpan latency = Stopwatch.GetElapsedTime(cancelling.CancelledAt);
            output.WriteLine($"{phase}: {latency.TotalMilliseconds:F2} ms");
            Assert.InRange(latency, TimeSpan.Zero, Bound);
            Assert.Equal(held, NativeBufferUse.Bytes);
            Assert.DoesNotContain(cancelling.Timeline.Spans, span => span.Phase == phase && span.Ended is not null && phase == ProvingPhase.Verification);
        }

        RequireRight(key, prover.Prove(chain.Witness, null, new(threads)));
        Assert.Equal(held, NativeBufferUse.Bytes);
    }

    /// <summary>At any moment: what is measured here with more cases and a larger chain is the latency of the service.</summary>
    [Fact]
    public void A_proof_stops_soon_at_any_moment()
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(chain.Path);
        using var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default, chain.Circuit.System);
        prover.Prove(chain.Witness);
        long start = Stopwatch.GetTimestamp();
        prover.Prove(chain.Witness);
        TimeSpan whole = Stopwatch.GetElapsedTime(start);

        var random = new Random(FuzzBudget.Seed);
        var latencies = new List<double>();
        for (int i = 0; i < FuzzBudget.Cases(10); i++)
        {
            using var source = new CancellationTokenSource();
            long cancelledAt = 0;
            TimeSpan delay = whole * (random.NextDouble() * 0.95);
            var canceller = new Thread(() =>
            {
                long begun = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(begun) < delay)
                {
                    Thread.Sleep(delay > TimeSpan.FromMilliseconds(20) ? 1 : 0);
                }

                cancelledAt = Stopwatch.GetTimestamp();
                source.Cancel();
            });
            canceller.Start();
            try
            {
                // A proof that was faster than the first one is finished before.
                prover.Prove(chain.Witness, null, new(0, source.Token));
                canceller.Join();
            }
            catch (OperationCanceledException)
            {
                latencies.Add(Stopwatch.GetElapsedTime(cancelledAt).TotalMilliseconds);
                canceller.Join();
            }
        }

        latencies.Sort();
        output.WriteLine($"seed {FuzzBudget.Seed}, 2^{chain.LogSize}, a proof takes {whole.TotalMilliseconds:F0} ms, {latencies.Count} cancelled");
        foreach (double share in latencies.Count == 0 ? (double[])[] : [0.5, 0.9, 0.99, 1])
        {
            output.WriteLine($"{share:P0}: {latencies[(int)Math.Ceiling(share * latencies.Count) - 1]:F2} ms");
        }

        Assert.All(latencies, latency => Assert.InRange(latency, 0, Bound.TotalMilliseconds));
        RequireRight(key, prover.Prove(chain.Witness));
    }

    [Fact]
    public void The_diagnosis_after_a_false_proof_stops()
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(chain.Path);
        using var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default);
        using var source = new CancellationTokenSource();
        TFr[] wrong = [.. chain.Witness];
        wrong[^1] += TFr.One;
        var cancelling = new CancelAt(ProvingPhase.Verification, source, atEnd: true);
        Assert.ThrowsAny<OperationCanceledException>(() => prover.Prove(wrong, cancelling, new(0, source.Token)));
    }

    [Fact]
    public void Opening_and_validating_a_key_stop_and_leave_nothing_open()
    {
        var cancelled = new EngineOptions(0, new(canceled: true));
        Assert.ThrowsAny<OperationCanceledException>(() => ProvingKey<TCurve, TFp, TFr>.Open(chain.Path, options: cancelled));
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(chain.Path);
        Assert.ThrowsAny<OperationCanceledException>(() => key.Validate(null, cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => key.FindPointOutsideSubgroup(cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => key.Rows(second: false, cancelled.CancellationToken));

        using var source = new CancellationTokenSource();
        var reports = new List<double>();
        Assert.ThrowsAny<OperationCanceledException>(() => key.Validate(new Progress(value =>
        {
            reports.Add(value);
            source.Cancel();
        }), new(0, source.Token)));
        Assert.Single(reports);
    }

    private void RequireRight(ProvingKey<TCurve, TFp, TFr> key, Proof<TCurve, TFp> proof) =>
        Assert.True(new Verifier<TCurve, TFp, TFr>(key.VerifyingKey).Verify(proof, chain.Circuit.PublicValues(chain.Witness)));

    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }

    /// <summary>Cancels as a phase begins, or as it ends.</summary>
    private sealed class CancelAt(ProvingPhase phase, CancellationTokenSource source, bool atEnd = false) : IProgress<PhaseChange>
    {
        public ProofTimeline Timeline { get; } = new();

        public long CancelledAt { get; private set; }

        public void Report(PhaseChange value)
        {
            Timeline.Report(value);
            if (value == new PhaseChange(phase, atEnd))
            {
                CancelledAt = Stopwatch.GetTimestamp();
                source.Cancel();
            }
        }
    }
}
