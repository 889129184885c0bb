// Owns: `zkps bench tune`: what to tune, and the file that keeps it. Tuning: ProvingService.Gpu/Tuning.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

internal static class TuneCommand
{
    public static Command Create()
    {
        Option<string> device = DeviceOption.Create();
        var curve = new Option<string?>("--curve") { Description = "bls12-381 or bn254; both where it is left out." };
        var msm = new Option<string>("--msm") { Description = "log₂ of the sizes of sums, separated by commas.", DefaultValueFactory = _ => "16,18,20,22" };
        var ntt = new Option<string>("--ntt") { Description = "log₂ of the sizes of transforms.", DefaultValueFactory = _ => "16,20,24" };
        var runs = new Option<int>("--runs") { Description = "Runs of each candidate; the fastest counts.", DefaultValueFactory = _ => 3 };
        var noThresholds = new Option<bool>("--no-thresholds") { Description = "Do not measure the processor beside the device." };
        Option<string?> path = CommonOptions.Optional("--output", $"The file to write; {GpuTuningFile.SwitchName}, or gpu-tuning.json in the user's configuration, where it is left out.", "-o");
        return CommonOptions.Define(
            "tune",
            "Finds the best parameters of devices: window, group and segment of sums with and without tables of multiples, tiles of\n"
            + "transforms, and the sizes from which on a device is faster than the processor. What it finds holds for exactly that\n"
            + "device, driver and version of the kernels, and is added to the file, in place of what that said of them before.\n"
            + "Takes some minutes a device, and a machine that does nothing else.",
            "zkps bench tune --device cuda:0",
            (parsed, output) =>
            {
                IReadOnlyList<GpuDeviceInfo> devices = DeviceOption.Find(parsed.GetRequiredValue(device));
                if (devices.Count == 0)
                {
                    throw new UsageException("there is no GPU to tune; zkps devices shows what there is, and --device names one.");
                }

                int count = parsed.GetValue(runs);
                var plan = new GpuTuningPlan(
                    parsed.GetValue(curve) is { } name ? [CommonOptions.ParseCurve(name)] : Enum.GetValues<CurveId>(),
                    Sizes("--msm", parsed.GetRequiredValue(msm), 4, 26),
                    Sizes("--ntt", parsed.GetRequiredValue(ntt), 4, 27),
                    count is >= 1 and <= 100 ? count : throw new UsageException("--runs must be from 1 to 100."),
                    !parsed.GetValue(noThresholds));
                string file = parsed.GetValue(path) ?? GpuTuningFile.UsualPath ?? throw new UsageException("there is no folder for the user's configuration; name a file with --output.");
                return Run(devices, plan, file, output);
            },
            device,
            curve,
            msm,
            ntt,
            runs,
            noThresholds,
            path);
    }

    private static int Run(IReadOnlyList<GpuDeviceInfo> devices, GpuTuningPlan plan, string file, Output output)
    {
        GpuTuning tuning = File.Exists(file) ? DeviceOption.Read(() => GpuTuningFile.Read(file)) : GpuTuning.Default;
        GpuTuning found = GpuTuning.Default;
        foreach (GpuDeviceInfo info in devices)
        {
            output.Say($"{info.Id}: {info.Name}, {info.DriverVersion}");
            GpuTuning own = DeviceOption.OnDevice(info, device => output.Work(
                $"tune {info.Id}",
                progress => new GpuTuner(device, plan, line => progress.Report(new(line, 0)), output.Cancellation).Run()));
            foreach (TunedMsm entry in own.Msms)
            {
                output.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  msm {entry.For.Curve.Name()} g{entry.Group} 2^{entry.Size}, {entry.Levels} levels: window {entry.Window}, segment {entry.Segment}, block {entry.Block}: {Output.Time(entry.Seconds)}"));
            }

            foreach (TunedNtt entry in own.Ntts)
            {
                output.Say($"  ntt {entry.For.Curve.Name()} 2^{entry.Size}: tile 2^{entry.Tile}: {Output.Time(entry.Seconds)}");
            }

            foreach (TunedThreshold entry in own.Thresholds)
            {
                output.Say($"  {entry.Work} {entry.For.Curve.Name()}: {(entry.Size >= 32 ? "the processor is faster" : $"the device is faster from 2^{entry.Size} on")}");
            }

            found = found.With(own);
        }

        string? folder = Path.GetDirectoryName(Path.GetFullPath(file));
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
        }

        Output.WriteJson(file, GpuTuningFile.ToJson(tuning.With(found)));
        output.Say($"{file}: what was found");
        JsonObject result = GpuTuningFile.ToJson(found);
        result["file"] = file;
        output.Result(result);
        return ExitCode.Success;
    }

    private static int[] Sizes(string option, string text, int least, int most)
    {
        var sizes = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            sizes.Add(int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size >= least && size <= most
                ? size
                : throw new UsageException($"'{part}' in {option} is not a whole number from {least} to {most}: sizes are given as log₂."));
        }

        return [.. sizes];
    }
}
