// Owns: how benchmarks are run once for each family of kernels, each in processes of its own.

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using ProvingService.Algebra;

namespace ProvingService.Bench;

/// <summary>
/// A job for each tier that the machine can run, with the portable one as the baseline. The switch is in the job's
/// environment, since single multiplications go by it alone: bodies use what is in force, <see cref="KernelTiers.Current"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EveryTierAttribute() : TierJobsAttribute([.. Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported)]);

/// <summary>The portable tier alone, whatever the machine has.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PortableTierAttribute() : TierJobsAttribute([KernelTier.Portable]);

/// <summary>A job for each of some tiers.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class TierJobsAttribute(KernelTier[] tiers) : Attribute, IConfigSource
{
    public IConfig Config { get; } = ManualConfig.CreateEmpty().AddJob(
        [.. tiers.Select(tier => Job.Default
            .WithId(tier.ToString())
            .WithEnvironmentVariable(new EnvironmentVariable(KernelTiers.SwitchName, tier.ToString().ToLowerInvariant()))
            .WithBaseline(tiers.Length > 1 && tier == KernelTier.Portable))]);
}
