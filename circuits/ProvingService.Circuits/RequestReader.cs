// Owns: reading members of a request, with errors that name the member by its path.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// One object of a request. At the top, members of an object named after the field's curve go before those of the same name
/// beside it, as in <see cref="CircuitInputs{TF}"/>, so that one file serves both curves. Every member must be read or be
/// another curve's: a misspelt name is an error and not a default.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
internal sealed class RequestReader<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly string path;
    private readonly Dictionary<string, JsonElement> members = [];

    /// <summary>Opens a request.</summary>
    /// <exception cref="InvalidInputException">It is not an object.</exception>
    public RequestReader(JsonElement request)
        : this(string.Empty, request)
    {
        var named = new HashSet<string>();
        foreach ((string name, JsonElement value) in members.ToArray())
        {
            if (value.ValueKind != JsonValueKind.Object || !CurveNames.TryParse(name, out _))
            {
                continue;
            }

            members.Remove(name);
            if (JsonValues.IsOwnCurve<TF>(name))
            {
                // Two names of one curve, bn254 and bn128, would leave it to their order which of them counts.
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    string own = JsonValues.NameOf(member);
                    members[own] = named.Add(own) ? member.Value : throw new InvalidInputException(PathOf(own), "occurs twice.");
                }
            }
        }
    }

    /// <summary>
    /// Opens a statement: an object whose members are what they seem to be. In a request a member named after the curve goes
    /// before others; in a statement that would let one document say one thing to its reader and another to the verifier.
    /// </summary>
    /// <exception cref="InvalidInputException">It is not an object.</exception>
    public static RequestReader<TF> OfStatement(JsonElement statement) => new(string.Empty, statement);

    private RequestReader(string path, JsonElement json)
    {
        this.path = path;
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException(path, $"{(path.Length == 0 ? "The request" : "this")} must be an object, not {JsonValues.Kind(json)}.");
        }

        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = JsonValues.NameOf(member);
            if (!members.TryAdd(name, member.Value))
            {
                throw new InvalidInputException(PathOf(name), "occurs twice.");
            }
        }
    }

    /// <summary>An integer below 2^64.</summary>
    public ulong UInt64(string name) => (ulong)Integer(name, ulong.MaxValue);

    /// <summary>An integer below 2^32.</summary>
    public uint UInt32(string name) => (uint)Integer(name, uint.MaxValue);

    /// <summary>An integer from 0 to a greatest one.</summary>
    public BigInteger Integer(string name, BigInteger most)
    {
        BigInteger value = JsonValues.Integer(PathOf(name), Take(name));
        return value <= most
            ? value
            : throw new InvalidInputException(PathOf(name), string.Create(CultureInfo.InvariantCulture, $"{value} is more than {most}."));
    }

    /// <summary>An element of the field.</summary>
    public TF Element(string name) => JsonValues.Element<TF>(PathOf(name), Take(name));

    /// <summary>A point as <c>[x, y]</c>; that it is on the curve is for others to check.</summary>
    public EdwardsPoint<TF> Point(string name)
    {
        JsonElement[] coordinates = Array(name, 2);
        return coordinates.Length == 2
            ? new(JsonValues.Element<TF>($"{PathOf(name)}[0]", coordinates[0]), JsonValues.Element<TF>($"{PathOf(name)}[1]", coordinates[1]))
            : throw new InvalidInputException(PathOf(name), $"a point is written [x, y]; this has {coordinates.Length} elements.");
    }

    /// <summary>A signature as <c>{"r": [x, y], "s": …}</c>; whether it is valid is for others to check.</summary>
    public EddsaSignature<TF> Signature(string name)
    {
        RequestReader<TF> reader = Object(name);
        var signature = new EddsaSignature<TF>(reader.Point("r"), reader.Integer("s", TF.Modulus - 1));
        reader.RequireNothingElse();
        return signature;
    }

    /// <summary>Whether the member is there and is not null. Where it is not, it counts as read.</summary>
    public bool Has(string name)
    {
        if (members.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
        {
            return true;
        }

        members.Remove(name);
        return false;
    }

    /// <summary>A string.</summary>
    public string Text(string name)
    {
        JsonElement json = Take(name);
        try
        {
            return json.ValueKind == JsonValueKind.String
                ? json.GetString()!
                : throw new InvalidInputException(PathOf(name), $"must be a string, not {JsonValues.Kind(json)}.");
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidInputException(PathOf(name), "the string is not valid Unicode.", e);
        }
    }

    /// <summary>A member that is an object.</summary>
    public RequestReader<TF> Object(string name) => new(PathOf(name), Take(name));

    /// <summary>A member that is an array of objects.</summary>
    /// <param name="name">The member.</param>
    /// <param name="most">The most elements.</param>
    public RequestReader<TF>[] Objects(string name, int most)
    {
        JsonElement[] elements = Array(name, most);
        return [.. elements.Select((element, i) => new RequestReader<TF>($"{PathOf(name)}[{i}]", element))];
    }

    /// <summary>A member that is an array of field elements.</summary>
    public TF[] Elements(string name, int most)
    {
        JsonElement[] elements = Array(name, most);
        return [.. elements.Select((element, i) => JsonValues.Element<TF>($"{PathOf(name)}[{i}]", element))];
    }

    /// <summary>An error about a member.</summary>
    public InvalidInputException Fault(string name, string message) => new(PathOf(name), message);

    /// <summary>Throws where a member has not been read.</summary>
    public void RequireNothingElse()
    {
        foreach (string name in members.Keys)
        {
            throw new InvalidInputException(PathOf(name), "is not a member of a request here.");
        }
    }

    private JsonElement[] Array(string name, int most)
    {
        JsonElement json = Take(name);
        if (json.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidInputException(PathOf(name), $"must be an array, not {JsonValues.Kind(json)}.");
        }

        return json.GetArrayLength() <= most
            ? [.. json.EnumerateArray()]
            : throw new InvalidInputException(PathOf(name), $"has {json.GetArrayLength()} elements, more than {most}.");
    }

    private JsonElement Take(string name) => members.Remove(name, out JsonElement value)
        ? value
        : throw new InvalidInputException(PathOf(name), "is missing.");

    private string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
