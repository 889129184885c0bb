// Owns: `zkps witness`: from a circuit's inputs to a .wtns.

using System.CommandLine;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class WitnessCommand
{
    /// <summary>Larger input files are refused unread.</summary>
    private const long MaxInputLength = 1L << 30;

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The circuit." };
        Option<string> curve = CommonOptions.Curve();
        Option<string> input = CommonOptions.Required("--input", "The inputs as JSON; zkps circuit info shows which.");
        Option<string> path = CommonOptions.Required("--output", "The .wtns to write. It holds the private inputs in the clear.", "-o");
        Option<string?> statement = CommonOptions.Optional("--statement", "The statement that the witness proves, to write as JSON: what verifiers get.");
        return CommonOptions.Define(
            "witness",
            "Computes the witness of a circuit, checked against every constraint, from a request (accounts and transfers, say) or\n"
            + "from the circuit's inputs by name. Exit code 1 where the request is refused or the inputs do not satisfy the circuit.",
            "zkps witness state-transition-20 --curve bls12-381 --input circuits/examples/state-transition-20.json -o witness.wtns",
            (parsed, output) => CurveDispatch.Run(
                CommonOptions.ParseCurve(parsed.GetRequiredValue(curve)),
                new Action(
                    CommonOptions.FindCircuit(parsed.GetRequiredValue(name)),
                    parsed.GetRequiredValue(input),
                    parsed.GetRequiredValue(path),
                    parsed.GetValue(statement),
                    output)),
            name,
            curve,
            input,
            path,
            statement);
    }

    private sealed class Action(IExampleCircuit circuit, string input, string path, string? statementPath, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            (CircuitInputs<TFr> inputs, IStatement<TFr>? statement) = OfInput(Read<TFr>);
            if (statementPath is not null && statement is null)
            {
                throw new UsageException($"{input} is no request: what its inputs prove is not known, so that --statement has nothing to write.");
            }

            if (statementPath is not null && Path.GetFullPath(statementPath) == Path.GetFullPath(path))
            {
                throw new UsageException($"{path} cannot hold both the witness and the statement.");
            }

            CompiledCircuit<TFr> compiled = output.Work("compile", _ => CircuitCompiler.Compile<TFr>(circuit));
            TFr[] witness = OfInput(() => compiled.CreateWitness(inputs), circuit is IRequestCircuit && statement is null);
            JsonObject? document = statement is null ? null : StatementDocuments.Write(statement);
            if (statementPath is not null)
            {
                // First: where it cannot be written, no witness with private inputs is left behind.
                Output.WriteJson(statementPath, document!);
            }

            WtnsFile.Write<TFr>(path, witness);

            output.Say($"{path}: {witness.Length} elements, satisfying all {compiled.System.ConstraintCount} constraints");
            output.Result(new JsonObject
            {
                ["wtns"] = path,
                ["elements"] = witness.Length,
                ["statement"] = document,
                ["public"] = new JsonArray([.. compiled.PublicValues(witness).ToArray().Select(value => (JsonNode)value.ToString()!)]),
            });
            return ExitCode.Success;
        }

        private (CircuitInputs<TFr> Inputs, IStatement<TFr>? Statement) Read<TFr>()
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var file = new FileInfo(input);
            if (file.Exists && file.Length > MaxInputLength)
            {
                throw new UsageException($"{input} has {file.Length} bytes; inputs of at most {MaxInputLength} are read.");
            }

            CircuitInputs<TFr> inputs = CircuitRequests.Read(circuit, File.ReadAllBytes(input), out IStatement<TFr>? statement);
            return (inputs, statement);
        }

        /// <summary>Faults of the inputs are faults of the file; who meant a request learns what marks one.</summary>
        private T OfInput<T>(Func<T> work, bool mayMeanRequest = false)
        {
            try
            {
                return work();
            }
            catch (InvalidInputException e)
            {
                string hint = mayMeanRequest && circuit is IRequestCircuit known
                    ? $" (A request for this circuit has the member '{known.RequestMember}': zkps circuit example {circuit.Name}.)"
                    : string.Empty;
                throw new InvalidFileException(input, FileFault.Malformed, -1, e.Message + hint);
            }
        }
    }
}
