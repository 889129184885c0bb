// Owns: that the schoolbook accepts transcripts which the product makes, and refuses them with any one part changed.

using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Numerics;
using ProvingService.Adversarial;
using ProvingService.Algebra;
using ProvingService.Setup;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Schoolbook.Tests;

[Trait("Kernels", "any")]
public sealed class TranscriptTests
{
    public static TheoryData<string> Curves => ["bn254", "bls12-381"];

    [Theory]
    [MemberData(nameof(Curves))]
    public void True_transcripts_are_accepted(string curve)
    {
        SmallCeremony ceremony = SmallCeremony.Of(curve);
        Parallel.ForEach(["2-2.ptau", "2.ptau", "3.ptau", "cut.ptau"], powers =>
            Assert.Equal(new("accept", "valid", null), ceremony.Judge.JudgePowers(ceremony.Bytes(powers))));
        Parallel.ForEach([("2-1", "2"), ("2-2", "2"), ("3-2", "3"), ("cut-1", "cut"), ("bellman", "2")], files => Assert.Equal(
            new("accept", "valid", null), ceremony.Judge.JudgeKey(ceremony.Bytes($"{files.Item1}.zkey"), ceremony.R1cs, ceremony.Bytes($"{files.Item2}.ptau"))));
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void Without_contributions_and_with_other_powers_there_is_no_yes(string curve)
    {
        SmallCeremony ceremony = SmallCeremony.Of(curve);
        Assert.Equal(new("reject", "no-contributions", null), ceremony.Judge.JudgePowers(ceremony.Bytes("2-0.ptau")));
        Assert.Equal(
            new("reject", "no-contributions", null), ceremony.Judge.JudgeKey(ceremony.Bytes("2-0.zkey"), ceremony.R1cs, ceremony.Bytes("2.ptau")));
        Assert.Equal(new("reject", "wrong-powers", null), ceremony.Judge.JudgeKey(ceremony.Bytes("2-1.zkey"), ceremony.R1cs, ceremony.Bytes("3.ptau")));

        // A constant of the matrix C, which no coefficient of the key has.
        byte[] other = ceremony.R1cs;
        other[FindSection(other, 2).End.Value - 32] ^= 2;
        Assert.Equal("reject", ceremony.Judge.JudgeKey(ceremony.Bytes("2-1.zkey"), other, ceremony.Bytes("2.ptau")).Verdict);
    }

    /// <summary>
    /// What only the rule against repetition stops: true proofs and true succession, and yet one contributor counts as two, or τ, α and β are 1
    /// again and known to all.
    /// </summary>
    [Fact]
    public void Powers_that_one_party_can_undo_are_refused()
    {
        using var folder = new TemporaryFolder();
        var judge = new TranscriptJudge(new(PairingCurve.Bn254));
        Bn254Fr[] inverses = [.. new ulong[] { 5, 6, 7 }.Select(secret => Bn254Fr.Inverse(Bn254Fr.FromUInt64(secret)))];
        var undone = Powers();
        PhaseOneKey<Bn254, Bn254Fp> key = ForgedPowers<Bn254, Bn254Fp, Bn254Fr>.Prove(undone.Challenge, inverses[0], inverses[1], inverses[2]);
        undone.Multiply(inverses[0], inverses[1], inverses[2]);
        undone.Record(key);
        Assert.Equal(new("reject", "repeated", null), JudgementOf(undone));
        ForgedPowers<Bn254, Bn254Fp, Bn254Fr> twice = Powers(), other = Powers();
        twice.Contribute(5, 6, 7);
        Assert.Equal(new("reject", "repeated", null), JudgementOf(twice));
        other.Contribute(8, 9, 10);
        Assert.Equal(new("accept", "valid", null), JudgementOf(other));

        static ForgedPowers<Bn254, Bn254Fp, Bn254Fr> Powers()
        {
            var powers = new ForgedPowers<Bn254, Bn254Fp, Bn254Fr>(1);
            powers.Contribute(5, 6, 7);
            return powers;
        }

        SchoolbookVerdict JudgementOf(ForgedPowers<Bn254, Bn254Fp, Bn254Fr> powers)
        {
            powers.Write(folder.File("powers.ptau"));
            return judge.JudgePowers(File.ReadAllBytes(folder.File("powers.ptau")));
        }
    }

    /// <summary>
    /// What is added in proportion to one power of the domain's generator changes one coefficient of the transform alone: here the last, for
    /// which the file has nothing to compare it with.
    /// </summary>
    [Fact]
    public void The_last_coefficient_of_a_basis_and_of_a_quotient_is_bound()
    {
        SmallCeremony ceremony = SmallCeremony.Of("bn254");
        PairingCurve curve = PairingCurve.Bn254;
        byte[] ptau = ceremony.Bytes("2.ptau"), key = ceremony.Bytes("2-2.zkey");
        Assert.Equal(new("accept", "valid", null), ceremony.Judge.JudgePowers(ptau));
        Assert.Equal(new("accept", "valid", null), ceremony.Judge.JudgeKey(key, ceremony.R1cs, ptau));

        // The largest basis is that of 8 points, behind those of 4, 2 and 1; H has 4 points, those at the odd powers of the same generator.
        BigInteger omega = BigInteger.ModPow(curve.Omega(3), curve.R - 2, curve.R);
        AddTo(ptau, FindSection(ptau, 12).Start.Value + (7 * 64), 8, i => BigInteger.ModPow(omega, 7 * i, curve.R));
        AddTo(key, FindSection(key, 9).Start.Value, 4, i => BigInteger.ModPow(omega, 3 * ((2 * i) + 1), curve.R));
        Assert.Equal(new("reject", "lagrange", null), ceremony.Judge.JudgePowers(ptau));
        Assert.Equal(new("reject", "section-h", null), ceremony.Judge.JudgeKey(key, ceremony.R1cs, ceremony.Bytes("2.ptau")));

        void AddTo(byte[] file, int at, int count, Func<int, BigInteger> factor)
        {
            for (int i = 0; i < count; i++)
            {
                Span<byte> bytes = file.AsSpan(at + (64 * i), 64);
                Point point = PointBytes.Read(new(curve), curve.G1, bytes.ToArray());
                Point sum = curve.G1.Add(point, curve.G1.Multiply(curve.Generator1, factor(i)));
                bytes.Clear();
                ((sum.X![0] << 256) % curve.P).ToByteArray(isUnsigned: true).CopyTo(bytes);
                ((sum.Y![0] << 256) % curve.P).ToByteArray(isUnsigned: true).CopyTo(bytes[32..]);
            }
        }
    }

    /// <summary>Each point in turn is replaced by its negative, which is as good a point; no other check than the one for its place can see it.</summary>
    [Theory]
    [MemberData(nameof(Curves))]
    public void No_point_of_powers_can_be_changed(string curve)
    {
        SmallCeremony ceremony = SmallCeremony.Of(curve);
        byte[] file = ceremony.Bytes("2.ptau");
        int g1 = curve == "bn254" ? 64 : 96;
        List<(int At, int Size)> points = [];
        foreach ((uint section, int size) in ((uint, int)[])[(2, g1), (3, 2 * g1), (4, g1), (5, g1), (6, 2 * g1), (12, g1), (13, 2 * g1), (14, g1), (15, g1)])
        {
            points.AddRange(PointsOf(file, section, size));
        }

        // After the count, in the first of two contributions: τ, τ in G2, α, β, β in G2, six points of the key, three in G2.
        int at = FindSection(file, 7).Start.Value + 4;
        foreach (int size in (int[])[g1, 2 * g1, g1, g1, 2 * g1, g1, g1, g1, g1, g1, g1, 2 * g1, 2 * g1, 2 * g1])
        {
            points.Add((at, size));
            at += size;
        }

        RefuseEach(points, (place, bytes) => ceremony.Judge.JudgePowers(bytes), file, curve);
    }

    /// <inheritdoc cref="No_point_of_powers_can_be_changed"/>
    [Theory]
    [MemberData(nameof(Curves))]
    public void No_point_of_a_key_can_be_changed(string curve)
    {
        SmallCeremony ceremony = SmallCeremony.Of(curve);
        byte[] file = ceremony.Bytes("2-2.zkey"), r1cs = ceremony.R1cs, powers = ceremony.Bytes("2.ptau");
        int g1 = curve == "bn254" ? 64 : 96;
        List<(int At, int Size)> points = [];
        foreach ((uint section, int size) in ((uint, int)[])[(3, g1), (5, g1), (6, g1), (7, 2 * g1), (8, g1), (9, g1)])
        {
            points.AddRange(PointsOf(file, section, size));
        }

        // The header's end: α, β, β in G2, γ, δ, δ in G2. The record's beginning: δ, S, x·S, and x·T in G2 of the first contribution.
        int header = FindSection(file, 2).End.Value - (9 * g1), record = FindSection(file, 10).Start.Value + 68;
        foreach ((int start, int[] sizes) in ((int, int[])[])[(header, [1, 1, 2, 2, 1, 2]), (record, [1, 1, 1, 2])])
        {
            int at = start;
            foreach (int size in sizes)
            {
                points.Add((at, size * g1));
                at += size * g1;
            }
        }

        RefuseEach(points, (place, bytes) => ceremony.Judge.JudgeKey(bytes, r1cs, powers), file, curve);
    }

    /// <summary>A bit here and there of what is no point, in the records of both phases and in a key's coefficients and hash; alike on both curves.</summary>
    [Fact]
    public void No_byte_of_a_record_can_be_changed()
    {
        SmallCeremony ceremony = SmallCeremony.Of("bn254");
        byte[] ptau = ceremony.Bytes("2-2.ptau"), prepared = ceremony.Bytes("2.ptau"), key = ceremony.Bytes("2-2.zkey"), r1cs = ceremony.R1cs;
        const int G1 = 64;
        var yes = new ConcurrentBag<string>();

        // Of the last contribution: the state of its hash from the chain on, what the challenge became, type, iterations, the beacon's value. Its name
        // is nobody's to check, and bytes of the buffer count so far as they are valid.
        int contribution = ptau.Length - (19 * G1) - 216 - 64 - 8 - (2 + 6) - 2 - 5;
        int state = contribution + (19 * G1), next = state + 216, parameters = next + 64 + 8 + 2 + 6;

        // Of the one before, of which the points are gone, the count of bytes that it hashed.
        int count = FindSection(ptau, 7).Start.Value + 4 + (19 * G1) + 200;
        int[] places =
        [
            count, state, .. Enumerable.Range(state + 128, 216 - 128).Where(i => i % 8 == 0), next, next + 63, next + 64, parameters + 1, parameters + 4, ptau.Length - 1,
        ];
        Parallel.ForEach(places, at => Add("powers", at, ceremony.Judge.JudgePowers(Changed(ptau, at))));

        Range coefficients = FindSection(key, 4), record = FindSection(key, 10);
        places =
        [
            .. Enumerable.Range(coefficients.Start.Value, coefficients.End.Value - coefficients.Start.Value).Where(i => i % 61 == 0),
            record.Start.Value,
            record.Start.Value + 63,
            record.Start.Value + 64 + 4 + (5 * G1),
            record.Start.Value + 64 + 4 + (5 * G1) + 63,
            key.Length - ("end".Length + 2) - 2 - (3 + 2) - 8 - 1,
            key.Length - 1,
        ];
        Parallel.ForEach(places, at => Add("key", at, ceremony.Judge.JudgeKey(Changed(key, at), r1cs, prepared)));
        Assert.True(yes.IsEmpty, string.Join(", ", yes));

        void Add(string what, int at, SchoolbookVerdict verdict)
        {
            if (verdict.Verdict == "accept")
            {
                yes.Add($"byte {at} of {what}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void What_is_cut_short_or_no_point_is_malformed(string curve)
    {
        SmallCeremony ceremony = SmallCeremony.Of(curve);
        byte[] ptau = ceremony.Bytes("2.ptau"), key = ceremony.Bytes("2-1.zkey"), r1cs = ceremony.R1cs;
        foreach (int length in (int[])[0, 3, 11, 40, ptau.Length / 2, ptau.Length - 1])
        {
            Assert.Equal("malformed", ceremony.Judge.JudgePowers(ptau[..length]).Verdict);
        }

        foreach (int length in (int[])[0, 3, 11, 40, key.Length / 2, key.Length - 1])
        {
            Assert.Equal("malformed", ceremony.Judge.JudgeKey(key[..length], r1cs, ptau).Verdict);
        }

        Assert.Equal("malformed", ceremony.Judge.JudgeKey([.. key, 0], r1cs, ptau).Verdict);
        Assert.Equal("malformed", ceremony.Judge.JudgeKey(key, r1cs[..^1], ptau).Verdict);
        Assert.Equal(new("malformed", "not-on-curve", null), ceremony.Judge.JudgePowers(Changed(ptau, FindSection(ptau, 15).Start.Value)));
        Assert.Equal(new("malformed", "not-on-curve", null), ceremony.Judge.JudgeKey(Changed(key, FindSection(key, 9).Start.Value), r1cs, ptau));
        byte[] notCanonical = [.. key];
        notCanonical.AsSpan(FindSection(key, 8).Start.Value, curve == "bn254" ? 32 : 48).Fill(255);
        Assert.Equal(new("malformed", "not-canonical", null), ceremony.Judge.JudgeKey(notCanonical, r1cs, ptau));
    }

    private static void RefuseEach(List<(int At, int Size)> points, Func<int, byte[], SchoolbookVerdict> judge, byte[] file, string curve)
    {
        PairingCurve constants = PairingCurve.Of(curve);
        var wrong = new ConcurrentBag<string>();
        Parallel.ForEach(points, point =>
        {
            byte[] changed = [.. file];
            for (int at = point.At + (point.Size / 2); at < point.At + point.Size; at += constants.ByteCount)
            {
                Span<byte> y = changed.AsSpan(at, constants.ByteCount);
                var negative = constants.P - new BigInteger(y, isUnsigned: true);
                y.Clear();
                (negative % constants.P).ToByteArray(isUnsigned: true).CopyTo(y);
            }

            SchoolbookVerdict verdict = judge(point.At, changed);
            bool isInfinity = file.AsSpan(point.At, point.Size).IndexOfAnyExcept((byte)0) < 0;
            if (verdict.Verdict != (isInfinity ? "accept" : "reject"))
            {
                wrong.Add($"{point.At}: {verdict}");
            }
        });
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order()));
    }

    private static IEnumerable<(int At, int Size)> PointsOf(byte[] file, uint section, int size)
    {
        Range range = FindSection(file, section);
        for (int at = range.Start.Value; at < range.End.Value; at += size)
        {
            yield return (at, size);
        }
    }

    private static byte[] Changed(byte[] file, int at)
    {
        byte[] changed = [.. file];
        changed[at] ^= 1;
        return changed;
    }

    private static Range FindSection(byte[] file, uint type)
    {
        int at = 12;
        while (BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)) != type)
        {
            at += 12 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 4));
        }

        return (at + 12)..(at + 12 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 4)));
    }
}
