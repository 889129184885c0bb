// Owns: grpc.reflection.v1 and v1alpha, which are the same on the wire.

using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using ProvingService.Grpc.Services;
using Alpha = Grpc.Reflection.V1Alpha;

namespace ProvingService.Grpc;

/// <summary>Maps grpc.reflection, by which tools such as grpcurl learn a server's services.</summary>
public static class GrpcReflection
{
    /// <summary>Maps grpc.reflection.v1 and grpc.reflection.v1alpha.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="options">Limits and hooks.</param>
    /// <param name="services">What the answers tell of, each from the Descriptor property of its generated class.</param>
    public static IEndpointConventionBuilder MapGrpcReflection(
        this IEndpointRouteBuilder endpoints, GrpcServerOptions options, params IEnumerable<ServiceDescriptor> services)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(services);
        var index = new DescriptorIndex([.. services, ServerReflection.Descriptor, Alpha.ServerReflection.Descriptor]);
        RouteGroupBuilder group = endpoints.MapGroup("");
        group.MapGrpc(options, ServerReflection.BindService(new ReflectionService(index)));
        group.MapGrpc(options, Alpha.ServerReflection.BindService(new AlphaReflectionService(index)));
        return group;
    }
}

/// <summary>Answers one stream of questions after the other; a stream has each imported file once.</summary>
internal sealed class ReflectionService(DescriptorIndex index) : ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        var conversation = new ReflectionConversation(index);
        await foreach (ServerReflectionRequest request in requestStream.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
        {
            await responseStream.WriteAsync(conversation.Answer(request)).ConfigureAwait(false);
        }
    }
}

/// <summary>As <see cref="ReflectionService"/>, for clients that ask under the older name.</summary>
internal sealed class AlphaReflectionService(DescriptorIndex index) : Alpha.ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<Alpha.ServerReflectionRequest> requestStream,
        IServerStreamWriter<Alpha.ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        var conversation = new ReflectionConversation(index);
        await foreach (Alpha.ServerReflectionRequest request in requestStream.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
        {
            ServerReflectionResponse answer = conversation.Answer(ServerReflectionRequest.Parser.ParseFrom(request.ToByteString()));
            await responseStream.WriteAsync(Alpha.ServerReflectionResponse.Parser.ParseFrom(answer.ToByteString())).ConfigureAwait(false);
        }
    }
}

/// <summary>The questions and answers of one stream.</summary>
internal sealed class ReflectionConversation(DescriptorIndex index)
{
    private readonly HashSet<string> sent = new(StringComparer.Ordinal);

    public ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse();
                response.ListServicesResponse.Service.AddRange(index.Services.Select(name => new ServiceResponse { Name = name }));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                AnswerFile(response, index.FileOf(request.FileByFilename), "No file has this name.");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                AnswerFile(response, index.FileOfSymbol(request.FileContainingSymbol), "No file declares this name.");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension:
                ExtensionRequest extension = request.FileContainingExtension;
                AnswerFile(
                    response, index.FileOfExtension(extension.ContainingType, extension.ExtensionNumber), "No file declares this extension.");
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType:
                AnswerExtensions(response, request.AllExtensionNumbersOfType);
                break;
            default:
                response.ErrorResponse = Error(StatusCode.InvalidArgument, "The request asks nothing that is known here.");
                break;
        }

        return response;
    }

    private static ErrorResponse Error(StatusCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };

    private void AnswerFile(ServerReflectionResponse response, FileDescriptor? file, string otherwise)
    {
        if (file is null)
        {
            response.ErrorResponse = Error(StatusCode.NotFound, otherwise);
            return;
        }

        // What was asked for always goes, even again: an answer without a file would say nothing.
        response.FileDescriptorResponse = new FileDescriptorResponse();
        response.FileDescriptorResponse.FileDescriptorProto.Add(file.SerializedData);
        sent.Add(file.Name);
        AddImports(response.FileDescriptorResponse, file);
    }

    private void AddImports(FileDescriptorResponse response, FileDescriptor file)
    {
        foreach (FileDescriptor import in file.Dependencies)
        {
            if (sent.Add(import.Name))
            {
                response.FileDescriptorProto.Add(import.SerializedData);
                AddImports(response, import);
            }
        }
    }

    private void AnswerExtensions(ServerReflectionResponse response, string message)
    {
        if (index.ExtensionsOf(message) is not { } numbers)
        {
            response.ErrorResponse = Error(StatusCode.NotFound, "No message has this name.");
            return;
        }

        response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = message };
        response.AllExtensionNumbersResponse.ExtensionNumber.AddRange(numbers);
    }
}
