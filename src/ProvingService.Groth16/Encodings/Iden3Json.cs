// Owns: the common ground of iden3's JSON files: numbers as decimal strings, points as projective triples.
//
// A point of G1 is [x, y, "1"], a point of G2 [[x.c0, x.c1], [y.c0, y.c1], ["1", "0"]]; infinity is [0, 1, 0].

using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>One JSON document being read, with errors that name its file and the member.</summary>
/// <param name="file">The file's path or another name for it.</param>
internal readonly struct Iden3JsonReader(string file)
{
    /// <summary>No number in these files has more decimal digits.</summary>
    private const int MaxDigits = 120;

    /// <summary>Larger files are not even read: a key with 100,000 public inputs takes 30 MB.</summary>
    private const int MaxLength = 64 << 20;

    /// <summary>More points than a key of <see cref="MaxLength"/> can hold.</summary>
    private const int MaxItems = 1 << 18;

    /// <summary>
    /// A member twice would be read as its first by some programs and as its last by others: one file, two statements.
    /// </summary>
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Reads a file as one JSON value; a pipe will do.</summary>
    public static JsonDocument Parse(string path, int maxLength = MaxLength)
    {
        using FileStream stream = File.OpenRead(path);
        return Parse(stream, path, maxLength);
    }

    /// <summary>The curve that a file names, which is then opened again to be read over that curve; a pipe will not do.</summary>
    public static CurveId ReadCurve(string path)
    {
        using JsonDocument document = ParseToBeReadAgain(path, MaxLength);
        return new Iden3JsonReader(path).Curve(document.RootElement);
    }

    /// <summary>As <see cref="ReadCurve"/>; null where the file names no curve.</summary>
    public static CurveId? FindCurve(string path, int maxLength)
    {
        using JsonDocument document = ParseToBeReadAgain(path, maxLength);
        JsonElement root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("curve", out _) ? null : new Iden3JsonReader(path).Curve(root);
    }

    private static JsonDocument ParseToBeReadAgain(string path, int maxLength)
    {
        using FileStream stream = File.OpenRead(path);
        if (!stream.CanSeek)
        {
            throw new IOException($"{path} is a pipe or a device; it is read twice, which takes a file on a disk.");
        }

        return Parse(stream, path, maxLength);
    }

    private static JsonDocument Parse(FileStream stream, string path, int maxLength)
    {
        using var bytes = new MemoryStream(stream.CanSeek ? (int)Math.Min(stream.Length, maxLength) : 0);
        Span<byte> chunk = stackalloc byte[1 << 12];
        for (int read; (read = stream.Read(chunk)) > 0;)
        {
            bytes.Write(chunk[..read]);
            if (bytes.Length > maxLength)
            {
                throw new InvalidFileException(path, FileFault.Inconsistent, maxLength, $"the file has more than {maxLength} bytes, the most that are read.");
            }
        }

        return Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), path);
    }

    /// <summary>Reads bytes as one JSON value.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string name)
    {
        try
        {
            return JsonDocument.Parse(utf8, Strict);
        }
        catch (JsonException e) when (e.LineNumber is null)
        {
            throw new InvalidFileException(name, FileFault.Malformed, -1, "a member occurs twice in one object.");
        }
        catch (JsonException e)
        {
            throw new InvalidFileException(
                name, FileFault.Malformed, -1, $"this is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; write the file anew.");
        }
        catch (InvalidOperationException)
        {
            throw new InvalidFileException(name, FileFault.Malformed, -1, "this is not JSON: the name of a member is no Unicode text.");
        }
    }

    public InvalidFileException Error(string member, string expected) =>
        new(file, FileFault.Malformed, -1, $"{member} must be {expected}.");

    public JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value)
            ? value
            : throw new InvalidFileException(file, FileFault.Malformed, -1, $"the member {name} is missing.");

    public ReadOnlySpan<JsonElement> Array(JsonElement value, string member, int length = -1)
    {
        if (value.ValueKind != JsonValueKind.Array || (length >= 0 && value.GetArrayLength() != length))
        {
            throw Error(member, length >= 0 ? $"an array of {length}" : "an array");
        }

        if (value.GetArrayLength() > MaxItems)
        {
            throw Error(member, $"an array of at most {MaxItems}");
        }

        return value.EnumerateArray().ToArray();
    }

    public void RequireProtocol(JsonElement root)
    {
        if (Text(Member(root, "protocol")) != "groth16")
        {
            throw Error("protocol", "\"groth16\"");
        }
    }

    public CurveId Curve(JsonElement root)
    {
        return CurveNames.TryParse(Text(Member(root, "curve")), out CurveId curve)
            ? curve
            : throw new InvalidFileException(file, FileFault.WrongField, -1, "curve must be \"bls12381\" or \"bn128\".");
    }

    public void RequireCurve(JsonElement root, CurveId curve)
    {
        CurveId found = Curve(root);
        if (found != curve)
        {
            throw new InvalidFileException(
                file, FileFault.WrongField, -1, $"the file is for {found.Name()} and {curve.Name()} is asked for.");
        }
    }

    public T Element<T>(JsonElement value, string member)
        where T : unmanaged, IPrimeField<T>
    {
        string? text = value.ValueKind switch
        {
            JsonValueKind.String => Text(value),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
        if (string.IsNullOrEmpty(text) || text.Length > MaxDigits || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            throw Error(member, "a decimal number, not negative, as a string");
        }

        var integer = BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        return integer < T.Modulus
            ? T.FromBigInteger(integer)
            : throw new InvalidFileException(file, FileFault.NotCanonical, -1, $"{member} is not below the modulus of {T.Name}.");
    }

    public Affine<TFp, TCurve> G1<TFp, TCurve>(JsonElement value, string member)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>
    {
        ReadOnlySpan<JsonElement> xyz = Array(value, member, 3);
        TFp x = Element<TFp>(xyz[0], member + "[0]"), y = Element<TFp>(xyz[1], member + "[1]"), z = Element<TFp>(xyz[2], member + "[2]");
        return ToAffine<TFp, TCurve>(x, y, z, member);
    }

    public Affine<Fp2<TFp>, TCurve> G2<TFp, TCurve>(JsonElement value, string member)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>>
    {
        ReadOnlySpan<JsonElement> xyz = Array(value, member, 3);
        return ToAffine<Fp2<TFp>, TCurve>(
            Pair<TFp>(xyz[0], member + "[0]"), Pair<TFp>(xyz[1], member + "[1]"), Pair<TFp>(xyz[2], member + "[2]"), member);
    }

    /// <summary>An element of Fp12 as <c>vk_alphabeta_12</c> has it: two of three pairs.</summary>
    public Fp12<TFp, TCurve> Fp12<TFp, TCurve>(JsonElement value, string member)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ITower<TFp>
    {
        ReadOnlySpan<JsonElement> halves = Array(value, member, 2);
        return new(Fp6<TFp, TCurve>(halves[0], member + "[0]"), Fp6<TFp, TCurve>(halves[1], member + "[1]"));
    }

    private Fp6<TFp, TCurve> Fp6<TFp, TCurve>(JsonElement value, string member)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ITower<TFp>
    {
        ReadOnlySpan<JsonElement> pairs = Array(value, member, 3);
        return new(Pair<TFp>(pairs[0], member + "[0]"), Pair<TFp>(pairs[1], member + "[1]"), Pair<TFp>(pairs[2], member + "[2]"));
    }

    /// <summary>A string, or null where the value is none or is no Unicode text.</summary>
    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Bytes that are not UTF-8 or half a surrogate pair, which the parser lets through.
            return null;
        }
    }

    private Fp2<TFp> Pair<TFp>(JsonElement value, string member)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        ReadOnlySpan<JsonElement> pair = Array(value, member, 2);
        return new(Element<TFp>(pair[0], member + "[0]"), Element<TFp>(pair[1], member + "[1]"));
    }

    private Affine<TField, TGroup> ToAffine<TField, TGroup>(in TField x, in TField y, in TField z, string member)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        if (z == TField.One)
        {
            // (0, 0) would read as infinity, which has a spelling of its own.
            return TField.IsZero(x) && TField.IsZero(y)
                ? throw new InvalidFileException(file, FileFault.NotOnCurve, -1, $"{member} is not on the curve of {TGroup.GroupName}.")
                : new(x, y);
        }

        return TField.IsZero(x) && y == TField.One && TField.IsZero(z)
            ? default
            : throw Error(member, "a point with last coordinate 1, or the point at infinity [0, 1, 0]");
    }
}

