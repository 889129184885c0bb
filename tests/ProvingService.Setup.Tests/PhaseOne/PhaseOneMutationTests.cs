// Owns: a finished file damaged at every place in turn: what is refused, and where the error says that it is. What nothing in the
// format binds is listed, and shown to be only that.

using System.Buffers.Binary;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bls12381PhaseOneMutationTests : PhaseOneMutationTests<Bls12381, Bls12381Fp>;

public sealed class Bn254PhaseOneMutationTests : PhaseOneMutationTests<Bn254, Bn254Fp>;

public abstract class PhaseOneMutationTests<TCurve, TFp> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private const int Power = 3, Contributions = 3;

    private static readonly int Size1 = Iden3Encoding.PointSize<TFp, TCurve>(), Size2 = Iden3Encoding.PointSize<Fp2<TFp>, TCurve>();

    private readonly TemporaryFolder folder = new();
    private readonly byte[] bytes;
    private readonly Dictionary<uint, FileSection> sections = [];
    private readonly PhaseOneInfo original;

    /// <summary>Two contributions, then a beacon; prepared for phase 2.</summary>
    protected PhaseOneMutationTests()
    {
        PhaseOne.New(TCurve.Id, Power, At("0.ptau"));
        for (int i = 0; i < 2; i++)
        {
            using ContributionEntropy entropy = ContributionEntropy.Draw();
            PhaseOne.Contribute(At($"{i}.ptau"), At($"{i + 1}.ptau"), $"contributor {i + 1}", entropy);
        }

        PhaseOne.Beacon(At("2.ptau"), At("3.ptau"), "beacon", new byte[] { 0xa5, 0x5a, 1 }, 10);
        PhaseOne.Prepare(At("3.ptau"), At("final.ptau"));
        bytes = File.ReadAllBytes(At("final.ptau"));
        using SectionedFile file = SectionedFile.Open(At("final.ptau"), "ptau", 1);
        foreach (FileSection section in file.Sections)
        {
            sections.Add(section.Type, section);
        }

        PhaseOneReport report = PhaseOne.Verify(At("final.ptau"));
        Assert.True(report.IsTrue, report.Fault?.Text);
        original = report.Info;
    }

    [Fact]
    public void A_bit_of_the_container_or_the_header()
    {
        // The magic, version and count; each section's type and length; the header.
        List<int> places = [0, 3, 4, 7, 8, 11, .. sections.Values.SelectMany(section => new[] { (int)section.Offset - 12, (int)section.Offset - 8, (int)section.Offset - 1 })];
        FileSection header = sections[1];
        places.AddRange(Enumerable.Range((int)header.Offset, (int)header.Length));
        foreach (int place in places)
        {
            Outcome outcome = Damage(place, 0x40);
            bool isCeremonyPower = place == header.End - 1 || place >= header.End - 4;
            Assert.True(outcome.Error is not null || (isCeremonyPower && outcome.Fault is not null), $"byte {place}: {outcome}");
        }
    }

    [Fact]
    public void A_point_of_each_section()
    {
        foreach ((uint type, FileSection section) in sections.Where(s => s.Key is not 1 and not 7))
        {
            int size = type is 3 or 6 or 13 ? Size2 : Size1, count = (int)(section.Length / size);
            foreach (int index in new[] { 0, 1, count / 2, count - 1 }.Where(i => i < count).Distinct())
            {
                int place = (int)section.Offset + (index * size);
                RefusedAsPoint(place, size, place);
                Outcome outcome = Negate(place, size);
                Assert.True(outcome.Fault?.Text.Contains($"ection {type}", StringComparison.Ordinal) == true, $"point {index} of section {type}: {outcome}");
            }
        }
    }

    [Fact]
    public void Sections_that_changed_places()
    {
        byte[] changed = [.. bytes];
        bytes.AsSpan((int)sections[4].Offset, (int)sections[4].Length).CopyTo(changed.AsSpan((int)sections[5].Offset));
        bytes.AsSpan((int)sections[5].Offset, (int)sections[5].Length).CopyTo(changed.AsSpan((int)sections[4].Offset));
        Assert.Equal(TranscriptFaultKind.FirstPoints, Verify(changed).Fault?.Kind);
        changed = [.. bytes];
        bytes.AsSpan((int)sections[14].Offset, (int)sections[14].Length).CopyTo(changed.AsSpan((int)sections[15].Offset));
        Assert.Contains("Section 15", Verify(changed).Fault?.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_of_each_contribution()
    {
        int at = (int)sections[7].Offset + 4;
        for (int number = 1; number <= Contributions; number++)
        {
            // Five points after it, then S and x·S of three keys, then three proofs in G2.
            foreach (int size in (int[])[Size1, Size2, Size1, Size1, Size2, Size1, Size1, Size1, Size1, Size1, Size1, Size2, Size2, Size2])
            {
                RefusedAsPoint(at, size, at);
                Outcome outcome = Negate(at, size);
                Assert.True(outcome.Fault?.Contribution == number, $"byte {at}, contribution {number}: {outcome}");
                at += size;
            }

            int valid = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 200));
            foreach (int place in new[] { at, at + valid - 1, at + 128, at + 191 })
            {
                Outcome outcome = Damage(place, 1);
                if (number == Contributions)
                {
                    Assert.True(outcome.Fault is { Kind: TranscriptFaultKind.LastHash, Contribution: Contributions }, outcome.ToString());
                }
                else
                {
                    // Nobody can tell this from the file: the response is gone. The hash shown is no longer the one published.
                    Assert.True(outcome.Report?.IsTrue);
                    Assert.False(original.Contributions[number - 1].ResponseHash.Span.SequenceEqual(outcome.Report!.Info.Contributions[number - 1].ResponseHash.Span));
                }
            }

            // The counts of the state, the zeros after them; the next challenge; type and length.
            foreach (int place in new[] { at + 192, at + 193, at + 199, at + 200, at + 207, at + 208, at + 215 })
            {
                Outcome outcome = Damage(place, 0x80);
                Assert.True(outcome.Error is not null || outcome.Fault?.Contribution == number, outcome.ToString());
            }

            at += Blake2b512.StateLength;
            foreach (int place in new[] { at, at + 63 })
            {
                Outcome outcome = Damage(place, 1);
                Assert.True(
                    number == Contributions ? outcome.Fault is { Kind: TranscriptFaultKind.LastHash, Contribution: Contributions } : outcome.Fault?.Contribution == number + 1,
                    outcome.ToString());
            }

            at += Blake2b512.DigestLength;
            Assert.NotNull(Damage(at, 1).Error);
            Assert.NotNull(Damage(at + 3, 1).Error);
            Assert.NotNull(Damage(at + 4, 1).Error);
            Assert.NotNull(Damage(at + 7, 1).Error);
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4));
            at += 8;
            Assert.NotNull(Damage(at, 2).Error);
            Assert.NotNull(Damage(at + 1, 1).Error);

            // A name is on the record and in no hash.
            Outcome named = Damage(at + 2, 1);
            Assert.True(named.Report?.IsTrue);
            Assert.NotEqual(original.Contributions[number - 1].Name, named.Report!.Info.Contributions[number - 1].Name);
            if (number == Contributions)
            {
                int iterations = at + 2 + bytes[at + 1];
                Assert.NotNull(Damage(iterations, 4).Error);
                Assert.Equal(TranscriptFaultKind.Beacon, Damage(iterations + 1, 1).Fault?.Kind);
                Assert.NotNull(Damage(iterations + 1, 0x40).Error);
                Assert.NotNull(Damage(iterations + 3, 1).Error);
                Assert.Equal(TranscriptFaultKind.Beacon, Damage(iterations + 4, 1).Fault?.Kind);
                Assert.Equal(TranscriptFaultKind.Beacon, Damage(iterations + 6, 0x80).Fault?.Kind);
            }

            at += length;
        }

        Assert.Equal(sections[7].End, at);
    }

    [Fact]
    public void A_number_of_contributions_that_is_not_theirs()
    {
        foreach (byte mask in (byte[])[1, 2, 4, 0x80])
        {
            Assert.NotNull(Damage((int)sections[7].Offset, mask).Error);
        }
    }

    [Fact]
    public void A_header_that_contradicts_itself()
    {
        int at = (int)sections[1].End - 8;
        foreach ((byte power, byte ceremony) in ((byte, byte)[])[(Power, Power - 1), (0, Power), (29, 29), (Power, 29)])
        {
            byte[] changed = [.. bytes];
            (changed[at], changed[at + 4]) = (power, ceremony);
            InvalidFileException? error = Verify(changed).Error;
            Assert.Equal((FileFault.Inconsistent, at), (error?.Fault, error?.Offset));
            Assert.Contains($"power {power} of a ceremony of power {ceremony} is announced", error?.Message, StringComparison.Ordinal);
        }

        byte[] longer = [.. bytes[..(at + 8)], 0, .. bytes[(at + 8)..]];
        longer[(int)sections[1].Offset - 8]++;
        Assert.Equal(FileFault.TrailingBytes, Verify(longer).Error?.Fault);
    }

    /// <summary>Another type in place of one basis's: the file is prepared by half.</summary>
    [Fact]
    public void A_basis_that_is_missing()
    {
        byte[] changed = [.. bytes];
        changed[(int)sections[13].Offset - 12] = 16;
        InvalidFileException? error = Verify(changed).Error;
        Assert.Equal(FileFault.MissingSection, error?.Fault);
        Assert.Contains("only 12 and 14 and 15 are there", error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_ends_early_or_late()
    {
        foreach (int length in new[] { 0, 3, 11, 100, bytes.Length / 3, bytes.Length / 2, bytes.Length - 1 })
        {
            Assert.NotNull(Verify(bytes[..length]).Error);
        }

        Assert.NotNull(Verify([.. bytes, 0]).Error);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>A bit of either coordinate leads off the curve, and the error names the point's place in the file.</summary>
    private void RefusedAsPoint(int place, int size, long offset)
    {
        foreach (int within in new[] { 0, (size / 2) + 1 })
        {
            Outcome outcome = Damage(place + within, 1);
            Assert.True(outcome.Error?.Offset == offset, $"byte {place + within}: {outcome}");
        }
    }

    /// <summary>Replaces a point by its negative, which is as good a point.</summary>
    private Outcome Negate(int place, int size)
    {
        byte[] changed = [.. bytes];
        if (size == Size1)
        {
            Assert.True(Iden3Encoding.TryDecode(bytes.AsSpan(place, size), out Affine<TFp, TCurve> point, out _));
            Iden3Encoding.Write(-point, changed.AsSpan(place));
        }
        else
        {
            Assert.True(Iden3Encoding.TryDecode(bytes.AsSpan(place, size), out Affine<Fp2<TFp>, TCurve> point, out _));
            Iden3Encoding.Write(-point, changed.AsSpan(place));
        }

        return Verify(changed);
    }

    private Outcome Damage(int place, byte mask)
    {
        byte[] changed = [.. bytes];
        changed[place] ^= mask;
        return Verify(changed);
    }

    private Outcome Verify(byte[] changed)
    {
        File.WriteAllBytes(At("damaged.ptau"), changed);
        try
        {
            return new(PhaseOne.Verify(At("damaged.ptau")), null);
        }
        catch (InvalidFileException e)
        {
            return new(null, e);
        }
    }

    private string At(string name) => Path.Combine(folder.Path, name);

    private sealed record Outcome(PhaseOneReport? Report, InvalidFileException? Error)
    {
        public TranscriptFault? Fault => Report?.Fault;
    }
}
