// Owns: figures of an earlier run, to compare with.

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ProvingService.Cli;

/// <summary>The rows of a file that a bench command wrote with --json.</summary>
internal sealed class BenchBaseline
{
    private readonly ILookup<string, (string Engine, double[] Figures)> rows;

    private BenchBaseline(ILookup<string, (string Engine, double[] Figures)> rows) => this.rows = rows;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The members that tell, joined by slashes, what a row measures; one that is missing counts as empty.</param>
    /// <param name="figures">The members to compare, which every row must have.</param>
    /// <exception cref="UsageException">The file is not of this kind.</exception>
    public static BenchBaseline Read(string path, string[] key, string[] figures)
    {
        try
        {
            return new(JsonNode.Parse(File.ReadAllBytes(path))!["rows"]!.AsArray().ToLookup(
                row => string.Join('/', key.Select(member => row![member]?.ToString())),
                row => (row!["engine"]!.GetValue<string>(), figures.Select(figure => row[figure]!.GetValue<double>()).ToArray())));
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new UsageException($"{path} is not what zkps bench --json writes; write it anew.");
        }
    }

    /// <summary>Each figure over that of the baseline's row of the same engine, or of its first row where the engine has none.</summary>
    /// <returns>A cell a figure; a dash where there is nothing to compare with.</returns>
    public string[] Ratios(string key, string engine, params double[] figures)
    {
        var before = rows[key].OrderBy(row => row.Engine != engine).ToList();
        return Array.ConvertAll(
            [.. figures.Select((figure, i) => before.Count == 0 ? double.NaN : figure / before[0].Figures[i])],
            ratio => double.IsNaN(ratio) ? "-" : ratio.ToString("F3", CultureInfo.InvariantCulture));
    }
}
