// Owns: the vectors as JSON. What the members mean: tests/vectors/groth16-adversarial/README.md; their grammar: schema.json there.

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.R1cs;

namespace ProvingService.Adversarial;

/// <summary>What a verifier must make of a vector.</summary>
internal enum Verdict
{
    /// <summary>Yes.</summary>
    Accept,

    /// <summary>No: everything decodes and is false, or the key means nothing.</summary>
    Reject,

    /// <summary>Not even no: something does not decode.</summary>
    Malformed,
}

/// <summary>One file of vectors in the making; cases stand in the order in which they are added.</summary>
/// <param name="curve">The curve, as the vectors name it.</param>
/// <param name="kind">verify, encoding, batch or transcript.</param>
/// <param name="note">What the file is about.</param>
internal sealed class VectorFile(string curve, string kind, string note)
{
    public const string Version = "1.0.0";

    private static readonly JsonWriterOptions Layout = new() { Indented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject keys = [];
    private readonly JsonArray cases = [];
    private readonly HashSet<string> names = [];

    public string Kind => kind;

    public int Count => cases.Count;

    /// <summary>Adds a key under a name; the same key twice is one.</summary>
    /// <exception cref="ArgumentException">Another key has the name.</exception>
    public void AddKey(string name, JsonNode key)
    {
        if (keys.TryGetPropertyValue(name, out JsonNode? known))
        {
            if (!JsonNode.DeepEquals(known, key))
            {
                throw new ArgumentException($"Two keys are called {name}.");
            }
        }
        else
        {
            keys.Add(name, key.DeepClone());
        }
    }

    /// <summary>Adds a case.</summary>
    /// <param name="id">Its name, unique in the file.</param>
    /// <param name="group">The kind of fault.</param>
    /// <param name="comment">One line for whoever sees a library fail.</param>
    /// <param name="members">What is judged.</param>
    /// <param name="verdict">The verdict.</param>
    /// <param name="reason">A reason of the README's list.</param>
    /// <param name="equation">Whether the equation holds; null where it is not defined. Left out in transcripts.</param>
    public void Add(string id, string group, string comment, JsonObject members, Verdict verdict, string reason, bool? equation = null)
    {
        if (!names.Add(id) || id.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") || comment.Contains('\n', StringComparison.Ordinal))
        {
            throw new ArgumentException($"{curve}/{kind}/{id}: a case needs a name of its own and a comment of one line.");
        }

        var all = new JsonObject { ["id"] = id, ["group"] = group, ["comment"] = comment };
        foreach ((string name, JsonNode? value) in members)
        {
            all[name] = value?.DeepClone();
        }

        all["verdict"] = verdict.ToString().ToLowerInvariant();
        all["reason"] = reason;
        if (kind != "transcript")
        {
            all["equation"] = equation switch { null => "undefined", true => "holds", false => "fails" };
        }

        cases.Add(all);
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes()
    {
        var root = new JsonObject { ["suite"] = "groth16-adversarial", ["version"] = Version, ["curve"] = curve, ["kind"] = kind, ["note"] = note };
        if (kind != "transcript")
        {
            root["keys"] = keys.DeepClone();
        }

        root["cases"] = cases.DeepClone();
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Layout))
        {
            root.WriteTo(writer);
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, curve));
        using var file = new AtomicFile(Path.Combine(folder, curve, kind + ".json"));
        file.Stream.Write(ToBytes());
        file.Commit();
    }
}
