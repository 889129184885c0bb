// Owns: tests of the parts of the wire that need no server: messages of statuses, time-outs, base64, frames, gzip.

using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Grpc.Core;
using ProvingService.Grpc.Wire;
using Xunit;

namespace ProvingService.Grpc.Tests;

public sealed class WireTests
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(message => message, payload => payload);

    [Theory]
    [InlineData("", "")]
    [InlineData("plain ~", "plain ~")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("ü€𝄞", "%C3%BC%E2%82%AC%F0%9D%84%9E")]
    [InlineData("\0", "%00")]
    public void Messages_are_percent_encoded(string message, string encoded)
    {
        Assert.Equal(encoded, StatusMessage.Encode(message));
        Assert.Equal(message, StatusMessage.Decode(encoded));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("%+1", "%+1")]
    [InlineData("a%2", "a%2")]
    [InlineData("%FF", "\uFFFD")]
    [InlineData("%c3%bc", "ü")]
    [InlineData("\u00C3\u00BC", "ü")]
    public void Malformed_messages_are_taken_as_they_are(string encoded, string message) => Assert.Equal(message, StatusMessage.Decode(encoded));

    [Fact]
    public void Long_messages_are_cut_between_characters()
    {
        string encoded = StatusMessage.Encode(new string('x', StatusMessage.MaxEncodedLength - 7) + "€€€€");
        Assert.Equal(StatusMessage.MaxEncodedLength - 7, encoded.Length);
        Assert.Equal(StatusMessage.MaxEncodedLength, StatusMessage.Encode(new string('x', 100_000)).Length);
        Assert.Equal("%EF%BF%BD", StatusMessage.Encode("\uD834"));
    }

    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("99999999S", 99_999_999_000.0)]
    [InlineData("100m", 100)]
    [InlineData("1500u", 1.5)]
    [InlineData("1n", 0.0001)]
    [InlineData("0m", 0)]
    public void Timeouts_are_read(string header, double milliseconds) =>
        Assert.Equal(milliseconds, CallTimeout.Parse(header)!.Value.TotalMilliseconds, 6);

    [Theory]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("123456789S")]
    [InlineData("1.5S")]
    public void What_is_no_timeout_is_refused(string header) =>
        Assert.Equal(StatusCode.Internal, Assert.Throws<RpcException>(() => CallTimeout.Parse(header)).StatusCode);

    [Theory]
    [InlineData(-1, "1n")]
    [InlineData(0, "1n")]
    [InlineData(1, "1u")]
    [InlineData(TimeSpan.TicksPerMillisecond, "1000u")]
    [InlineData(TimeSpan.TicksPerHour, "3600000m")]
    [InlineData(TimeSpan.TicksPerDay * 365, "31536000S")]
    [InlineData(long.MaxValue, "99999999M")]
    public void Timeouts_are_written_in_the_finest_unit_that_fits(long ticks, string header) =>
        Assert.Equal(header, CallTimeout.Format(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData("", "")]
    [InlineData("AA", "00")]
    [InlineData("AA==", "00")]
    [InlineData("AAE", "0001")]
    [InlineData("AAE=", "0001")]
    [InlineData("AAEC", "000102")]
    [InlineData("-_", null)]
    [InlineData("A", null)]
    [InlineData("AA=", null)]
    [InlineData("A===", null)]
    [InlineData("AA AA", null)]
    [InlineData("AA\u00e4A", null)]
    public void Base64_needs_no_padding(string text, string? hex) =>
        Assert.Equal(hex, MetadataHeaders.Decode(text) is { } bytes ? Convert.ToHexString(bytes) : null);

    [Fact]
    public void Joined_values_are_taken_apart()
    {
        var metadata = new Metadata();
        MetadataHeaders.Read(metadata, "X-Bin", ["AA,AAE=, AAEC", "/w"]);
        MetadataHeaders.Read(metadata, "x-text", ["a,b"]);
        MetadataHeaders.Read(metadata, "grpc-encoding", ["gzip"]);
        Assert.Equal(["00", "0001", "000102", "FF"], metadata.GetAll("x-bin").Select(entry => Convert.ToHexString(entry.ValueBytes)));
        Assert.Equal("a,b", metadata.GetValue("X-Text"));
        Assert.Equal(5, metadata.Count);
        Assert.Equal(StatusCode.Internal, Assert.Throws<RpcException>(() => MetadataHeaders.Read(metadata, "x-bin", ["?"])).StatusCode);
    }

    [Fact]
    public void Metadata_takes_only_what_a_header_carries()
    {
        var metadata = new Metadata();
        Assert.Throws<ArgumentException>(() => metadata.Add("a b", "x"));
        Assert.Throws<ArgumentException>(() => metadata.Add("a", "x\r\ny: z"));
        Assert.Throws<ArgumentException>(() => metadata.Add("a", "ü"));
        Assert.Throws<ArgumentException>(() => metadata.Add("a-bin", "x"));
        Assert.Throws<ArgumentException>(() => metadata.Add("a", [1]));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
        metadata.Add("Key", "1");
        metadata.Add("key", "2");
        Assert.Equal("2", metadata.GetValue("KEY"));
        Assert.Equal("key", metadata[0].Key);
        Assert.Null(metadata.Get("other"));
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("Application/GRPC; charset=utf-8", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpc-web+proto", false)]
    [InlineData("application/json", false)]
    [InlineData("", false)]
    public void The_content_type_is_told_from_its_neighbours(string type, bool isGrpc) => Assert.Equal(isGrpc, GrpcProtocol.IsGrpc(type));

    [Fact]
    public async Task Messages_come_through_however_they_are_cut()
    {
        byte[][] messages = [[], [1], new byte[5000], Encoding.ASCII.GetBytes("end")];
        byte[] stream = [.. messages.SelectMany(message => RawCall.Frame(message))];
        for (int step = 1; step < stream.Length; step = (step * 3) + 1)
        {
            var pipe = new Pipe();
            MessageReader reader = new(pipe.Reader, null, 5000);
            Task feeding = FeedAsync(pipe.Writer, stream, step);
            foreach (byte[] message in messages)
            {
                Assert.Equal(message, await reader.ReadAsync(Bytes, default));
            }

            Assert.Null(await reader.ReadAsync(Bytes, default));
            Assert.Null(await reader.ReadAsync(Bytes, default));
            await feeding;
        }
    }

    [Fact]
    public void A_message_that_does_not_shrink_is_sent_as_it_is()
    {
        byte[] random = new byte[2000];
        new Random(1).NextBytes(random);
        using MessageEncoder plain = MessageEncoder.Encode(Bytes, random, 2000, compressFrom: 0);
        Assert.Equal(RawCall.Frame(random), plain.Bytes.ToArray());
        using MessageEncoder packed = MessageEncoder.Encode(Bytes, new byte[2000], 2000, compressFrom: 0);
        Assert.Equal(1, packed.Bytes.Span[0]);
        Assert.InRange(packed.Bytes.Length, 20, 100);
        using MessageEncoder small = MessageEncoder.Encode(Bytes, new byte[2000], 2000, compressFrom: 2001);
        Assert.Equal(0, small.Bytes.Span[0]);
        Assert.Equal(StatusCode.ResourceExhausted, Assert.Throws<RpcException>(() => MessageEncoder.Encode(Bytes, random, 1999, null)).StatusCode);
    }

    [Fact]
    public void A_serializer_that_lies_about_its_length_sends_nothing()
    {
        Marshaller<string> lying = Marshallers.Create<string>(
            (_, context) =>
            {
                context.SetPayloadLength(3);
                context.GetBufferWriter().Write("four"u8);
                context.Complete();
            },
            _ => "");
        Assert.Throws<InvalidOperationException>(() => MessageEncoder.Encode(lying, "", 100, null));
    }

    [Fact]
    public void A_bomb_is_stopped_while_it_unpacks()
    {
        var bomb = new ReadOnlySequence<byte>(RawCall.Gzip(new byte[64 << 20]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        RpcException e = Assert.Throws<RpcException>(() => Compression.Unpack(bomb, 100_000));
        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
    }

    [Fact]
    public void What_is_just_small_enough_unpacks()
    {
        using PooledBuffer unpacked = Compression.Unpack(new ReadOnlySequence<byte>(RawCall.Gzip(new byte[100_000])), 100_000);
        Assert.Equal(100_000, unpacked.Written.Length);
        Assert.Throws<RpcException>(() => Compression.Unpack(new ReadOnlySequence<byte>(RawCall.Gzip(new byte[100_001])), 100_000));
    }

    [Fact]
    public void What_is_no_gzip_is_refused()
    {
        byte[] good = RawCall.Gzip(Encoding.ASCII.GetBytes("some text that is packed"));
        Assert.All(
            new byte[][] { [], [1, 2, 3], good[..^4], good[..12], [.. good[..^1], (byte)(good[^1] ^ 1)], [.. good[..^8], 0, 0, 0, 0, .. good[^4..]] },
            bytes => Assert.Equal(
                StatusCode.Internal, Assert.Throws<RpcException>(() => Compression.Unpack(new ReadOnlySequence<byte>(bytes), 1000)).StatusCode));
    }

    private static async Task FeedAsync(PipeWriter writer, byte[] bytes, int step)
    {
        for (int at = 0; at < bytes.Length; at += step)
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(step, bytes.Length - at)));
        }

        await writer.CompleteAsync();
    }
}
