// Owns: `zkps bench kernels`: the machine code that engines emit, listed and disassembled. The code: EmittedCode.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Cli;

internal static class KernelsCommand
{
    /// <summary>Enough for every path that has kernels of its own to be taken.</summary>
    private const int LogSize = 10;

    public static Command Create()
    {
        var disassemble = new Option<string?>("--disassemble")
        {
            Description = "The name of a function, or a part that only its name has: prints its instructions in Intel's syntax.",
        };
        return CommonOptions.Define(
            "kernels",
            "The functions that engines assemble at run time on this machine. Each engine that the machine can run is used once\n"
            + $"so that its code is there; functions of single operations are those of the tier in force ({KernelTiers.SwitchName}).",
            "zkps bench kernels --json",
            (parsed, output) =>
            {
                foreach (CurveId curve in Enum.GetValues<CurveId>())
                {
                    CurveDispatch.Run(curve, new Use(output.Cancellation));
                }

                return parsed.GetValue(disassemble) is { } name ? Disassemble(name, output) : List(output);
            },
            disassemble);
    }

    private static int List(Output output)
    {
        var functions = new JsonArray();
        var table = new List<string[]> { (string[])["function", "bytes", "instructions"] };
        foreach (EmittedCode code in EmittedCode.All)
        {
            int instructions = code.Disassemble().Count();
            functions.Add(new JsonObject { ["name"] = code.Name, ["bytes"] = code.Bytes.Length, ["instructions"] = instructions });
            table.Add([code.Name, code.Bytes.Length.ToString(CultureInfo.InvariantCulture), instructions.ToString(CultureInfo.InvariantCulture)]);
        }

        output.Say($"The engine in force is {EngineNames.Current}; bytes count constants too.");
        output.Table(table);
        output.Result(new JsonObject { ["engine"] = EngineNames.Current, ["functions"] = functions });
        return ExitCode.Success;
    }

    private static int Disassemble(string name, Output output)
    {
        EmittedCode[] found = [.. EmittedCode.All.Where(code => code.Name.Contains(name, StringComparison.OrdinalIgnoreCase))];
        EmittedCode? code = found.SingleOrDefault(code => code.Name == name) ?? (found.Length == 1 ? found[0] : null);
        if (code is null)
        {
            throw new UsageException(found.Length == 0
                ? $"no emitted function has '{name}' in its name; zkps bench kernels lists them."
                : $"'{name}' is in the names of {found.Length} functions: {string.Join("; ", found.Take(5).Select(f => f.Name))}{(found.Length > 5 ? "; …" : ".")}");
        }

        string[] lines = [.. code.Disassemble()];
        output.Say($"; {code.Name}, {lines.Length} instructions");
        foreach (string line in lines)
        {
            output.Say(line);
        }

        output.Result(new JsonObject { ["name"] = code.Name, ["bytes"] = code.Bytes.Length, ["instructions"] = new JsonArray([.. lines]) });
        return ExitCode.Success;
    }

    /// <summary>One small use of each engine on one curve.</summary>
    private sealed class Use(CancellationToken cancellation) : ICurveAction<bool>
    {
        private readonly EngineOptions options = new(0, cancellation);

        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            foreach (KernelTier tier in Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported))
            {
                CpuEngine engine = CpuEngine.Of(tier);
                Sum<TFp, TCurve, TFr>(engine);
                Sum<Fp2<TFp>, TCurve, TFr>(engine);
                var values = new TFr[1 << LogSize];
                Array.Fill(values, TFr.One);
                foreach (NttOrder order in Enum.GetValues<NttOrder>())
                {
                    engine.Forward(NttDomain<TFr>.OfLogSize(LogSize), values, order, TFr.One, options);
                    engine.Inverse(NttDomain<TFr>.OfLogSize(LogSize), values, order, TFr.One, options);
                }
            }

            Pairing.Compute(Affine<TFp, TCurve>.Generator, Affine<Fp2<TFp>, TCurve>.Generator);
            return true;
        }

        private void Sum<TField, TGroup, TFr>(CpuEngine engine)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var scalars = new Scalar256[1 << LogSize];
            var bases = new Affine<TField, TGroup>[1 << LogSize];
            for (int i = 0; i < scalars.Length; i++)
            {
                scalars[i] = Scalar256.From(TFr.Random());
                bases[i] = Affine<TField, TGroup>.Generator;
            }

            engine.Multiply<TField, TGroup>(bases, scalars, options);
        }
    }
}
