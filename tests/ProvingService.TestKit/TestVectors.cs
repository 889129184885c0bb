// Owns: where the public test vectors lie, and how tests read them. Never: what they mean.

using System.Text.Json;

namespace ProvingService.TestKit;

/// <summary>Files under <c>tests/vectors</c>, named by their path within it, such as <c>eip197/bn256Add.json</c>.</summary>
public static class TestVectors
{
    /// <summary>The folder that holds the solution, found upwards from the test's binaries.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The full path of a vector file.</summary>
    public static string FullPath(string name) => Path.Combine(RepositoryRoot, "tests", "vectors", name);

    /// <summary>The bytes of a vector file.</summary>
    public static byte[] Bytes(string name) => File.ReadAllBytes(FullPath(name));

    /// <summary>The root element of a JSON vector file.</summary>
    public static JsonElement Json(string name)
    {
        using JsonDocument document = JsonDocument.Parse(Bytes(name));
        return document.RootElement.Clone();
    }

    /// <summary>The string of a property.</summary>
    public static string Text(this JsonElement element, string property) => element.GetProperty(property).GetString()!;

    /// <summary>The bytes that a property holds as hexadecimal digits without a prefix.</summary>
    public static byte[] Hex(this JsonElement element, string property) => Convert.FromHexString(element.Text(property));

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
