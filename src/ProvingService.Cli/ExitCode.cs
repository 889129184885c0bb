// Owns: the meaning of exit codes and which errors map to which.

using ProvingService.Ceremony;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>What scripts can rely on.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int No = 1;
    public const int Mistake = 2;
    public const int Failure = 3;

    /// <summary>What a shell reports of a program ended by Ctrl+C.</summary>
    public const int Interrupted = 130;

    /// <summary>The code for an error that ended a command.</summary>
    public static int Of(Exception error) => error switch
    {
        UnsatisfiedConstraintException or UnsatisfiedKeyException or RequestRefusedException => No,
        UsageException or InvalidFileException or InvalidInputException or InsecureKeyException or CeremonyException
            or IOException or UnauthorizedAccessException => Mistake,
        OperationCanceledException => Interrupted,
        _ => Failure,
    };
}

/// <summary>A call that cannot be carried out as it stands; the message says what to change.</summary>
internal sealed class UsageException(string message) : Exception(message);
