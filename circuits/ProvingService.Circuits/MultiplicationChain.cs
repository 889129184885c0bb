// Owns: the circuit multiplication-chain.

using System.Globalization;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Circuits;

/// <summary>
/// "I know an x from which the chain x ← x² + i, for i = 0, 1, …, leads to this end." Private input: <c>start</c>. Public
/// output: <c>end</c>. Exactly as many constraints as steps, two or three terms each: the yardstick for provers.
/// </summary>
/// <remarks>A domain of 2^k points holds 2^k − 2 steps, since the constant and the output take a row each.</remarks>
public sealed class MultiplicationChain : IExampleCircuit
{
    /// <summary>The catalog's name.</summary>
    public const string BaseName = "multiplication-chain";

    /// <summary>The number of steps where none is given.</summary>
    public const int DefaultLength = 1 << 12;

    /// <summary>The most steps.</summary>
    public const int MaxLength = 1 << 26;

    /// <summary>Chooses a length.</summary>
    /// <param name="length">1 to 2^26 steps.</param>
    public MultiplicationChain(int length = DefaultLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MaxLength);
        Length = length;
    }

    /// <summary>The number of steps.</summary>
    public int Length { get; }

    /// <inheritdoc/>
    public string Name => Length == DefaultLength ? BaseName : string.Create(CultureInfo.InvariantCulture, $"{BaseName}-{Length}");

    /// <inheritdoc/>
    public void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        ArgumentNullException.ThrowIfNull(builder);
        Variable<TF> x = builder.PrivateInput("start");
        for (int i = 0; i < Length; i++)
        {
            x = (x * x) + i;
        }

        builder.PublicOutput("end", x);
    }

    /// <summary>start = 3.</summary>
    /// <typeparam name="TF">The scalar field.</typeparam>
    public CircuitInputs<TF> Example<TF>()
        where TF : unmanaged, IPrimeField<TF> => new CircuitInputs<TF>().Set("start", TF.FromUInt64(3));
}
