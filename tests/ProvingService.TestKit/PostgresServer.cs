// Owns: a PostgreSQL server of a test run's own, in a temporary folder, reached by a socket there. Its disk is synced as in
// real use. Nothing of the machine's own servers is touched.

using System.ComponentModel;
using System.Diagnostics;

namespace ProvingService.TestKit;

/// <summary>A server. Tests share one, and take a schema each.</summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    private readonly string folder;
    private Process? server;

    private PostgresServer(string folder) => this.folder = folder;

    /// <summary>Null where a server can be started; else what is missing and how to install it.</summary>
    public static string? Missing { get; } = FindMissing();

    /// <summary>Its address, for a schema.</summary>
    public string Address(string schema) => $"postgres:///postgres?host={Uri.EscapeDataString(folder)}&user=postgres&schema={schema}";

    /// <summary>Makes the data folder and starts a server.</summary>
    public static PostgresServer Make()
    {
        if (Missing is not null)
        {
            throw new InvalidOperationException(Missing);
        }

        // Short: a socket's path has at most 107 characters.
        var made = new PostgresServer(Path.Combine(Path.GetTempPath(), "zkps-pg-" + Guid.NewGuid().ToString("N")[..12]));
        Directory.CreateDirectory(made.folder);
        if (Environment.IsPrivilegedProcess)
        {
            Run("chown", ["postgres:", made.folder]);
        }

        try
        {
            (string program, string[] arguments) = AsUser(
                Tool("initdb")!, "-D", Path.Combine(made.folder, "data"), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
            Run(program, arguments);
            made.Start();
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Starts the server, and waits until it answers.</summary>
    public void Start()
    {
        (string program, string[] arguments) = AsUser(
            Tool("postgres")!, "-D", Path.Combine(folder, "data"), "-k", folder, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "logging_collector=off");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = folder };
        server = Process.Start(start)!;
        server.ErrorDataReceived += (_, _) => { };
        server.OutputDataReceived += (_, _) => { };
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        long since = Stopwatch.GetTimestamp();
        while (Try(Tool("pg_isready")!, ["-q", "-h", folder, "-U", "postgres"]) != 0)
        {
            if (server.HasExited || Stopwatch.GetElapsedTime(since) > LongestStart)
            {
                throw new InvalidOperationException("The PostgreSQL server of the tests does not start.");
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>Stops the server at once, without a checkpoint, as a crash would.</summary>
    public void StopImmediately()
    {
        if (server is { HasExited: false })
        {
            Run("kill", ["-QUIT", server.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            server.WaitForExit();
        }

        server?.Dispose();
        server = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        StopImmediately();
        Directory.Delete(folder, recursive: true);
    }

    private static string? FindMissing()
    {
        const string Install = "install PostgreSQL 12 or later (on Debian: apt-get install postgresql)";
        string[] absent = [.. new[] { "initdb", "postgres", "pg_isready" }.Where(tool => Tool(tool) is not { } path || Try(path, ["--version"]) != 0)];
        if (absent.Length > 0)
        {
            return $"PostgreSQL's {string.Join(", ", absent)} {(absent.Length == 1 ? "is" : "are")} neither on the PATH nor in /usr/lib/postgresql: {Install}.";
        }

        // The server refuses to run as root.
        return Environment.IsPrivilegedProcess && (Try("id", ["postgres"]) != 0 || Try("setpriv", ["--version"]) != 0)
            ? $"The tests run as root, and there is no user postgres or no setpriv to start the server with: {Install} and util-linux."
            : null;
    }

    private static string? Tool(string name)
    {
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            folders = folders.Concat(Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin")));
        }

        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    private static (string Program, string[] Arguments) AsUser(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? ("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, .. arguments])
        : (program, arguments);

    private static void Run(string program, string[] arguments)
    {
        int code = Try(program, arguments);
        if (code != 0)
        {
            throw new InvalidOperationException($"{program} ended with {code}.");
        }
    }

    private static int Try(string program, string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                WorkingDirectory = "/",
            })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            return -1;
        }
    }
}
