// Owns: what all attempts of a worker share.

using Microsoft.Extensions.Logging;

namespace ProvingService.Service;

/// <summary>What all attempts of a worker share.</summary>
internal sealed class WorkerParts
{
    public required string WorkerId { get; init; }

    public required ServiceOptions Options { get; init; }

    public required IServiceStore Store { get; init; }

    public required FileVault Vault { get; init; }

    public required KeyCache Keys { get; init; }

    public required CircuitRegistry Circuits { get; init; }

    public required EngineSet Engines { get; init; }

    public required ReceiptSigner Signer { get; init; }

    public required ServiceMetrics Metrics { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>The name of the processor's kernels.</summary>
    public string Kernels { get; } = ProcessorNames.Kernels;

    /// <summary>The processor's name.</summary>
    public string Processor { get; } = ProcessorNames.Model;
}
