// Owns: what tuning found out about devices: parameters, and from which size on a device is faster than the processor.
// Never: finding it out (GpuTuner), its file (GpuTuningFile), or the model that stands in where nobody did (GpuMsmDefaults).

using System.Collections.Immutable;
using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>What findings hold for: they are worth nothing for another device, driver or kernel.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Driver">Its driver's version.</param>
/// <param name="Kernels">The beginning of the hash of the program.</param>
/// <param name="Curve">The curve.</param>
internal sealed record TunedFor(string Device, string Driver, string Kernels, CurveId Curve)
{
    /// <summary>A device and the program of a group's points.</summary>
    public static TunedFor Msm(GpuDeviceInfo device, MsmShape shape) =>
        new(device.Name, device.DriverVersion, Short(MsmPrograms.Points(shape)), shape.Curve);

    /// <summary>A device and the program of a field's transforms.</summary>
    public static TunedFor Ntt(GpuDeviceInfo device, CurveId curve) =>
        new(device.Name, device.DriverVersion, Short(GpuFields.Source(curve, "ntt", ("LOG_TILE", GpuNttPlan.DefaultLogTile))), curve);

    private static string Short(KernelSource source) => source.Hash[..16];
}

/// <summary>The best parameters found for an MSM with its points in place.</summary>
/// <param name="For">What it holds for.</param>
/// <param name="Group">1 or 2.</param>
/// <param name="Size">log₂ of the points.</param>
/// <param name="Levels">Levels of multiples: 1 for the bases alone.</param>
/// <param name="Window">Bits of a digit.</param>
/// <param name="Segment">Entries that a work-item adds up.</param>
/// <param name="Block">Work-items of a group that adds points.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record TunedMsm(TunedFor For, int Group, int Size, int Levels, int Window, int Segment, int Block, double Seconds);

/// <summary>The best parameters found for a transform in place.</summary>
/// <param name="For">What it holds for.</param>
/// <param name="Size">log₂ of the elements.</param>
/// <param name="Tile">log₂ of the elements of a tile.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record TunedNtt(TunedFor For, int Size, int Tile, double Seconds);

/// <summary>From which size on a device is faster than the processor beside it.</summary>
/// <param name="For">What it holds for.</param>
/// <param name="Work">msm-g1 or msm-g2, with points and scalars that come and go; ntt likewise; prove, with a key in place.</param>
/// <param name="Size">log₂ of the size; 32 where the processor was always faster.</param>
internal sealed record TunedThreshold(TunedFor For, string Work, int Size);

/// <summary>
/// What is known of devices. Immutable. Where nothing was tuned, a model of costs chooses the parameters, and thresholds
/// are cautious: a bus of 16 GB/s, and a processor as fast as those of the figures in the project's README.
/// </summary>
public sealed record GpuTuning
{
    /// <summary>Proofs in domains below this are made on the processor: there the launches alone take longer.</summary>
    private const int UsualProof = 14;

    private const int UsualMsm = 15, UsualNtt = 20, Never = 32;

    /// <summary>What comes with the kernels: no device tuned.</summary>
    public static GpuTuning Default { get; } = new();

    /// <summary>Sums.</summary>
    internal ImmutableArray<TunedMsm> Msms { get; init; } = [];

    /// <summary>Transforms.</summary>
    internal ImmutableArray<TunedNtt> Ntts { get; init; } = [];

    /// <summary>Thresholds.</summary>
    internal ImmutableArray<TunedThreshold> Thresholds { get; init; } = [];

    /// <summary>This with what another run found, in place of what this says of the same devices, drivers and kernels at the same sizes.</summary>
    internal GpuTuning With(GpuTuning newer) => new()
    {
        Msms = [.. Msms.Where(old => !newer.Msms.Any(entry => entry.For == old.For && entry.Group == old.Group && entry.Size == old.Size)), .. newer.Msms],
        Ntts = [.. Ntts.Where(old => !newer.Ntts.Any(entry => entry.For == old.For && entry.Size == old.Size)), .. newer.Ntts],
        Thresholds = [.. Thresholds.Where(old => !newer.Thresholds.Any(entry => entry.For == old.For && entry.Work == old.Work)), .. newer.Thresholds],
    };

