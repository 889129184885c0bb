// Owns: `zkps circuit`: what circuits there are, what they cost, their files, and checking a witness.

using System.CommandLine;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class CircuitCommands
{
    public static Command Create() => CommonOptions.Group(
        "circuit", "Circuits: list, cost, examples, files, witness checks.", "zkps circuit list", List(), Info(), Example(), Compile(), Check());

    private static Command List() => CommonOptions.Define(
        "list",
        "Lists the circuits of this program.",
        "zkps circuit list",
        (_, output) =>
        {
            foreach (CatalogEntry entry in CircuitCatalog.Entries)
            {
                output.Say(entry.Form);
                output.Say($"    {entry.Description}");
                output.Say($"    {entry.Parameters}");
                output.Say($"    {string.Join(", ", entry.Names)}");
            }

            output.Result(new JsonArray([.. CircuitCatalog.Entries.Select(entry => new JsonObject
            {
                ["name"] = entry.Name,
                ["description"] = entry.Description,
                ["form"] = entry.Form,
                ["parameters"] = entry.Parameters,
                ["circuits"] = new JsonArray([.. entry.Names.Select(name => (JsonNode)name)]),
            })]));
            return ExitCode.Success;
        });

    private static Command Info()
    {
        var name = new Argument<string>("NAME") { Description = "The circuit." };
        Option<string> curve = CommonOptions.Curve(required: false);
        return CommonOptions.Define(
            "info",
            "Compiles a circuit and shows its inputs, the schema of its requests, and its constraint counts by scope.",
            "zkps circuit info state-transition-20 --curve bls12-381",
            (parsed, output) => CurveDispatch.Run(
                CommonOptions.ParseCurve(parsed.GetRequiredValue(curve)),
                new InfoAction(CommonOptions.FindCircuit(parsed.GetRequiredValue(name)), output)),
            name,
            curve);
    }

    private static Command Example()
    {
        var name = new Argument<string>("NAME") { Description = "The circuit." };
        Option<string?> path = CommonOptions.Optional("--output", "The file to write; else it is printed.", "-o");
        return CommonOptions.Define(
            "example",
            "Prints inputs that zkps witness takes for a circuit, on either curve.",
            "zkps circuit example batch-validity-16-20 -o batch.json",
            (parsed, output) =>
            {
                JsonObject document = CircuitRequests.Example(CommonOptions.FindCircuit(parsed.GetRequiredValue(name)));
                if (parsed.GetValue(path) is { } file)
                {
                    Output.WriteJson(file, document);
                    output.Say($"{file}: inputs for {parsed.GetRequiredValue(name)}");
                }
                else
                {
                    output.Say(Output.Text(document));
                }

                output.Result(document);
                return ExitCode.Success;
            },
            name,
            path);
    }

    private static Command Compile()
    {
        var name = new Argument<string>("NAME") { Description = "The circuit." };
        Option<string> curve = CommonOptions.Curve();
        Option<string> folder = CommonOptions.Required("--output", "The folder for NAME.r1cs and NAME.sym; made if missing.", "-o");
        return CommonOptions.Define(
            "compile",
            "Compiles a circuit to NAME.r1cs and NAME.sym, in iden3's formats.",
            "zkps circuit compile merkle-membership --curve bn254 -o build",
            (parsed, output) => CurveDispatch.Run(
                CommonOptions.ParseCurve(parsed.GetRequiredValue(curve)),
                new CompileAction(CommonOptions.FindCircuit(parsed.GetRequiredValue(name)), parsed.GetRequiredValue(folder), output)),
            name,
            curve,
            folder);
    }

    private static Command Check()
    {
        Option<string> r1cs = CommonOptions.Required("--r1cs", "The circuit.");
        Option<string> wtns = CommonOptions.Required("--wtns", "The witness.");
        Option<string?> sym = CommonOptions.Optional("--sym", "Names for the wires; by default the .sym beside the .r1cs, if there is one.");
        return CommonOptions.Define(
            "check",
            "Checks a witness against every constraint and names the first that fails. Exit code 1 where one does.",
            "zkps circuit check --r1cs build/merkle-membership.r1cs --wtns witness.wtns",
            (parsed, output) =>
            {
                string path = parsed.GetRequiredValue(r1cs);
                BigInteger prime = R1csFile.ReadHeader(path).Prime;
                return CurveNames.TryFromScalarModulus(prime, out CurveId curve)
                    ? CurveDispatch.Run(curve, new CheckAction(path, parsed.GetRequiredValue(wtns), parsed.GetValue(sym), output))
                    : throw new UsageException($"{path} is over {ScalarFields.NameOf(prime)}; the scalar fields of bls12-381 and bn254 are supported.");
            },
            r1cs,
            wtns,
            sym);
    }

    private sealed class InfoAction(ICircuit circuit, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            CompiledCircuit<TFr> compiled = output.Work("compile", _ => CircuitCompiler.Compile<TFr>(circuit));
            ConstraintSystem<TFr> system = compiled.System;
            long nonZeros = (long)system.A.TermCount + system.B.TermCount + system.C.TermCount;
            long domain = 1L << (BitOperations.Log2((uint)(system.ConstraintCount + system.PublicCount)) + 1);
            var inputs = new JsonArray();
            foreach (InputSignal input in compiled.Inputs)
            {
                inputs.Add(new JsonObject
                {
                    ["name"] = input.Name,
                    ["shape"] = new JsonArray([.. input.Shape.ToArray().Select(length => (JsonNode)length)]),
                    ["public"] = input.IsPublic,
                });
            }

            output.Say($"{compiled.Name} over {TCurve.Id.Name()}");
            output.Say($"  hash           {compiled.Hash}");
            output.Say($"  constraints    {system.ConstraintCount}");
            output.Say($"  wires          {system.WireCount}");
            output.Say($"  public inputs  {system.PublicCount}");
            output.Say($"  non-zeros      {nonZeros}");
            output.Say($"  domain         {domain}");
            output.Say("  inputs (JSON members; numbers or decimal strings, arrays where a length is given)");
            foreach (InputSignal input in compiled.Inputs)
            {
                output.Say($"    {input}{(input.IsPublic ? " (public)" : "")}");
            }

            JsonObject? schema = (circuit as IRequestCircuit)?.RequestSchema;
            if (schema is not null)
            {
                output.Say("  or a request, from which these are computed, of this JSON Schema");
                output.Say(Output.Text(schema));
            }

            output.Say();
            output.Say(compiled.Report.ToString());
            output.Result(new JsonObject
            {
                ["name"] = compiled.Name,
                ["curve"] = TCurve.Id.Name(),
                ["hash"] = compiled.Hash.ToString(),
                ["constraints"] = system.ConstraintCount,
                ["wires"] = system.WireCount,
                ["publicInputs"] = system.PublicCount,
                ["nonZeros"] = nonZeros,
                ["domain"] = domain,
                ["inputs"] = inputs,
                ["requestSchema"] = schema?.DeepClone(),
                ["scopes"] = new JsonArray([.. compiled.Report.Scopes.Select(scope => new JsonObject
                {
                    ["scope"] = scope.Scope,
                    ["before"] = scope.Before,
                    ["after"] = scope.After,
                })]),
            });
            return ExitCode.Success;
        }
    }

    private sealed class CompileAction(ICircuit circuit, string folder, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            CompiledCircuit<TFr> compiled = output.Work("compile", _ => CircuitCompiler.Compile<TFr>(circuit));
            Directory.CreateDirectory(folder);
            string r1cs = Path.Combine(folder, compiled.Name + ".r1cs"), sym = Path.Combine(folder, compiled.Name + ".sym");
            foreach (string path in (string[])[r1cs, sym])
            {
                // Found out after the first file is in place, it would leave that one alone behind.
                if (Directory.Exists(path))
                {
                    throw new UsageException($"{path} is a folder; a file is to be written there.");
                }
            }

            SymFile.Write(sym, compiled.Symbols);
            R1csFile.Write(r1cs, compiled);
            output.Say($"{r1cs}: {compiled.System.ConstraintCount} constraints, {compiled.System.WireCount} wires, {compiled.System.PublicCount} public");
            output.Say($"{sym}: names of {compiled.Symbols.LabelCount} signals");
            output.Result(new JsonObject
            {
                ["r1cs"] = r1cs,
                ["sym"] = sym,
                ["hash"] = compiled.Hash.ToString(),
                ["constraints"] = compiled.System.ConstraintCount,
                ["wires"] = compiled.System.WireCount,
                ["publicInputs"] = compiled.System.PublicCount,
            });
            return ExitCode.Success;
        }
    }

    private sealed class CheckAction(string r1cs, string wtns, string? sym, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            ConstraintSystem<TFr> system = R1csFile.Read<TFr>(r1cs).System;
            TFr[] witness = WtnsFile.Read<TFr>(wtns, system.WireCount);
            string names = sym ?? Path.ChangeExtension(r1cs, ".sym");
            SymbolTable? symbols = sym is not null || File.Exists(names) ? SymFile.Read(names, system.WireCount) : null;
            ConstraintFailure? failure = CircuitChecker.FindFailure(system, witness, symbols);
            output.Say(failure is null
                ? $"The witness satisfies all {system.ConstraintCount} constraints."
                : $"The witness does not satisfy the circuit. {failure}");
            var result = new JsonObject { ["satisfied"] = failure is null, ["constraints"] = system.ConstraintCount };
            if (failure is not null)
            {
                result["failure"] = new JsonObject
                {
                    ["constraint"] = failure.Index,
                    ["scope"] = failure.Scope,
                    ["left"] = failure.Left,
                    ["right"] = failure.Right,
                    ["output"] = failure.Output,
                };
            }

            output.Result(result);
            return failure is null ? ExitCode.Success : ExitCode.No;
        }
    }
}
