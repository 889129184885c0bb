// Owns: what steps of the state machine leave behind for witnesses.

using ProvingService.Algebra;

namespace ProvingService.Circuits;

/// <summary>
/// One transfer as it was applied: root before → (sender debited) → root between → (receiver credited) → root after. The
/// receiver is read between, so that a transfer to oneself is seen debited first.
/// </summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Signed">The transfer.</param>
/// <param name="IsEnabled">False for the filling of a batch: nothing changes, and the signature is not one.</param>
/// <param name="SenderBefore">The sender before.</param>
/// <param name="SenderPath">Its path before.</param>
/// <param name="ReceiverBefore">The receiver between.</param>
/// <param name="ReceiverPath">Its path between.</param>
/// <param name="RootBefore">The root before.</param>
/// <param name="RootBetween">The root once the sender is debited.</param>
/// <param name="RootAfter">The root at the end.</param>
public sealed record TransferTrace<TF>(
    SignedTransfer<TF> Signed,
    bool IsEnabled,
    Account<TF> SenderBefore,
    QuadTreePath<TF> SenderPath,
    Account<TF> ReceiverBefore,
    QuadTreePath<TF> ReceiverPath,
    TF RootBefore,
    TF RootBetween,
    TF RootAfter)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>One account credited without a transfer: a batch's fees.</summary>
/// <typeparam name="TF">The field.</typeparam>
/// <param name="Amount">What it got; 0 is allowed.</param>
/// <param name="Before">The account before.</param>
/// <param name="Path">Its path before.</param>
/// <param name="RootBefore">The root before.</param>
/// <param name="RootAfter">The root after.</param>
public sealed record CreditTrace<TF>(ulong Amount, Account<TF> Before, QuadTreePath<TF> Path, TF RootBefore, TF RootAfter)
    where TF : unmanaged, IPrimeField<TF>;
