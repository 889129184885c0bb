// Owns: damaged and foreign files: each fault has its own message, and nothing large is allocated before it is found.

using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class DamagedFilesTests
{
    private static readonly byte[] R1cs = Load("small-bn128-O2.r1cs");
    private static readonly byte[] Wtns = Load("small-bn128-O2.wtns");

    // circom writes section 2 first. Its content begins at 24; the header's follows it.
    private static readonly int HeaderAt = 24 + (int)BinaryPrimitives.ReadUInt64LittleEndian(R1cs.AsSpan(16)) + 12;
    private static readonly int LabelsAt = HeaderAt + 64 + 12;
    private const int WtnsHeaderAt = 24;
    private const int WtnsValuesAt = 24 + 40 + 12;

    [Fact]
    public void WholeFilesAreRead()
    {
        R1csFile.Read<Bn254Fr>(R1cs, "small.r1cs");
        WtnsFile.Read<Bn254Fr>(Wtns, "small.wtns", 9);
    }

    [Fact]
    public void AWitnessWhoseHeaderDoesNotStandFirstIsRefused()
    {
        byte[] swapped = [.. Wtns[..12], .. Wtns[(WtnsValuesAt - 12)..], .. Wtns[12..(WtnsValuesAt - 12)]];
        InvalidFileException e = Assert.Throws<InvalidFileException>(() => WtnsFile.Read<Bn254Fr>(swapped, "swapped.wtns"));
        Assert.Equal(FileFault.Inconsistent, e.Fault);
        Assert.Contains("out of order", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void R1csFaults()
    {
        FaultR1cs(FileFault.WrongMagic, "not a .r1cs file", b => b[0] ^= 1);
        FaultR1cs(FileFault.UnsupportedVersion, "version 2", b => b[4] = 2);
        FaultR1cs(FileFault.Inconsistent, "at most 64", b => b[9] = 1);
        FaultR1cs(FileFault.Truncated, "needed here", b => b[8] = 4);
        FaultR1cs(FileFault.TrailingBytes, "follow the last section", b => b[8] = 2);
        FaultR1cs(FileFault.DuplicateSection, "a second time", b => b[LabelsAt - 12] = 1);
        FaultR1cs(FileFault.MissingSection, "section 3 (labels) is missing", b => b[LabelsAt - 12] = 9);
        FaultR1cs(FileFault.MissingSection, "section 1 (header) is missing", b => b[HeaderAt - 12] = 9);
        FaultR1cs(FileFault.MissingSection, "section 2 (constraints) is missing", b => b[12] = 9);
        FaultR1cs(FileFault.Truncated, "its length lies", b => b[LabelsAt - 1] = 0x7f);
        FaultR1cs(FileFault.Truncated, "its length lies", b => b[LabelsAt - 1] = 0xff);
        FaultR1cs(FileFault.WrongField, "BN254", b => b[HeaderAt + 4] ^= 2);
        FaultR1cs(FileFault.WrongField, "not an odd prime", b => b[HeaderAt + 4] ^= 1);
        FaultR1cs(FileFault.Inconsistent, "multiples of 8", b => b[HeaderAt] = 33);
        FaultR1cs(FileFault.Inconsistent, "multiples of 8", b => b[HeaderAt + 3] = 0x7f);
        FaultR1cs(FileFault.Truncated, "the header calls for", b => b[HeaderAt + 36] = 10);
        FaultR1cs(FileFault.Inconsistent, "wires cannot hold", b => b[HeaderAt + 40] = 200);
        FaultR1cs(FileFault.Inconsistent, "wires cannot hold", b => b[HeaderAt + 52] = 1);
        FaultR1cs(FileFault.Truncated, "announced", b => b[HeaderAt + 60] = 0xff);
        FaultR1cs(FileFault.Truncated, "announced", b => b[HeaderAt + 63] = 0xff);
        FaultR1cs(FileFault.Truncated, "needed here", b => b[HeaderAt + 60] = 5);
        FaultR1cs(FileFault.TrailingBytes, "more than its content", b => b[HeaderAt + 60] = 3);
        FaultR1cs(FileFault.Truncated, "terms are announced", b => b[27] = 0xff);
        FaultR1cs(FileFault.Inconsistent, "uses wire 250", b => b[28] = 250);
        FaultR1cs(FileFault.NotCanonical, "coefficient is not below the prime", b => b.AsSpan(32, 32).Fill(0xff));
        FaultR1cs(FileFault.Inconsistent, "has label", b => b[LabelsAt + 7] = 1);
        FaultR1cs(FileFault.TrailingBytes, "follow the last section", b => { }, extra: 1);
        FaultR1cs(FileFault.Truncated, "cut short", b => { }, extra: -1);
    }

    /// <summary>Where a file is cut must not matter: every prefix is refused.</summary>
    [Fact]
    public void EveryPrefixIsRefused()
    {
        for (int length = 0; length < R1cs.Length; length++)
        {
            Assert.Throws<InvalidFileException>(() => R1csFile.Read<Bn254Fr>(R1cs.AsMemory(0, length), "cut"));
        }

        for (int length = 0; length < Wtns.Length; length++)
        {
            Assert.Throws<InvalidFileException>(() => WtnsFile.Read<Bn254Fr>(Wtns.AsMemory(0, length), "cut"));
        }
    }

    [Fact]
    public void AWireTwiceInOneCombinationIsRefused()
    {
        // The last constraint squares a sum: make its second wire its first.
        byte[] bytes = (byte[])R1cs.Clone();
        int at = 24;
        while (BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)) < 2)
        {
            at += 4 + (36 * BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)));
        }

        bytes.AsSpan(at + 4, 4).CopyTo(bytes.AsSpan(at + 40));
        var e = Assert.Throws<InvalidFileException>(() => R1csFile.Read<Bn254Fr>(bytes, "twice"));
        Assert.Equal(FileFault.Inconsistent, e.Fault);
        Assert.Contains("twice", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CustomGatesAreRefused()
    {
        byte[] bytes = [.. R1cs, 4, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        bytes[8] = 4;
        Assert.Equal(FileFault.Unsupported, Assert.Throws<InvalidFileException>(() => R1csFile.Read<Bn254Fr>(bytes, "gates")).Fault);
        bytes[^4] = 0;
        R1csFile.Read<Bn254Fr>(bytes, "empty gates");
    }

    [Fact]
    public void WtnsFaults()
    {
        FaultWtns(FileFault.WrongMagic, "not a .wtns file", b => b[3] = 0);
        FaultWtns(FileFault.UnsupportedVersion, "version 1", b => b[4] = 1);
        FaultWtns(FileFault.DuplicateSection, "a second time", b => b[WtnsValuesAt - 12] = 1);
        FaultWtns(FileFault.MissingSection, "section 2 (witness)", b => b[WtnsValuesAt - 12] = 7);
        FaultWtns(FileFault.WrongField, "BN254", b => b[WtnsHeaderAt + 4] ^= 2);
        FaultWtns(FileFault.Truncated, "the header calls for", b => b[WtnsHeaderAt + 39] = 0xff);
        FaultWtns(FileFault.TrailingBytes, "the header calls for", b => b[WtnsHeaderAt + 36] = 8);
        FaultWtns(FileFault.Inconsistent, "must be there and be 1", b => b[WtnsValuesAt] = 2);
        FaultWtns(FileFault.NotCanonical, "witness element is not below", b => b.AsSpan(WtnsValuesAt + 32, 32).Fill(0xff));
        FaultWtns(FileFault.NotCanonical, "witness element is not below", b =>
            Bn254Fr.Modulus.TryWriteBytes(b.AsSpan(WtnsValuesAt + 32, 32), out _, isUnsigned: true));
        FaultWtns(FileFault.Inconsistent, "belongs to another circuit", _ => { }, wires: 10);
    }

    [Fact]
    public void TheOtherCurveIsNamed()
    {
        byte[] foreign = Load("small-bls12381-O2.r1cs");
        var e = Assert.Throws<InvalidFileException>(() => R1csFile.Read<Bn254Fr>(foreign, "foreign.r1cs"));
        Assert.Equal(FileFault.WrongField, e.Fault);
        Assert.Contains("BLS12-381 Fr", e.Message, StringComparison.Ordinal);
        Assert.Contains("BN254 Fr is asked for", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("foreign.r1cs, byte ", e.Message, StringComparison.Ordinal);
        Assert.Equal(
            FileFault.WrongField,
            Assert.Throws<InvalidFileException>(() => WtnsFile.Read<ToyField>(Wtns, "foreign.wtns")).Fault);
    }

    [Theory]
    [InlineData("1,1,0", "expected label")]
    [InlineData("0,1,0,main.a", "expected label")]
    [InlineData("1,-2,0,main.a", "expected label")]
    [InlineData("x,1,0,main.a", "expected label")]
    [InlineData("1,1,0,", "expected label")]
    [InlineData("99999999999,1,0,main.a", "expected label")]
    [InlineData("1,1,0,main.a\n1,2,0,main.b", "line 2: label 1 occurs a second time")]
    [InlineData("1,3,0,main.a", "belongs to another circuit")]
    [InlineData("2000000000,1,0,main.a", "name labels up to 2000000000")]
    public void SymFaults(string text, string message)
    {
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        var e = Assert.Throws<InvalidFileException>(() => SymFile.Read(stream, "bad.sym", 3));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALineWithoutEndIsNotReadToItsEnd()
    {
        using var stream = new MemoryStream(new byte[1 << 20]);
        var e = Assert.Throws<InvalidFileException>(() => SymFile.Read(stream, "long.sym", 3));
        Assert.Contains("longer than", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Huge announced counts cost neither time nor memory.</summary>
    [Fact]
    public void LyingCountsAllocateLittle()
    {
        byte[] header = new byte[24 + 64 + 12 + 12 + 12 + 12];
        R1cs.AsSpan(0, 8).CopyTo(header);
        header[8] = 3;
        header[12] = 1;
        header[16] = 64;
        R1cs.AsSpan(HeaderAt, 64).CopyTo(header.AsSpan(24));
        header.AsSpan(24 + 36, 4).Fill(0x7f);
        header.AsSpan(24 + 60, 4).Fill(0x7f);
        header[24 + 64] = 2;
        header[24 + 64 + 4] = 12;
        header[24 + 64 + 24] = 3;
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        Assert.Throws<InvalidFileException>(() => R1csFile.Read<Bn254Fr>(header, "lies"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 1000);
    }

    [Fact]
    public void AFailedWriteLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("w.bin");
        using (var writer = new SectionedFileWriter(path, "wtns", 2, 2))
        {
            writer.BeginSection(1);
            writer.Write(5u);
            Assert.Throws<InvalidOperationException>(writer.Commit);
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
        File.WriteAllText(path, "old");
        using (new AtomicFile(path))
        {
            Assert.Equal("old", File.ReadAllText(path));
        }

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(folder.Path));
        Assert.Throws<DirectoryNotFoundException>(() => WtnsFile.Write<ToyField>(folder.File("none/w.wtns"), [ToyField.One]));
    }

    [Fact]
    public void SectionsMapFromDiskAndMemory()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("s.r1cs"), R1cs);
        using SectionedFile onDisk = SectionedFile.Open(folder.File("s.r1cs"), "r1cs", 1);
        using SectionedFile inMemory = SectionedFile.FromMemory(R1cs, "s.r1cs", "r1cs", 1);
        Assert.Equal(3, onDisk.Sections.Length);
        foreach (FileSection section in onDisk.Sections)
        {
            using MappedSection a = onDisk.Map(section), b = inMemory.Map(section);
            ReadOnlySpan<byte> expected = R1cs.AsSpan((int)section.Offset, (int)section.Length);
            Assert.True(expected.SequenceEqual(a.Slice(0, (int)section.Length)));
            Assert.True(expected.SequenceEqual(b.Slice(0, (int)section.Length)));
            Assert.Throws<ArgumentOutOfRangeException>(() => { a.Slice(1, (int)section.Length); });
        }
    }

    private static void FaultR1cs(FileFault fault, string message, Action<byte[]> damage, int extra = 0)
    {
        byte[] bytes = [.. R1cs.AsSpan(0, R1cs.Length + Math.Min(0, extra)), .. new byte[Math.Max(0, extra)]];
        damage(bytes);
        Expect(fault, message, () => R1csFile.Read<Bn254Fr>(bytes, "damaged.r1cs"));
    }

    private static void FaultWtns(FileFault fault, string message, Action<byte[]> damage, int wires = 9)
    {
        byte[] bytes = (byte[])Wtns.Clone();
        damage(bytes);
        Expect(fault, message, () => WtnsFile.Read<Bn254Fr>(bytes, "damaged.wtns", wires));
    }

    private static void Expect(FileFault fault, string message, Action read)
    {
        var e = Assert.Throws<InvalidFileException>(read);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(fault, e.Fault);
    }

    private static byte[] Load(string name) => File.ReadAllBytes(RepositoryFiles.Path($"tests/vectors/circom/{name}"));
}
