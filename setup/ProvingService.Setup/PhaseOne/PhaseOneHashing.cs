// Owns: what the transcript of phase 1 hashes, and the points that follow from its hashes. Layout: PhaseOneContribution.cs.

using System.Buffers;
using System.Runtime.CompilerServices;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Setup;

/// <summary>Hashes of challenges and responses.</summary>
internal static class PhaseOneHashing
{
    /// <summary>
    /// Bytes of points in memory that snarkjs multiplies, and hashes, at a time: the state of a response's hash keeps what the
    /// pieces left in its buffer, so the same pieces make the same files.
    /// </summary>
    private const int PieceBytes = 1 << 20;

    /// <summary>Points of a piece.</summary>
    public static int PieceLength<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => PieceBytes / Unsafe.SizeOf<Affine<TField, TGroup>>();

    /// <summary>
    /// The hash of the challenge before anyone contributed: of the hash of nothing, and of every section with τ = α = β = 1. At
    /// 2^20 a second, at 2^28 some minutes.
    /// </summary>
    /// <param name="ceremonyPower">The power of the ceremony.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static byte[] FirstChallenge<TCurve, TFp>(int ceremonyPower, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        long n = 1L << ceremonyPower, done = 0;
        byte[] g1 = new byte[Iden3Encoding.PointSize<TFp, TCurve>()], g2 = new byte[Iden3Encoding.PointSize<Fp2<TFp>, TCurve>()];
        Iden3Encoding.WriteUncompressed(Affine<TFp, TCurve>.Generator, g1);
        Iden3Encoding.WriteUncompressed(Affine<Fp2<TFp>, TCurve>.Generator, g2);
        var hash = new Blake2b512();
        hash.Update(Blake2b512.Hash([]));
        Repeat(g1, (2 * n) - 1);
        Repeat(g2, n);
        Repeat(g1, n);
        Repeat(g1, n);
        Repeat(g2, 1);
        return hash.Digest();

        void Repeat(byte[] point, long count)
        {
            const int Block = 1 << 12;
            byte[] block = new byte[point.Length * (int)Math.Min(Block, count)];
            for (int at = 0; at < block.Length; at += point.Length)
            {
                point.CopyTo(block, at);
            }

            for (long left = count; left > 0; left -= Block)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.Update(block.AsSpan(0, point.Length * (int)Math.Min(Block, left)));
                done += point.Length * Math.Min(Block, left);
                progress?.Report((double)done / (((4 * n * g1.Length) + ((n + 1) * g2.Length)) - g1.Length));
            }
        }
    }

    /// <summary>The point of G2 of which a key holds the multiple: it follows from the challenge and the key's first points.</summary>
    /// <param name="index">0 for τ, 1 for α, 2 for β.</param>
    /// <param name="challenge">The hash of the challenge that was answered.</param>
    /// <param name="s">S.</param>
    /// <param name="sx">x·S.</param>
    public static Affine<Fp2<TFp>, TCurve> KeyPoint<TCurve, TFp>(
        int index, ReadOnlySpan<byte> challenge, in Affine<TFp, TCurve> s, in Affine<TFp, TCurve> sx)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        int size = Iden3Encoding.PointSize<TFp, TCurve>();
        Span<byte> points = stackalloc byte[2 * size];
        Iden3Encoding.WriteUncompressed(s, points);
        Iden3Encoding.WriteUncompressed(sx, points[size..]);
        var hash = new Blake2b512();
        hash.Update([(byte)index]);
        hash.Update(challenge);
        hash.Update(points);
        return ChaChaGenerator.PointOfHash<TCurve, TFp>(hash.Digest());
    }

    /// <summary>Adds points to a hash, uncompressed or compressed, in pieces of <see cref="PieceLength"/>; encoded on all threads allowed.</summary>
    public static void AddG1<TCurve, TFp>(Blake2b512 hash, ReadOnlySpan<Affine<TFp, TCurve>> points, bool compressed, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        Add(hash, points, compressed ? static (in p, to) => Iden3Encoding.WriteCompressed(p, to) : static (in p, to) => Iden3Encoding.WriteUncompressed(p, to), compressed, options);

    /// <summary>As <see cref="AddG1"/>.</summary>
    public static void AddG2<TCurve, TFp>(Blake2b512 hash, ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> points, bool compressed, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        Add(hash, points, compressed ? static (in p, to) => Iden3Encoding.WriteCompressed(p, to) : static (in p, to) => Iden3Encoding.WriteUncompressed(p, to), compressed, options);

    /// <summary>Adds all that challenges and responses have of a file: sections 2 to 6.</summary>
    public static void AddAll<TCurve, TFp>(Blake2b512 hash, PowersOfTau<TCurve, TFp> powers, bool compressed, EngineOptions options)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        AddG1(hash, powers.TauG1, compressed, options);
        AddG2(hash, powers.TauG2, compressed, options);
        AddG1(hash, powers.AlphaTauG1, compressed, options);
        AddG1(hash, powers.BetaTauG1, compressed, options);
        AddG2<TCurve, TFp>(hash, [powers.BetaG2], compressed, options);
    }

    private delegate void Encoder<TField, TGroup>(in Affine<TField, TGroup> point, Span<byte> destination)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>;

    private static unsafe void Add<TField, TGroup>(
        Blake2b512 hash, ReadOnlySpan<Affine<TField, TGroup>> points, Encoder<TField, TGroup> encode, bool compressed, EngineOptions options)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        const int Share = 512;
        int piece = PieceLength<TField, TGroup>(), size = Iden3Encoding.PointSize<TField, TGroup>() / (compressed ? 2 : 1);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Min(piece, points.Length) * size);
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.MaxThreads > 0 ? options.MaxThreads : Environment.ProcessorCount,
            CancellationToken = options.CancellationToken,
        };

        // The span outlives the loops, each of which ends when its last thread has.
        fixed (Affine<TField, TGroup>* pinned = points)
        {
            for (int from = 0; from < points.Length; from += piece)
            {
                Affine<TField, TGroup>* first = pinned + from;
                int count = Math.Min(piece, points.Length - from);
                Parallel.For(0, (count + Share - 1) / Share, parallel, share =>
                {
                    for (int i = share * Share; i < Math.Min(count, (share + 1) * Share); i++)
                    {
                        encode(first[i], bytes.AsSpan(i * size, size));
                    }
                });
                hash.Update(bytes.AsSpan(0, count * size));
            }
        }

        ArrayPool<byte>.Shared.Return(bytes);
    }
}
