// Owns: bytes that are no HTTP/2, frames in any order, and messages of every method, valid and damaged.

using System.Net.Sockets;
using Google.Protobuf.Reflection;
using Grpc.Core;
using ProvingService.Contract;
using ProvingService.Grpc;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Service.Tests.Hostile;

[Collection("Hostile")]
public sealed class WireFuzzTests(HostileService hostile, ITestOutputHelper output)
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
    private static readonly Marshaller<byte[]> Raw = new(bytes => bytes, bytes => bytes);

    [Fact]
    public async Task Frames_of_any_kind_do_no_harm()
    {
        var random = new Random(FuzzBudget.Seed);
        int port = hostile.Process.Grpc!.Port;
        for (int i = 0; i < FuzzBudget.Cases(300); i++)
        {
            using var socket = new TcpClient { NoDelay = true };
            await socket.ConnectAsync("127.0.0.1", port);
            NetworkStream stream = socket.GetStream();
            try
            {
                if (random.Next(4) == 0)
                {
                    await stream.WriteAsync(RandomBytes(random, random.Next(1, 4000)));
                }
                else
                {
                    // Settings first, so that the rest is looked at.
                    await stream.WriteAsync((byte[])[.. Preface, .. Frame(random, 4, 0, 0, 0)]);
                    for (int frames = random.Next(1, 30); frames > 0; frames--)
                    {
                        await stream.WriteAsync(Frame(random, (byte)random.Next(random.Next(8) == 0 ? 256 : 11), (byte)random.Next(256), random.Next(5), random.Next(200)));
                    }
                }

                if (random.Next(2) == 0)
                {
                    socket.Client.LingerState = new LingerOption(true, 0);
                }
            }
            catch (IOException)
            {
                // The service hung up, as it should.
            }
        }

        await hostile.RequireWellAsync("random frames");
    }

    [Fact]
    public async Task Messages_of_every_method_get_answers()
    {
        var random = new Random(FuzzBudget.Seed);
        string[] circuits = [hostile.Circuit, hostile.Done.CircuitHash];
        var messages = new RandomMessages(
            random,
            [.. circuits, hostile.Done.Id, hostile.Chain.Program, "auto", "cpu", "{\"start\": 5}", "{}"],
            new Dictionary<string, string>
            {
                ["circuit"] = hostile.Circuit,
                ["key_hash"] = hostile.Circuit,
                ["hash"] = hostile.Circuit,
                ["program"] = hostile.Chain.Program,
                ["id"] = hostile.Done.Id,
                ["page_token"] = hostile.Done.Id,
                ["inputs"] = "{\"start\": 7}",
            });
        using GrpcChannel channel = GrpcChannel.ForAddress(hostile.Process.Grpc!);
        CallInvoker calls = channel.CreateCallInvoker();
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        ServiceDescriptor[] services = [Contract.Jobs.Descriptor, Contract.Circuits.Descriptor, Contract.Verification.Descriptor, Contract.Capacity.Descriptor];
        foreach (MethodDescriptor method in services.SelectMany(service => service.Methods))
        {
            // A retired circuit would leave the other methods nothing to do.
            for (int i = 0; i < FuzzBudget.Cases(60); i++)
            {
                byte[][] requests = [.. Enumerable.Range(0, method.IsClientStreaming ? random.Next(0, 6) : 1).Select(_ => messages.Next(method.InputType))];
                if (method.Name == "RetireCircuit" && circuits.Any(circuit => requests.Any(request => request.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(circuit)) >= 0)))
                {
                    continue;
                }

                Status status = await CallAsync(calls, method, requests);
                HostileService.RequireAnswer(status, $"{method.FullName}, seed {FuzzBudget.Seed}, case {i}");
                string code = $"{method.Name} {status.StatusCode}";
                seen[code] = seen.GetValueOrDefault(code) + 1;
            }
        }

        output.WriteLine(string.Join('\n', seen.Select(pair => $"{pair.Key} {pair.Value}")));
        await hostile.RequireWellAsync("random messages");
    }

    /// <summary>Calls, reads all answers for a second at most, and tells how it ended.</summary>
    private static async Task<Status> CallAsync(CallInvoker calls, MethodDescriptor method, byte[][] requests)
    {
        MethodType type = (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (true, false) => MethodType.ClientStreaming,
            (false, true) => MethodType.ServerStreaming,
            _ => MethodType.DuplexStreaming,
        };
        var target = new Method<byte[], byte[]>(type, method.Service.FullName, method.Name, Raw, Raw);
        var options = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(method.IsServerStreaming || method.Name == "WaitJob" ? 1 : 60));
        try
        {
            switch (type)
            {
                case MethodType.Unary:
                    await calls.AsyncUnaryCall(target, null, options, requests[0]).ResponseAsync;
                    break;
                case MethodType.ClientStreaming:
                    using (AsyncClientStreamingCall<byte[], byte[]> call = calls.AsyncClientStreamingCall(target, null, options))
                    {
                        await SendAsync(call.RequestStream, requests);
                        await call.ResponseAsync;
                    }

                    break;
                case MethodType.ServerStreaming:
                    using (AsyncServerStreamingCall<byte[]> call = calls.AsyncServerStreamingCall(target, null, options, requests[0]))
                    {
                        while (await call.ResponseStream.MoveNext(default))
                        {
                        }
                    }

                    break;
                default:
                    using (AsyncDuplexStreamingCall<byte[], byte[]> call = calls.AsyncDuplexStreamingCall(target, null, options))
                    {
                        await SendAsync(call.RequestStream, requests);
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

    private static async Task SendAsync(IClientStreamWriter<byte[]> stream, byte[][] requests)
    {
        try
        {
            foreach (byte[] request in requests)
            {
                await stream.WriteAsync(request);
            }

            await stream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException)
        {
            // The answer came before the end; it says why.
        }
    }

    private static byte[] Frame(Random random, byte type, byte flags, int stream, int length) =>
    [
        (byte)(length >> 16), (byte)(length >> 8), (byte)length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. RandomBytes(random, length),
    ];

    private static byte[] RandomBytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
