// Owns: `zkps registry`: circuits and keys at a service: register, list, show, retire.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using ProvingService.Contract;

namespace ProvingService.Cli;

internal static class RegistryCommands
{
    public static Command Create() => CommonOptions.Group(
        "registry",
        "Circuits and keys at a service.",
        "zkps registry add --zkey circuit.zkey --program state-transition-20",
        Add(),
        List(),
        One("show", "Shows a circuit with the inputs of its jobs.", (client, hash, cancellation) => client.Circuits.GetCircuitAsync(new() { Circuit = hash }, cancellationToken: cancellation).ResponseAsync),
        One("retire", "Takes a circuit out of use.", (client, hash, cancellation) => client.Circuits.RetireCircuitAsync(new() { Circuit = hash }, cancellationToken: cancellation).ResponseAsync));

    private static Command Add()
    {
        var service = new ServiceOption();
        Option<string> zkey = CommonOptions.Required("--zkey", "The proving key.");
        Option<string?> r1cs = CommonOptions.Optional("--r1cs", "Its circuit: witnesses are then checked, and the failing constraint named.");
        var program = new Option<string?>("--program") { Description = "The built-in circuit (zkps circuit list) whose witness program takes the inputs of jobs." };
        var name = new Option<string?>("--name") { Description = "A name for people." };
        Option<bool> insecure = CommonOptions.Insecure();
        return CommonOptions.Define(
            "add",
            "Uploads a proving key and makes a circuit of it. An upload that broke off goes on where it stopped.",
            "zkps registry add --zkey circuit.zkey --r1cs circuit.r1cs --name mine",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                string? circuitFile = parsed.GetValue(r1cs);
                var request = new RegisterCircuitRequest
                {
                    KeyHash = await client.UploadAsync(parsed.GetRequiredValue(zkey), null, cancellation).ConfigureAwait(false),
                    R1CsHash = circuitFile is null ? "" : await client.UploadAsync(circuitFile, null, cancellation).ConfigureAwait(false),
                    Program = parsed.GetValue(program) ?? "",
                    Name = parsed.GetValue(name) ?? "",
                    AllowInsecure = parsed.GetValue(insecure),
                };
                Circuit circuit = await client.RegisterAsync(request, null, cancellation).ConfigureAwait(false);
                Show(circuit, output);
                return ExitCode.Success;
            }),
            [zkey, r1cs, program, name, insecure, .. service.All]);
    }

    private static Command List()
    {
        var service = new ServiceOption();
        var all = new Option<bool>("--all") { Description = "Also those that take no more jobs." };
        return CommonOptions.Define(
            "list",
            "Lists the circuits.",
            "zkps registry list",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                ListCircuitsResponse list = await client.Circuits.ListCircuitsAsync(
                    new() { IncludeRetired = parsed.GetValue(all) }, cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
                output.Table([
                    (string[])["NAME", "CURVE", "CONSTRAINTS", "WIRES", "KEY", "PROVES IN", "HASH"],
                    .. list.Circuits.Select(circuit => (string[])[
                        circuit.Name,
                        circuit.Curve == Curve.Bn254 ? "bn254" : "bls12-381",
                        circuit.Constraints.ToString(CultureInfo.InvariantCulture),
                        circuit.Wires.ToString(CultureInfo.InvariantCulture),
                        Output.Bytes((long)circuit.KeyBytes),
                        Output.Time(circuit.ExpectedProving.ToTimeSpan()),
                        circuit.KeyHash])]);
                output.Result(new JsonArray([.. list.Circuits.Select(circuit => JsonNode.Parse(JsonFormatter.Default.Format(circuit)))]));
                return ExitCode.Success;
            }),
            [all, .. service.All]);
    }

    private static Command One(string name, string description, Func<Client.ProvingClient, string, CancellationToken, Task<Circuit>> call)
    {
        var service = new ServiceOption();
        var circuit = new Argument<string>("CIRCUIT") { Description = "Its name or hash." };
        return CommonOptions.Define(
            name,
            description,
            $"zkps registry {name} state-transition-20",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                string hash = await ServiceCircuits.ResolveAsync(client, parsed.GetRequiredValue(circuit), cancellation).ConfigureAwait(false);
                Show(await call(client, hash, cancellation).ConfigureAwait(false), output);
                return ExitCode.Success;
            }),
            [circuit, .. service.All]);
    }

    private static void Show(Circuit circuit, Output output)
    {
        output.Say($"name         {circuit.Name}{(circuit.Retired ? " (retired)" : "")}{(circuit.Insecure ? " (INSECURE: its key has no contribution)" : "")}");
        output.Say($"key          {circuit.KeyHash}");
        output.Say($"circuit      {circuit.CircuitHash}");
        if (circuit.Origin is { } origin)
        {
            output.Say(origin.Contributions == 0
                ? "setup        no contribution on record: one party made the key"
                : $"setup        {origin.Contributions} contributions{(origin.EndsWithBeacon ? ", the last a beacon" : "")}");
            output.Say($"transcript   {origin.TranscriptHash}");
        }

        output.Say($"curve        {(circuit.Curve == Curve.Bn254 ? "bn254" : "bls12-381")}");
        output.Say($"constraints  {circuit.Constraints}, wires {circuit.Wires}, public inputs {circuit.PublicInputs}");
        output.Say($"jobs bring   {(circuit.Program.Length == 0 ? "witnesses (.wtns)" : "JSON for " + circuit.Program)}");
        foreach (InputSignal input in circuit.Inputs)
        {
            output.Say($"  {input.Name}{string.Concat(input.Shape.Select(length => $"[{length}]"))}{(input.IsPublic ? "  public" : "")}");
        }

        foreach (CircuitFinding finding in circuit.Findings)
        {
            output.Warn($"{finding.Message} {finding.Explanation} ({finding.Rule})");
        }

        output.Result(JsonNode.Parse(JsonFormatter.Default.Format(circuit))!);
    }
}
