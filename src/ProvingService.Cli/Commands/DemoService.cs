// Owns: the service's part of `zkps demo`: a service on this machine, a client, a job, its proof and receipt, a forgery refused.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service;
using JobEvent = ProvingService.Contract.JobEvent;
using JobState = ProvingService.Contract.JobState;

namespace ProvingService.Cli;

/// <summary>Submits a job over gRPC to a service that is started for it, on a free port.</summary>
internal sealed class DemoService(string folder, Output output)
{
    /// <summary>Goes the way with a key that is there already.</summary>
    /// <param name="zkey">The key.</param>
    /// <param name="program">The built-in circuit that it belongs to.</param>
    public async Task<JsonObject> RunAsync(string zkey, string program)
    {
        CancellationToken cancellation = output.Cancellation;
        long start = Stopwatch.GetTimestamp();
        await using ProvingHost host = await ProvingHost.StartAsync(
            new ServiceSetup { Folder = folder, Grpc = new(IPAddress.Loopback, 0), Web = new(IPAddress.Loopback, 0) },
            logging => logging.SetMinimumLevel(LogLevel.None),
            cancellation).ConfigureAwait(false);
        output.Say($"A service at {host.GrpcAddress}, with {host.StoreName}");
        using var client = new ProvingClient(host.GrpcAddress.ToString());
        Say("started", start);

        start = Stopwatch.GetTimestamp();
        string hash = await client.UploadAsync(zkey, null, cancellation).ConfigureAwait(false);
        Circuit circuit = await client.RegisterAsync(new RegisterCircuitRequest { KeyHash = hash, Program = program }, null, cancellation).ConfigureAwait(false);
        Say("key", start, $"{program}: uploaded, every point checked, compared with its circuit");

        start = Stopwatch.GetTimestamp();
        Job job = await client.SubmitAsync(circuit.KeyHash, circuit.ExampleInputs, null, cancellation).ConfigureAwait(false);
        Say("job", start, $"{job.Id} is on disk");
        int events = 0;
        await foreach (JobEvent happened in client.WatchAsync(job.Id, 0, cancellation).ConfigureAwait(false))
        {
            events++;
            if (happened.Phase == Phase.Unspecified)
            {
                output.Say(string.Create(CultureInfo.InvariantCulture, $"               {happened.Progress,4:P0}  {happened.State.ToString().ToLowerInvariant()}"));
            }
        }

        job = await client.GetAsync(job.Id, cancellation).ConfigureAwait(false);
        Require(job.State == JobState.Done, $"the job is {job.State}: {job.Message}");
        Proof proof = await client.GetProofAsync(job.Id, cancellation).ConfigureAwait(false);
        Require(
            ReceiptSigner.Verify(proof.Receipt.PublicKey.Span, proof.Receipt.Body.Span, proof.Receipt.Signature.Span), "the receipt's signature is false");
        Say("proof", start, $"{proof.Compressed.Length} bytes, with a receipt signed by {Convert.ToHexStringLower(proof.Receipt.PublicKey.Span)[..16]}…");

        start = Stopwatch.GetTimestamp();
        var claim = new VerifyRequest { Circuit = circuit.KeyHash, Compressed = proof.Compressed, PublicInputs = { proof.PublicInputs } };
        Require((await client.VerifyAsync(claim, cancellation).ConfigureAwait(false)).Verdict == Verdict.Valid, "the proof was refused");
        byte[] other = claim.PublicInputs[0].ToByteArray();
        other[^1] ^= 1;
        claim.PublicInputs[0] = ByteString.CopyFrom(other);
        Require((await client.VerifyAsync(claim, cancellation).ConfigureAwait(false)).Verdict == Verdict.Invalid, "a proof of another statement was accepted");
        Say("verify", start, "the proof is valid; for another statement it is refused");
        output.Say();
        return new JsonObject { ["job"] = job.Id, ["events"] = events, ["verified"] = true, ["otherStatementRefused"] = true, ["receiptVerified"] = true };
    }

    private static void Require(bool condition, string failure)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"The demonstration failed: {failure}.");
        }
    }

    private void Say(string step, long start, string? note = null)
    {
        output.Say($"    {step,-8} {Output.Since(start),9}");
        if (note is not null)
        {
            output.Say($"               {note}");
        }
    }
}
