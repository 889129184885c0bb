// Owns: the order of the stages of one transform of a vector of blocks, all lanes alike. The stages: NttLaneKernels.cs.
// Who puts large transforms together from these: Polynomials/LaneNtt.cs.

namespace ProvingService.Algebra;

/// <summary>
/// Transforms of m = 2^log ≤ 2^14 blocks that lie one after the other, with the twiddles W[i] = ω^rev(i) of
/// <see cref="NttDomain{TFr}.Twiddles"/>: two stages at a time and depth first, so that all but the first stages of a vector
/// beyond the first-level cache run inside it. Only the groups with index 0 have twiddles of one, and they have kernels of
/// their own: m/2·log m − m + 1 multiplications.
/// </summary>
internal readonly unsafe struct LaneTransform(NttLaneKernels kernels, ulong* twiddles)
{
    /// <summary>
    /// The largest log: what group 0 leaves to others is in (12r, 20r) and each of at most six kernels after that widens this
    /// by 2r on both sides, to (0, 32r), below the 35r that a multiplication takes.
    /// </summary>
    public const int MaxLog = 14;

    /// <summary>64 blocks are 20 KiB.</summary>
    private const int LogCached = 6;

    /// <summary>From natural to reversed order. Operands below 2r, results below 32r.</summary>
    public void Split(ulong* data, int log)
    {
        if (log % 2 != 0)
        {
            NttLanes lanes = Lanes(data, 1L << (log - 1), 0, 1);
            kernels.FirstSplit(&lanes);
            Split(data, log - 1, 0);
            Split(data + (NttLaneKernels.BlockWords << (log - 1)), log - 1, 1);
            return;
        }

        Split(data, log, 0);
    }

    /// <summary>From reversed to natural order. Operands below 4r, results below 8r.</summary>
    public void Merge(ulong* data, int log)
    {
        if (log % 2 != 0)
        {
            Merge(data, log - 1, 0);
            Merge(data + (NttLaneKernels.BlockWords << (log - 1)), log - 1, 1);
            NttLanes lanes = Lanes(data, 1L << (log - 1), 0, 1);
            kernels.LastMerge(&lanes);
            return;
        }

        Merge(data, log, 0);
    }

    private void Split(ulong* data, int log, long group)
    {
        if (log > LogCached)
        {
            SplitGroups(data, log - 2, group, 1);
            for (int part = 0; part < 4; part++)
            {
                Split(data + (part * (NttLaneKernels.BlockWords << (log - 2))), log - 2, (4 * group) + part);
            }

            return;
        }

        for (int quarter = log - 2, groups = 1; quarter >= 0; quarter -= 2, groups *= 4)
        {
            SplitGroups(data, quarter, group * groups, groups);
        }
    }

    private void Merge(ulong* data, int log, long group)
    {
        if (log > LogCached)
        {
            for (int part = 0; part < 4; part++)
            {
                Merge(data + (part * (NttLaneKernels.BlockWords << (log - 2))), log - 2, (4 * group) + part);
            }

            MergeGroups(data, log - 2, group, 1);
            return;
        }

        for (int quarter = 0, groups = 1 << (log - 2); quarter <= log - 2; quarter += 2, groups /= 4)
        {
            MergeGroups(data, quarter, group * groups, groups);
        }
    }

    private void SplitGroups(ulong* data, int logQuarter, long first, int groups)
    {
        NttLanes lanes;
        if (first == 0)
        {
            lanes = Lanes(data, 1L << logQuarter, 0, 1);
            kernels.SplitZero(&lanes);
            if (groups == 1)
            {
                return;
            }

            data += NttLaneKernels.BlockWords << (logQuarter + 2);
            (first, groups) = (1, groups - 1);
        }

        lanes = Lanes(data, 1L << logQuarter, first, groups);
        kernels.Split(&lanes);
    }

    private void MergeGroups(ulong* data, int logQuarter, long first, int groups)
    {
        NttLanes lanes;
        if (first == 0)
        {
            lanes = Lanes(data, 1L << logQuarter, 0, 1);
            kernels.MergeZero(&lanes);
            if (groups == 1)
            {
                return;
            }

            data += NttLaneKernels.BlockWords << (logQuarter + 2);
            (first, groups) = (1, groups - 1);
        }

        lanes = Lanes(data, 1L << logQuarter, first, groups);
        kernels.Merge(&lanes);
    }

    private NttLanes Lanes(ulong* data, long distance, long first, int groups) => new()
    {
        Data = data,
        Count = distance,
        Groups = groups,
        Twiddles = twiddles + (first * NttTwiddles.Words),
        NextTwiddles = twiddles + (2 * first * NttTwiddles.Words),
    };
}
