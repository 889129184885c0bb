// Owns: whether a key is told from that of another circuit, and whether a full validation finds what opening leaves.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bls12381KeyConsistencyTests : KeyConsistencyLaws<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254KeyConsistencyTests : KeyConsistencyLaws<Bn254, Bn254Fp, Bn254Fr>;

[Trait("Kernels", "any")]
public abstract class KeyConsistencyLaws<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly byte[] Whole = KeyFile<TCurve, TFp, TFr>.Bytes;

    private static readonly int EntryBytes = 12 + KeyFile<TCurve, TFp, TFr>.ScalarBytes;

    private static ConstraintSystem<TFr> System => KeyFile<TCurve, TFp, TFr>.Circuit.System;

    private static KeySpan Coefficients => KeySurgery.Find(Whole, ZkeyFormat.CoefficientSection);

    private static int Count => (Coefficients.Length - 4) / EntryBytes;

    [Fact]
    public void The_circuits_own_key_fits()
    {
        Assert.Null(Mismatch(Whole));
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(Whole);
        Assert.Null(KeyConsistency.FindMismatch(key, System, new(1)));
        Assert.ThrowsAny<OperationCanceledException>(() => KeyConsistency.FindMismatch(key, System, new(0, new(canceled: true))));
    }

    [Fact]
    public void The_order_of_coefficients_zeros_and_values_in_two_parts_do_not_matter()
    {
        Assert.Null(Mismatch(WithEntries(Entries().Reverse())));

        byte[][] entries = [.. Entries()];
        byte[] zero = [.. entries[0]];
        zero.AsSpan(12).Clear();
        Assert.Null(Mismatch(WithEntries([zero, .. entries])));

        // v = (v − w) + w for another entry's w.
        byte[] part = [.. entries[0][..12], .. entries[1][12..]], rest = [.. entries[0]];
        var difference = new System.Numerics.BigInteger(entries[0].AsSpan(12), isUnsigned: true) - new System.Numerics.BigInteger(entries[1].AsSpan(12), isUnsigned: true);
        difference = ((difference % TFr.Modulus) + TFr.Modulus) % TFr.Modulus;
        rest.AsSpan(12).Clear();
        KeySurgery.Add(rest.AsSpan(12), difference);
        Assert.Null(Mismatch(WithEntries([part, rest, .. entries[1..]])));
    }

    [Fact]
    public void Every_altered_coefficient_is_named()
    {
        for (int i = 0; i < Count; i++)
        {
            byte[] bytes = [.. Whole];
            int at = Coefficients.Offset + 4 + (i * EntryBytes);
            bytes[at + 12] ^= 1;
            KeyMismatch? mismatch = Mismatch(bytes);
            Assert.Equal(
                (KeyMismatchKind.Coefficient, BitConverter.ToInt32(Whole, at + 4), BitConverter.ToInt32(Whole, at + 8)),
                (mismatch!.Kind, mismatch.Row, mismatch.Wire));
            Assert.Contains(Whole[at] == 0 ? "matrix A" : "matrix B", mismatch.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_missing_added_or_moved_coefficient_is_named()
    {
        byte[][] entries = [.. Entries()];
        for (int i = 0; i < entries.Length; i++)
        {
            int row = BitConverter.ToInt32(entries[i], 4), wire = BitConverter.ToInt32(entries[i], 8);
            KeyMismatch? missing = Mismatch(WithEntries([.. entries[..i], .. entries[(i + 1)..]]));
            Assert.Equal((row, wire), (missing!.Row, missing.Wire));
            KeyMismatch? twice = Mismatch(WithEntries([.. entries, entries[i]]));
            Assert.Equal((row, wire), (twice!.Row, twice.Wire));
            byte[] moved = [.. entries[i]];
            moved[0] ^= 1;
            Assert.Equal(row, Mismatch(WithEntries([.. entries[..i], moved, .. entries[(i + 1)..]]))!.Row);
        }

        // Behind all rows of the circuit.
        byte[] behind = [.. entries[0]];
        BitConverter.TryWriteBytes(behind.AsSpan(4), (System.ConstraintCount + System.PublicCount + 1));
        KeyMismatch? last = Mismatch(WithEntries([.. entries, behind]));
        Assert.Equal(System.ConstraintCount + System.PublicCount + 1, last!.Row);
    }

    [Fact]
    public void A_circuit_of_the_same_size_is_another_circuit()
    {
        CompiledCircuit<TFr> other = CircuitCompiler.Compile<TFr>("other", b =>
        {
            Variable<TFr> a = b.PublicInput("a"), x = b.PrivateInput("x");
            Variable<TFr> square = (x * x) + (2 * a);
            b.AssertEqual(square * square, b.PrivateInput("fourth"));
            b.PublicOutput("y", square * x);
        });
        Assert.Equal((System.WireCount, System.PublicCount, System.ConstraintCount), (other.System.WireCount, other.System.PublicCount, other.System.ConstraintCount));
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(Whole);
        Assert.Equal(KeyMismatchKind.Coefficient, KeyConsistency.FindMismatch(key, other.System)!.Kind);
    }

    [Fact]
    public void Other_sizes_are_named()
    {
        Assert.Equal((KeyMismatchKind.WireCount, -1, -1), Against(b => b.PublicOutput("y", b.PublicInput("x") * b.PrivateInput("z"))));
        Assert.Equal((KeyMismatchKind.PublicInputCount, -1, -1), Against(b =>
        {
            Variable<TFr> a = b.PrivateInput("a"), x = b.PrivateInput("x");
            Variable<TFr> square = (x * x) + a;
            b.AssertEqual(square * square, b.PrivateInput("fourth"));
            b.PublicOutput("y", square * x);
        }));
        Assert.Equal((KeyMismatchKind.DomainSize, -1, -1), Against(b =>
        {
            Variable<TFr> a = b.PublicInput("a"), x = b.PrivateInput("x");
            Variable<TFr> square = (x * x) + a;
            b.AssertEqual(square * square, b.PrivateInput("fourth"));
            for (int i = 0; i < 8; i++)
            {
                b.AssertProduct(x + i, a, square);
            }

            b.PublicOutput("y", square * x);
        }));

        static (KeyMismatchKind, int, int) Against(Action<CircuitBuilder<TFr>> define)
        {
            ConstraintSystem<TFr> system = CircuitCompiler.Compile("other", define).System;
            using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(Whole);
            KeyMismatch mismatch = KeyConsistency.FindMismatch(key, system)!;
            return (mismatch.Kind, mismatch.Row, mismatch.Wire);
        }
    }

    [Fact]
    public void A_whole_key_is_valid_and_progress_rises_to_the_end()
    {
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(Whole);
        var reports = new List<double>();
        Assert.Null(key.Validate(new Listener(reports)));
        Assert.Equal(reports.Order(), reports);
        Assert.Equal(1, reports[^1]);
        Assert.All(reports, value => Assert.InRange(value, 0, 1));
        Assert.Null(key.Validate(null, new(1)));
    }

    /// <summary>Points of the group, each in the other's place: only the pairing of B1 with B2 can tell.</summary>
    [Theory]
    [InlineData(ZkeyFormat.B1Section)]
    [InlineData(ZkeyFormat.B2Section)]
    public void A_point_of_B_that_is_another_multiple_in_the_other_group_is_named(uint section)
    {
        KeySpan span = KeySurgery.Find(Whole, section);
        int size = section == ZkeyFormat.B1Section ? KeyFile<TCurve, TFp, TFr>.G1Bytes : KeyFile<TCurve, TFp, TFr>.G2Bytes;
        for (int wire = 0; wire < span.Length / size; wire++)
        {
            byte[] bytes = [.. Whole];
            Span<byte> place = bytes.AsSpan(span.Offset + (wire * size), size);
            if (section == ZkeyFormat.B1Section)
            {
                Iden3Encoding.Write(Affine<TFp, TCurve>.Generator, place);
            }
            else
            {
                Iden3Encoding.Write(Affine<Fp2<TFp>, TCurve>.Generator, place);
            }

            using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(bytes);
            InvalidFileException? fault = key.Validate();
            Assert.Equal(
                (FileFault.Inconsistent, KeySurgery.Find(Whole, ZkeyFormat.B2Section).Offset + (wire * (long)KeyFile<TCurve, TFp, TFr>.G2Bytes)),
                (fault!.Fault, fault.Offset));
            Assert.Contains($"point {wire} of B1 and of B2", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_point_outside_its_subgroup_is_named()
    {
        byte[] bytes = [.. Whole];
        KeySpan span = KeySurgery.Find(bytes, ZkeyFormat.B2Section);
        Iden3Encoding.Write(KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<Fp2<TFp>, TCurve>(), bytes.AsSpan(span.Offset, KeyFile<TCurve, TFp, TFr>.G2Bytes));
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(bytes);
        InvalidFileException? fault = key.Validate();
        Assert.Equal((FileFault.NotInSubgroup, (long)span.Offset), (fault!.Fault, fault.Offset));
    }

    private static KeyMismatch? Mismatch(byte[] bytes)
    {
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(bytes);
        return KeyConsistency.FindMismatch(key, System);
    }

    private static IEnumerable<byte[]> Entries() =>
        Enumerable.Range(0, Count).Select(i => Whole.AsSpan(Coefficients.Offset + 4 + (i * EntryBytes), EntryBytes).ToArray());

    private static byte[] WithEntries(IEnumerable<byte[]> entries)
    {
        byte[][] all = [.. entries];
        return KeySurgery.Assemble(KeySurgery.TakeApart(Whole).Select(part => part.Type == ZkeyFormat.CoefficientSection
            ? part with { Content = [.. BitConverter.GetBytes(all.Length), .. all.SelectMany(entry => entry)] }
            : part));
    }

    private sealed class Listener(List<double> reports) : IProgress<double>
    {
        public void Report(double value) => reports.Add(value);
    }
}
