// Owns: a contributor's whole part: a place in the queue, a turn at each circuit, receipts, the attestation. It may be killed at any point
// and started again in the same folder. Never: the secrets, which PhaseTwo draws, uses and erases.
//
// What a contributor checks of the coordinator, and why:
//   the key it is given has the announced hash, and its record the announced contributions: a coordinator that shows others another
//     history would have to hand out a key that does not fit it
//   the receipt is signed by the key that was announced when it joined, and names this contribution, this key before and this key after:
//     it is the proof that the contribution was taken, should the final transcript lack it

using Google.Protobuf;
using Grpc.Core;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>What a contributor is doing.</summary>
public enum ContributorStage
{
    /// <summary>It waits for its turn.</summary>
    Waiting,

    /// <summary>It brings the key.</summary>
    Downloading,

    /// <summary>It multiplies points.</summary>
    Contributing,

    /// <summary>It sends the new key.</summary>
    Uploading,

    /// <summary>The coordinator verifies.</summary>
    Verifying,

    /// <summary>The contribution to a circuit is accepted.</summary>
    Accepted,
}

/// <summary>How far a contributor is.</summary>
/// <param name="Stage">What it is doing.</param>
/// <param name="Circuit">At which circuit.</param>
/// <param name="Fraction">The share of the stage that is done, 0 to 1; 0 where nobody knows.</param>
/// <param name="Ahead">While waiting: how many are before it.</param>
/// <param name="Wait">While waiting: for how long, as far as one can tell.</param>
public sealed record ContributorProgress(ContributorStage Stage, string Circuit, double Fraction, int Ahead, TimeSpan Wait);

/// <summary>How a contributor does its part.</summary>
public sealed record ContributorOptions
{
    /// <summary>Under which name.</summary>
    public required string Name { get; init; }

    /// <summary>Where files gather and receipts stay; made where it is missing.</summary>
    public required string Folder { get; init; }

    /// <summary>The randomness, of which each circuit gets its own fork. The caller disposes it.</summary>
    public required ContributionEntropy Entropy { get; init; }

    /// <summary>Told how far it is; null for nobody.</summary>
    public IProgress<ContributorProgress>? Progress { get; init; }

    /// <summary>Threads of the contribution; 0 for all cores.</summary>
    public int Threads { get; init; }
}

/// <summary>What came of a contributor's part.</summary>
/// <param name="Phase">Done, evicted or too late.</param>
/// <param name="Reason">Why it was evicted, in words.</param>
/// <param name="MayReturn">Whether it was evicted for stalling alone, so that it may perhaps take a new place.</param>
/// <param name="Receipts">What was accepted.</param>
/// <param name="Attestation">The text to publish; empty where nothing was accepted.</param>
public sealed record ContributorResult(
    TicketPhase Phase, string Reason, bool MayReturn, IReadOnlyList<SignedReceipt> Receipts, string Attestation);

