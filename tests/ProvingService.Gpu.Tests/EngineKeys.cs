// Owns: circuits, keys and proofs that tests of whole proofs share.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Gpu.Tests;

/// <summary>A circuit with many zeros, ones and minus ones in its witness, its key, and proofs with r and s known.</summary>
internal static class EngineKeys<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const ulong X = 0xABCDEF0123456789;

    /// <summary>A circuit whose domain of 2^11 takes more than one pass of a transform.</summary>
    public static CompiledCircuit<TFr> Circuit { get; } = Compile(200, 500);

    /// <summary>A circuit of a few dozen wires: on a device made of the processor, multiples of each base take long.</summary>
    public static CompiledCircuit<TFr> SmallCircuit { get; } = Compile(64, 20);

    private static readonly Lazy<byte[]> Key = new(() => Make(Circuit)), SmallKey = new(() => Make(SmallCircuit));

    public static TFr[] Witness() => Witness(Circuit);

    public static TFr[] Witness(CompiledCircuit<TFr> circuit) =>
        circuit.CreateWitness(CircuitAssert.Inputs<TFr>(("x", TFr.FromUInt64(X))));

    public static ProvingKey<TCurve, TFp, TFr> Open() => ProvingKey<TCurve, TFp, TFr>.Open(Key.Value, "gpu.zkey");

    public static ProvingKey<TCurve, TFp, TFr> OpenSmall() => ProvingKey<TCurve, TFp, TFr>.Open(SmallKey.Value, "gpu.zkey");

    /// <summary>The text of the proof with r and s that tests know.</summary>
    public static string Prove(ProvingKey<TCurve, TFp, TFr> key, IMsmEngine msm, INttEngine ntt, EngineOptions options = default)
    {
        using var prover = new Prover<TCurve, TFp, TFr>(key, msm, ntt);
        return Prove(prover, Witness(), options);
    }

    /// <summary>As above, with a prover that stays.</summary>
    public static string Prove(Prover<TCurve, TFp, TFr> prover, TFr[] witness, EngineOptions options = default)
    {
        using SecretScalars<TFr> blinding = SecretScalars<TFr>.FromKnownInsecure(TFr.FromUInt64(0x5EED), TFr.FromUInt64(0xF00D));
        Proof<TCurve, TFp> proof = prover.TryProve(witness, blinding, new PhaseReporter(null), options) ?? throw new InvalidOperationException("There is no proof.");
        return ProofJson.ToJson(proof);
    }

    /// <summary>y = product of x + i + two bits of x, with the bits as wires.</summary>
    private static CompiledCircuit<TFr> Compile(int bitCount, int factors) => CircuitCompiler.Compile<TFr>("gpu", b =>
    {
        Variable<TFr> x = b.PrivateInput("x"), y = b.Constant(TFr.One);
        Variable<TFr>[] bits = b.ToBits(x, bitCount);
        for (int i = 0; i < factors; i++)
        {
            y *= x + b.Constant(TFr.FromUInt64((ulong)i)) + (bits[i % bits.Length] * bits[(i + 7) % bits.Length]);
        }

        b.PublicOutput("y", y);
    });

    private static byte[] Make(CompiledCircuit<TFr> circuit)
    {
        using var folder = new TemporaryFolder();
        InsecureSetup.Create<TCurve, TFp, TFr>(circuit.System, folder.File("gpu.zkey"));
        return File.ReadAllBytes(folder.File("gpu.zkey"));
    }
}
