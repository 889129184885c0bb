// Owns: `zkps bench profile`: where a device's time goes, kernel by kernel, and what each kernel uses.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

internal static class ProfileCommand
{
    private static readonly string[] Works = ["msm-g1", "msm-g2", "ntt"];

    public static Command Create()
    {
        Option<string> device = DeviceOption.Create();
        Option<string> curve = CommonOptions.Curve(required: false);
        var work = new Option<string>("--work") { Description = $"{string.Join(", ", Works)}, or several separated by commas.", DefaultValueFactory = _ => string.Join(',', Works) };
        var size = new Option<int>("--size") { Description = "log₂ of the size.", DefaultValueFactory = _ => 20 };
        return CommonOptions.Define(
            "profile",
            "Where a device's time goes: each kernel of a sum or a transform whose data is in place, with its launches, its time by\n"
            + "the device's clock, and the registers, spilled bytes and local memory that it uses as far as the driver tells.",
            "zkps bench profile --device cuda:0 --work msm-g1 --size 22",
            (parsed, output) =>
            {
                IReadOnlyList<GpuDeviceInfo> devices = DeviceOption.Find(parsed.GetRequiredValue(device));
                string[] works = parsed.GetRequiredValue(work).Split(',', StringSplitOptions.TrimEntries);
                int log = parsed.GetValue(size);
                if (devices.Count == 0)
                {
                    throw new UsageException("there is no GPU to look at; zkps devices shows what there is, and --device names one.");
                }

                if (works.FirstOrDefault(name => !Works.Contains(name)) is { } unknown)
                {
                    throw new UsageException($"there is no work '{unknown}'; there are {string.Join(", ", Works)}.");
                }

                return log is >= 4 and <= 26
                    ? CurveDispatch.Run(CommonOptions.ParseCurve(parsed.GetRequiredValue(curve)), new Profile(devices[0], works, log, output))
                    : throw new UsageException("--size must be from 4 to 26.");
            },
            device,
            curve,
            work,
            size);
    }

    private sealed class Profile(GpuDeviceInfo info, string[] works, int size, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            output.Say($"{info.Id}: {info.Name}, {info.DriverVersion}");
            var results = new JsonArray();
            foreach (string work in works)
            {
                var profile = new LaunchProfile(GpuDevices.PlatformOf(info));
                double seconds = DeviceOption.OnDevice(profile, info, device => device.Run(
                    session => work switch
                    {
                        "msm-g1" => Sum<TFp, TCurve, TFr>(session, profile),
                        "msm-g2" => Sum<Fp2<TFp>, TCurve, TFr>(session, profile),
                        _ => Transform<TFr>(session, profile, TCurve.Id),
                    },
                    output.Cancellation));
                results.Add(Show(work, TCurve.Id, seconds, profile.Times));
            }

            output.Result(new JsonObject { ["device"] = info.Name, ["driver"] = info.DriverVersion, ["works"] = results });
            return ExitCode.Success;
        }

        private double Sum<TField, TGroup, TFr>(GpuSession session, LaunchProfile profile)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
            where TFr : unmanaged, IPrimeField<TFr>
        {
            using var msm = new ResidentMsm<TField, TGroup, TFr>(
                session, size, DeviceOption.Tuning(), info.IsCpu ? 1 : int.MaxValue, output.Cancellation);
            return Time(profile, () => msm.Run(output.Cancellation));
        }

        private double Transform<TFr>(GpuSession session, LaunchProfile profile, CurveId curve)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            using var ntt = new ResidentNtt<TFr>(session, size, DeviceOption.Tuning().Ntt(info, curve, size));
            return Time(profile, () => ntt.Run(output.Cancellation));
        }

        /// <summary>The second run: the first compiles what is left to compile.</summary>
        private static double Time(LaunchProfile profile, Action run)
        {
            run();
            profile.Clear();
            long start = Stopwatch.GetTimestamp();
            run();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        private JsonObject Show(string work, CurveId curve, double seconds, IReadOnlyList<KernelTime> times)
        {
            double onDevice = times.Sum(time => time.Seconds);
            output.Say();
            output.Say($"{work} {curve.Name()} 2^{size}: {Output.Time(seconds)} by the host's clock, {Output.Time(onDevice)} in kernels");
            output.Table(
            [
                ["kernel", "launches", "time", "share", "registers", "spilled", "local", "group at most"],
                .. times.Select(time => (string[])
                [
                    time.Kernel,
                    time.Launches.ToString(CultureInfo.InvariantCulture),
                    Output.Time(time.Seconds),
                    (time.Seconds / onDevice).ToString("P1", CultureInfo.InvariantCulture),
                    Told(time.Resources.Registers),
                    Told(time.Resources.SpilledBytes),
                    Told(time.Resources.LocalBytes),
                    Told(time.Resources.MaxGroupSize),
                ]),
            ]);
            return new()
            {
                ["work"] = work,
                ["curve"] = curve.Name(),
                ["size"] = size,
                ["seconds"] = Math.Round(seconds, 9),
                ["kernelSeconds"] = Math.Round(onDevice, 9),
                ["kernels"] = new JsonArray([.. times.Select(time => new JsonObject
                {
                    ["kernel"] = time.Kernel,
                    ["launches"] = time.Launches,
                    ["seconds"] = Math.Round(time.Seconds, 9),
                    ["registers"] = time.Resources.Registers,
                    ["spilledBytes"] = time.Resources.SpilledBytes,
                    ["localBytes"] = time.Resources.LocalBytes,
                    ["maxGroupSize"] = time.Resources.MaxGroupSize,
                })]),
            };
        }

        private static string Told(int value) => value < 0 ? "-" : value.ToString(CultureInfo.InvariantCulture);
    }
}
