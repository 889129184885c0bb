// Owns: the program that the client library's README shows. ClientReadmeTests runs it, and holds the README to this text.

// <program>
using ProvingService.Client;
using ProvingService.Contract;

internal static class Prove
{
    public static async Task<Proof> RunAsync(string address, string key, string program, string inputs, CancellationToken cancellation)
    {
        using var client = new ProvingClient(address, new ProvingClientOptions { Credential = Environment.GetEnvironmentVariable("ZKPS_API_KEY") });

        // Once for a key: what the service has already is not sent again.
        Circuit circuit = await client.RegisterAsync(
            new RegisterCircuitRequest { KeyHash = await client.UploadAsync(key, null, cancellation), Program = program }, null, cancellation);

        // With a name of its own, the submission can be sent again after anything, even by another process.
        var options = new JobOptions { IdempotencyKey = "order-4711", Labels = { ["customer"] = "alice" } };
        Job job = await client.SubmitAsync(circuit.KeyHash, inputs, options, cancellation);

        await foreach (JobEvent happened in client.WatchAsync(job.Id, 0, cancellation))
        {
            Console.WriteLine($"{happened.Sequence} {happened.State} {happened.Phase} {happened.Progress:P0}");
        }

        job = await client.WaitAsync(job.Id, cancellation);
        if (job.State != JobState.Done)
        {
            throw new InvalidOperationException($"{job.State}, {job.Reason}: {job.Message}");
        }

        Proof proof = await client.GetProofAsync(job.Id, cancellation);
        var claim = new VerifyRequest { Circuit = circuit.KeyHash, Compressed = proof.Compressed, PublicInputs = { proof.PublicInputs } };
        VerifyResponse verdict = await client.VerifyAsync(claim, cancellation);
        return verdict.Verdict == Verdict.Valid ? proof : throw new InvalidOperationException(verdict.Message);
    }
}

// </program>
