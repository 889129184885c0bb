// Owns: the work of service benchmarks: a chain of multiplications over BN254 with a key in the benchmark's folder, proved here
// as well as by the service, and proofs of it checked here.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>A chain with its key. Immutable once made.</summary>
internal sealed class ServiceBenchChain : IDisposable
{
    private readonly ProvingKey<Bn254, Bn254Fp, Bn254Fr> key;
    private readonly Prover<Bn254, Bn254Fp, Bn254Fr> prover;
    private readonly Verifier<Bn254, Bn254Fp, Bn254Fr> verifier;
    private readonly Bn254Fr[] witness;

    /// <summary>Compiles, and makes key and witness as files.</summary>
    public ServiceBenchChain(string folder, int length, CancellationToken cancellation)
    {
        Length = length;
        var circuit = new MultiplicationChain(length);
        Program = circuit.Name;
        KeyFile = Path.Combine(folder, $"{Program}.zkey");
        WitnessFile = Path.Combine(folder, $"{Program}.wtns");
        CompiledCircuit<Bn254Fr> compiled = CircuitCompiler.Compile<Bn254Fr>(circuit, cancellationToken: cancellation);
        InsecureSetup.Create<Bn254, Bn254Fp, Bn254Fr>(compiled.System, KeyFile, null, new EngineOptions(0, cancellation));
        witness = compiled.CreateWitness(circuit.Example<Bn254Fr>());
        WtnsFile.Write<Bn254Fr>(WitnessFile, witness);
        key = ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(KeyFile);
        prover = new(key, CpuEngine.Default, CpuEngine.Default);
        verifier = new(key.VerifyingKey);
    }

    /// <summary>Its constraints.</summary>
    public int Length { get; }

    /// <summary>The witness program's name.</summary>
    public string Program { get; }

    /// <summary>The key.</summary>
    public string KeyFile { get; }

    /// <summary>The witness of the example.</summary>
    public string WitnessFile { get; }

    /// <summary>The inputs of a job; 3 is the example.</summary>
    public static string Inputs(ulong start) => string.Create(CultureInfo.InvariantCulture, $"{{\"start\": {start}}}");

    /// <summary>Proves here, with a key that is loaded and code that has run before.</summary>
    public void Prove(CancellationToken cancellation) => prover.Prove(witness, null, new EngineOptions(0, cancellation));

    /// <summary>Brings the key to a service.</summary>
    /// <returns>The circuit's name there.</returns>
    public async Task<string> RegisterAsync(ProvingClient client, CancellationToken cancellation)
    {
        string hash = await client.UploadAsync(KeyFile, null, cancellation).ConfigureAwait(false);
        await client.RegisterAsync(new RegisterCircuitRequest { KeyHash = hash, Program = Program }, null, cancellation).ConfigureAwait(false);
        return hash;
    }

    /// <summary>Fails where a proof does not show the end of the chain that begins with <paramref name="start"/>.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public void Require(Contract.Proof proof, ulong start)
    {
        Bn254Fr end = Bn254Fr.FromUInt64(start);
        for (int i = 0; i < Length; i++)
        {
            end = (end * end) + Bn254Fr.FromUInt64((ulong)i);
        }

        if (!CompressedProof.TryDecode(proof.Compressed.Span, out Groth16.Proof<Bn254, Bn254Fp>? read, out _) || !verifier.Verify(read, [end]))
        {
            throw new InvalidOperationException($"The service's proof of the job {proof.JobId} does not hold.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        prover.Dispose();
        key.Dispose();
    }
}
