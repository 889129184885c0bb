// Owns: one circuit's whole way on one curve, as `zkps demo` shows it: compiled, keyed, proved, verified, forged in vain.

using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal sealed class DemoProof<TCurve, TFp, TFr>(string folder, Output output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Goes the way and leaves its files in the folder.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="what">What it is about.</param>
    /// <param name="inputs">Makes its inputs.</param>
    /// <param name="which">What the inputs are.</param>
    /// <param name="shown">What the proof shows.</param>
    /// <param name="other">What a proof does not fit as well.</param>
    public JsonObject Run(IExampleCircuit circuit, string what, Func<CircuitInputs<TFr>> inputs, string which, string shown, string other)
    {
        string name = circuit.Name;
        Directory.CreateDirectory(folder);
        output.Say($"  {name}: {what}");
        CompiledCircuit<TFr> compiled = Step("compile", () => CircuitCompiler.Compile<TFr>(circuit));
        R1csFile.Write(InFolder(name + ".r1cs"), compiled);
        SymFile.Write(InFolder(name + ".sym"), compiled.Symbols);
        Note($"{compiled.System.ConstraintCount:N0} constraints, circuit hash {compiled.Hash.ToString()[..16]}…");

        TFr[] witness = Step("witness", () => compiled.CreateWitness(inputs()));
        WtnsFile.Write<TFr>(InFolder(name + ".wtns"), witness);
        Note(which);

        string zkey = InFolder(name + ".zkey");
        Step("key", () =>
        {
            InsecureSetup.Create<TCurve, TFp, TFr>(compiled.System, zkey, null, new EngineOptions(0, output.Cancellation));
            return true;
        });
        Note($"{Output.Bytes(new FileInfo(zkey).Length)}; {InsecureSetup.Warning}");

        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey);
        VerifyingKeyJson.Write(InFolder("verification_key.json"), key.VerifyingKey);
        var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default, compiled.System);
        long proveStart = Stopwatch.GetTimestamp();
        Proof<TCurve, TFp> proof = Step("prove", () => prover.Prove(witness, null, new EngineOptions(0, output.Cancellation)));
        double proveSeconds = Stopwatch.GetElapsedTime(proveStart).TotalSeconds;
        ProofJson.Write(InFolder("proof.json"), proof);
        PublicInputsJson.Write<TFr>(InFolder("public.json"), compiled.PublicValues(witness));

        // From here on, only what a verifier has: the files.
        var verifier = new Verifier<TCurve, TFp, TFr>(VerifyingKeyJson.Read<TCurve, TFp>(InFolder("verification_key.json")));
        Proof<TCurve, TFp> received = ProofJson.Read<TCurve, TFp>(InFolder("proof.json"));
        TFr[] statement = PublicInputsJson.Read<TFr>(InFolder("public.json"));
        Require(Step("verify", () => verifier.Verify(received, statement)), "the proof was refused");
        Note($"the proof is valid: {shown}");

        Require(Proof<TCurve, TFp>.TryCreate(-received.A, received.B, received.C, out Proof<TCurve, TFp>? tampered, out _), "-A left the group");
        Require(!Step("tamper", () => verifier.Verify(tampered!, statement)), "a tampered proof was accepted");
        statement[0] += TFr.One;
        Require(!verifier.Verify(received, statement), $"a proof of {other} was accepted");
        Note($"with A negated, or for {other}, it is refused");
        output.Say();
        return new JsonObject
        {
            ["circuit"] = name,
            ["constraints"] = compiled.System.ConstraintCount,
            ["circuitHash"] = compiled.Hash.ToString(),
            ["proveSeconds"] = Math.Round(proveSeconds, 6),
            ["verified"] = true,
            ["tamperedRefused"] = true,
        };
    }

    private static void Require(bool condition, string failure)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The demonstration failed: {failure}.");
        }
    }

    private string InFolder(string name) => Path.Combine(folder, name);

    private void Note(string text) => output.Say($"               {text}");

    private T Step<T>(string name, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        output.Say($"    {name,-8} {Output.Since(start),9}");
        return result;
    }
}
