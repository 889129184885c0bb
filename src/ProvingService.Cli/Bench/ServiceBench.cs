// Owns: `zkps bench service`: its options, the order of measurements, what it prints. Measuring: ServiceBenchLoad, ServiceBenchProofs.

using System.CommandLine;
using System.Text.Json.Nodes;

namespace ProvingService.Cli;

internal static class ServiceBench
{
    public static Command Create()
    {
        var jobs = new Option<int>("--jobs") { Description = "Small jobs of the load; 0 leaves it out.", DefaultValueFactory = _ => 10_000 };
        var overhead = new Option<int>("--overhead") { Description = "Turns of zkps prove, a warm prover and the service on the same 2^16 constraints; 0 leaves it out.", DefaultValueFactory = _ => 5 };
        var cancels = new Option<int>("--cancels") { Description = "Jobs of 2^16 constraints to cancel at random moments; 0 leaves it out.", DefaultValueFactory = _ => 100 };
        var seed = new Option<int?>("--seed") { Description = "Where the random moments begin." };
        Option<string?> path = CommonOptions.Optional("--output", "A file to write the figures to, as --json prints them.", "-o");
        return CommonOptions.Define(
            "service",
            "Figures of a service on this machine, started for it with SQLite and one worker on the processor: submissions while small\n"
            + "jobs are drained, with the service's memory in the first and the second half; what the service adds to a proof; how soon\n"
            + "a cancelled job is over. Every job must end done, and proofs are checked outside the service.",
            "zkps bench service --jobs 10000 -o service.json",
            (parsed, output) =>
            {
                int seedValue = parsed.GetValue(seed) ?? Random.Shared.Next();
                return RunAsync(
                    Count("--jobs", parsed.GetValue(jobs), 1_000_000), Count("--overhead", parsed.GetValue(overhead), 1000),
                    Count("--cancels", parsed.GetValue(cancels), 100_000), seedValue, parsed.GetValue(path), output).GetAwaiter().GetResult();
            },
            jobs,
            overhead,
            cancels,
            seed,
            path);
    }

    private static int Count(string name, int value, int most) =>
        value >= 0 && value <= most ? value : throw new UsageException($"{name} must be from 0 to {most}.");

    private static async Task<int> RunAsync(int jobs, int overhead, int cancels, int seed, string? path, Output output)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("zkps-bench-");
        try
        {
            var result = new JsonObject { ["machine"] = BenchMachine.ToJson(), ["engine"] = EngineNames.Current };
            output.Say($"{BenchMachine.Description}, {EngineNames.Current} kernels");
            if (jobs > 0)
            {
                result["load"] = Show("load", await ServiceBenchLoad.RunAsync(folder.FullName, jobs, output.Cancellation).ConfigureAwait(false), output);
            }

            if (overhead > 0)
            {
                result["overhead"] = Show("overhead", await ServiceBenchProofs.OverheadAsync(folder.FullName, overhead, output.Cancellation).ConfigureAwait(false), output);
            }

            if (cancels > 0)
            {
                result["cancel"] = Show("cancel", await ServiceBenchProofs.CancelAsync(folder.FullName, cancels, seed, output.Cancellation).ConfigureAwait(false), output);
            }

            output.Result(result);
            if (path is not null)
            {
                Output.WriteJson(path, result);
            }

            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static JsonObject Show(string title, JsonObject figures, Output output)
    {
        output.Say();
        output.Say(title);
        foreach ((string name, JsonNode? value) in figures)
        {
            output.Say($"  {name,-28} {value?.ToJsonString()}");
        }

        return figures;
    }
}
