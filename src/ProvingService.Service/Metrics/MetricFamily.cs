// Owns: one metric with its series: adding up, buckets, and its lines of text.

using System.Globalization;
using System.Text;

namespace ProvingService.Service;

/// <summary>How values of a metric become one.</summary>
internal enum MetricKind
{
    /// <summary>They are added up, and never fall.</summary>
    Counter,

    /// <summary>Each observer says its sum; sums of several are added up.</summary>
    ObservedCounter,

    /// <summary>They are added up, and may fall.</summary>
    Sum,

    /// <summary>The latest counts.</summary>
    Gauge,

    /// <summary>They are counted by size.</summary>
    Histogram,
}

/// <summary>A metric. Safe for concurrent use.</summary>
internal sealed class MetricFamily(string name, MetricKind kind, string unit, string help, double[] buckets)
{
    /// <summary>Beyond so many label sets all others are one: whatever goes wrong, memory and the text stay bounded.</summary>
    private const int MaxSeries = 1000;

    private const string Overflow = "overflow=\"true\"";

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Series> series = new(StringComparer.Ordinal);

    private bool IsObserved => kind is MetricKind.ObservedCounter or MetricKind.Gauge;

    /// <summary>Forgets what is asked for anew with each collection.</summary>
    public void BeginCollection()
    {
        if (IsObserved)
        {
            lock (gate)
            {
                series.Clear();
            }
        }
    }

    /// <summary>Takes a value.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = MetricText.Labels(tags);
        lock (gate)
        {
            if (!series.TryGetValue(labels, out Series? found))
            {
                labels = series.Count < MaxSeries ? labels : Overflow;
                if (!series.TryGetValue(labels, out found))
                {
                    series[labels] = found = new Series(kind == MetricKind.Histogram ? new long[buckets.Length + 1] : []);
                }
            }

            found.Sum = kind == MetricKind.Gauge ? value : found.Sum + value;
            if (kind == MetricKind.Histogram)
            {
                int at = Array.BinarySearch(buckets, value);
                found.Counts[at < 0 ? ~at : at]++;
            }
        }
    }

    /// <summary>Writes the metric; nothing where it has no series.</summary>
    public void Write(StringBuilder text, bool openMetrics)
    {
        lock (gate)
        {
            if (series.Count == 0)
            {
                return;
            }

            bool isCounter = kind is MetricKind.Counter or MetricKind.ObservedCounter;
            string sample = isCounter ? name + "_total" : name, family = openMetrics ? name : sample;
            string type = isCounter ? "counter" : kind == MetricKind.Histogram ? "histogram" : "gauge";
            text.Append("# HELP ").Append(family).Append(' ').Append(MetricText.Help(help, openMetrics)).Append('\n');
            text.Append("# TYPE ").Append(family).Append(' ').Append(type).Append('\n');
            if (openMetrics && unit.Length > 0)
            {
                text.Append("# UNIT ").Append(family).Append(' ').Append(unit).Append('\n');
            }

            foreach ((string labels, Series one) in series)
            {
                if (kind == MetricKind.Histogram)
                {
                    WriteHistogram(text, labels, one);
                }
                else
                {
                    Line(text, sample, labels, MetricText.Number(one.Sum));
                }
            }
        }
    }

    private static void Line(StringBuilder text, string sample, string labels, string value)
    {
        text.Append(sample);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private void WriteHistogram(StringBuilder text, string labels, Series one)
    {
        long total = 0;
        for (int i = 0; i <= buckets.Length; i++)
        {
            total += one.Counts[i];
            string bound = i == buckets.Length ? "+Inf" : buckets[i].ToString("0.0##########", CultureInfo.InvariantCulture);
            Line(text, name + "_bucket", $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"", total.ToString(CultureInfo.InvariantCulture));
        }

        Line(text, name + "_sum", labels, MetricText.Number(one.Sum));
        Line(text, name + "_count", labels, total.ToString(CultureInfo.InvariantCulture));
    }

    private sealed class Series(long[] counts)
    {
        public double Sum { get; set; }

        public long[] Counts => counts;
    }
}
