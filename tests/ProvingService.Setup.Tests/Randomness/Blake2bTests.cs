// Owns: Blake2b against the RFC and another implementation, and its state in the middle of messages.

using Org.BouncyCastle.Crypto.Digests;
using ProvingService.Groth16;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class Blake2bTests
{
    private static readonly byte[] Message = [.. Enumerable.Range(0, 1500).Select(i => (byte)((i * 31) + (i >> 3)))];

    [Fact]
    public void The_example_of_the_RFC_holds() => Assert.Equal(
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        Convert.ToHexStringLower(Blake2b512.Hash("abc"u8)));

    [Fact]
    public void Every_length_agrees_with_another_implementation()
    {
        for (int length = 0; length <= 400; length++)
        {
            Assert.Equal(Other(Message.AsSpan(0, length)), Blake2b512.Hash(Message.AsSpan(0, length)));
        }
    }

    /// <summary>Whatever the pieces, and wherever in a block the state is set down and taken up.</summary>
    [Fact]
    public void A_state_set_down_anywhere_in_a_block_leads_to_the_same_hash()
    {
        byte[] expected = Other(Message);
        for (int at = 0; at <= 3 * 128; at++)
        {
            var first = new Blake2b512();
            first.Update(Message.AsSpan(0, at / 2));
            first.Update(Message.AsSpan(at / 2, at - (at / 2)));
            byte[] state = first.ExportState();
            Assert.Equal(Blake2b512.StateLength, state.Length);
            Assert.Equal((ulong)at, BitConverter.ToUInt64(state, 192) + BitConverter.ToUInt64(state, 200));
            Assert.True(Blake2b512.TryImportState(state, out Blake2b512 second));
            second.Update(Message.AsSpan(at));
            Assert.Equal(expected, second.Digest());

            // The original goes on undisturbed, by digests and copies as well.
            first.Digest();
            Blake2b512 copy = first.Clone();
            first.Update(Message.AsSpan(at));
            Assert.Equal(expected, first.Digest());
            copy.Update(Message.AsSpan(at));
            Assert.Equal(expected, copy.Digest());
        }
    }

    [Fact]
    public void What_no_message_leads_to_is_no_state()
    {
        byte[] state = new Blake2b512().ExportState();
        Assert.False(Blake2b512.TryImportState(state.AsSpan(1), out _));
        Assert.False(Blake2b512.TryImportState([.. state, 0], out _));
        foreach ((int at, byte value) in (ReadOnlySpan<(int, byte)>)[(192, 1), (200, 129), (201, 1), (208, 1), (215, 1)])
        {
            byte[] damaged = [.. state];
            damaged[at] = value;
            Assert.False(Blake2b512.TryImportState(damaged, out _), $"byte {at}");
        }
    }

    private static byte[] Other(ReadOnlySpan<byte> message)
    {
        var digest = new Blake2bDigest(512);
        digest.BlockUpdate(message.ToArray(), 0, message.Length);
        byte[] hash = new byte[64];
        digest.DoFinal(hash, 0);
        return hash;
    }
}
