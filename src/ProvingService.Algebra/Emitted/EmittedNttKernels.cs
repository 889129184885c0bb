// Owns: the transforms' lane kernels in emitted AVX-512 IFMA code: one call each. Instructions: NttLaneEmitter.cs.

using System.Collections.Concurrent;

namespace ProvingService.Algebra;

/// <summary>Emits its code when it is made, once a field and process.</summary>
internal sealed unsafe class EmittedNttKernels : NttLaneKernels
{
    private static readonly ConcurrentDictionary<LanePrime, EmittedNttKernels> Known = new();

    private readonly delegate* unmanaged<NttLanes*, void> firstSplit, splitZero, split, merge, mergeZero, lastMerge;
    private readonly delegate* unmanaged<NttLanes*, void> scale, twist, multiply;

    private EmittedNttKernels(LanePrime prime)
        : base(prime)
    {
        firstSplit = Place("first split", static emitter => emitter.FirstSplit());
        splitZero = Place("split group 0", static emitter => emitter.SplitZero());
        split = Place("split", static emitter => emitter.Split());
        merge = Place("merge", static emitter => emitter.Merge());
        mergeZero = Place("merge group 0", static emitter => emitter.MergeZero());
        lastMerge = Place("last merge", static emitter => emitter.LastMerge());
        scale = Place("scale", static emitter => emitter.Scale());
        twist = Place("twist", static emitter => emitter.Twist());
        multiply = Place("multiply", static emitter => emitter.Multiply());

        delegate* unmanaged<NttLanes*, void> Place(string what, Action<NttLaneEmitter> body) =>
            (delegate* unmanaged<NttLanes*, void>)NttLaneEmitter.Emit(what, prime, body).Address;
    }

    public static EmittedNttKernels Of(LanePrime prime) => Known.GetOrAdd(prime, static key => new(key));

    public override void FirstSplit(NttLanes* lanes) => firstSplit(lanes);

    public override void SplitZero(NttLanes* lanes) => splitZero(lanes);

    public override void Split(NttLanes* lanes) => split(lanes);

    public override void Merge(NttLanes* lanes) => merge(lanes);

    public override void MergeZero(NttLanes* lanes) => mergeZero(lanes);

    public override void LastMerge(NttLanes* lanes) => lastMerge(lanes);

    public override void Scale(NttLanes* lanes) => scale(lanes);

    public override void Twist(NttLanes* lanes) => twist(lanes);

    public override void Multiply(NttLanes* lanes) => multiply(lanes);
}
