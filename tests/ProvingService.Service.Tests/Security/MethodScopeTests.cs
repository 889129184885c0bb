// Owns: every method of the contract asks for its scope, as the table here says; nobody is told more than that.

using System.Net;
using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using ProvingService.Contract;
using Xunit;

namespace ProvingService.Service.Tests.Security;

public sealed class MethodScopeTests
{
    /// <summary>By the method's full name. What is not here fails the test below.</summary>
    private static readonly Dictionary<string, string> Table = new()
    {
        ["proving.v1.Circuits.ListCircuits"] = Scopes.Read,
        ["proving.v1.Circuits.GetCircuit"] = Scopes.Read,
        ["proving.v1.Circuits.UploadFile"] = Scopes.Admin,
        ["proving.v1.Circuits.GetUpload"] = Scopes.Admin,
        ["proving.v1.Circuits.RegisterCircuit"] = Scopes.Admin,
        ["proving.v1.Circuits.GetVerificationKey"] = Scopes.Read,
        ["proving.v1.Circuits.GetSolidityVerifier"] = Scopes.Read,
        ["proving.v1.Circuits.RetireCircuit"] = Scopes.Admin,
        ["proving.v1.Circuits.PreloadKey"] = Scopes.Admin,
        ["proving.v1.Circuits.EvictKey"] = Scopes.Admin,
        ["proving.v1.Circuits.ListKeysInMemory"] = Scopes.Read,
        ["proving.v1.Jobs.SubmitJob"] = Scopes.Submit,
        ["proving.v1.Jobs.SubmitWitness"] = Scopes.Submit,
        ["proving.v1.Jobs.GetJob"] = Scopes.Read,
        ["proving.v1.Jobs.ListJobs"] = Scopes.Read,
        ["proving.v1.Jobs.WatchJob"] = Scopes.Read,
        ["proving.v1.Jobs.WaitJob"] = Scopes.Read,
        ["proving.v1.Jobs.CancelJob"] = Scopes.Submit,
        ["proving.v1.Jobs.GetProof"] = Scopes.Read,
        ["proving.v1.Verification.Verify"] = Scopes.Read,
        ["proving.v1.Verification.VerifyStream"] = Scopes.Read,
        ["proving.v1.Verification.GetVerificationStatistics"] = Scopes.Read,
        ["proving.v1.Capacity.GetCapacity"] = Scopes.Read,
        ["proving.v1.Capacity.GetServiceInfo"] = Scopes.Read,
    };

    private static readonly Marshaller<byte[]> Bytes = new(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task EveryMethodAsksForItsScope()
    {
        MethodDescriptor[] methods = [.. ProvingReflection.Descriptor.Services.SelectMany(service => service.Methods)];
        Assert.Equal(methods.Select(method => method.FullName).Order(StringComparer.Ordinal), Table.Keys.Order(StringComparer.Ordinal));
        await using SecuredService service = await SecuredService.StartAsync(
            ["only-submit t submit", "only-read t read", "only-admin t admin", "not-submit t read,admin", "not-read t submit,admin", "not-admin t submit,read"],
            setup => setup with { Workers = 0 });
        foreach (MethodDescriptor method in methods)
        {
            string scope = Table[method.FullName];
            Status nobody = await CallAsync(service.As(null), method);
            Assert.True(nobody.StatusCode == StatusCode.Unauthenticated, $"{method.FullName} by nobody: {nobody}");
            Status without = await CallAsync(service.As("not-" + scope), method);
            Assert.True(without.StatusCode == StatusCode.PermissionDenied && without.Detail.Contains($"'{scope}'", StringComparison.Ordinal), $"{method.FullName} without {scope}: {without}");
            Status with = await CallAsync(service.As("only-" + scope), method);
            Assert.True(with.StatusCode is StatusCode.OK or StatusCode.InvalidArgument, $"{method.FullName} with {scope}: {with}");
        }
    }

    [Fact]
    public async Task EveryRouteAsksForItsScope()
    {
        await using SecuredService service = await SecuredService.StartAsync(
            ["only-submit t submit", "only-read t read", "only-admin t admin", "not-submit t read,admin", "not-read t submit,admin", "not-admin t submit,read"],
            setup => setup with { Workers = 0 });
        using var client = new HttpClient { BaseAddress = service.Host.WebAddress };
        int routes = 0;
        foreach (MethodDescriptor method in ProvingReflection.Descriptor.Services.SelectMany(described => described.Methods))
        {
            if (method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } rule)
            {
                continue;
            }

            routes++;
            string scope = Table[method.FullName];
            (HttpMethod verb, string template) = rule.Get.Length > 0 ? (HttpMethod.Get, rule.Get) : (HttpMethod.Post, rule.Post);
            string path = Regex.Replace(template, @"\{\w+\}", "x");
            Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(null));
            Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("not-" + scope));
            Assert.Contains(await SendAsync("only-" + scope), (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.BadRequest]);

