// Owns: the record of contributions in a .zkey: what is read of a good one and how a bad one is refused.

using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class DamagedBn254ContributionTests : DamagedContributionTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class DamagedBls12381ContributionTests : DamagedContributionTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class DamagedContributionTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Name = "damaged.zkey";
    private const int Hash = 64;

    private static readonly byte[] Ada = [1, 3, .. "Ada"u8];
    private static readonly byte[] Beacon = [1, 1, (byte)'b', 2, 10, 3, 2, 0xbe, 0xac];

    private static int G1 => KeyFile<TCurve, TFp, TFr>.G1Bytes;

    private static int G2 => KeyFile<TCurve, TFp, TFr>.G2Bytes;

    /// <summary>Where the type of the first contribution stands in the section's content.</summary>
    private static int TypeAt => Hash + 4 + (3 * G1) + G2 + Hash;

    [Fact]
    public void Contributions_are_read_as_they_stand()
    {
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(KeyWith(Content(2, Contribution(0, Ada), Contribution(1, Beacon))));
        PhaseTwoRecord<TCurve, TFp> record = key.Contributions;
        Assert.Equal(Enumerable.Repeat((byte)0x11, Hash), record.InitialKeyHash.ToArray());
        Assert.Equal(2, record.Contributions.Count);
        PhaseTwoContribution<TCurve, TFp> ada = record.Contributions[0], beacon = record.Contributions[1];
        Assert.Equal(("Ada", false, 0, 0), (ada.Name, ada.IsBeacon, ada.BeaconIterationsLog, ada.BeaconHash.Length));
        Assert.Equal(("b", true, 10), (beacon.Name, beacon.IsBeacon, beacon.BeaconIterationsLog));
        Assert.Equal([0xbe, 0xac], beacon.BeaconHash.ToArray());
        Assert.Equal(Affine<TFp, TCurve>.Generator, ada.DeltaAfter);
        Assert.Equal(Enumerable.Repeat((byte)0x22, Hash), ada.Transcript.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0100")]
    public void A_name_may_be_left_out(string parameters) =>
        KeyFile<TCurve, TFp, TFr>.Open(KeyWith(Content(1, Contribution(0, Convert.FromHexString(parameters))))).Dispose();

    [Theory]
    [InlineData(0, "0200", "carries a beacon's parameters")]
    [InlineData(0, "0300", "carries a beacon's parameters")]
    [InlineData(0, "01000205", "carries a beacon's parameters")]
    [InlineData(0, "020A0301BE", "carries a beacon's parameters")]
    [InlineData(1, "", "lacks its value or a number of iterations from 2^10 to 2^63")]
    [InlineData(1, "010141", "lacks its value")]
    [InlineData(1, "020A", "lacks its value")]
    [InlineData(1, "020A0300", "lacks its value")]
    [InlineData(1, "0301BE", "lacks its value")]
    [InlineData(1, "02090301BE", "lacks its value")]
    [InlineData(1, "02400301BE", "lacks its value")]
    public void A_beacon_has_its_parameters_and_nothing_else_has(uint type, string parameters, string words)
    {
        byte[] bytes = KeyWith(Content(1, Contribution(type, Convert.FromHexString(parameters))));
        Refuse(FileFault.Inconsistent, SectionAt(bytes) + TypeAt + 4, bytes, words);
    }

    [Theory]
    [InlineData("01")]
    [InlineData("02")]
    [InlineData("03")]
    [InlineData("0001")]
    [InlineData("0400")]
    [InlineData("FF00")]
    [InlineData("01014100")]
    [InlineData("010341")]
    [InlineData("01FF41")]
    [InlineData("0301")]
    [InlineData("02050100")]
    [InlineData("03000205")]
    [InlineData("01000100")]
    [InlineData("010002")]
    public void Parameters_out_of_order_doubled_unknown_or_cut_short_are_refused(string parameters)
    {
        byte[] bytes = KeyWith(Content(1, Contribution(0, Convert.FromHexString(parameters))));
        Refuse(FileFault.Inconsistent, SectionAt(bytes) + TypeAt + 4, bytes, "the parameters of contribution 1 are not 1 (name), 2 (iterations), 3 (beacon)");
    }

    [Fact]
    public void A_name_that_is_no_UTF8_is_read_with_replacements()
    {
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(KeyWith(Content(1, Contribution(0, [1, 2, 0xff, 0x41]))));
        Assert.Equal("\ufffdA", key.Contributions.Contributions[0].Name);
    }

    [Fact]
    public void Counts_of_contributions_must_not_lie()
    {
        byte[] one = Contribution(0, Ada);
        byte[] many = KeyWith(Content(uint.MaxValue, one));
        Refuse(FileFault.Truncated, SectionAt(many) + Hash + 4, many, "4294967295 contributions are announced");
        Refuse(FileFault.Truncated, null, KeyWith(Content(2, one)), "2 contributions are announced");
        Refuse(FileFault.TrailingBytes, null, KeyWith(Content(0, one)), $"section 10 has {one.Length} bytes more");
        Refuse(FileFault.TrailingBytes, null, KeyWith(Content(1, one, one)), $"section 10 has {one.Length} bytes more");

        // Room for the least that two would take, but the first takes more.
        Refuse(FileFault.Truncated, null, KeyWith(Content(2, Contribution(0, [1, 253, .. new byte[253]]), Contribution(0, []))[..^200]));
    }

    [Fact]
    public void Lengths_of_parameters_must_not_lie()
    {
        byte[] content = Content(1, Contribution(0, Ada));
        foreach (uint length in new uint[] { 6, 1000, int.MaxValue, uint.MaxValue })
        {
            byte[] bytes = KeyWith(Put(content, TypeAt + 4, length));
            Refuse(FileFault.Truncated, SectionAt(bytes) + TypeAt + 8, bytes, $"{length} bytes of parameters of contribution 1 are announced");
        }

        byte[] shorter = KeyWith(Put(content, TypeAt + 4, 0));
        Refuse(FileFault.TrailingBytes, SectionAt(shorter) + TypeAt + 8, shorter, "section 10 has 5 bytes more");
    }

    [Fact]
    public void Unknown_types_of_contribution_are_refused()
    {
        foreach (uint type in new uint[] { 2, uint.MaxValue })
        {
            byte[] bytes = KeyWith(Content(2, Contribution(0, Ada), Contribution(type, Ada)));
            Refuse(FileFault.Unsupported, SectionAt(bytes) + TypeAt + Contribution(0, Ada).Length, bytes, $"contribution 2 has the unknown type {type}");
        }
    }

    [Fact]
    public void Points_of_contributions_are_checked_fully()
    {
        (string Name, int At, bool IsG2)[] places =
        [
            ("δ", Hash + 4, false), ("s", Hash + 4 + G1, false), ("sx", Hash + 4 + (2 * G1), false), ("spx", Hash + 4 + (3 * G1), true),
        ];
        foreach ((string name, int at, bool isG2) in places)
        {
            byte[] content = Content(1, Contribution(0, Ada));
            byte[] off = (byte[])content.Clone();
            off[at] ^= 2;
            long offset = SectionAt(KeyWith(content)) + at;
            Refuse(FileFault.NotOnCurve, offset, KeyWith(off), $"{name} of contribution 1 is not on the curve");

            byte[] plusQ = (byte[])content.Clone();
            KeySurgery.Add(plusQ.AsSpan(at, KeyFile<TCurve, TFp, TFr>.FieldBytes), TFp.Modulus);
            Refuse(FileFault.NotCanonical, offset, KeyWith(plusQ), $"a coordinate of {name} of contribution 1 is not below");

            byte[] outside = (byte[])content.Clone();
            if (isG2)
            {
                Iden3Encoding.Write(KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<Fp2<TFp>, TCurve>(), outside.AsSpan(at, G2));
            }
            else if (typeof(TCurve) != typeof(Bn254))
            {
                Iden3Encoding.Write(KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<TFp, TCurve>(), outside.AsSpan(at, G1));
            }
            else
            {
                continue;
            }

            Refuse(FileFault.NotInSubgroup, offset, KeyWith(outside), $"{name} of contribution 1 is on the curve but not in the subgroup");
        }
    }

    [Fact]
    public void Every_prefix_of_the_record_is_cut_short()
    {
        byte[] content = Content(2, Contribution(0, Ada), Contribution(1, Beacon));
        for (int length = 0; length < content.Length; length += 7)
        {
            Refuse(FileFault.Truncated, null, KeyWith(content[..length]));
        }
    }

    private static byte[] Content(uint count, params byte[][] contributions) =>
        [.. Enumerable.Repeat((byte)0x11, Hash), .. BitConverter.GetBytes(count), .. contributions.SelectMany(c => c)];

    private static byte[] Contribution(uint type, byte[] parameters)
    {
        byte[] g1 = new byte[G1], g2 = new byte[G2];
        Iden3Encoding.Write(Affine<TFp, TCurve>.Generator, g1);
        Iden3Encoding.Write(Affine<Fp2<TFp>, TCurve>.Generator, g2);
        return
        [
            .. g1, .. g1, .. g1, .. g2, .. Enumerable.Repeat((byte)0x22, Hash),
            .. BitConverter.GetBytes(type), .. BitConverter.GetBytes((uint)parameters.Length), .. parameters,
        ];
    }

    private static byte[] Put(byte[] content, int at, uint value)
    {
        byte[] copy = (byte[])content.Clone();
        KeySurgery.Put(copy, at, value);
        return copy;
    }

    private static byte[] KeyWith(byte[] record) => KeySurgery.Assemble(
        KeySurgery.TakeApart(KeyFile<TCurve, TFp, TFr>.Bytes).Select(p => p.Type == ZkeyFormat.ContributionSection ? p with { Content = record } : p));

    private static long SectionAt(byte[] bytes) => KeySurgery.Find(bytes, ZkeyFormat.ContributionSection).Offset;

    private static void Refuse(FileFault fault, long? offset, byte[] bytes, params IEnumerable<string> words) =>
        Damage.Expect(fault, Name, offset, () => KeyFile<TCurve, TFp, TFr>.Open(bytes), words);
}
