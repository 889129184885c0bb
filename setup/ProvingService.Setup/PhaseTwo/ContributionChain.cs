// Owns: the hashes of phase-2 transcripts. Never: what they must be equal to (ContributionChecks.cs).
//
//   public key    δ₁ after the contribution, S, x·S in G1, x·S' in G2, uncompressed; the 64 bytes of its transcript hash
//   transcript    Blake2b(hash of the initial key ‖ the public keys of all earlier contributions ‖ S ‖ x·S)
//   contribution  Blake2b(public key): what contributors publish

using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>All contributions so far, hashed. Not thread-safe.</summary>
internal sealed class ContributionChain<TCurve, TFp>
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>
{
    private readonly Blake2b512 state = new();

    /// <summary>No contributions to an initial key.</summary>
    public ContributionChain(ReadOnlySpan<byte> initialKeyHash) => state.Update(initialKeyHash);

    /// <summary>The contributions of a record.</summary>
    public static ContributionChain<TCurve, TFp> Of(PhaseTwoRecord<TCurve, TFp> record)
    {
        var chain = new ContributionChain<TCurve, TFp>(record.InitialKeyHash.Span);
        foreach (PhaseTwoContribution<TCurve, TFp> contribution in record.Contributions)
        {
            chain.Append(contribution);
        }

        return chain;
    }

    /// <summary>The hash that a contributor publishes, 64 bytes.</summary>
    public static byte[] HashOf(PhaseTwoContribution<TCurve, TFp> contribution)
    {
        var hash = new Blake2b512();
        AddPublicKey(hash, contribution);
        return hash.Digest();
    }

    /// <summary>The hash of all that went before.</summary>
    public byte[] Digest() => state.Digest();

    /// <summary>The hash that the next contribution's point of G2 follows from.</summary>
    public byte[] TranscriptOf(in Affine<TFp, TCurve> s, in Affine<TFp, TCurve> sx)
    {
        Blake2b512 next = state.Clone();
        Add(next, s);
        Add(next, sx);
        return next.Digest();
    }

    /// <summary>Goes on to the state after a contribution.</summary>
    public void Append(PhaseTwoContribution<TCurve, TFp> contribution) => AddPublicKey(state, contribution);

    private static void AddPublicKey(Blake2b512 hash, PhaseTwoContribution<TCurve, TFp> contribution)
    {
        Add(hash, contribution.DeltaAfter);
        Add(hash, contribution.S);
        Add(hash, contribution.Sx);
        Span<byte> point = stackalloc byte[Iden3Encoding.PointSize<Fp2<TFp>, TCurve>()];
        Iden3Encoding.WriteUncompressed(contribution.SpX, point);
        hash.Update(point);
        hash.Update(contribution.Transcript.Span);
    }

    private static void Add(Blake2b512 hash, in Affine<TFp, TCurve> g1)
    {
        Span<byte> point = stackalloc byte[Iden3Encoding.PointSize<TFp, TCurve>()];
        Iden3Encoding.WriteUncompressed(g1, point);
        hash.Update(point);
    }
}
