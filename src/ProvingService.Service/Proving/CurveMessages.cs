// Owns: curves as records and messages have them.

using ProvingService.Algebra;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>Curves in records and messages.</summary>
internal static class CurveMessages
{
    /// <summary>The curve of a record's name.</summary>
    /// <exception cref="ArgumentException">There is none such.</exception>
    public static CurveId Parse(string name) => CurveNames.TryParse(name, out CurveId curve)
        ? curve
        : throw new ArgumentException($"There is no curve '{name}'.", nameof(name));

    /// <summary>The curve in messages.</summary>
    public static Curve ToMessage(string name) => Parse(name) == CurveId.Bls12381 ? Curve.Bls12381 : Curve.Bn254;
}
