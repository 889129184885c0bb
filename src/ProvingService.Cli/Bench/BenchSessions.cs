// Owns: where measured work runs: in this process, or in one of an engine's own. Which work: BenchBodies.cs.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ProvingService.Algebra;

namespace ProvingService.Cli;

/// <summary>What one run took, in seconds.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="UserSeconds">Of processors, in user mode, over all threads.</param>
internal readonly record struct BenchTime(double Seconds, double UserSeconds);

/// <summary>One engine at work: a case begins, runs some times, and ends; then the next.</summary>
internal interface IBenchSession : IDisposable
{
    /// <summary>Makes a case ready and warms up.</summary>
    void Begin(BenchCase what);

    /// <summary>Runs it once; times are those of one operation.</summary>
    BenchTime Run();

    /// <summary>Lets the case go.</summary>
    /// <returns>The most bytes held while it ran.</returns>
    long End();
}

/// <summary>Runs in this process.</summary>
internal sealed class LocalSession(BenchEngine engine, CancellationToken cancellation) : IBenchSession
{
    private BenchBody? body;

    public void Begin(BenchCase what)
    {
        body = BenchBody.Prepare(what, engine, cancellation);
        BenchClock.WarmUp(() => Run().Seconds);
        GC.Collect();
        PeakMemory.Reset();
    }

    public BenchTime Run()
    {
        cancellation.ThrowIfCancellationRequested();
        TimeSpan user = Environment.CpuUsage.UserTime;
        long start = Stopwatch.GetTimestamp();
        body!.Run();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(seconds / body.Operations, (Environment.CpuUsage.UserTime - user).TotalSeconds / body.Operations);
    }

    public long End()
    {
        long peak = PeakMemory.Read();
        Dispose();
        GC.Collect();
        return peak;
    }

    public void Dispose()
    {
        body?.Dispose();
        body = null;
    }
}

/// <summary>
/// Runs in a process of its own, started with the switch that puts the engine's tier in force: single multiplications go by
/// the switch alone, so that an engine measured in another's process would be a mixture of both.
/// </summary>
internal sealed class ProcessSession : IBenchSession
{
    private readonly string name;
    private readonly CancellationToken cancellation;
    private readonly Process process;
    private readonly CancellationTokenRegistration registration;

    /// <summary>Where the process keeps its keys: it may be stopped before it can remove them.</summary>
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("zkps-bench-");

    public ProcessSession(BenchEngine engine, CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        name = engine.Name;
        ProcessStartInfo start = OwnProgram.StartInfo();
        start.ArgumentList.Add("bench");
        start.ArgumentList.Add(BenchWorker.Name);
        start.ArgumentList.Add(name);
        start.Environment[KernelTiers.SwitchName] = EngineNames.SwitchValue(engine.Tier);
        foreach (string name in (string[])["TMPDIR", "TMP", "TEMP"])
        {
            start.Environment[name] = folder.FullName;
        }

        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        registration = cancellation.Register(Stop);
    }

    public void Begin(BenchCase what) => Ask($"{BenchWorker.Begin} {JsonSerializer.Serialize(what)}");

    public BenchTime Run()
    {
        string[] times = Ask(BenchWorker.Run).Split(' ');
        return new(double.Parse(times[0], CultureInfo.InvariantCulture), double.Parse(times[1], CultureInfo.InvariantCulture));
    }

    public long End() => long.Parse(Ask(BenchWorker.End), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        registration.Dispose();

        // The end of its input ends it.
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            Stop();
            process.WaitForExit();
        }

        process.Dispose();
        folder.Delete(recursive: true);
    }

    private void Stop()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
    }

    private string Ask(string line)
    {
        string? answer = null;
        try
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
            answer = process.StandardOutput.ReadLine();
        }
        catch (IOException)
        {
            // It ended before it was asked.
        }

        cancellation.ThrowIfCancellationRequested();
        return answer ?? throw new InvalidOperationException($"The process that measures the engine {name} ended; what it said is above.");
    }
}

/// <summary>The other side of <see cref="ProcessSession"/>: a line asks, a line answers.</summary>
internal static class BenchWorker
{
    /// <summary>The command that no one types.</summary>
    public const string Name = "worker";

    public const string Begin = "begin";
    public const string Run = "run";
    public const string End = "end";

    /// <summary>Answers until the input ends.</summary>
    public static int Serve(BenchEngine engine, TextReader input, TextWriter output, CancellationToken cancellation)
    {
        using var session = new LocalSession(engine, cancellation);
        while (input.ReadLine() is { } line)
        {
            string[] words = line.Split(' ', 2);
            switch (words[0])
            {
                case Begin:
                    session.Begin(JsonSerializer.Deserialize<BenchCase>(words[1])!);
                    output.WriteLine("ready");
                    break;
                case Run:
                    BenchTime time = session.Run();
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.Seconds:R} {time.UserSeconds:R}"));
                    break;
                case End:
                    output.WriteLine(session.End().ToString(CultureInfo.InvariantCulture));
                    break;
                default:
                    throw new UsageException($"'{line}' is nothing that zkps bench {Name} can be asked.");
            }

            output.Flush();
        }

        return ExitCode.Success;
    }
}
