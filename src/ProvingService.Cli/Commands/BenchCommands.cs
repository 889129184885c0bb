// Owns: `zkps bench`: the options. Measuring: Bench/.

using System.CommandLine;
using System.Globalization;
using ProvingService.Algebra;

namespace ProvingService.Cli;

internal static class BenchCommands
{
    public static Command Create() => CommonOptions.Group(
        "bench",
        "Figures of this machine, each as the median and the minimum of several runs.",
        "zkps bench prove --curve bn254 --sizes 12",
        Define("msm", "Multi-scalar multiplication with uniform scalars.", "10,12,14,16", withGroup: true, BenchWork.Msm),
        Define("ntt", "A forward transform in place, natural to natural order.", "10,12,14,16,18,20", withGroup: false, BenchWork.Ntt),
        Define("prove", "Whole proofs of chains of 2^k − 16 multiplications with full-size values.", "12,14", withGroup: false, BenchWork.Prove));

    private static Command Define(string name, string description, string sizes, bool withGroup, BenchWork work)
    {
        var curves = new Option<string?>("--curve") { Description = "bls12-381 or bn254; both where it is left out." };
        var group = new Option<string?>("--group") { Description = "g1 or g2; both where it is left out." };
        var sizeList = new Option<string>("--sizes")
        {
            Description = "log₂ of the sizes, separated by commas.",
            DefaultValueFactory = _ => sizes,
        };
        Option<int> threads = CommonOptions.Threads();
        var engine = new Option<string>("--engine") { Description = "What computes: portable.", DefaultValueFactory = _ => "portable" };
        var runs = new Option<int>("--runs") { Description = "Runs of each size.", DefaultValueFactory = _ => 5 };
        Option<string?> compare = CommonOptions.Optional("--compare", "A file that --json wrote earlier: shows the ratio to its medians.");
        Symbol[] symbols = withGroup
            ? [curves, group, sizeList, threads, engine, runs, compare]
            : [curves, sizeList, threads, engine, runs, compare];
        return CommonOptions.Define(
            name,
            description,
            $"zkps bench {name} --curve bls12-381 --sizes {sizes.Split(',')[^1]} --threads 1 --json",
            (parsed, output) =>
            {
                if (parsed.GetRequiredValue(engine) != "portable")
                {
                    throw new UsageException($"there is no engine '{parsed.GetValue(engine)}' on this machine; there is portable.");
                }

                int count = parsed.GetValue(runs);
                if (count is < 1 or > 1000)
                {
                    throw new UsageException("--runs must be from 1 to 1000.");
                }

                var plan = new BenchPlan(
                    work,
                    parsed.GetValue(curves) is { } curve ? [CommonOptions.ParseCurve(curve)] : Enum.GetValues<CurveId>(),
                    withGroup ? Groups(parsed.GetValue(group)) : [],
                    Sizes(parsed.GetRequiredValue(sizeList), work),
                    parsed.GetValue(threads) is > 0 and var limit ? limit : Environment.ProcessorCount,
                    count);
                return BenchRunner.Run(plan, parsed.GetValue(compare), output);
            },
            symbols);
    }

    private static string[] Groups(string? text) => text switch
    {
        null => ["g1", "g2"],
        "g1" or "g2" => [text],
        _ => throw new UsageException($"there is no group '{text}'; there are g1 and g2."),
    };

    private static int[] Sizes(string text, BenchWork work)
    {
        int limit = work == BenchWork.Ntt ? 26 : 24;
        var sizes = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) || size < 5 || size > limit)
            {
                throw new UsageException($"'{part}' in --sizes is not a whole number from 5 to {limit}: sizes are given as log₂.");
            }

            sizes.Add(size);
        }

        return [.. sizes];
    }
}
