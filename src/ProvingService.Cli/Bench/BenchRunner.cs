// Owns: running a plan, and its figures as a table and as JSON. One run: BenchSessions.cs. The plot: BenchPlot.cs.

using System.Globalization;
using System.Text;
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
        BenchBaseline? baseline = baselinePath is null
            ? null
            : BenchBaseline.Read(baselinePath, ["work", "curve", "group", "operation", "size", "threads"], ["median"]);
        using AtomicFile? plot = plotPath is null ? null : new AtomicFile(plotPath);
        List<BenchRow> rows = output.Work("bench", progress => Measure(plan, progress, output.Cancellation));
        output.Say($"{BenchMachine.Description}; peak memory is that of {PeakOf}");
        output.Table([Head(plan, baseline is not null), .. rows.Select(row => Cells(row, plan, baseline))]);
        JsonObject machine = BenchMachine.ToJson();
        machine["peakMemoryOf"] = PeakOf;
        output.Result(new JsonObject
        {
            ["machine"] = machine,
            ["rows"] = new JsonArray([.. rows.Select(row => row.ToJson())]),
        });
        if (plot is not null)
        {
            plot.Stream.Write(Encoding.UTF8.GetBytes(BenchPlot.Draw(rows, BenchMachine.Processor)));
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
            foreach (BenchEngine engine in plan.Engines)
            {
                sessions.Add(plan.Engines.Count == 1 && engine.IsHere
                    ? new LocalSession(engine, cancellation)
                    : new ProcessSession(engine, cancellation));
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
            rows.Add(new(what, plan.Engines[s].Name, BenchClock.Median(seconds), seconds[0], times[s].Average(time => time.UserSeconds), sessions[s].End()));
        }

        int portable = plan.Engines.ToList().FindIndex(engine => engine.IsPortable);
        return portable < 0 || rows.Count == 1 ? rows : rows.ConvertAll(row => row with { Speedup = rows[portable].Median / row.Median });
    }

    private static string[] Head(BenchPlan plan, bool withBaseline) =>
    [
        "work", "curve", "what", "2^k", "threads", "engine", "median", "minimum", "user", "peak memory",
        .. IsOfVerification(plan) ? (string[])["a proof"] : [],
        .. ShowsSpeedup(plan) ? (string[])["speedup"] : [],
        .. withBaseline ? (string[])["to baseline"] : [],
    ];

    private static string[] Cells(BenchRow row, BenchPlan plan, BenchBaseline? baseline) =>
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
        .. baseline is null ? [] : baseline.Ratios(row.Case.Key, row.Engine, row.Median),
    ];

    private static bool ShowsSpeedup(BenchPlan plan) => plan.Engines.Count > 1 && plan.Engines.Any(engine => engine.IsPortable);

    private static bool IsOfVerification(BenchPlan plan) => plan.Cases[0].Work == BenchWork.Verify;
}
