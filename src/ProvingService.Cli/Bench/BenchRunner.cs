// Owns: running a plan, and its figures as a table and as JSON. One run: BenchSessions.cs. The plot: BenchPlot.cs.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>Runs a plan case by case; within a case the engines take turns, run by run.</summary>
internal static class BenchRunner
{
    /// <summary>Measures and prints.</summary>
    /// <param name="plan">What to measure.</param>
    /// <param name="baselinePath">Figures of an earlier run to compare with, or null.</param>
    /// <param name="plotPath">Where to draw the figures, or null.</param>
    /// <param name="output">Where to print them.</param>
    public static int Run(BenchPlan plan, string? baselinePath, string? plotPath, Output output)
    {
        ILookup<string, (string Engine, double Median)>? baseline = baselinePath is null ? null : ReadBaseline(baselinePath);
        using AtomicFile? plot = plotPath is null ? null : new AtomicFile(plotPath);
        List<BenchRow> rows = output.Work("bench", progress => Measure(plan, progress, output.Cancellation));
        string processor = Processor();
        output.Say($"{processor}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}; peak memory is that of {PeakOf}");
        output.Table([Head(plan, baseline is not null), .. rows.Select(row => Cells(row, plan, baseline))]);
        output.Result(new JsonObject
        {
            ["machine"] = new JsonObject
            {
                ["processor"] = processor,
                ["cores"] = Environment.ProcessorCount,
                ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
                ["runtime"] = RuntimeInformation.FrameworkDescription,
                ["peakMemoryOf"] = PeakOf,
            },
            ["rows"] = new JsonArray([.. rows.Select(row => row.ToJson())]),
        });
        if (plot is not null)
        {
            plot.Stream.Write(Encoding.UTF8.GetBytes(BenchPlot.Draw(rows, processor)));
            plot.Commit();
            output.Say($"{plotPath}: the plot");
        }

        return ExitCode.Success;
    }

    private static string PeakOf => PeakMemory.CanReset ? "row" : "process";

    private static List<BenchRow> Measure(BenchPlan plan, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        var sessions = new List<IBenchSession>();
        try
        {
            foreach (KernelTier tier in plan.Engines)
            {
                sessions.Add(plan.Engines.Count == 1 && tier == KernelTiers.Current
                    ? new LocalSession(cancellation)
                    : new ProcessSession(tier, cancellation));
            }

            var rows = new List<BenchRow>();
            for (int i = 0; i < plan.Cases.Count; i++)
            {
                progress.Report(new(plan.Cases[i].Key, (double)i / plan.Cases.Count));
                rows.AddRange(Measure(plan, plan.Cases[i], sessions));
            }

            return rows;
        }
        finally
        {
            sessions.ForEach(session => session.Dispose());
        }
    }

    private static List<BenchRow> Measure(BenchPlan plan, BenchCase what, List<IBenchSession> sessions)
    {
        sessions.ForEach(session => session.Begin(what));
        var times = sessions.ConvertAll(_ => new List<BenchTime>());
        for (int run = 0; run < plan.Runs; run++)
        {
            for (int s = 0; s < sessions.Count; s++)
            {
                times[s].Add(sessions[s].Run());
            }
        }

        var rows = new List<BenchRow>();
        for (int s = 0; s < sessions.Count; s++)
        {
            double[] seconds = [.. times[s].Select(time => time.Seconds).Order()];
            double median = (seconds[(seconds.Length - 1) / 2] + seconds[seconds.Length / 2]) / 2;
            rows.Add(new(what, EngineNames.Of(plan.Engines[s]), median, seconds[0], times[s].Average(time => time.UserSeconds), sessions[s].End()));
        }

        int portable = plan.Engines.ToList().IndexOf(KernelTier.Portable);
        return portable < 0 || rows.Count == 1 ? rows : rows.ConvertAll(row => row with { Speedup = rows[portable].Median / row.Median });
    }

    private static string[] Head(BenchPlan plan, bool withBaseline) =>
    [
        "work", "curve", "what", "2^k", "threads", "engine", "median", "minimum", "user", "peak memory",
        .. IsOfVerification(plan) ? (string[])["a proof"] : [],
        .. ShowsSpeedup(plan) ? (string[])["speedup"] : [],
        .. withBaseline ? (string[])["to baseline"] : [],
    ];

    private static string[] Cells(BenchRow row, BenchPlan plan, ILookup<string, (string Engine, double Median)>? baseline) =>
    [
        row.Case.WorkName,
        row.Case.Curve.Name(),
        $"{row.Case.Group} {row.Case.Operation}".Trim(),
        row.Case.Size.ToString(CultureInfo.InvariantCulture),
        row.Case.Threads.ToString(CultureInfo.InvariantCulture),
        row.Engine,
        Output.Time(row.Median),
        Output.Time(row.Minimum),
        Output.Time(row.UserSeconds),
        Output.Bytes(row.PeakMemoryBytes),
        .. IsOfVerification(plan) ? (string[])[Output.Time(row.Median / (1L << row.Case.Size))] : [],
        .. ShowsSpeedup(plan) ? (string[])[string.Create(CultureInfo.InvariantCulture, $"{row.Speedup:F2}x")] : [],
        .. baseline is null ? [] : (string[])[Ratio(row, baseline)],
    ];

    private static bool ShowsSpeedup(BenchPlan plan) => plan.Engines.Count > 1 && plan.Engines.Contains(KernelTier.Portable);

    private static bool IsOfVerification(BenchPlan plan) => plan.Cases[0].Work == BenchWork.Verify;

    /// <summary>The time over that of the baseline's row of the same engine, or of its first row where the engine has none.</summary>
    private static string Ratio(BenchRow row, ILookup<string, (string Engine, double Median)> baseline)
    {
        var rows = baseline[row.Case.Key].OrderBy(before => before.Engine != row.Engine).ToList();
        return rows.Count == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{row.Median / rows[0].Median:F3}");
    }

    private static ILookup<string, (string Engine, double Median)> ReadBaseline(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path))!["rows"]!.AsArray().ToLookup(
                row => $"{row!["work"]}/{row["curve"]}/{row["group"]}/{row["operation"]}/{row["size"]}/{row["threads"]}",
                row => (row!["engine"]!.GetValue<string>(), row["median"]!.GetValue<double>()));
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new UsageException($"{path} is not what zkps bench --json writes; write it anew.");
        }
    }

    /// <summary>The processor's name where the system tells it.</summary>
    private static string Processor()
    {
        const string Marker = "model name";
        string? line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith(Marker, StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
