// Owns: damage to the container, header, counts and coefficients of a .zkey. Points: DamagedKeyPointTests.cs. The record of
// contributions: DamagedContributionTests.cs. Keys that are whole but false: FalseKeyTests.cs.

using System.Buffers.Binary;
using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class DamagedBn254KeyTests : DamagedKeyTests<Bn254, Bn254Fp, Bn254Fr>;

public sealed class DamagedBls12381KeyTests : DamagedKeyTests<Bls12381, Bls12381Fp, Bls12381Fr>;

public abstract class DamagedKeyTests<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const string Name = "damaged.zkey";
    private const uint All = uint.MaxValue;

    private static readonly byte[] Whole = KeyFile<TCurve, TFp, TFr>.Bytes;

    protected DamagedKeyTests() => KeyFile<TCurve, TFp, TFr>.Open(Whole).Dispose();

    private static KeySpan Header => KeySurgery.Find(Whole, ZkeyFormat.HeaderSection);

    private static int WiresAt => Header.Offset + KeyFile<TCurve, TFp, TFr>.CountsAt;

    [Fact]
    public void A_whole_key_opens_and_proves()
    {
        TFr[] witness = KeyFile<TCurve, TFp, TFr>.Witness();
        Proof<TCurve, TFp> proof = KeyFile<TCurve, TFp, TFr>.Prove(Whole, witness);
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(Whole);
        Assert.True(new Verifier<TCurve, TFp, TFr>(key.VerifyingKey).Verify(proof, witness.AsSpan(1, 2)));
        Assert.Null(key.FindPointOutsideSubgroup());
        Assert.Equal((2, witness.Length), (key.PublicInputCount, key.WireCount));
    }

    [Fact]
    public void Every_prefix_is_cut_short()
    {
        for (int length = 0; length < Whole.Length; length++)
        {
            InvalidFileException e = Refuse(FileFault.Truncated, null, Whole[..length]);
            Assert.InRange(e.Offset, 0, length);
        }
    }

    [Fact]
    public void A_file_cut_at_the_end_of_a_section_says_what_is_missing()
    {
        int at = 12;
        foreach (KeyPart part in KeySurgery.TakeApart(Whole).SkipLast(1))
        {
            at += 12 + part.Content.Length;
            Refuse(FileFault.Truncated, at, Whole[..at], $"the file ends at byte {at}", "12 bytes are needed here", "cut short");
        }
    }

    [Fact]
    public void The_magic_must_be_that_of_a_zkey()
    {
        Refuse(FileFault.WrongMagic, 0, With(b => "r1cs"u8.CopyTo(b)), "not a .zkey file", "'r1cs'");
        Refuse(FileFault.WrongMagic, 0, With(b => b[0] = 0), "not a .zkey file", "bytes 006b6579");
    }

    [Fact]
    public void The_version_must_be_known()
    {
        Refuse(FileFault.UnsupportedVersion, 4, With(b => KeySurgery.Put(b, 4, 2)), "version 2 of .zkey is not supported, only 1");
        Refuse(FileFault.UnsupportedVersion, 4, With(b => KeySurgery.Put(b, 4, All)), "version 4294967295");
    }

    [Fact]
    public void The_protocol_must_be_Groth16()
    {
        int at = KeySurgery.Find(Whole, ZkeyFormat.ProtocolSection).Offset;
        Refuse(FileFault.Unsupported, at, With(b => KeySurgery.Put(b, at, 2)), "the key is for protocol 2; only 1, Groth16");
        Refuse(FileFault.Unsupported, at, With(b => KeySurgery.Put(b, at, 0)), "protocol 0");
    }

    [Fact]
    public void A_key_over_the_other_curve_is_refused_by_name()
    {
        if (typeof(TCurve) == typeof(Bn254))
        {
            Damage.Expect(
                FileFault.WrongField,
                Name,
                Header.Offset,
                () => KeyFile<Bls12381, Bls12381Fp, Bls12381Fr>.Open(Whole),
                "the key is over BN254 Fr, and a key over BLS12-381 Fr is asked for");
        }
        else
        {
            Damage.Expect(
                FileFault.WrongField,
                Name,
                Header.Offset,
                () => KeyFile<Bn254, Bn254Fp, Bn254Fr>.Open(Whole),
                "the key is over BLS12-381 Fr, and a key over BN254 Fr is asked for");
        }
    }

    [Fact]
    public void Unknown_moduli_are_refused()
    {
        int q = Header.Offset + 4, r = q + KeyFile<TCurve, TFp, TFr>.FieldBytes + 4;
        byte[] otherBase = With(b => b[q] ^= 2), otherScalar = With(b => b[r] ^= 2);
        Refuse(FileFault.WrongField, Header.Offset, otherBase, $"a key over {TFr.Name} is asked for");
        Refuse(FileFault.WrongField, Header.Offset, otherScalar, "the prime field of", $"a key over {TFr.Name} is asked for");
        Refuse(FileFault.WrongField, q, With(b => b[q] ^= 1), "not an odd prime");
        Refuse(FileFault.WrongField, r, With(b => b.AsSpan(r, 32).Clear()), "not an odd prime");
        using var folder = new TemporaryFolder();
        string path = folder.File("foreign.zkey");
        foreach (byte[] bytes in new[] { otherBase, otherScalar })
        {
            File.WriteAllBytes(path, bytes);
            Damage.Expect(
                FileFault.WrongField, path, Header.Offset, () => ZkeyFormat.ReadHeader(path), "neither BLS12-381 nor BN254");
        }
    }

    [Fact]
    public void Moduli_in_an_unusual_number_of_bytes_are_refused()
    {
        int q = Header.Offset, r = q + 4 + KeyFile<TCurve, TFp, TFr>.FieldBytes;
        foreach (uint length in new uint[] { 0, 7, 31, 136, All })
        {
            Refuse(FileFault.Inconsistent, q, With(b => KeySurgery.Put(b, q, length)), $"field elements of {length} bytes are announced");
            Refuse(FileFault.Inconsistent, r, With(b => KeySurgery.Put(b, r, length)), $"field elements of {length} bytes are announced");
        }

        // The same primes with eight zero bytes more: other readers would then take every point to be longer.
        foreach (int at in new[] { q, r })
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(at));
            byte[] padded = WithSection(ZkeyFormat.HeaderSection, content =>
            {
                int end = at - q + 4 + length;
                byte[] longer = [.. content[..end], .. new byte[8], .. content[end..]];
                KeySurgery.Put(longer, at - q, (uint)length + 8);
                return longer;
            });
            Refuse(FileFault.Inconsistent, at, padded, $"in {length + 8} bytes");
        }
    }

    [Fact]
    public void Protocol_and_header_must_stand_first()
    {
        List<KeyPart> parts = KeySurgery.TakeApart(Whole);
        Refuse(FileFault.Inconsistent, 12, KeySurgery.Assemble([parts[1], parts[0], .. parts[2..]]), "out of order", "1 (protocol) and 2 (header)");
        Refuse(FileFault.Inconsistent, 12, KeySurgery.Assemble([.. parts[2..], parts[0], parts[1]]), "out of order");
        Refuse(FileFault.Inconsistent, 12, KeySurgery.Assemble([parts[0], parts[2], parts[1], .. parts[3..]]), "out of order");
    }

    [Fact]
    public void The_other_sections_may_stand_in_any_order_and_unknown_ones_are_skipped()
    {
        List<KeyPart> parts = KeySurgery.TakeApart(Whole);
        byte[] turned = KeySurgery.Assemble([parts[0], parts[1], .. parts[2..].AsEnumerable().Reverse(), new(77, [1, 2, 3])]);
        Assert.NotNull(KeyFile<TCurve, TFp, TFr>.Prove(turned, KeyFile<TCurve, TFp, TFr>.Witness()));
    }

    [Fact]
    public void No_section_may_be_missing()
    {
        string[] contents = ["protocol", "header", "points IC", "coefficients", "points A", "points B1", "points B2", "points C", "points H", "contributions"];
        List<KeyPart> parts = KeySurgery.TakeApart(Whole);
        for (uint type = 1; type <= 10; type++)
        {
            string words = $"section {type} ({contents[type - 1]}) is missing";
            Refuse(FileFault.MissingSection, -1, KeySurgery.Assemble(parts.Where(p => p.Type != type)), words);
            Refuse(FileFault.MissingSection, -1, KeySurgery.Assemble(parts.Select(p => p.Type == type ? p with { Type = 99 } : p)), words);
        }

        Refuse(FileFault.MissingSection, -1, KeySurgery.Assemble(), "section 1");
    }

    [Fact]
    public void No_section_may_occur_twice()
    {
        List<KeyPart> parts = KeySurgery.TakeApart(Whole);
        foreach (KeyPart part in parts)
        {
            Refuse(FileFault.DuplicateSection, Whole.Length, KeySurgery.Assemble([.. parts, part]), $"section {part.Type} occurs a second time");
        }

        int last = KeySurgery.Find(Whole, ZkeyFormat.ContributionSection).Offset - 12;
        Refuse(FileFault.DuplicateSection, last, With(b => KeySurgery.Put(b, last, 5)), "section 5 occurs a second time");
    }

    [Fact]
    public void Sections_of_different_lengths_cannot_be_swapped()
    {
        byte[] swapped = KeySurgery.Assemble(KeySurgery.TakeApart(Whole).Select(p => p with { Type = p.Type switch { 5 => 8, 8 => 5, var t => t } }));
        InvalidFileException e = Refuse(FileFault.Truncated, null, swapped, "section 5 (points A)", "the header calls for");
        Assert.Equal(KeySurgery.Find(swapped, 5).Offset, e.Offset);
    }

    [Fact]
    public void Lengths_of_sections_must_not_lie()
    {
        foreach (KeyPart part in KeySurgery.TakeApart(Whole))
        {
            int at = KeySurgery.Find(Whole, part.Type).Offset - 8;
            foreach (ulong length in new[] { 1UL << 63, ulong.MaxValue, (1UL << 63) - 1, (ulong)Whole.Length })
            {
                byte[] bytes = With(b => BinaryPrimitives.WriteUInt64LittleEndian(b.AsSpan(at), length));
                Refuse(FileFault.Truncated, at, bytes, $"section {part.Type} announces {length} bytes", "its length lies");
            }

            // One byte more or less moves all that follows, so what is noticed depends on where the reader then lands.
            foreach (int change in new[] { -1, 1 })
            {
                byte[] bytes = With(b => BinaryPrimitives.WriteUInt64LittleEndian(b.AsSpan(at), (ulong)(part.Content.Length + change)));
                Assert.Throws<InvalidFileException>(() => KeyFile<TCurve, TFp, TFr>.Open(bytes));
            }
        }
    }

    [Fact]
    public void Sections_must_have_the_length_that_the_header_calls_for()
    {
        foreach (uint type in new uint[] { 1, 3, 4, 5, 6, 7, 8, 9 })
        {
            int at = KeySurgery.Find(Whole, type).Offset;
            Refuse(FileFault.TrailingBytes, at, WithSection(type, c => [.. c, 0]), $"section {type}", "the header calls for");
            Refuse(FileFault.Truncated, at, WithSection(type, c => c[..^1]), $"section {type}", "the header calls for");
            Assert.Throws<InvalidFileException>(() => KeyFile<TCurve, TFp, TFr>.Open(WithSection(type, _ => [])));
        }

        Refuse(FileFault.TrailingBytes, Header.Offset + Header.Length, WithSection(2, c => [.. c, 0]), "section 2 has 1 bytes more");
        Refuse(FileFault.Truncated, null, WithSection(2, c => c[..^1]), "section 2 ends at byte");
        Refuse(FileFault.Truncated, null, WithSection(2, c => c[..20]), "section 2 ends at byte");
    }

    [Fact]
    public void The_number_of_sections_must_not_lie()
    {
        Refuse(FileFault.Truncated, Whole.Length, With(b => KeySurgery.Put(b, 8, 11)), "cut short");
        Refuse(FileFault.TrailingBytes, null, With(b => KeySurgery.Put(b, 8, 9)), "follow the last section");
        Refuse(FileFault.Inconsistent, 8, With(b => KeySurgery.Put(b, 8, All)), "announces 4294967295 sections; at most 64");
    }

    [Fact]
    public void Nothing_may_follow_the_last_section()
    {
        Refuse(FileFault.TrailingBytes, Whole.Length, [.. Whole, 0], "1 bytes follow the last section");
        Refuse(FileFault.TrailingBytes, Whole.Length, [.. Whole, .. Whole], "follow the last section");
    }

    [Fact]
    public void Counts_of_wires_must_not_lie()
    {
        uint wires = BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(WiresAt));
        int a = KeySurgery.Find(Whole, ZkeyFormat.ASection).Offset;
        Refuse(FileFault.Truncated, a, With(b => KeySurgery.Put(b, WiresAt, wires + 1)), "section 5 (points A)");
        Refuse(FileFault.TrailingBytes, a, With(b => KeySurgery.Put(b, WiresAt, wires - 1)), "section 5 (points A)");
        Refuse(FileFault.Truncated, a, With(b => KeySurgery.Put(b, WiresAt, 1u << 28)), "section 5 (points A)");
        Refuse(FileFault.Inconsistent, WiresAt, With(b => KeySurgery.Put(b, WiresAt, (1u << 28) + 1)), "at most 2^28 wires");
        Refuse(FileFault.Inconsistent, WiresAt, With(b => KeySurgery.Put(b, WiresAt, All)), "a circuit of 4294967295 wires");
        Refuse(FileFault.Inconsistent, WiresAt, With(b => KeySurgery.Put(b, WiresAt, 0)), "a circuit of 0 wires");
    }

    [Fact]
    public void Counts_of_public_inputs_must_not_lie()
    {
        uint wires = BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(WiresAt));
        int c = KeySurgery.Find(Whole, ZkeyFormat.CSection).Offset;
        Refuse(FileFault.TrailingBytes, c, With(b => KeySurgery.Put(b, WiresAt + 4, 3)), "section 8 (points C)");
        Refuse(FileFault.Truncated, c, With(b => KeySurgery.Put(b, WiresAt + 4, 1)), "section 8 (points C)");
        Refuse(FileFault.Inconsistent, WiresAt, With(b => KeySurgery.Put(b, WiresAt + 4, wires)), $"cannot have {wires} public inputs");
        Refuse(FileFault.Inconsistent, WiresAt, With(b => KeySurgery.Put(b, WiresAt + 4, All)), "cannot have 4294967295 public inputs");
    }

    [Fact]
    public void The_domain_must_be_a_power_of_two_that_fits()
    {
        int at = WiresAt + 8;
        uint domain = BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(at));
        foreach (uint size in new uint[] { 0, 1, 2, domain - 1, domain + 1, 1u << 28, 1u << 31, All })
        {
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at, size)), $"the domain size {size} is not a power of two");
        }

        int h = KeySurgery.Find(Whole, ZkeyFormat.HSection).Offset;
        Refuse(FileFault.Truncated, h, With(b => KeySurgery.Put(b, at, 2 * domain)), "section 9 (points H)");
        Refuse(FileFault.Truncated, h, With(b => KeySurgery.Put(b, at, 1u << 27)), "section 9 (points H)");
        Refuse(FileFault.TrailingBytes, h, With(b => KeySurgery.Put(b, at, domain / 2)), "section 9 (points H)");
    }

    [Fact]
    public void The_number_of_coefficients_must_not_lie()
    {
        int at = KeySurgery.Find(Whole, ZkeyFormat.CoefficientSection).Offset;
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(at));
        Refuse(FileFault.Unsupported, at, With(b => KeySurgery.Put(b, at, All)), "4294967295 coefficients are more than");
        Refuse(FileFault.Truncated, at, With(b => KeySurgery.Put(b, at, int.MaxValue)), "section 4 (coefficients)");
        Refuse(FileFault.Truncated, at, With(b => KeySurgery.Put(b, at, count + 1)), "section 4 (coefficients)");
        Refuse(FileFault.TrailingBytes, at, With(b => KeySurgery.Put(b, at, count - 1)), "section 4 (coefficients)");
        Refuse(FileFault.Truncated, at, WithSection(4, _ => [1, 0]), "section 4 ends");
    }

    [Fact]
    public void Every_coefficient_must_be_inside_its_matrix_and_below_r()
    {
        KeySpan section = KeySurgery.Find(Whole, ZkeyFormat.CoefficientSection);
        int size = 12 + KeyFile<TCurve, TFp, TFr>.ScalarBytes, count = (section.Length - 4) / size;
        uint wires = BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(WiresAt)), domain = BinaryPrimitives.ReadUInt32LittleEndian(Whole.AsSpan(WiresAt + 8));
        foreach (int i in new[] { 0, 1, count / 2, count - 1 })
        {
            int at = section.Offset + 4 + (i * size);
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at, 2)), $"coefficient {i} belongs to matrix 2");
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at, All)), $"coefficient {i} belongs to matrix 4294967295");
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at + 4, domain)), $"coefficient {i} stands in row {domain} of {domain}");
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at + 4, All)), $"coefficient {i} stands in row 4294967295");
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at + 8, wires)), $"coefficient {i} stands at wire {wires} of {wires}");
            Refuse(FileFault.Inconsistent, at, With(b => KeySurgery.Put(b, at + 8, All)), $"coefficient {i} stands at wire 4294967295");
            byte[] plusR = With(b => KeySurgery.Add(b.AsSpan(at + 12, size - 12), TFr.Modulus));
            Refuse(FileFault.NotCanonical, at, plusR, $"coefficient {i} is not below the order");
            Refuse(FileFault.NotCanonical, at, With(b => b.AsSpan(at + 12, size - 12).Fill(0xff)), $"coefficient {i} is not below the order");
        }
    }

    private static byte[] With(Action<byte[]> damage)
    {
        byte[] bytes = (byte[])Whole.Clone();
        damage(bytes);
        return bytes;
    }

    private static byte[] WithSection(uint type, Func<byte[], byte[]> damage) =>
        KeySurgery.Assemble(KeySurgery.TakeApart(Whole).Select(p => p.Type == type ? p with { Content = damage(p.Content) } : p));

    private static InvalidFileException Refuse(FileFault fault, long? offset, byte[] bytes, params IEnumerable<string> words) =>
        Damage.Expect(fault, Name, offset, () => KeyFile<TCurve, TFp, TFr>.Open(bytes), words);
}
