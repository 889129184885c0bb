// Owns: secrets stay where they belong: inputs and keys are in no log, error, figure or file once a job has ended, however it ended.

using System.Globalization;
using System.Text;
using Grpc.Core;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class SecretsTests
{
    /// <summary>Less than both fields, found nowhere by chance.</summary>
    private const string Marker = "8675309123456789018675309123456789";

    /// <summary>No number, and behind a quote: not to be found by masking numbers or the nearest quotes.</summary>
    private const string Word = "hunterspassphrase";

    [Fact]
    public async Task InputsAndKeysLeaveNoTrace()
    {
        await using SecuredService service = await SecuredService.StartAsync(
            ["user t submit,read"],
            setup => setup with { Options = new ServiceOptions { InlineInputBytes = 200, FirstRest = TimeSpan.FromMilliseconds(50), MaxInputBytes = 4000 } });
        Jobs.JobsClient jobs = service.Jobs("user");
        var told = new StringBuilder();

        // Good jobs, kept in the store and as a file; jobs that fail by their inputs; one that is cancelled.
        var ends = new List<JobState>();
        foreach (string inputs in (string[])
        [
            $$"""{"start":"{{Marker}}"}""",
            $$$"""{"start":"{{{Marker}}}"{{{new string(' ', 300)}}}}""",
            $$"""{"start":"{{Marker}}x"}""",
            $$"""{"start":["{{Marker}}"]}""",
            $$"""{"start":"a' {{Word}} '"}""",
            $$"""{"start":"1","a' {{Word}} '":"2"}""",
            $$$"""{"start":{"a":"{{{Marker}}}"}}""",
            $$"""{"start":"1","{{Marker}}":"2"}""",
            $$"""{"start":"{{Marker}}{{Marker}}{{Marker}}"}""",
            $$$"""{"start":-{{{Marker}}}}""",
        ])
        {
            Job job = await service.ProveAsync(jobs, inputs);
            told.Append(job);
            ends.Add((JobState)job.State);
        }

        Assert.Equal([JobState.Done, JobState.Done], ends[..2]);
        Assert.Contains(JobState.Failed, ends);

        Job cancelled = await jobs.SubmitJobAsync(new SubmitJobRequest { Circuit = service.Circuit, Inputs = $$"""{"start":"{{Marker}}"}""" });
        told.Append(await jobs.CancelJobAsync(new() { Id = cancelled.Id }));
        told.Append(await jobs.WaitJobAsync(new() { Id = cancelled.Id }, deadline: DateTime.UtcNow + SecuredService.Patience));
        foreach (SubmitJobRequest request in (SubmitJobRequest[])
        [
            new() { Circuit = service.Circuit, Inputs = Marker },
            new() { Circuit = service.Circuit, Inputs = $"[\"{Marker}\"]" },
            new() { Circuit = service.Circuit, Inputs = $$"""{"start":"{{Marker}}" """ },
            new() { Circuit = service.Circuit, Inputs = $$"""{"start":"{{Marker}}"}{{Marker}}""" },
            new() { Circuit = service.Circuit, Inputs = $$$"""{"start":"{{{Marker}}}"{{{new string(' ', 5000)}}}}""" },
            new() { Circuit = new string('0', 64), Inputs = $$"""{"start":"{{Marker}}"}""" },
        ])
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await jobs.SubmitJobAsync(request));
            told.Append(refused.Status).Append(string.Join(' ', refused.Trailers.Select(entry => entry.ToString())));
        }

        // Credentials that are almost right, and nobody.
        string key = service.KeyOf("user");
        foreach (string credential in (string[])[key + "x", "x" + key, $"{key} {key}", $"{key}.{key}.{key}"])
        {
            RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await new Jobs.JobsClient(service.Bearing(credential)).ListJobsAsync(new()));
            told.Append(refused.Status);
        }

        using (var client = new HttpClient { BaseAddress = service.Host.WebAddress })
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
            told.Append(await (await client.GetAsync(new Uri("/metrics", UriKind.Relative))).Content.ReadAsStringAsync());
            told.Append(await (await client.GetAsync(new Uri("/v1/jobs", UriKind.Relative))).Content.ReadAsStringAsync());
            using var hidden = new StringContent($$$"""{"circuit":"{{{service.Circuit}}}","inputs":"{{{Marker}}}","{{{Marker}}}":1}""", null, "application/json");
            HttpResponseMessage refused = await client.PostAsync(new Uri("/v1/jobs", UriKind.Relative), hidden);
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, refused.StatusCode);
        }

        await service.StopAsync();
        string log = service.Log.Text;
        Assert.Contains("Job ", log, StringComparison.Ordinal);
        Assert.Contains("was refused", log, StringComparison.Ordinal);
        string[] secrets = [Marker, Word, key[5..], Convert.ToHexString(LittleEndian(Marker)), Convert.ToBase64String(Encoding.UTF8.GetBytes(Marker))[..40]];
        foreach (string secret in secrets)
        {
            Assert.DoesNotContain(secret, told.ToString(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase);
        }

        byte[][] patterns = [Encoding.UTF8.GetBytes(Marker), Encoding.UTF8.GetBytes(Word), Encoding.UTF8.GetBytes(key[5..]), LittleEndian(Marker)];
        string[] files = Directory.GetFiles(service.Folder, "*", SearchOption.AllDirectories);
        Assert.Contains(service.DatabaseFile, files);
        foreach (string file in files)
        {
            byte[] content = await File.ReadAllBytesAsync(file);
            Assert.All(patterns, pattern => Assert.True(content.AsSpan().IndexOf(pattern) < 0, $"{Path.GetRelativePath(service.Folder, file)} holds a secret"));
        }
    }

    private static byte[] LittleEndian(string number) => System.Numerics.BigInteger.Parse(number, CultureInfo.InvariantCulture).ToByteArray(isUnsigned: true);
}
