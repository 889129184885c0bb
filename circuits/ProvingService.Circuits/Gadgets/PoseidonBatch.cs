// Owns: many Poseidon hashes of one width at a time. Never: threads; callers split their work.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>Many independent hashes at once; the results are those of <see cref="Poseidon.Hash"/>.</summary>
public static class PoseidonBatch
{
    /// <summary>hashes[i] = H(tag; inputs[i·arity … i·arity + arity − 1]).</summary>
    /// <typeparam name="TF">The field.</typeparam>
    /// <param name="inputs">The inputs of one hash after those of the other, arity times as many as hashes.</param>
    /// <param name="arity">1 to 16: the inputs of a hash.</param>
    /// <param name="hashes">Receives the results; must not overlap the inputs.</param>
    /// <param name="tag">The capacity lane of all of them.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Hash<TF>(ReadOnlySpan<TF> inputs, int arity, Span<TF> hashes, ulong tag = 0)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (arity < 1 || inputs.Length != (long)arity * hashes.Length)
        {
            throw new ArgumentException($"{inputs.Length} inputs for {hashes.Length} hashes of {arity}.");
        }

        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = Poseidon.Hash(inputs.Slice(i * arity, arity), tag);
        }
    }
}
