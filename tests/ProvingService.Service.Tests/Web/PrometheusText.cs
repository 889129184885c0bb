// Owns: a strict reader of Prometheus's two text formats, for tests: whatever the formats do not allow is an error here.

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ProvingService.Service.Tests.Web;

/// <summary>A sample.</summary>
internal sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A metric with its samples.</summary>
internal sealed record MetricGroup(string Name, string Type, string Help, string? Unit, List<MetricSample> Samples);

internal static partial class PrometheusText
{
    /// <summary>Reads a text.</summary>
    /// <exception cref="FormatException">Says what is wrong in which line.</exception>
    public static Dictionary<string, MetricGroup> Read(string text, bool openMetrics)
    {
        var groups = new Dictionary<string, MetricGroup>(StringComparer.Ordinal);
        MetricGroup? current = null;
        string? help = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        Require(text.EndsWith('\n'), "the last line has no end", "");
        string[] lines = text[..^1].Split('\n');
        if (openMetrics)
        {
            Require(lines[^1] == "# EOF", "there is no # EOF", lines[^1]);
            lines = lines[..^1];
        }

        foreach (string line in lines)
        {
            Require(line.Length > 0 && line == line.Trim(), "an empty line or space at its ends", line);
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                string[] parts = line.Split(' ', 4);
                Require(parts.Length == 4 && !groups.ContainsKey(parts[2]), "a family comes twice", line);
                help = parts[3];
                groups[parts[2]] = current = new MetricGroup(parts[2], "", help, null, []);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] parts = line.Split(' ');
                Require(parts.Length == 4 && current?.Name == parts[2] && current.Samples.Count == 0, "a type stands elsewhere than behind its help", line);
                Require(parts[3] is "counter" or "gauge" or "histogram", "there is no such type", line);
                groups[parts[2]] = current = current! with { Type = parts[3] };
            }
            else if (line.StartsWith("# UNIT ", StringComparison.Ordinal))
            {
                string[] parts = line.Split(' ');
                Require(openMetrics && parts.Length == 4 && current?.Name == parts[2] && parts[2].EndsWith("_" + parts[3], StringComparison.Ordinal), "a unit that the name does not end with", line);
                groups[parts[2]] = current = current! with { Unit = parts[3] };
            }
            else
            {
                Require(!line.StartsWith('#'), "a comment that is none of the known ones", line);
                Match match = Sample().Match(line);
                Require(match.Success && current is { Type.Length: > 0 }, "no sample", line);
                var labels = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (Match label in Label().Matches(match.Groups["labels"].Value))
                {
                    Require(labels.TryAdd(label.Groups["name"].Value, Unescape(label.Groups["value"].Value)), "a label comes twice", line);
                }

                string name = match.Groups["name"].Value;
                string[] suffixes = current!.Type switch { "counter" => [openMetrics ? "_total" : ""], "histogram" => ["_bucket", "_sum", "_count"], _ => [""] };
                Require(suffixes.Any(suffix => name == current.Name + suffix), "a sample of another family", line);
                Require(seen.Add(name + "{" + string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal)) + "}"), "a series comes twice", line);
                string value = match.Groups["value"].Value;
                double number = value switch
                {
                    "+Inf" => double.PositiveInfinity,
                    "-Inf" => double.NegativeInfinity,
                    "NaN" => double.NaN,
                    _ => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture),
                };
                Require(current.Type != "counter" || number >= 0, "a counter below zero", line);
                current.Samples.Add(new MetricSample(name, labels, number));
            }
        }

        foreach (MetricGroup group in groups.Values)
        {
            Require(group.Samples.Count > 0, "a family without samples", group.Name);
            Require(group.Type != "counter" || openMetrics || group.Name.EndsWith("_total", StringComparison.Ordinal), "a counter without _total", group.Name);
            if (group.Type == "histogram")
            {
                CheckHistogram(group);
            }
        }

        return groups;
    }

    private static void CheckHistogram(MetricGroup group)
    {
        foreach (IGrouping<string, MetricSample> series in group.Samples.GroupBy(
            sample => string.Join(',', sample.Labels.Where(l => l.Key != "le").OrderBy(l => l.Key, StringComparer.Ordinal))))
        {
            MetricSample[] buckets = [.. series.Where(sample => sample.Name.EndsWith("_bucket", StringComparison.Ordinal))];
            double[] bounds = [.. buckets.Select(bucket => bucket.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(bucket.Labels["le"], CultureInfo.InvariantCulture))];
            Require(bounds.SequenceEqual(bounds.Order()) && bounds[^1] == double.PositiveInfinity, "bounds are not in order up to +Inf", group.Name);
            Require(buckets.Select(bucket => bucket.Value).SequenceEqual(buckets.Select(bucket => bucket.Value).Order()), "buckets do not add up", group.Name);
            Require(buckets[^1].Value == series.Single(sample => sample.Name.EndsWith("_count", StringComparison.Ordinal)).Value, "the last bucket is not the count", group.Name);
            Require(series.Count(sample => sample.Name.EndsWith("_sum", StringComparison.Ordinal)) == 1, "there is no sum", group.Name);
        }
    }

    private static string Unescape(string text)
    {
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' ? text[i] : text[++i] == 'n' ? '\n' : text[i]);
        }

        return plain.ToString();
    }

    private static void Require(bool holds, string otherwise, string line)
    {
        if (!holds)
        {
            throw new FormatException($"{otherwise}: {line}");
        }
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\"n])*")*)\})? (?<value>[^ ]+)$""", RegexOptions.CultureInvariant)]
    private static partial Regex Sample();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\]|\\.)*)"(,|$)""", RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
