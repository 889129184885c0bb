// Owns: a service under many jobs, a full queue, clients that never read, and h2load. Larger numbers: zkps bench service.

using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using ProvingService.Client;
using ProvingService.Contract;
using ProvingService.Service.Tests.Foreign;
using ProvingService.Service.Tests.Processes;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Service.Tests.Load;

[Collection("Processes")]
public sealed partial class LoadTests(ITestOutputHelper output)
{
    private const long Allowance = 64 << 20;

    [Fact]
    public async Task Thousands_of_jobs_are_drained_in_flat_memory_and_cancelled_jobs_end_soon()
    {
        using var folder = new TemporaryFolder();
        string figures = folder.File("figures.json");
        (int code, string text) = await ForeignClients.RunAsync(
            folder.Path,
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            Path.Combine(AppContext.BaseDirectory, "zkps.dll"), "bench", "service", "--jobs", "3000", "--overhead", "0", "--cancels", "8", "-o", figures);
        output.WriteLine(text);
        Assert.True(code == 0, text);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(figures));
        JsonElement load = document.RootElement.GetProperty("load"), cancel = document.RootElement.GetProperty("cancel");
        long first = load.GetProperty("residentBytesFirstHalf").GetInt64(), second = load.GetProperty("residentBytesSecondHalf").GetInt64();
        Assert.True(second <= (first * 5 / 4) + Allowance, $"Memory grew from {first} to {second} bytes.");
        Assert.Equal(8, cancel.GetProperty("cancelled").GetInt32());

        // The goal is a second; a machine of the tests may be busy with others.
        Assert.InRange(cancel.GetProperty("longestSeconds").GetDouble(), 0, 10);
    }

    [Fact]
    public async Task A_burst_past_the_queue_is_refused_with_a_time_to_come_back()
    {
        using var folder = new TemporaryFolder();
        using var chain = new ChainKey(8);
        await using ServiceProcess service = await ServiceProcess.ServeAsync(folder.File("data"), "--workers", "0", "--set", "MaxQueued=40");
        using var client = new ProvingClient(service.Grpc!.ToString());
        string circuit = await chain.RegisterAsync(client);
        RpcException?[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            try
            {
                await client.SubmitAsync(circuit, ChainKey.Inputs((ulong)i));
                return null;
            }
            catch (RpcException e)
            {
                return e;
            }
        }));
        Assert.Equal(40, answers.Count(answer => answer is null));
        Assert.All(answers.OfType<RpcException>(), refusal =>
        {
            Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
            Assert.True(long.Parse(refusal.Trailers.GetValue("retry-after-ms")!, CultureInfo.InvariantCulture) > 0);
        });

        // What a front end says of the queue may be a quarter of a second old.
        CapacityReport capacity = await client.Capacity.GetCapacityAsync(new());
        for (int i = 0; i < 100 && capacity.Queued < 40; i++)
        {
            await Task.Delay(100);
            capacity = await client.Capacity.GetCapacityAsync(new());
        }

        Assert.Equal(40UL, capacity.Queued);
    }

    /// <summary>Verdicts come with tags as large as their requests, and nobody takes them.</summary>
    [Fact]
    public async Task Clients_that_never_read_hold_no_memory_and_are_dropped()
    {
        const int Streams = 12, Claims = 400, TagLength = 60_000;
        using var folder = new TemporaryFolder();
        using var chain = new ChainKey(8);
        await using ServiceProcess service = await ServiceProcess.ServeAsync(folder.File("data"), "--set", "WriteTimeout=2s", "--set", "VerifyBatch=4");
        using var client = new ProvingClient(service.Grpc!.ToString());
        string circuit = await chain.RegisterAsync(client);
        Job job = await client.WaitAsync((await client.SubmitAsync(circuit, ChainKey.Inputs(3))).Id);
        Contract.Proof proof = await client.GetProofAsync(job.Id);
        var claim = new VerifyRequest { Circuit = circuit, Compressed = proof.Compressed, Tag = new string('t', TagLength) };
        claim.PublicInputs.Add(proof.PublicInputs);
        long before = service.ResidentBytes, most = before;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        Task<StatusCode>[] streams = [.. Enumerable.Range(0, Streams).Select(async _ =>
        {
            using AsyncDuplexStreamingCall<VerifyRequest, VerifyResponse> call = client.Verification.VerifyStream(cancellationToken: patience.Token);
            try
            {
                for (int i = 0; i < Claims; i++)
                {
                    await call.RequestStream.WriteAsync(claim);
                }

                // All was taken, into buffers here: the answer tells whether the call was dropped.
                await Task.Delay(TimeSpan.FromSeconds(6), patience.Token);
                while (await call.ResponseStream.MoveNext(patience.Token))
                {
                }
            }
            catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
            {
                // Why is in the status.
            }

            try
            {
                while (await call.ResponseStream.MoveNext(patience.Token))
                {
                }
            }
            catch (RpcException e)
            {
                return e.StatusCode;
            }

            return StatusCode.OK;
        })];
        Task<StatusCode[]> all = Task.WhenAll(streams);
        while (!all.IsCompleted)
        {
            most = Math.Max(most, service.ResidentBytes);
            await Task.Delay(50);
        }

        StatusCode[] ends = await all;
        output.WriteLine($"{before >> 20} MB before, at most {most >> 20} MB, {(long)Streams * Claims * TagLength >> 20} MB were to be answered; ends: {string.Join(' ', ends)}");
        Assert.False(patience.IsCancellationRequested, "A client that never reads was not dropped.");
        Assert.DoesNotContain(StatusCode.OK, ends);
        Assert.True(most <= before + (3 * Allowance), $"Memory grew from {before} to {most} bytes.");

        // The service has not suffered.
        Assert.Equal(Verdict.Valid, (await client.VerifyAsync(claim)).Verdict);
    }

    [ForeignFact(ForeignTool.H2Load)]
    public async Task H2load_finds_every_call_answered()
    {
        const int Calls = 20_000;
        using var folder = new TemporaryFolder();
        await using ServiceProcess service = await ServiceProcess.ServeAsync(folder.File("data"), "--workers", "0", "--set", "RequestsPerSecond=10000000");
        string body = folder.File("empty-message");
        await File.WriteAllBytesAsync(body, new byte[5]);
        foreach (string method in (string[])["grpc.health.v1.Health/Check", "proving.v1.Capacity/GetServiceInfo"])
        {
            (int code, string text) = await ForeignClients.RunAsync(
                folder.Path, "h2load", "-n", $"{Calls}", "-c", "4", "-m", "20", "-d", body, "-H", "content-type: application/grpc", "-H", "te: trailers", $"{service.Grpc}{method}");
            Assert.True(code == 0, text);
            Assert.Contains($"{Calls} succeeded, 0 failed, 0 errored", text, StringComparison.Ordinal);
            output.WriteLine($"{method}: {Rate().Match(text).Value}");
        }

        // HTTP says 200 to every gRPC status: one call shows which it was.
        using var client = new ProvingClient(service.Grpc!.ToString());
        Assert.Equal(32, (await client.Capacity.GetServiceInfoAsync(new())).ReceiptKey.Length);
    }

    [GeneratedRegex(@"[0-9.]+ req/s")]
    private static partial Regex Rate();
}
