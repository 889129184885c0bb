// Owns: `zkps devices`: what can prove here, whether it computes rightly, and how fast.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Gpu;

namespace ProvingService.Cli;

internal static class DevicesCommand
{
    public static Command Create()
    {
        var only = new Option<string?>("--device") { Description = "Only these, as this command names them, separated by commas; all where it is left out." };
        var list = new Option<bool>("--list") { Description = "Only list them: no self-test, no rates." };
        return CommonOptions.Define(
            "devices",
            "What can prove here: the processor and every GPU that CUDA or OpenCL finds, with memory, a self-test of known sums and\n"
            + "transforms on both curves, and rates of an MSM over G1 with its points in place and of a transform. A GPU may appear\n"
            + "under both APIs; auto takes it once. The first time, kernels are compiled for each device, which takes some seconds.\n"
            + "Exit code 1 where a device fails its self-test.",
            "zkps devices",
            (parsed, output) =>
            {
                IReadOnlyList<GpuDeviceInfo> devices = parsed.GetValue(only) is { } wish ? DeviceOption.Find(wish) : GpuDevices.All;
                return Run(devices, parsed.GetValue(list), output);
            },
            only,
            list);
    }

    private static int Run(IReadOnlyList<GpuDeviceInfo> devices, bool onlyList, Output output)
    {
        DeviceReport[] reports = onlyList ? [] : output.Work("devices", progress => Check(devices, progress, output.Cancellation));
        HashSet<string> automatic = [.. GpuDevices.Automatic.Select(device => device.Id)];
        output.Say($"cpu: {BenchMachine.Description}, {EngineNames.Current} kernels{(automatic.Count == 0 ? ", what auto takes" : "")}");
        foreach (GpuDeviceInfo device in devices)
        {
            output.Say();
            output.Say($"{device.Id}: {device.Name}{(device.IsCpu ? ", the processor" : device.IsIntegrated ? ", integrated: auto takes it where tuning found it faster" : automatic.Contains(device.Id) ? ", what auto takes" : "")}");
            output.Say($"  driver    {device.Vendor}, {device.DriverVersion}{(device.Architecture.Length > 0 ? ", " + device.Architecture : "")}");
            output.Say($"  UUID      {device.Uuid ?? "not told"}");
            output.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"  memory    {Output.Bytes(device.MemoryBytes)}, at most {Output.Bytes(device.MaxAllocationBytes)} at once; {device.ComputeUnits} compute units"));
            if (reports.FirstOrDefault(report => report.Device.Id == device.Id) is { } report)
            {
                foreach (DeviceCurveReport curve in report.Curves)
                {
                    output.Say($"  {curve.Curve.Name(),-9} {(curve.Failure is null ? Rates(curve) : "FAILED: " + curve.Failure)}");
                }
            }
        }

        if (devices.Count == 0)
        {
            output.Say("No GPU: neither a CUDA driver nor an OpenCL device was found.");
        }

        output.Result(new JsonObject
        {
            ["cpu"] = new JsonObject { ["name"] = BenchMachine.Processor, ["cores"] = Environment.ProcessorCount, ["engine"] = EngineNames.Current },
            ["devices"] = new JsonArray([.. devices.Select(device => ToJson(device, automatic.Contains(device.Id), reports))]),
        });
        return reports.All(report => report.Curves.All(curve => curve.Failure is null)) ? ExitCode.Success : ExitCode.No;
    }

    private static DeviceReport[] Check(IReadOnlyList<GpuDeviceInfo> devices, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        var reports = new DeviceReport[devices.Count];
        for (int i = 0; i < devices.Count; i++)
        {
            progress.Report(new(devices[i].Id, (double)i / devices.Count));
            reports[i] = DeviceReport.Make(devices[i], cancellation);
        }

        return reports;
    }

    private static string Rates(DeviceCurveReport curve) => string.Create(
        CultureInfo.InvariantCulture,
        $"self-test passed; MSM 2^{curve.MsmSize} in {Output.Time(curve.MsmSeconds)}, NTT 2^{curve.NttSize} in {Output.Time(curve.NttSeconds)}; ready after {Output.Time(curve.ReadySeconds)}");

    private static JsonObject ToJson(GpuDeviceInfo device, bool isAutomatic, DeviceReport[] reports)
    {
        var json = new JsonObject
        {
            ["id"] = device.Id,
            ["name"] = device.Name,
            ["vendor"] = device.Vendor,
            ["driver"] = device.DriverVersion,
            ["architecture"] = device.Architecture,
            ["uuid"] = device.Uuid,
            ["memoryBytes"] = device.MemoryBytes,
            ["maxAllocationBytes"] = device.MaxAllocationBytes,
            ["computeUnits"] = device.ComputeUnits,
            ["isCpu"] = device.IsCpu,
            ["isIntegrated"] = device.IsIntegrated,
            ["automatic"] = isAutomatic,
        };
        if (reports.FirstOrDefault(report => report.Device.Id == device.Id) is { } report)
        {
            json["curves"] = new JsonArray([.. report.Curves.Select(curve => curve.Failure is null
                ? new JsonObject
                {
                    ["curve"] = curve.Curve.Name(),
                    ["selfTest"] = "passed",
                    ["readySeconds"] = Math.Round(curve.ReadySeconds, 6),
                    ["msmSize"] = curve.MsmSize,
                    ["msmSeconds"] = Math.Round(curve.MsmSeconds, 9),
                    ["nttSize"] = curve.NttSize,
                    ["nttSeconds"] = Math.Round(curve.NttSeconds, 9),
                }
                : (JsonNode)new JsonObject { ["curve"] = curve.Curve.Name(), ["selfTest"] = "failed", ["failure"] = curve.Failure })]);
        }

        return json;
    }
}
