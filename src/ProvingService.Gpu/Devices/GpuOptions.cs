// Owns: every limit of the GPU engine, with its unit, default and reason.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>How devices may be used. Every limit has a default that suits a machine on which this process has the devices to itself.</summary>
public sealed record GpuOptions
{
    /// <summary>
    /// The part of a device's memory to hold at most, from 0 to 1. Default 0.9: drivers keep a few hundred megabytes for
    /// themselves, and a display or another process may need some.
    /// </summary>
    public double MemoryShare { get; init; } = 0.9;

    /// <summary>
    /// The most bytes of one device's memory to hold; null, the default, leaves it to <see cref="MemoryShare"/>. A device
    /// that is the host's own processor gets at most a quarter of <see cref="MemoryShare"/>: its memory is everybody's.
    /// </summary>
    public long? MemoryBudget { get; init; }

    /// <summary>
    /// How long a device that failed is left alone at first. Default 30 seconds: a driver that resets a device is back by
    /// then. Each failure without a success in between doubles it, up to <see cref="LongestRest"/>.
    /// </summary>
    public TimeSpan FirstRest { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The longest time that a failed device is left alone, and how long one that computed something wrong is. Default one
    /// hour: wrong results come from broken or overheated hardware, which does not mend by itself in minutes.
    /// </summary>
    public TimeSpan LongestRest { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a single call of a driver may take. Default five minutes: compiling the largest program takes one on a slow
    /// machine, and everything else at most seconds. A driver that takes longer hangs; the device is then out of use until
    /// the process ends, since its thread never comes back.
    /// </summary>
    public TimeSpan HangLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether a key's points get tables of multiples, as far as memory allows. Default true: they make sums about a fifth
    /// faster, and pay for themselves after a few proofs. A device that is the host's own processor gets none.
    /// </summary>
    public bool Precompute { get; init; } = true;

    /// <summary>
    /// Whether work too small to be worth the way to a device goes there all the same. Default false. A user who names a
    /// device wants it to work, so the command line sets it then.
    /// </summary>
    public bool EvenIfSlower { get; init; }

    /// <summary>What tuning found out about devices. Default: what the user's file says, else the defaults that come with the kernels.</summary>
    public GpuTuning Tuning { get; init; } = GpuTuning.Default;

    /// <summary>The clock that rests are measured by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What a device must get right over a curve before it is used; tests that open one after another may leave it out.</summary>
    internal Action<GpuSession, CurveId> SelfTest { get; init; } = GpuSelfTest.Run;
}
