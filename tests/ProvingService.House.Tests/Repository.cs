// Owns: the tracked files of this repository, as git lists them. Never: what is demanded of them.

using System.Diagnostics;
using System.Text;

namespace ProvingService.House.Tests;

/// <summary>The repository that these tests were built from. It references no other project, so that it runs when they do not build.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Paths relative to <see cref="Root"/>, with forward slashes; what was deleted and not yet committed is left out.</summary>
    public static IReadOnlyList<string> TrackedFiles { get; } = ListTrackedFiles();

    public static IEnumerable<string> TrackedProjects => TrackedFiles.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal));

    public static IEnumerable<string> TrackedSources => TrackedFiles.Where(f => Path.GetExtension(f) is ".cs" or ".cl" or ".cu" or ".h");

    public static string FullPath(string file) => Path.Combine(Root, file);

    /// <summary>Every tracked file that holds no zero byte, with its text.</summary>
    public static IEnumerable<(string File, string Text)> TrackedTexts()
    {
        foreach (string file in TrackedFiles)
        {
            byte[] bytes = File.ReadAllBytes(FullPath(file));
            if (!bytes.Contains((byte)0))
            {
                yield return (file, Encoding.UTF8.GetString(bytes));
            }
        }
    }

    private static List<string> ListTrackedFiles()
    {
        var start = new ProcessStartInfo("git", ["-c", "safe.directory=*", "ls-files", "-z"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using Process git = Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0
            ? [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(f => File.Exists(FullPath(f)))]
            : throw new InvalidOperationException($"git ls-files ended with {git.ExitCode}; these tests need a clone.");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ProvingService.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("No folder above the test's binaries holds ProvingService.sln.");
    }
}
