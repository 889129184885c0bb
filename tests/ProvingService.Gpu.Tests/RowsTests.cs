// Owns: tests of sparse rows on a device, and of witnesses as scalars.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Gpu.Tests;

[Collection(OpenClCollection.Name)]
[Trait("Kernels", "any")]
public sealed unsafe class RowsTests(OpenClFixture fixture, ITestOutputHelper output)
{
    private const int WireCount = 300;

    private readonly OracleRandom random = new(output);

    [OpenClFact]
    public void Products_with_a_witness_are_the_sums_of_their_entries()
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();
    }

    [OpenClFact]
    public void A_matrix_without_entries_gives_zeros()
    {
        var empty = new CompressedRows<Bls12381Fr>([0, 0, 0], [], []);
        using GpuRows<Bls12381Fr> rows = GpuRows<Bls12381Fr>.Load(fixture.Session, empty);
        Assert.Equal(new Bls12381Fr[5], Evaluate(rows, [Bls12381Fr.One], 5));
    }

    [OpenClFact]
    public void Witnesses_and_results_that_are_too_short_are_refused()
    {
        var matrix = new CompressedRows<Bls12381Fr>([0, 1], [7], [Bls12381Fr.One]);
        using GpuRows<Bls12381Fr> rows = GpuRows<Bls12381Fr>.Load(fixture.Session, matrix);
        Assert.Throws<ArgumentException>(() => Evaluate(rows, new Bls12381Fr[7], 1));
        Assert.Throws<ArgumentException>(() => Evaluate(rows, new Bls12381Fr[8], 0));
    }

    [Fact]
    public void Arrays_that_do_not_agree_are_refused()
    {
        Bls12381Fr one = Bls12381Fr.One;
        Assert.Throws<ArgumentException>(() => new RowLayout<Bls12381Fr>(new([], [], [])));
        Assert.Throws<ArgumentException>(() => new RowLayout<Bls12381Fr>(new([1, 1], [0], [one])));
        Assert.Throws<ArgumentException>(() => new RowLayout<Bls12381Fr>(new([0, 1], [0, 1], [one, one])));
        Assert.Throws<ArgumentException>(() => new RowLayout<Bls12381Fr>(new([0, 1], [0], [one, one])));
        Assert.Throws<ArgumentException>(() => new RowLayout<Bls12381Fr>(new([0, 2, 1, 2], [0, 1], [one, one])));
        Assert.Throws<OperationCanceledException>(() => new RowLayout<Bls12381Fr>(new([0, 1], [0], [one]), new(canceled: true)));
    }

    /// <summary>Rows of 64 entries are one work-item's, those of 65 are a chunk's, those of 1025 two chunks'.</summary>
    [Fact]
    public void Long_rows_are_cut()
    {
        uint[] lengths = [64, 0, 65, 1024, 1025];
        uint[] starts = [0, .. lengths.Select((_, i) => (uint)lengths[..(i + 1)].Sum(length => (long)length))];
        Bls12381Fr[] values = new Bls12381Fr[starts[^1]];
        Array.Fill(values, -Bls12381Fr.One);
        var layout = new RowLayout<Bls12381Fr>(new(starts, new uint[values.Length], values));
        Assert.Equal([2u, 3u, 4u], layout.LongRows);
        Assert.Equal([0u, 1u, 2u, 4u], layout.FirstChunks);
        Assert.Equal([64u, 129u, 1153u, 2177u], layout.ChunkStarts);
        Assert.Equal([129u, 1153u, 2177u, 2178u], layout.ChunkEnds);
        Assert.Equal([Bls12381Fr.One, -Bls12381Fr.One], layout.Values);
        Assert.All(layout.Kinds, kind => Assert.Equal(1u, kind));
        Assert.Equal(1u, layout.WireCount);
    }

    [OpenClFact]
    public void Witnesses_become_scalars()
    {
        CheckScalars<Bls12381Fr>();
        CheckScalars<Bn254Fr>();
    }

    /// <summary>Empty rows, short ones, long ones of one chunk and of several, repeated wires, all kinds of values.</summary>
    private void Check<TFr>()
        where TFr : unmanaged, IPrimeField<TFr>
    {
        const int ResultCount = 256;
        TFr[] witness = NttVectors.Make<TFr>(random, WireCount, 1);
        TFr[] few = [TFr.Zero, TFr.One, TFr.One, -TFr.One, random.Element<TFr>(), random.Element<TFr>()];
        List<uint> starts = [0], wires = [];
        List<TFr> values = [];
        TFr[] expected = new TFr[ResultCount];
        for (int row = 0; row < 200; row++)
        {
            int length = row switch { 3 => 5000, 4 => 0, 5 => 64, 6 => 65, 7 => 1024, 8 => 1025, _ => random.Next(6) };
            int repeated = random.Next(WireCount);
            for (int i = 0; i < length; i++)
            {
                int wire = random.Next(3) == 0 ? repeated : random.Next(WireCount);
                TFr value = random.Next(20) == 0 ? random.Element<TFr>() : few[random.Next(few.Length)];
                wires.Add((uint)wire);
                values.Add(value);
                expected[row] += value * witness[wire];
            }

            starts.Add((uint)wires.Count);
        }

        using GpuRows<TFr> rows = GpuRows<TFr>.Load(fixture.Session, new([.. starts], [.. wires], [.. values]));
        Assert.InRange(rows.Bytes, 8 * wires.Count, 100 * wires.Count);
        Assert.True(expected.AsSpan().SequenceEqual(Evaluate(rows, witness, ResultCount)), $"{TFr.Name}, seed {random.Seed}");
    }

    private TFr[] Evaluate<TFr>(GpuRows<TFr> rows, TFr[] witness, int resultCount)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        using GpuReservation memory = fixture.Session.Memory.Reserve(witness.Length * sizeof(TFr), resultCount * sizeof(TFr));
        TFr[] result = new TFr[resultCount];
        fixed (TFr* from = witness, to = result)
        {
            fixture.Session.Compute.Upload(from, memory[0]);
            rows.Evaluate(fixture.Session, memory[0], memory[1], default);
            fixture.Session.Compute.Download(memory[1], to);
            fixture.Session.Compute.Synchronize();
        }

        return result;
    }

    private void CheckScalars<TFr>()
        where TFr : unmanaged, IPrimeField<TFr>
    {
        TFr[] witness = [TFr.Zero, TFr.One, -TFr.One, .. NttVectors.Make<TFr>(random, 97, 0)];
        Scalar256[] expected = new Scalar256[witness.Length], actual = new Scalar256[witness.Length];
        Scalar256.From<TFr>(witness, expected);
        using GpuReservation memory = fixture.Session.Memory.Reserve(witness.Length * sizeof(TFr), witness.Length * sizeof(TFr));
        for (int place = 0; place < 2; place++)
        {
            fixed (TFr* from = witness)
            fixed (Scalar256* to = actual)
            {
                fixture.Session.Compute.Upload(from, memory[0]);
                GpuWitness.ToScalars<TFr>(fixture.Session, memory[0], memory[place], default);
                fixture.Session.Compute.Download(memory[place], to);
                fixture.Session.Compute.Synchronize();
            }

            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{TFr.Name}, seed {random.Seed}");
        }
    }
}
