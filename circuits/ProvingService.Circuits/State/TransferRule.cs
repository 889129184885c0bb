// Owns: the rules by which transfers and batches are refused, and their words.

namespace ProvingService.Circuits;

/// <summary>Why a transfer, or a batch of them, is refused. The state is then as it was.</summary>
public enum TransferRule
{
    /// <summary>No rule is broken.</summary>
    None,

    /// <summary>The sender's or receiver's place is beyond the tree.</summary>
    IndexOutOfRange,

    /// <summary>There is no account at the sender's place.</summary>
    SenderMissing,

    /// <summary>There is no account at the receiver's place.</summary>
    ReceiverMissing,

    /// <summary>The sender's account is of another token.</summary>
    SenderToken,

    /// <summary>The receiver's account is of another token.</summary>
    ReceiverToken,

    /// <summary>The nonce is not the sender's.</summary>
    Nonce,

    /// <summary>The sender's nonce is 2^32 − 1, after which there is none.</summary>
    NonceExhausted,

    /// <summary>The fee is 2^48 or more.</summary>
    FeeTooLarge,

    /// <summary>The sender has less than the amount and the fee.</summary>
    Balance,

    /// <summary>The receiver would have 2^64 or more.</summary>
    ReceiverOverflow,

    /// <summary>The signature is not the sender's of this transfer on this chain.</summary>
    Signature,

    /// <summary>A batch collects fees in the token of its fee account; a transfer of another token pays one.</summary>
    FeeToken,

    /// <summary>There is no account at the fee account's place, or the place is beyond the tree.</summary>
    FeeAccountMissing,

    /// <summary>The fee account would have 2^64 or more.</summary>
    FeeAccountOverflow,
}

/// <summary>Words for <see cref="TransferRule"/>.</summary>
public static class TransferRules
{
    /// <summary>The rule as the end of a sentence: <c>the nonce is not the sender's</c>.</summary>
    public static string Describe(this TransferRule rule) => rule switch
    {
        TransferRule.None => "no rule is broken",
        TransferRule.IndexOutOfRange => "the sender's or receiver's index is beyond the tree",
        TransferRule.SenderMissing => "the sender's account does not exist",
        TransferRule.ReceiverMissing => "the receiver's account does not exist",
        TransferRule.SenderToken => "the sender's account is of another token",
        TransferRule.ReceiverToken => "the receiver's account is of another token",
        TransferRule.Nonce => "the nonce is not the sender's",
        TransferRule.NonceExhausted => "the sender has used its last nonce",
        TransferRule.FeeTooLarge => "the fee is 2^48 or more",
        TransferRule.Balance => "the sender's balance does not cover amount and fee",
        TransferRule.ReceiverOverflow => "the receiver's balance would reach 2^64",
        TransferRule.Signature => "the signature is not the sender's of this transfer on this chain",
        TransferRule.FeeToken => "a fee is paid in another token than the fee account's",
        TransferRule.FeeAccountMissing => "the fee account does not exist",
        TransferRule.FeeAccountOverflow => "the fee account's balance would reach 2^64",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
    };
}
