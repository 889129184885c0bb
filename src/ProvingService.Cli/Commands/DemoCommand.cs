// Owns: `zkps demo`: what is shown, in which order. One circuit's way from definition to refused forgery: DemoProof.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class DemoCommand
{
    private const int Leaves = 1000;

    public static Command Create()
    {
        Option<string> folder = CommonOptions.WithPath(new Option<string>("--output", "-o")
        {
            Description = "The folder for the files.",
            DefaultValueFactory = _ => "zkps-demo",
        });
        return CommonOptions.Define(
            "demo",
            "The whole way on this machine, on both curves, for a Merkle membership, a signed transfer and a batch of transfers:\n"
            + "compiles the circuits written in C#, makes keys, proves and verifies, and shows that tampered proofs are refused.\n"
            + "Then a proving service takes a transfer as a job over gRPC.",
            "zkps demo",
            (parsed, output) =>
            {
                // First of all: what cannot be a folder ends the demonstration before it says anything.
                string root = Directory.CreateDirectory(parsed.GetRequiredValue(folder)).FullName;
                var results = new JsonArray();
                long start = Stopwatch.GetTimestamp();
                foreach (CurveId curve in Enum.GetValues<CurveId>())
                {
                    CurveDispatch.Run(curve, new Action(Path.Combine(root, curve.Name()), output, results));
                }

                var transition = new StateTransition();
                JsonObject service = new DemoService(Path.Combine(root, "service"), output)
                    .RunAsync(Path.Combine(root, CurveId.Bls12381.Name(), transition.Name, transition.Name + ".zkey"), transition.Name).GetAwaiter().GetResult();
                output.Say($"Done in {Output.Since(start)} with the {EngineNames.Current} kernels. The files are in {root}, in the formats of snarkjs. Try:");
                output.Say($"  snarkjs groth16 verify {Path.Combine(root, "bn254", "verification_key.json")} \\");
                output.Say($"    {Path.Combine(root, "bn254", "public.json")} {Path.Combine(root, "bn254", "proof.json")}");
                output.Result(new JsonObject { ["folder"] = root, ["engine"] = EngineNames.Current, ["curves"] = results, ["service"] = service });
                return ExitCode.Success;
            },
            folder);
    }

    private sealed class Action(string folder, Output output, JsonArray results) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            output.Say($"{TCurve.Id.Name()}");
            JsonObject membership = new DemoProof<TCurve, TFp, TFr>(folder, output).Run(
                new MerkleMembership(),
                $"a Poseidon tree of depth {MerkleMembership.DefaultDepth}",
                RandomMembership<TFr>,
                $"the path of leaf 417 among {Leaves:N0} random leaves",
                "it shows a leaf under the public root and hides which",
                "another root");
            var transition = new StateTransition();
            JsonObject transfer = Prove<TCurve, TFp, TFr>(
                transition,
                "a signed transfer between two of 2^20 accounts",
                "a state of eight accounts, a transfer and its EdDSA signature, applied",
                "it shows that the new root of all accounts is the old one after this transfer",
                "another statement");
            var validity = new BatchValidity(4);
            JsonObject batch = Prove<TCurve, TFp, TFr>(
                validity,
                "up to four signed transfers between 2^20 accounts, and their fees",
                "three transfers, executed, and a slot that fills the batch",
                "it shows that the batch leads from the old root to the new one",
                "another statement");
            membership["curve"] = TCurve.Id.Name();
            membership["circuits"] = new JsonArray(transfer, batch);
            results.Add(membership);
            return true;
        }

        private JsonObject Prove<TCurve, TFp, TFr>(IRequestCircuit circuit, string what, string inputs, string shown, string other)
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            new DemoProof<TCurve, TFp, TFr>(Path.Combine(folder, circuit.Name), output)
                .Run(circuit, what, circuit.Example<TFr>, inputs, shown, other);

        private static CircuitInputs<TFr> RandomMembership<TFr>()
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var leaves = new TFr[Leaves];
            for (int i = 0; i < leaves.Length; i++)
            {
                leaves[i] = TFr.Random();
            }

            return MerkleMembership.InputsFor(new MerkleTree<TFr>(MerkleMembership.DefaultDepth, leaves), 417);
        }
    }
}
