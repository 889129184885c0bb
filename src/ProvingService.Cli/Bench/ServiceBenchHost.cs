// Owns: the service that a benchmark measures: a process of this program in a folder of its own, its address and its memory.

using System.Diagnostics;
using System.Globalization;
using System.Text;
using ProvingService.Client;

namespace ProvingService.Cli;

/// <summary>A running <c>zkps serve</c> with one worker on the processor, on free ports.</summary>
internal sealed class ServiceBenchHost : IDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(90);

    private readonly Process process;
    private readonly StringBuilder words = new();
    private readonly TaskCompletionSource<string> address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceBenchHost(ProcessStartInfo start)
    {
        process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it holds in memory now, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts one, and waits until it takes calls.</summary>
    /// <param name="folder">Where it keeps everything.</param>
    /// <param name="limits">Limits as <c>--set</c> takes them.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="InvalidOperationException">It does not start; its words are in the message.</exception>
    public static async Task<(ServiceBenchHost Host, ProvingClient Client)> StartAsync(string folder, string[] limits, CancellationToken cancellation)
    {
        ProcessStartInfo start = OwnProgram.StartInfo();
        foreach (string argument in (string[])["serve", "--data", folder, "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0", "--device", "cpu", .. limits.SelectMany(limit => (string[])["--set", limit])])
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var host = new ServiceBenchHost(start);
        try
        {
            Task ended = host.process.WaitForExitAsync(cancellation);
            Task first = await Task.WhenAny(host.address.Task, ended, Task.Delay(LongestStart, cancellation)).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            return first == host.address.Task
                ? (host, new ProvingClient(await host.address.Task.ConfigureAwait(false)))
                : throw new InvalidOperationException($"zkps serve in a process of its own does not start: {host.Words}");
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private string Words
    {
        get
        {
            lock (words)
            {
                return words.ToString();
            }
        }
    }

    private void Hear(string? line)
    {
        const string Address = "gRPC ";
        const int Kept = 20_000;
        if (line is null)
        {
            return;
        }

        lock (words)
        {
            if (words.Length < Kept)
            {
                words.Append(CultureInfo.InvariantCulture, $"{line}\n");
            }
        }

        if (line.StartsWith(Address, StringComparison.Ordinal))
        {
            address.TrySetResult(line[Address.Length..].Trim());
        }
    }
}
