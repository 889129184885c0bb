// Owns: the contract's service for contributors and onlookers: messages in and out. Rules: Coordination/.

using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Contract.Ceremonies;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>Participation. Safe for concurrent use.</summary>
internal sealed class ParticipationFace(
    Coordinator coordinator, CeremonyFiles files, Admission admission, CeremonyOptions options, TimeProvider time, ILogger log) : Participation.ParticipationBase, IDisposable
{
    private const int PieceLength = 256 << 10;

    private readonly SemaphoreSlim downloads = new(options.MaxDownloads);

    /// <inheritdoc/>
    public override Task<CeremonyView> GetCeremony(GetCeremonyRequest request, ServerCallContext context) =>
        Task.FromResult(Views.Of(coordinator, time.GetUtcNow()));

    /// <inheritdoc/>
    public override Task<Challenge> GetChallenge(GetChallengeRequest request, ServerCallContext context) => Task.FromResult(
        new Challenge { Nonce = ByteString.CopyFrom(admission.NewChallenge()), CeremonyId = coordinator.Snapshot.Id });

    /// <inheritdoc/>
    public override Task<Session> Authenticate(AuthenticateRequest request, ServerCallContext context) => Task.FromResult(
        new Session { Token = admission.Authenticate(context, coordinator.Snapshot.Id, coordinator.Snapshot.Document.Keys, request) });

    /// <inheritdoc/>
    public override Task<Ticket> Join(JoinRequest request, ServerCallContext context) => GuardAsync(() =>
    {
        TicketRecord ticket = coordinator.Join(admission.RequireParticipant(context), request.Name);
        return Task.FromResult(new Ticket
        {
            Id = ticket.Id,
            Number = (uint)ticket.Number,
            Name = coordinator.Snapshot.Participants[ticket.Participant].Name,
        });
    });

    /// <inheritdoc/>
    public override Task Watch(WatchRequest request, IServerStreamWriter<TicketState> responseStream, ServerCallContext context) => GuardAsync(async () =>
    {
        int ticket = FindTicket(context, request.TicketId).Number;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, coordinator.Stopping);
        TicketState? sent = null;
        DateTimeOffset last = DateTimeOffset.MinValue;
        while (true)
        {
            Task next = coordinator.NextChange;
            TicketState state = Views.Of(coordinator, ticket, time.GetUtcNow());
            if (sent is null || IsNews(sent, state) || time.GetUtcNow() - last >= options.WatchInterval)
            {
                await responseStream.WriteAsync(state, ending.Token).ConfigureAwait(false);
                (sent, last) = (state, time.GetUtcNow());
            }

            if (state.Phase is not (TicketPhase.Waiting or TicketPhase.Turn))
            {
                return true;
            }

            await Task.WhenAny(next, Task.Delay(options.WatchInterval, ending.Token)).ConfigureAwait(false);
            if (coordinator.Stopping.IsCancellationRequested)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator stops; watch again."));
            }

            ending.Token.ThrowIfCancellationRequested();
        }
    });

    /// <inheritdoc/>
    public override Task Download(DownloadRequest request, IServerStreamWriter<DownloadResponse> responseStream, ServerCallContext context) => GuardAsync(async () =>
    {
        CeremonySnapshot now = coordinator.Snapshot;
        if (!CeremonyFiles.IsHash(request.Hash))
        {
            throw Refuse.Invalid("hash", "64 lower-case hex digits are expected.");
        }

        long size = now.FindPublished(request.Hash) ?? throw Refuse.NotFound($"no file {request.Hash} is published here.");
        if (request.Offset > (ulong)size)
        {
            throw new RpcException(new Status(StatusCode.OutOfRange, $"the file has {size} bytes; {request.Offset} is past its end."));
        }

        CircuitRecord? turn = admission.FindParticipant(context) is { } identity ? now.Circuits.FirstOrDefault(circuit =>
            circuit.Turn is { } held && circuit.CurrentHash == request.Hash && now.Participants[now.Ticket(held.Ticket).Participant].Identity == identity) : null;
        if (turn is null && !await downloads.WaitAsync(TimeSpan.Zero, context.CancellationToken).ConfigureAwait(false))
        {
            throw Refuse.Exhausted($"{options.MaxDownloads} downloads are under way; try again.", TimeSpan.FromSeconds(5));
        }

        if (turn is not null)
        {
            coordinator.TakeUp(turn.Index, turn.Turn!.Ticket);
        }

        using IDisposable? transfer = turn is not null ? coordinator.BeginTransfer(turn.Index, turn.Turn!.Ticket) : null;
        try
        {
            await using FileStream file = CeremonyFiles.OpenToRead(files.PathOf(request.Hash));
            file.Position = (long)request.Offset;
            byte[] buffer = new byte[PieceLength];
            ulong first = (ulong)size;
            int read;
            do
            {
                read = await file.ReadAsync(buffer, context.CancellationToken).ConfigureAwait(false);
                await responseStream.WriteAsync(new DownloadResponse { Size = first, Data = ByteString.CopyFrom(buffer, 0, read) }, context.CancellationToken).ConfigureAwait(false);
                first = 0;
            }
            while (read > 0);
        }
        finally
        {
            if (turn is null)
            {
                downloads.Release();
            }
        }

        return true;
    });

    /// <inheritdoc/>
    public override Task<UploadState> GetUpload(GetUploadRequest request, ServerCallContext context) => GuardAsync(() =>
    {
        UploadName name = NameOf(FindTicket(context, request.TicketId), request.Circuit, request.Hash);
        (long length, bool isWhole) = files.FindUpload(name) ?? throw Refuse.NotFound("no upload of this file was begun in this turn.");
        return Task.FromResult(new UploadState { Committed = (ulong)length, Complete = isWhole });
    });

    /// <inheritdoc/>
    public override Task<UploadState> Upload(IAsyncStreamReader<UploadRequest> requestStream, ServerCallContext context) => GuardAsync(async () =>
    {
        if (!await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false) || requestStream.Current.Header is not { } header)
        {
            throw Refuse.Invalid("header", "the first message says which file comes.");
        }

        TicketRecord ticket = FindTicket(context, header.TicketId);
        (CircuitRecord circuit, TurnRecord turn) = coordinator.RequireTurn(ticket, header.Circuit);
        UploadName name = NameOf(ticket, header.Circuit, header.Hash);
        if (turn.Hash is not null && turn.Hash != header.Hash)
        {
            throw Refuse.Precondition("another key was handed in for this turn.");
        }

        if (header.Size > (ulong)(circuit.CurrentSize + options.MaxGrowth))
        {
            throw Refuse.Invalid("size", $"the key before has {circuit.CurrentSize} bytes; a contribution adds at most {options.MaxGrowth}.");
        }

        coordinator.TakeUp(circuit.Index, ticket.Number);
        using IDisposable transfer = coordinator.BeginTransfer(circuit.Index, ticket.Number);
        try
        {
            (long length, bool isWhole) = await files.TakeAsync(
                name, (long)header.Size, (long)header.Offset, PiecesAsync(requestStream, ticket, header.Circuit, context.CancellationToken), context.CancellationToken).ConfigureAwait(false);
            return new UploadState { Committed = (ulong)length, Complete = isWhole };
        }
        catch (UploadException e)
        {
            throw Refuse.Upload(e);
        }
    });

    /// <inheritdoc/>
    public override Task<CommitResult> Commit(CommitRequest request, ServerCallContext context) => GuardAsync(() =>
    {
        TicketRecord ticket = FindTicket(context, request.TicketId);
        if (!CeremonyFiles.IsHash(request.Hash))
        {
            throw Refuse.Invalid("hash", "64 lower-case hex digits are expected.");
        }

        return coordinator.CommitAsync(ticket, request.Circuit, request.Hash, context.CancellationToken);
    });

    /// <inheritdoc/>
    public override Task<AttestResponse> Attest(AttestRequest request, ServerCallContext context) => GuardAsync(async () =>
        new AttestResponse { Path = (await coordinator.AttestAsync(FindTicket(context, request.TicketId), request.Text, context.CancellationToken).ConfigureAwait(false)).Path });

    /// <inheritdoc/>
    public override Task<Contract.Ceremonies.Transcript> GetTranscript(GetTranscriptRequest request, ServerCallContext context)
    {
        CeremonySnapshot now = coordinator.Snapshot;
        var transcript = new Contract.Ceremonies.Transcript { Finished = now.Phase == CeremonyPhase.Finished };
        transcript.Files.AddRange(now.Published().Select(file => new TranscriptFile { Path = file.Path, Hash = file.Hash, Size = (ulong)file.Size }));
        transcript.Receipts.AddRange(now.Circuits.SelectMany(circuit => circuit.Contributions).Select(Views.Of));
        return Task.FromResult(transcript);
    }

    /// <inheritdoc/>
    public void Dispose() => downloads.Dispose();

    /// <summary>Whether a watcher must be told at once, and not only that time goes by.</summary>
    private static bool IsNews(TicketState sent, TicketState state) =>
        sent.Phase != state.Phase || sent.Circuit != state.Circuit || sent.Ahead != state.Ahead || sent.Receipts.Count != state.Receipts.Count
        || sent.Turn?.BaseHash != state.Turn?.BaseHash;

    private TicketRecord FindTicket(ServerCallContext context, string id) => coordinator.FindTicket(admission.RequireParticipant(context), id);

    private UploadName NameOf(TicketRecord ticket, string circuit, string hash) => CeremonyFiles.IsHash(hash)
        ? new UploadName(ticket.Number, coordinator.FindCircuit(circuit).Index, hash)
        : throw Refuse.Invalid("hash", "64 lower-case hex digits are expected.");

    /// <summary>The pieces that come, as long as it is the sender's turn.</summary>
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesAsync(
        IAsyncStreamReader<UploadRequest> stream, TicketRecord ticket, string circuit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await stream.MoveNext(cancellation).ConfigureAwait(false))
        {
            coordinator.RequireTurn(ticket, circuit);
            yield return stream.Current.PartCase == UploadRequest.PartOneofCase.Data
                ? stream.Current.Data.Memory
                : throw Refuse.Invalid("data", "after the first message only bytes come.");
        }
    }

    /// <summary>Runs a call; faults of the store and the disk become statuses.</summary>
    private async Task<T> GuardAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            log.DiskFault(e);
            throw Refuse.Store(e);
        }
    }
}
