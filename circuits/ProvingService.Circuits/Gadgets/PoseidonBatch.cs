// Owns: many Poseidon hashes of one width at a time. Never: threads; callers split their work.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// Many independent hashes at once; the results are those of <see cref="Poseidon.Hash"/>. Where the processor has lanes,
/// sixteen hashes take about as long as one or two alone.
/// </summary>
public static class PoseidonBatch
{
    /// <summary>Hashes that are no slower one by one than in lanes.</summary>
    private const int FewHashes = 1;

    /// <summary>hashes[i] = H(tag; inputs[i·arity … i·arity + arity − 1]).</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="inputs">The inputs of one hash after those of the other, arity times as many as hashes.</param>
    /// <param name="arity">1 to 16: the inputs of a hash.</param>
    /// <param name="hashes">Receives the results; must not overlap the inputs.</param>
    /// <param name="tag">The capacity lane of all of them.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or there is no such width.</exception>
    public static void Hash<TF>(ReadOnlySpan<TF> inputs, int arity, Span<TF> hashes, ulong tag = 0)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (arity is < 1 or >= PoseidonParameters<TF>.MaxWidth || inputs.Length != (long)arity * hashes.Length)
        {
            throw new ArgumentException($"{inputs.Length} inputs for {hashes.Length} hashes of {arity}.");
        }

        int done = 0;
        if (hashes.Length > FewHashes && PoseidonSchedule<TF>.For(arity + 1).Lanes is { } lanes)
        {
            TF capacity = TF.FromUInt64(tag);
            while (hashes.Length - done > FewHashes)
            {
                int count = Math.Min(hashes.Length - done, LanePermutation<TF>.Batch);
                lanes.Compress(capacity, inputs.Slice(done * arity, count * arity), hashes.Slice(done, count));
                done += count;
            }
        }

        for (; done < hashes.Length; done++)
        {
            hashes[done] = Poseidon.Hash(inputs.Slice(done * arity, arity), tag);
        }
    }
}
