// Owns: which SQLite runs: the system's library where it is recent enough, since the distribution mends its faults; else the
// one that comes with the package.

using System.Runtime.InteropServices;
using SQLitePCL;

namespace ProvingService.Storage;

/// <summary>The native library. Ready after the first touch.</summary>
internal static class SqliteLibrary
{
    /// <summary>3.35: the first with RETURNING, and not older than the package's own.</summary>
    private const int LeastVersion = 3_035_000;

    /// <summary>The library's version, for logs.</summary>
    public static string Version { get; } = Load();

    private static string Load()
    {
        NativeLibrary.SetDllImportResolver(
            typeof(SQLite3Provider_e_sqlite3).Assembly,
            static (name, _, _) => name == "e_sqlite3" ? FindInSystem() : nint.Zero);
        Batteries_V2.Init();
        return raw.sqlite3_libversion().utf8_to_string();
    }

    /// <summary>Zero lets the runtime go on to the package's own.</summary>
    private static nint FindInSystem()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libsqlite3.so.0", out nint library))
        {
            return nint.Zero;
        }

        bool fits = Call(library, "sqlite3_libversion_number") >= LeastVersion && Call(library, "sqlite3_threadsafe") != 0;
        if (fits)
        {
            return library;
        }

        NativeLibrary.Free(library);
        return nint.Zero;
    }

    private static int Call(nint library, string name) =>
        NativeLibrary.TryGetExport(library, name, out nint export) ? Marshal.GetDelegateForFunctionPointer<NoArguments>(export)() : 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int NoArguments();
}
