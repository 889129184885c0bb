// Owns: a circuit with its key in memory: from a job's inputs to a verified proof, and from a proof to a verdict.

using System.Collections.Concurrent;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Service;

/// <summary>A proof and its statement.</summary>
/// <param name="Proof">Compressed points.</param>
/// <param name="PublicInputs">Scalars of 32 bytes, big-endian.</param>
internal sealed record FinishedProof(byte[] Proof, byte[] PublicInputs);

/// <summary>
/// A key that is open, the circuit's witness program or constraint system where they are known, and a prover for each
/// engine. Safe for concurrent use; closed by <see cref="KeyCache"/> when nobody uses it.
/// </summary>
internal abstract class LoadedCircuit : IDisposable
{
    /// <summary>What the service knows of it.</summary>
    public required CircuitRecord Record { get; init; }

    /// <summary>What it takes in memory: the mapped key, and the circuit beside it.</summary>
    public long Bytes => Record.KeyBytes + (Record.Constraints > 0 ? Record.Constraints * BytesOfConstraint : 0);

    /// <summary>Rows of three matrices with their coefficients, and a witness program, for each constraint.</summary>
    private const int BytesOfConstraint = 400;

    /// <summary>Opens a circuit whose files are in a vault.</summary>
    /// <param name="record">What was registered.</param>
    /// <param name="vault">Where the files are.</param>
    /// <param name="cancellation">Ends the loading.</param>
    /// <exception cref="InvalidFileException">A file is not what was registered.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static LoadedCircuit Open(CircuitRecord record, FileVault vault, CancellationToken cancellation) =>
        CurveDispatch.Run(CurveMessages.Parse(record.Curve), new Opening(record, vault, cancellation));

    /// <summary>Makes a proof.</summary>
    /// <param name="input">The inputs, as they came.</param>
    /// <param name="engine">What proves.</param>
    /// <param name="progress">Told of phases as they begin and end.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="InvalidInputException">The inputs are not what the circuit asks for.</exception>
    /// <exception cref="RequestRefusedException">They are a request that says something false.</exception>
    /// <exception cref="UnsatisfiedConstraintException">They do not satisfy the circuit.</exception>
    /// <exception cref="UnsatisfiedKeyException">The witness does not satisfy the key's circuit.</exception>
    /// <exception cref="InvalidFileException">The witness is no <c>.wtns</c> of the circuit, or the key is damaged.</exception>
    public abstract FinishedProof Prove(
        JobInput input, EngineChoice engine, IProgress<PhaseChange> progress, CancellationToken cancellation);

    /// <inheritdoc/>
    public abstract void Dispose();

    private sealed class Opening(CircuitRecord record, FileVault vault, CancellationToken cancellation) : ICurveAction<LoadedCircuit>
    {
        public LoadedCircuit Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            IExampleCircuit? circuit = record.Program.Length == 0 ? null : CircuitCatalog.Find(record.Program);
            CompiledCircuit<TFr>? compiled = circuit is null ? null : CircuitCompiler.Compile<TFr>(circuit, cancellationToken: cancellation);
            ConstraintSystem<TFr>? system = compiled?.System
                ?? (record.R1csHash.Length == 0 ? null : R1csFile.Read<TFr>(vault.PathOf(record.R1csHash), cancellation).System);
            return new LoadedCircuit<TCurve, TFp, TFr>(
                circuit, compiled, system, ProvingKey<TCurve, TFp, TFr>.Open(vault.PathOf(record.KeyHash), record.Insecure, new EngineOptions(0, cancellation))) { Record = record };
        }
    }
}

/// <summary>As <see cref="LoadedCircuit"/>, over its curve.</summary>
internal sealed class LoadedCircuit<TCurve, TFp, TFr>(
    IExampleCircuit? circuit, CompiledCircuit<TFr>? compiled, ConstraintSystem<TFr>? system, ProvingKey<TCurve, TFp, TFr> key) : LoadedCircuit
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly ConcurrentDictionary<string, Lazy<Prover<TCurve, TFp, TFr>>> provers = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override FinishedProof Prove(
        JobInput input, EngineChoice engine, IProgress<PhaseChange> progress, CancellationToken cancellation)
    {
        // What the program computes it has checked against every constraint; a witness from outside the prover checks.
        bool isComputed = input.Kind == InputKind.Json;
        TFr[] witness = isComputed ? Compute(input.ReadAll(), cancellation)
            : input.Path is null ? WtnsFile.Read<TFr>(input.Bytes, "the witness", key.WireCount, cancellation)
            : WtnsFile.Read<TFr>(input.Path, key.WireCount, cancellation);
        try
        {
            Prover<TCurve, TFp, TFr> prover = provers.GetOrAdd(
                $"{engine.Id} {isComputed}", _ => new(() => new(key, engine.Msm, engine.Ntt, isComputed ? null : system))).Value;
            Proof<TCurve, TFp> proof = prover.Prove(witness, progress, new EngineOptions(0, cancellation));
            return new(CompressedProof.Encode(proof), PublicInputsBytes.Encode<TFr>(witness.AsSpan(1, key.PublicInputCount)));
        }
        finally
        {
            Array.Clear(witness);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (Lazy<Prover<TCurve, TFp, TFr>> prover in provers.Values)
        {
            if (prover.IsValueCreated)
            {
                prover.Value.Dispose();
            }
        }

        key.Dispose();
    }

    private TFr[] Compute(ReadOnlyMemory<byte> input, CancellationToken cancellation) => circuit is null || compiled is null
        ? throw new InvalidInputException("", "the circuit has no witness program here: bring a witness.")
        : compiled.CreateWitness(CircuitRequests.Read<TFr>(circuit, input), new EngineOptions(0, cancellation));
}
