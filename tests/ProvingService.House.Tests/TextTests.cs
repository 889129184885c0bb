// Owns: what every tracked text file owes to the house.

using System.Text.RegularExpressions;
using Xunit;

namespace ProvingService.House.Tests;

public sealed partial class TextTests
{
    private const int LongFile = 500;

    [Fact]
    public void Source_files_say_first_what_they_own()
    {
        foreach (string file in Repository.TrackedSources)
        {
            string first = File.ReadLines(Repository.FullPath(file)).First().TrimStart('\ufeff');
            Assert.True(first.StartsWith("// Owns: ", StringComparison.Ordinal), $"{file} must begin with '// Owns: …'.");
        }
    }

    [Fact]
    public void Long_source_files_say_why()
    {
        foreach (string file in Repository.TrackedSources)
        {
            string[] lines = File.ReadAllLines(Repository.FullPath(file));
            bool says = lines.TakeWhile(l => l.StartsWith("//", StringComparison.Ordinal)).Any(l => l.Contains("500 lines", StringComparison.Ordinal));
            Assert.True(lines.Length <= LongFile || says, $"{file} has {lines.Length} lines and its first comment does not say why it is past 500 lines.");
        }
    }

    [Fact]
    public void No_text_names_a_path_of_somebodys_machine()
    {
        foreach ((string file, string text) in Repository.TrackedTexts())
        {
            Match match = MachinePath().Match(text);
            Assert.False(match.Success, $"{file} contains {match.Value}.");
        }
    }

    [Fact]
    public void No_merge_is_half_done()
    {
        foreach ((string file, string text) in Repository.TrackedTexts())
        {
            Assert.False(ConflictMarker().IsMatch(text), $"{file} contains a conflict marker.");
        }
    }

    /// <summary>A home or working folder at the start of an absolute path; not a part of a longer path or of an address.</summary>
    [GeneratedRegex(@"(?<![\w.~*/-])/(home|root|Users|work)/\w+|\b[A-Z]:\\\w+")]
    private static partial Regex MachinePath();

    [GeneratedRegex("^(<{7} |>{7} )", RegexOptions.Multiline)]
    private static partial Regex ConflictMarker();
}
