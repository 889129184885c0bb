// Owns: what an MSM's plan needs to know of a group: sizes of its points and lengths of its scalars. Never: a device.

using System.Numerics;
using System.Runtime.CompilerServices;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>A group as the kernels see it.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Group">1 for coordinates in Fp, 2 for Fp2.</param>
internal readonly record struct MsmShape(CurveId Curve, int Group)
{
    /// <summary>Bytes of a coordinate.</summary>
    public int CoordinateBytes => (Curve == CurveId.Bls12381 ? 48 : 32) * Group;

    /// <summary>Bytes of a base.</summary>
    public int AffineBytes => 2 * CoordinateBytes;

    /// <summary>Bytes of an accumulator.</summary>
    public int XyzzBytes => 4 * CoordinateBytes;

    /// <summary>Bits of the scalar field's modulus.</summary>
    public int OrderBits => Curve == CurveId.Bls12381 ? Bls12381Fr.BitLength : Bn254Fr.BitLength;

    /// <summary>The shape of a group named by its types.</summary>
    public static MsmShape Of<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        CurveId curve = typeof(TCurve) == typeof(Bls12381) ? CurveId.Bls12381
            : typeof(TCurve) == typeof(Bn254) ? CurveId.Bn254
            : throw new NotSupportedException($"The kernels know nothing of {TCurve.GroupName}.");
        var shape = new MsmShape(curve, 1);
        return Unsafe.SizeOf<TField>() == shape.CoordinateBytes ? shape : shape with { Group = 2 };
    }
}
