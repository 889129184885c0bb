// Owns: `zkps bench`: the options. Measuring: Bench/. The list of emitted functions: KernelsCommand.cs.

using System.CommandLine;
using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.Cli;

internal static class BenchCommands
{
    private const string Turns =
        "\n\nSeveral engines take turns, run by run, and the table shows how many times faster than the portable one each is. An\n"
        + "engine other than the one in force runs in a process of its own. The rows' peak memory is counted from the first\n"
        + "measured run where the system allows (Linux), otherwise from the start of the process; the output says which.";

    public static Command Create() => CommonOptions.Group(
        "bench",
        "Figures of this machine, each as the median and the minimum of several runs.",
        "zkps bench prove --curve bn254 --sizes 12",
        Define(
            BenchWork.Field,
            "Single multiplications, squarings and inversions in Fp and Fr, each waiting for the one before.",
            "zkps bench field --curve bn254 --engine portable,emitted"),
        Define(
            BenchWork.Msm,
            "Multi-scalar multiplication with uniform scalars.",
            "zkps bench msm --curve bls12-381 --group g1 --sizes 14,16 --threads 1 --engine portable,emitted --plot msm.svg",
            "10,12,14,16"),
        Define(
            BenchWork.Ntt,
            "A forward transform in place, natural to natural order.",
            "zkps bench ntt --curve bls12-381 --sizes 20 --threads 1 --json",
            "10,12,14,16,18,20"),
        Define(
            BenchWork.Prove,
            "Whole proofs of chains of 2^k − 16 multiplications with full-size values.",
            "zkps bench prove --curve bn254 --sizes 14 --runs 3 --compare prove.json",
            "12,14"),
        Define(
            BenchWork.Verify,
            "The verification of one proof, on one thread, and of batches of 2^k proofs under one key.",
            "zkps bench verify --curve bls12-381 --sizes 10 --threads 1",
            "10"),
        Circuits(),
        TuneCommand.Create(),
        ProfileCommand.Create(),
        BesideCommand.Create(),
        KernelsCommand.Create(),
        ServiceBench.Create(),
        SetupBench.Create(),
        CreateWorker());

