// Owns: proof.json and public.json as snarkjs writes them.

using System.Globalization;
using System.Text;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>
/// proof.json: <c>pi_a</c>, <c>pi_b</c>, <c>pi_c</c>, <c>protocol</c>, <c>curve</c>. Reading checks range, curve and
/// subgroup of each point. The curve may be left out, as rapidsnark does: it is then the one asked for, that of the
/// verification key. Where it is there it must agree.
/// </summary>
public static class ProofJson
{
    /// <summary>Some twenty times the length of a proof: whoever sends more sends something else.</summary>
    private const int MaxLength = 1 << 16;

    /// <summary>The curve that a proof names, before anything else is read; null where it names none.</summary>
    /// <exception cref="InvalidFileException">The file is not a proof.</exception>
    /// <exception cref="IOException">The file cannot be read, or is a pipe.</exception>
    public static CurveId? ReadCurve(string path) => Iden3JsonReader.FindCurve(path, MaxLength);

    /// <summary>Reads a proof.</summary>
    /// <exception cref="InvalidFileException">The file is not a proof over the curve, or a point of it is not valid.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Proof<TCurve, TFp> Read<TCurve, TFp>(string path)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        using JsonDocument document = Iden3JsonReader.Parse(path, MaxLength);
        return Read<TCurve, TFp>(document.RootElement, path);
    }

    /// <summary>Reads a proof from bytes; <paramref name="name"/> is what errors call them.</summary>
    /// <exception cref="InvalidFileException">They are not a proof over the curve, or a point of it is not valid.</exception>
    public static Proof<TCurve, TFp> Read<TCurve, TFp>(ReadOnlyMemory<byte> utf8, string name)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        using JsonDocument document = Iden3JsonReader.Parse(utf8, name);
        return Read<TCurve, TFp>(document.RootElement, name);
    }

    /// <summary>The proof as snarkjs writes it, byte for byte.</summary>
    public static string ToJson<TCurve, TFp>(Proof<TCurve, TFp> proof)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => Iden3JsonWriter.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("pi_a");
            writer.WriteG1(proof.A);
            writer.WritePropertyName("pi_b");
            writer.WriteG2(proof.B);
            writer.WritePropertyName("pi_c");
            writer.WriteG1(proof.C);
            writer.WriteString("protocol", "groth16");
            writer.WriteString("curve", TCurve.Id.Iden3Name());
            writer.WriteEndObject();
        });

    /// <summary>Writes a proof; the file appears when complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write<TCurve, TFp>(string path, Proof<TCurve, TFp> proof)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => Iden3JsonWriter.WriteFile(path, ToJson(proof));

    private static Proof<TCurve, TFp> Read<TCurve, TFp>(JsonElement root, string name)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        var reader = new Iden3JsonReader(name);
        reader.RequireProtocol(root);
        if (root.TryGetProperty("curve", out _))
        {
            reader.RequireCurve(root, TCurve.Id);
        }

        return Proof<TCurve, TFp>.TryCreate(
            reader.G1<TFp, TCurve>(reader.Member(root, "pi_a"), "pi_a"),
            reader.G2<TFp, TCurve>(reader.Member(root, "pi_b"), "pi_b"),
            reader.G1<TFp, TCurve>(reader.Member(root, "pi_c"), "pi_c"),
            out Proof<TCurve, TFp>? proof,
            out PointFault? fault)
            ? proof
            : throw new InvalidFileException(name, fault.Kind, -1, fault.Text + ".");
    }
}

/// <summary>public.json: the public inputs as an array of decimal strings, without the constant 1.</summary>
public static class PublicInputsJson
{
    /// <summary>Reads public inputs; each must be a canonical element, not merely congruent to one.</summary>
    /// <exception cref="InvalidFileException">The file is not such an array, or an element is not below the order of the groups.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TFr[] Read<TFr>(string path)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        using JsonDocument document = Iden3JsonReader.Parse(path);
        return Read<TFr>(document.RootElement, path);
    }

    /// <summary>Reads public inputs from bytes; <paramref name="name"/> is what errors call them.</summary>
    /// <exception cref="InvalidFileException">They are not such an array, or an element is not below the order of the groups.</exception>
    public static TFr[] Read<TFr>(ReadOnlyMemory<byte> utf8, string name)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        using JsonDocument document = Iden3JsonReader.Parse(utf8, name);
        return Read<TFr>(document.RootElement, name);
    }

    /// <summary>The inputs as snarkjs writes them, byte for byte.</summary>
    public static string ToJson<TFr>(ReadOnlySpan<TFr> publicInputs)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (publicInputs.IsEmpty)
        {
            return "[]";
        }

        var text = new StringBuilder("[");
        foreach (ref readonly TFr input in publicInputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 1 ? "," : "")}\n \"{TFr.ToBigInteger(input)}\"");
        }

        return text.Append("\n]").ToString();
    }

    /// <summary>Writes public inputs; the file appears when complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write<TFr>(string path, ReadOnlySpan<TFr> publicInputs)
        where TFr : unmanaged, IPrimeField<TFr> => Iden3JsonWriter.WriteFile(path, ToJson(publicInputs));

    private static TFr[] Read<TFr>(JsonElement root, string name)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var reader = new Iden3JsonReader(name);
        ReadOnlySpan<JsonElement> items = reader.Array(root, "the file");
        var inputs = new TFr[items.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = reader.Element<TFr>(items[i], $"public input {i}");
        }

        return inputs;
    }
}
