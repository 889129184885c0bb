// Owns: that the search for false claims finds all of them, how many batches it takes, and that it stops when it is told to.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Groth16.Tests;

[Trait("Kernels", "any")]
public sealed class BatchSearchTests : IDisposable
{
    private const int Count = 256;

    private readonly ITestOutputHelper output;
    private readonly ProvingKey<Bls12381, Bls12381Fp, Bls12381Fr> key;
    private readonly CountingEngine engine = new();
    private readonly BatchVerifier<Bls12381, Bls12381Fp, Bls12381Fr> batch;
    private readonly Claim<Bls12381, Bls12381Fp, Bls12381Fr> right, wrong;

    public BatchSearchTests(ITestOutputHelper output)
    {
        this.output = output;
        key = KeyFile<Bls12381, Bls12381Fp, Bls12381Fr>.Open(KeyFile<Bls12381, Bls12381Fp, Bls12381Fr>.Bytes);
        batch = new(new(key.VerifyingKey), engine);
        using var prover = new Prover<Bls12381, Bls12381Fp, Bls12381Fr>(key, CpuEngine.Default, CpuEngine.Default);
        Bls12381Fr[] witness = KeyFile<Bls12381, Bls12381Fp, Bls12381Fr>.Witness();
        Bls12381Fr[] inputs = [.. witness[1..(key.PublicInputCount + 1)]], others = [.. inputs];
        others[0] += Bls12381Fr.One;
        right = new(prover.Prove(witness), inputs);
        wrong = right with { PublicInputs = others };
    }

    public void Dispose() => key.Dispose();

    /// <summary>
    /// The most batches: none more for true claims; down the tree of 256, 128, 64, 32, 16 with two on each level for one false
    /// claim, fewer where the first half passes; for many the way down and no more.
    /// </summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 9)]
    [InlineData(4, 28)]
    [InlineData(64, 14)]
    [InlineData(Count, 10)]
    public void All_false_claims_are_found_with_few_batches(int falseCount, int mostBatches)
    {
        output.WriteLine($"seed {FuzzBudget.Seed}");
        var random = new Random(FuzzBudget.Seed);
        int[] where = [.. Enumerable.Range(0, Count).OrderBy(_ => random.Next()).Take(falseCount).Order()];
        Assert.Equal(where, batch.FindFalse(Claims(where)));
        output.WriteLine($"{falseCount} of {Count}: {engine.Batches} batches");
        Assert.InRange(engine.Batches, 1, mostBatches);
    }

    [Fact]
    public void A_false_claim_is_found_in_every_place_of_every_size()
    {
        for (int count = 1; count <= 20; count++)
        {
            for (int i = 0; i < count; i++)
            {
                Assert.Equal([i], batch.FindFalse(Claims([i]).AsSpan(0, count)));
            }
        }

        Assert.Empty(batch.FindFalse([]));
    }

    /// <summary>A crowd of false claims in front does not hide one at the end, nor the other way.</summary>
    [Fact]
    public void Crowds_and_single_ones_are_found_together()
    {
        int[] where = [.. Enumerable.Range(0, 70), 200, 255];
        Assert.Equal(where, batch.FindFalse(Claims(where)));
        int[] mirrored = [.. where.Select(i => Count - 1 - i).Order()];
        Assert.Equal(mirrored, batch.FindFalse(Claims(mirrored), new(1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    public void The_search_stops_wherever_it_is(int batches)
    {
        using var source = new CancellationTokenSource();
        engine.CancelAt = (batches, source);
        Assert.ThrowsAny<OperationCanceledException>(() => batch.FindFalse(Claims([3, 100, 200]), new(0, source.Token)));
        Assert.Equal(batches, engine.Batches);
    }

    private Claim<Bls12381, Bls12381Fp, Bls12381Fr>[] Claims(int[] where)
    {
        var claims = new Claim<Bls12381, Bls12381Fp, Bls12381Fr>[Count];
        Array.Fill(claims, right);
        foreach (int i in where)
        {
            claims[i] = wrong;
        }

        return claims;
    }

    /// <summary>Counts batches: each asks once for the multiple of α.</summary>
    private sealed class CountingEngine : IMsmEngine
    {
        public int Batches { get; private set; }

        public (int Batches, CancellationTokenSource Source)? CancelAt { get; set; }

        public Jacobian<TField, TCurve> Multiply<TField, TCurve>(
            ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
            where TField : unmanaged, IField<TField>
            where TCurve : struct, ICurveGroup<TCurve, TField>
        {
            Batches += bases.Length == 1 ? 1 : 0;
            if (CancelAt is { } cancel && cancel.Batches == Batches)
            {
                cancel.Source.Cancel();
            }

            return CpuEngine.Default.Multiply(bases, scalars, options);
        }
    }
}
