// Owns: whether each contribution of a record follows from those before it. The points of the key: SectionChecks.cs.
//
// What a cheater gains where a check is left out:
//   transcript hash   a proof of knowledge made for another place or another ceremony passes here: a contribution of somebody
//                     else is replayed, and counts twice
//   proof             δ moves by a scalar that nobody knows to be known, such as one that cancels all before it
//   ratio of δ        the proof is about one scalar and δ moves by another
//   beacon            a contributor names a beacon and uses a secret of their own
//   secret 1          a contribution that changes nothing counts as one more contributor
//   repetition        one contributor counts as two with the same key; or δ returns to where it was, so that all between is void. −δ is as
//                     void as δ: a secret of −1 is one that everybody knows

using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>The checks of contributions one after another, in their order. Not thread-safe.</summary>
/// <param name="record">The record; its points are known to be in their subgroups.</param>
/// <param name="mostIterations">The most iterations that are repeated, of all beacons together: one that exceeds them is a fault. Null for no limit.</param>
internal sealed class ContributionChecks<TCurve, TFp, TFr>(
    PhaseTwoRecord<TCurve, TFp> record, ulong? mostIterations = null)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly ContributionChain<TCurve, TFp> chain = new(record.InitialKeyHash.Span);
    private readonly Dictionary<Affine<TFp, TCurve>, int> keys = [];

    /// <summary>After which contribution δ was where it was; 0 for the generator. −P has the x of P.</summary>
    private readonly Dictionary<TFp, int> deltas = new() { [Affine<TFp, TCurve>.Generator.X] = 0 };
    private Affine<TFp, TCurve> delta = Affine<TFp, TCurve>.Generator;
    private UInt128 iterations;

    /// <summary>The first fault of the record, or null.</summary>
    /// <param name="progress">Told about beacons, whose iterations take time.</param>
    /// <param name="options">Cancellation.</param>
    public TranscriptFault? FindFault(IProgress<SetupProgress>? progress, EngineOptions options)
    {
        for (int number = 1; number <= record.Contributions.Count; number++)
        {
            if (FindFault(number, progress, options) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    /// <summary>The first fault of the last contribution alone: those before it were checked when they came.</summary>
    public TranscriptFault? FindFaultOfLast(IProgress<SetupProgress>? progress, EngineOptions options)
    {
        for (int i = 0; i < record.Contributions.Count - 1; i++)
        {
            Take(record.Contributions[i], i + 1);
        }

        return FindFault(record.Contributions.Count, progress, options);
    }

    private TranscriptFault? FindFault(int number, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        PhaseTwoContribution<TCurve, TFp> c = record.Contributions[number - 1];
        if (c.DeltaAfter.IsInfinity || c.S.IsInfinity || c.Sx.IsInfinity || c.SpX.IsInfinity)
        {
            return Fault(TranscriptFaultKind.KeyProof, "has a point at infinity: its secret would be 0, or its proof of knowledge says nothing");
        }

        if (c.S == c.Sx)
        {
            return Fault(TranscriptFaultKind.TrivialSecret, "has the secret 1: it changes nothing");
        }

        if (keys.TryGetValue(c.S, out int earlier))
        {
            return Fault(TranscriptFaultKind.Repeated, $"has the key of contribution {earlier}: it is the same contributor once more");
        }

        if (deltas.TryGetValue(c.DeltaAfter.X, out earlier))
        {
            return Fault(
                TranscriptFaultKind.Repeated,
                earlier == 0
                    ? "leads δ back to the generator, but for the sign: everything before it is undone"
                    : $"leads δ back to where contribution {earlier} had left it, but for the sign: what lies between is undone");
        }

        byte[] transcript = chain.TranscriptOf(c.S, c.Sx);
        if (!transcript.AsSpan().SequenceEqual(c.Transcript.Span))
        {
            return Fault(
                TranscriptFaultKind.HashChain,
                "does not carry the hash of what went before it: it was made for another state, another key or another ceremony");
        }

        Affine<Fp2<TFp>, TCurve> point = ChaChaGenerator.PointOfHash<TCurve, TFp>(transcript);
        if (!new KeyProof<TCurve, TFp>(c.S, c.Sx, c.SpX).Holds(point))
        {
            return Fault(TranscriptFaultKind.KeyProof, "has a false proof of knowledge of its secret");
        }

        if (!Ratio.IsSame<TCurve, TFp>(delta, c.DeltaAfter, point, c.SpX))
        {
            return Fault(TranscriptFaultKind.NotSuccessive, "did not change δ by the secret whose knowledge it proves: it was built on another state");
        }

        if (FindFaultOfBeacon(c, progress, options) is { } words)
        {
            return Fault(TranscriptFaultKind.Beacon, words);
        }

        Take(c, number);
        return null;

        TranscriptFault Fault(TranscriptFaultKind kind, string words) =>
            new(kind, number, $"Contribution {number}{(c.Name.Length == 0 ? "" : $" ({ContributionName.Printable(c.Name)})")} {words}.");
    }

    private string? FindFaultOfBeacon(PhaseTwoContribution<TCurve, TFp> c, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        // That a beacon has its parameters, and nothing else has, is known since the record was read.
        if (!c.IsBeacon)
        {
            return null;
        }

        if (mostIterations is { } most)
        {
            iterations += UInt128.One << c.BeaconIterationsLog;
            if (iterations > most)
            {
                return $"is a beacon of 2^{c.BeaconIterationsLog} iterations; more than {most} in all are not repeated here";
            }
        }

        IProgress<double>? relay = progress is null ? null : new Relay(progress);
        ChaChaGenerator generator = ChaChaGenerator.FromBeacon(c.BeaconHash.Span, c.BeaconIterationsLog, relay, options.CancellationToken);
        TFr secret = generator.NextElement<TFr>();
        Affine<TFp, TCurve> s = generator.NextG1<TCurve, TFp>();
        return s == c.S && ScalarMultiplication.MultiplyInSubgroup<TFp, TCurve, TFr>(s, secret).ToAffine() == c.Sx
            ? null
            : "is recorded as a beacon, and the recorded value and iterations do not lead to its key";
    }

    private void Take(PhaseTwoContribution<TCurve, TFp> contribution, int number)
    {
        chain.Append(contribution);
        keys[contribution.S] = number;
        deltas[contribution.DeltaAfter.X] = number;
        delta = contribution.DeltaAfter;
    }

    private sealed class Relay(IProgress<SetupProgress> target) : IProgress<double>
    {
        public void Report(double value) => target.Report(new("beacon", value));
    }
}
