// Owns: statements as documents: writing them for verifiers, and reading them strictly.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// A document of a statement holds its fields and, as <c>statement</c>, its kind. Nothing in it goes without being hashed: the
/// kind chooses fields and tag of the hash.
/// </summary>
public static class StatementDocuments
{
    private const string KindMember = "statement";

    /// <summary>Writes a statement.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public static JsonObject Write<TF>(IStatement<TF> statement)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(statement);
        JsonObject document = statement.ToJson();
        document.Insert(0, KindMember, statement.Kind);
        return document;
    }

    /// <summary>Reads a statement. Whether it is true only a proof tells.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    /// <param name="utf8">A document as <see cref="Write"/> makes it.</param>
    /// <exception cref="InvalidInputException">It is not JSON, is of no kind that there is, or a member is missing, unknown, or of the wrong form.</exception>
    public static IStatement<TF> Read<TF>(ReadOnlyMemory<byte> utf8)
        where TF : unmanaged, IPrimeField<TF>
    {
        using JsonDocument document = JsonValues.Parse(utf8);
        RequestReader<TF> reader = RequestReader<TF>.OfStatement(document.RootElement);
        IStatement<TF> statement = reader.Text(KindMember) switch
        {
            StateTransition.BaseName => StateTransitionStatement<TF>.Read(reader),
            BatchValidity.BaseName => BatchStatement<TF>.Read(reader),
            Participation.BaseName => ParticipationStatement<TF>.Read(reader),
            Finality.BaseName => FinalityStatement<TF>.Read(reader),
            _ => throw new InvalidInputException(
                KindMember, $"is none of {StateTransition.BaseName}, {BatchValidity.BaseName}, {Participation.BaseName} and {Finality.BaseName}."),
        };
        reader.RequireNothingElse();
        return statement;
    }
}
