// Owns: `zkps demo`: the whole way on this machine, from a circuit in C# to a verified proof and a refused forgery.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class DemoCommand
{
    public static Command Create()
    {
        Option<string> folder = CommonOptions.WithPath(new Option<string>("--output", "-o")
        {
            Description = "The folder for the files.",
            DefaultValueFactory = _ => "zkps-demo",
        });
        return CommonOptions.Define(
            "demo",
            "The whole way on this machine, on both curves: compiles a Merkle-membership circuit written in C#, makes keys,\n"
            + "proves and verifies, and shows that a tampered proof is refused.",
            "zkps demo",
            (parsed, output) =>
            {
                string root = Path.GetFullPath(parsed.GetRequiredValue(folder));
                var results = new JsonArray();
                long start = Stopwatch.GetTimestamp();
                foreach (CurveId curve in Enum.GetValues<CurveId>())
                {
                    CurveDispatch.Run(curve, new Action(Path.Combine(root, curve.Name()), output, results));
                }

                output.Say($"Done in {Output.Since(start)} with the {EngineNames.Current} kernels. The files are in {root}, in the formats of snarkjs. Try:");
                output.Say($"  snarkjs groth16 verify {Path.Combine(root, "bn254", "verification_key.json")} \\");
                output.Say($"    {Path.Combine(root, "bn254", "public.json")} {Path.Combine(root, "bn254", "proof.json")}");
                output.Result(new JsonObject { ["folder"] = root, ["engine"] = EngineNames.Current, ["curves"] = results });
                return ExitCode.Success;
            },
            folder);
    }

    private sealed class Action(string folder, Output output, JsonArray results) : ICurveAction<bool>
    {
        private const string Name = MerkleMembership.BaseName;

        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            Directory.CreateDirectory(folder);
            output.Say($"{TCurve.Id.Name()}");

            CompiledCircuit<TFr> compiled = Step("compile", () => CircuitCompiler.Compile<TFr>(new MerkleMembership()));
            R1csFile.Write(InFolder(Name + ".r1cs"), compiled);
            SymFile.Write(InFolder(Name + ".sym"), compiled.Symbols);
            output.Say($"             a Poseidon tree of depth {MerkleMembership.DefaultDepth}: {compiled.System.ConstraintCount} constraints, circuit hash {compiled.Hash.ToString()[..16]}…");

            TFr[] witness = Step("witness", () =>
            {
                var leaves = new TFr[1000];
                for (int i = 0; i < leaves.Length; i++)
                {
                    leaves[i] = TFr.Random();
                }

                var tree = new MerkleTree<TFr>(MerkleMembership.DefaultDepth, leaves);
                return compiled.CreateWitness(MerkleMembership.InputsFor(tree, 417));
            });
            WtnsFile.Write<TFr>(InFolder(Name + ".wtns"), witness);
            output.Say("             the path of leaf 417 among 1,000 random leaves");

            string zkey = InFolder(Name + ".zkey");
            Step("key", () =>
            {
                InsecureSetup.Create<TCurve, TFp, TFr>(compiled.System, zkey, null, new EngineOptions(0, output.Cancellation));
                return true;
            });
            output.Say($"             {Output.Bytes(new FileInfo(zkey).Length)}; {InsecureSetup.Warning}");

            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey);
            VerifyingKeyJson.Write(InFolder("verification_key.json"), key.VerifyingKey);
            var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default, compiled.System);
            long proveStart = Stopwatch.GetTimestamp();
            Proof<TCurve, TFp> proof = Step("prove", () => prover.Prove(witness, null, new EngineOptions(0, output.Cancellation)));
            double proveSeconds = Stopwatch.GetElapsedTime(proveStart).TotalSeconds;
            TFr[] publicInputs = compiled.PublicValues(witness).ToArray();
            ProofJson.Write(InFolder("proof.json"), proof);
            PublicInputsJson.Write<TFr>(InFolder("public.json"), publicInputs);

            // From here on, only what a verifier has: the files.
            var verifier = new Verifier<TCurve, TFp, TFr>(VerifyingKeyJson.Read<TCurve, TFp>(InFolder("verification_key.json")));
            Proof<TCurve, TFp> received = ProofJson.Read<TCurve, TFp>(InFolder("proof.json"));
            TFr[] statement = PublicInputsJson.Read<TFr>(InFolder("public.json"));
            Require(Step("verify", () => verifier.Verify(received, statement)), "the proof was refused");
            output.Say("             the proof is valid: it shows a leaf under the public root and hides which");

            Require(Proof<TCurve, TFp>.TryCreate(-received.A, received.B, received.C, out Proof<TCurve, TFp>? tampered, out _), "-A left the group");
            Require(!Step("tamper", () => verifier.Verify(tampered!, statement)), "a tampered proof was accepted");
            statement[0] += TFr.One;
            Require(!verifier.Verify(received, statement), "a proof of another root was accepted");
            output.Say("             with A negated, or for another root, it is refused");
            output.Say();
            results.Add(new JsonObject
            {
                ["curve"] = TCurve.Id.Name(),
                ["constraints"] = compiled.System.ConstraintCount,
                ["circuitHash"] = compiled.Hash.ToString(),
                ["proveSeconds"] = Math.Round(proveSeconds, 6),
                ["verified"] = true,
                ["tamperedRefused"] = true,
            });
            return true;
        }

        private static void Require(bool condition, string failure)
        {
            if (!condition)
            {
                throw new InvalidOperationException($"The demonstration failed: {failure}.");
            }
        }

        private string InFolder(string name) => Path.Combine(folder, name);

        private T Step<T>(string name, Func<T> work)
        {
            long start = Stopwatch.GetTimestamp();
            T result = work();
            output.Say($"  {name,-8} {Output.Since(start),9}");
            return result;
        }
    }
}
