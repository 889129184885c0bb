// Owns: the files beside transcript.json and the entries that name them. Never: what is wrong with a file.

using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.TestKit;

namespace ProvingService.Adversarial;

/// <summary>Transcripts of one curve in the making; files are kept in memory until they are written.</summary>
internal sealed class TranscriptFolder(CurveId curve) : IDisposable
{
    public const string Circuit = "files/circuit.r1cs";
    public const string Powers = "files/powers.ptau";

    private readonly TemporaryFolder scratch = new();
    private readonly SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);

    public VectorFile File { get; } = new(
        curve.Name(),
        "transcript",
        "Transcripts of the two phases of a trusted setup: a .zkey is verified against a circuit and prepared powers of tau, a .ptau by itself.");

    /// <summary>The files by their names in transcript.json.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => files;

    /// <summary>A path for files on the way.</summary>
    public string Scratch(string name) => scratch.File(name);

    /// <summary>Keeps a file that cases refer to.</summary>
    public void Keep(string name, string path) => files[name] = System.IO.File.ReadAllBytes(path);

    public void AddZkey(
        string id, string group, string comment, string path, Verdict verdict, string reason, string circuit = Circuit, string powers = Powers) =>
        Add("zkey", id, group, comment, path, verdict, reason, ("r1cs", circuit), ("ptau", powers));

    public void AddPtau(string id, string group, string comment, string path, Verdict verdict, string reason) =>
        Add("ptau", id, group, comment, path, verdict, reason);

    public void Write(string folder)
    {
        File.Write(folder);
        string inside = Path.Combine(folder, curve.Name());
        Directory.CreateDirectory(Path.Combine(inside, "files"));
        foreach (string stale in Directory.EnumerateFiles(Path.Combine(inside, "files")).Where(path => !files.ContainsKey("files/" + Path.GetFileName(path))))
        {
            System.IO.File.Delete(stale);
        }

        foreach ((string name, byte[] bytes) in files)
        {
            System.IO.File.WriteAllBytes(Path.Combine(inside, name), bytes);
        }
    }

    public void Dispose() => scratch.Dispose();

    private void Add(
        string kind, string id, string group, string comment, string path, Verdict verdict, string reason, params (string Name, string Value)[] others)
    {
        string name = $"files/{kind}-{id}.{kind}";
        Keep(name, path);
        var members = new JsonObject
        {
            ["transcript"] = kind,
            ["file"] = name,
            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(files[name])),
        };
        foreach ((string member, string value) in others)
        {
            members[member] = value;
        }

        File.Add($"{kind}-{id}", group, comment, members, verdict, reason);
    }
}
