// Owns: HTTP/2 by hand, for peers that do what no client library does: frames out (RFC 9113), frames in, no flow control.

using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ProvingService.Grpc.Tests;

internal sealed class Http2Socket : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte GoAway = 7;

    private readonly TcpClient client = new() { ReceiveBufferSize = 8192 };

    public static byte[] Preface { get; } = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private NetworkStream Stream => client.GetStream();

    public static async Task<Http2Socket> ConnectAsync(int port)
    {
        var socket = new Http2Socket();
        await socket.client.ConnectAsync(IPAddress.Loopback, port);
        await socket.Stream.WriteAsync(Preface);
        await socket.Stream.WriteAsync(Frame(Settings, 0, 0, []));
        return socket;
    }

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payload.Length << 8) | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    public async Task SendHeadersAsync(int stream, string path)
    {
        List<byte> block = [];
        foreach ((string name, string value) in new[]
        {
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("content-type", "application/grpc"), ("te", "trailers"),
        })
        {
            // A literal without indexing and without Huffman codes (RFC 7541, section 6.2.2); all lengths are below 127.
            block.Add(0);
            block.Add((byte)name.Length);
            block.AddRange(Encoding.ASCII.GetBytes(name));
            block.Add((byte)value.Length);
            block.AddRange(Encoding.ASCII.GetBytes(value));
        }

        const byte endHeaders = 4;
        await Stream.WriteAsync(Frame(Headers, endHeaders, stream, block.ToArray()));
    }

    public async Task SendDataAsync(int stream, byte[] data, bool end) => await Stream.WriteAsync(Frame(Data, end ? (byte)1 : (byte)0, stream, data));

    /// <summary>The next frame; null at the end of the connection.</summary>
    public async Task<(byte Type, int Stream, byte[] Payload)?> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[9];
        try
        {
            await Stream.ReadExactlyAsync(head, cancellationToken);
            byte[] payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head) >> 8];
            await Stream.ReadExactlyAsync(payload, cancellationToken);
            return (head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on until there is a frame of a type on a stream, and gives its payload; null at the end of the connection.</summary>
    public async Task<byte[]?> ReadUntilAsync(byte type, int stream)
    {
        using var patience = new CancellationTokenSource(EchoServer.Patience);
        while (await ReadAsync(patience.Token) is { } frame)
        {
            if (frame.Type == type && frame.Stream == stream)
            {
                return frame.Payload;
            }
        }

        return null;
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
