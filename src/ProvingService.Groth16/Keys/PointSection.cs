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
    private readonly string name;
    private readonly MappedSection section;
    private bool isDisposed;

    /// <summary>Maps a section that must hold exactly <paramref name="count"/> points.</summary>
    public unsafe PointSection(SectionedFile file, uint type, string name, int count)
    {
        fileName = file.Name;
        this.name = name;
        section = file.Map(file.Require(type, $"points {name}", (long)count * sizeof(Affine<TField, TGroup>)));
    }

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

    /// <summary>The first point that is out of range or off the curve.</summary>
    public InvalidFileException? FindOffCurve(EngineOptions options) =>
        FindFirst(static point => PointChecks.FindFaultOffSubgroup("the point", point), options);

    /// <summary>The first point that is outside the subgroup, or worse.</summary>
    public InvalidFileException? FindOutsideSubgroup(EngineOptions options) =>
        FindFirst(static point => PointChecks.FindFault("the point", point), options);

    public void Dispose()
    {
        isDisposed = true;
        section.Dispose();
    }

    private unsafe InvalidFileException? FindFirst(Func<Affine<TField, TGroup>, PointFault?> check, EngineOptions options)
    {
        int first = int.MaxValue;
        Rows.ForEach(Points.Length, options, (from, to) =>
        {
            ReadOnlySpan<Affine<TField, TGroup>> points = Points;
            for (int i = from; i < to && i < Volatile.Read(ref first); i++)
            {
                if (check(points[i]) is not null)
                {
                    LowerTo(ref first, i);
                    return;
                }
            }
        });
        if (first == int.MaxValue)
        {
            return null;
        }

        PointFault fault = check(Points[first])!;
        long offset = section.Section.Offset + ((long)first * sizeof(Affine<TField, TGroup>));
        return new(fileName, fault.Kind, offset, $"point {first} of {name}: {fault.Text}; the file is damaged, fetch it again.");
    }

    private static void LowerTo(ref int target, int value)
    {
        for (int current = Volatile.Read(ref target); value < current;)
        {
            int seen = Interlocked.CompareExchange(ref target, value, current);
            if (seen == current)
            {
                return;
            }

            current = seen;
        }
    }
}
