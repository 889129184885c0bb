// Owns: the document in which a ceremony is announced, as JSON: read strictly, since every contributor relies on what it says.
//
//   {
//     "name": "Example 2026",
//     "description": "Keys of the example's circuits",             optional
//     "minimumContributions": 12,                                   of each circuit, beacon not counted
//     "maximumContributions": 40,                                   optional: a circuit takes no more
//     "closes": "2026-12-24T12:00:00Z",                             optional: after this no turn begins or goes on
//     "address": "https://ceremony.example:7430",                   optional: where participants reach gRPC, for the page
//     "beacon": {
//       "source": "the hash of Bitcoin's block 930000",
//       "available": "2026-12-24T18:00:00Z",                        or "afterClose": "6h"
//       "iterationsLog": 20
//     },
//     "keys": ["6f…"],                                              optional: Ed25519 public keys of participants, hex
//     "circuits": [
//       { "name": "transfer", "r1cs": "transfer.r1cs", "ptau": "phase1.ptau", "zkey": "begun-elsewhere.zkey" }
//     ]                                                             zkey optional; paths are relative to the document
//   }

using System.Text.Json;
using System.Text.RegularExpressions;
using ProvingService.R1cs;

namespace ProvingService.Ceremony;

/// <summary>A circuit of a ceremony as it is announced.</summary>
/// <param name="Name">1 to 64 of a–z, 0–9, '-' and '_': a folder of the transcript.</param>
/// <param name="R1cs">Its file.</param>
/// <param name="Ptau">The prepared powers of tau.</param>
/// <param name="Zkey">The key to begin from; null to make it from the two.</param>
public sealed record AnnouncedCircuit(string Name, string R1cs, string Ptau, string? Zkey);

/// <summary>A beacon before anyone knows its value.</summary>
/// <param name="Source">Where the value will come from, in words.</param>
/// <param name="Available">From when on it is public; null where it counts from the closing.</param>
/// <param name="AfterClose">How long after the closing it is public; null where there is a time.</param>
/// <param name="IterationsLog">log₂ of the iterations, 10 to 63.</param>
public sealed record AnnouncedBeacon(string Source, DateTimeOffset? Available, TimeSpan? AfterClose, int IterationsLog);

/// <summary>What a ceremony announces. Immutable.</summary>
public sealed partial record CeremonyDocument
{
    private const int LongestFile = 4 << 20;
    private const int MostCircuits = 256;

    /// <summary>Its name, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Contributions that each circuit needs, at least 1.</summary>
    public required int MinimumContributions { get; init; }

    /// <summary>Contributions after which a circuit takes no more; null for no such end.</summary>
    public int? MaximumContributions { get; init; }

    /// <summary>After this no turn begins and none goes on; null where only the operator closes, or the most contributions do.</summary>
    public DateTimeOffset? Closes { get; init; }

    /// <summary>Where participants reach the coordinator; null for where it listens.</summary>
    public string? Address { get; init; }

    /// <summary>The beacon.</summary>
    public required AnnouncedBeacon Beacon { get; init; }

    /// <summary>Ed25519 public keys of participants, 64 hex digits each.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The circuits, in the order in which each participant contributes.</summary>
    public required IReadOnlyList<AnnouncedCircuit> Circuits { get; init; }

    /// <summary>Reads a document.</summary>
    /// <param name="path">The file; paths in it are relative to its folder.</param>
    /// <exception cref="InvalidFileException">It is not as the format says; the message names the field.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CeremonyDocument Read(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: > LongestFile })
        {
            throw Wrong(path, $"a ceremony's document has at most {LongestFile} bytes.");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        CeremonyDocument document = Parse(File.ReadAllBytes(path), path);
        return document with
        {
            Circuits = [.. document.Circuits.Select(circuit => circuit with
            {
                R1cs = Path.Combine(folder, circuit.R1cs),
                Ptau = Path.Combine(folder, circuit.Ptau),
                Zkey = circuit.Zkey is { } key ? Path.Combine(folder, key) : null,
            })],
        };
    }

