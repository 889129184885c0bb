// Owns: iden3's .sym, a text file that names labels.
//
// A line for each label but the constant one: label,wire,component,name
//   label      a number from 1, ascending in the files that are written here
//   wire       the wire of the .r1cs, or −1 where optimisation removed it
//   component  circom's number of the template instance; here the signals of all scopes count as one, 0
//   name       main.path[3].w17

using System.Globalization;
using System.Text;

namespace ProvingService.R1cs;

/// <summary>Reads and writes .sym files; the layout is at the head of SymFile.cs.</summary>
public static class SymFile
{
    /// <summary>The longest file that is read: 1 GiB, about the symbols of 2^24 wires.</summary>
    public const long MaxLength = 1L << 30;

    private const int MaxLineLength = 1 << 16;

    /// <summary>Reads the names of the wires of a constraint system.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wireCount">The number of wires of the .r1cs beside it.</param>
    /// <exception cref="InvalidFileException">A line is malformed, a label occurs twice, or a wire is beyond <paramref name="wireCount"/>.</exception>
    public static SymbolTable Read(string path, int wireCount)
    {
        using FileStream stream = File.OpenRead(path);
        if (!stream.CanSeek)
        {
            throw new IOException($"{path} is a pipe or a device; its length is needed, which takes a file on a disk.");
        }

        return Read(stream, path, wireCount);
    }

    /// <summary>As <see cref="Read(string, int)"/>, from a stream that can seek.</summary>
    public static SymbolTable Read(Stream stream, string name, int wireCount)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (stream.Length > MaxLength)
        {
            throw new InvalidFileException(name, FileFault.Unsupported, -1, $"{stream.Length} bytes are more than {MaxLength}, the longest .sym file read.");
        }

        var labels = new Dictionary<int, (int Wire, string Name)>();
        int highest = 0, line = 0;
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: false));
        while (ReadLine(reader, name, ++line) is { } text)
        {
            if (text.Length == 0)
            {
                continue;
            }

            (int label, int wire, string labelName) = ParseLine(name, line, text, wireCount);
            if (!labels.TryAdd(label, (wire, labelName)))
            {
                throw Fault(name, line, $"label {label} occurs a second time");
            }

            highest = Math.Max(highest, label);
        }

        // The arrays below are as long as the highest label, so a file of few lines must not name a label of billions.
        if (highest > 16L * (labels.Count + 1024L))
        {
            throw new InvalidFileException(name, FileFault.Inconsistent, -1, $"{labels.Count} lines name labels up to {highest}.");
        }

        return ToTable(labels, highest, wireCount);
    }

    /// <summary>Writes the names of a compiled circuit; the file appears when it is complete.</summary>
    public static void Write(string path, SymbolTable symbols)
    {
        ArgumentNullException.ThrowIfNull(symbols);
        using var file = new AtomicFile(path);
        using (var writer = new StreamWriter(file.Stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true))
        {
            for (int label = 1; label < symbols.LabelCount; label++)
            {
                writer.Write(label);
                writer.Write(',');
                writer.Write(symbols.WireOfLabel[label]);
                writer.Write(",0,");
                writer.Write(symbols.LabelName(label));
                writer.Write('\n');
            }
        }

        file.Commit();
    }

    private static SymbolTable ToTable(Dictionary<int, (int Wire, string Name)> labels, int highest, int wireCount)
    {
        var names = new string[highest + 1];
        var wireOfLabel = new int[highest + 1];
        var labelOfWire = new int[wireCount];
        Array.Fill(names, string.Empty);
        Array.Fill(wireOfLabel, -1);
        Array.Fill(labelOfWire, -1);
        wireOfLabel[0] = 0;
        for (int label = 1; label <= highest; label++)
        {
            if (!labels.TryGetValue(label, out (int Wire, string Name) entry))
            {
                continue;
            }

            names[label] = entry.Name;
            wireOfLabel[label] = entry.Wire;

            // Several labels may share a wire after x = y was removed; the first names it.
            if (entry.Wire > 0 && labelOfWire[entry.Wire] < 0)
            {
                labelOfWire[entry.Wire] = label;
            }
        }

        if (wireCount > 0)
        {
            labelOfWire[0] = 0;
        }

        return new(labelOfWire, wireOfLabel, label => names[label], _ => string.Empty);
    }

    private static string? ReadLine(StreamReader reader, string file, int line)
    {
        // StreamReader.ReadLine would take a file without line breaks as one string of a gigabyte.
        var text = new StringBuilder();
        int next;
        while ((next = reader.Read()) >= 0 && next != '\n')
        {
            if (text.Length == MaxLineLength)
            {
                throw Fault(file, line, $"the line is longer than {MaxLineLength} characters");
            }

            text.Append((char)next);
        }

        return next < 0 && text.Length == 0 ? null : text.ToString().TrimEnd('\r');
    }

    private static (int Label, int Wire, string Name) ParseLine(string file, int line, string text, int wireCount)
    {
        string[] parts = text.Split(',', 4);
        if (parts.Length != 4
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int label)
            || !int.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int wire)
            || !long.TryParse(parts[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            || label == 0
            || wire < -1
            || parts[3].Length == 0)
        {
            throw Fault(file, line, "expected label,wire,component,name");
        }

        return wire < wireCount
            ? (label, wire, parts[3])
            : throw Fault(file, line, $"wire {wire} is named and the constraint system has {wireCount}; the file belongs to another circuit");
    }

    private static InvalidFileException Fault(string file, int line, string message) =>
        new(file, FileFault.Inconsistent, -1, string.Create(CultureInfo.InvariantCulture, $"line {line}: {message}."));
}
