// Owns: whether a receipt is one, and signed.

using Google.Protobuf;
using ProvingService.Contract.Ceremonies;

namespace ProvingService.Ceremony;

/// <summary>Checks of receipts.</summary>
internal static class ReceiptChecks
{
    /// <summary>The receipt, if it is signed.</summary>
    /// <exception cref="CeremonyException">It is not.</exception>
    public static Receipt Require(SignedReceipt signed, ReadOnlySpan<byte> publicKey)
    {
        if (!Signatures.Verify(publicKey, Signatures.ReceiptContext, signed.Receipt.Span, signed.Signature.Span))
        {
            throw new CeremonyException("the coordinator sent a receipt that its own key did not sign.");
        }

        Receipt receipt;
        try
        {
            receipt = Receipt.Parser.ParseFrom(signed.Receipt);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new CeremonyException($"the coordinator sent a receipt that cannot be read: {e.Message}");
        }

        return HasTime(receipt) ? receipt : throw new CeremonyException("the coordinator sent a receipt without a time between the years 1 and 9999.");
    }

    /// <summary>Whether a receipt has a time that a calendar knows.</summary>
    public static bool HasTime(Receipt receipt) =>
        receipt.Time is { Nanos: >= 0 and < 1_000_000_000 } time
        && time.Seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && time.Seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
}
