// Owns: that nothing in a finished key can be changed unseen: every section and every field of the record in turn, and that the
// refusal says where.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Bn254PhaseTwoMutationTests : PhaseTwoMutationTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class Bls12381PhaseTwoMutationTests : PhaseTwoMutationTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class PhaseTwoMutationTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const int HashLength = 64;

    private static Ceremony<TCurve, TFp, TFr> Made => Ceremony<TCurve, TFp, TFr>.Instance;

    private static int G1 => Forgery<TCurve, TFp, TFr>.G1Size;

    private static int G2 => Forgery<TCurve, TFp, TFr>.G2Size;

    /// <summary>Every section of a key with a word of what its refusal says.</summary>
    public static TheoryData<uint, string> Sections => new()
    {
        { 1, "" }, { 2, "" }, { 3, "IC" }, { 4, "oefficient" }, { 5, "of A" }, { 6, "of B1" }, { 7, "of B2" }, { 8, "of C" }, { 9, "of H" }, { 10, "" },
    };

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_flipped_bit_shows_wherever_it_is(uint section, string name)
    {
        int length = new Forgery<TCurve, TFp, TFr>(Made.Keys[3])[section].Length;
        int[] places = [.. Enumerable.Range(0, 16).Select(i => (int)((long)(length - 1) * i / 15)).Distinct()];
        foreach (int at in places)
        {
            if (section == ZkeyFormat.ContributionSection && IsPartOfAName(at))
            {
                continue;
            }

            Forgery<TCurve, TFp, TFr> key = new(Made.Keys[3]);
            key[section][at] ^= 1;
            string said = Refusal(key.WriteSections());
            Assert.True(said.Contains(name, StringComparison.Ordinal), $"byte {at} of section {section}: {said}");
        }
    }

    /// <summary>Points replaced by other points of the group, which no check of points can tell.</summary>
    [Theory]
    [InlineData(3u, "IC (section 3)")]
    [InlineData(5u, "A (section 5)")]
    [InlineData(6u, "B1 (section 6)")]
    [InlineData(7u, "B2 (section 7)")]
    [InlineData(8u, "section 8")]
    [InlineData(9u, "section 9")]
    public void Another_point_of_the_group_shows_wherever_it_is(uint section, string words)
    {
        int size = section == 7 ? G2 : G1, count = new Forgery<TCurve, TFp, TFr>(Made.Keys[3])[section].Length / size;
        for (int i = 0; i < count; i++)
        {
            Forgery<TCurve, TFp, TFr> key = new(Made.Keys[3]);
            Span<byte> point = key[section].AsSpan(i * size, size);
            if (section == 7)
            {
                Iden3Encoding.Write(Affine<Fp2<TFp>, TCurve>.Generator, point);
            }
            else
            {
                Iden3Encoding.Write(Affine<TFp, TCurve>.Generator, point);
            }

            string said = Refusal(key.WriteSections());
            Assert.True(said.Contains(words, StringComparison.Ordinal), $"point {i}: {said}");
            Assert.True(section > 7 || said.Contains($"Point {i} of", StringComparison.Ordinal), $"point {i}: {said}");
        }
    }

    [Fact]
    public void Every_field_of_every_contribution_is_bound()
    {
        Affine<TFp, TCurve> g1 = Forgery<TCurve, TFp, TFr>.Times(Affine<TFp, TCurve>.Generator, TFr.FromUInt64(3));
        Affine<Fp2<TFp>, TCurve> g2 = Forgery<TCurve, TFp, TFr>.Times(Affine<Fp2<TFp>, TCurve>.Generator, TFr.FromUInt64(3));
        for (int i = 0; i < 3; i++)
        {
            PhaseTwoContribution<TCurve, TFp> honest = new Forgery<TCurve, TFp, TFr>(Made.Keys[3]).Record[i];
            byte[] transcript = honest.Transcript.ToArray();
            transcript[i] ^= 1;
            Expect(i, honest with { DeltaAfter = g1 }, TranscriptFaultKind.NotSuccessive);
            Expect(i, honest with { S = g1 }, TranscriptFaultKind.HashChain);
            Expect(i, honest with { Sx = g1 }, TranscriptFaultKind.HashChain);
            Expect(i, honest with { SpX = g2 }, TranscriptFaultKind.KeyProof);
            Expect(i, honest with { Transcript = transcript }, TranscriptFaultKind.HashChain);
        }

        PhaseTwoContribution<TCurve, TFp> beacon = new Forgery<TCurve, TFp, TFr>(Made.Keys[3]).Record[2];
        Expect(2, beacon with { BeaconIterationsLog = 11 }, TranscriptFaultKind.Beacon);
        Expect(2, beacon with { BeaconIterationsLog = 9 }, TranscriptFaultKind.Beacon);
        Expect(2, beacon with { BeaconHash = new byte[] { 1 } }, TranscriptFaultKind.Beacon);
        Expect(2, beacon with { BeaconHash = default }, TranscriptFaultKind.Beacon);
        Expect(0, new Forgery<TCurve, TFp, TFr>(Made.Keys[3]).Record[0] with { IsBeacon = true, BeaconHash = beacon.BeaconHash, BeaconIterationsLog = 10 }, TranscriptFaultKind.Beacon);

        static void Expect(int index, PhaseTwoContribution<TCurve, TFp> changed, TranscriptFaultKind kind)
        {
            Forgery<TCurve, TFp, TFr> key = new(Made.Keys[3]);
            key.Record[index] = changed;
            TranscriptFault fault = Made.Verify(key.Write()).Fault!;
            Assert.True((kind, index + 1) == (fault.Kind, fault.Contribution), $"{kind} of {index + 1} expected: {fault}");
            Assert.Contains($"Contribution {index + 1} ", fault.Text, StringComparison.Ordinal);
        }
    }

    /// <summary>The type alone: a beacon that is to look like a person's contribution keeps its parameters.</summary>
    [Fact]
    public void A_beacon_cannot_be_passed_off_as_a_contribution()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[3]);
        byte[] record = key[ZkeyFormat.ContributionSection];
        byte[] last = key.Record[2].Encode();
        record[record.Length - last.Length + (3 * G1) + G2 + HashLength] = 0;
        TranscriptFault fault = Made.Verify(key.WriteSections()).Fault!;
        Assert.Equal((TranscriptFaultKind.Beacon, 3), (fault.Kind, fault.Contribution));
        Assert.Contains("has a beacon's parameters", fault.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Contributions_cannot_be_dropped_added_or_exchanged()
    {
        foreach (Action<Forgery<TCurve, TFp, TFr>> change in (Action<Forgery<TCurve, TFp, TFr>>[])[
            key => key.Record.RemoveAt(2),
            key => key.Record.RemoveAt(0),
            key => key.Record.Clear(),
            key => key.Record.Reverse(),
            key => key.Record.Add(key.Record[0]),
            key => key.InitialHash[5] ^= 4])
        {
            Forgery<TCurve, TFp, TFr> key = new(Made.Keys[3]);
            change(key);
            Assert.NotNull(Made.Verify(key.Write()).Fault);
        }
    }

    [Fact]
    public void A_further_section_shows()
    {
        Forgery<TCurve, TFp, TFr> key = new(Made.Keys[3]);
        key.Sections.Add((11, [1]));
        Assert.Contains("has 11 sections", Refusal(key.Write()), StringComparison.Ordinal);
    }

    [Fact]
    public void Work_that_is_cancelled_leaves_no_file()
    {
        var cancelled = new EngineOptions(0, new CancellationToken(canceled: true));
        string output = Ceremony<TCurve, TFp, TFr>.NewFile(), parameters = Ceremony<TCurve, TFp, TFr>.NewFile();
        PhaseTwo.ExportBellman(Made.Keys[3], parameters);
        string[] before = Directory.GetFiles(Path.GetDirectoryName(output)!);
        using ContributionEntropy entropy = Ceremony<TCurve, TFp, TFr>.Entropy(1);
        foreach (Action work in (Action[])[
            () => PhaseTwo.New(Made.R1cs, Made.Ptau, output, null, cancelled),
            () => PhaseTwo.Contribute(Made.Keys[0], output, "", entropy, null, cancelled),
            () => PhaseTwo.Beacon(Made.Keys[0], output, "", new byte[] { 1 }, 10, null, cancelled),
            () => PhaseTwo.ExportBellman(Made.Keys[0], output, null, cancelled),
            () => PhaseTwo.ImportBellman(Made.Keys[2], parameters, output, "", null, cancelled),
            () => PhaseTwo.ContributeBellman(parameters, output, entropy, null, cancelled),
            () => PhaseTwo.Verify(Made.R1cs, Made.Ptau, Made.Keys[3], null, null, cancelled),
            () => PhaseTwo.VerifyStep(Made.Keys[0], Made.Keys[1], false, null, null, cancelled)])
        {
            Assert.ThrowsAny<OperationCanceledException>(work);
        }

        Assert.False(File.Exists(output));
        Assert.DoesNotContain(Directory.GetFiles(Path.GetDirectoryName(output)!).Except(before), file => file.EndsWith(".part", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_cut_short_anywhere_is_broken()
    {
        byte[] whole = File.ReadAllBytes(Made.Keys[3]);
        string path = Ceremony<TCurve, TFp, TFr>.NewFile();
        for (int length = 0; length < whole.Length; length += Math.Max(1, whole.Length / 40))
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<InvalidFileException>(() => Made.Verify(path));
            Assert.Throws<InvalidFileException>(() => PhaseTwo.VerifyStep(Made.Keys[2], path));
            Assert.Throws<InvalidFileException>(() => PhaseTwo.Contribute(path, path + ".out", "", Ceremony<TCurve, TFp, TFr>.Entropy(1)));
            Assert.False(File.Exists(path + ".out"));
        }
    }

    /// <summary>Names are bound by no hash, which the documentation says: a flipped bit there is no fault.</summary>
    private static bool IsPartOfAName(int at)
    {
        int start = HashLength + 4;
        foreach (PhaseTwoContribution<TCurve, TFp> contribution in new Forgery<TCurve, TFp, TFr>(Made.Keys[3]).Record)
        {
            int name = start + (3 * G1) + G2 + HashLength + 8 + 2;
            if (at >= name && at < name + contribution.Name.Length)
            {
                return true;
            }

            start += contribution.Encode().Length;
        }

        return false;
    }

    private static string Refusal(string path)
    {
        try
        {
            TranscriptFault? fault = Made.Verify(path).Fault;
            Assert.True(fault is not null, "The damage passed.");
            return fault.Text;
        }
        catch (InvalidFileException e)
        {
            return e.Message;
        }
    }
}
