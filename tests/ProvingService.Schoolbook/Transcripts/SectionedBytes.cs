// Owns: the container of iden3's files: four letters, u32 version, u32 number of sections; of each u32 type, u64 length, content.
// Integers are little-endian.

using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ProvingService.Schoolbook;

/// <summary>A file's sections by their type.</summary>
internal sealed class SectionedBytes
{
    private readonly Dictionary<uint, byte[]> sections = [];

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="Refusal">It is not such a file, is cut short, has a section twice or bytes after the last.</exception>
    public SectionedBytes(byte[] file, string magic)
    {
        var reader = new ByteReader(file);
        Refusal.MalformedUnless(Encoding.ASCII.GetString(reader.Bytes(4)) == magic && reader.UInt32() == 1, Reasons.Syntax);
        for (uint left = reader.UInt32(); left > 0; left--)
        {
            uint type = reader.UInt32();
            Refusal.MalformedUnless(sections.TryAdd(type, reader.Bytes(reader.UInt64())), Reasons.Syntax);
        }

        reader.End();
    }

    /// <summary>The types there are.</summary>
    public IReadOnlyCollection<uint> Types => sections.Keys;

    /// <summary>A section that must be there.</summary>
    public ByteReader Section(uint type)
    {
        Refusal.MalformedUnless(sections.ContainsKey(type), Reasons.Length);
        return new(sections[type]);
    }
}

/// <summary>Reads bytes from the first to the last; past the end there is a refusal.</summary>
internal sealed class ByteReader(byte[] bytes)
{
    private int at;

    public bool IsAtEnd => at == bytes.Length;

    public byte[] Bytes(ulong count)
    {
        Refusal.MalformedUnless(count <= (ulong)(bytes.Length - at), Reasons.Length);
        at += (int)count;
        return bytes[(at - (int)count)..at];
    }

    public byte Byte() => Bytes(1)[0];

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    /// <summary>A number of so many bytes.</summary>
    public BigInteger Integer(int count) => new(Bytes((ulong)count), isUnsigned: true);

    /// <summary>A prime as headers have it, after its length: it must be this one.</summary>
    public void Prime(BigInteger prime, int length) =>
        Refusal.MalformedUnless(UInt32() == length && Integer(length) == prime, Reasons.Syntax);

    /// <summary>A point.</summary>
    public Point Point(Groups groups, Curve group) => PointBytes.Read(groups, group, Bytes((ulong)PointBytes.Size(groups.Curve, group)));

    /// <summary>So many points and nothing more.</summary>
    public IReadOnlyList<Point> Points(Groups groups, Curve group, long count)
    {
        Refusal.MalformedUnless(bytes.Length - at == count * PointBytes.Size(groups.Curve, group), Reasons.Length);
        var points = new List<Point>();
        while (points.Count < count)
        {
            points.Add(Point(groups, group));
        }

        return points;
    }

    /// <summary>All bytes were read.</summary>
    public void End() => Refusal.MalformedUnless(IsAtEnd, Reasons.Length);
}
