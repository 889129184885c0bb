// Owns: the error of a request that is well formed and cannot be proved because it is false.

namespace ProvingService.Circuits;

/// <summary>
/// What a request says does not hold: a balance does not cover, a nonce is used, a signature is false. No proof of it
/// exists; the message names the rule and the place.
/// </summary>
public sealed class RequestRefusedException : Exception
{
    /// <summary>Describes the refusal.</summary>
    /// <param name="message">Which rule fails and where.</param>
    public RequestRefusedException(string message)
        : base(message)
    {
    }
}
