// Owns: uploads and registrations over gRPC: what is refused and why, what is kept, and keys in memory.

using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using ProvingService.Algebra;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests;

public sealed class CircuitTests
{
    [Fact]
    public async Task A_circuit_is_described_with_its_inputs_key_and_contract()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync(40, CurveId.Bn254);
        Assert.Equal((40ul, 1u, "multiplication-chain-40", Curve.Bn254), (circuit.Constraints, circuit.PublicInputs, circuit.Program, circuit.Curve));
        Contract.InputSignal start = Assert.Single(circuit.Inputs);
        Assert.Equal(("start", false), (start.Name, start.IsPublic));
        Assert.Contains("start", circuit.ExampleInputs, StringComparison.Ordinal);
        Assert.Equal(circuit, await service.Client.Circuits.GetCircuitAsync(new() { Circuit = circuit.CircuitHash }));
        Assert.Equal(circuit.KeyHash, Assert.Single((await service.Client.Circuits.ListCircuitsAsync(new())).Circuits).KeyHash);
        Assert.Contains("\"protocol\"", (await service.Client.Circuits.GetVerificationKeyAsync(new() { Circuit = circuit.KeyHash })).Json, StringComparison.Ordinal);
        Assert.Contains("contract", (await service.Client.Circuits.GetSolidityVerifierAsync(new() { Circuit = circuit.KeyHash })).Source, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retired_circuit_takes_no_jobs_and_waiting_ones_fail()
    {
        using var folder = new TestKit.TemporaryFolder();
        string id, key;
        await using (TestService front = await TestService.StartAsync(setup => setup with { Workers = 0 }, folder.Path))
        {
            Circuit circuit = await front.RegisterChainAsync();
            key = circuit.KeyHash;
            id = (await front.Client.SubmitAsync(key, TestService.ChainInputs())).Id;
            Assert.True((await front.Client.Circuits.RetireCircuitAsync(new() { Circuit = key })).Retired);
            RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => front.Client.SubmitAsync(key, TestService.ChainInputs()));
            Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
            Assert.Empty((await front.Client.Circuits.ListCircuitsAsync(new())).Circuits);
            Assert.Single((await front.Client.Circuits.ListCircuitsAsync(new() { IncludeRetired = true })).Circuits);
        }

        await using TestService service = await TestService.StartAsync(null, folder.Path);
        Job job = await service.Client.WaitAsync(id).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((Contract.JobState.Failed, Contract.FailureReason.CircuitRetired), (job.State, job.Reason));

        // Registered again, it is active again.
        Assert.False((await service.RegisterChainAsync()).Retired);
        Assert.Equal(Contract.JobState.Done, (await service.Client.WaitAsync((await service.Client.SubmitAsync(key, TestService.ChainInputs())).Id)).State);
    }

