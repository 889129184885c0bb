// Owns: the checks that all encodings share, on one point and, in parallel, on many. Never: how bytes are read.

namespace ProvingService.Algebra;

/// <summary>Checks on decoded points.</summary>
internal static class PointChecks
{
    /// <summary>Points looked at between two glances at the cancellation token and at other threads' finds.</summary>
    private const int ChunkLength = 256;

    /// <summary>A check of item <paramref name="index"/>, called from many threads at once.</summary>
    public delegate DecodeError ItemCheck(int index);

    /// <summary>Whether there are exactly as many bytes as expected.</summary>
    public static DecodeError CheckLength(long actual, long expected) =>
        actual == expected ? DecodeError.None : actual < expected ? DecodeError.Length : DecodeError.TrailingBytes;

    /// <summary>The curve equation and, where asked, the subgroup; infinity passes.</summary>
    public static DecodeError CheckGroup<TField, TCurve>(in Affine<TField, TCurve> point, bool checkSubgroup)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        !point.IsOnCurve() ? DecodeError.NotOnCurve
        : checkSubgroup && !point.IsInSubgroup() ? DecodeError.NotInSubgroup
        : DecodeError.None;

    /// <summary>Throws where a caller offers too little room.</summary>
    public static void RequireDestination(int actual, int needed)
    {
        if (actual < needed)
        {
            throw new ArgumentException($"The encoding takes {needed} bytes; the destination has {actual}.", "destination");
        }
    }

    /// <summary>
    /// Runs a check on items 0 … count − 1, on all threads allowed. The culprit reported is always the failing item of
    /// lowest index, whatever the threads did; −1 where there is none.
    /// </summary>
    public static DecodeError CheckAll(int count, EngineOptions options, ItemCheck check, out int culprit)
    {
        int lowest = int.MaxValue;
        DecodeError found = DecodeError.None;
        object gate = new();
        int chunks = (int)(((long)count + ChunkLength - 1) / ChunkLength);
        Workers.Run(chunks, options, chunk =>
        {
            int start = chunk * ChunkLength;
            int end = (int)Math.Min(count, (long)start + ChunkLength);
            for (int i = start; i < end && start < Volatile.Read(ref lowest); i++)
            {
                DecodeError error = check(i);
                if (error != DecodeError.None)
                {
                    lock (gate)
                    {
                        if (i < lowest)
                        {
                            lowest = i;
                            found = error;
                        }
                    }

                    return;
                }
            }
        });
        culprit = found == DecodeError.None ? -1 : lowest;
        return found;
    }
}
