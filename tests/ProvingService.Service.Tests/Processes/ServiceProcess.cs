// Owns: zkps serve and zkps worker as processes of a test: started, killed, started again at the same address, with what they
// said kept for the failure. Never: another way to stop them than the one a test asks for.

using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ProvingService.Service.Tests.Processes;

/// <summary>A process of the built zkps. One test uses it; <see cref="Log"/> may be read from anywhere.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private const int KeptLines = 400, Terminate = 15;
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(90), LongestEnd = TimeSpan.FromSeconds(60);

    private readonly string role;
    private readonly string[] arguments;
    private readonly Queue<string> lines = new();
    private Process? process;

    private ServiceProcess(string role, string[] arguments)
    {
        this.role = role;
        this.arguments = arguments;
    }

    /// <summary>Where gRPC listens; the same after each start. Null for a worker.</summary>
    public Uri? Grpc { get; private set; }

    /// <summary>Where REST and the dashboard listen.</summary>
    public Uri? Web { get; private set; }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => process is { HasExited: false };

    /// <summary>The number of the process that runs.</summary>
    public int Id => process!.Id;

    /// <summary>The latest lines of all its runs.</summary>
    public string Log
    {
        get
        {
            lock (lines)
            {
                return $"--- zkps {role}\n{string.Join('\n', lines)}";
            }
        }
    }

    /// <summary>What it holds in memory, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            string line = File.ReadLines($"/proc/{Id}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Starts a service in a folder.</summary>
    public static async Task<ServiceProcess> ServeAsync(string data, params string[] more)
    {
        var made = new ServiceProcess("serve", ["--data", data, "--device", "cpu", .. more]);
        await made.StartAsync();
        return made;
    }

    /// <summary>Starts a worker in the folder of a service.</summary>
    public static async Task<ServiceProcess> WorkAsync(string data, params string[] more)
    {
        var made = new ServiceProcess("worker", ["--data", data, "--device", "cpu", .. more]);
        await made.StartAsync();
        return made;
    }

    /// <summary>Starts it, and waits until it says that it is ready.</summary>
    public async Task StartAsync()
    {
        string[] addresses = role == "worker" ? [] : ["--listen", $"127.0.0.1:{Grpc?.Port ?? 0}", "--web", $"127.0.0.1:{Web?.Port ?? 0}"];
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "zkps.dll"), role, .. arguments, .. addresses])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process = Process.Start(start)!;
        Starts++;
        process.OutputDataReceived += (_, line) => Hear(line.Data, ready);
        process.ErrorDataReceived += (_, line) => Hear(line.Data, ready);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("It ended before it was ready."));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await ready.Task.WaitAsync(LongestStart);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            Kill();
            throw new InvalidOperationException($"zkps {role} did not start: {e.Message}\n{Log}");
        }
    }

    /// <summary>Ends it as a crash would: SIGKILL.</summary>
    public void Kill()
    {
        if (process is null)
        {
            return;
        }

        process.Kill();
        process.WaitForExit();
        process.Dispose();
        process = null;
    }

    /// <summary>Asks it to end, and waits for that.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Process ending = process!;
        using (Process kill = Process.Start("kill", [$"-{Terminate}", ending.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        await ending.WaitForExitAsync().WaitAsync(LongestEnd);
        int code = ending.ExitCode;
        ending.Dispose();
        process = null;
        return code;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Kill();
        return ValueTask.CompletedTask;
    }

    private void Hear(string? line, TaskCompletionSource ready)
    {
        if (line is null)
        {
            return;
        }

        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > KeptLines)
            {
                lines.Dequeue();
            }
        }

        if (AddressIn(line, "gRPC ") is { } grpc)
        {
            Grpc = grpc;
        }
        else if (AddressIn(line, "dashboard ") is { } web)
        {
            Web = web;
        }
        else if (line.StartsWith("store ", StringComparison.Ordinal) || line.StartsWith("The worker takes jobs", StringComparison.Ordinal))
        {
            ready.TrySetResult();
        }
    }

    private static Uri? AddressIn(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal) && Uri.TryCreate(line[name.Length..].Trim(), UriKind.Absolute, out Uri? address) ? address : null;
}
