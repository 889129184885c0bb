// Owns: what one tenant can learn of another's jobs: nothing, by whatever method it tries.

using Grpc.Core;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class TenantTests
{
    private const string Inputs = """{"start":"5"}""";

    [Fact]
    public async Task ForeignJobsAreAsIfTheyWereNot()
    {
        await using SecuredService service = await StartAsync();
        Jobs.JobsClient owner = service.Jobs("owner"), thief = service.Jobs("thief");
        Job job = await service.ProveAsync(owner, Inputs);
        Assert.Equal(Contract.JobState.Done, job.State);
        string missing = Guid.CreateVersion7().ToString();
        foreach (Func<string, Task> attempt in (Func<string, Task>[])
        [
            async id => await thief.GetJobAsync(new() { Id = id }),
            async id => await thief.WaitJobAsync(new() { Id = id }),
            async id => await thief.CancelJobAsync(new() { Id = id }),
            async id => await thief.GetProofAsync(new() { Id = id }),
            async id =>
            {
                using AsyncServerStreamingCall<Contract.JobEvent> watch = thief.WatchJob(new() { Id = id });
                Assert.False(await watch.ResponseStream.MoveNext(default));
            },
        ])
        {
            RpcException foreign = await Assert.ThrowsAsync<RpcException>(() => attempt(job.Id));
            RpcException none = await Assert.ThrowsAsync<RpcException>(() => attempt(missing));
            Assert.Equal(StatusCode.NotFound, foreign.StatusCode);
            Assert.Equal(none.Status.Detail.Replace(missing, job.Id, StringComparison.Ordinal), foreign.Status.Detail);
            Assert.Equal(none.Trailers.Select(entry => entry.Key), foreign.Trailers.Select(entry => entry.Key));
        }

        using var web = new HttpClient { BaseAddress = service.Host.WebAddress };
        web.DefaultRequestHeaders.Authorization = new("Bearer", service.KeyOf("thief"));
        foreach (string path in (string[])["", "/events", "/proof", ":wait"])
        {
            Assert.Equal(await AnswerAsync(web, missing, path), (await AnswerAsync(web, job.Id, path)).Replace(job.Id, missing, StringComparison.Ordinal));
        }

        Assert.Empty((await thief.ListJobsAsync(new())).Jobs);
        Assert.Empty((await thief.ListJobsAsync(new() { Tenant = "owners", PageToken = job.Id })).Jobs);
        Assert.Empty((await thief.ListJobsAsync(new() { Tenant = "owners" })).Jobs);

        // Another key of the same tenant sees it; so does an admin, of all tenants or of one.
        Assert.Equal(job.Id, (await service.Jobs("colleague").GetJobAsync(new() { Id = job.Id })).Id);
        Jobs.JobsClient admin = service.Jobs("admin");
        Assert.Equal("owners", Assert.Single((await admin.ListJobsAsync(new())).Jobs).Tenant);
        Assert.Single((await admin.ListJobsAsync(new() { Tenant = "owners" })).Jobs);
        Assert.Empty((await admin.ListJobsAsync(new() { Tenant = "thieves" })).Jobs);
    }

    [Fact]
    public async Task IdempotencyKeysAndCachedProofsAreATenantsOwn()
    {
        await using SecuredService service = await StartAsync();
        Jobs.JobsClient owner = service.Jobs("owner"), thief = service.Jobs("thief");
        var options = new JobOptions { IdempotencyKey = "order-1", AllowCached = true };
        Job first = await service.ProveAsync(owner, Inputs, options);

        // The same name for other content is no conflict between tenants, and the same content is no copy.
        Job other = await service.ProveAsync(thief, """{"start":"6"}""", options);
        Job same = await service.ProveAsync(thief, Inputs, new JobOptions { AllowCached = true });
        Assert.Equal(3, new[] { first.Id, other.Id, same.Id }.Distinct().Count());
        Assert.Empty(same.CachedFrom);
        Assert.Equal(first.Id, (await service.ProveAsync(owner, Inputs, new JobOptions { AllowCached = true })).CachedFrom);
        Assert.Equal(first.Id, (await owner.SubmitJobAsync(new() { Circuit = service.Circuit, Inputs = Inputs, Options = options })).Id);
        RpcException conflict = await Assert.ThrowsAsync<RpcException>(
            async () => await owner.SubmitJobAsync(new() { Circuit = service.Circuit, Inputs = """{"start":"7"}""", Options = options }));
        Assert.Equal(StatusCode.AlreadyExists, conflict.StatusCode);
    }

    private static async Task<string> AnswerAsync(HttpClient client, string id, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri($"/v1/jobs/{id}{path}", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private static Task<SecuredService> StartAsync() =>
        SecuredService.StartAsync(["owner owners submit,read", "colleague owners read", "thief thieves submit,read", "admin house read,admin"]);
}
