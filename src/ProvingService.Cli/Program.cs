// Owns: the entry point and the tree of commands. What a command does: Commands/.

using System.CommandLine;
using System.Text;

namespace ProvingService.Cli;

/// <summary>The command <c>zkps</c>.</summary>
public static class Program
{
    /// <summary>Runs a command line.</summary>
    /// <returns>0 success, 1 "no", 2 a mistake in the call or a broken input, 3 a failure of ours.</returns>
    public static int Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return Run(args, Console.Out, Console.Error);
    }

    /// <summary>As <see cref="Main"/>, with given writers; for tests.</summary>
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        ParseResult parsed = CreateRoot().Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not System.CommandLine.Help.HelpAction)
        {
            foreach (System.CommandLine.Parsing.ParseError fault in parsed.Errors)
            {
                error.WriteLine($"zkps: {fault.Message}");
            }

            error.WriteLine($"Try: {HelpHint(parsed)} --help");
            return ExitCode.Mistake;
        }

        return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
    }

    /// <summary>The whole tree of commands.</summary>
    internal static RootCommand CreateRoot() =>
        new(
            "Groth16 proofs over BLS12-381 and BN254: circuits, keys, proofs, and iden3's file formats.\n\n"
            + "Exit codes: 0 success; 1 no (an invalid proof, a witness that does not satisfy); 2 a mistake in the call or a broken\n"
            + "input file; 3 a failure of zkps itself.\n\n"
            + "Example: zkps demo")
        {
            DemoCommand.Create(),
            CircuitCommands.Create(),
            WitnessCommand.Create(),
            SetupCommands.Create(),
            CeremonyCommands.Create(),
            ProveCommand.Create(),
            VerifyCommand.Create(),
            LintCommand.Create(),
            ServeCommand.CreateServe(),
            ServeCommand.CreateWorker(),
            ApiKeyCommands.Create(),
            RegistryCommands.Create(),
            JobCommands.Create(),
            DevicesCommand.Create(),
            BenchCommands.Create(),
            CommonOptions.Json,
        };

    private static string HelpHint(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = parsed.CommandResult; at is System.CommandLine.Parsing.CommandResult command; at = at.Parent)
        {
            names.Push(command.Command is RootCommand ? "zkps" : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
