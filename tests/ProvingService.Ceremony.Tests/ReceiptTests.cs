// Owns: which receipts a contributor takes from a coordinator.

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Contract.Ceremonies;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class ReceiptTests
{
    private static readonly SigningKey Key = new([.. Enumerable.Range(0, Signatures.KeyLength).Select(i => (byte)i)]);

    /// <summary>The signature is right each time: what is refused is a time that no calendar has.</summary>
    [Theory]
    [InlineData(1_800_000_000L, 999_999_999, true)]
    [InlineData(1_800_000_000L, 1_000_000_000, false)]
    [InlineData(1_800_000_000L, -1, false)]
    [InlineData(long.MaxValue, 0, false)]
    [InlineData(long.MinValue, 0, false)]
    [InlineData(null, 0, false)]
    public void A_receipt_has_a_time_of_the_calendar(long? seconds, int nanos, bool isTaken)
    {
        SignedReceipt signed = Sign(new Receipt { Name = "Ada", Time = seconds is { } time ? new Timestamp { Seconds = time, Nanos = nanos } : null });
        if (isTaken)
        {
            Assert.Equal("Ada", ReceiptChecks.Require(signed, Key.PublicKey).Name);
        }
        else
        {
            Assert.Contains("without a time", Assert.Throws<CeremonyException>(() => ReceiptChecks.Require(signed, Key.PublicKey)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_receipt_that_the_coordinator_did_not_sign_is_none()
    {
        SignedReceipt signed = Sign(new Receipt { Time = new Timestamp { Seconds = 1 } });
        signed.Signature = ByteString.CopyFrom([.. signed.Signature.Span[..^1], (byte)(signed.Signature.Span[^1] ^ 1)]);
        Assert.Contains("did not sign", Assert.Throws<CeremonyException>(() => ReceiptChecks.Require(signed, Key.PublicKey)).Message, StringComparison.Ordinal);
    }

    private static SignedReceipt Sign(Receipt receipt)
    {
        byte[] bytes = receipt.ToByteArray();
        return new() { Receipt = ByteString.CopyFrom(bytes), Signature = ByteString.CopyFrom(Key.Sign(Signatures.ReceiptContext, bytes)) };
    }
}
