// Owns: a disk that is full: what clients are told, that the service lives, that nothing acknowledged is lost, and that it goes
// on when there is room.

using System.Diagnostics;
using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Processes;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Service.Tests.Crash;

/// <summary>A small file system in memory.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public SmallDisk(int megabytes)
    {
        Assert.True(Try("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder.Path), "A tmpfs cannot be mounted.");
    }

    /// <summary>Null where file systems can be mounted; else why not.</summary>
    public static string? Missing { get; } = FindMissing();

    public string Path => folder.Path;

    /// <summary>Writes until nothing more fits.</summary>
    public void Fill()
    {
        byte[] block = new byte[1 << 16];
        using var file = new FileStream(System.IO.Path.Combine(Path, "ballast"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (int length = block.Length; length > 0;)
        {
            try
            {
                file.Write(block, 0, length);
            }
            catch (IOException)
            {
                length /= 2;
            }
        }
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(System.IO.Path.Combine(Path, "ballast"));

    public void Dispose()
    {
        Try("umount", "-l", Path);
        folder.Dispose();
    }

    private static string? FindMissing()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "Only root can mount the small disk that this test fills: run the tests as root, or in a container of one's own.";
        }

        using var probe = new TemporaryFolder();
        bool mounted = Try("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe.Path);
        return !mounted ? "A tmpfs cannot be mounted here: give the container the capability SYS_ADMIN."
            : Try("umount", probe.Path) ? null : "A tmpfs cannot be unmounted here.";
    }

    private static bool Try(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that mounts: skipped with the reason where that cannot be, but failing in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute()
    {
        if (!string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Skip = SmallDisk.Missing;
        }
    }
}

[Collection("Processes")]
public sealed class FullDiskTests(ITestOutputHelper output)
{
    [SmallDiskFact]
    public async Task A_full_disk_refuses_and_loses_nothing()
    {
        using var disk = new SmallDisk(40);
        using ChainKey chain = new(254), other = new(4094);
        string data = Path.Combine(disk.Path, "data");
        await using ServiceProcess service = await ServiceProcess.ServeAsync(data, "--set", "InlineInputBytes=1K");
        using var client = new ProvingClient(service.Grpc!.ToString(), new ProvingClientOptions { Patience = TimeSpan.Zero });
        string circuit = await chain.RegisterAsync(client);
        Dictionary<string, ulong> accepted = [];
        await SubmitAsync(1);
        disk.Fill();

        // What lay ready in files already may take some jobs yet; soon no more.
        RpcException? refusal = null;
        ulong next = 2;
        for (; refusal is null && next < 5000; next++)
        {
            refusal = await RefusalAsync(() => SubmitAsync(next));
        }

        AssertExhausted(refusal);
        AssertExhausted(await RefusalAsync(() => SubmitAsync(next, length: 200_000)));
        AssertExhausted(await RefusalAsync(() => client.UploadAsync(other.KeyFile)));
        Assert.NotNull(await client.Capacity.GetServiceInfoAsync(new()));
        Assert.True(await ProvesAsync(1), "A proof that was made cannot be fetched.");
        output.WriteLine($"{accepted.Count} jobs were accepted: {refusal!.Status.Detail}");

        disk.Free();
        DateTime end = DateTime.UtcNow.AddSeconds(90);
        while (await RefusalAsync(() => SubmitAsync(++next, length: 200_000)) is { } still)
        {
            AssertExhausted(still);
            Assert.True(DateTime.UtcNow < end, $"There is room, and still it refuses: {still.Status}");
            await Task.Delay(200);
        }

        Assert.NotEqual("", await client.UploadAsync(other.KeyFile));
        foreach ((string job, ulong start) in accepted)
        {
            Job done = await client.WaitAsync(job);
            Assert.True(done.State == Contract.JobState.Done, $"{job} is {done.State}: {done.Message}\n{service.Log}");
            Assert.True(chain.IsShown(await client.GetProofAsync(job), start));
        }

        ListJobsResponse list = await client.Jobs.ListJobsAsync(new ListJobsRequest { PageSize = 1000 });
        Assert.Equal(Math.Min(1000, accepted.Count), list.Jobs.Count);
        Assert.Empty(Directory.GetFiles(Path.Combine(data, "inputs")));

        async Task SubmitAsync(ulong start, int length = 0)
        {
            Job job = await client.SubmitAsync(circuit, ChainKey.Inputs(start, length));
            accepted.Add(job.Id, start);
            if (start == 1)
            {
                await client.WaitAsync(job.Id);
            }
        }

        async Task<bool> ProvesAsync(ulong start) =>
            chain.IsShown(await client.GetProofAsync(accepted.First(pair => pair.Value == start).Key), start);
    }

    private static void AssertExhausted(RpcException? refusal)
    {
        Assert.NotNull(refusal);
        Assert.True(refusal.StatusCode == StatusCode.ResourceExhausted, refusal.ToString());
        Assert.Contains("room", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.NotNull(refusal.Trailers.GetValue("retry-after-ms"));
    }

    private static async Task<RpcException?> RefusalAsync(Func<Task> call)
    {
        try
        {
            await call();
            return null;
        }
        catch (RpcException e)
        {
            return e;
        }
    }
}
