// Owns: curves by the names that records and messages give them.

using ProvingService.Algebra;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>Names of curves.</summary>
internal static class CurveNames
{
    /// <summary>The curve of a record's name.</summary>
    /// <exception cref="ArgumentException">There is none such.</exception>
    public static CurveId Parse(string name)
    {
        foreach (CurveId curve in Enum.GetValues<CurveId>())
        {
            if (curve.Name() == name)
            {
                return curve;
            }
        }

        throw new ArgumentException($"There is no curve '{name}'.", nameof(name));
    }

    /// <summary>The curve in messages.</summary>
    public static Curve ToMessage(string name) => Parse(name) == CurveId.Bls12381 ? Curve.Bls12381 : Curve.Bn254;
}
