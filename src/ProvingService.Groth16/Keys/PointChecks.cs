// Owns: the checks that every point from outside must pass, and the words for their failure.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>What is wrong with a point or key element from outside.</summary>
/// <param name="Kind">The kind of fault.</param>
/// <param name="Text">Which element is wrong and how, for a person, without a final stop.</param>
public sealed record PointFault(FileFault Kind, string Text);

/// <summary>Range, curve and subgroup of one point.</summary>
internal static class PointChecks
{
    /// <summary>What is wrong with a point, or null: range, curve, then subgroup.</summary>
    public static PointFault? FindFault<TField, TCurve>(string name, in Affine<TField, TCurve> point)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        !point.IsReduced() ? new(FileFault.NotCanonical, $"a coordinate of {name} is not below the modulus of the base field")
        : !point.IsOnCurve() ? new(FileFault.NotOnCurve, $"{name} is not on the curve of {TCurve.GroupName}")
        : !point.IsInSubgroup() ? new(FileFault.NotInSubgroup, $"{name} is on the curve but not in the subgroup of order r of {TCurve.GroupName}")
        : null;
}
