// Owns: the end of a ceremony: the beacon applied to each circuit, the gate, and what is published. All of it follows from the state
// and the beacon, so that a finishing that was killed is begun again and makes the same files.

using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.Storage;
using System.Text;

namespace ProvingService.Ceremony;

internal sealed partial class Coordinator
{
    /// <summary>What the beacon is called in the keys' records.</summary>
    internal const string BeaconName = "beacon";

    /// <summary>Inside the gate.</summary>
    private void StartFinishing() => finishing = Task.Run(FinishAsync);

    private async Task FinishAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                List<PublishedFile> outputs = [];
                string? fault = null;
                foreach (CircuitRecord circuit in snapshot.Circuits)
                {
                    fault ??= await FinishCircuitAsync(circuit, outputs).ConfigureAwait(false);
                }

                if (fault is null)
                {
                    await WriteDocumentsAsync(outputs).ConfigureAwait(false);
                }

                lock (gate)
                {
                    if (fault is null)
                    {
                        store.Finish(outputs);
                        log.Finished();
                    }
                    else
                    {
                        store.FailFinish(fault);
                        log.FinishFailed(fault);
                    }

                    Refresh();
                }

                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is StoreException or IOException or InvalidFileException or UnauthorizedAccessException)
            {
                log.DiskFault(e);
                await Task.Delay(Rest, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                log.Unforeseen(e);
                await Task.Delay(Rest, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <returns>Why the key may not leave the ceremony, or null.</returns>
    private async Task<string?> FinishCircuitAsync(CircuitRecord circuit, List<PublishedFile> outputs)
    {
        var engine = new EngineOptions(0, stop.Token);
        string key = files.NewWorkFile(), r1cs = files.PathOf(circuit.R1csHash), ptau = files.PathOf(circuit.PtauHash);
        PhaseTwo.Beacon(files.PathOf(circuit.CurrentHash), key, BeaconName, snapshot.Beacon, snapshot.Document.Beacon.IterationsLog, options: engine);
        bool isFirst = snapshot.Circuits.First(other => other.PtauHash == circuit.PtauHash).Index == circuit.Index;
        var promise = new KeyPromise(
            snapshot.Document, circuit.InitialContributions.Count, snapshot.Closed!.Value, snapshot.Beacon, circuit.Contributions[^1].Submitted);
        PhaseTwoReport report = KeyGate.Check(r1cs, ptau, key, promise, verifyPowers: isFirst, engine);
        if (report.Fault is { } fault)
        {
            return $"{circuit.Name}: {fault.Text}";
        }

        if (!report.Contributions.SkipLast(1).Select(entry => Convert.ToHexString(entry.Hash.Span)).SequenceEqual(circuit.AllHashes.Select(Convert.ToHexString)))
        {
            return $"{circuit.Name}: the key's record is not that of the receipts.";
        }

        (string json, string solidity) = KeyGate.Export(key);
        (string hash, long size) = await files.AdoptAsync(key, stop.Token).ConfigureAwait(false);
        outputs.Add(new(TranscriptPaths.FinalKey(circuit.Name), hash, size));
        await PublishTextAsync(outputs, TranscriptPaths.VerifyingKey(circuit.Name), json).ConfigureAwait(false);
        await PublishTextAsync(outputs, TranscriptPaths.Solidity(circuit.Name), solidity).ConfigureAwait(false);
        return null;
    }

    private async Task WriteDocumentsAsync(List<PublishedFile> outputs)
    {
        CeremonySnapshot now = snapshot;
        var head = new TranscriptHead
        {
            Id = now.Id,
            Document = now.Document,
            ReceiptKey = signer.PublicKey,
            Closed = now.Closed!.Value,
            Beacon = now.Beacon,
            Circuits = [.. now.Circuits.Select(circuit => new TranscriptCircuit(
                circuit.Name,
                circuit.R1csHash,
                circuit.PtauHash,
                circuit.InitialHash,
                circuit.InitialContributions.Count,
                outputs.Single(output => output.Path == TranscriptPaths.FinalKey(circuit.Name)).Hash))],
            Evictions = [.. now.Tickets.Where(ticket => ticket.Phase == TicketPhase.Evicted).Select(
                ticket => (now.Participants[ticket.Participant].Name, ticket.Circuit, ticket.Reason.ToString(), ticket.ReasonText))],
        };
        SignedReceipt[] receipts = [.. now.Circuits.SelectMany(circuit => circuit.Contributions).Select(Views.Of)];
        await PublishTextAsync(outputs, TranscriptPaths.Ceremony, Encoding.UTF8.GetString(head.ToJson())).ConfigureAwait(false);
        await PublishTextAsync(outputs, TranscriptPaths.Receipts, Encoding.UTF8.GetString(TranscriptReceipts.ToJson(receipts))).ConfigureAwait(false);
        await PublishTextAsync(outputs, TranscriptPaths.Text, TranscriptReceipts.ToText(head, receipts)).ConfigureAwait(false);
    }

    private async Task PublishTextAsync(List<PublishedFile> outputs, string path, string text)
    {
        (string hash, long size) = await files.AdoptTextAsync(text, stop.Token).ConfigureAwait(false);
        outputs.Add(new(path, hash, size));
    }
}
