// Owns: the last check of a key before it leaves a ceremony, and what is exported from it.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.Setup;

namespace ProvingService.Ceremony;

/// <summary>What a finished key must be.</summary>
internal static class KeyGate
{
    /// <summary>Why a key may not leave the ceremony, or null.</summary>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="ptau">The powers of tau.</param>
    /// <param name="zkey">The key after the beacon.</param>
    /// <param name="document">What was announced.</param>
    /// <param name="initial">Contributions that were in the key with which the ceremony began.</param>
    /// <param name="beacon">The beacon's value.</param>
    /// <param name="report">What the transcript says.</param>
    /// <param name="options">Threads and cancellation.</param>
    public static string? FindFault(
        string r1cs, string ptau, string zkey, CeremonyDocument document, int initial, ReadOnlySpan<byte> beacon, out PhaseTwoReport report, EngineOptions options)
    {
        report = PhaseTwo.Verify(r1cs, ptau, zkey, CpuEngine.Default, options: options);
        if (report.Fault is { } fault)
        {
            return fault.Text;
        }

        PhaseTwoEntry last = report.Contributions[^1];
        if (!last.IsBeacon || !last.BeaconHash.Span.SequenceEqual(beacon) || last.BeaconIterationsLog != document.Beacon.IterationsLog)
        {
            return $"the last contribution is not the announced beacon, hashed 2^{document.Beacon.IterationsLog} times.";
        }

        int made = report.Contributions.Count - 1 - initial;
        return made < document.MinimumContributions || report.Contributions.Skip(initial).Take(made).Any(entry => entry.IsBeacon)
            ? $"{made} contributions stand before the beacon; at least {document.MinimumContributions} that are no beacons were announced."
            : PhaseTwo.Verify(r1cs, ptau, zkey, PortableEngine.Instance, options: options).Fault is { } second
                ? $"the portable engine disagrees: {second.Text}"
                : null;
    }

    /// <summary>verification_key.json and Verifier.sol of a key.</summary>
    public static (string Json, string Solidity) Export(string zkey) => CurveDispatch.Run(ZkeyFormat.ReadHeader(zkey).Curve, new ExportAction(zkey));

    private sealed class ExportAction(string zkey) : ICurveAction<(string Json, string Solidity)>
    {
        public (string Json, string Solidity) Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey);
            return (VerifyingKeyJson.ToJson(key.VerifyingKey), SolidityVerifier.Export<TCurve, TFp, TFr>(key.VerifyingKey));
        }
    }
}
