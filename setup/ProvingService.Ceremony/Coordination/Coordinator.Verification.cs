// Owns: what happens between a key that was handed in and its receipt or rejection. It survives a kill at every point: the turn is
// marked on the disk before verification begins, the file is published before the contribution is written, and both are found again.

using Grpc.Core;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Storage;
using System.Security.Cryptography;

namespace ProvingService.Ceremony;

internal sealed partial class Coordinator
{
    /// <summary>The rest after a fault of this machine's own.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>Each verification uses all cores: one at a time.</summary>
    private readonly SemaphoreSlim verifying = new(1);

    /// <summary>Hands a key in, and waits for what becomes of it. The same call again waits for the same, or gives it.</summary>
    public async Task<CommitResult> CommitAsync(TicketRecord ticket, string circuitName, string hash, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (FindOutcome(ticket, circuitName, hash) is { } outcome)
                {
                    return outcome;
                }

                (CircuitRecord circuit, TurnRecord turn) = RequireTurn(ticket, circuitName);
                if (turn.Hash is null)
                {
                    HandIn(circuit, turn, hash);
                }
                else if (turn.Hash != hash)
                {
                    throw Refuse.Precondition("another key was handed in for this turn and is being verified.");
                }

                next = changed.Task;
            }

            await next.WaitAsync(cancellation).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator stops; ask again."));
            }
        }
    }

    private CommitResult? FindOutcome(TicketRecord ticket, string circuitName, string hash)
    {
        CircuitRecord circuit = FindCircuit(circuitName);
        if (circuit.Contributions.FirstOrDefault(made => made.Participant == ticket.Participant && made.KeyHash == hash) is { } contribution)
        {
            return new CommitResult { Accepted = Views.Of(contribution) };
        }

        TicketRecord now = snapshot.Ticket(ticket.Number);
        return now.Phase == TicketPhase.Evicted && now.Circuit == circuitName
            ? new CommitResult { Rejected = new Rejection { Reason = now.Reason, Text = now.ReasonText } }
            : null;
    }

    private void HandIn(CircuitRecord circuit, TurnRecord turn, string hash)
    {
        if (time.GetUtcNow() >= HandInEnds())
        {
            throw Refuse.Precondition("the ceremony is closed: nothing is taken once the beacon may be known.");
        }

        if (files.FindUpload(new UploadName(turn.Ticket, circuit.Index, hash)) is not { IsWhole: true })
        {
            throw Refuse.Precondition("the key is not uploaded whole; upload it first.");
        }

        TurnClock clock = clocks[circuit.Index];
        store.Submit(circuit.Index, hash, time.GetUtcNow(), clock.Spent, clock.Transferred);
        Refresh();
        StartVerification(circuit.Index);
    }

    /// <summary>Inside the gate.</summary>
    private void StartVerification(int circuit) => verifications[circuit] = Task.Run(() => VerifyAsync(circuit));

    private async Task VerifyAsync(int index)
    {
        CircuitRecord circuit = snapshot.Circuits[index];
        TurnRecord turn = circuit.Turn!;
        var upload = new UploadName(turn.Ticket, index, turn.Hash!);
        bool hasFailed = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await verifying.WaitAsync(stop.Token).ConfigureAwait(false);
                Verdict verdict;
                try
                {
                    verdict = ContributionInspector.Inspect(
                        circuit, files.PathOf(circuit.CurrentHash), files.WholePathOf(upload), turn.Hash!, NameOf(turn.Ticket), new EngineOptions(0, stop.Token));
                }
                catch (Exception e) when (IsUnforeseen(e) && hasFailed)
                {
                    // Twice: a file that brings the verifier down must not hold the ceremony for ever.
                    verdict = new Verdict(EvictionReason.BrokenFile, "the key could not be verified; the coordinator's log says why.", []);
                }
                finally
                {
                    verifying.Release();
                }

                lock (gate)
                {
                    if (verdict.IsAccepted)
                    {
                        Accept(circuit, turn, upload, verdict.Hash);
                    }
                    else
                    {
                        store.Evict(index, circuit.Name, turn.Ticket, verdict.Reason, verdict.Text);
                        log.Evicted(turn.Ticket, NameOf(turn.Ticket), circuit.Name, verdict.Text);
                        Refresh();
                    }

                    files.DropUploads(turn.Ticket, index);
                    BeginTurns();
                }

                return;
            }
            catch (OperationCanceledException)
            {
                // The turn stays handed in; the next start verifies it.
                return;
            }
            catch (Exception e) when (e is StoreException or IOException or InvalidFileException or UnauthorizedAccessException)
            {
                // The disk, or a file of our own: nobody is evicted for that.
                log.DiskFault(e);
                await Task.Delay(Rest, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                hasFailed = true;
                log.Unforeseen(e);
                await Task.Delay(Rest, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Whether an error is neither the disk's, nor a file's of our own, nor the end.</summary>
    private static bool IsUnforeseen(Exception error) =>
        error is not (OperationCanceledException or StoreException or IOException or InvalidFileException or UnauthorizedAccessException);

    /// <summary>Inside the gate.</summary>
    private void Accept(CircuitRecord circuit, TurnRecord turn, UploadName upload, byte[] hash)
    {
        files.PublishUpload(upload);
        TicketRecord ticket = snapshot.Ticket(turn.Ticket);
        string name = NameOf(turn.Ticket);
        byte[] receipt = new Receipt
        {
            CeremonyId = snapshot.Id,
            Circuit = circuit.Name,
            Number = (uint)circuit.Contributions.Count + 1,
            Name = name,
            Contribution = ByteString.CopyFrom(hash),
            KeyBefore = ByteString.CopyFrom(Convert.FromHexString(circuit.CurrentHash)),
            KeyAfter = ByteString.CopyFrom(Convert.FromHexString(upload.Hash)),
            ReceiptBefore = circuit.Contributions.Count > 0 ? ByteString.CopyFrom(SHA256.HashData(circuit.Contributions[^1].Receipt)) : ByteString.Empty,
            Time = Timestamp.FromDateTimeOffset(turn.Submitted!.Value),
        }.ToByteArray();
        var contribution = new ContributionRecord(
            circuit.Contributions.Count + 1,
            ticket.Number,
            ticket.Participant,
            name,
            hash,
            circuit.CurrentHash,
            upload.Hash,
            new FileInfo(files.PathOf(upload.Hash)).Length,
            turn.Submitted.Value,
            turn.Spent,
            time.GetUtcNow() - turn.Began,
            receipt,
            signer.Sign(Signatures.ReceiptContext, receipt));
        bool isLast = snapshot.Circuits.All(other =>
            other.Index == circuit.Index || !snapshot.HasRoom(other) || other.Contributions.Any(made => made.Participant == ticket.Participant));
        TicketPhase after = isLast ? TicketPhase.Done : snapshot.Phase == CeremonyPhase.Open ? TicketPhase.Waiting : TicketPhase.TooLate;
        store.Accept(circuit.Index, contribution, after);
        log.Accepted(ticket.Number, name, circuit.Name, contribution.Number);
        Refresh();
    }
}
