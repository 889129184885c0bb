// Owns: tests of health and reflection, over HTTP and over gRPC, while the service runs and while it stops; and of the log of requests.

using System.Text.Json.Nodes;
using Grpc.Core;
using Grpc.Health.V1;
using ProvingService.Contract;
using ProvingService.Grpc;
using Xunit;

namespace ProvingService.Service.Tests.Web;

[Collection("web")]
public sealed class HealthTests(WebFixture fixture)
{
    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    [InlineData("/healthz")]
    public async Task A_running_service_is_live_and_ready(string path) => Assert.Equal("ok", (string?)(await fixture.Service.GetAsync(path))["status"]);

    [Fact]
    public async Task Every_service_of_the_contract_is_serving()
    {
        using var channel = GrpcChannel.ForAddress(fixture.Service.Service.Host.GrpcAddress.ToString());
        var health = new Health.HealthClient(channel.CreateCallInvoker());
        foreach (string name in ProvingReflection.Descriptor.Services.Select(service => service.FullName).Append(""))
        {
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest { Service = name })).Status);
        }
    }

    [Fact]
    public async Task A_service_whose_store_is_away_is_live_and_not_ready()
    {
        await using WebService service = await WebService.StartAsync(setup => setup with { Workers = 0 });
        Assert.Equal("ok", (string?)(await service.GetAsync("/healthz/ready"))["status"]);
        using var database = new SqliteConnection(Path.Combine(service.Service.Folder, "service.db"), writable: true);
        database.WaitForLocks(TimeSpan.FromSeconds(30));
        database.ExecuteScript("ALTER TABLE workers RENAME TO workers_away");
        await Waiting.ForAsync(async () => (int)(await service.Http.GetAsync("/healthz/ready")).StatusCode == 503);
        using HttpResponseMessage ready = await service.Http.GetAsync("/healthz/ready");
        Assert.Equal("unavailable", (string?)JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["status"]);
        Assert.Equal("ok", (string?)(await service.GetAsync("/healthz/live"))["status"]);
        string metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains("proving_store_up 0\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("proving_queue_depth{", metrics, StringComparison.Ordinal);

        using var channel = GrpcChannel.ForAddress(service.Service.Host.GrpcAddress.ToString());
        var health = new Health.HealthClient(channel.CreateCallInvoker());
        await Waiting.ForAsync(async () => (await health.CheckAsync(new HealthCheckRequest { Service = "proving.v1.Jobs" })).Status == HealthCheckResponse.Types.ServingStatus.NotServing);

        database.ExecuteScript("ALTER TABLE workers_away RENAME TO workers");
        await Waiting.ForAsync(async () => (int)(await service.Http.GetAsync("/healthz")).StatusCode == 200);
        await Waiting.ForAsync(async () => (await health.CheckAsync(new HealthCheckRequest())).Status == HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Fact]
    public async Task Those_who_watch_are_told_that_the_service_stops()
    {
        WebService service = await WebService.StartAsync(setup => setup with { Workers = 0 });
        using var channel = GrpcChannel.ForAddress(service.Service.Host.GrpcAddress.ToString());
        using AsyncServerStreamingCall<HealthCheckResponse> watch = new Health.HealthClient(channel.CreateCallInvoker()).Watch(new HealthCheckRequest());
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);
        Task stopped = service.DisposeAsync().AsTask();
        Assert.True(await watch.ResponseStream.MoveNext());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        watch.Dispose();
        await stopped;
    }

    [Fact]
    public async Task Requests_are_logged_with_their_job_and_without_what_they_said()
    {
        await using WebService service = await WebService.StartAsync(setup => setup with { Workers = 0 });
        string circuit = await service.RegisterAsync(fixture.Key);
        string job = await service.SubmitAsync(circuit, new JsonObject { ["labels"] = new JsonObject { ["team"] = "marker-label" } }, "{\"start\":\"987654321\"}");
        await service.Service.Client.Jobs.GetJobAsync(new GetJobRequest { Id = job });
        string[] lines = [.. service.Service.Log.Lines];
        Assert.Contains(lines, line => line.Contains("rest proving.v1.Jobs/SubmitJob: OK", StringComparison.Ordinal) && line.Contains($"tenant local, job {job}", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("grpc proving.v1.Jobs/GetJob: OK", StringComparison.Ordinal) && line.Contains(job, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("987654321", StringComparison.Ordinal) || line.Contains("marker-label", StringComparison.Ordinal));
    }
}
