// Owns: the check that a public statement's hash covers every field of it, and that a proof of one serves no other.

using System.Numerics;
using System.Reflection;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.TestKit;

/// <summary>For circuits with one public input, the hash of a statement that verifiers hold in full.</summary>
public static class StatementTampering
{
    /// <summary>
    /// Changes each field of a statement by one, those of records within it too: the hash must differ each time, and the
    /// circuit refuse the witness of the honest statement under it. The hash of the honest one must be the public input.
    /// </summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="witness">A witness of the statement.</param>
    /// <param name="statement">A record whose constructor takes all its fields: integers, elements and such records.</param>
    /// <param name="hash">The statement's hash.</param>
    /// <returns>The fields changed, such as <c>Scope.Epoch</c>.</returns>
    public static IReadOnlyList<string> IsRefused<TF, TStatement>(
        CompiledCircuit<TF> circuit, TF[] witness, TStatement statement, Func<TStatement, TF> hash)
        where TF : unmanaged, IPrimeField<TF>
        where TStatement : notnull
    {
        Assert.Equal(1, circuit.System.PublicCount);
        Assert.Equal(witness[1], hash(statement));
        Assert.True(CircuitChecker.IsSatisfied(circuit.System, witness));
        var names = new List<string>();
        foreach ((string name, object changed) in Changes<TF>(statement, string.Empty))
        {
            TF other = hash((TStatement)changed);
            Assert.True(other != witness[1], $"The hash does not cover {name}.");
            TF[] altered = (TF[])witness.Clone();
            altered[1] = other;
            Assert.False(CircuitChecker.IsSatisfied(circuit.System, altered), $"The witness also serves a statement with another {name}.");
            names.Add(name);
        }

        Assert.NotEmpty(names);
        return names;
    }

    /// <summary>Copies of a record, each with one field changed by one.</summary>
    private static IEnumerable<(string Name, object Changed)> Changes<TF>(object record, string prefix)
        where TF : unmanaged, IPrimeField<TF>
    {
        Type type = record.GetType();
        ConstructorInfo constructor = type.GetConstructors().MaxBy(c => c.GetParameters().Length)
            ?? throw new NotSupportedException($"{type} has no public constructor.");
        ParameterInfo[] parameters = constructor.GetParameters();
        object[] values = Array.ConvertAll(parameters, parameter =>
            (type.GetProperty(parameter.Name!, BindingFlags.IgnoreCase | BindingFlags.Instance | BindingFlags.Public)
                ?? throw new NotSupportedException($"{type} has no property for its parameter {parameter.Name}.")).GetValue(record)!);
        for (int i = 0; i < values.Length; i++)
        {
            string name = prefix + parameters[i].Name;
            IEnumerable<(string Name, object Changed)> changes = ByOne<TF>(values[i]) is { } changed
                ? [(name, changed)]
                : Changes<TF>(values[i], name + ".");
            foreach ((string changedName, object value) in changes)
            {
                object[] arguments = (object[])values.Clone();
                arguments[i] = value;
                yield return (changedName, constructor.Invoke(arguments));
            }
        }
    }

    /// <summary>A value changed by one, downwards where it is odd so that none overflows; null for what is neither integer nor element.</summary>
    private static object? ByOne<TF>(object value)
        where TF : unmanaged, IPrimeField<TF> => value switch
        {
            TF element => element + TF.One,
            ulong number => number ^ 1,
            long number => number ^ 1,
            uint number => number ^ 1,
            int number => number ^ 1,
            ushort number => (ushort)(number ^ 1),
            byte number => (byte)(number ^ 1),
            bool flag => !flag,
            BigInteger number => number.IsEven ? number + 1 : number - 1,
            _ => null,
        };
}
