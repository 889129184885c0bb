// Owns: everything a command prints: lines for people, one JSON value for scripts, progress on a terminal.

using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.R1cs;
using Spectre.Console;

namespace ProvingService.Cli;

/// <summary>
/// Where a command's words go. With <c>--json</c> standard output holds exactly one JSON value; warnings and progress are
/// on standard error, progress only if that is a terminal.
/// </summary>
internal sealed class Output(TextWriter stdout, TextWriter stderr, bool isJson, CancellationToken cancellation)
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool IsJson => isJson;

    /// <summary>Cancelled when the user wants the command to end.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Whether a person can be asked something: errors go to a terminal, and standard input is one.</summary>
    public bool CanAsk => stderr == Console.Error && !Console.IsErrorRedirected && !Console.IsInputRedirected;

    /// <summary>A line for a person.</summary>
    public void Say(string line = "")
    {
        if (!isJson)
        {
            stdout.WriteLine(line);
        }
    }

    /// <summary>A table for a person: the first row is the head; numbers should come formatted.</summary>
    public void Table(IReadOnlyList<string[]> rows)
    {
        if (isJson || rows.Count == 0)
        {
            return;
        }

        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(row => row[i].Length))];
        foreach (string[] row in rows)
        {
            stdout.WriteLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
        }
    }

    /// <summary>The result for a script.</summary>
    public void Result(JsonNode value)
    {
        if (isJson)
        {
            stdout.WriteLine(value.ToJsonString(Layout));
        }
    }

    /// <summary>JSON as people read it.</summary>
    public static string Text(JsonNode value) => value.ToJsonString(Layout);

    /// <summary>Writes a JSON file, whole or not at all.</summary>
    public static void WriteJson(string path, JsonNode value)
    {
        using var file = new AtomicFile(path);
        file.Stream.Write(Encoding.UTF8.GetBytes(Text(value) + "\n"));
        file.Commit();
    }

    /// <summary>Something the user should know though the command goes on.</summary>
    public void Warn(string line) => stderr.WriteLine($"warning: {line}");

    /// <summary>The error that ends the command.</summary>
    public void Fail(string line) => stderr.WriteLine($"zkps: {line}");

    /// <summary>Runs work that may take over a second under a progress bar.</summary>
    public T Work<T>(string title, Func<IProgress<WorkProgress>, T> work)
    {
        if (isJson || stderr != Console.Error || Console.IsErrorRedirected)
        {
            return work(new Ignore());
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title), maxValue: 1);
                return work(new Bar(task, title));
            });
    }

    /// <summary>A number of bytes as a person reads it.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 10_000 => $"{bytes} B",
        < 10_000_000 => $"{bytes / 1e3:F1} kB",
        < 10_000_000_000 => $"{bytes / 1e6:F1} MB",
        _ => $"{bytes / 1e9:F1} GB",
    };

    /// <summary>A duration as a person reads it.</summary>
    public static string Time(TimeSpan time) => Time(time.TotalSeconds);

    /// <summary>As above, of seconds down to parts of a nanosecond.</summary>
    public static string Time(double seconds) => seconds switch
    {
        < 1e-6 => $"{seconds * 1e9:F1} ns",
        < 1e-3 => $"{seconds * 1e6:F1} µs",
        < 1 => $"{seconds * 1e3:F1} ms",
        _ => $"{seconds:F2} s",
    };

    /// <summary>The time since a timestamp of <see cref="Stopwatch"/>.</summary>
    public static string Since(long timestamp) => Time(Stopwatch.GetElapsedTime(timestamp));

    private sealed class Ignore : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
        }
    }

    private sealed class Bar(ProgressTask task, string title) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            task.Value = value.Fraction;
            task.Description = Markup.Escape($"{title}: {value.Phase}");
        }
    }
}

/// <summary>How far some work is.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Fraction">From 0 to 1.</param>
internal readonly record struct WorkProgress(string Phase, double Fraction);
