// Owns: the round numbers, round constants and matrices of Poseidon, derived and never pasted.

using System.Numerics;
using System.Security.Cryptography;
using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// The parameters of Poseidon (version 1, x^5) for one width, derived by the reference Grain procedure at first use (a few
/// milliseconds) and kept. On BN254 they are circomlib's, on BLS12-381 those of hadeshash's published instances. Immutable.
/// </summary>
/// <typeparam name="TF">The field; gcd(5, p − 1) must be 1.</typeparam>
public sealed class PoseidonParameters<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>The fewest lanes.</summary>
    public const int MinWidth = 2;

    /// <summary>The most lanes.</summary>
    public const int MaxWidth = 17;

    /// <summary>Rounds in which every lane passes the S-box, half before and half after the partial ones.</summary>
    public const int FullRounds = 8;

    private static readonly PoseidonParameters<TF>?[] Cache = new PoseidonParameters<TF>?[MaxWidth + 1];

    private readonly TF[] roundConstants;
    private readonly TF[] matrix;

    private PoseidonParameters(int width)
    {
        if ((TF.Modulus - 1) % 5 == 0)
        {
            throw new NotSupportedException($"x^5 is no permutation of {TF.Name}.");
        }

        Width = width;
        PartialRounds = PartialRoundsOf(width);
        int bits = TF.BitLength;
        var grain = new GrainLfsr(bits, width, FullRounds, PartialRounds);
        roundConstants = new TF[(FullRounds + PartialRounds) * width];
        for (int i = 0; i < roundConstants.Length; i++)
        {
            // Rejected unless below the prime, so that constants are uniform.
            BigInteger candidate;
            do
            {
                candidate = grain.Next(bits);
            }
            while (candidate >= TF.Modulus);
            roundConstants[i] = TF.FromBigInteger(candidate);
        }

        matrix = CauchyMatrix(grain, width);
    }

    /// <summary>The number of lanes, t.</summary>
    public int Width { get; }

    /// <summary>Rounds in which lane 0 alone passes the S-box.</summary>
    public int PartialRounds { get; }

    /// <summary>A constant for each lane of each round: Width in a row, round after round.</summary>
    public ReadOnlySpan<TF> RoundConstants => roundConstants;

    /// <summary>The MDS matrix, row by row.</summary>
    public ReadOnlySpan<TF> Matrix => matrix;

    /// <summary>The parameters of a width from 2 to 17. Safe from many threads.</summary>
    public static PoseidonParameters<TF> For(int width)
    {
        RequireWidth(width);

        // Two threads may derive the same parameters at once; they are equal, and either may stay.
        return Cache[width] ??= new(width);
    }

    /// <summary>SHA-256 over the round constants and the matrix, as big-endian bytes: what known parameters are compared by.</summary>
    public byte[] ComputeDigest()
    {
        byte[] bytes = new byte[PrimeField.ByteCount<TF>()];
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TF constant in roundConstants)
        {
            PrimeField.WriteBigEndian(constant, bytes);
            sha.AppendData(bytes);
        }

        foreach (TF entry in matrix)
        {
            PrimeField.WriteBigEndian(entry, bytes);
            sha.AppendData(bytes);
        }

        return sha.GetHashAndReset();
    }

    internal static void RequireWidth(int width)
    {
        if (width is < MinWidth or > MaxWidth)
        {
            throw new ArgumentOutOfRangeException(nameof(width), width, $"Poseidon is defined here for {MinWidth} to {MaxWidth} lanes.");
        }
    }

    /// <summary>
    /// Partial rounds for 128 bits of security with the authors' margin, rounded as in the instances published in 2019,
    /// which circomlib and hadeshash's vectors use. Later scripts give 56 for three lanes: a different hash.
    /// </summary>
    private static int PartialRoundsOf(int width) => width switch
    {
        2 => 56,
        3 => 57,
        4 => 56,
        5 => 60,
        6 => 60,
        7 => 63,
        8 => 64,
        9 => 63,
        10 => 60,
        11 => 66,
        12 => 60,
        13 => 65,
        14 => 70,
        15 => 60,
        16 => 64,
        _ => 68,
    };

    /// <summary>M[i][j] = 1/(x_i + y_j) of 2t distinct elements, reduced modulo p and not rejected; drawn again where a sum is zero.</summary>
    private static TF[] CauchyMatrix(GrainLfsr grain, int width)
    {
        var entries = new TF[width * width];
        var points = new TF[2 * width];
        while (true)
        {
            var distinct = new HashSet<TF>();
            for (int i = 0; i < points.Length; i++)
            {
                points[i] = TF.FromBigInteger(grain.Next(TF.BitLength));
                distinct.Add(points[i]);
            }

            bool usable = distinct.Count == points.Length;
            for (int k = 0; k < entries.Length; k++)
            {
                entries[k] = points[k / width] + points[width + (k % width)];
                usable &= !TF.IsZero(entries[k]);
            }

            if (usable)
            {
                Field.BatchInverse<TF>(entries);
                return entries;
            }
        }
    }
}
