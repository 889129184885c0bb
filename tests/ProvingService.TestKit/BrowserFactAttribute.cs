// Owns: which tests run in a real browser, and where it is.

using Xunit;

namespace ProvingService.TestKit;

/// <summary>A test that needs Chromium, Node and playwright-core: skipped with the reason where one is missing, but failing in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (!string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Skip = Missing();
        }
    }

    /// <summary>Where Chromium is; null where it is not found.</summary>
    public static string? Chromium { get; } = Find("chromium") ?? Find("chromium-browser") ?? Find("google-chrome");

    private static string? Missing() =>
        Chromium is null ? "Chromium is not on the PATH: install Debian's chromium."
        : Find("node") is null || !File.Exists(RepositoryFiles.Path("tests/interop/node_modules/playwright-core/package.json"))
            ? "Node with playwright-core is not there: install Node 20 or later, then run `npm ci --ignore-scripts` in tests/interop."
        : null;

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
