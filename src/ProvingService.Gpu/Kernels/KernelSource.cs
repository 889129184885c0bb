// Owns: the text of a program: which file of kernels/ is its root, its definitions, its hash. Never: who compiles it.

using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace ProvingService.Gpu;

/// <summary>
/// A program as source: a root file of <c>kernels/</c> with the files it includes put in their places, after a few
/// definitions. The same text is OpenCL C and CUDA C++: see <c>kernels/prelude.h</c>.
/// </summary>
internal sealed class KernelSource
{
    private const string Folder = "kernels/";

    /// <summary>What was put together: jobs ask for their programs with each launch.</summary>
    private static readonly ConcurrentDictionary<string, KernelSource> Loaded = [];

    private KernelSource(string name, string text)
    {
        Name = name;
        Text = text;
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The program's name for people, such as <c>msm-g1 bls12-381</c>.</summary>
    public string Name { get; }

    /// <summary>The whole text; it includes nothing any more.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of the text in hexadecimal: the identity of the program in caches and tuning tables.</summary>
    public string Hash { get; }

    /// <summary>Puts a program together.</summary>
    /// <param name="name">Its name for people.</param>
    /// <param name="root">The root file, such as <c>msm.cl</c>.</param>
    /// <param name="definitions">Names defined before the first line, with their values.</param>
    /// <returns>Always the same object for the same root and definitions.</returns>
    /// <exception cref="ArgumentException">A file is not there: a mistake of the caller.</exception>
    public static KernelSource Load(string name, string root, params ReadOnlySpan<(string Name, long Value)> definitions)
    {
        var key = new StringBuilder(root);
        foreach ((string definition, long value) in definitions)
        {
            key.Append(CultureInfo.InvariantCulture, $" {definition}={value}");
        }

        if (Loaded.TryGetValue(key.ToString(), out KernelSource? loaded))
        {
            return loaded;
        }

        var text = new StringBuilder();
        foreach ((string definition, long value) in definitions)
        {
            text.Append(CultureInfo.InvariantCulture, $"#define {definition} {value}\n");
        }

        Append(text, root, []);
        return Loaded.GetOrAdd(key.ToString(), new KernelSource(name, text.ToString()));
    }

    /// <summary>A program from text, for tests of hosts.</summary>
    public static KernelSource FromText(string name, string text) => new(name, text);

    /// <summary>The text of a file of <c>kernels/</c> as it is.</summary>
    public static string ReadFile(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + file)
            ?? throw new ArgumentException($"There is no {Folder}{file}.", nameof(file));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>
    /// Puts a file in place with the lines that include others replaced by those; a file that says <c>#pragma once</c>
    /// comes once. Included files may be written for several inclusions.
    /// </summary>
    private static void Append(StringBuilder text, string file, HashSet<string> once)
    {
        const string Include = "#include \"", Once = "#pragma once";
        string content = ReadFile(file);
        bool isOnce = content.Split('\n').Contains(Once);
        if (isOnce && !once.Add(file))
        {
            return;
        }

        int line = 1;
        text.Append(CultureInfo.InvariantCulture, $"#line 1 \"{file}\"\n");
        foreach (string current in content.Split('\n'))
        {
            line++;
            if (current.StartsWith(Include, StringComparison.Ordinal))
            {
                Append(text, current[Include.Length..current.IndexOf('"', Include.Length)], once);
                text.Append(CultureInfo.InvariantCulture, $"#line {line} \"{file}\"\n");
            }
            else if (current != Once)
            {
                text.Append(current).Append('\n');
            }
            else
            {
                text.Append('\n');
            }
        }
    }
}
