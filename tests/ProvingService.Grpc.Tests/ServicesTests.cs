// Owns: tests of health and reflection.

using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Testing.V1;
using Xunit;
using Alpha = Grpc.Reflection.V1Alpha;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace ProvingService.Grpc.Tests;

public sealed class ServicesTests
{
    [Fact]
    public async Task Health_is_asked_listed_and_watched()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        var client = new Health.HealthClient(channel);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        await CallTests.FailsWith(StatusCode.NotFound, async () => await client.CheckAsync(new HealthCheckRequest { Service = "a" }));

        using AsyncServerStreamingCall<HealthCheckResponse> watch = client.Watch(new HealthCheckRequest { Service = "a" });
        async Task<ServingStatus> NextAsync() => await watch.ResponseStream.MoveNext() ? watch.ResponseStream.Current.Status : default;
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync());
        server.Health.SetStatus("b", ServingStatus.Serving);
        server.Health.SetStatus("a", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync());
        HealthListResponse list = await client.ListAsync(new HealthListRequest());
        Assert.Equal(["", "a", "b"], list.Statuses.Keys.Order(StringComparer.Ordinal));
        server.Health.StopServing();
        Assert.Equal(ServingStatus.NotServing, await NextAsync());
        server.Health.ClearStatus("a");
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync());
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task Reflection_answers_every_kind_of_question()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call =
            new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
        {
            request.Host = "here";
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal((request, "here"), (call.ResponseStream.Current.OriginalRequest, call.ResponseStream.Current.ValidHost));
            return call.ResponseStream.Current;
        }

        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "testing.v1.Echo"],
            (await AskAsync(new() { ListServices = "*" })).ListServicesResponse.Service.Select(service => service.Name));
        Assert.Equal(
            ["echo.proto", "google/protobuf/descriptor.proto"], Files(await AskAsync(new() { FileContainingSymbol = "testing.v1.Echo" })));
        string[] symbols =
        [
            "testing.v1.Echo.Unary", "testing.v1.Item", ".testing.v1.Item", "testing.v1.Item.text", "testing.v1.Item.Inner", "testing.v1.Item.Inner.text",
            "testing.v1.Item.Action", "testing.v1.Item.WAIT_DEAF", "testing.v1.note",
        ];
        foreach (string symbol in symbols)
        {
            // The import went with the first answer.
            Assert.Equal(["echo.proto"], Files(await AskAsync(new() { FileContainingSymbol = symbol })));
        }

        Assert.Equal(["echo.proto"], Files(await AskAsync(new() { FileByFilename = "echo.proto" })));
        const string extended = "google.protobuf.MethodOptions";
        Assert.Equal(
            ["echo.proto"],
            Files(await AskAsync(new() { FileContainingExtension = new ExtensionRequest { ContainingType = extended, ExtensionNumber = 50001 } })));
        Assert.Equal(
            [50001], (await AskAsync(new() { AllExtensionNumbersOfType = extended })).AllExtensionNumbersResponse.ExtensionNumber);
        Assert.Empty((await AskAsync(new() { AllExtensionNumbersOfType = "testing.v1.Item" })).AllExtensionNumbersResponse.ExtensionNumber);

        ServerReflectionRequest[] vain =
        [
            new() { FileContainingSymbol = "testing.v1.Nothing" }, new() { FileByFilename = "nothing.proto" }, new() { AllExtensionNumbersOfType = "nothing" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = extended, ExtensionNumber = 1 } },
        ];
        foreach (ServerReflectionRequest request in vain)
        {
            Assert.Equal((int)StatusCode.NotFound, (await AskAsync(request)).ErrorResponse.ErrorCode);
        }

        Assert.Equal((int)StatusCode.InvalidArgument, (await AskAsync(new())).ErrorResponse.ErrorCode);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task The_older_reflection_says_the_same()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using GrpcChannel channel = server.Channel();
        using AsyncDuplexStreamingCall<Alpha.ServerReflectionRequest, Alpha.ServerReflectionResponse> call =
            new Alpha.ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new() { FileContainingSymbol = "testing.v1.Echo" });
        await call.RequestStream.CompleteAsync();
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(2, call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto.Count);
        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static IEnumerable<string> Files(ServerReflectionResponse response) =>
        response.FileDescriptorResponse.FileDescriptorProto.Select(bytes => FileDescriptorProto.Parser.ParseFrom(bytes).Name);
}
