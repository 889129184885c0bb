// Owns: values for a circuit's inputs, from code or from JSON. Which inputs a circuit has: InputSignal.

using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Named values for one run of a circuit. JSON is an object whose members are integers, decimal strings or
/// <c>0x</c> strings, each below the prime, or arrays of them, nested as the input's dimensions are. A member named
/// after a curve, such as <c>bn254</c>, is an object of inputs for that curve alone; they go before those of the same
/// name outside it, and those for other curves are not looked at. So one file can serve circuits whose hashes depend on
/// the field.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class CircuitInputs<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>Most values in one JSON document: what fits a circuit.</summary>
    private const int MaxValues = CircuitBuilder<TF>.MaxSize;

    private readonly Dictionary<string, (TF[] Values, int[]? Shape)> signals = [];

    /// <summary>The names set so far.</summary>
    public IReadOnlyCollection<string> Names => signals.Keys;

    /// <summary>Sets an input of one element, replacing an earlier value.</summary>
    public CircuitInputs<TF> Set(string name, in TF value)
    {
        signals[name] = ([value], []);
        return this;
    }

    /// <summary>Sets an array, row-major, replacing an earlier value. Only its total length is checked later.</summary>
    public CircuitInputs<TF> Set(string name, ReadOnlySpan<TF> values)
    {
        signals[name] = (values.ToArray(), null);
        return this;
    }

    /// <summary>Reads a JSON document of UTF-8 bytes.</summary>
    /// <exception cref="InvalidInputException">It is not JSON, or a member is not made of canonical integers.</exception>
    public static CircuitInputs<TF> Parse(ReadOnlyMemory<byte> utf8)
    {
        using JsonDocument document = JsonValues.Parse(utf8);
        return Parse(document.RootElement);
    }

    /// <summary>Reads a JSON document.</summary>
    /// <exception cref="InvalidInputException">As <see cref="Parse(ReadOnlyMemory{byte})"/>.</exception>
    public static CircuitInputs<TF> Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Parse(Encoding.UTF8.GetBytes(json));
    }

    /// <summary>Reads a JSON object.</summary>
    /// <exception cref="InvalidInputException">It is not an object, or a member is not made of canonical integers.</exception>
    public static CircuitInputs<TF> Parse(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException(string.Empty, $"The inputs must be a JSON object of names and values, not {JsonValues.Kind(json)}.");
        }

        var inputs = new CircuitInputs<TF>();
        foreach (JsonProperty member in json.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Object && JsonValues.IsOwnCurve<TF>(JsonValues.NameOf(member)))
            {
                inputs.Add(member.Value, null);
            }
        }

        string[] preferred = [.. inputs.signals.Keys];
        inputs.Add(json, preferred);
        return inputs;
    }

    /// <summary>Writes the inputs as JSON that <see cref="Parse(string)"/> reads, numbers as decimal strings.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            foreach ((string name, (TF[] values, int[]? shape)) in signals)
            {
                writer.WritePropertyName(name);
                int next = 0;
                WriteNested(writer, values, shape ?? [values.Length], 0, ref next);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    /// <summary>Adds the members of an object: with names to pass over, those of the document, else those of a curve.</summary>
    private void Add(JsonElement json, string[]? passedOver)
    {
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = JsonValues.NameOf(member);
            bool isForCurve = passedOver is not null && member.Value.ValueKind == JsonValueKind.Object && CurveNames.TryParse(name, out _);
            if (isForCurve || (passedOver is not null && passedOver.Contains(name)))
            {
                continue;
            }

            var values = new List<TF>();
            var shape = new List<int>();
            Flatten(name, member.Value, 0, values, shape);
            if (!signals.TryAdd(name, (values.ToArray(), shape.ToArray())))
            {
                throw new InvalidInputException(name, "occurs twice.");
            }
        }
    }

    /// <summary>The values of a declared input.</summary>
    /// <exception cref="InvalidInputException">It is missing or has another shape.</exception>
    internal ReadOnlySpan<TF> Require(InputSignal signal)
    {
        if (!signals.TryGetValue(signal.Name, out (TF[] Values, int[]? Shape) found))
        {
            throw new InvalidInputException(signal.Name, $"is missing; the circuit declares {signal}.");
        }

        bool fits = found.Shape is null ? found.Values.Length == signal.Count : signal.Shape.SequenceEqual(found.Shape);
        if (!fits)
        {
            string had = found.Shape is null ? $"{found.Values.Length} values"
                : found.Shape.Length == 0 ? "a single value" : $"an array {InputSignal.ShapeText(found.Shape)}";
            string wanted = signal.Shape.Length == 0 ? "a single value" : $"an array {InputSignal.ShapeText(signal.Shape)}";
            throw new InvalidInputException(signal.Name, $"has {had}; the circuit declares {wanted}.");
        }

        return found.Values;
    }

    private static void Flatten(string name, JsonElement json, int depth, List<TF> values, List<int> shape)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            if (depth != shape.Count)
            {
                throw new InvalidInputException(name, "the array is ragged: some elements are arrays and some are not.");
            }

            if (values.Count == MaxValues)
            {
                throw new InvalidInputException(name, $"has more than {MaxValues} values.");
            }

            values.Add(JsonValues.Element<TF>(name, json));
            return;
        }

        int length = json.GetArrayLength();
        if (depth == shape.Count)
        {
            // The first array met at this depth fixes the length of all; a value met before it means a ragged array.
            if (values.Count > 0)
            {
                throw new InvalidInputException(name, "the array is ragged: some elements are arrays and some are not.");
            }

            shape.Add(length);
        }
        else if (shape[depth] != length)
        {
            throw new InvalidInputException(name, $"the array is ragged: rows of {shape[depth]} and of {length} elements.");
        }

        int index = 0;
        foreach (JsonElement element in json.EnumerateArray())
        {
            Flatten(depth == 0 ? $"{name}[{index++}]" : name, element, depth + 1, values, shape);
        }
    }

    private static void WriteNested(Utf8JsonWriter writer, TF[] values, ReadOnlySpan<int> shape, int depth, ref int next)
    {
        if (depth == shape.Length)
        {
            writer.WriteStringValue(TF.ToBigInteger(values[next++]).ToString(CultureInfo.InvariantCulture));
            return;
        }

        writer.WriteStartArray();
        for (int i = 0; i < shape[depth]; i++)
        {
            WriteNested(writer, values, shape, depth + 1, ref next);
        }

        writer.WriteEndArray();
    }
}
