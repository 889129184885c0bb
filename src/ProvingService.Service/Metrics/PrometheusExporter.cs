// Owns: what was measured, as Prometheus reads it: a listener on the service's meters and the runtime's own, and the text of
// both formats. Names: points become underscores, units and _total are added. Never: more series of a family than a bound.

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ProvingService.Service;

/// <summary>Collects and writes. Safe for concurrent use.</summary>
internal sealed class PrometheusExporter : IDisposable
{
    /// <summary>The type of Prometheus's own text.</summary>
    public const string TextType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The type of OpenMetrics.</summary>
    public const string OpenMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private readonly Lock gate = new();
    private readonly SortedDictionary<string, MetricFamily> families = new(StringComparer.Ordinal);
    private readonly MeterListener listener = new();

    /// <summary>Listens to one service's meter, and to those that the whole process shares.</summary>
    public PrometheusExporter(Meter own)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (ReferenceEquals(instrument.Meter, own) || instrument.Meter.Name is "ProvingService.Gpu" or "System.Runtime")
            {
                listening.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            }
        };
        listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<short>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(state, value, tags));
        listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => Record(state, (double)value, tags));
        listener.Start();
    }

    /// <summary>Asks what is asked when it is needed, and writes everything.</summary>
    public string Write(bool openMetrics)
    {
        // One collection at a time: what is observed is forgotten first, so that what is gone is not shown for ever.
        lock (gate)
        {
            foreach (MetricFamily family in families.Values)
            {
                family.BeginCollection();
            }

            listener.RecordObservableInstruments();
            var text = new StringBuilder(16 << 10);
            foreach (MetricFamily family in families.Values)
            {
                family.Write(text, openMetrics);
            }

            return openMetrics ? text.Append("# EOF\n").ToString() : text.ToString();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => ((MetricFamily)state!).Record(value, tags);

    private MetricFamily FamilyOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        MetricKind kind = type switch
        {
            "Counter`1" => MetricKind.Counter,
            "ObservableCounter`1" => MetricKind.ObservedCounter,
            "Histogram`1" => MetricKind.Histogram,
            "UpDownCounter`1" => MetricKind.Sum,
            _ => MetricKind.Gauge,
        };
        string unit = instrument.Unit switch
        {
            "s" => "seconds",
            "By" => "bytes",
            _ => "",
        };
        string name = MetricText.Name(instrument.Name);
        if (unit.Length > 0 && !name.EndsWith("_" + unit, StringComparison.Ordinal))
        {
            name += "_" + unit;
        }

        lock (gate)
        {
            if (!families.TryGetValue(name, out MetricFamily? family))
            {
                double[] buckets = [.. (instrument as Instrument<double>)?.Advice?.HistogramBucketBoundaries ?? ServiceMetrics.Seconds];
                families[name] = family = new MetricFamily(name, kind, unit, instrument.Description ?? "", buckets);
            }

            return family;
        }
    }
}

/// <summary>Escapes and names of Prometheus's text.</summary>
internal static class MetricText
{
    /// <summary>A name that metrics and labels may have.</summary>
    public static string Name(string name)
    {
        string safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return safe.Length > 0 && char.IsAsciiDigit(safe[0]) ? "_" + safe : safe;
    }

    /// <summary>Labels as they stand between braces; empty without any. In the order of their names, so that equal sets are equal texts.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        KeyValuePair<string, object?>[] sorted = tags.ToArray();
        Array.Sort(sorted, (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var text = new StringBuilder();
        foreach ((string name, object? value) in sorted)
        {
            text.Append(text.Length > 0 ? "," : "").Append(Name(name)).Append("=\"").Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")).Append('"');
        }

        return text.ToString();
    }

    /// <summary>A label's value.</summary>
    public static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>A help text. OpenMetrics escapes quotes there, the older format does not.</summary>
    public static string Help(string text, bool openMetrics) =>
        openMetrics ? Escape(text) : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>A number.</summary>
    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
