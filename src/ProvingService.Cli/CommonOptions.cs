// Owns: options that several commands share, and the frame in which every command runs.

using System.CommandLine;
using System.CommandLine.Parsing;
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

    /// <summary>A file or folder that must be named.</summary>
    public static Option<string> Required(string name, string description, params string[] aliases) =>
        WithPath(new Option<string>(name, aliases) { Description = description, Required = true });

    /// <summary>A file that may be named.</summary>
    public static Option<string?> Optional(string name, string description, params string[] aliases) =>
        WithPath(new Option<string?>(name, aliases) { Description = description });

    /// <summary>Refuses what cannot be a path on any system before anyone opens it.</summary>
    public static TOption WithPath<TOption>(TOption option)
        where TOption : Option
    {
        option.Validators.Add(result => RequirePath(result, option.Name));
        return option;
    }

    /// <summary>The one file that a command is about.</summary>
    public static Argument<string> File(string description)
    {
        var argument = new Argument<string>("FILE") { Description = description };
        argument.Validators.Add(result => RequirePath(result, argument.Name));
        return argument;
    }

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

    public static Option<int> Threads()
    {
        var option = new Option<int>("--threads")
        {
            Description = "The most threads to use; 0 means one for each core.",
            DefaultValueFactory = _ => 0,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.StartsWith('-')))
            {
                result.AddError("--threads must not be negative.");
            }
        });
        return option;
    }

    /// <summary>A command that only holds others.</summary>
    public static Command Group(string name, string description, string example, params Command[] commands)
    {
        var group = new Command(name, $"{description}\n\nExample: {example}");
        foreach (Command command in commands)
        {
            group.Subcommands.Add(command);
        }

        return group;
    }

    public static CurveId ParseCurve(string text) => CurveNames.TryParse(text, out CurveId curve)
        ? curve
        : throw new UsageException($"there is no curve '{text}'; there are bls12-381 and bn254.");

    public static IExampleCircuit FindCircuit(string name) => CircuitCatalog.TryFind(name, out IExampleCircuit? circuit)
        ? circuit
        : throw new UsageException(
            $"there is no circuit '{name}'; there are {string.Join(", ", CircuitCatalog.Entries.Select(e => e.Form))} (see zkps circuit list).");

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
                EngineNames.RequireSwitch();
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

    private static void RequirePath(SymbolResult result, string name)
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value) || token.Value.Contains('\0', StringComparison.Ordinal)))
        {
            result.AddError($"{name} needs the name of a file or folder.");
        }
    }

    /// <summary>The one error inside the envelope that parallel work puts around it.</summary>
    private static Exception Unwrap(Exception error) =>
        error is AggregateException { InnerExceptions.Count: > 0 } aggregate ? Unwrap(aggregate.InnerExceptions[0]) : error;
}
