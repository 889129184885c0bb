// Owns: the lane kernels in emitted AVX-512 IFMA code: one call each. Instructions: AffineLaneEmitter.cs.

using System.Collections.Concurrent;

namespace ProvingService.Algebra;

/// <summary>Emits its code when it is made, once a field and process.</summary>
internal sealed unsafe class EmittedLaneKernels : LaneKernels
{
    private static readonly ConcurrentDictionary<(LanePrime, int), EmittedLaneKernels> Known = new();

    private readonly delegate* unmanaged<AffineLanes*, void> load, forward, backward, doubleForward, doubleBackward, store;
    private readonly delegate* unmanaged<FieldLanes*, void> multiply;

    private EmittedLaneKernels(LanePrime prime, int degree)
        : base(prime, degree)
    {
        load = (delegate* unmanaged<AffineLanes*, void>)AffineLaneEmitter.LoadPoints(prime, degree).Address;
        forward = (delegate* unmanaged<AffineLanes*, void>)AffineLaneEmitter.AddForward(prime, degree).Address;
        backward = (delegate* unmanaged<AffineLanes*, void>)AffineLaneEmitter.AddBackward(prime, degree).Address;
        doubleForward = (delegate* unmanaged<AffineLanes*, void>)AffineLaneEmitter.DoubleForward(prime, degree).Address;
        doubleBackward = (delegate* unmanaged<AffineLanes*, void>)AffineLaneEmitter.DoubleBackward(prime, degree).Address;
        store = (delegate* unmanaged<AffineLanes*, void>)AffineLaneEmitter.StorePoints(prime, degree).Address;
        multiply = (delegate* unmanaged<FieldLanes*, void>)AffineLaneEmitter.Multiply(prime, degree).Address;
    }

    public static EmittedLaneKernels Of(LanePrime prime, int degree) =>
        Known.GetOrAdd((prime, degree), key => new(key.Item1, key.Item2));

    public override void LoadPoints(AffineLanes* lanes) => load(lanes);

    public override void AddForward(AffineLanes* lanes) => forward(lanes);

    public override void AddBackward(AffineLanes* lanes) => backward(lanes);

    public override void DoubleForward(AffineLanes* lanes) => doubleForward(lanes);

    public override void DoubleBackward(AffineLanes* lanes) => doubleBackward(lanes);

    public override void StorePoints(AffineLanes* lanes) => store(lanes);

    public override void Multiply(FieldLanes* lanes) => multiply(lanes);
}
