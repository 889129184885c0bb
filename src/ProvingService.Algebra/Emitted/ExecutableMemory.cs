// Owns: pages of machine code: written first, executable after, never both at once. Never: what the code does.

using System.Runtime.InteropServices;

namespace ProvingService.Algebra;

/// <summary>Places machine code in memory for the life of the process.</summary>
internal static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22;

    private static readonly Lazy<bool> Allowed = new(() => TryPlace([0xc3]) != 0);

    /// <summary>Whether this process may turn written pages into executable ones; some hardened systems forbid it.</summary>
    public static bool IsAllowed => Allowed.Value;

    /// <summary>Copies the code to fresh pages, which are then read-only and executable.</summary>
    /// <returns>The address of the first byte; page-aligned.</returns>
    /// <exception cref="InvalidOperationException">The system refuses such pages.</exception>
    public static nint Place(ReadOnlySpan<byte> code)
    {
        nint address = TryPlace(code);
        return address != 0
            ? address
            : throw new InvalidOperationException(
                $"The system refuses executable memory; set {KernelTiers.SwitchName}=vector to do without.");
    }

    private static nint TryPlace(ReadOnlySpan<byte> code)
    {
        nuint length = ((nuint)code.Length + 4095) & ~(nuint)4095;
        nint address = Map(0, length, ReadWrite, PrivateAnonymous, -1, 0);
        if (address is -1)
        {
            return 0;
        }

        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (Protect(address, length, ReadExecute) == 0)
        {
            return address;
        }

        _ = Unmap(address, length);
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