    [Fact]
    public async Task An_upload_goes_on_where_it_broke_off()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        byte[] file = await File.ReadAllBytesAsync(TestService.ChainOf(500).Key);
        string hash = Convert.ToHexStringLower(SHA256.HashData(file));
        Upload half = await SendAsync(service, hash, file.Length, 0, file[..1000]);
        Assert.Equal((1000ul, false), (half.Committed, half.Complete));
        Assert.Equal(half, await service.Client.Circuits.GetUploadAsync(new() { Hash = hash }));
        Assert.Equal(StatusCode.OutOfRange, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(service, hash, file.Length, 500, file[500..]))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(service, hash, file.Length, 1000, [.. file[1000..], 0]))).StatusCode);
        int stand = (int)(await service.Client.Circuits.GetUploadAsync(new() { Hash = hash })).Committed;
        Upload whole = await SendAsync(service, hash, file.Length, stand, file[stand..]);
        Assert.Equal(((ulong)file.Length, true), (whole.Committed, whole.Complete));
        Assert.Equal(file, await File.ReadAllBytesAsync(Path.Combine(service.Folder, "objects", hash[..2], hash)));

        // Once more costs nothing.
        Assert.True((await SendAsync(service, hash, file.Length, 0, [])).Complete);
    }

    [Fact]
    public async Task A_file_with_another_hash_is_thrown_away()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        string hash = Convert.ToHexStringLower(SHA256.HashData([1, 2, 3]));
        Assert.Equal(StatusCode.DataLoss, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(service, hash, 3, 0, [1, 2, 4]))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(
            () => service.Client.Circuits.GetUploadAsync(new() { Hash = hash }).ResponseAsync)).StatusCode);
        Assert.Empty(Directory.GetFiles(Path.Combine(service.Folder, "uploads")));
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("../../etc/passwd", 3)]
    [InlineData("ABCDEF", 3)]
    public async Task Hashes_that_are_none_touch_no_file(string hash, long size)
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => SendAsync(service, hash, size, 0, [1, 2, 3]))).StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(
            () => service.Client.RegisterAsync(new RegisterCircuitRequest { KeyHash = hash }))).StatusCode);
    }

    /// <summary>What is changed in a key, and whether an eye on the sections or only one on the points sees it.</summary>
    public static TheoryData<string> Damages => ["truncated", "garbage", "coefficient", "point", "swapped points"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_key_is_refused_with_the_place(string damage)
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        byte[] file = await File.ReadAllBytesAsync(TestService.ChainOf(50).Key);
        switch (damage)
        {
            case "truncated":
                file = file[..^100];
                break;
            case "garbage":
                RandomNumberGenerator.Fill(file);
                break;
            case "coefficient":
                file[SectionOf(file, 4) + 4 + 12 + 31] = 0xff;
                break;
            case "point":
                file[SectionOf(file, 5) + 64 + 1] ^= 1;
                break;
            default:
                // Two points of B1 change places: each is right by itself, and proofs would be false.
                int at = SectionOf(file, 6);
                (int first, int second) = TwoDifferent(file, at);
                byte[] kept = file[first..(first + 64)];
                file.AsSpan(second, 64).CopyTo(file.AsSpan(first));
                kept.CopyTo(file.AsSpan(second));
                break;
        }

        string path = Path.Combine(service.Folder, "damaged.zkey");
        await File.WriteAllBytesAsync(path, file);
        var request = new RegisterCircuitRequest { KeyHash = await service.Client.UploadAsync(path), AllowInsecure = true };
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.RegisterAsync(request));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.DoesNotContain(service.Folder, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Empty((await service.Client.Circuits.ListCircuitsAsync(new())).Circuits);
    }

    [Fact]
    public async Task A_key_of_another_circuit_is_refused()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        string key = await service.Client.UploadAsync(TestService.ChainOf(50).Key);
        string other = await service.Client.UploadAsync(TestService.ChainOf(51).R1cs);
        RegisterCircuitRequest[] requests =
        [
            new() { KeyHash = key, R1CsHash = other, AllowInsecure = true },
            new() { KeyHash = key, Program = "multiplication-chain-51", AllowInsecure = true },
            new() { KeyHash = key, R1CsHash = other, Program = "multiplication-chain-50", AllowInsecure = true },
            new() { KeyHash = key, Program = "no such circuit", AllowInsecure = true },
            new() { KeyHash = key, R1CsHash = key, AllowInsecure = true },
            new() { KeyHash = new string('0', 64), AllowInsecure = true },
        ];
        foreach (RegisterCircuitRequest request in requests)
        {
            RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.RegisterAsync(request));
            Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
            Assert.NotEqual("", refusal.Status.Detail);
        }
    }

    [Fact]
    public async Task Keys_come_into_memory_and_go_by_order_and_by_budget()
    {
        long one = new FileInfo(TestService.ChainOf(300).Key).Length;
        await using TestService service = await TestService.StartAsync(
            setup => setup with { Options = setup.Options with { KeyMemoryBytes = 3 * one } });
        Circuit[] circuits = [await service.RegisterChainAsync(300), await service.RegisterChainAsync(301), await service.RegisterChainAsync(302)];
        KeysInMemory keys = await service.Client.Circuits.PreloadKeyAsync(new() { Circuit = circuits[0].KeyHash });
        Assert.Equal(circuits[0].KeyHash, Assert.Single(keys.Keys).KeyHash);
        await service.Client.WaitAsync((await service.Client.SubmitAsync(circuits[1].KeyHash, TestService.ChainInputs(301))).Id);
        keys = await service.Client.Circuits.PreloadKeyAsync(new() { Circuit = circuits[2].KeyHash });
        Assert.True(keys.Bytes <= keys.BudgetBytes);
        Assert.DoesNotContain(keys.Keys, key => key.KeyHash == circuits[0].KeyHash);
        keys = await service.Client.Circuits.EvictKeyAsync(new() { Circuit = circuits[2].KeyHash });
        Assert.DoesNotContain(keys.Keys, key => key.KeyHash == circuits[2].KeyHash);
        Circuit large = await service.RegisterChainAsync(5000);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(
            () => service.Client.Circuits.PreloadKeyAsync(new() { Circuit = large.KeyHash }).ResponseAsync)).StatusCode);

        // A job needs it all the same.
        Assert.Equal(
            Contract.JobState.Done, (await service.Client.WaitAsync((await service.Client.SubmitAsync(large.KeyHash, TestService.ChainInputs(5000))).Id)).State);
    }

    [Fact]
    public async Task A_key_without_contributions_is_refused()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        ChainFiles files = TestService.ChainOf();
        byte[] file = await File.ReadAllBytesAsync(files.Key);

        // As snarkjs leaves a key before the first contribution: δ is γ. They stand behind two primes, three counts, α1, β1 and β2.
        const int Gamma2 = (2 * (4 + 32)) + 12 + (2 * 64) + 128, Delta2 = Gamma2 + 128 + 64;
        int header = SectionOf(file, 2);
        file.AsSpan(header + Gamma2, 128).CopyTo(file.AsSpan(header + Delta2));
        string path = Path.Combine(service.Folder, "initial.zkey");
        await File.WriteAllBytesAsync(path, file);
        var request = new RegisterCircuitRequest { KeyHash = await service.Client.UploadAsync(path), Program = files.Name };
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(() => service.Client.RegisterAsync(request));
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Contains("no one has contributed", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.Empty((await service.Client.Circuits.ListCircuitsAsync(new())).Circuits);
    }

    [Fact]
    public async Task A_key_in_memory_follows_its_registration()
    {
        await using TestService service = await TestService.StartAsync();
        ChainFiles files = TestService.ChainOf();
        string key = await service.Client.UploadAsync(files.Key);
        await service.Client.RegisterAsync(new RegisterCircuitRequest { KeyHash = key, R1CsHash = await service.Client.UploadAsync(files.R1cs), AllowInsecure = true });
        Job job = await service.Client.WaitAsync((await service.Client.SubmitWitnessAsync(key, files.Witness)).Id);
        Assert.Equal(Contract.JobState.Done, job.State);
        await service.RegisterChainAsync();
        job = await service.Client.WaitAsync((await service.Client.SubmitAsync(key, files.Inputs)).Id);
        Assert.Equal((Contract.JobState.Done, ""), (job.State, job.Message));
    }

    [Fact]
    public async Task A_key_whose_file_is_gone_is_not_preloaded()
    {
        await using TestService service = await TestService.StartAsync(setup => setup with { Workers = 0 });
        Circuit circuit = await service.RegisterChainAsync();
        File.Delete(Path.Combine(service.Folder, "objects", circuit.KeyHash[..2], circuit.KeyHash));
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            () => service.Client.Circuits.PreloadKeyAsync(new() { Circuit = circuit.KeyHash }).ResponseAsync);
        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.DoesNotContain(service.Folder, refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_was_changed_on_disk_makes_no_proof()
    {
        await using TestService service = await TestService.StartAsync();
        Circuit circuit = await service.RegisterChainAsync();
        string path = Path.Combine(service.Folder, "objects", circuit.KeyHash[..2], circuit.KeyHash);
        byte[] file = await File.ReadAllBytesAsync(path);

        // In the record of contributions, which proofs are nowhere made of: the hash alone tells.
        file[SectionOf(file, 10)] ^= 1;
        File.Delete(path);
        await File.WriteAllBytesAsync(path, file);
        Job job = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs())).Id);
        Assert.Equal((Contract.JobState.Failed, Contract.FailureReason.KeyDamaged), (job.State, job.Reason));
        Assert.DoesNotContain(service.Folder, job.Message, StringComparison.Ordinal);

        // Brought again, it works again.
        File.Delete(path);
        await service.RegisterChainAsync();
        job = await service.Client.WaitAsync((await service.Client.SubmitAsync(circuit.KeyHash, TestService.ChainInputs())).Id);
        Assert.Equal(Contract.JobState.Done, job.State);
    }

    private static async Task<Upload> SendAsync(TestService service, string hash, long size, long offset, byte[] bytes)
    {
        using AsyncClientStreamingCall<UploadFileRequest, Upload> call = service.Client.Circuits.UploadFile();
        await call.RequestStream.WriteAsync(new() { Header = new UploadHeader { Hash = hash, Size = (ulong)size, Offset = (ulong)offset } });
        try
        {
            foreach (byte[] piece in bytes.Chunk(300))
            {
                await call.RequestStream.WriteAsync(new() { Data = ByteString.CopyFrom(piece) });
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The answer says why.
        }

        return await call.ResponseAsync;
    }

    /// <summary>Where a section of a .zkey begins.</summary>
    private static int SectionOf(byte[] file, uint wanted)
    {
        for (int at = 12; ;)
        {
            uint id = BitConverter.ToUInt32(file, at);
            long length = BitConverter.ToInt64(file, at + 4);
            if (id == wanted)
            {
                return at + 12;
            }

            at += 12 + (int)length;
        }
    }

    private static (int First, int Second) TwoDifferent(byte[] file, int section)
    {
        static bool IsPoint(ReadOnlySpan<byte> bytes) => bytes.ContainsAnyExcept((byte)0);
        int first = section;
        while (!IsPoint(file.AsSpan(first, 64)))
        {
            first += 64;
        }

        int second = first + 64;
        while (!IsPoint(file.AsSpan(second, 64)))
        {
            second += 64;
        }

        return (first, second);
    }
}
