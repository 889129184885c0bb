// Owns: `zkps bench beside`: MSMs of a device and of another program, in turns and on the same inputs.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

internal static class BesideCommand
{
    private const int Seed = 20240229;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var program = new Argument<string>("PROGRAM") { Description = "The other program; PeerProcess.cs says how it is spoken to." };
        Option<string> device = DeviceOption.Create();
        Option<string> curve = CommonOptions.Curve();
        var sizes = new Option<string>("--sizes") { Description = "log₂ of the sizes, separated by commas.", DefaultValueFactory = _ => "20,22,24" };
        var runs = new Option<int>("--runs") { Description = "Measured runs of each.", DefaultValueFactory = _ => 5 };
        return CommonOptions.Define(
            "beside",
            "MSMs over G1 of a device and of another program, in turns, on the same points, which lie on the device, and the same\n"
            + "scalars, which come from the host each time. The sums must be equal: exit code 1 where they are not.",
            "zkps bench beside ./sppark-msm --device cuda:0 --curve bls12-381 --sizes 20,22,24",
            (parsed, output) =>
            {
                IReadOnlyList<GpuDeviceInfo> devices = DeviceOption.Find(parsed.GetRequiredValue(device));
                int[] logs = [.. parsed.GetRequiredValue(sizes).Split(',').Select(ParseSize)];
                int count = parsed.GetValue(runs);
                if (devices.Count == 0 || count < 1)
                {
                    throw new UsageException(count < 1 ? "--runs is at least 1." : "there is no such device; zkps devices lists those there are.");
                }

                var measurement = new Measurement(parsed.GetRequiredValue(program), devices[0], logs, count, output);
                return CurveDispatch.Run(CommonOptions.ParseCurve(parsed.GetRequiredValue(curve)), measurement);
            },
            program,
            device,
            curve,
            sizes,
            runs);
    }

    private static int ParseSize(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 1 and <= 26
            ? size
            : throw new UsageException($"'{text}' is no size from 1 to 26.");

    private sealed class Measurement(string program, GpuDeviceInfo info, int[] sizes, int runs, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("zkps-bench-");
            try
            {
                using var device = new GpuDevice(GpuDevices.PlatformOf(info), info, new GpuOptions());
                var table = new List<string[]> { (string[])["curve", "2^k", info.Id, "window, sets, levels", Path.GetFileName(program), "ratio"] };
                var rows = new JsonArray();
                foreach (int size in sizes)
                {
                    string inputs = Path.Combine(folder.FullName, $"inputs-{size}");
                    (Affine<TFp, TCurve>[] points, Scalar256[] scalars) = Inputs<TCurve, TFp, TFr>(1 << size);
                    PeerProcess.WriteInputs(inputs, points, scalars);
                    (double[] own, double[] other, GpuMsmPlan plan, bool isEqual) = Measure(device, inputs, points, scalars);
                    File.Delete(inputs);
                    if (!isEqual)
                    {
                        output.Fail($"at 2^{size} the sums are not equal.");
                        return ExitCode.No;
                    }

                    double ownMedian = BenchClock.Median(own), otherMedian = BenchClock.Median(other);
                    string name = CurveIdOf<TCurve>();
                    table.Add(
                    [
                        name, size.ToString(CultureInfo.InvariantCulture), Output.Time(ownMedian), $"{plan.Window}, {plan.Sets}, {plan.Levels}",
                        Output.Time(otherMedian), (otherMedian / ownMedian).ToString("F2", CultureInfo.InvariantCulture),
                    ]);
                    rows.Add(new JsonObject
                    {
                        ["curve"] = name, ["size"] = size, ["seconds"] = Numbers(own), ["otherSeconds"] = Numbers(other),
                        ["window"] = plan.Window, ["sets"] = plan.Sets, ["levels"] = plan.Levels,
                    });
                }

                output.Say($"{info.Name}, {info.DriverVersion}; medians of {runs} runs, the sums equal");
                output.Table(table);
                output.Result(new JsonObject { ["device"] = info.Name, ["driver"] = info.DriverVersion, ["rows"] = rows });
                return ExitCode.Success;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        /// <summary>Points i are sums of one of few and another of few, which costs an addition each; scalars are uniform enough.</summary>
        private static (Affine<TFp, TCurve>[] Points, Scalar256[] Scalars) Inputs<TCurve, TFp, TFr>(int count)
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            const int Few = 1 << 12;
            var random = new Random(Seed);
            Scalar256[] scalars = Scalars(count);
            var few = new Affine<TFp, TCurve>[Few + ((count + Few - 1) / Few)];
            new FixedBaseTable<TFp, TCurve>(Affine<TFp, TCurve>.Generator, few.Length).Multiply(Scalars(few.Length), few);
            var points = new Affine<TFp, TCurve>[count];
            Parallel.For(0, (count + Few - 1) / Few, block =>
            {
                int first = block * Few, length = Math.Min(Few, count - first);
                var sums = new Jacobian<TFp, TCurve>[length];
                for (int i = 0; i < length; i++)
                {
                    sums[i] = few[i] + (Jacobian<TFp, TCurve>)few[Few + block];
                }

                Jacobian<TFp, TCurve>.ToAffine(sums, points.AsSpan(first, length));
            });
            return (points, scalars);

            Scalar256[] Scalars(int length)
            {
                var result = new Scalar256[length];
                random.NextBytes(MemoryMarshal.AsBytes(result.AsSpan()));

                // Below 2^252, so below r on both curves.
                return [.. result.Select(scalar => scalar with { Word3 = scalar.Word3 >> 4 })];
            }
        }

        private (double[] Own, double[] Other, GpuMsmPlan Plan, bool IsEqual) Measure<TFp, TCurve>(
            GpuDevice device, string inputs, Affine<TFp, TCurve>[] points, Scalar256[] scalars)
            where TFp : unmanaged, IPrimeField<TFp>
            where TCurve : struct, ICurveGroup<TCurve, TFp>
        {
            GpuMsmPlan plan = Plan(MsmShape.Of<TFp, TCurve>(), points.Length, device.MemoryBudget / 2);
            GpuBases<TFp, TCurve> bases = device.Run(
                session => GpuBases<TFp, TCurve>.Load(session, points, plan, output.Cancellation), output.Cancellation);
            try
            {
                using var peer = new PeerProcess(program, inputs, output.Cancellation);
                var own = new List<double>();
                var other = new List<double>();

                // The first run of each warms up.
                for (int run = 0; run <= runs; run++)
                {
                    long start = Stopwatch.GetTimestamp();
                    Affine<TFp, TCurve> sum = device.Run(session => Sum(session, bases, scalars, plan), output.Cancellation).ToAffine();
                    own.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                    (double seconds, Affine<TFp, TCurve> otherSum) = peer.Run<TFp, TCurve>();
                    other.Add(seconds);
                    if (!sum.Equals(otherSum))
                    {
                        return ([], [], plan, false);
                    }
                }

                return ([.. own.Skip(1)], [.. other.Skip(1)], plan, true);
            }
            finally
            {
                device.Post(bases.Dispose);
            }
        }

        /// <summary>With as many multiples of the points as fit half of the memory: the other program has the same device.</summary>
        private GpuMsmPlan Plan(MsmShape shape, int count, long budget)
        {
            for (int levels = (int)Math.Min(64, budget / ((long)count * shape.AffineBytes)); levels > 0; levels--)
            {
                GpuMsmPlan plan = GpuTuning.Default.Msm(info, shape, count, fold: true, levels, count);
                if (plan.TableBytes(count) + plan.ScratchBytes <= budget)
                {
                    return plan;
                }
            }

            throw new UsageException($"{info.Id} has not the memory for {count} points beside another program.");
        }

        private unsafe Jacobian<TFp, TCurve> Sum<TFp, TCurve>(
            GpuSession session, GpuBases<TFp, TCurve> bases, Scalar256[] scalars, GpuMsmPlan plan)
            where TFp : unmanaged, IPrimeField<TFp>
            where TCurve : struct, ICurveGroup<TCurve, TFp>
        {
            using GpuReservation memory = session.Memory.Reserve((long)scalars.Length * sizeof(Scalar256));
            fixed (Scalar256* pointer = scalars)
            {
                session.Compute.Upload(pointer, memory[0]);
                return GpuMsm.Run(session, bases, memory[0], 0, 0, scalars.Length, plan, output.Cancellation);
            }
        }

        private static JsonArray Numbers(double[] values) => new([.. values.Select(value => (JsonNode)value)]);

        private static string CurveIdOf<TCurve>() => (typeof(TCurve) == typeof(Bls12381) ? CurveId.Bls12381 : CurveId.Bn254).Name();
    }
}
