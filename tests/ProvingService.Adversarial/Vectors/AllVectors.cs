// Owns: which files of vectors there are.

using ProvingService.Algebra;

namespace ProvingService.Adversarial;

/// <summary>All vectors of a curve.</summary>
internal static class AllVectors
{
    public static IReadOnlyList<VectorFile> Build(CurveId curve) => CurveDispatch.Run(curve, new BuildAction());

    private sealed class BuildAction : ICurveAction<IReadOnlyList<VectorFile>>
    {
        public IReadOnlyList<VectorFile> Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            [VerifyVectors<TCurve, TFp, TFr>.Build(), EncodingVectors<TCurve, TFp, TFr>.Build(), BatchVectors<TCurve, TFp, TFr>.Build()];
    }
}
