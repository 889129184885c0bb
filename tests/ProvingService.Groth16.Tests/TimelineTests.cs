// Owns: what a listener hears of a proof's phases, and the times that are made of it.

using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Groth16.Tests;

public sealed class Bls12381TimelineTests : TimelineLaws<Bls12381, Bls12381Fp, Bls12381Fr>;

public sealed class Bn254TimelineTests : TimelineLaws<Bn254, Bn254Fp, Bn254Fr>;

[Trait("Kernels", "any")]
public abstract class TimelineLaws<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly ProvingPhase[] All = Enum.GetValues<ProvingPhase>();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Each_phase_begins_and_ends_once_in_an_order_that_can_be(int threads)
    {
        IReadOnlyList<PhaseSpan> spans = Prove(CpuEngine.Default, CpuEngine.Default, threads);
        Assert.Equal(All, spans.Select(span => span.Phase).Order());
        Dictionary<ProvingPhase, PhaseSpan> by = spans.ToDictionary(span => span.Phase);
        Assert.All(spans, span => Assert.True(span.Begun <= span.Ended, span.ToString()));
        foreach ((ProvingPhase earlier, ProvingPhase later) in (ReadOnlySpan<(ProvingPhase, ProvingPhase)>)
            [
                (ProvingPhase.Witness, ProvingPhase.MsmA), (ProvingPhase.Witness, ProvingPhase.MsmB), (ProvingPhase.Witness, ProvingPhase.MsmC),
                (ProvingPhase.Witness, ProvingPhase.Products), (ProvingPhase.Products, ProvingPhase.Quotient), (ProvingPhase.Quotient, ProvingPhase.MsmH),
                (ProvingPhase.MsmA, ProvingPhase.Verification), (ProvingPhase.MsmB, ProvingPhase.Verification),
                (ProvingPhase.MsmC, ProvingPhase.Verification), (ProvingPhase.MsmH, ProvingPhase.Verification),
            ])
        {
            Assert.True(by[earlier].Ended <= by[later].Begun, $"{earlier} ends after {later} begins");
        }
    }

    [Fact]
    public void Work_that_is_done_anew_has_spans_of_its_own()
    {
        var engine = new PortableKeyEngine { Lie = KeyWork.B2 };
        IReadOnlyList<PhaseSpan> spans = Prove(engine, engine, 1);
        Assert.Equal(2, spans.Count(span => span.Phase == ProvingPhase.MsmB));
        Assert.Equal(2, spans.Count(span => span.Phase == ProvingPhase.Verification));
        Assert.Equal(1, spans.Count(span => span.Phase == ProvingPhase.Witness));
        Assert.All(spans, span => Assert.NotNull(span.Ended));
    }

    [Fact]
    public void Phases_that_an_engine_left_open_end_before_they_begin_again()
    {
        var changes = new List<PhaseChange>();
        var reporter = new PhaseReporter(new Listener(changes));
        reporter.Report(new(KeyWork.B2, HasEnded: false));
        reporter.Report(new(KeyWork.B2, HasEnded: true));
        reporter.EndAll();
        reporter.End(ProvingPhase.MsmB);
        reporter.Begin(ProvingPhase.MsmB);
        reporter.Begin(ProvingPhase.MsmB);
        reporter.End(ProvingPhase.MsmB);
        Assert.Equal([new(ProvingPhase.MsmB, false), new(ProvingPhase.MsmB, true), new(ProvingPhase.MsmB, false)], changes);
        reporter.End(ProvingPhase.MsmB);
        Assert.Equal(new(ProvingPhase.MsmB, true), changes[^1]);
        Assert.Equal(4, changes.Count);
    }

    [Fact]
    public void A_timeline_passes_changes_on_and_leaves_open_what_has_no_end()
    {
        var changes = new List<PhaseChange>();
        var timeline = new ProofTimeline(new Listener(changes));
        timeline.Report(new(ProvingPhase.MsmA, HasEnded: true));
        timeline.Report(new(ProvingPhase.MsmA, HasEnded: false));
        Assert.Null(Assert.Single(timeline.Spans).Ended);
        timeline.Report(new(ProvingPhase.MsmA, HasEnded: true));
        PhaseSpan span = Assert.Single(timeline.Spans);
        Assert.True(span.Begun <= span.Ended && span.Ended <= timeline.Elapsed);
        Assert.Equal(3, changes.Count);
    }

    private static IReadOnlyList<PhaseSpan> Prove(IMsmEngine msm, INttEngine ntt, int threads)
    {
        using ProvingKey<TCurve, TFp, TFr> key = KeyFile<TCurve, TFp, TFr>.Open(KeyFile<TCurve, TFp, TFr>.Bytes);
        using var prover = new Prover<TCurve, TFp, TFr>(key, msm, ntt);
        var timeline = new ProofTimeline();
        prover.Prove(KeyFile<TCurve, TFp, TFr>.Witness(), timeline, new(threads));
        return timeline.Spans;
    }

    private sealed class Listener(List<PhaseChange> changes) : IProgress<PhaseChange>
    {
        public void Report(PhaseChange value) => changes.Add(value);
    }
}
