// Owns: the last check of a key before it leaves a ceremony, and what is exported from it.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.Setup;

namespace ProvingService.Ceremony;

/// <summary>What a ceremony announced, and what came of it, as far as a circuit's key must keep to it.</summary>
/// <param name="Document">What was announced.</param>
/// <param name="InitialContributions">Contributions that were in the key with which the ceremony began: they do not count.</param>
/// <param name="Closed">When the ceremony was closed.</param>
/// <param name="Beacon">The beacon's value.</param>
/// <param name="LastHandedIn">When the last contribution was handed in.</param>
internal sealed record KeyPromise(
    CeremonyDocument Document, int InitialContributions, DateTimeOffset Closed, ReadOnlyMemory<byte> Beacon, DateTimeOffset LastHandedIn);

/// <summary>What a finished key must be.</summary>
internal static class KeyGate
{
    /// <summary>Checks a key against what its ceremony announced.</summary>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="ptau">The powers of tau.</param>
    /// <param name="zkey">The key after the beacon.</param>
    /// <param name="promise">What was announced.</param>
    /// <param name="verifyPowers">Whether phase 1 is verified too; false for the second circuit on the same powers.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>What the transcript says, with the first broken rule or relation as its fault.</returns>
    public static PhaseTwoReport Check(string r1cs, string ptau, string zkey, KeyPromise promise, bool verifyPowers, EngineOptions options)
    {
        var announcement = new BeaconAnnouncement(
            promise.Document.Beacon.Source,
            promise.Beacon,
            promise.Document.Beacon.IterationsLog,
            promise.Document.BeaconTime(promise.Closed) ?? DateTimeOffset.MaxValue,
            promise.LastHandedIn);
        return CeremonyGate.Check(
            r1cs,
            ptau,
            zkey,
            new CeremonyRules(promise.Document.MinimumContributions + promise.InitialContributions, announcement, VerifyPowersOfTau: verifyPowers),
            options: options);
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
