// Owns: `zkps job`: submit, get, list, watch, wait, cancel, proof, as clients of the contract.

using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Client;
using ProvingService.Contract;

namespace ProvingService.Cli;

internal static class JobCommands
{
    public static Command Create() => CommonOptions.Group(
        "job",
        "Proving jobs at a service: submit, watch, fetch proofs.",
        "zkps job submit --circuit state-transition-20 --input in.json --wait",
        Submit(),
        One("get", "Shows a job.", (client, id, cancellation) => client.GetAsync(id, cancellation)),
        List(),
        Watch(),
        One("wait", "Waits until a job is in its final state. Exit code 1 where that is not done.", (client, id, cancellation) => client.WaitAsync(id, cancellation), mustBeDone: true),
        One("cancel", "Stops a job.", (client, id, cancellation) => client.CancelAsync(id, cancellation)),
        Proof());

    private static Command Submit()
    {
        var service = new ServiceOption();
        var circuit = new Option<string>("--circuit") { Description = "The circuit: its name, or the hash of its key or of its constraints.", Required = true };
        Option<string?> input = CommonOptions.Optional("--input", "The inputs as JSON.");
        Option<string?> wtns = CommonOptions.Optional("--wtns", "The witness, where the circuit has no witness program at the service.");
        var key = new Option<string?>("--idempotency-key") { Description = "Names the submission: sent again, it gives the same job." };
        var priority = new Option<int>("--priority") { Description = "-10 to 10; higher goes first." };
        var deadline = new Option<double?>("--deadline") { Description = "Seconds from now after which the proof is of no use." };
        var labels = new Option<string[]>("--label") { Description = "A label as name=value; may be said several times." };
        var device = new Option<string?>("--device") { Description = "The device that is wished for." };
        var cached = new Option<bool>("--allow-cached") { Description = "A proof made before for the same inputs may be the answer." };
        var wait = new Option<bool>("--wait") { Description = "Wait for the final state. Exit code 1 where that is not done." };
        return CommonOptions.Define(
            "submit",
            "Submits a job. It is on the service's disk when this returns.",
            "zkps job submit --circuit state-transition-20 --input circuits/examples/state-transition-20.json --wait",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                string? json = parsed.GetValue(input), witness = parsed.GetValue(wtns);
                if ((json is null) == (witness is null))
                {
                    throw new UsageException("either --input or --wtns is needed.");
                }

                var options = new JobOptions
                {
                    IdempotencyKey = parsed.GetValue(key) ?? "",
                    Priority = parsed.GetValue(priority),
                    Device = parsed.GetValue(device) ?? "",
                    AllowCached = parsed.GetValue(cached),
                    Deadline = parsed.GetValue(deadline) is { } seconds ? Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(seconds)) : null,
                };
                foreach (string label in parsed.GetValue(labels) ?? [])
                {
                    int at = label.IndexOf('=', StringComparison.Ordinal);
                    options.Labels[at > 0 ? label[..at] : throw new UsageException($"--label {label}: name=value is expected.")] = label[(at + 1)..];
                }

                string hash = await ServiceCircuits.ResolveAsync(client, parsed.GetRequiredValue(circuit), cancellation).ConfigureAwait(false);
                Job job = json is not null
                    ? await client.SubmitAsync(hash, await File.ReadAllTextAsync(json, cancellation).ConfigureAwait(false), options, cancellation).ConfigureAwait(false)
                    : await client.SubmitWitnessAsync(hash, witness!, options, cancellation).ConfigureAwait(false);
                if (parsed.GetValue(wait))
                {
                    job = await client.WaitAsync(job.Id, cancellation).ConfigureAwait(false);
                    Show(job, output);
                    return job.State == JobState.Done ? ExitCode.Success : ExitCode.No;
                }

                Show(job, output);
                return ExitCode.Success;
            }),
            [circuit, input, wtns, key, priority, deadline, labels, device, cached, wait, .. service.All]);
    }

    private static Command One(string name, string description, Func<ProvingClient, string, CancellationToken, Task<Job>> call, bool mustBeDone = false)
    {
        var service = new ServiceOption();
        Argument<string> id = Id();
        return CommonOptions.Define(
            name,
            description,
            $"zkps job {name} 019c2f6e-7f1b-7c3e-9a51-0f4d2a1b3c5d",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                Job job = await call(client, parsed.GetRequiredValue(id), cancellation).ConfigureAwait(false);
                Show(job, output);
                return mustBeDone && job.State != JobState.Done ? ExitCode.No : ExitCode.Success;
            }),
            [id, .. service.All]);
    }

    private static Command List()
    {
        var service = new ServiceOption();
        var states = new Option<string[]>("--state") { Description = "Only jobs in this state; may be said several times: queued, leased, proving, verifying, done, failed, cancelled, expired." };
        var circuit = new Option<string?>("--circuit") { Description = "Only jobs of this circuit." };
        var labels = new Option<string[]>("--label") { Description = "Only jobs with this label, as name=value." };
        var count = new Option<int>("--count") { Description = "At most so many.", DefaultValueFactory = _ => 20 };
        return CommonOptions.Define(
            "list",
            "Lists jobs, the newest first.",
            "zkps job list --state failed",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                var request = new ListJobsRequest();
                foreach (string state in parsed.GetValue(states) ?? [])
                {
                    request.States.Add(System.Enum.TryParse(state, ignoreCase: true, out JobState known) && known != JobState.Unspecified && System.Enum.IsDefined(known)
                        ? known
                        : throw new UsageException($"--state {state}: there is no such state."));
                }

                request.Labels.Add(parsed.GetValue(labels) ?? []);
                request.Circuit = parsed.GetValue(circuit) is { } name ? await ServiceCircuits.ResolveAsync(client, name, cancellation).ConfigureAwait(false) : "";
                int left = parsed.GetValue(count);
                var rows = new List<string[]> { (string[])["JOB", "STATE", "AGE", "TOOK", "ATTEMPTS", "WHY"] };
                var all = new JsonArray();
                while (left > 0)
                {
                    request.PageSize = (uint)Math.Min(left, 1000);
                    ListJobsResponse page = await client.Jobs.ListJobsAsync(request, cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
                    foreach (Job job in page.Jobs)
                    {
                        all.Add(JsonNode.Parse(JsonFormatter.Default.Format(job)));
                        rows.Add([
                            job.Id,
                            job.State.ToString().ToLowerInvariant(),
                            Output.Time(DateTimeOffset.UtcNow - job.Created.ToDateTimeOffset()),
                            job.Finished is null ? "" : Output.Time(job.Finished.ToDateTimeOffset() - job.Created.ToDateTimeOffset()),
                            job.Attempts.ToString(CultureInfo.InvariantCulture),
                            job.Reason == FailureReason.None ? "" : job.Reason.ToString()]);
                    }

                    left -= page.Jobs.Count;
                    if (page.NextPageToken.Length == 0)
                    {
                        break;
                    }

                    request.PageToken = page.NextPageToken;
                }

                output.Table(rows);
                output.Result(all);
                return ExitCode.Success;
            }),
            [states, circuit, labels, count, .. service.All]);
    }

    private static Command Watch()
    {
        var service = new ServiceOption();
        Argument<string> id = Id();
        var after = new Option<ulong>("--after") { Description = "Only events after this number." };
        return CommonOptions.Define(
            "watch",
            "Follows a job to its final state. Exit code 1 where that is not done.",
            "zkps job watch 019c2f6e-7f1b-7c3e-9a51-0f4d2a1b3c5d",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                JobState last = JobState.Unspecified;
                var all = new JsonArray();
                DateTimeOffset? first = null;
                await foreach (JobEvent happened in client.WatchAsync(parsed.GetRequiredValue(id), parsed.GetValue(after), cancellation).ConfigureAwait(false))
                {
                    last = happened.State;
                    DateTimeOffset at = happened.At.ToDateTimeOffset();
                    first ??= at;
                    string what = happened.Phase == Phase.Unspecified
                        ? happened.State.ToString().ToLowerInvariant()
                        : $"  {happened.Phase.ToString().ToLowerInvariant()} {(happened.Ended ? "ended" : "begins")}";
                    output.Say(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{happened.Sequence,4}  {(at - first.Value).TotalSeconds,8:F3} s  {happened.Progress,4:P0}  {what}{(happened.Message.Length > 0 ? ": " + happened.Message : "")}"));
                    all.Add(JsonNode.Parse(JsonFormatter.Default.Format(happened)));
                }

                output.Result(all);
                return last == JobState.Done ? ExitCode.Success : ExitCode.No;
            }),
            [id, after, .. service.All]);
    }

    private static Command Proof()
    {
        var service = new ServiceOption();
        Argument<string> id = Id();
        Option<string?> proof = CommonOptions.Optional("--proof", "The proof.json to write.");
        Option<string?> publicInputs = CommonOptions.Optional("--public", "The public.json to write.");
        Option<string?> compressed = CommonOptions.Optional("--compressed", "The file for the compressed points.");
        Option<string?> calldata = CommonOptions.Optional("--calldata", "The file for the arguments of the Solidity verifier.");
        Option<string?> receipt = CommonOptions.Optional("--receipt", "The file for the receipt, as JSON with its signature checked.");
        return CommonOptions.Define(
            "proof",
            "Fetches the proof of a done job, and its receipt, whose signature is checked.",
            "zkps job proof 019c2f6e-7f1b-7c3e-9a51-0f4d2a1b3c5d --proof proof.json --public public.json",
            (parsed, output) => service.Run(parsed, output, async (client, cancellation) =>
            {
                Proof fetched = await client.GetProofAsync(parsed.GetRequiredValue(id), cancellation).ConfigureAwait(false);
                bool isSigned = Service.ReceiptSigner.Verify(fetched.Receipt.PublicKey.Span, fetched.Receipt.Body.Span, fetched.Receipt.Signature.Span);
                if (!isSigned)
                {
                    output.Warn("the receipt's signature is false; the proof itself can be verified nevertheless (zkps verify).");
                }

                ReceiptBody body = ReceiptBody.Parser.ParseFrom(fetched.Receipt.Body);
                var receiptJson = new JsonObject
                {
                    ["receipt"] = JsonNode.Parse(JsonFormatter.Default.Format(body)),
                    ["signature"] = Convert.ToHexStringLower(fetched.Receipt.Signature.Span),
                    ["publicKey"] = Convert.ToHexStringLower(fetched.Receipt.PublicKey.Span),
                    ["valid"] = isSigned,
                };
                Write(parsed.GetValue(proof), System.Text.Encoding.UTF8.GetBytes(fetched.SnarkjsProof));
                Write(parsed.GetValue(publicInputs), System.Text.Encoding.UTF8.GetBytes(fetched.SnarkjsPublic));
                Write(parsed.GetValue(compressed), fetched.Compressed.ToByteArray());
                Write(parsed.GetValue(calldata), System.Text.Encoding.UTF8.GetBytes(fetched.SolidityCalldata + "\n"));
                Write(parsed.GetValue(receipt), System.Text.Encoding.UTF8.GetBytes(Output.Text(receiptJson) + "\n"));
                output.Say($"proof      {Convert.ToHexStringLower(fetched.Compressed.Span)}");
                output.Say($"made by    {body.Worker} with {body.Engine} on {body.Device} in {Output.Time(body.Elapsed.ToTimeSpan())}");
                output.Say($"receipt    {(isSigned ? "signed by " : "NOT signed by ")}{Convert.ToHexStringLower(fetched.Receipt.PublicKey.Span)}");
                output.Result(new JsonObject
                {
                    ["proof"] = JsonNode.Parse(fetched.SnarkjsProof),
                    ["public"] = JsonNode.Parse(fetched.SnarkjsPublic),
                    ["compressed"] = Convert.ToHexStringLower(fetched.Compressed.Span),
                    ["receipt"] = receiptJson,
                });
                return ExitCode.Success;
            }),
            [id, proof, publicInputs, compressed, calldata, receipt, .. service.All]);
    }

    private static Argument<string> Id() => new("JOB") { Description = "The job's name, as its submission was answered." };

    private static void Write(string? path, byte[] bytes)
    {
        if (path is not null)
        {
            using var file = new R1cs.AtomicFile(path);
            file.Stream.Write(bytes);
            file.Commit();
        }
    }

    private static void Show(Job job, Output output)
    {
        output.Say($"job        {job.Id}");
        output.Say($"state      {job.State.ToString().ToLowerInvariant()}{(job.CancelRequested ? ", being cancelled" : "")}");
        if (job.Reason != FailureReason.None)
        {
            output.Say($"reason     {job.Reason}: {job.Message}");
        }

        if (job.ExpectedWait is { } wait)
        {
            output.Say($"waits      about {Output.Time(wait.ToTimeSpan())} more");
        }

        if (job.Finished is not null)
        {
            output.Say($"took       {Output.Time(job.Finished.ToDateTimeOffset() - job.Created.ToDateTimeOffset())}");
        }

        output.Result(JsonNode.Parse(JsonFormatter.Default.Format(job))!);
    }
}
