// Owns: the plots of `zkps bench`: XML that holds what was measured, whatever the machine is called.

using System.Xml.Linq;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class BenchPlotTests : IDisposable
{
    private static readonly string[] Engines = ["portable", "adx", "vector", "emitted"];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_panel_has_one_line_an_engine(int engines)
    {
        BenchRow[] rows = [.. Rows(BenchWork.Msm, ["g1", "g2"], [""], [10, 12, 20], Engines[..engines])];
        XElement[] panels = Panels(rows);
        Assert.Equal(["bls12-381 g1", "bls12-381 g2", "bn254 g1", "bn254 g2"], panels.Select(Head));
        foreach (XElement panel in panels)
        {
            Assert.Equal(Engines[..engines].Select(e => $"series engine-{e}"), Series(panel).Select(s => s.Attribute("class")!.Value));
            Assert.All(Series(panel), series =>
            {
                Assert.Equal(3, series.Element(BenchPlot.Svg + "polyline")!.Attribute("points")!.Value.Split(' ').Length);
                Assert.Equal(3, series.Elements(BenchPlot.Svg + "circle").Count());
            });
            Assert.Equal(["2^10", "2^12", "2^20"], Texts(panel).Where(text => text.StartsWith("2^", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void What_has_one_size_is_drawn_in_bars()
    {
        XElement[] panels = Panels([.. Rows(BenchWork.Field, ["fp", "fr"], ["multiply", "square", "inverse"], [0], Engines)]);
        Assert.Equal(["multiply", "square", "inverse"], panels.Select(Head));
        Assert.All(panels, panel =>
        {
            Assert.Equal(4, Series(panel).Length);
            Assert.All(Series(panel), series => Assert.Equal(4, series.Elements(BenchPlot.Svg + "rect").Count()));
            Assert.Contains("bn254 fr", Texts(panel));
        });
        Assert.Equal(["single", "batch 2^10"], Panels(
        [
            .. Rows(BenchWork.Verify, [""], ["single"], [0], Engines[..1]),
            .. Rows(BenchWork.Verify, [""], ["batch"], [10], Engines[..1]),
        ]).Select(Head));
    }

    [Theory]
    [InlineData(1e-9, 1.5e-9)]
    [InlineData(1e-3, 1e-3)]
    [InlineData(9.99e-4, 1000)]
    [InlineData(0.5, 0.5)]
    [InlineData(0, 0)]
    public void Marks_stand_inside_their_axes(double least, double most)
    {
        foreach (int last in (int[])[10, 14])
        {
            BenchRow[] rows = [.. Rows(BenchWork.Ntt, [""], [""], [10, last], Engines[..1]).Select((row, i) => row with { Median = i % 2 == 0 ? least : most })];
            foreach (XElement panel in Panels(rows))
            {
                foreach (XAttribute y in panel.Descendants().SelectMany(e => e.Attributes()).Where(a => a.Name.LocalName is "y" or "cy" or "y1" or "y2"))
                {
                    Assert.InRange((double)y, 0, PlotPanel.Height);
                }
            }
        }
    }

    [Fact]
    public void The_machine_s_name_stays_a_name()
    {
        const string Machine = "Fast & \"Sons\" <script>alert(1)</script> \u0001]]>";
        BenchRow[] rows = [.. Rows(BenchWork.Ntt, [""], [""], [10, 12], Engines)];
        string text = BenchPlot.Draw(rows, Machine);
        Assert.Equal(text, BenchPlot.Draw(rows, Machine));
        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.Contains("Fast & \"Sons\" <script>alert(1)</script> ]]>; medians, less is better", Texts(XElement.Parse(text)));
        Assert.Contains("prefers-color-scheme:dark", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_writes_the_plot_of_its_rows()
    {
        string path = folder.File("ntt.svg");
        Zkps.Succeed("bench", "ntt", "--curve", "bn254", "--sizes", "5,6", "--runs", "1", "--plot", path);
        XElement svg = XElement.Load(path);
        Assert.Equal(BenchPlot.Svg + "svg", svg.Name);
        Assert.Equal([$"series engine-{EngineNames.Current}"], svg.Descendants().Select(e => (string?)e.Attribute("class")).Where(c => c?.StartsWith("series", StringComparison.Ordinal) == true));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static IEnumerable<BenchRow> Rows(BenchWork work, string[] groups, string[] operations, int[] sizes, string[] engines) =>
        from curve in Enum.GetValues<CurveId>()
        from g in groups
        from operation in operations
        from size in sizes
        from engine in engines
        let time = 1e-6 * Math.Pow(2, size) / (1 + Array.IndexOf(Engines, engine))
        select new BenchRow(new BenchCase(work, curve, g, operation, size, 1), engine, time, 0.9 * time, time, 1 << 20);

    private static XElement[] Panels(BenchRow[] rows) =>
        [.. XElement.Parse(BenchPlot.Draw(rows, "machine")).Elements(BenchPlot.Svg + "g").Where(g => g.Attribute("class")!.Value == "panel")];

    private static string Head(XElement panel) => panel.Elements(BenchPlot.Svg + "text").Single(t => t.Attribute("class")!.Value == "head").Value;

    private static XElement[] Series(XElement panel) =>
        [.. panel.Elements(BenchPlot.Svg + "g").Where(g => g.Attribute("class")!.Value.StartsWith("series", StringComparison.Ordinal))];

    private static IEnumerable<string> Texts(XElement within) => within.Descendants(BenchPlot.Svg + "text").Select(t => t.Value);
}
