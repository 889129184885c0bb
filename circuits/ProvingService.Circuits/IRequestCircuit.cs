// Owns: what the catalog asks of a circuit whose witnesses come from a request in the user's terms.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// A circuit to which a user brings a request (accounts and transfers, a committee and its signatures) and not wires: the
/// native twin of the circuit computes what the wires need. The wires stay reachable by their names, as for any circuit.
/// </summary>
public interface IRequestCircuit : IExampleCircuit
{
    /// <summary>The name of a member that requests have and wires do not: how a document is recognised as a request.</summary>
    string RequestMember { get; }

    /// <summary>The JSON Schema (2020-12) of a request.</summary>
    JsonObject RequestSchema { get; }

    /// <summary>A request that can be proved, as JSON; the same at every call. Keys and signatures differ from field to field.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    JsonObject ExampleRequest<TF>()
        where TF : unmanaged, IPrimeField<TF>;

    /// <summary>Carries a request out: the statement that can be proved, and the circuit's inputs that prove it.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="request">The document; members named after other curves are passed over, as <see cref="CircuitInputs{TF}"/> does.</param>
    /// <exception cref="InvalidInputException">A member is missing, unknown, or of the wrong form.</exception>
    /// <exception cref="RequestRefusedException">The request is well formed and says something false.</exception>
    PreparedRequest<TF> PrepareRequest<TF>(JsonElement request)
        where TF : unmanaged, IPrimeField<TF>;
}
