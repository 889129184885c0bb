// Owns: one panel of a plot: its axes and its series of lines or bars. Where it stands, and its colours: BenchPlot.cs.

using System.Globalization;
using System.Xml.Linq;
using ProvingService.Algebra;

namespace ProvingService.Cli;

/// <summary>A panel: a title, two axes, and for each engine one series, a group of class <c>series</c>.</summary>
internal sealed class PlotPanel
{
    public const int Width = 460, Height = 290;

    private const int Left = 62, Top = 30, PlotWidth = Width - Left - 10, PlotHeight = Height - Top - 42;

    /// <summary>Figures over narrower bars would run into each other; the tips have them.</summary>
    private const int NarrowestLabelled = 36;

    private readonly string title;
    private readonly List<XElement> content = [];

    private PlotPanel(string title) => this.title = title;

    /// <summary>Time against size, both axes logarithmic.</summary>
    public static PlotPanel OfLines(string title, IReadOnlyList<BenchRow> rows, string[] engines)
    {
        var panel = new PlotPanel(title);
        double[] times = [.. rows.Select(row => Math.Max(row.Median, 1e-12))];
        double[] ticks = LogTicks(times.Min(), times.Max());
        int first = rows.Min(row => row.Case.Size), last = Math.Max(rows.Max(row => row.Case.Size), first + 1);
        double X(int size) => Left + 14 + ((PlotWidth - 28) * (double)(size - first) / (last - first));
        double Y(double time) => Top + (PlotHeight * (1 - (Math.Log(Math.Max(time, 1e-12) / ticks[0]) / Math.Log(ticks[^1] / ticks[0]))));
        panel.Grid(ticks, Y);
        foreach (int size in rows.Select(row => row.Case.Size).Distinct().Order())
        {
            panel.content.Add(BenchPlot.Text("tick", X(size), Top + PlotHeight + 18, $"2^{size}", "middle"));
        }

        panel.content.Add(BenchPlot.Text("note", Left + (PlotWidth / 2.0), Height - 6, BenchPlot.Unit(rows[0].Case.Work), "middle"));
        foreach (string engine in engines)
        {
            BenchRow[] own = [.. rows.Where(row => row.Engine == engine).OrderBy(row => row.Case.Size)];
            string points = string.Join(' ', own.Select(row => $"{BenchPlot.Number(X(row.Case.Size))},{BenchPlot.Number(Y(row.Median))}"));
            panel.content.Add(Series(
                engine,
                [
                    new(BenchPlot.Svg + "polyline", new XAttribute("points", points)),
                    .. own.Select(row => new XElement(
                        BenchPlot.Svg + "circle",
                        new XAttribute("cx", BenchPlot.Number(X(row.Case.Size))),
                        new XAttribute("cy", BenchPlot.Number(Y(row.Median))),
                        new XAttribute("r", 3.5),
                        Tip(row))),
                ]));
        }

        return panel;
    }

    /// <summary>A group of bars for each curve, or for each field; from zero.</summary>
    public static PlotPanel OfBars(string title, IReadOnlyList<BenchRow> rows, string[] engines)
    {
        var panel = new PlotPanel(title);
        double[] ticks = LinearTicks(rows.Max(row => row.Median));
        double Y(double time) => Top + (PlotHeight * (1 - (time / ticks[^1])));
        panel.Grid(ticks, Y);
        string[] categories = [.. rows.Select(Category).Distinct()];
        double slot = (double)PlotWidth / categories.Length, bar = Math.Min(48, slot * 0.8 / engines.Length);
        for (int i = 0; i < categories.Length; i++)
        {
            panel.content.Add(BenchPlot.Text("tick", Left + ((i + 0.5) * slot), Top + PlotHeight + 18, categories[i], "middle"));
        }

        for (int e = 0; e < engines.Length; e++)
        {
            var marks = new List<XElement>();
            foreach (BenchRow row in rows.Where(row => row.Engine == engines[e]))
            {
                double x = Left + ((Array.IndexOf(categories, Category(row)) + 0.5) * slot) + ((e - (engines.Length / 2.0)) * bar);
                double y = Y(row.Median);
                marks.Add(BenchPlot.Box("bar", x + 1, y, bar - 2, Top + PlotHeight - y, Tip(row)));
                if (bar >= NarrowestLabelled)
                {
                    marks.Add(BenchPlot.Text("value", x + (bar / 2), y - 4, Label(row.Median), "middle"));
                }
            }

            panel.content.Add(Series(engines[e], marks));
        }

        return panel;
    }

