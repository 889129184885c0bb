// Owns: `zkps bench circuits`: which circuits fit on this machine, the order, the table and the JSON. One circuit: CircuitBench.cs.

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>Measures circuits one after another, each over each curve.</summary>
internal static class CircuitBenchRunner
{
    /// <summary>What is measured where no circuit is named: what two cores prove in some minutes.</summary>
    public static readonly string[] Usual =
        ["state-transition-20", "batch-validity-4-20", "batch-validity-16-20", "participation-10", "finality-16", "finality-64"];

    /// <summary>Keys from this length on are announced.</summary>
    private const long LargeKey = 1_000_000_000;

    /// <summary>What the disk must hold beside the key and the witness.</summary>
    private const long Reserve = 256 << 20;

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Measures and prints.</summary>
    /// <param name="cases">What to measure, in the order of the rows.</param>
    /// <param name="runs">Of what has a median.</param>
    /// <param name="baselinePath">Figures of an earlier run to compare with, or null.</param>
    /// <param name="outputPath">Where to write the figures as JSON, or null.</param>
    /// <param name="output">Where to print them.</param>
    public static int Run(IReadOnlyList<CircuitCase> cases, int runs, string? baselinePath, string? outputPath, Output output)
    {
        BenchBaseline? baseline = baselinePath is null
            ? null
            : BenchBaseline.Read(baselinePath, CircuitBenchRow.KeyMembers, [.. CircuitBenchRow.Compared.Select(c => c.Member)]);
        using AtomicFile? file = outputPath is null ? null : new AtomicFile(outputPath);
        CircuitSize[] sizes = output.Work("sizes", progress => Sizes(cases, progress, output.Cancellation));
        DirectoryInfo folder = Directory.CreateTempSubdirectory("zkps-bench-");
        try
        {
            int largest = Array.IndexOf(sizes, sizes.MaxBy(size => size.KeyBytes));
            RequireRoom(cases[largest].Name, sizes[largest], Path.GetTempPath(), new DriveInfo(folder.FullName).AvailableFreeSpace, output);
            List<CircuitBenchRow> rows = output.Work("bench", progress => Measure(cases, sizes, runs, folder, progress, output.Cancellation));
            output.Say($"{BenchMachine.Description}, {EngineNames.Current} kernels, at most {cases[0].Threads} threads; medians of {runs}");
            output.Table(
            [
                [.. CircuitBenchRow.Head, .. baseline is null ? [] : CircuitBenchRow.Compared.Select(c => c.Head)],
                .. rows.Select(row => (string[])[.. row.Cells(), .. baseline is null ? [] : baseline.Ratios(row.Case.Key, row.Engine, row.ComparedFigures)]),
            ]);
            var result = new JsonObject
            {
                ["machine"] = BenchMachine.ToJson(),
                ["runs"] = runs,
                ["rows"] = new JsonArray([.. rows.Select(row => row.ToJson())]),
            };
            output.Result(result);
            if (file is not null)
            {
                file.Stream.Write(Encoding.UTF8.GetBytes(result.ToJsonString(Layout) + "\n"));
                file.Commit();
                output.Say($"{outputPath}: the figures");
            }

            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static CircuitSize[] Sizes(IReadOnlyList<CircuitCase> cases, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        var sizes = new CircuitSize[cases.Count];
        for (int i = 0; i < sizes.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress.Report(new(cases[i].Key, (double)i / sizes.Length));
            sizes[i] = CurveDispatch.Run(cases[i].Curve, new CircuitSizing(cases[i].Circuit));
        }

        return sizes;
    }

    /// <summary>Says before anything is measured what the largest key takes, and fails where the disk has not got it.</summary>
    /// <param name="name">Whose key it is.</param>
    /// <param name="size">How large the circuit is.</param>
    /// <param name="where">The folder for it.</param>
    /// <param name="free">The bytes that are free there.</param>
    /// <param name="output">Told of a large one.</param>
    /// <exception cref="UsageException">There is not the room.</exception>
    internal static void RequireRoom(string name, CircuitSize size, string where, long free, Output output)
    {
        long needed = size.KeyBytes + (32L * size.Wires) + Reserve;
        if (needed > free)
        {
            throw new UsageException(
                $"the key of {name} and what belongs to it take {Output.Bytes(needed)}, and {where} has {Output.Bytes(free)} free; let TMPDIR name a folder with room.");
        }

        if (size.KeyBytes >= LargeKey)
        {
            long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            output.Warn(
                $"the key of {name} takes {Output.Bytes(size.KeyBytes)} in {where}, which has {Output.Bytes(free)} free; making it and "
                + $"proving hold about {Output.Bytes(MemoryOf(size))} of memory, and this process may use {Output.Bytes(memory)}.");
        }
    }

    /// <summary>About the most memory that the setup holds, beside pages of the key that the system may drop.</summary>
    private static long MemoryOf(CircuitSize size) => (12 * size.Terms) + (600L * size.Domain);

    private static List<CircuitBenchRow> Measure(
        IReadOnlyList<CircuitCase> cases, CircuitSize[] sizes, int runs, DirectoryInfo folder, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        var rows = new List<CircuitBenchRow>();
        for (int i = 0; i < cases.Count; i++)
        {
            (CircuitCase what, double done) = (cases[i], (double)i / cases.Count);
            rows.Add(CurveDispatch.Run(
                what.Curve,
                new CircuitBench(what, sizes[i], runs, folder.FullName, phase => progress.Report(new($"{what.Key} {phase}", done)), cancellation)));
        }

        return rows;
    }
}
