// Owns: a circuit with a key for tests of the service: a chain of multiplications over BN254, whose result is known for every
// input without the service, and whose proofs are checked here and not by it.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Service.Tests.Processes;

/// <summary>A chain's key and circuit as files. Immutable once made.</summary>
internal sealed class ChainKey : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CompiledCircuit<Bn254Fr> circuit;
    private readonly Verifier<Bn254, Bn254Fp, Bn254Fr> verifier;
    private readonly int length;

    public ChainKey(int length)
    {
        this.length = length;
        circuit = CircuitCompiler.Compile<Bn254Fr>(new MultiplicationChain(length));
        InsecureSetup.Create<Bn254, Bn254Fp, Bn254Fr>(circuit.System, KeyFile, null);
        R1csFile.Write(CircuitFile, circuit);
        using var key = ProvingKey<Bn254, Bn254Fp, Bn254Fr>.Open(KeyFile);
        verifier = new(key.VerifyingKey);
    }

    /// <summary>The witness program's name.</summary>
    public string Program => new MultiplicationChain(length).Name;

    /// <summary>The key.</summary>
    public string KeyFile => folder.File("chain.zkey");

    /// <summary>The circuit.</summary>
    public string CircuitFile => folder.File("chain.r1cs");

    /// <summary>The inputs of a job, with blanks where they should be longer.</summary>
    public static string Inputs(ulong start, int length = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"{{\"start\": {start}}}").PadRight(length);

    /// <summary>The end of the chain, computed here.</summary>
    public Bn254Fr End(ulong start)
    {
        Bn254Fr x = Bn254Fr.FromUInt64(start);
        for (int i = 0; i < length; i++)
        {
            x = (x * x) + Bn254Fr.FromUInt64((ulong)i);
        }

        return x;
    }

    /// <summary>The witness as a file's bytes.</summary>
    public byte[] Witness(ulong start)
    {
        string path = folder.File($"{Guid.NewGuid():N}.wtns");
        WtnsFile.Write<Bn254Fr>(path, circuit.CreateWitness(new CircuitInputs<Bn254Fr>().Set("start", Bn254Fr.FromUInt64(start))));
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }

    /// <summary>Brings the key to a service.</summary>
    /// <returns>The circuit's name there.</returns>
    public async Task<string> RegisterAsync(ProvingClient client, bool withProgram = true, bool withCircuit = false)
    {
        var request = new RegisterCircuitRequest
        {
            KeyHash = await client.UploadAsync(KeyFile),
            R1CsHash = withCircuit ? await client.UploadAsync(CircuitFile) : "",
            Program = withProgram ? Program : "",
        };
        return (await client.RegisterAsync(request)).KeyHash;
    }

    /// <summary>Whether a proof, in its compressed form, shows that the chain from a start has the right end.</summary>
    public bool IsShown(Contract.Proof proof, ulong start)
    {
        Bn254Fr end = End(start);
        byte[] expected = new byte[32];
        Array.Copy(PublicInputsBytes.Encode<Bn254Fr>([end]), expected, 32);
        return proof.PublicInputs.Count == 1
            && proof.PublicInputs[0].Span.SequenceEqual(expected)
            && CompressedProof.TryDecode(proof.Compressed.Span, out Groth16.Proof<Bn254, Bn254Fp>? read, out _)
            && verifier.Verify(read, [end]);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}
