// Owns: the error of whoever sets a ceremony up or takes part in it; for broken files there is InvalidFileException.

namespace ProvingService.Ceremony;

/// <summary>Something is not as it must be for the call to go on; the message says what, and what to do.</summary>
/// <param name="message">What, and what to do, for a person.</param>
public sealed class CeremonyException(string message) : Exception(message);
