// Owns: running zkps, snarkjs, circom and our own scripts for Node, with all that they print.

using System.Diagnostics;
using ProvingService.Cli;
using Xunit;

namespace ProvingService.Interop.Tests;

/// <summary>What a command left behind.</summary>
internal sealed record Outcome(string Command, int ExitCode, string Text)
{
    /// <summary>Fails unless the exit code is as expected.</summary>
    public Outcome Ends(params int[] expected)
    {
        Assert.True(expected.Contains(ExitCode), $"{Command}\nended with {ExitCode}, not {string.Join(" or ", expected)}:\n{Text}");
        return this;
    }

    /// <summary>Fails unless the command succeeded.</summary>
    public Outcome Succeeds() => Ends(0);

    /// <summary>Fails where the command succeeded.</summary>
    public Outcome Fails()
    {
        Assert.True(ExitCode != 0, $"{Command}\nsucceeded:\n{Text}");
        return this;
    }

    /// <summary>Fails unless a text was printed.</summary>
    public Outcome Says(string part)
    {
        Assert.True(Text.Contains(part, StringComparison.Ordinal), $"{Command}\ndid not say '{part}':\n{Text}");
        return this;
    }
}

/// <summary>The command under test, in this process, by its own entry point.</summary>
internal static class Zkps
{
    public static Outcome Run(params string[] arguments)
    {
        using var text = new StringWriter();
        TextWriter shared = TextWriter.Synchronized(text);
        int code = Program.Run(arguments, shared, shared);
        return new("zkps " + string.Join(' ', arguments), code, text.ToString());
    }
}

/// <summary>Programs of others, each in its own process.</summary>
internal static class Node
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public static Outcome Snarkjs(params string[] arguments) => Run(ForeignTools.Package("snarkjs/build/cli.cjs"), arguments);

    /// <summary>Our script tests/interop/<paramref name="name"/>.</summary>
    public static Outcome Script(string name, params string[] arguments) => Run(Path.Combine(ForeignTools.Folder, name), arguments);

    /// <summary>Compiles tests/interop/circuits/<paramref name="name"/>.circom to r1cs and wasm in a folder.</summary>
    public static Outcome Circom(string name, string prime, string folder) => Run(
        ForeignTools.Package("circom2/cli.js"),
        Path.Combine("circuits", name + ".circom"), "--r1cs", "--wasm", "--O2", "--prime", prime, "-l", "node_modules", "-o", folder);

    private static Outcome Run(string script, params string[] arguments)
    {
        ForeignTools.Require();
        var start = new ProcessStartInfo("node", [script, .. arguments])
        {
            WorkingDirectory = ForeignTools.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string command = $"{Path.GetFileName(script)} {string.Join(' ', arguments)}";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{command}\nran longer than {Limit}.");
        }

        process.WaitForExit();
        return new(command, process.ExitCode, output.Result + error.Result);
    }
}