    /// <summary>The panel's elements, in its own coordinates.</summary>
    public IEnumerable<XElement> Draw() =>
    [
        BenchPlot.Text("head", Left, 16, title),
        .. content,
        Line("axis", Left, Top, Left, Top + PlotHeight),
        Line("axis", Left, Top + PlotHeight, Left + PlotWidth, Top + PlotHeight),
    ];

    /// <summary>1, 2 and 5 times powers of ten from at most the least to at least the most; of many, the ends and the powers.</summary>
    private static double[] LogTicks(double least, double most)
    {
        int from = (int)Math.Floor(Math.Log10(least)) - 1, to = (int)Math.Ceiling(Math.Log10(most)) + 1;
        double[] all = [.. Enumerable.Range(3 * from, 3 * (to - from + 1)).Select(i => (i % 3) switch { 0 => 1, 1 or -2 => 2, _ => 5 } * Math.Pow(10, Math.Floor(i / 3.0)))];
        int low = Array.FindLastIndex(all, tick => tick <= least), high = Math.Max(Array.FindIndex(all, tick => tick >= most), low + 1);
        return [.. Enumerable.Range(low, high - low + 1).Where(i => high - low < 8 || i == low || i == high || i % 3 == 0).Select(i => all[i])];
    }

    /// <summary>From zero to at least the most, in some five steps of 1, 2 or 5 times a power of ten.</summary>
    private static double[] LinearTicks(double most)
    {
        most = Math.Max(most, 1e-12);
        double power = Math.Pow(10, Math.Floor(Math.Log10(most / 5)));
        double step = new[] { 1, 2, 5, 10 }.Select(digit => digit * power).First(s => 5.5 * s >= most);
        return [.. Enumerable.Range(0, (int)Math.Ceiling((most / step) - 1e-9) + 1).Select(i => i * step)];
    }

    private static string Category(BenchRow row) => $"{row.Case.Curve.Name()} {(row.Case.Work == BenchWork.Field ? row.Case.Group : "")}".Trim();

    /// <summary>A time to three significant digits.</summary>
    private static string Label(double seconds)
    {
        (double scale, string unit) = seconds switch { < 0.9999e-6 => (1e9, "ns"), < 0.9999e-3 => (1e6, "µs"), < 0.9999 => (1e3, "ms"), _ => (1, "s") };
        double value = seconds * scale;
        return seconds == 0 ? "0" : $"{value.ToString(value < 9.995 ? "0.##" : value < 99.95 ? "0.#" : "0", CultureInfo.InvariantCulture)} {unit}";
    }

    private static XElement Series(string engine, IEnumerable<XElement> marks) => new(
        BenchPlot.Svg + "g",
        new XAttribute("class", $"series {BenchPlot.ClassOf(engine)}"),
        marks);

    private static XElement Tip(BenchRow row) => new(
        BenchPlot.Svg + "title", $"{row.Engine}, 2^{row.Case.Size}: {Output.Time(row.Median)}, least {Output.Time(row.Minimum)}");

    private static XElement Line(string style, double x1, double y1, double x2, double y2) => new(
        BenchPlot.Svg + "line",
        new XAttribute("class", style),
        new XAttribute("x1", BenchPlot.Number(x1)),
        new XAttribute("y1", BenchPlot.Number(y1)),
        new XAttribute("x2", BenchPlot.Number(x2)),
        new XAttribute("y2", BenchPlot.Number(y2)));

    private void Grid(double[] ticks, Func<double, double> y)
    {
        foreach (double tick in ticks)
        {
            content.Add(Line("grid", Left, y(tick), Left + PlotWidth, y(tick)));
            content.Add(BenchPlot.Text("tick", Left - 8, y(tick) + 4, Label(tick), "end"));
        }
    }
}
