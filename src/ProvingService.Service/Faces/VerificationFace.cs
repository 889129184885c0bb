// Owns: the contract's Verification: single proofs, and streams of them in batches. The mathematics: Proving/ProofChecker.cs.

using System.Threading.Channels;
using Grpc.Core;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>Verification, for gRPC and REST alike.</summary>
internal sealed class VerificationFace(FaceParts parts) : Contract.Verification.VerificationBase
{
    private readonly ProofCheckers checkers = new();

    /// <inheritdoc/>
    public override Task<VerifyResponse> Verify(VerifyRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        (ProofChecker? checker, VerifyResponse? refusal) = await FindCheckerAsync(request, context.CancellationToken).ConfigureAwait(false);
        VerifyResponse response = refusal ?? checker!.Check([request], context.CancellationToken)[0];
        await CountAsync(checker, [response]).ConfigureAwait(false);
        return response;
    });

    /// <inheritdoc/>
    public override Task VerifyStream(
        IAsyncStreamReader<VerifyRequest> requestStream, IServerStreamWriter<VerifyResponse> responseStream, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        using RateLease stream = parts.Rates.AdmitStream(FaceParts.Require(context, Scopes.Read));
        int limit = parts.Options.VerifyBatch;

        // What the client sends beyond a batch waits in its own buffers.
        var pending = Channel.CreateBounded<VerifyRequest>(limit);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        Task reading = ReadAsync(requestStream, pending.Writer, ending.Token);
        try
        {
            var batch = new List<VerifyRequest>(limit);
            while (await pending.Reader.WaitToReadAsync(context.CancellationToken).ConfigureAwait(false))
            {
                batch.Clear();
                while (batch.Count < limit && pending.Reader.TryRead(out VerifyRequest? request))
                {
                    batch.Add(request);
                }

                foreach (VerifyResponse response in await CheckAsync(batch, context.CancellationToken).ConfigureAwait(false))
                {
                    await responseStream.WriteAsync(response, context.CancellationToken).ConfigureAwait(false);
                }
            }

            await reading.ConfigureAwait(false);
            return true;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    });

    /// <inheritdoc/>
    public override Task<VerificationStatistics> GetVerificationStatistics(
        GetVerificationStatisticsRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        var statistics = new VerificationStatistics();
        foreach (VerdictTally tally in await parts.Store.ListVerdictsAsync(context.CancellationToken).ConfigureAwait(false))
        {
            statistics.Circuits.Add(new VerificationTally { KeyHash = tally.KeyHash, Valid = (ulong)tally.Valid, Invalid = (ulong)tally.Invalid });
        }

        return statistics;
    });

    private static async Task ReadAsync(IAsyncStreamReader<VerifyRequest> requests, ChannelWriter<VerifyRequest> pending, CancellationToken cancellation)
    {
        Exception? fault = null;
        try
        {
            while (await requests.MoveNext(cancellation).ConfigureAwait(false))
            {
                await pending.WriteAsync(requests.Current, cancellation).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Whatever ended the reading ends the stream, with the same words.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        pending.Complete(fault);
    }

    /// <summary>Verdicts in the order of the requests; those of one key are checked together.</summary>
    private async Task<VerifyResponse[]> CheckAsync(List<VerifyRequest> batch, CancellationToken cancellation)
    {
        var responses = new VerifyResponse[batch.Count];
        var groups = new Dictionary<ProofChecker, List<int>>();
        for (int i = 0; i < batch.Count; i++)
        {
            (ProofChecker? checker, VerifyResponse? refusal) = await FindCheckerAsync(batch[i], cancellation).ConfigureAwait(false);
            if (refusal is not null)
            {
                responses[i] = refusal;
                continue;
            }

            if (!groups.TryGetValue(checker!, out List<int>? members))
            {
                groups[checker!] = members = [];
            }

            members.Add(i);
        }

        foreach ((ProofChecker checker, List<int> members) in groups)
        {
            VerifyResponse[] verdicts = checker.Check([.. members.Select(i => batch[i])], cancellation);
            for (int j = 0; j < verdicts.Length; j++)
            {
                responses[members[j]] = verdicts[j];
            }

            await CountAsync(checker, verdicts).ConfigureAwait(false);
        }

        return responses;
    }

    private async Task<(ProofChecker? Checker, VerifyResponse? Refusal)> FindCheckerAsync(VerifyRequest request, CancellationToken cancellation)
    {
        switch (request.KeyCase)
        {
            case VerifyRequest.KeyOneofCase.Circuit:
                CircuitRecord circuit = await parts.FindCircuitAsync(request.Circuit, cancellation).ConfigureAwait(false);
                return (checkers.Find(circuit.VerificationKey, circuit.KeyHash, circuit.Insecure, out _), null);
            case VerifyRequest.KeyOneofCase.VerificationKey:
                ProofChecker? own = checkers.Find(request.VerificationKey, null, allowInsecure: false, out string fault);
                return own is not null ? (own, null) : (null, new VerifyResponse { Verdict = Verdict.Malformed, Message = fault, Tag = request.Tag });
            default:
                throw Refuse.Invalid("key", "a circuit or a verification key is expected.");
        }
    }

    private async Task CountAsync(ProofChecker? checker, IReadOnlyCollection<VerifyResponse> verdicts)
    {
        int valid = verdicts.Count(response => response.Verdict == Verdict.Valid);
        parts.Metrics.Verified(valid, verdicts.Count - valid);
        if (checker?.KeyHash is { } key)
        {
            try
            {
                await parts.Store.AddVerdictsAsync(key, valid, verdicts.Count - valid, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException e)
            {
                // A verdict is worth more than its tally.
                parts.Log.StoreFailed(e.Message);
            }
        }
    }
}
