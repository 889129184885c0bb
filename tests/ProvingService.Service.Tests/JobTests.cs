// Owns: jobs over gRPC, from the submission to the proof, against a whole service in this process.

using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Org.BouncyCastle.Math.EC.Rfc8032;
using ProvingService.Algebra;
using ProvingService.Contract;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Service.Tests;

public sealed class JobTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(CurveId.Bls12381)]
    [InlineData(CurveId.Bn254)]
    public async Task A_job_leads_to_a_proof_that_verifies_in_every_form(CurveId curve)
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync(20, curve);
        Job job = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(20, curve));
        Assert.Equal(Contract.JobState.Queued, job.State);
        job = await service.Client.WaitAsync(job.Id).WaitAsync(Patience);
        Assert.Equal(Contract.JobState.Done, job.State);
        Proof proof = await service.Client.GetProofAsync(job.Id);
        Assert.Equal(curve == CurveId.Bls12381 ? 192 : 128, proof.Compressed.Length);
        Assert.True(ReceiptSigner.Verify(proof.Receipt.PublicKey.Span, proof.Receipt.Body.Span, proof.Receipt.Signature.Span));
        ReceiptBody receipt = ReceiptBody.Parser.ParseFrom(proof.Receipt.Body);
        Assert.Equal((job.Id, circuit.KeyHash, circuit.CircuitHash), (receipt.JobId, receipt.KeyHash, receipt.CircuitHash));

        // As the contract says it: what is signed, and that it is bound to this proof and statement.
        byte[] signed = [.. "proving.v1.Receipt\0"u8, .. proof.Receipt.Body.Span];
        Assert.True(Ed25519.Verify(proof.Receipt.Signature.ToByteArray(), 0, proof.Receipt.PublicKey.ToByteArray(), 0, signed, 0, signed.Length));
        Assert.Equal(SHA256.HashData(proof.Compressed.Span), receipt.ProofHash.ToByteArray());
        Assert.Equal(SHA256.HashData([.. proof.PublicInputs.SelectMany(input => input)]), receipt.PublicInputsHash.ToByteArray());
        Assert.Equal(Phases.All.Select(phase => phase.Message).Order(), receipt.Phases.Select(phase => phase.Phase).Distinct().Order());

        VerificationKey key = await service.Client.Circuits.GetVerificationKeyAsync(new() { Circuit = circuit.CircuitHash });
        Assert.Equal(key.Hash, receipt.VerificationKeyHash);
        VerifyRequest[] forms =
        [
            new() { Circuit = circuit.KeyHash, Compressed = proof.Compressed, PublicInputs = { proof.PublicInputs } },
            new() { Circuit = circuit.CircuitHash, SnarkjsProof = proof.SnarkjsProof, SnarkjsPublic = proof.SnarkjsPublic },
            new() { VerificationKey = key.Json, SnarkjsProof = proof.SnarkjsProof, PublicInputs = { proof.PublicInputs } },
        ];
        foreach (VerifyRequest form in forms)
        {
            Assert.Equal(Verdict.Valid, (await service.Client.VerifyAsync(form)).Verdict);
        }
    }

    [Fact]
    public async Task Events_follow_the_life_of_a_job_without_gaps_and_can_be_resumed()
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync();
        Job job = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs());
        List<Contract.JobEvent> events = await CollectAsync(service, job.Id, 0);
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(e => (int)e.Sequence));
        Assert.Equal(
            [Contract.JobState.Queued, Contract.JobState.Leased, Contract.JobState.Proving, Contract.JobState.Verifying, Contract.JobState.Done],
            events.Where(e => e.Phase == Phase.Unspecified).Select(e => e.State));
        foreach (Phase phase in System.Enum.GetValues<Phase>().Where(phase => phase != Phase.Unspecified))
        {
            Assert.Equal([false, true], events.Where(e => e.Phase == phase).Select(e => e.Ended));
        }

        Assert.Equal(events.Select(e => e.At.ToDateTimeOffset()).Order(), events.Select(e => e.At.ToDateTimeOffset()));
        Assert.Equal(events.Select(e => e.Progress).Order(), events.Select(e => e.Progress));
        Assert.Equal(1, events[^1].Progress);
        ulong middle = events[events.Count / 2].Sequence;
        Assert.Equal(events.Where(e => e.Sequence > middle), await CollectAsync(service, job.Id, middle));
    }

    [Fact]
    public async Task A_witness_is_taken_as_a_file_and_deleted_at_the_end()
    {
        await using TestService service = await TestService.StartAsync();
        ChainFiles files = TestService.ChainOf(30);
        Circuit circuit = await service.Client.RegisterAsync(new RegisterCircuitRequest
        {
            KeyHash = await service.Client.UploadAsync(files.Key),
            R1CsHash = await service.Client.UploadAsync(files.R1cs),
            Name = "brought",
            AllowInsecure = true,
        });
        Assert.Equal(("brought", ""), (circuit.Name, circuit.Program));
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitAsync(circuit.KeyHash, files.Inputs));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Job job = await service.Client.WaitAsync((await service.Client.SubmitWitnessAsync(circuit.KeyHash, files.Witness)).Id).WaitAsync(Patience);
        Assert.Equal(Contract.JobState.Done, job.State);
        await NoInputsAsync(service);
    }

    [Fact]
    public async Task Inputs_are_deleted_however_a_job_ends_and_kept_for_the_one_that_waits()
    {
        // Without a worker, and with no room for a third.
        await using TestService service = await TestService.StartAsync(
            setup => setup with { Workers = 0, Options = setup.Options with { MaxQueued = 2, ReapInterval = TimeSpan.FromMilliseconds(100) } });
        ChainFiles files = TestService.ChainOf(30);
        string key = (await service.RegisterChainAsync(30)).KeyHash;
        string inputs = Path.Combine(service.Folder, "inputs");
        Job waiting = await service.Client.SubmitWitnessAsync(key, files.Witness, new JobOptions { IdempotencyKey = "once" });
        string[] one = [Path.Combine(inputs, Guid.Parse(waiting.Id).ToString("N"))];
        Assert.Equal(one, Directory.GetFiles(inputs));

        // The same once more is the same job, other content is refused, and so is what comes too late or broken off.
        Assert.Equal(waiting.Id, (await service.Client.SubmitWitnessAsync(key, files.Witness, new JobOptions { IdempotencyKey = "once" })).Id);
        await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitWitnessAsync(key, files.Witness, new JobOptions { IdempotencyKey = "once", Priority = 1 }));
        using (AsyncClientStreamingCall<SubmitWitnessRequest, Job> call = service.Client.Jobs.SubmitWitness())
        {
            await call.RequestStream.WriteAsync(new() { Header = new() { Circuit = key, Size = (ulong)new FileInfo(files.Witness).Length } });
            await call.RequestStream.WriteAsync(new() { Data = Google.Protobuf.ByteString.CopyFrom(new byte[100]) });
            await call.RequestStream.CompleteAsync();
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        }

        Assert.Equal(one, Directory.GetFiles(inputs));

        // One expires, one finds the queue full, and the first is cancelled.
        Job expiring = await service.Client.SubmitWitnessAsync(
            key, files.Witness, new JobOptions { Deadline = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(2)) });
        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitWitnessAsync(key, files.Witness))).StatusCode);
        Assert.Equal(Contract.JobState.Expired, (await service.Client.WaitAsync(expiring.Id).WaitAsync(Patience)).State);
        for (int i = 0; i < 600 && Directory.GetFiles(inputs).Length > 1; i++)
        {
            await Task.Delay(50);
        }

        Assert.Equal(one, Directory.GetFiles(inputs));
        await service.Client.CancelAsync(waiting.Id);
        Assert.Empty(Directory.GetFiles(inputs));
    }

    [Fact]
    public async Task Inputs_that_were_changed_or_are_gone_make_no_proof()
    {
        using var folder = new TestKit.TemporaryFolder();
        string changed, gone;
        await using (TestService front = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path))
        {
            string key = (await front.RegisterChainAsync(30)).KeyHash;
            changed = (await front.Client.SubmitWitnessAsync(key, TestService.ChainOf(30).Witness)).Id;
            gone = (await front.Client.SubmitWitnessAsync(key, TestService.ChainOf(30).Witness)).Id;
        }

        string PathOf(string job) => Path.Combine(folder.Path, "inputs", Guid.Parse(job).ToString("N"));
        byte[] witness = await File.ReadAllBytesAsync(PathOf(changed));
        witness[^32] ^= 1;
        await File.WriteAllBytesAsync(PathOf(changed), witness);
        File.Delete(PathOf(gone));
        await using TestService service = await TestService.StartAsync(null, folder.Path);
        foreach (string id in (string[])[changed, gone])
        {
            Job job = await service.Client.WaitAsync(id).WaitAsync(Patience);
            Assert.Equal((Contract.JobState.Failed, Contract.FailureReason.InputLost), (job.State, job.Reason));
        }
    }

    [Fact]
    public async Task A_witness_that_does_not_satisfy_fails_at_once_and_names_the_constraint()
    {
        await using TestService service = await TestService.StartAsync();
        ChainFiles files = TestService.ChainOf(30);
        Circuit circuit = await service.Client.RegisterAsync(new RegisterCircuitRequest
        {
            KeyHash = await service.Client.UploadAsync(files.Key),
            R1CsHash = await service.Client.UploadAsync(files.R1cs),
            AllowInsecure = true,
        });
        byte[] witness = await File.ReadAllBytesAsync(files.Witness);
        witness[^32] ^= 1;
        string changed = Path.Combine(service.Folder, "changed.wtns");
        await File.WriteAllBytesAsync(changed, witness);
        Job job = await service.Client.WaitAsync((await service.Client.SubmitWitnessAsync(circuit.KeyHash, changed)).Id).WaitAsync(Patience);
        Assert.Equal((Contract.JobState.Failed, Contract.FailureReason.WitnessUnsatisfied, 1u), (job.State, job.Reason, job.Attempts));
        Assert.Contains("constraint", job.Message, StringComparison.Ordinal);

        // No witness at all: of the right length, and not what a .wtns is.
        await File.WriteAllBytesAsync(changed, new byte[witness.Length]);
        job = await service.Client.WaitAsync((await service.Client.SubmitWitnessAsync(circuit.KeyHash, changed)).Id).WaitAsync(Patience);
        Assert.Equal((Contract.JobState.Failed, Contract.FailureReason.InputInvalid), (job.State, job.Reason));
        Assert.DoesNotContain(service.Folder, job.Message, StringComparison.Ordinal);
        RpcException noProof = await Assert.ThrowsAsync<RpcException>(() => service.Client.GetProofAsync(job.Id));
        Assert.Equal(StatusCode.FailedPrecondition, noProof.StatusCode);
    }

    [Theory]
    [InlineData("""{"start": "three"}""")]
    [InlineData("""{"start": ["3"]}""")]
    [InlineData("""{"start": "3", "more": 1}""")]
    [InlineData("""{}""")]
    public async Task Inputs_that_are_not_the_circuits_fail_with_their_reason(string inputs)
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync();
        Job job = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, inputs)).Id).WaitAsync(Patience);
        Assert.Equal((Contract.JobState.Failed, Contract.FailureReason.InputInvalid, 1u), (job.State, job.Reason, job.Attempts));
        Assert.NotEqual("", job.Message);
    }

    [Theory]
    [InlineData("", "inputs")]
    [InlineData("[1]", "inputs")]
    [InlineData("{\"a\":", "line 1")]
    [InlineData("{} {}", "inputs")]
    public async Task Inputs_that_are_no_object_are_refused_at_once(string inputs, string said)
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync();
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitAsync(circuit.KeyHash, inputs));
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains(said, refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_submission_gives_the_same_job_and_other_content_is_refused()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync();
        string inputs = TestService.ChainInputs();
        var options = new JobOptions { IdempotencyKey = "payment 17" };
        Job first = await service.Client.SubmitAsync(circuit.KeyHash, inputs, options);
        Assert.Equal(first.Id, (await service.Client.SubmitAsync(circuit.CircuitHash, inputs, options)).Id);
        options.Deadline = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(1));
        Assert.Equal(first.Id, (await service.Client.SubmitAsync(circuit.KeyHash, inputs, options)).Id);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitAsync(circuit.KeyHash, inputs + " ", options));
        Assert.Equal(StatusCode.AlreadyExists, refusal.StatusCode);
        Assert.Contains(first.Id, refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Identical_work_is_answered_from_the_cache_if_the_caller_allows_it()
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync();
        string inputs = TestService.ChainInputs();
        Job first = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, inputs)).Id).WaitAsync(Patience);
        Job cached = await service.Client.SubmitAsync(circuit.KeyHash, inputs, new JobOptions { AllowCached = true });
        Assert.Equal((Contract.JobState.Done, first.Id), (cached.State, cached.CachedFrom));
        Assert.Equal((await service.Client.GetProofAsync(first.Id)).Compressed, (await service.Client.GetProofAsync(cached.Id)).Compressed);
        Job made = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, inputs)).Id).WaitAsync(Patience);
        Assert.NotEqual((await service.Client.GetProofAsync(first.Id)).Compressed, (await service.Client.GetProofAsync(made.Id)).Compressed);
    }

    [Fact]
    public async Task A_deadline_that_cannot_be_met_is_refused_and_one_that_passes_expires()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync();
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitAsync(
            circuit.KeyHash, TestService.ChainInputs(), new JobOptions { Deadline = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(-1)) }));
        Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode);
        Job job = await service.Client.SubmitAsync(
            circuit.KeyHash, TestService.ChainInputs(), new JobOptions { Deadline = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(1)) });
        Assert.Equal(Contract.JobState.Expired, (await service.Client.WaitAsync(job.Id).WaitAsync(Patience)).State);
    }

    [Fact]
    public async Task A_deadline_that_is_too_near_by_now_finds_the_job_of_the_same_submission_and_a_proof_that_is_there()
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync();
        var late = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(-1));
        Job job = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), new JobOptions { IdempotencyKey = "once" });
        await service.Client.WaitAsync(job.Id).WaitAsync(Patience);
        Job again = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), new JobOptions { IdempotencyKey = "once", Deadline = late });
        Assert.Equal((job.Id, Contract.JobState.Done), (again.Id, again.State));
        Job cached = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), new JobOptions { AllowCached = true, Deadline = late });
        Assert.Equal(job.Id, cached.CachedFrom);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitAsync(
            circuit.KeyHash, TestService.ChainInputs(), new JobOptions { IdempotencyKey = "another", Deadline = late }));
        Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode);
        Assert.Equal(2, (await service.Client.Jobs.ListJobsAsync(new())).Jobs.Count);
    }

    [Fact]
    public async Task A_submission_that_is_no_longer_taken_finds_the_job_that_it_made_before()
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync();
        var once = new JobOptions { IdempotencyKey = "once" };
        Job job = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), once);
        await service.Client.WaitAsync(job.Id).WaitAsync(Patience);
        await service.Client.Circuits.RetireCircuitAsync(new() { Circuit = circuit.KeyHash });
        Job again = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), once);
        Assert.Equal((job.Id, Contract.JobState.Done), (again.Id, again.State));
        foreach (JobOptions another in (JobOptions[])[new(), new() { IdempotencyKey = "another" }])
        {
            RpcException refusal = await Assert.ThrowsAsync<RpcException>(
                () => service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), another));
            Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
            Assert.Contains("retired", refusal.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Single((await service.Client.Jobs.ListJobsAsync(new())).Jobs);
    }

    [Fact]
    public async Task A_waiting_job_is_cancelled_at_once_and_a_running_one_soon()
    {
        const int Long = 200_000;
        await using TestService service = await TestService.StartAsync(setup => setup with { Options = setup.Options with { Slots = 1 } });
        Circuit circuit = await service.RegisterChainAsync(Long);
        Job running = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(Long));
        await foreach (Contract.JobEvent happened in service.Client.WatchAsync(running.Id))
        {
            if (happened.State >= Contract.JobState.Leased)
            {
                break;
            }
        }

        Job waiting = await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(Long));
        Assert.Equal(Contract.JobState.Cancelled, (await service.Client.CancelAsync(waiting.Id)).State);
        await service.Client.CancelAsync(running.Id);
        Assert.Equal(Contract.JobState.Cancelled, (await service.Client.WaitAsync(running.Id).WaitAsync(Patience)).State);
        Assert.Equal(Contract.JobState.Cancelled, (await service.Client.CancelAsync(running.Id)).State);
    }

    [Fact]
    public async Task A_full_queue_refuses_with_a_time_to_come_back()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0, Options = setup.Options with { MaxQueued = 3 } });
        Circuit circuit = await service.RegisterChainAsync();
        for (int i = 0; i < 3; i++)
        {
            await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs());
        }

        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs()));
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.True(long.Parse(refusal.Trailers.Get("retry-after-ms")!.Value) > 0);
    }

    [Fact]
    public async Task Jobs_survive_a_restart_and_are_proved_then()
    {
        using var folder = new TestKit.TemporaryFolder();
        string id;
        await using (TestService before = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path))
        {
            Circuit circuit = await before.RegisterChainAsync();
            id = (await before.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs())).Id;
        }

        await using TestService after = await TestService.StartAsync(null, folder.Path);
        Assert.Equal(Contract.JobState.Done, (await after.Client.WaitAsync(id).WaitAsync(Patience)).State);
    }

    [Fact]
    public async Task Lists_are_filtered_and_paged()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync();
        var ids = new List<string>();
        for (int i = 0; i < 7; i++)
        {
            var options = new JobOptions { Labels = { ["batch"] = (i % 2).ToString(System.Globalization.CultureInfo.InvariantCulture) } };
            ids.Add((await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs(), options)).Id);
        }

        ids.Reverse();
        var seen = new List<string>();
        var request = new ListJobsRequest { PageSize = 3, Circuit = circuit.KeyHash, States = { Contract.JobState.Queued } };
        do
        {
            ListJobsResponse page = await service.Client.Jobs.ListJobsAsync(request);
            seen.AddRange(page.Jobs.Select(job => job.Id));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.Equal(ids, seen);
        Assert.Equal(3, (await service.Client.Jobs.ListJobsAsync(new() { Labels = { "batch=1" } })).Jobs.Count);
        Assert.Empty((await service.Client.Jobs.ListJobsAsync(new() { States = { Contract.JobState.Done } })).Jobs);
        ListJobsRequest[] impossible =
        [
            new() { Labels = { "batch=\0" } },
            new() { Labels = { Enumerable.Range(0, 1000).Select(i => $"l{i}=1") } },
            new() { Tenant = "\0" },
            new() { PageSize = 1001 },
            new() { PageToken = "the next one" },
        ];
        foreach (ListJobsRequest one in impossible)
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => service.Client.Jobs.ListJobsAsync(one).ResponseAsync)).StatusCode);
        }
    }

    [Theory]
    [InlineData("no such", StatusCode.InvalidArgument)]
    [InlineData("01a20075-2de0-7158-84f1-a574807f4712", StatusCode.NotFound)]
    public async Task Unknown_jobs_are_said_to_be_so(string id, StatusCode code)
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Func<Task>[] calls =
        [
            () => service.Client.GetAsync(id),
            () => service.Client.CancelAsync(id),
            () => service.Client.GetProofAsync(id),
            () => service.Client.WaitAsync(id),
            () => CollectAsync(service, id, 0),
        ];
        foreach (Func<Task> call in calls)
        {
            Assert.Equal(code, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
        }
    }

    private static async Task<List<Contract.JobEvent>> CollectAsync(TestService service, string job, ulong after)
    {
        var events = new List<Contract.JobEvent>();
        using var end = new CancellationTokenSource(Patience);
        await foreach (Contract.JobEvent happened in service.Client.WatchAsync(job, after, end.Token))
        {
            events.Add(happened);
        }

        return events;
    }

    /// <summary>A worker deletes inputs when the end of their job is on disk, which is when clients hear of it too.</summary>
    private static async Task NoInputsAsync(TestService service)
    {
        for (int i = 0; i < 600 && Directory.GetFiles(Path.Combine(service.Folder, "inputs")).Length > 0; i++)
        {
            await Task.Delay(50);
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(service.Folder, "inputs")));
    }
}
