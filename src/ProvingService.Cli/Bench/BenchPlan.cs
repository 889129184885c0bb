// Owns: what is measured and what a figure consists of. Never: how (BenchBodies.cs, BenchSessions.cs).

using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Cli;

/// <summary>What can be measured.</summary>
internal enum BenchWork
{
    /// <summary>Single operations of a prime field, one after another.</summary>
    Field,

    /// <summary>Multi-scalar multiplication.</summary>
    Msm,

    /// <summary>A transform.</summary>
    Ntt,

    /// <summary>A whole proof.</summary>
    Prove,

    /// <summary>The verification of one proof or of many.</summary>
    Verify,
}

/// <summary>One thing to measure: everything but by which engine. Travels to processes that measure, as JSON.</summary>
/// <param name="Work">What kind of work.</param>
/// <param name="Curve">Over which curve.</param>
/// <param name="Group">g1 or g2, or the field: fp or fr; empty where there is no choice.</param>
/// <param name="Operation">multiply, square or inverse; single or batch; empty where there is no choice.</param>
/// <param name="Size">log₂ of the size.</param>
/// <param name="Threads">The most threads to use.</param>
internal sealed record BenchCase(BenchWork Work, CurveId Curve, string Group, string Operation, int Size, int Threads)
{
    /// <summary>The work as the command calls it.</summary>
    public string WorkName => Work.ToString().ToLowerInvariant();

    /// <summary>Rows with the same key measure the same.</summary>
    public string Key => $"{WorkName}/{Curve.Name()}/{Group}/{Operation}/{Size}/{Threads}";
}

/// <summary>What to measure.</summary>
/// <param name="Cases">In the order of the rows.</param>
/// <param name="Engines">In the order in which they take turns.</param>
/// <param name="Runs">Runs of each case by each engine.</param>
internal sealed record BenchPlan(IReadOnlyList<BenchCase> Cases, IReadOnlyList<BenchEngine> Engines, int Runs)
{
    /// <summary>Every combination of curve, group, operation and size, size by size.</summary>
    public static IReadOnlyList<BenchCase> Combine(BenchWork work, CurveId[] curves, string[] groups, int[] sizes, int threads)
    {
        var cases = new List<BenchCase>();
        foreach (CurveId curve in curves)
        {
            if (work == BenchWork.Verify)
            {
                cases.Add(new(work, curve, "", "single", 0, 1));
                cases.AddRange(sizes.Select(size => new BenchCase(work, curve, "", "batch", size, threads)));
                continue;
            }

            string[] operations = work == BenchWork.Field ? ["multiply", "square", "inverse"] : [""];
            cases.AddRange(
                from size in sizes
                from g in groups
                from operation in operations
                select new BenchCase(work, curve, g, operation, size, threads));
        }

        return cases;
    }
}

/// <summary>One row of figures; times in seconds, of one operation of the case.</summary>
internal sealed record BenchRow(
    BenchCase Case, string Engine, double Median, double Minimum, double UserSeconds, long PeakMemoryBytes)
{
    /// <summary>How often the portable engine's median holds this one; null where the portable engine was not measured beside it.</summary>
    public double? Speedup { get; init; }

    public JsonObject ToJson()
    {
        var row = new JsonObject
        {
            ["work"] = Case.WorkName,
            ["curve"] = Case.Curve.Name(),
            ["group"] = Case.Group,
            ["operation"] = Case.Operation,
            ["size"] = Case.Size,
            ["threads"] = Case.Threads,
            ["engine"] = Engine,
            ["median"] = Math.Round(Median, 12),
            ["minimum"] = Math.Round(Minimum, 12),
            ["userSeconds"] = Math.Round(UserSeconds, 12),
            ["peakMemoryBytes"] = PeakMemoryBytes,
        };
        if (Speedup is { } speedup)
        {
            row["speedup"] = Math.Round(speedup, 4);
        }

        return row;
    }
}
