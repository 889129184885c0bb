// Owns: figures as an SVG: which panels there are and where they stand. What is in one: PlotPanel.cs.

using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using ProvingService.Algebra;

namespace ProvingService.Cli;

/// <summary>
/// A panel for each curve and group, with time against size on logarithmic axes and a line for each engine; bars where
/// nothing has two sizes. The text of the same rows is always the same. Colours follow the reader's light or dark scheme.
/// </summary>
internal static class BenchPlot
{
    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private const int Margin = 24, HeadHeight = 92, Gap = 20;

    /// <summary>A class an engine: light and dark colour, told apart by lightness too.</summary>
    private static readonly (string Engine, string Light, string Dark)[] Colours =
    [
        (EngineNames.Of(KernelTier.Portable), "#8a8f98", "#9aa1ab"),
        (EngineNames.Of(KernelTier.Adx), "#c77700", "#f0a63c"),
        (EngineNames.Of(KernelTier.Vector), "#0f7f5f", "#4cc79a"),
        (EngineNames.Of(KernelTier.Full), "#1f4fbf", "#86abff"),
        ("cuda", "#3f7f00", "#8fd14f"),
        ("opencl", "#a3225c", "#ff8fbf"),
    ];

    /// <summary>The document's text.</summary>
    /// <param name="rows">Figures of one kind of work; at least one.</param>
    /// <param name="machine">What they were measured on.</param>
    public static string Draw(IReadOnlyList<BenchRow> rows, string machine)
    {
        string[] engines = [.. rows.Select(row => row.Engine).Distinct()];
        List<PlotPanel> panels = Panels(rows, engines);
        int columns = Math.Min(2, panels.Count), lines = (panels.Count + columns - 1) / columns;
        int width = (2 * Margin) + (columns * PlotPanel.Width) + ((columns - 1) * Gap);
        int height = HeadHeight + (lines * PlotPanel.Height) + ((lines - 1) * Gap) + Margin;
        string title = $"{Title(rows[0].Case.Work)}, {Threads(rows.Max(row => row.Case.Threads))}";
        var svg = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {width} {height}"),
            new XAttribute("width", width),
            new XAttribute("height", height),
            new XAttribute("role", "img"),
            new XElement(Svg + "title", title),
            new XElement(Svg + "style", Style()),
            Box("background", 0, 0, width, height),
            Text("title", Margin, 34, title),
            Text("note", Margin, 54, $"{machine}; medians, less is better"),
            Legend(engines));
        for (int i = 0; i < panels.Count; i++)
        {
            int x = Margin + (i % columns * (PlotPanel.Width + Gap)), y = HeadHeight + (i / columns * (PlotPanel.Height + Gap));
            svg.Add(new XElement(Svg + "g", new XAttribute("class", "panel"), new XAttribute("transform", $"translate({x} {y})"), panels[i].Draw()));
        }

        return svg.ToString().ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>The class that gives an engine its colour.</summary>
    public static string ClassOf(string engine) => "engine-" + engine.Split(':')[0];

    /// <summary>A text, without the characters that XML has no place for.</summary>
    public static XElement Text(string style, double x, double y, string text, string anchor = "start") => new(
        Svg + "text",
        new XAttribute("class", style),
        new XAttribute("x", Number(x)),
        new XAttribute("y", Number(y)),
        new XAttribute("text-anchor", anchor),
        string.Concat(text.Where(XmlConvert.IsXmlChar)));

    public static XElement Box(string style, double x, double y, double width, double height, params object[] content) => new(
        Svg + "rect",
        new XAttribute("class", style),
        new XAttribute("x", Number(x)),
        new XAttribute("y", Number(y)),
        new XAttribute("width", Number(width)),
        new XAttribute("height", Number(height)),
        content);

    /// <summary>A coordinate, to a hundredth.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>What a size counts.</summary>
    public static string Unit(BenchWork work) => work switch
    {
        BenchWork.Msm => "points",
        BenchWork.Ntt => "elements",
        BenchWork.Prove => "domain",
        _ => "proofs",
    };

    private static List<PlotPanel> Panels(IReadOnlyList<BenchRow> rows, string[] engines)
    {
        bool hasLines = rows.GroupBy(PanelOfLines).Any(panel => panel.Select(row => row.Case.Size).Distinct().Count() > 1);
        return
        [
            .. hasLines
                ? rows.GroupBy(PanelOfLines).Select(panel => PlotPanel.OfLines(panel.Key, [.. panel], engines))
                : rows.GroupBy(PanelOfBars).Select(panel => PlotPanel.OfBars(panel.Key, [.. panel], engines)),
        ];
    }

    private static string PanelOfLines(BenchRow row) => Join(row.Case.Curve.Name(), row.Case.Group, row.Case.Operation);

    /// <summary>Bars stand side by side where their heights can be compared: one operation, or one group.</summary>
    private static string PanelOfBars(BenchRow row) =>
        row.Case.Work == BenchWork.Field ? row.Case.Operation : Join(row.Case.Group, row.Case.Operation, row.Case.Operation == "single" ? "" : $"2^{row.Case.Size}");

    private static string Join(params string[] words) => string.Join(' ', words.Where(word => word.Length > 0));

    private static string Title(BenchWork work) => work switch
    {
        BenchWork.Field => "Field operations, one after another",
        BenchWork.Msm => "Multi-scalar multiplication",
        BenchWork.Ntt => "Number-theoretic transform",
        BenchWork.Prove => "Groth16 proofs of multiplication chains",
        _ => "Groth16 verification",
    };

    private static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";

    private static XElement Legend(string[] engines)
    {
        var legend = new XElement(Svg + "g", new XAttribute("class", "legend"));
        for (int i = 0; i < engines.Length; i++)
        {
            legend.Add(Box(ClassOf(engines[i]), Margin + (i * 96), 68, 12, 12), Text("note", Margin + (i * 96) + 18, 78, engines[i]));
        }

        return legend;
    }

    private static string Style()
    {
        string light = string.Concat(Colours.Select(c => Colour(c.Engine, c.Light))), dark = string.Concat(Colours.Select(c => Colour(c.Engine, c.Dark)));
        return "\ntext{font:12px system-ui,sans-serif;fill:#1c1f24}.title{font-size:18px;font-weight:600}.head{font-size:13px;font-weight:600}"
            + ".note,.tick{fill:#59616c}.value{font-size:10px}.background{fill:#fff}.grid{stroke:#e3e7ec}.axis{stroke:#8a8f98}"
            + "polyline{fill:none;stroke-width:2.2}" + light
            + "\n@media(prefers-color-scheme:dark){text{fill:#e6e8eb}.note,.tick{fill:#a3abb5}.background{fill:#14171c}.grid{stroke:#2b3139}.axis{stroke:#69717c}"
            + dark + "}\n";

        static string Colour(string engine, string colour)
        {
            string name = ClassOf(engine);
            return $"rect.{name},.{name} rect,.{name} circle{{fill:{colour}}}.{name} polyline{{stroke:{colour}}}";
        }
    }
}
