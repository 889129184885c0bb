// Owns: a section of points of a mapped file, and the search for the first bad one among them.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>Points of one group as they lie in a mapped section.</summary>
internal sealed class PointSection<TField, TGroup> : IDisposable
    where TField : unmanaged, IField<TField>
    where TGroup : struct, ICurveGroup<TGroup, TField>
{
    private readonly string fileName;
    private readonly MappedSection section;
    private bool isDisposed;

    /// <summary>Maps a section that must hold exactly <paramref name="count"/> points.</summary>
    public unsafe PointSection(SectionedFile file, uint type, string name, int count)
    {
        fileName = file.Name;
        Name = name;
        section = file.Map(file.Require(type, $"points {name}", (long)count * sizeof(Affine<TField, TGroup>)));
    }

    /// <summary>What errors call it.</summary>
    public string Name { get; }

    /// <summary>The points; valid until <see cref="Dispose"/>.</summary>
    public unsafe ReadOnlySpan<Affine<TField, TGroup>> Points
    {
        get
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            return new(section.Pointer, (int)(section.Length / sizeof(Affine<TField, TGroup>)));
        }
    }

    /// <summary>Reads one point out of a header and checks it fully.</summary>
    public static unsafe Affine<TField, TGroup> ReadPoint(string fileName, SectionReader reader, string name)
    {
        long position = reader.Position;
        Affine<TField, TGroup> point = default;
        reader.ReadBytes(new Span<byte>(&point, sizeof(Affine<TField, TGroup>)));
        return PointChecks.FindFault(name, point) is { } fault
            ? throw new InvalidFileException(fileName, fault.Kind, position, fault.Text + ".")
            : point;
    }

    /// <summary>The first point that is out of range or off the curve and, if asked for, outside the subgroup.</summary>
    public InvalidFileException? FindFault(bool checkSubgroup, EngineOptions options) => FindFault(checkSubgroup, 0, Points.Length, options);

    /// <summary>As above, for the points from one index up to another.</summary>
    public InvalidFileException? FindFault(bool checkSubgroup, int from, int to, EngineOptions options)
    {
        ReadOnlySpan<Affine<TField, TGroup>> points = Points[from..to];
        bool isValid = checkSubgroup
            ? Iden3Encoding.TryValidate(points, out int culprit, out _, options)
            : Iden3Encoding.TryValidateSubgroupUnchecked(points, out culprit, out _, options);
        if (isValid)
        {
            return null;
        }

        culprit += from;
        PointFault fault = PointChecks.FindFault("the point", Points[culprit])!;
        return new(fileName, fault.Kind, OffsetOf(culprit), $"point {culprit} of {Name}: {fault.Text}; the file is damaged, fetch it again.");
    }

    /// <summary>The position of a point in the file.</summary>
    public long OffsetOf(int index) => section.Section.Offset + ((long)index * Iden3Encoding.PointSize<TField, TGroup>());

    public void Dispose()
    {
        isDisposed = true;
        section.Dispose();
    }
}
