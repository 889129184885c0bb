// Owns: what all statements have in common: their hash, which proofs are about, and their form as a document.

using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// What a proof says. Services, nodes and clients hold statements and pass them on; the hash is computed where a proof is
/// verified, from the statement, and never taken from anyone.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public interface IStatement<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>
    /// The family of circuits whose statement it is, such as <c>state-transition</c>. Which of the family proved it, of what size,
    /// is the verification key's to say.
    /// </summary>
    string Kind { get; }

    /// <summary>The circuit's one public input.</summary>
    TF Hash();

    /// <summary>The fields by name: elements and 64-bit integers as decimal strings, smaller integers as numbers.</summary>
    JsonObject ToJson();
}

/// <summary>A request that has been carried out: what can be proved, and the inputs that prove it.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
/// <param name="Statement">What verifiers get.</param>
/// <param name="Inputs">The wires; they hold what is private.</param>
public sealed record PreparedRequest<TF>(IStatement<TF> Statement, CircuitInputs<TF> Inputs)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>Numbers as statements write them.</summary>
internal static class StatementText
{
    public static string Of<TF>(TF element)
        where TF : unmanaged, IPrimeField<TF> => TF.ToBigInteger(element).ToString(CultureInfo.InvariantCulture);

    public static string Of(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
