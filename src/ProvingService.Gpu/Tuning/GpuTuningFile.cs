// Owns: the file that tuning leaves: JSON, of this form:
//   { "version": 1,
//     "msm":    [ { "device", "driver", "kernels", "curve", "group": "g1", "size": 20, "levels": 15, "window": 17,
//                   "segment": 64, "block": 128, "seconds": 0.01 } ],
//     "ntt":    [ { "device", "driver", "kernels", "curve", "size": 20, "tile": 10, "seconds": 0.0004 } ],
//     "faster": [ { "device", "driver", "kernels", "curve", "work": "msm-g1", "size": 15 } ] }

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>Reads and writes what tuning found out.</summary>
public static class GpuTuningFile
{
    /// <summary>The environment's name for another file than the user's own.</summary>
    public const string SwitchName = "PROVING_SERVICE_GPU_TUNING";

    private const int Version = 1;

    /// <summary>
    /// The user's file: what <see cref="SwitchName"/> names, else <c>proving-service/gpu-tuning.json</c> in the user's folder
    /// for configuration; null where there is no such folder.
    /// </summary>
    public static string? UsualPath
    {
        get
        {
            if (Environment.GetEnvironmentVariable(SwitchName) is { Length: > 0 } named)
            {
                return named;
            }

            string folder = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData);
            return folder.Length == 0 ? null : Path.Combine(folder, "proving-service", "gpu-tuning.json");
        }
    }

    /// <summary>What the user's file says; the defaults where there is none.</summary>
    /// <exception cref="FormatException">The file is not of this form; the message says where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static GpuTuning ReadUsual() => UsualPath is { } path && File.Exists(path) ? Read(path) : GpuTuning.Default;

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">The file is not of this form; the message says where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static GpuTuning Read(string path)
    {
        try
        {
            return Read(new Reader(path, JsonNode.Parse(File.ReadAllBytes(path), null, new() { AllowDuplicateProperties = false })));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter where a text is no Unicode, which shows only when it is read.
            throw new FormatException($"{path} is not JSON: {e.Message}");
        }
    }

    private static GpuTuning Read(Reader file)
    {
        if (file.Number("version", 0, int.MaxValue) != Version)
        {
            throw file.Fault("version", $"it is not {Version}; tune anew with zkps bench tune");
        }

        return new()
        {
            Msms = file.Each("msm", entry => new TunedMsm(
                entry.Key(),
                entry.Text("group") switch { "g1" => 1, "g2" => 2, var other => throw entry.Fault("group", $"'{other}' is neither g1 nor g2") },
                entry.Number("size", 0, 30),
                entry.Number("levels", 1, 256),
                entry.Number("window", 2, 23),
                entry.Number("segment", 2, GpuMsmPlan.Bins),
                entry.Number("block", 32, 1024),
                entry.Seconds())),
            Ntts = file.Each("ntt", entry => new TunedNtt(entry.Key(), entry.Number("size", 0, 28), entry.Number("tile", GpuNttPlan.LeastTunedLogTile, GpuNttPlan.DefaultLogTile), entry.Seconds())),
            Thresholds = file.Each("faster", entry => new TunedThreshold(entry.Key(), entry.Text("work"), entry.Number("size", 0, 32))),
        };
    }

    /// <summary>The file's text.</summary>
    public static JsonObject ToJson(GpuTuning tuning) => new()
    {
        ["version"] = Version,
        ["msm"] = new JsonArray([.. tuning.Msms.Select(entry => With(entry.For, json =>
        {
            json["group"] = $"g{entry.Group}";
            json["size"] = entry.Size;
            json["levels"] = entry.Levels;
            json["window"] = entry.Window;
            json["segment"] = entry.Segment;
            json["block"] = entry.Block;
            json["seconds"] = Math.Round(entry.Seconds, 9);
        }))]),
        ["ntt"] = new JsonArray([.. tuning.Ntts.Select(entry => With(entry.For, json =>
        {
            json["size"] = entry.Size;
            json["tile"] = entry.Tile;
            json["seconds"] = Math.Round(entry.Seconds, 9);
        }))]),
        ["faster"] = new JsonArray([.. tuning.Thresholds.Select(entry => With(entry.For, json =>
        {
            json["work"] = entry.Work;
            json["size"] = entry.Size;
        }))]),
    };

    private static JsonObject With(TunedFor key, Action<JsonObject> add)
    {
        var json = new JsonObject
        {
            ["device"] = key.Device,
            ["driver"] = key.Driver,
            ["kernels"] = key.Kernels,
            ["curve"] = key.Curve.Name(),
        };
        add(json);
        return json;
    }

    /// <summary>A JSON object of the file, with its place for messages.</summary>
    private sealed class Reader(string place, JsonNode? node)
    {
        public FormatException Fault(string member, string what) => new($"{place}: {member}: {what}.");

        public ImmutableArray<T> Each<T>(string member, Func<Reader, T> read) => Member(member) is JsonArray array
            ? [.. array.Select((item, i) => read(new($"{place}: {member}[{i}]", item)))]
            : throw Fault(member, "there must be an array");

        public string Text(string member) => Member(member) is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw Fault(member, "there must be a text");

        public int Number(string member, int least, int most) =>
            Member(member) is JsonValue value && value.TryGetValue(out int number) && number >= least && number <= most
                ? number
                : throw Fault(member, $"there must be a whole number from {least} to {most}");

        public double Seconds() =>
            Member("seconds") is JsonValue value && value.TryGetValue(out double seconds) && seconds >= 0 && double.IsFinite(seconds)
                ? seconds
                : throw Fault("seconds", "there must be a number that is not negative");

        public TunedFor Key()
        {
            string curve = Text("curve");
            return CurveNames.TryParse(curve, out CurveId id)
                ? new(Text("device"), Text("driver"), Text("kernels"), id)
                : throw Fault("curve", $"'{curve}' is no curve");
        }

        private JsonNode? Member(string name) => node is JsonObject json ? json[name] : throw new FormatException($"{place}: there must be an object.");
    }
}
