// Owns: which rule a file breaks that did not decode.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Lint;

/// <summary>Faults of reading as findings.</summary>
internal static class PointRules
{
    /// <summary>The rule of a fault: those of points by their own, all else as malformed.</summary>
    public static Rule Of(FileFault fault) => fault switch
    {
        FileFault.NotCanonical => Rules.PointNotCanonical,
        FileFault.NotOnCurve => Rules.PointNotOnCurve,
        FileFault.NotInSubgroup => Rules.PointNotInSubgroup,
        _ => Rules.FileMalformed,
    };

    /// <summary>Takes the fault that ended the reading of a file.</summary>
    public static void Add(this Findings findings, InvalidFileException fault, FindingPlace? place = null) =>
        findings.Add(Of(fault.Fault), fault.Message, place ?? FindingPlace.AtByte(fault.Offset));

    /// <summary>The point, if it is one of its group; else a finding says why not.</summary>
    public static Affine<TField, TCurve>? Checked<TField, TCurve>(this Findings findings, string name, in Affine<TField, TCurve> point, FindingPlace place)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        if (Groth16.PointChecks.FindFault(name, point) is not { } fault)
        {
            return point;
        }

        findings.Add(Of(fault.Kind), fault.Text + ".", place);
        return null;
    }
}
