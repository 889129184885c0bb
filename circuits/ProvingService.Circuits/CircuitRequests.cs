// Owns: deciding whether a document of inputs is a request or names wires, and reading either; examples of such documents.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>Reads documents of inputs for circuits of the catalog.</summary>
public static class CircuitRequests
{
    /// <summary>
    /// The circuit's inputs for a document: a request where the circuit takes requests and the document has what marks
    /// one (<see cref="IRequestCircuit.RequestMember"/>), else values by the names of the circuit's inputs.
    /// </summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="circuit">The circuit.</param>
    /// <param name="utf8">The document.</param>
    /// <exception cref="InvalidInputException">It is not JSON, or a member is missing, unknown, or of the wrong form.</exception>
    /// <exception cref="RequestRefusedException">It is a request that says something false.</exception>
    public static CircuitInputs<TF> Read<TF>(IExampleCircuit circuit, ReadOnlyMemory<byte> utf8)
        where TF : unmanaged, IPrimeField<TF> => Read<TF>(circuit, utf8, out _);

    /// <summary>As <see cref="Read{TF}(IExampleCircuit, ReadOnlyMemory{byte})"/>, and what the inputs prove.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="circuit">The circuit.</param>
    /// <param name="utf8">The document.</param>
    /// <param name="statement">The statement; null where the document is no request.</param>
    /// <exception cref="InvalidInputException">It is not JSON, or a member is missing, unknown, or of the wrong form.</exception>
    /// <exception cref="RequestRefusedException">It is a request that says something false.</exception>
    public static CircuitInputs<TF> Read<TF>(IExampleCircuit circuit, ReadOnlyMemory<byte> utf8, out IStatement<TF>? statement)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(circuit);
        statement = null;
        if (circuit is not IRequestCircuit takesRequests)
        {
            return CircuitInputs<TF>.Parse(utf8);
        }

        using JsonDocument document = JsonValues.Parse(utf8);
        if (!IsRequest<TF>(takesRequests, document.RootElement))
        {
            return CircuitInputs<TF>.Parse(document.RootElement);
        }

        PreparedRequest<TF> prepared = takesRequests.PrepareRequest<TF>(document.RootElement);
        statement = prepared.Statement;
        return prepared.Inputs;
    }

    /// <summary>The circuit's inputs for a request; see <see cref="IRequestCircuit.PrepareRequest"/>.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static CircuitInputs<TF> ReadRequest<TF>(this IRequestCircuit circuit, JsonElement request)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(circuit);
        return circuit.PrepareRequest<TF>(request).Inputs;
    }

    /// <summary>
    /// A document that serves both curves: members that are the same on both stand at the top, the others in a member named
    /// after each curve.
    /// </summary>
    /// <param name="circuit">The circuit, whose example it is.</param>
    public static JsonObject Example(IExampleCircuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        JsonObject bls12381 = Example<Fp256<Bls12381FrParams>>(circuit), bn254 = Example<Fp256<Bn254FrParams>>(circuit);
        var document = new JsonObject();
        foreach ((string name, JsonNode? value) in bls12381.ToArray())
        {
            if (JsonNode.DeepEquals(value, bn254[name]))
            {
                bls12381.Remove(name);
                bn254.Remove(name);
                document[name] = value;
            }
        }

        if (bls12381.Count > 0)
        {
            document[CurveId.Bls12381.Name()] = bls12381;
            document[CurveId.Bn254.Name()] = bn254;
        }

        return document;
    }

    private static JsonObject Example<TF>(IExampleCircuit circuit)
        where TF : unmanaged, IPrimeField<TF> => circuit is IRequestCircuit takesRequests
        ? takesRequests.ExampleRequest<TF>()
        : JsonNode.Parse(circuit.Example<TF>().ToJson())!.AsObject();

    private static bool IsRequest<TF>(IRequestCircuit circuit, JsonElement json)
        where TF : unmanaged, IPrimeField<TF>
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (JsonProperty member in json.EnumerateObject())
        {
            string name = JsonValues.NameOf(member);
            if (name == circuit.RequestMember || (JsonValues.IsOwnCurve<TF>(name) && IsRequest<TF>(circuit, member.Value)))
            {
                return true;
            }
        }

        return false;
    }
}
