// Owns: what memory a proof will take, told before it is begun. What it then takes is measured in tests.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Upper estimates of the memory of proofs, for whoever decides whether another one is begun. A key itself takes no heap but as
/// many bytes of the page cache as its file is long, for a proof goes through all of it; the witness, 32 bytes a wire, is
/// the caller's.
/// </summary>
public static class ProvingMemory
{
    private const int ScalarBytes = 32;

    /// <summary>As the other overload, from a key's header alone; see <see cref="ZkeyFormat.ReadHeader"/>.</summary>
    public static long OfProof(ZkeyHeader header, int threads = 0)
    {
        ArgumentNullException.ThrowIfNull(header);
        return CurveDispatch.Run(header.Curve, new Estimate(header, threads));
    }

    /// <summary>
    /// Bytes, on the heap and beside it, that one proof on the processor takes at its peak at most. About
    /// 32·wires, rounded up to a power of two, + 96·domain for vectors, which a pool keeps for the next proof, + some 40 bytes
    /// a point for each sum that is made at the same time (as many as threads, five at most) + a few MiB a thread.
    /// </summary>
    /// <param name="wires">All wires, the constant included.</param>
    /// <param name="publicInputs">The public inputs.</param>
    /// <param name="domain">The domain's size, a power of two.</param>
    /// <param name="threads">Threads the proof may use; zero or less means one a core.</param>
    public static long OfProof<TCurve, TFp, TFr>(int wires, int publicInputs, int domain, int threads = 0)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        threads = threads > 0 ? threads : Environment.ProcessorCount;
        long vectors = ScalarBytes * ((long)BitOperations.RoundUpToPowerOf2((uint)wires) + (3L * domain));

        // Where transforms have no lanes, twiddles of both directions stay with the domain.
        vectors += CpuEngine.Default.Tier is KernelTier.Full or KernelTier.Vector ? 0 : (long)ScalarBytes * domain;
        (long Shared, long PerThread)[] sums =
        [
            CpuEngine.Default.ScratchBytes<TFp, TCurve>(domain, threads),
            CpuEngine.Default.ScratchBytes<Fp2<TFp>, TCurve>(wires, threads),
            CpuEngine.Default.ScratchBytes<TFp, TCurve>(wires, threads),
            CpuEngine.Default.ScratchBytes<TFp, TCurve>(wires, threads),
            CpuEngine.Default.ScratchBytes<TFp, TCurve>(wires - publicInputs - 1, threads),
        ];
        return vectors
            + sums.Select(sum => sum.Shared).OrderDescending().Take(threads).Sum()
            + (threads * sums.Max(sum => sum.PerThread));
    }

    private sealed class Estimate(ZkeyHeader header, int threads) : ICurveAction<long>
    {
        public long Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            OfProof<TCurve, TFp, TFr>(header.WireCount, header.PublicInputCount, header.DomainSize, threads);
    }
}
