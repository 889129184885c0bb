// Owns: zkps ceremony serve as a process of a test: started, killed, started again at the same address, with what it said kept for the
// failure.

using System.Diagnostics;

namespace ProvingService.Ceremony.Tests;

/// <summary>A process of the built zkps.</summary>
internal sealed class CoordinatorProcess(string data, string document, params string[] more) : IDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(90);
    private readonly List<string> lines = [];
    private Process? process;

    /// <summary>Where gRPC listens; the same after each start.</summary>
    public Uri Grpc { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>Where the page is.</summary>
    public Uri Web { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>What it said in all its runs.</summary>
    public string Log
    {
        get
        {
            lock (lines)
            {
                return string.Join('\n', lines);
            }
        }
    }

    /// <summary>A process of the built zkps that runs to its end.</summary>
    public static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Starts it, and waits until it listens.</summary>
    public async Task StartAsync()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process = Start(["ceremony", "serve", "--data", data, "--ceremony", document, "--listen", $"127.0.0.1:{Grpc.Port}", "--web", $"127.0.0.1:{Web.Port}", .. more]);
        process.OutputDataReceived += (_, line) => Hear(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Hear(line.Data, ready);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"It ended before it was ready.\n{Log}"));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(LongestStart);
    }

    /// <summary>Ends it as a crash would: SIGKILL.</summary>
    public void Kill()
    {
        if (process is { } running)
        {
            running.Kill();
            running.WaitForExit();
            running.Dispose();
            process = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Kill();

    private static Process Start(string[] arguments) => Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "zkps.dll"), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private void Hear(string? line, TaskCompletionSource ready)
    {
        if (line is null)
        {
            return;
        }

        lock (lines)
        {
            lines.Add(line);
        }

        if (line.StartsWith("page ", StringComparison.Ordinal))
        {
            Web = new(line["page ".Length..].Trim());
        }
        else if (line.StartsWith("gRPC ", StringComparison.Ordinal))
        {
            Grpc = new(line["gRPC ".Length..].Trim());
            ready.TrySetResult();
        }
    }
}
