// Owns: options that several commands share, and the frame in which every command runs.

using System.CommandLine;
using ProvingService.Algebra;
using ProvingService.Circuits;

namespace ProvingService.Cli;

/// <summary>Options with one spelling and one meaning in all commands.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON value for scripts.",
        Recursive = true,
    };

    public static Option<string> Required(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Required = true };

    public static Option<string?> Optional(string name, string description) => new(name) { Description = description };

    public static Option<string> Curve(bool required = true) => new("--curve")
    {
        Description = "bls12-381 or bn254.",
        Required = required,
        DefaultValueFactory = required ? null : _ => CurveId.Bls12381.Name(),
    };

    public static Option<bool> Insecure() => new("--insecure")
    {
        Description = "Accept a key to which no one contributed. Anyone can forge proofs under such a key.",
    };

    public static Option<int> Threads() => new("--threads")
    {
        Description = "The most threads to use; 0 means one for each core.",
        DefaultValueFactory = _ => 0,
    };

    public static CurveId ParseCurve(string text) => CurveNames.TryParse(text, out CurveId curve)
        ? curve
        : throw new UsageException($"there is no curve '{text}'; there are bls12-381 and bn254.");

    public static IExampleCircuit FindCircuit(string name) => CircuitCatalog.TryFind(name, out IExampleCircuit? circuit)
        ? circuit
        : throw new UsageException(
            $"there is no circuit '{name}'; there are {string.Join(", ", CircuitCatalog.Entries.Select(e => $"{e.Name}[-N]"))} (see zkps circuit list).");

    /// <summary>A command with its example in the help, run inside the frame that turns errors into messages and exit codes.</summary>
    public static Command Define(string name, string description, string example, Func<ParseResult, Output, int> run, params Symbol[] symbols)
    {
        var command = new Command(name, $"{description}\n\nExample: {example}");
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Options.Add(option);
            }
            else
            {
                command.Arguments.Add((Argument)symbol);
            }
        }

        command.SetAction(parsed =>
        {
            using var interruption = new Interruption();
            var output = new Output(
                parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.GetValue(Json), interruption.Token);
            try
            {
                return run(parsed, output);
            }
            catch (Exception e) when (Unwrap(e) is var error)
            {
                int code = ExitCode.Of(error);
                output.Fail(code == ExitCode.Interrupted ? "interrupted; nothing was written."
                    : code == ExitCode.Failure ? $"an error of zkps itself, please report it with the command and this text: {error}"
                    : error.Message);
                return code;
            }
        });
        return command;
    }

    /// <summary>The one error inside the envelope that parallel work puts around it.</summary>
    private static Exception Unwrap(Exception error) =>
        error is AggregateException { InnerExceptions.Count: > 0 } aggregate ? Unwrap(aggregate.InnerExceptions[0]) : error;
}
