// Owns: measuring and printing. Bodies are real work on random data, never on zeros.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>What can be measured.</summary>
internal enum BenchWork
{
    Msm,
    Ntt,
    Prove,
}

/// <summary>What to measure.</summary>
internal sealed record BenchPlan(BenchWork Work, CurveId[] Curves, string[] Groups, int[] Sizes, int Threads, int Runs);

/// <summary>One row of figures; times in seconds.</summary>
internal sealed record BenchRow(
    string Work, string Curve, string Group, int Size, int Threads, string Engine, double Median, double Minimum, double UserSeconds, long PeakMemoryBytes)
{
    public JsonObject ToJson() => new()
    {
        ["work"] = Work,
        ["curve"] = Curve,
        ["group"] = Group,
        ["size"] = Size,
        ["threads"] = Threads,
        ["engine"] = Engine,
        ["median"] = Math.Round(Median, 9),
        ["minimum"] = Math.Round(Minimum, 9),
        ["userSeconds"] = Math.Round(UserSeconds, 6),
        ["peakMemoryBytes"] = PeakMemoryBytes,
    };

    public string Key => $"{Work}/{Curve}/{Group}/{Size}/{Threads}";
}

/// <summary>Runs a plan row by row.</summary>
internal static class BenchRunner
{
    public static int Run(BenchPlan plan, string? baselinePath, Output output)
    {
        Dictionary<string, double>? baseline = baselinePath is null ? null : ReadBaseline(baselinePath);
        var rows = new List<BenchRow>();
        foreach (CurveId curve in plan.Curves)
        {
            rows.AddRange(CurveDispatch.Run(curve, new Measure(plan, output)));
        }

        var table = new List<string[]> { (string[])["work", "curve", "group", "2^k", "threads", "engine", "median", "minimum", "user", "peak memory", .. baseline is null ? [] : (string[])["to baseline"]] };
        foreach (BenchRow row in rows)
        {
            table.Add(
            [
                row.Work, row.Curve, row.Group, row.Size.ToString(CultureInfo.InvariantCulture), row.Threads.ToString(CultureInfo.InvariantCulture),
                row.Engine, Output.Time(TimeSpan.FromSeconds(row.Median)), Output.Time(TimeSpan.FromSeconds(row.Minimum)),
                Output.Time(TimeSpan.FromSeconds(row.UserSeconds)), Output.Bytes(row.PeakMemoryBytes),
                .. baseline is null ? [] : (string[])[Ratio(row, baseline)],
            ]);
        }

        output.Table(table);
        output.Result(new JsonObject
        {
            ["machine"] = new JsonObject
            {
                ["cores"] = Environment.ProcessorCount,
                ["architecture"] = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString(),
                ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            },
            ["rows"] = new JsonArray([.. rows.Select(row => row.ToJson())]),
        });
        return ExitCode.Success;
    }

    private static string Ratio(BenchRow row, Dictionary<string, double> baseline) =>
        baseline.TryGetValue(row.Key, out double before)
            ? string.Create(CultureInfo.InvariantCulture, $"{row.Median / before:F3}")
            : "-";

    private static Dictionary<string, double> ReadBaseline(string path)
    {
        try
        {
            var medians = new Dictionary<string, double>();
            foreach (JsonNode? row in JsonNode.Parse(File.ReadAllBytes(path))!["rows"]!.AsArray())
            {
                string key = $"{row!["work"]}/{row["curve"]}/{row["group"]}/{row["size"]}/{row["threads"]}";
                medians[key] = row["median"]!.GetValue<double>();
            }

            return medians;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or NullReferenceException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new UsageException($"{path} is not what zkps bench --json writes; write it anew.");
        }
    }

    private sealed class Measure(BenchPlan plan, Output output) : ICurveAction<List<BenchRow>>
    {
        private readonly EngineOptions options = new(plan.Threads, output.Cancellation);

        public List<BenchRow> Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            var rows = new List<BenchRow>();
            foreach (int size in plan.Sizes)
            {
                switch (plan.Work)
                {
                    case BenchWork.Msm:
                        foreach (string group in plan.Groups)
                        {
                            rows.Add(group == "g1" ? Msm<TFp, TCurve, TFr>(TCurve.Id, group, size) : Msm<Fp2<TFp>, TCurve, TFr>(TCurve.Id, group, size));
                        }

                        break;
                    case BenchWork.Ntt:
                        rows.Add(Ntt<TFr>(TCurve.Id, size));
                        break;
                    default:
                        rows.Add(Prove<TCurve, TFp, TFr>(size));
                        break;
                }
            }

            return rows;
        }

        private BenchRow Msm<TField, TGroup, TFr>(CurveId curve, string group, int size)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
            where TFr : unmanaged, IPrimeField<TFr>
        {
            Scalar256[] scalars = RandomScalars<TFr>(1 << size);
            var bases = new Affine<TField, TGroup>[1 << size];
            new FixedBaseTable<TField, TGroup>(Affine<TField, TGroup>.Generator, bases.Length).Multiply(RandomScalars<TFr>(1 << size), bases);
            return Time("msm", curve, group, size, () => PortableEngine.Instance.Multiply<TField, TGroup>(bases, scalars, options));
        }

        private BenchRow Ntt<TFr>(CurveId curve, int size)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var values = new TFr[1 << size];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = TFr.Random();
            }

            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(size);
            return Time("ntt", curve, "", size, () => PortableEngine.Instance.Forward(domain, values, NttOrder.NaturalToNatural, TFr.One, options));
        }

        private BenchRow Prove<TCurve, TFp, TFr>(int size)
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            var circuit = new MultiplicationChain((1 << size) - 16);
            CompiledCircuit<TFr> compiled = CircuitCompiler.Compile<TFr>(circuit);
            TFr[] witness = compiled.CreateWitness(circuit.Example<TFr>());
            string path = Path.Combine(Path.GetTempPath(), $"zkps-bench-{Guid.NewGuid():N}.zkey");
            try
            {
                output.Work($"key 2^{size}", _ =>
                {
                    InsecureSetup.Create<TCurve, TFp, TFr>(compiled.System, path, null, new EngineOptions(0, output.Cancellation));
                    return true;
                });
                using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path);
                var prover = new Prover<TCurve, TFp, TFr>(key, PortableEngine.Instance, PortableEngine.Instance);
                return Time("prove", TCurve.Id, "", size, () => prover.Prove(witness, null, options));
            }
            finally
            {
                File.Delete(path);
            }
        }

        /// <summary>One run to warm up, then the plan's runs.</summary>
        private BenchRow Time(string work, CurveId curve, string group, int size, System.Action body)
        {
            body();
            var seconds = new double[plan.Runs];
            using var process = Process.GetCurrentProcess();
            TimeSpan user = process.UserProcessorTime;
            for (int i = 0; i < seconds.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                body();
                seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }

            process.Refresh();
            double userSeconds = (process.UserProcessorTime - user).TotalSeconds / seconds.Length;
            Array.Sort(seconds);
            double median = (seconds[(seconds.Length - 1) / 2] + seconds[seconds.Length / 2]) / 2;
            return new(work, curve.Name(), group, size, plan.Threads, "portable", median, seconds[0], userSeconds, process.PeakWorkingSet64);
        }

        private static Scalar256[] RandomScalars<TFr>(int count)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var scalars = new Scalar256[count];
            for (int i = 0; i < count; i++)
            {
                scalars[i] = Scalar256.From(TFr.Random());
            }

            return scalars;
        }
    }
}
