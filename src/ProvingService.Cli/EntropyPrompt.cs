// Owns: asking a contributor for a text to mix into a contribution's randomness. Never: showing it, keeping it, or taking it from
// a command line.

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Setup;

namespace ProvingService.Cli;

/// <summary>
/// Reads a line that the terminal does not show into pinned memory, which is erased before the prompt returns. The terminal, the
/// system's buffers and .NET's own may keep what passed through them; the operating system's randomness, which is always mixed in,
/// is drawn afterwards and is enough by itself.
/// </summary>
internal static class EntropyPrompt
{
    /// <summary>The longest text; what is typed beyond is not taken.</summary>
    public const int MaxLength = 1024;

    /// <summary>Asks on a terminal, and draws. Where standard input is none, it is not read.</summary>
    /// <exception cref="OperationCanceledException">The user pressed Ctrl+C.</exception>
    public static ContributionEntropy Draw(Output output)
    {
        if (!output.CanAsk)
        {
            output.Warn("there is no terminal to type a text at: the secrets come from the operating system's randomness alone.");
            return ContributionEntropy.Draw();
        }

        Console.Error.Write("Type some random text and press Enter. It is not shown; it is mixed with the operating system's randomness: ");

        // Otherwise the interruption would wait for the next key.
        bool before = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
        try
        {
            return Draw(() => Console.ReadKey(intercept: true));
        }
        finally
        {
            Console.TreatControlCAsInput = before;
            Console.Error.WriteLine();
        }
    }

    /// <summary>As above, from keys.</summary>
    internal static ContributionEntropy Draw(Func<ConsoleKeyInfo> next)
    {
        char[] text = GC.AllocateArray<char>(MaxLength, pinned: true);
        try
        {
            int length = 0;
            for (ConsoleKeyInfo key = next(); key.Key != ConsoleKey.Enter; key = next())
            {
                if (key is { Key: ConsoleKey.C, Modifiers: ConsoleModifiers.Control })
                {
                    throw new OperationCanceledException();
                }

                if (key.Key == ConsoleKey.Backspace)
                {
                    length = Math.Max(0, length - 1);
                }
                else if (!char.IsControl(key.KeyChar) && length < text.Length)
                {
                    text[length++] = key.KeyChar;
                }
            }

            return ContributionEntropy.Draw(text.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text.AsSpan()));
        }
    }
}