    private static Command Circuits()
    {
        var names = new Argument<string[]>("NAME")
        {
            Description = $"Circuits; {string.Join(", ", CircuitBenchRunner.Usual)} where none is named.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var curve = new Option<string?>("--curve") { Description = "bls12-381, bn254 or both; both where it is left out." };
        Option<int> threads = CommonOptions.Threads();
        Option<int> runs = Runs(3);
        Option<string?> compare = CommonOptions.Optional("--compare", "A file that --json or -o wrote earlier: shows the ratio of times to its own.");
        Option<string?> path = CommonOptions.Optional("--output", "A file to write the figures to, as --json prints them.", "-o");
        return CommonOptions.Define(
            "circuits",
            "The whole way of circuits: compiling, witness (program, then check of every constraint), single-party setup, proof in\n"
            + "this process, zkps prove in a process of its own with its peak memory, verification. Every proof is checked. Keys lie\n"
            + "in the system's temporary folder meanwhile; where there is not the room the command ends before it begins. --threads\n"
            + "is for setup and proofs; compiling takes one thread, and witnesses are found on all cores.",
            "zkps bench circuits state-transition-20 finality-16 --curve bls12-381 --runs 5 -o circuits.json",
            (parsed, output) =>
            {
                string[] circuits = parsed.GetValue(names) is { Length: > 0 } given ? given : CircuitBenchRunner.Usual;
                string? over = parsed.GetValue(curve);
                CurveId[] curves = over is null or "both" ? Enum.GetValues<CurveId>() : [CommonOptions.ParseCurve(over)];
                int limit = ThreadLimit(parsed.GetValue(threads));
                return CircuitBenchRunner.Run(
                    [
                        .. from circuit in circuits.Select(CommonOptions.FindCircuit).DistinctBy(circuit => circuit.Name)
                           from id in curves
                           select new CircuitCase(circuit, id, limit),
                    ],
                    RunCount(parsed.GetValue(runs)),
                    parsed.GetValue(compare),
                    parsed.GetValue(path),
                    output);
            },
            names,
            curve,
            threads,
            runs,
            compare,
            path);
    }

    private static Option<int> Runs(int usual) => new("--runs") { Description = "Runs of each row.", DefaultValueFactory = _ => usual };

    private static int RunCount(int runs) => runs is >= 1 and <= 1000 ? runs : throw new UsageException("--runs must be from 1 to 1000.");

    private static int ThreadLimit(int threads) => threads > 0 ? threads : Environment.ProcessorCount;

    private static Command Define(BenchWork work, string description, string example, string? sizes = null)
    {
        var curve = new Option<string?>("--curve") { Description = "bls12-381 or bn254; both where it is left out." };
        var group = new Option<string?>("--group") { Description = "g1 or g2; both where it is left out." };
        var sizeList = new Option<string>("--sizes")
        {
            Description = work == BenchWork.Verify ? "log₂ of the numbers of proofs in a batch, separated by commas." : "log₂ of the sizes, separated by commas.",
            DefaultValueFactory = _ => sizes ?? "0",
        };
        Option<int> threads = CommonOptions.Threads();
        var engine = new Option<string?>("--engine")
        {
            Description = "What computes: portable, adx, vector, emitted or a device, or several separated by commas; the best that the\n"
                + $"processor has where it is left out, or what {KernelTiers.SwitchName} names.",
        };
        var device = new Option<string?>("--device") { Description = "Devices to measure, as zkps devices names them, separated by commas." };
        bool hasDevices = work is BenchWork.Msm or BenchWork.Ntt or BenchWork.Prove;
        Option<int> runs = Runs(5);
        Option<string?> compare = CommonOptions.Optional("--compare", "A file that --json wrote earlier: shows the ratio of times to its medians.");
        Option<string?> plot = CommonOptions.Optional("--plot", "An SVG file to draw the figures in.");
        Symbol[] symbols =
        [
            curve, .. work == BenchWork.Msm ? (Symbol[])[group] : [], .. work == BenchWork.Field ? (Symbol[])[] : [sizeList, threads],
            engine, .. hasDevices ? (Symbol[])[device] : [], runs, compare, plot,
        ];
        return CommonOptions.Define(
            work.ToString().ToLowerInvariant(),
            description + Turns,
            example,
            (parsed, output) =>
            {
                int count = RunCount(parsed.GetValue(runs));
                CurveId[] curves = parsed.GetValue(curve) is { } name ? [CommonOptions.ParseCurve(name)] : Enum.GetValues<CurveId>();
                int limit = work == BenchWork.Field ? 1 : ThreadLimit(parsed.GetValue(threads));
                var plan = new BenchPlan(
                    BenchPlan.Combine(
                        work,
                        curves,
                        work switch { BenchWork.Msm => Groups(parsed.GetValue(group)), BenchWork.Field => ["fp", "fr"], _ => [""] },
                        work == BenchWork.Field ? [0] : Sizes(parsed.GetRequiredValue(sizeList), work),
                        limit),
                    Engines(parsed.GetValue(engine), hasDevices ? parsed.GetValue(device) : null),
                    count);
                return BenchRunner.Run(plan, parsed.GetValue(compare), parsed.GetValue(plot), output);
            },
            symbols);
    }

    /// <summary>What <see cref="ProcessSession"/> starts.</summary>
    private static Command CreateWorker()
    {
        var engine = new Argument<string>("ENGINE") { Description = "What measures." };
        Command worker = CommonOptions.Define(
            BenchWorker.Name,
            "Measures what its standard input asks for; other bench commands start it for each engine.",
            $"zkps bench {BenchWorker.Name} emitted",
            (parsed, output) => BenchWorker.Serve(BenchEngine.Parse(parsed.GetRequiredValue(engine)), Console.In, Console.Out, output.Cancellation),
            engine);
        worker.Hidden = true;
        return worker;
    }

    /// <summary>The engines of --engine, then the devices of --device; what the processor runs where neither is given.</summary>
    private static BenchEngine[] Engines(string? text, string? devices)
    {
        BenchEngine[] engines =
        [
            .. text is null ? [] : text.Split(',', StringSplitOptions.TrimEntries).Select(BenchEngine.Parse),
            .. devices is null ? [] : DeviceOption.Find(devices).Select(BenchEngine.Of),
        ];
        return engines.DistinctBy(engine => engine.Name).Count() == engines.Length
            ? engines is [] ? [BenchEngine.Current] : engines
            : throw new UsageException("an engine is named twice in --engine and --device.");
    }

    private static string[] Groups(string? text) => text switch
    {
        null => ["g1", "g2"],
        "g1" or "g2" => [text],
        _ => throw new UsageException($"there is no group '{text}'; there are g1 and g2."),
    };

    private static int[] Sizes(string text, BenchWork work)
    {
        (int least, int most) = work switch { BenchWork.Ntt => (5, 26), BenchWork.Verify => (1, 16), _ => (5, 24) };
        var sizes = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size < least || size > most)
            {
                throw new UsageException($"'{part}' in --sizes is not a whole number from {least} to {most}: sizes are given as log₂.");
            }

            sizes.Add(size);
        }

        return [.. sizes];
    }
}
