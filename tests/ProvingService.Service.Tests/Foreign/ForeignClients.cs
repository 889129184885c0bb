// Owns: finding Node with @grpc/grpc-js, Python with grpcio, protoc and h2load, running them, and what happens to a test where they are missing.

using System.Diagnostics;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Service.Tests.Foreign;

/// <summary>What a foreign test needs.</summary>
public enum ForeignTool
{
    /// <summary>Node with the packages of tests/interop.</summary>
    Node,

    /// <summary>Python with grpcio and protobuf, and protoc.</summary>
    Python,

    /// <summary>h2load of nghttp2.</summary>
    H2Load,
}

/// <summary>Foreign programs.</summary>
internal static class ForeignClients
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(10);

    /// <summary>The distribution's own Python: its packages are not those of others that may stand before it on the PATH.</summary>
    public static string Python { get; } = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    /// <summary>The command that reads .proto files: the system's, else the one that generates C# in this build; null for none.</summary>
    public static string? Protoc { get; } = FindProtoc();

    /// <summary>Where Node's packages are.</summary>
    public static string NodePackages { get; } = RepositoryFiles.Path("tests/interop/node_modules");

    /// <summary>Null where a tool is there; else what is missing and how to install it.</summary>
    public static string? Missing(ForeignTool tool) => tool switch
    {
        ForeignTool.Node => File.Exists(Path.Combine(NodePackages, "@grpc/grpc-js/package.json")) && Runs("node", "--version")
            ? null
            : "Node with @grpc/grpc-js is not there: install Node 20 or later, then run `npm ci --ignore-scripts` in tests/interop.",
        ForeignTool.Python => Protoc is null ? "protoc is not there: install Debian's protobuf-compiler and libprotobuf-dev."
            : Runs(Python, "-c", "import grpc, google.protobuf") ? null
            : "Python with grpcio and protobuf is not there: install Debian's python3-grpcio and python3-protobuf.",
        _ => Runs("h2load", "--version") ? null : "h2load is not there: install Debian's nghttp2-client.",
    };

    /// <summary>Runs a program to its end, or ends it when it takes far too long.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string folder, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["NODE_PATH"] = NodePackages;
        start.Environment["PROTOC"] = Protoc;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(LongestRun);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        return (process.ExitCode, await output + await errors);
    }

    private static bool Runs(string command, params string[] arguments)
    {
        try
        {
            return RunAsync(AppContext.BaseDirectory, command, arguments).GetAwaiter().GetResult().Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static string? FindProtoc()
    {
        // One that has the well-known types beside it, which Debian packs by themselves.
        if ((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder =>
            File.Exists(Path.Combine(folder, "protoc")) && File.Exists(Path.Combine(folder, "..", "include", "google", "protobuf", "descriptor.proto"))))
        {
            return "protoc";
        }

        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string tools = Path.Combine(packages, "grpc.tools");
        return Directory.Exists(tools)
            ? Directory.EnumerateDirectories(tools)
                .Where(version => File.Exists(Path.Combine(version, "tools", "linux_x64", "protoc")))
                .Select(version => $"'{version}/tools/linux_x64/protoc' '-I{version}/build/native/include'")
                .FirstOrDefault()
            : null;
    }
}

/// <summary>A test that needs a foreign program: skipped with the reason where that is missing, but failing in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForeignFactAttribute : FactAttribute
{
    public ForeignFactAttribute(ForeignTool tool)
    {
        if (!string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Skip = ForeignClients.Missing(tool);
        }
    }
}
