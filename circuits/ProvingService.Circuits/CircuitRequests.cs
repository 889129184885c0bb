// Owns: deciding whether a document of inputs is a request or names wires, and reading either.

using System.Text.Json;
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
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(circuit);
        if (circuit is not IRequestCircuit takesRequests)
        {
            return CircuitInputs<TF>.Parse(utf8);
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(string.Empty, $"The inputs are not valid JSON: {e.Message}", e);
        }

        using (document)
        {
            return IsRequest<TF>(takesRequests, document.RootElement)
                ? takesRequests.ReadRequest<TF>(document.RootElement)
                : CircuitInputs<TF>.Parse(document.RootElement);
        }
    }

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
