// Owns: the error of inputs that do not fit a circuit.

namespace ProvingService.R1cs;

/// <summary>Inputs that a circuit cannot take: missing, surplus, of the wrong shape, not numbers, not below the prime.</summary>
public sealed class InvalidInputException : Exception
{
    /// <summary>Describes the fault.</summary>
    /// <param name="signal">The input at fault, an element of it, or empty where the document as a whole is at fault.</param>
    /// <param name="message">What was found and what is expected.</param>
    /// <param name="inner">The parser's own error, if any.</param>
    public InvalidInputException(string signal, string message, Exception? inner = null)
        : base(signal.Length == 0 ? message : $"Input '{signal}': {message}", inner) => Signal = signal;

    /// <summary>The input at fault, such as <c>path[3]</c>; empty where it is not one of them.</summary>
    public string Signal { get; }
}
