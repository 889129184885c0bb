// Owns: finding Node and the packages of tests/interop, and what happens to a test where they are missing.

using System.Diagnostics;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Interop.Tests;

/// <summary>Node and the packages that tests/interop/package-lock.json names.</summary>
internal static class ForeignTools
{
    private const int LeastNodeVersion = 20;

    private static readonly string[] Packages = ["snarkjs", "circom2", "circomlib", "circomlibjs", "solc", "@ethereumjs/evm", "ajv"];

    /// <summary>tests/interop.</summary>
    public static string Folder { get; } = RepositoryFiles.Path("tests/interop");

    /// <summary>Null where all is there; else what is missing and how to install it.</summary>
    public static string? Missing { get; } = FindMissing();

    /// <summary>Whether this run may leave no test out.</summary>
    public static bool IsContinuousIntegration =>
        string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    public static string Package(string relative) => Path.Combine(Folder, "node_modules", relative);

    /// <summary>Fails where a tool is missing.</summary>
    public static void Require() => Assert.True(Missing is null, Missing);

    private static string? FindMissing()
    {
        string install = $"install Node {LeastNodeVersion} or later with npm, then run `npm ci --ignore-scripts` in tests/interop";
        string? version = NodeVersion();
        if (version is null)
        {
            return $"`node` is not on the PATH: {install}.";
        }

        if (!int.TryParse(version.TrimStart('v').Split('.')[0], out int major) || major < LeastNodeVersion)
        {
            return $"Node is {version}: {install}.";
        }

        string[] absent = [.. Packages.Where(package => !File.Exists(Package(Path.Combine(package, "package.json"))))];
        return absent.Length == 0 ? null : $"tests/interop/node_modules lacks {string.Join(", ", absent)}: {install}.";
    }

    private static string? NodeVersion()
    {
        try
        {
            using Process? node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true });
            string? text = node?.StandardOutput.ReadToEnd().Trim();
            node?.WaitForExit();
            return node?.ExitCode == 0 ? text : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}

/// <summary>A test that needs the foreign tools: skipped with the reason where they are missing, but failing in CI.</summary>
internal sealed class InteropFactAttribute : FactAttribute
{
    public InteropFactAttribute()
    {
        if (!ForeignTools.IsContinuousIntegration)
        {
            Skip = ForeignTools.Missing;
        }
    }
}

/// <summary>As <see cref="InteropFactAttribute"/>, for theories.</summary>
internal sealed class InteropTheoryAttribute : TheoryAttribute
{
    public InteropTheoryAttribute()
    {
        if (!ForeignTools.IsContinuousIntegration)
        {
            Skip = ForeignTools.Missing;
        }
    }
}
