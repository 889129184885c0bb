// Owns: what of a key lies in a device's memory, and what a proof needs there besides. Pure. Never: a device.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>How much memory a key may take; each step takes less and is slower.</summary>
/// <param name="Levels">The most levels of multiples of each base.</param>
/// <param name="Halvings">How often the scalars of a run are halved.</param>
/// <param name="IsResident">Whether bases stay on the device; otherwise they go there with each proof.</param>
internal readonly record struct GpuKeyThrift(int Levels, int Halvings, bool IsResident)
{
    /// <summary>The first step without tables of multiples.</summary>
    public const int FirstPlain = 12;

    /// <summary>The steps: shorter runs, then fewer multiples, then bases that come and go. After the last, the processor.</summary>
    public static IReadOnlyList<GpuKeyThrift> Steps { get; } =
    [
        .. from levels in (int[])[int.MaxValue, 4, 2, 1]
           from halvings in (int[])[0, 1, 2, 3]
           select new GpuKeyThrift(levels, halvings, true),
        .. from halvings in (int[])[2, 4, 6, 8]
           select new GpuKeyThrift(1, halvings, false),
    ];
}

/// <summary>The sizes of a key.</summary>
/// <param name="Curve">The curve.</param>
/// <param name="Wires">Wires.</param>
/// <param name="PrivateWires">Points of C.</param>
/// <param name="Domain">Points of H.</param>
internal readonly record struct GpuKeySizes(CurveId Curve, int Wires, int PrivateWires, int Domain)
{
    /// <summary>The number of bases of a part.</summary>
    public int Count(KeyWork part) => part switch
    {
        KeyWork.C => PrivateWires,
        KeyWork.H => Domain,
        _ => Wires,
    };

    /// <summary>The group of a part.</summary>
    public MsmShape Shape(KeyWork part) => new(Curve, part == KeyWork.B2 ? 2 : 1);
}

/// <summary>The plan of one device's share of a key.</summary>
internal sealed class GpuKeyPlan
{
    private const int ScalarBytes = 32;

    private GpuKeyPlan(GpuKeySizes sizes, IReadOnlyList<KeyWork> parts, GpuKeyThrift thrift, GpuTuning tuning, GpuDeviceInfo device)
    {
        Thrift = thrift;
        Msms = parts.ToDictionary(part => part, part =>
        {
            int count = sizes.Count(part);
            return tuning.Msm(device, sizes.Shape(part), count, fold: true, thrift.Levels, Math.Max(1, count >> thrift.Halvings));
        });
        bool hasH = parts.Contains(KeyWork.H);
        JobLengths =
        [
            (long)ScalarBytes * sizes.Wires,
            .. hasH ? Enumerable.Repeat((long)ScalarBytes * sizes.Domain, 3) : [],
        ];
        ResidentBytes = thrift.IsResident ? Msms.Sum(msm => GpuMemoryPool.Bytes(msm.Value.TableBytes(sizes.Count(msm.Key)))) : 0;
        LongestRun = Msms.Values.Select(RunLengths).MaxBy(lengths => GpuMemoryPool.Bytes(lengths))!;
        long loading = thrift.IsResident
            ? Msms.Max(msm => GpuBases<Bn254Fp, Bn254>.LevelScratchBytes(msm.Value, sizes.Count(msm.Key)))
            : 0;
        PassingBytes = Math.Max(GpuMemoryPool.Bytes([.. JobLengths]) + GpuMemoryPool.Bytes(LongestRun), loading);
    }

    /// <summary>The step.</summary>
    public GpuKeyThrift Thrift { get; }

    /// <summary>The MSM of each part.</summary>
    public IReadOnlyDictionary<KeyWork, GpuMsmPlan> Msms { get; }

    /// <summary>Vectors of a proof: the witness, and where the quotient is made a, b and c.</summary>
    public IReadOnlyList<long> JobLengths { get; }

    /// <summary>Buffers of the run of an MSM that needs most.</summary>
    public long[] LongestRun { get; }

    /// <summary>Bytes that stay between proofs.</summary>
    public long ResidentBytes { get; }

    /// <summary>Bytes that a proof needs besides, at most.</summary>
    public long PassingBytes { get; }

    /// <summary>The first plan, from a step on, that fits; null where none does.</summary>
    /// <param name="sizes">The key.</param>
    /// <param name="parts">What the device makes.</param>
    /// <param name="free">Bytes that are left to a key and a proof.</param>
    /// <param name="firstStep">The first of <see cref="GpuKeyThrift.Steps"/> to try.</param>
    /// <param name="tuning">What is known of the device.</param>
    /// <param name="device">The device.</param>
    /// <returns>The plan and its step.</returns>
    public static (GpuKeyPlan Plan, int Step)? Fit(
        GpuKeySizes sizes, IReadOnlyList<KeyWork> parts, long free, int firstStep, GpuTuning tuning, GpuDeviceInfo device)
    {
        for (int step = firstStep; step < GpuKeyThrift.Steps.Count; step++)
        {
            var plan = new GpuKeyPlan(sizes, parts, GpuKeyThrift.Steps[step], tuning, device);
            if (plan.ResidentBytes + plan.PassingBytes <= free && plan.LongestAllocation(sizes) <= device.MaxAllocationBytes)
            {
                return (plan, step);
            }
        }

        return null;
    }

    private long[] RunLengths(GpuMsmPlan msm) => [.. msm.ScratchLengths(), .. Thrift.IsResident ? (long[])[] : [StreamedBytes(msm)]];

    /// <summary>Bytes of the bases of one run that come and go.</summary>
    private static long StreamedBytes(GpuMsmPlan plan) => plan.TableBytes(plan.Capacity);

    private long LongestAllocation(GpuKeySizes sizes) => Msms.Max(msm => Math.Max(
        msm.Value.ScratchLengths().Max(),
        Thrift.IsResident ? msm.Value.TableBytes(sizes.Count(msm.Key)) : StreamedBytes(msm.Value)));
}
