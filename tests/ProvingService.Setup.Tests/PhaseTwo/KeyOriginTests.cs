// Owns: what a key's record alone proves of its origin, and keys whose record is another's.

using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class KeyOriginTests
{
    private static Ceremony<Bn254, Bn254Fp, Bn254Fr> Made => Ceremony<Bn254, Bn254Fp, Bn254Fr>.Instance;

    private static Bn254Fr Secret => Forgery<Bn254, Bn254Fp, Bn254Fr>.Scalar(8);

    [Fact]
    public void An_honest_record_tells_its_contributions()
    {
        KeyOrigin origin = Of(Made.Keys[3]);
        Assert.Null(origin.Fault);
        Assert.Equal((3, true), (origin.Contributions, origin.EndsWithBeacon));
        Assert.Equal(Made.InitialHash, origin.InitialKeyHash.ToArray());
        Assert.False(Of(Made.Keys[2]).EndsWithBeacon);
        Assert.NotEqual(origin.TranscriptHash.ToArray(), Of(Made.Keys[2]).TranscriptHash.ToArray());
    }

    /// <summary>The record of an honest ceremony in front of points of which one party knows δ.</summary>
    [Fact]
    public void The_record_of_others_does_not_fit_a_delta_of_somebody_s_choice()
    {
        Forgery<Bn254, Bn254Fp, Bn254Fr> both = new(Made.Keys[3]), second = new(Made.Keys[3]);
        Assert.Equal((TranscriptFaultKind.Delta, 3), Kind(Of(both.Move(Secret).Write())));

        // Proofs are verified by δ in G2, which no contribution records.
        Affine<Bn254Fp, Bn254> delta = second.Delta1;
        second.Move(Secret).Delta1 = delta;
        Assert.Equal((TranscriptFaultKind.Delta, 3), Kind(Of(second.Write())));
    }

    [Fact]
    public void A_single_party_s_key_has_no_contributions_and_no_fault()
    {
        KeyOrigin origin = Of(new Forgery<Bn254, Bn254Fp, Bn254Fr>(Made.Keys[0]).Move(Secret).Write());
        Assert.Equal((0, false, null), (origin.Contributions, origin.EndsWithBeacon, origin.Fault));
    }

    [Fact]
    public void A_false_record_is_told()
    {
        Forgery<Bn254, Bn254Fp, Bn254Fr> key = new(Made.Keys[3]);
        key.Record.RemoveAt(0);
        Assert.Equal((TranscriptFaultKind.HashChain, 1), Kind(Of(key.Write())));
    }

    /// <summary>Each of several beacons may be short: their sum is what holds up whoever looks at the key.</summary>
    [Fact]
    public void Beacons_are_repeated_up_to_a_limit_of_all_of_them_together()
    {
        string second = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile();
        PhaseTwo.Beacon(Made.Keys[3], second, "", new byte[] { 9 }, Ceremony<Bn254, Bn254Fp, Bn254Fr>.BeaconLog);
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(second);
        ulong each = 1UL << Ceremony<Bn254, Bn254Fp, Bn254Fr>.BeaconLog;
        Assert.Null(Faults(2 * each));
        TranscriptFault fault = Faults((2 * each) - 1)!;
        Assert.Equal((TranscriptFaultKind.Beacon, 4), (fault.Kind, fault.Contribution));
        Assert.Contains("more than 2047 in all are not repeated here", fault.Text, StringComparison.Ordinal);
        Assert.Equal(3, Faults(each - 1)!.Contribution);

        // A record may ask for more than a life's work. That it is a lie is not found out either, and is not said.
        Forgery<Bn254, Bn254Fp, Bn254Fr> forged = new(Made.Keys[3]);
        forged.Record[2] = forged.Record[2] with { BeaconIterationsLog = 63 };
        KeyOrigin origin = Of(forged.Write());
        Assert.Equal((TranscriptFaultKind.Beacon, 3), Kind(origin));
        Assert.Contains("not repeated here", origin.Fault!.Text, StringComparison.Ordinal);

        TranscriptFault? Faults(ulong most) => new ContributionChecks<Bn254, Bn254Fp, Bn254Fr>(key.Contributions, most).FindFault(null, default);
    }

    private static (TranscriptFaultKind Kind, int Contribution)? Kind(KeyOrigin origin) =>
        origin.Fault is { } fault ? (fault.Kind, fault.Contribution) : null;

    private static KeyOrigin Of(string path)
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(path, allowInsecureKey: true);
        return KeyOrigin.Of(key);
    }
}
