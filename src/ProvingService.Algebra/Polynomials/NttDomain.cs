// Owns: multiplicative subgroups of order 2^k and their twiddle tables. Transforms on them: PortableNtt.cs.

namespace ProvingService.Algebra;

/// <summary>
/// The multiplicative subgroup ⟨ω⟩ of order n = 2^k, with ω = RootOfUnity^(2^(s−k)) for 2-adicity s, the convention of
/// iden3's files. Immutable and thread-safe. Its twiddle tables are built, on all cores, by the first transform in each
/// direction and then kept with the domain for the life of the process: n/2 elements a direction, so 16 MiB for
/// n = 2^20 in a field of 32 bytes.
/// </summary>
/// <typeparam name="TFr">The field.</typeparam>
public sealed class NttDomain<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    /// <summary>The largest k that this library transforms; 2^28 elements of 32 bytes are 8 GiB.</summary>
    private const int LogSizeLimit = 28;

    private static readonly NttDomain<TFr>?[] Cache = new NttDomain<TFr>?[LogSizeLimit + 1];

    private readonly Lazy<TFr[]> forward;
    private readonly Lazy<TFr[]> inverse;
    private readonly Lazy<LaneDomain<TFr>> forwardLanes;
    private readonly Lazy<LaneDomain<TFr>> inverseLanes;

    private NttDomain(int logSize)
    {
        LogSize = logSize;
        TFr root = TFr.RootOfUnity;
        for (int i = TFr.TwoAdicity; i > logSize; i--)
        {
            root = TFr.Square(root);
        }

        Root = root;
        RootInverse = TFr.Inverse(root);
        SizeInverse = TFr.Inverse(TFr.FromUInt64((ulong)Size));
        forward = new(() => BuildTwiddles(Root));
        inverse = new(() => BuildTwiddles(RootInverse));
        forwardLanes = new(() => new(this, inverted: false));
        inverseLanes = new(() => new(this, inverted: true));
    }

    /// <summary>The largest k for which the field has a domain that this library transforms: min(28, 2-adicity).</summary>
    public static int MaxLogSize => Math.Min(LogSizeLimit, TFr.TwoAdicity);

    /// <summary>k.</summary>
    public int LogSize { get; }

    /// <summary>n = 2^k.</summary>
    public int Size => 1 << LogSize;

    /// <summary>ω, of order n.</summary>
    public TFr Root { get; }

    /// <summary>ω⁻¹.</summary>
    public TFr RootInverse { get; }

    /// <summary>n⁻¹.</summary>
    public TFr SizeInverse { get; }

    /// <summary>The domain of order 2^logSize: always the same object for the same size.</summary>
    /// <param name="logSize">k, from 0 to <see cref="MaxLogSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The field has no such domain, or it is larger than 2^28.</exception>
    public static NttDomain<TFr> OfLogSize(int logSize)
    {
        if (logSize < 0 || logSize > MaxLogSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(logSize), logSize, $"{TFr.Name} has transforms of size 2^0 to 2^{MaxLogSize}.");
        }

        return Volatile.Read(ref Cache[logSize])
            ?? Interlocked.CompareExchange(ref Cache[logSize], new(logSize), null)
            ?? Cache[logSize]!;
    }

    /// <summary>
    /// W[i] = ω^rev(i) for i below n/2, with rev the reversal of k − 1 bits: the twiddle of block i in every stage,
    /// whatever the stage's number of blocks. The table of a smaller domain is a prefix of that of a larger one.
    /// </summary>
    internal ReadOnlySpan<TFr> Twiddles(bool inverted) => (inverted ? inverse : forward).Value;

    /// <summary>The tables of the transforms in lanes, in one direction; for fields of five limbs and k ≥ 6.</summary>
    internal LaneDomain<TFr> Lanes(bool inverted) => (inverted ? inverseLanes : forwardLanes).Value;

    private TFr[] BuildTwiddles(TFr root)
    {
        // W[2^t + x] = W[x] · ω^(n/2^(t+2)): each round doubles the table; long rounds are split over all cores.
        const int Slice = 1 << 12;
        TFr[] table = GC.AllocateUninitializedArray<TFr>(Math.Max(1, Size / 2));
        table[0] = TFr.One;
        TFr[] factors = new TFr[LogSize];
        TFr power = root;
        for (int t = LogSize - 2; t >= 0; t--)
        {
            factors[t] = power;
            power = TFr.Square(power);
        }

        for (int t = 0; t < LogSize - 1; t++)
        {
            int half = 1 << t;
            TFr factor = factors[t];
            Workers.Run((half + Slice - 1) / Slice, default, item =>
            {
                int end = Math.Min(half, (item + 1) * Slice);
                for (int x = item * Slice; x < end; x++)
                {
                    table[half + x] = table[x] * factor;
                }
            });
        }

        return table;
    }
}
