// Owns: verification_key.json as snarkjs writes it.

using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>
/// verification_key.json: <c>protocol</c>, <c>curve</c>, <c>nPublic</c>, the key's points, <c>IC</c>, and
/// <c>vk_alphabeta_12</c>, which is written for other readers and never trusted: it is recomputed from α and β.
/// Reading checks range, curve and subgroup of each point.
/// </summary>
public static class VerifyingKeyJson
{
    /// <summary>The curve that a key names, before anything else is read.</summary>
    /// <exception cref="InvalidFileException">The file is not a verification key.</exception>
    /// <exception cref="IOException">The file cannot be read, or is a pipe.</exception>
    public static CurveId ReadCurve(string path) => Iden3JsonReader.ReadCurve(path);

    /// <summary>As <see cref="ReadCurve(string)"/> for bytes; <paramref name="name"/> is what errors call them.</summary>
    /// <exception cref="InvalidFileException">They are not a verification key.</exception>
    public static CurveId ReadCurve(ReadOnlyMemory<byte> utf8, string name)
    {
        using JsonDocument document = Iden3JsonReader.Parse(utf8, name);
        return new Iden3JsonReader(name).Curve(document.RootElement);
    }

    /// <summary>Reads a key. Its weakness, if any, is the caller's to refuse.</summary>
    /// <exception cref="InvalidFileException">The file is not a key over the curve, or a point of it is not valid.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VerifyingKey<TCurve, TFp> Read<TCurve, TFp>(string path)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        using JsonDocument document = Iden3JsonReader.Parse(path);
        return Read<TCurve, TFp>(document.RootElement, path);
    }

    /// <summary>Reads a key from bytes; <paramref name="name"/> is what errors call them.</summary>
    /// <exception cref="InvalidFileException">They are not a key over the curve, or a point of it is not valid.</exception>
    public static VerifyingKey<TCurve, TFp> Read<TCurve, TFp>(ReadOnlyMemory<byte> utf8, string name)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        using JsonDocument document = Iden3JsonReader.Parse(utf8, name);
        return Read<TCurve, TFp>(document.RootElement, name);
    }

    /// <summary>The key as snarkjs writes it.</summary>
    public static string ToJson<TCurve, TFp>(VerifyingKey<TCurve, TFp> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => Iden3JsonWriter.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("protocol", "groth16");
            writer.WriteString("curve", TCurve.Id.Iden3Name());
            writer.WriteNumber("nPublic", key.PublicInputCount);
            writer.WritePropertyName("vk_alpha_1");
            writer.WriteG1(key.Alpha);
            writer.WritePropertyName("vk_beta_2");
            writer.WriteG2(key.Beta);
            writer.WritePropertyName("vk_gamma_2");
            writer.WriteG2(key.Gamma);
            writer.WritePropertyName("vk_delta_2");
            writer.WriteG2(key.Delta);
            writer.WritePropertyName("vk_alphabeta_12");
            WriteFp12(writer, Pairing.Compute(key.Alpha, key.Beta));
            writer.WritePropertyName("IC");
            writer.WriteStartArray();
            foreach (ref readonly Affine<TFp, TCurve> point in key.Ic)
            {
                writer.WriteG1(point);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });

    /// <summary>Writes a key; the file appears when complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write<TCurve, TFp>(string path, VerifyingKey<TCurve, TFp> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => Iden3JsonWriter.WriteFile(path, ToJson(key));

    private static VerifyingKey<TCurve, TFp> Read<TCurve, TFp>(JsonElement root, string name)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        var reader = new Iden3JsonReader(name);
        reader.RequireProtocol(root);
        reader.RequireCurve(root, TCurve.Id);
        ReadOnlySpan<JsonElement> items = reader.Array(reader.Member(root, "IC"), "IC");
        if (items.IsEmpty)
        {
            throw new InvalidFileException(
                name, FileFault.Inconsistent, -1, "IC is empty: it needs the point of the constant and one for each public input.");
        }

        var ic = new Affine<TFp, TCurve>[items.Length];
        for (int i = 0; i < ic.Length; i++)
        {
            ic[i] = reader.G1<TFp, TCurve>(items[i], $"IC[{i}]");
        }

        JsonElement count = reader.Member(root, "nPublic");
        if (count.ValueKind != JsonValueKind.Number || !count.TryGetInt32(out int publicInputs) || publicInputs != ic.Length - 1)
        {
            throw reader.Error("nPublic", $"one less than the number of IC points, {ic.Length - 1}");
        }

        return VerifyingKey<TCurve, TFp>.TryCreate(
            reader.G1<TFp, TCurve>(reader.Member(root, "vk_alpha_1"), "vk_alpha_1"),
            reader.G2<TFp, TCurve>(reader.Member(root, "vk_beta_2"), "vk_beta_2"),
            reader.G2<TFp, TCurve>(reader.Member(root, "vk_gamma_2"), "vk_gamma_2"),
            reader.G2<TFp, TCurve>(reader.Member(root, "vk_delta_2"), "vk_delta_2"),
            ic,
            out VerifyingKey<TCurve, TFp>? key,
            out PointFault? fault)
            ? key
            : throw new InvalidFileException(name, fault.Kind, -1, fault.Text + ".");
    }

    private static void WriteFp12<TFp, TCurve>(Utf8JsonWriter writer, in Fp12<TFp, TCurve> value)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, ITower<TFp>
    {
        writer.WriteStartArray();
        WriteFp6(writer, value.C0);
        WriteFp6(writer, value.C1);
        writer.WriteEndArray();

        static void WriteFp6(Utf8JsonWriter writer, in Fp6<TFp, TCurve> value)
        {
            writer.WriteStartArray();
            writer.WritePair(value.C0);
            writer.WritePair(value.C1);
            writer.WritePair(value.C2);
            writer.WriteEndArray();
        }
    }
}
