// Owns: the tree of commands: every one of them has help with an example, and the options that scripts rely on.

using System.CommandLine;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class HelpTests
{
    /// <summary>The architecture's list of what there is so far.</summary>
    private static readonly Dictionary<string, string[]> Promised = new()
    {
        ["demo"] = ["--output", "-o", "--json"],
        ["circuit list"] = ["--json"],
        ["circuit info"] = ["NAME", "--curve"],
        ["circuit example"] = ["NAME", "--output", "-o", "--json"],
        ["circuit compile"] = ["NAME", "--curve", "-o"],
        ["circuit check"] = ["--r1cs", "--wtns"],
        ["witness"] = ["NAME", "--curve", "--input", "-o"],
        ["setup insecure"] = ["--r1cs", "-o"],
        ["prove"] = ["--zkey", "--wtns", "--proof", "--public", "--device"],
        ["verify"] = ["--vk", "--public", "--proof"],
        ["setup ptau new"] = ["--curve", "--power", "-o", "--json"],
        ["setup ptau contribute"] = ["IN", "OUT", "--name", "--threads", "--json"],
        ["setup ptau beacon"] = ["IN", "OUT", "--hash", "--iterations", "--name", "--threads", "--json"],
        ["setup ptau prepare"] = ["IN", "OUT", "--threads", "--json"],
        ["setup ptau truncate"] = ["IN", "OUT", "--power", "--json"],
        ["setup ptau verify"] = ["FILE", "--threads", "--json"],
        ["setup ptau info"] = ["FILE", "--json"],
        ["setup zkey export-vk"] = ["--zkey", "-o"],
        ["setup zkey export-solidity"] = ["--zkey", "-o"],
        ["setup zkey new"] = ["--r1cs", "--ptau", "-o"],
        ["setup zkey contribute"] = ["IN", "OUT", "--name"],
        ["setup zkey beacon"] = ["IN", "OUT", "--hash", "--iterations", "--name"],
        ["setup zkey verify"] = ["--r1cs", "--ptau", "--zkey", "--skip-ptau", "--min-contributions", "--require-beacon", "--announcement"],
        ["setup zkey info"] = ["FILE"],
        ["setup zkey export-bellman"] = ["ZKEY", "PARAMS"],
        ["setup zkey import-bellman"] = ["ZKEY", "PARAMS", "OUT", "--name"],
        ["setup zkey contribute-bellman"] = ["PARAMS", "RESPONSE"],
        ["ceremony serve"] = ["--data", "--ceremony", "--listen", "--web", "--cert", "--cert-key", "--behind-proxy", "--set", "--json-logs"],
        ["ceremony invite"] = ["--data", "--count", "--label", "--json"],
        ["ceremony key"] = ["-o", "--json"],
        ["ceremony join"] = ["URL", "--name", "--token-file", "--key", "--folder", "--threads", "--ca", "--json"],
        ["ceremony status"] = ["URL", "--ca", "--json"],
        ["ceremony finalise"] = ["URL", "--admin-token-file", "--close", "--beacon", "-o", "--json"],
        ["ceremony export"] = ["URL", "-o", "--json"],
        ["ceremony verify"] = ["TRANSCRIPT", "--receipt-key", "--json"],
        ["serve"] = ["--listen", "--web", "--data", "--store", "--workers", "--slots", "--device", "--set", "--json-logs", "--auth", "--cert", "--client-ca"],
        ["worker"] = ["--data", "--store", "--workers", "--slots", "--device", "--set", "--json-logs"],
        ["registry add"] = ["--zkey", "--r1cs", "--program", "--name", "--insecure", "--service", "--key-file", "--ca", "--json"],
        ["job submit"] = ["--circuit", "--input", "--wtns", "--idempotency-key", "--priority", "--deadline", "--label", "--device", "--allow-cached", "--wait", "--service"],
        ["job list"] = ["--state", "--circuit", "--label", "--count"],
        ["job get"] = ["JOB"],
        ["job watch"] = ["JOB", "--after"],
        ["job wait"] = ["JOB"],
        ["job cancel"] = ["JOB"],
        ["job proof"] = ["JOB", "--proof", "--public", "--compressed", "--calldata", "--receipt"],
        ["bench field"] = ["--curve", "--engine", "--runs", "--json", "--compare", "--plot"],
        ["bench msm"] = ["--curve", "--group", "--sizes", "--threads", "--engine", "--device", "--runs", "--json", "--compare", "--plot"],
        ["bench ntt"] = ["--curve", "--sizes", "--threads", "--engine", "--device", "--runs", "--json", "--compare", "--plot"],
        ["bench prove"] = ["--curve", "--sizes", "--threads", "--engine", "--device", "--runs", "--json", "--compare", "--plot"],
        ["bench verify"] = ["--curve", "--sizes", "--threads", "--engine", "--runs", "--json", "--compare", "--plot"],
        ["bench setup"] = ["--curve", "--sizes", "--snarkjs", "--snarkjs-steps", "-o", "--json"],
        ["bench tune"] = ["--device", "--curve", "--msm", "--ntt", "--runs", "-o", "--json"],
        ["bench profile"] = ["--device", "--curve", "--work", "--size", "--json"],
        ["devices"] = ["--device", "--list", "--json"],
        ["bench kernels"] = ["--disassemble"],
    };

    [Fact]
    public void Every_command_has_help_with_an_example()
    {
        int seen = 0;
        Walk(Program.CreateRoot(), [], path =>
        {
            seen++;
            Run run = Zkps.Succeed([.. path, "--help"]);
            Assert.Contains($"Example: zkps {(path.Length == 0 ? "demo" : string.Join(' ', path))}", run.Out, StringComparison.Ordinal);
            Assert.Equal(run.Out, Zkps.Succeed([.. path, "-h"]).Out);
        });
        Assert.True(seen > Promised.Count);
    }

    [Fact]
    public void Every_option_that_scripts_rely_on_is_in_the_help()
    {
        foreach ((string command, string[] options) in Promised)
        {
            string help = Zkps.Succeed([.. command.Split(' '), "--help"]).Out;
            Assert.All(options, option => Assert.Contains(option, help, StringComparison.Ordinal));
        }
    }

    /// <summary>An example that does not parse would be worse than none.</summary>
    [Fact]
    public void Every_example_is_a_call_that_parses() => Walk(Program.CreateRoot(), [], path =>
    {
        string line = Zkps.Lines(Zkps.Succeed([.. path, "--help"]).Out).First(l => l.StartsWith("Example: zkps ", StringComparison.Ordinal));
        Assert.Empty(Program.CreateRoot().Parse(line["Example: zkps ".Length..].Split(' ')).Errors);
    });

    [Fact]
    public void A_call_without_a_command_shows_where_help_is()
    {
        foreach (string[] path in (string[][])[[], ["setup"], ["setup", "zkey"], ["circuit"], ["bench"]])
        {
            Run run = Zkps.Run(path);
            Assert.Equal(2, run.Code);
            Assert.Empty(run.Out);
            Assert.Contains($"Try: {string.Join(' ', ["zkps", .. path])} --help", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("prov")]
    [InlineData("setup unknown")]
    [InlineData("prove --unknown")]
    [InlineData("verify --vk a --vk b --public c --proof d")]
    [InlineData("prove --threads many")]
    [InlineData("verify --vk")]
    public void A_call_that_does_not_parse_is_a_mistake(string line)
    {
        Run run = Zkps.Run(line.Split(' '));
        Assert.Equal(2, run.Code);
        Assert.Empty(run.Out);
        Assert.StartsWith("zkps: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_required_option_is_asked_for() => Walk(Program.CreateRoot(), [], path =>
    {
        Command command = path.Aggregate((Command)Program.CreateRoot(), (at, name) => at.Subcommands.Single(c => c.Name == name));
        foreach (Option option in command.Options.Where(o => o.Required))
        {
            Run run = Zkps.Run(path);
            Assert.Equal(2, run.Code);
            Assert.Contains($"'{option.Name}' is required", run.Error, StringComparison.Ordinal);
        }
    });

    [Fact]
    public void The_version_is_that_of_the_program() =>
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", Zkps.Succeed("--version").Out);

    private static void Walk(Command command, string[] path, Action<string[]> visit)
    {
        visit(path);
        foreach (Command below in command.Subcommands.Where(c => !c.Hidden))
        {
            Walk(below, [.. path, below.Name], visit);
        }
    }
}
