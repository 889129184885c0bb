// Owns: the parameters of PoseidonParameters rearranged so that partial rounds cost 2t − 1 products instead of t².
//
// A partial round adds constants, passes lane 0 through the S-box, and multiplies by M. Two rearrangements, both exact
// (Poseidon paper, appendix B):
//   Constants. What is added to lanes 1… may as well be added after the S-box, hence as M·(0, rest) to the constants of
//   the next round. One constant for lane 0 remains; what is left at the end goes into the next full round.
//   Matrices. Any A = [a v; w B] is P·Q with P = [a v·B⁻¹; w I] and Q = [1 0; 0 B]. Q leaves lane 0 alone, so it commutes
//   with the S-box of lane 0 and joins the matrix of the round before. From the last partial round to the first, each
//   keeps its sparse P, and the last Q joins the matrix of the full round before them all.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>Constants and matrices in the order in which the permutation uses them. Immutable.</summary>
internal sealed class PoseidonSchedule<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private static readonly PoseidonSchedule<TF>?[] Cache = new PoseidonSchedule<TF>?[PoseidonParameters<TF>.MaxWidth + 1];

    private readonly int width;
    private readonly TF[] fullConstants;
    private readonly TF[] matrix;
    private readonly TF[] preMatrix;
    private readonly TF[] rows;
    private readonly TF[] columns;
    private readonly Lazy<LanePermutation<TF>?> lanes;

    private PoseidonSchedule(PoseidonParameters<TF> parameters)
    {
        const int half = PoseidonParameters<TF>.FullRounds / 2;
        width = parameters.Width;
        matrix = parameters.Matrix.ToArray();
        PartialConstants = new TF[parameters.PartialRounds];
        rows = new TF[parameters.PartialRounds * width];
        columns = new TF[parameters.PartialRounds * (width - 1)];

        TF[] constants = parameters.RoundConstants.ToArray();
        for (int r = 0; r < parameters.PartialRounds; r++)
        {
            Span<TF> current = constants.AsSpan((half + r) * width, width), next = constants.AsSpan((half + r + 1) * width, width);
            PartialConstants[r] = current[0];
            current[0] = TF.Zero;
            for (int i = 0; i < width; i++)
            {
                for (int j = 1; j < width; j++)
                {
                    next[i] += matrix[(i * width) + j] * current[j];
                }
            }
        }

        fullConstants = [.. constants.AsSpan(0, half * width), .. constants.AsSpan((half + parameters.PartialRounds) * width)];

        preMatrix = matrix;
        for (int r = parameters.PartialRounds - 1; r >= 0; r--)
        {
            preMatrix = Factor(preMatrix, r);
        }

        lanes = new(CreateLanes);
    }

    /// <summary>The constant of lane 0 in each partial round.</summary>
    public TF[] PartialConstants { get; }

    /// <summary>The permutation for many states at once, where this machine has lanes for the field.</summary>
    public LanePermutation<TF>? Lanes => lanes.Value;

    public static PoseidonSchedule<TF> For(int width) => Cache[width] ??= new(PoseidonParameters<TF>.For(width));

    /// <summary>The constants of full round 0 to 7.</summary>
    public ReadOnlySpan<TF> FullConstants(int round) => fullConstants.AsSpan(round * width, width);

    /// <summary>The matrix after full round 0 to 7, row by row.</summary>
    public ReadOnlySpan<TF> FullMatrix(int round) => round == (PoseidonParameters<TF>.FullRounds / 2) - 1 ? preMatrix : matrix;

    /// <summary>After partial round r: the new lane 0 is the product of this and the state.</summary>
    public ReadOnlySpan<TF> Row(int round) => rows.AsSpan(round * width, width);

    /// <summary>After partial round r: what of the old lane 0 is added to lanes 1…</summary>
    public ReadOnlySpan<TF> Column(int round) => columns.AsSpan(round * (width - 1), width - 1);

    private LanePermutation<TF>? CreateLanes()
    {
        var matrices = new TF[PoseidonParameters<TF>.FullRounds * width * width];
        for (int round = 0; round < PoseidonParameters<TF>.FullRounds; round++)
        {
            FullMatrix(round).CopyTo(matrices.AsSpan(round * width * width));
        }

        return LanePermutation<TF>.Create(KernelTiers.Current, width, fullConstants, matrices, PartialConstants, rows, columns);
    }

    /// <summary>Stores P of A = P·Q for round r and returns Q·M, the matrix of the round before.</summary>
    private TF[] Factor(TF[] a, int round)
    {
        int n = width - 1;
        var block = new TF[n * n];
        for (int i = 0; i < n; i++)
        {
            columns[(round * n) + i] = a[(i + 1) * width];
            for (int j = 0; j < n; j++)
            {
                block[(i * n) + j] = a[((i + 1) * width) + j + 1];
            }
        }

        // Row: (a, v·B⁻¹), found by solving x·B = v.
        rows[round * width] = a[0];
        SolveLeft(block, a.AsSpan(1, n), rows.AsSpan((round * width) + 1, n));

        var previous = new TF[width * width];
        matrix.AsSpan(0, width).CopyTo(previous);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < width; j++)
            {
                TF sum = default;
                for (int k = 0; k < n; k++)
                {
                    sum += block[(i * n) + k] * matrix[((k + 1) * width) + j];
                }

                previous[((i + 1) * width) + j] = sum;
            }
        }

        return previous;
    }

    /// <summary>x with x·B = v, by Gaussian elimination on Bᵀ. B is regular: a product of minors of a Cauchy matrix.</summary>
    private static void SolveLeft(TF[] b, ReadOnlySpan<TF> v, Span<TF> x)
    {
        int n = v.Length;
        var system = new TF[n][];
        for (int i = 0; i < n; i++)
        {
            system[i] = new TF[n + 1];
            for (int j = 0; j < n; j++)
            {
                system[i][j] = b[(j * n) + i];
            }

            system[i][n] = v[i];
        }

        for (int column = 0; column < n; column++)
        {
            int pivot = column;
            while (TF.IsZero(system[pivot][column]))
            {
                pivot++;
            }

            (system[column], system[pivot]) = (system[pivot], system[column]);
            TF inverse = TF.Inverse(system[column][column]);
            for (int j = column; j <= n; j++)
            {
                system[column][j] *= inverse;
            }

            for (int i = 0; i < n; i++)
            {
                TF factor = system[i][column];
                if (i == column || TF.IsZero(factor))
                {
                    continue;
                }

                for (int j = column; j <= n; j++)
                {
                    system[i][j] -= factor * system[column][j];
                }
            }
        }

        for (int i = 0; i < n; i++)
        {
            x[i] = system[i][n];
        }
    }
}