/// <summary>Writes JSON as snarkjs lays it out: one space a level, numbers as strings.</summary>
internal static class Iden3JsonWriter
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, IndentSize = 1, NewLine = "\n" };

    /// <summary>One document as text.</summary>
    public static string Write(Action<Utf8JsonWriter> body)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Layout))
        {
            body(writer);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Writes text to a file, aside and then renamed.</summary>
    public static void WriteFile(string path, string text)
    {
        using var file = new AtomicFile(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }

    public static void WriteG1<TFp, TCurve>(this Utf8JsonWriter writer, in Affine<TFp, TCurve> p)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, TFp>
    {
        writer.WriteStartArray();
        writer.WriteStringValue(p.X.ToString());
        writer.WriteStringValue(p.IsInfinity ? "1" : p.Y.ToString());
        writer.WriteStringValue(p.IsInfinity ? "0" : "1");
        writer.WriteEndArray();
    }

    public static void WriteG2<TFp, TCurve>(this Utf8JsonWriter writer, in Affine<Fp2<TFp>, TCurve> p)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ICurveGroup<TCurve, Fp2<TFp>>
    {
        writer.WriteStartArray();
        writer.WritePair(p.X);
        writer.WritePair(p.IsInfinity ? Fp2<TFp>.One : p.Y);
        writer.WritePair(p.IsInfinity ? Fp2<TFp>.Zero : Fp2<TFp>.One);
        writer.WriteEndArray();
    }

    public static void WritePair<TFp>(this Utf8JsonWriter writer, in Fp2<TFp> value)
        where TFp : unmanaged, IPrimeField<TFp>
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.C0.ToString());
        writer.WriteStringValue(value.C1.ToString());
        writer.WriteEndArray();
    }
}
