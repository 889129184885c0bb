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

        try
        {
            return Receipt.Parser.ParseFrom(signed.Receipt);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new CeremonyException($"the coordinator sent a receipt that cannot be read: {e.Message}");
        }
    }
}