/// <summary>Takes part in a ceremony. Use it once.</summary>
public sealed class Contributor(CeremonyClient client, ContributorOptions options)
{
    /// <summary>Does the whole part.</summary>
    /// <param name="cancellation">Ends it; started again in the same folder it goes on.</param>
    /// <exception cref="RpcException">The coordinator refuses, or cannot be reached for longer than the client's patience.</exception>
    /// <exception cref="CeremonyException">The coordinator does not do what it announced.</exception>
    public async Task<ContributorResult> RunAsync(CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(options.Folder);
        CeremonyView ceremony = await client.GetCeremonyAsync(cancellation).ConfigureAwait(false);
        Ticket ticket = await client.RepeatAsync(
            () => client.Participation.JoinAsync(new JoinRequest { Name = options.Name }, cancellationToken: cancellation).ResponseAsync, cancellation).ConfigureAwait(false);
        while (true)
        {
            TicketState? state = await client.RepeatAsync(() => WatchAsync(ticket.Id, cancellation), cancellation).ConfigureAwait(false);
            switch (state?.Phase)
            {
                case TicketPhase.Turn:
                    try
                    {
                        await TakeTurnAsync(ceremony, ticket, state.Turn, cancellation).ConfigureAwait(false);
                    }
                    catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
                    {
                        // The turn is over; the ticket's state says why. Not at once: where it is not, this would be a loop.
                        await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation).ConfigureAwait(false);
                    }

                    break;
                case TicketPhase.Done or TicketPhase.Evicted or TicketPhase.TooLate:
                    return await EndAsync(ceremony, ticket, state, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until there is something to do. Null where the watching broke off after it had begun.</summary>
    private async Task<TicketState?> WatchAsync(string ticket, CancellationToken cancellation)
    {
        using AsyncServerStreamingCall<TicketState> call = client.Participation.Watch(new WatchRequest { TicketId = ticket }, cancellationToken: cancellation);
        bool began = false;
        try
        {
            while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
            {
                TicketState state = call.ResponseStream.Current;
                began = true;
                if (state.Phase != TicketPhase.Waiting)
                {
                    return state;
                }

                options.Progress?.Report(new(ContributorStage.Waiting, state.Circuit, 0, (int)state.Ahead, state.ExpectedWait.ToTimeSpan()));
            }
        }
        catch (RpcException e) when (began && CeremonyClient.IsTransient(e) && !cancellation.IsCancellationRequested)
        {
            // Patience begins anew: it was there.
        }

        return null;
    }

    private async Task TakeTurnAsync(CeremonyView ceremony, Ticket ticket, TurnOffer turn, CancellationToken cancellation)
    {
        // A name from the coordinator becomes a file's: nothing but what circuits may be called.
        if (!TranscriptPaths.IsSafe(turn.Circuit) || turn.Circuit.Contains('/', StringComparison.Ordinal) || !CeremonyFiles.IsHash(turn.BaseHash))
        {
            throw new CeremonyException("the coordinator offers a turn at a circuit whose name or hash is none.");
        }

        string stem = Path.Combine(options.Folder, $"{turn.Circuit}-{turn.BaseHash[..16]}"), before = stem + ".zkey", after = stem + ".contributed.zkey";
        if (!IsOwnOf(after, turn, ticket.Name))
        {
            await client.DownloadAsync(turn.BaseHash, before, new Share(this, ContributorStage.Downloading, turn.Circuit), cancellation).ConfigureAwait(false);
            RequireAnnounced(before, turn);
            options.Progress?.Report(new(ContributorStage.Contributing, turn.Circuit, 0, 0, TimeSpan.Zero));
            using ContributionEntropy entropy = options.Entropy.Fork(turn.Circuit);
            await Task.Run(
                () => PhaseTwo.Contribute(
                    before, after, ticket.Name, entropy, new Points(this, turn.Circuit), new EngineOptions(options.Threads, cancellation)),
                cancellation).ConfigureAwait(false);
        }

        string hash = await PrivateFiles.HashAsync(after, cancellation).ConfigureAwait(false);
        byte[] contribution = PhaseTwo.ReadInfo(after).Contributions[^1].Hash.ToArray();
        await client.UploadAsync(ticket.Id, turn.Circuit, hash, after, new Share(this, ContributorStage.Uploading, turn.Circuit), cancellation).ConfigureAwait(false);
        options.Progress?.Report(new(ContributorStage.Verifying, turn.Circuit, 0, 0, TimeSpan.Zero));
        CommitResult result = await client.RepeatAsync(
            () => client.Participation.CommitAsync(
                new CommitRequest { TicketId = ticket.Id, Circuit = turn.Circuit, Hash = hash }, cancellationToken: cancellation).ResponseAsync,
            cancellation).ConfigureAwait(false);
        if (result.Accepted is { } signed)
        {
            Receipt receipt = ReceiptChecks.Require(signed, ceremony.ReceiptKey.Span);
            if (receipt.CeremonyId != ceremony.Id || receipt.Circuit != turn.Circuit || receipt.Name != ticket.Name
                || !receipt.Contribution.Span.SequenceEqual(contribution)
                || Convert.ToHexStringLower(receipt.KeyBefore.Span) != turn.BaseHash || Convert.ToHexStringLower(receipt.KeyAfter.Span) != hash)
            {
                throw new CeremonyException("the coordinator signed a receipt for something else than was handed in. Keep the folder, and tell the others.");
            }

            options.Progress?.Report(new(ContributorStage.Accepted, turn.Circuit, 1, 0, TimeSpan.Zero));
        }

        File.Delete(before);
        File.Delete(after);
    }

    /// <summary>Whether a file is a contribution to this turn's key that was made before this process.</summary>
    private static bool IsOwnOf(string path, TurnOffer turn, string name)
    {
        try
        {
            return File.Exists(path) && PhaseTwo.ReadInfo(path) is { } report
                && report.Contributions.Count == turn.Contributions.Count + 1 && report.Contributions[^1].Name == name;
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }

    private static void RequireAnnounced(string path, TurnOffer turn)
    {
        PhaseTwoReport report = PhaseTwo.ReadInfo(path);
        if (report.Contributions.Count != turn.Contributions.Count
            || !report.Contributions.Select((entry, i) => entry.Hash.Span.SequenceEqual(turn.Contributions[i].Span)).All(same => same))
        {
            throw new CeremonyException($"the coordinator's key for {turn.Circuit} does not hold the contributions that it announced; nothing was contributed.");
        }
    }

    private async Task<ContributorResult> EndAsync(CeremonyView ceremony, Ticket ticket, TicketState state, CancellationToken cancellation)
    {
        SignedReceipt[] receipts = [.. state.Receipts];
        foreach (SignedReceipt receipt in receipts)
        {
            ReceiptChecks.Require(receipt, ceremony.ReceiptKey.Span);
        }

        string text = receipts.Length == 0 ? "" : Attestation.Compose(ceremony, ticket.Name, receipts);
        if (receipts.Length > 0)
        {
            await File.WriteAllBytesAsync(Path.Combine(options.Folder, TranscriptPaths.Receipts), TranscriptReceipts.ToJson(receipts), cancellation).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(options.Folder, "attestation.txt"), text, cancellation).ConfigureAwait(false);
            try
            {
                await client.RepeatAsync(
                    () => client.Participation.AttestAsync(new AttestRequest { TicketId = ticket.Id, Text = text }, cancellationToken: cancellation).ResponseAsync,
                    cancellation).ConfigureAwait(false);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
            {
                // The ceremony is finished already: the receipts stand nevertheless.
            }
        }

        return new(state.Phase, state.ReasonText, state.Reason == EvictionReason.Stalled, receipts, text);
    }

    /// <summary>The share of a transfer as progress.</summary>
    private sealed class Share(Contributor owner, ContributorStage stage, string circuit) : IProgress<double>
    {
        public void Report(double value) => owner.Report(stage, circuit, value);
    }

    /// <summary>The share of points as progress.</summary>
    private sealed class Points(Contributor owner, string circuit) : IProgress<Groth16.SetupProgress>
    {
        public void Report(Groth16.SetupProgress value) => owner.Report(ContributorStage.Contributing, circuit, value.Fraction);
    }

    private void Report(ContributorStage stage, string circuit, double share) => options.Progress?.Report(new(stage, circuit, share, 0, TimeSpan.Zero));
}
