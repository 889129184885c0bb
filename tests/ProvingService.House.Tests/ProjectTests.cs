// Owns: which project may reference which, and what every project file owes to the house.

using System.Xml.Linq;
using Xunit;

namespace ProvingService.House.Tests;

public sealed class ProjectTests
{
    /// <summary>
    /// Each project with what it stands on. A reference may skip storeys downwards; it never goes up or sideways. Tests
    /// and benchmarks may reference everything, and nothing but they may reference the TestKit.
    /// </summary>
    private static readonly Dictionary<string, string[]> Foundations = new()
    {
        ["Algebra"] = [],
        ["Grpc"] = [],
        ["Storage"] = [],
        ["Contract"] = ["Grpc"],
        ["Client"] = ["Contract"],
        ["R1cs"] = ["Algebra"],
        ["Gpu"] = ["Algebra"],
        ["Circuits"] = ["R1cs"],
        ["Groth16"] = ["R1cs"],
        ["Setup"] = ["Groth16"],
        ["Lint"] = ["Setup"],
        ["Ceremony"] = ["Setup", "Contract", "Storage"],
        ["Consensus"] = ["Groth16"],
        ["Service"] = ["Circuits", "Groth16", "Gpu", "Setup", "Lint", "Consensus", "Contract", "Storage"],
        ["Cli"] = ["Service", "Client", "Ceremony"],
    };

    [Fact]
    public void References_run_downwards()
    {
        foreach (string project in Repository.TrackedProjects.Where(p => !IsTestOrBench(p)))
        {
            string name = ShortName(project);
            Assert.True(Foundations.ContainsKey(name), $"{project} has no place in the table of this test.");
            foreach (string reference in References(project, "ProjectReference").Select(ShortName))
            {
                Assert.True(Below(name).Contains(reference), $"{name} must not reference {reference}.");
            }
        }
    }

    [Fact]
    public void The_table_has_no_cycle() =>
        Assert.All(Foundations.Keys, name => Assert.DoesNotContain(name, Below(name)));

    [Fact]
    public void Algebra_needs_nothing_but_the_assembler()
    {
        string algebra = Repository.TrackedProjects.Single(p => ShortName(p) == "Algebra");
        Assert.Equal(["Iced"], References(algebra, "PackageReference"));
    }

    /// <summary>The judge of the adversarial vectors is a second opinion only while it shares nothing with what it judges.</summary>
    [Fact]
    public void The_schoolbook_stands_on_nothing()
    {
        string schoolbook = Repository.TrackedProjects.Single(p => ShortName(p) == "Schoolbook");
        Assert.Empty(References(schoolbook, "ProjectReference"));
        Assert.Empty(References(schoolbook, "PackageReference"));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Repository.FullPath("ProvingService.sln")).Replace('\\', '/');
        Assert.All(Repository.TrackedProjects, project => Assert.Contains($"\"{project}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_project_is_locked()
    {
        foreach (string project in Repository.TrackedProjects)
        {
            Assert.Contains(project[..(project.LastIndexOf('/') + 1)] + "packages.lock.json", Repository.TrackedFiles);
        }
    }

    [Fact]
    public void Versions_stand_in_one_place()
    {
        foreach (string project in Repository.TrackedProjects)
        {
            Assert.DoesNotContain(
                XDocument.Load(Repository.FullPath(project)).Descendants("PackageReference"), p => p.Attribute("Version") is not null);
        }
    }

    [Fact]
    public void Lock_files_name_no_registry_host()
    {
        foreach ((string file, string text) in Repository.TrackedTexts())
        {
            bool names = Path.GetFileName(file) switch
            {
                "packages.lock.json" => text.Contains("://", StringComparison.Ordinal),
                "package-lock.json" => text.Contains("\"resolved\": \"http", StringComparison.Ordinal),
                _ => false,
            };
            Assert.False(names, $"{file} names a registry.");
        }
    }

    private static HashSet<string> Below(string name)
    {
        HashSet<string> below = [];
        var open = new Stack<string>(Foundations[name]);
        while (open.TryPop(out string? next))
        {
            if (below.Add(next))
            {
                foreach (string further in Foundations[next])
                {
                    open.Push(further);
                }
            }
        }

        return below;
    }

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(Repository.FullPath(project)).Descendants(kind).Select(r => r.Attribute("Include")!.Value);

    private static string ShortName(string project) => Path.GetFileNameWithoutExtension(project)["ProvingService.".Length..];

    private static bool IsTestOrBench(string project) =>
        project.StartsWith("tests/", StringComparison.Ordinal) || project.StartsWith("bench/", StringComparison.Ordinal);
}
