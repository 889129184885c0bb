// Owns: the secrets of a contribution to phase 1 that a public beacon determines. Iterating it: ChaChaGenerator.cs.

using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>What a beacon's stream yields, in iden3's order.</summary>
internal static class PhaseOneBeacon
{
    /// <summary>τ, α and β, then S of the three keys.</summary>
    public static SecretScalars<TFr> Derive<TCurve, TFp, TFr>(
        ReadOnlySpan<byte> value, int iterationsLog, IProgress<double>? progress, out Affine<TFp, TCurve>[] points, CancellationToken cancellationToken)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        ChaChaGenerator generator = ChaChaGenerator.FromBeacon(value, iterationsLog, progress, cancellationToken);
        SecretScalars<TFr> secrets = SecretScalars<TFr>.Allocate(3, out Span<TFr> values);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = generator.NextElement<TFr>();
        }

        points = [generator.NextG1<TCurve, TFp>(), generator.NextG1<TCurve, TFp>(), generator.NextG1<TCurve, TFp>()];
        return secrets;
    }
}