    /// <summary>Reads a document's bytes; paths stay as they stand.</summary>
    internal static CeremonyDocument Parse(ReadOnlyMemory<byte> json, string file)
    {
        using StrictJson root = StrictJson.Parse(json, file);
        root.Allow("name", "description", "minimumContributions", "maximumContributions", "closes", "address", "beacon", "keys", "circuits");
        string name = root.Text("name", 1, 100);
        int minimum = root.Number("minimumContributions", 1, 1_000_000) ?? throw root.Missing("minimumContributions");
        int? maximum = root.Number("maximumContributions", minimum, 1_000_000);
        DateTimeOffset? closes = root.Time("closes");
        StrictJson beacon = root.Object("beacon");
        beacon.Allow("source", "available", "afterClose", "iterationsLog");
        var announced = new AnnouncedBeacon(
            beacon.Text("source", 1, 500),
            beacon.Time("available"),
            beacon.Duration("afterClose"),
            beacon.Number("iterationsLog", Setup.ChaChaGenerator.MinBeaconIterationsLog, Setup.ChaChaGenerator.MaxBeaconIterationsLog) ?? throw beacon.Missing("iterationsLog"));
        if (announced.Available is null == announced.AfterClose is null)
        {
            throw beacon.Wrong("it needs either 'available', a time, or 'afterClose', such as \"6h\".");
        }

        if (announced.Available is { } available && closes > available)
        {
            throw root.Wrong("'closes' is later than the beacon's 'available': a contributor who knows the beacon could choose its secret to fit.");
        }

        var circuits = new List<AnnouncedCircuit>();
        foreach (StrictJson circuit in root.List("circuits", 1, MostCircuits))
        {
            circuit.Allow("name", "r1cs", "ptau", "zkey");
            string circuitName = circuit.Text("name", 1, 64);
            if (!IsCircuitName(circuitName) || circuits.Any(other => other.Name == circuitName))
            {
                throw circuit.Wrong($"the name '{circuitName}' is taken or not made of a–z, 0–9, '-' and '_', beginning with a letter or digit.");
            }

            circuits.Add(new(circuitName, circuit.Text("r1cs", 1, 4096), circuit.Text("ptau", 1, 4096), circuit.TextOrNull("zkey", 1, 4096)));
        }

        var keys = new List<string>();
        foreach (string key in root.Texts("keys", 0, 100_000))
        {
            if (!KeyForm().IsMatch(key) || keys.Contains(key, StringComparer.Ordinal))
            {
                throw root.Wrong($"'keys' holds '{key}', which is there twice or not 64 lower-case hex digits (zkps ceremony key shows them).");
            }

            keys.Add(key);
        }

        return new CeremonyDocument
        {
            Name = name,
            Description = root.TextOrNull("description", 0, 4000) ?? "",
            MinimumContributions = minimum,
            MaximumContributions = maximum,
            Closes = closes ?? announced.Available,
            Address = root.TextOrNull("address", 1, 300),
            Beacon = announced,
            Keys = keys,
            Circuits = circuits,
        };
    }

    /// <summary>As JSON, with paths as given; what <see cref="Parse"/> reads back.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("description", Description);
        json.WriteNumber("minimumContributions", MinimumContributions);
        if (MaximumContributions is { } maximum)
        {
            json.WriteNumber("maximumContributions", maximum);
        }

        if (Closes is { } closes)
        {
            json.WriteString("closes", StrictJson.TextOf(closes));
        }

        if (Address is { } address)
        {
            json.WriteString("address", address);
        }

        json.WriteStartObject("beacon");
        json.WriteString("source", Beacon.Source);
        if (Beacon.Available is { } available)
        {
            json.WriteString("available", StrictJson.TextOf(available));
        }
        else
        {
            json.WriteString("afterClose", StrictJson.TextOf(Beacon.AfterClose!.Value));
        }

        json.WriteNumber("iterationsLog", Beacon.IterationsLog);
        json.WriteEndObject();
        json.WriteStartArray("keys");
        foreach (string key in Keys)
        {
            json.WriteStringValue(key);
        }

        json.WriteEndArray();
        json.WriteStartArray("circuits");
        foreach (AnnouncedCircuit circuit in Circuits)
        {
            json.WriteStartObject();
            json.WriteString("name", circuit.Name);
            json.WriteString("r1cs", circuit.R1cs);
            json.WriteString("ptau", circuit.Ptau);
            if (circuit.Zkey is { } key)
            {
                json.WriteString("zkey", key);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>When the beacon's value becomes public, as far as that is known.</summary>
    internal DateTimeOffset? BeaconTime(DateTimeOffset? closed) => Beacon.Available
        ?? (closed is not { } from || Beacon.AfterClose is not { } after ? null
            : from.UtcTicks > DateTimeOffset.MaxValue.UtcTicks - after.Ticks ? DateTimeOffset.MaxValue
            : from + after);

    private static InvalidFileException Wrong(string file, string message) => new(file, FileFault.Malformed, -1, message);

    /// <summary>Whether a text can be a circuit's name, and so a folder.</summary>
    internal static bool IsCircuitName(string text) => CircuitName().IsMatch(text);

    [GeneratedRegex(@"^[a-z0-9][a-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex CircuitName();

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyForm();
}