    /// <summary>The plan of an MSM.</summary>
    /// <param name="device">The device.</param>
    /// <param name="shape">The group.</param>
    /// <param name="bases">Bases, at least one.</param>
    /// <param name="fold">See <see cref="GpuMsmPlan.Fold"/>.</param>
    /// <param name="maxLevels">The most levels of tables; 1 for the bases alone.</param>
    /// <param name="capacity">The most scalars of a run; all of them where it is 0.</param>
    internal GpuMsmPlan Msm(GpuDeviceInfo device, MsmShape shape, int bases, bool fold, int maxLevels, int capacity = 0)
    {
        int levels = Math.Min(maxLevels, int.MaxValue / Math.Max(1, bases));
        GpuMsmPlan model = GpuMsmDefaults.Choose(device, shape, bases, fold, maxLevels, capacity);
        if (Msms.IsEmpty)
        {
            return model;
        }

        // The nearest tuned size within a factor of four, of those with as many levels as may be, if any.
        int size = BitOperations.Log2((uint)Math.Max(1, capacity > 0 ? Math.Min(capacity, bases) : bases));
        var key = TunedFor.Msm(device, shape);
        TunedMsm? tuned = Msms
            .Where(entry => entry.For == key && entry.Group == shape.Group && entry.Levels <= levels && Math.Abs(entry.Size - size) <= 2)
            .OrderByDescending(entry => entry.Levels > 1)
            .ThenBy(entry => Math.Abs(entry.Size - size))
            .ThenBy(entry => entry.Seconds)
            .FirstOrDefault();
        if (tuned is null)
        {
            return model;
        }

        GpuMsmPlan plan = model with { Window = tuned.Window, Segment = tuned.Segment, Block = tuned.Block, Sets = 1 };
        plan = plan with { Sets = (plan.Windows + Math.Min(tuned.Levels, plan.Windows) - 1) / Math.Min(tuned.Levels, plan.Windows) };
        return plan.Levels <= levels && plan.Block <= device.MaxGroupSize && plan.CanRun(bases) ? plan : model;
    }

    /// <summary>The plan of a transform.</summary>
    internal GpuNttPlan Ntt(GpuDeviceInfo device, CurveId curve, int logSize)
    {
        TunedNtt? tuned = null;
        if (!Ntts.IsEmpty)
        {
            var key = TunedFor.Ntt(device, curve);
            tuned = Ntts.Where(entry => entry.For == key && Math.Abs(entry.Size - logSize) <= 2).MinBy(entry => Math.Abs(entry.Size - logSize));
        }

        return GpuNttPlan.Create(logSize, tuned?.Tile ?? GpuNttPlan.DefaultLogTile);
    }

    /// <summary>Points from which on an MSM with bases that come and go is worth the way.</summary>
    internal long FasterMsm(GpuDeviceInfo device, MsmShape shape) =>
        1L << (Threshold(() => TunedFor.Msm(device, shape), $"msm-g{shape.Group}") ?? Usual(device, UsualMsm));

    /// <summary>Elements from which on a transform of a vector that comes and goes is.</summary>
    internal long FasterNtt(GpuDeviceInfo device, CurveId curve) => 1L << (Threshold(() => TunedFor.Ntt(device, curve), "ntt") ?? Usual(device, UsualNtt));

    /// <summary>Elements of the domain from which on a proof is.</summary>
    internal long FasterProof(GpuDeviceInfo device, CurveId curve) =>
        1L << (Threshold(() => TunedFor.Msm(device, new(curve, 1)), "prove") ?? Usual(device, UsualProof));

    /// <summary>Who shares the host's memory has to be tuned before it is preferred to the host's processor.</summary>
    private static int Usual(GpuDeviceInfo device, int size) => device.IsIntegrated || device.IsCpu ? Never : size;

    private int? Threshold(Func<TunedFor> key, string work)
    {
        if (Thresholds.IsEmpty)
        {
            return null;
        }

        TunedFor wanted = key();
        return Thresholds.FirstOrDefault(entry => entry.For == wanted && entry.Work == work)?.Size;
    }
}