            async Task<HttpStatusCode> SendAsync(string? key)
            {
                using var request = new HttpRequestMessage(verb, path) { Content = verb == HttpMethod.Post ? new StringContent("{}", null, "application/json") : null };
                request.Headers.Authorization = key is null ? null : new("Bearer", service.KeyOf(key));
                using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                return response.StatusCode;
            }
        }

        Assert.True(routes > 15, $"{routes} routes were called");
    }

    [Fact]
    public async Task HealthIsOpenAndWrongCredentialsAreTold()
    {
        await using SecuredService service = await SecuredService.StartAsync(["a t read"], setup => setup with { Workers = 0 });
        await new Health.HealthClient(service.As(null)).CheckAsync(new());
        Assert.Equal("t", (await new Capacity.CapacityClient(service.As("a")).GetServiceInfoAsync(new())).Tenant);
        foreach ((string credential, string fault) in ((string, string)[])
            [("zkps_" + new string('A', 43), "not known here"), (service.KeyOf("a") + "x", "not known here"), ("a.b.c", "no tokens are taken"), ("x", "no API key")])
        {
            RpcException e = await Assert.ThrowsAsync<RpcException>(async () => await new Capacity.CapacityClient(service.Bearing(credential)).GetServiceInfoAsync(new()));
            Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
            Assert.Contains(fault, e.Status.Detail, StringComparison.Ordinal);
            Assert.DoesNotContain(service.KeyOf("a"), e.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhatIsNoMethodOfTheContractIsOpenOrNeedsReading()
    {
        await using SecuredService service = await SecuredService.StartAsync(["reader t read", "other t submit,admin"], setup => setup with { Workers = 0 });
        using var client = new HttpClient { BaseAddress = service.Host.WebAddress };
        foreach ((string path, bool isOpen) in ((string, bool)[])
            [("/", true), ("/openapi.json", true), ("/healthz/live", true), ("/healthz/ready", true), ("/metrics", false), ("/dashboard/history", false)])
        {
            Assert.Equal(isOpen ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, await GetAsync(path, null));
            Assert.Equal(isOpen ? HttpStatusCode.OK : HttpStatusCode.Forbidden, await GetAsync(path, isOpen ? null : "other"));
            Assert.Equal(HttpStatusCode.OK, await GetAsync(path, "reader"));
        }

        foreach (string version in (string[])["v1", "v1alpha"])
        {
            Assert.Equal(StatusCode.Unauthenticated, await ReflectAsync(null, version));
            Assert.Equal(StatusCode.PermissionDenied, await ReflectAsync("other", version));
            Assert.Equal(StatusCode.OK, await ReflectAsync("reader", version));
        }

        async Task<HttpStatusCode> GetAsync(string path, string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Authorization = key is null ? null : new("Bearer", service.KeyOf(key));
            using HttpResponseMessage response = await client.SendAsync(request);
            return response.StatusCode;
        }

        async Task<StatusCode> ReflectAsync(string? key, string version) => (await CallAsync(
            service.As(key), MethodType.DuplexStreaming, $"grpc.reflection.{version}.ServerReflection", "ServerReflectionInfo")).StatusCode;
    }

    /// <summary>Calls a method with an empty message, or with none where it takes a stream of them.</summary>
    private static Task<Status> CallAsync(CallInvoker invoker, MethodDescriptor described) => CallAsync(
        invoker,
        (described.IsClientStreaming, described.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (true, false) => MethodType.ClientStreaming,
            (false, true) => MethodType.ServerStreaming,
            (true, true) => MethodType.DuplexStreaming,
        },
        described.Service.FullName,
        described.Name);

    private static async Task<Status> CallAsync(CallInvoker invoker, MethodType type, string service, string name)
    {
        var method = new Method<byte[], byte[]>(type, service, name, Bytes, Bytes);
        var options = new CallOptions(deadline: DateTime.UtcNow + SecuredService.Patience);
        try
        {
            switch (type)
            {
                case MethodType.Unary:
                    await invoker.AsyncUnaryCall(method, null, options, []);
                    break;
                case MethodType.ClientStreaming:
                    using (AsyncClientStreamingCall<byte[], byte[]> call = invoker.AsyncClientStreamingCall(method, null, options))
                    {
                        await CompleteAsync(call.RequestStream);
                        await call.ResponseAsync;
                    }

                    break;
                case MethodType.ServerStreaming:
                    using (AsyncServerStreamingCall<byte[]> call = invoker.AsyncServerStreamingCall(method, null, options, []))
                    {
                        while (await call.ResponseStream.MoveNext(default))
                        {
                        }
                    }

                    break;
                default:
                    using (AsyncDuplexStreamingCall<byte[], byte[]> call = invoker.AsyncDuplexStreamingCall(method, null, options))
                    {
                        await CompleteAsync(call.RequestStream);
                        while (await call.ResponseStream.MoveNext(default))
                        {
                        }
                    }

                    break;
            }

            return Status.DefaultSuccess;
        }
        catch (RpcException e)
        {
            return e.Status;
        }
    }

    /// <summary>A refusal may come before the end of the requests does; then the responses tell of it.</summary>
    private static async Task CompleteAsync(IClientStreamWriter<byte[]> requests)
    {
        try
        {
            await requests.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
        }
    }
}
