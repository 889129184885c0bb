// Owns: the one step from a curve named at run time to code compiled for that curve.

namespace ProvingService.Algebra;

/// <summary>Something that is done for a curve known only at run time, written once for all curves.</summary>
/// <typeparam name="TResult">What it yields.</typeparam>
public interface ICurveAction<out TResult>
{
    /// <summary>The work, compiled once for each curve.</summary>
    TResult Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>;
}

/// <summary>Chooses the generic instantiation for a curve. A curve is looked at here, when a file or message names it, and nowhere after.</summary>
public static class CurveDispatch
{
    /// <summary>Runs <paramref name="action"/> for the given curve.</summary>
    public static TResult Run<TResult>(CurveId curve, ICurveAction<TResult> action) => curve switch
    {
        CurveId.Bls12381 => action.Run<Bls12381, Bls12381Fp, Bls12381Fr>(),
        CurveId.Bn254 => action.Run<Bn254, Bn254Fp, Bn254Fr>(),
        _ => throw new ArgumentOutOfRangeException(nameof(curve), curve, "There is no such curve."),
    };
}
