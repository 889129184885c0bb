// Owns: starting this program as a process of its own.

using System.Diagnostics;
using System.Text.Json;

namespace ProvingService.Cli;

internal static class OwnProgram
{
    /// <summary>This program as a process would start it: itself, or its assembly by whatever runs this one.</summary>
    public static ProcessStartInfo StartInfo()
    {
        string own = Environment.ProcessPath ?? "";
        string name = Path.GetFileNameWithoutExtension(own);
        if (name == "zkps")
        {
            return new(own);
        }

        string host = name == "dotnet" ? own : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return new(host) { ArgumentList = { Path.Combine(AppContext.BaseDirectory, "zkps.dll") } };
    }

    /// <summary>Runs a command with --json to its end.</summary>
    /// <param name="cancellation">Ends the process, and the run with an <see cref="OperationCanceledException"/>.</param>
    /// <param name="args">The command.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; its last words are in the message.</exception>
    public static JsonElement RunJson(CancellationToken cancellation, params ReadOnlySpan<string> args)
    {
        ProcessStartInfo start = StartInfo();
        foreach (string arg in (ReadOnlySpan<string>)[.. args, "--json"])
        {
            start.ArgumentList.Add(arg);
        }

        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        using (cancellation.Register(process.Kill))
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            string text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancellation.ThrowIfCancellationRequested();
            if (process.ExitCode != ExitCode.Success)
            {
                throw new InvalidOperationException($"zkps {args[0]} in a process of its own ended with exit code {process.ExitCode}: {errors.Result.Trim()}");
            }

            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
    }
}
