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
    private static readonly Lazy<byte[]> Key = new(Make);

    /// <summary>y = product of x + i over the bits of x that are set, with the bits and their complements as wires.</summary>
    public static CompiledCircuit<TFr> Circuit { get; } = CircuitCompiler.Compile<TFr>("gpu", b =>
    {
        Variable<TFr> x = b.PrivateInput("x"), y = b.Constant(TFr.One);
        Variable<TFr>[] bits = b.ToBits(x, 200);
        for (int i = 0; i < 500; i++)
        {
            y *= x + b.Constant(TFr.FromUInt64((ulong)i)) + (bits[i % bits.Length] * bits[(i + 7) % bits.Length]);
        }

        b.PublicOutput("y", y);
    });

    public static TFr[] Witness(ulong x = 0xABCDEF0123456789) =>
        Circuit.CreateWitness(CircuitAssert.Inputs<TFr>(("x", TFr.FromUInt64(x))));

    public static ProvingKey<TCurve, TFp, TFr> Open() => ProvingKey<TCurve, TFp, TFr>.Open(Key.Value, "gpu.zkey");

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
        Proof<TCurve, TFp> proof = prover.TryProve(witness, blinding, null, options) ?? throw new InvalidOperationException("There is no proof.");
        return ProofJson.ToJson(proof);
    }

    private static byte[] Make()
    {
        using var folder = new TemporaryFolder();
        InsecureSetup.Create<TCurve, TFp, TFr>(Circuit.System, folder.File("gpu.zkey"));
        return File.ReadAllBytes(folder.File("gpu.zkey"));
    }
}
