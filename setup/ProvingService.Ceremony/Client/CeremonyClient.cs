// Owns: a participant's or onlooker's way to a coordinator: the contract's calls with credentials, repeated while the coordinator is
// away, and transfers that go on where they broke off. What a contributor does with them: Contributor.cs.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using ProvingService.Contract.Ceremonies;
using ProvingService.Grpc;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

/// <summary>How a client says who it is, and how long it tries.</summary>
public sealed record CeremonyClientOptions
{
    /// <summary>An invitation token, or the operator's; null for onlookers and for those who have a key.</summary>
    public string? Token { get; init; }

    /// <summary>The seed of an Ed25519 key, 32 bytes, for participants who are known by their public key; null for the others.</summary>
    public ReadOnlyMemory<byte>? KeySeed { get; init; }

    /// <summary>Roots of the coordinator's certificate for <c>https</c>; null for the system's.</summary>
    public GrpcClientTls? Tls { get; init; }

    /// <summary>Whether a token may go to another machine without TLS.</summary>
    public bool AllowCleartext { get; init; }

    /// <summary>How long a call is tried again while the coordinator is away. Default 1 min.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told, once for each time, that the coordinator is away, and that it is back.</summary>
    public Action<string>? Say { get; init; }
}

/// <summary>
/// A client of a coordinator. Safe for concurrent use. Errors are <see cref="RpcException"/>s with the contract's codes; where the coordinator
/// cannot be reached they are UNAVAILABLE, after <see cref="CeremonyClientOptions.Patience"/>.
/// </summary>
public sealed class CeremonyClient : IDisposable
{
    private const int PieceLength = 256 << 10;
    private static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(100), LongestRest = TimeSpan.FromSeconds(5);

    private readonly GrpcChannel channel;
    private readonly CeremonyClientOptions options;
    private readonly SigningKey? key;
    private string? session;

    /// <summary>Prepares a client; the connection is made with the first call.</summary>
    /// <param name="address">Where the coordinator's gRPC listens: <c>https://host:7430</c>.</param>
    /// <param name="options">Credentials and patience.</param>
    /// <exception cref="CeremonyException">The address is none, or a token would go over the wire as it is.</exception>
    public CeremonyClient(string address, CeremonyClientOptions? options = null)
    {
        this.options = options ?? new();
        key = this.options.KeySeed is { } seed ? new SigningKey(seed.ToArray()) : null;
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new CeremonyException($"'{address}' is no address of a coordinator; https://host:7430 is expected.");
        }

        bool isLocal = uri.IsLoopback || (IPAddress.TryParse(uri.Host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
        if (uri.Scheme == "http" && !isLocal && this.options.Token is not null && !this.options.AllowCleartext)
        {
            throw new CeremonyException($"a token would go to {uri.Host} as it is, for anyone on the way to read: use https, or insist with --allow-cleartext.");
        }

        Address = uri;
        try
        {
            channel = GrpcChannel.ForAddress(uri, new GrpcChannelOptions
            {
                MaxReceiveMessageSize = 64 << 20,
                Tls = this.options.Tls,
                HeaderProvider = _ => ValueTask.FromResult(Headers()),
                KeepAlivePingDelay = TimeSpan.FromSeconds(10),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            });
        }
        catch (ArgumentException e)
        {
            throw new CeremonyException(e.Message);
        }

        Participation = new(channel);
        Coordination = new(channel);
    }

    /// <summary>Where the coordinator is.</summary>
    public Uri Address { get; }

    /// <summary>The stub for contributors and onlookers.</summary>
    public Participation.ParticipationClient Participation { get; }

    /// <summary>The stub for the operator.</summary>
    public Coordination.CoordinationClient Coordination { get; }

    /// <summary>The ceremony as it stands.</summary>
    public Task<CeremonyView> GetCeremonyAsync(CancellationToken cancellation = default) =>
        RepeatAsync(() => Participation.GetCeremonyAsync(new(), cancellationToken: cancellation).ResponseAsync, cancellation);

    /// <summary>What is published.</summary>
    public Task<Contract.Ceremonies.Transcript> GetTranscriptAsync(CancellationToken cancellation = default) =>
        RepeatAsync(() => Participation.GetTranscriptAsync(new(), cancellationToken: cancellation).ResponseAsync, cancellation);

    /// <summary>Runs a call until it succeeds, fails for good, or patience ends. A session that ended is made again.</summary>
    /// <exception cref="RpcException">The coordinator refuses.</exception>
    public async Task<T> RepeatAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(call);
        long since = Stopwatch.GetTimestamp();
        TimeSpan rest = FirstRest;
        bool isAway = false, hasSession = session is not null;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            TimeSpan asked = TimeSpan.Zero;
            try
            {
                if (key is not null && session is null)
                {
                    await AuthenticateAsync(cancellation).ConfigureAwait(false);
                }

                T result = await call().ConfigureAwait(false);
                if (isAway)
                {
                    options.Say?.Invoke("The coordinator is back.");
                }

                return result;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unauthenticated && key is not null && hasSession)
            {
                // Sessions end when the coordinator starts again.
                (session, hasSession) = (null, false);
                continue;
            }
            catch (RpcException e) when (!cancellation.IsCancellationRequested && IsTransient(e) && Stopwatch.GetElapsedTime(since) + rest < options.Patience)
            {
                asked = AskedRest(e);
                if (!isAway && e.StatusCode != StatusCode.ResourceExhausted)
                {
                    isAway = true;
                    options.Say?.Invoke("The coordinator cannot be reached; trying again.");
                }
            }
            catch (RpcException e) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(e.Status.Detail, e, cancellation);
            }

            TimeSpan wait = (asked > rest ? asked : rest) * (0.75 + (0.5 * Random.Shared.NextDouble()));
            rest = rest * 2 < LongestRest ? rest * 2 : LongestRest;
            await Task.Delay(wait, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Brings a file, and goes on with one that was begun. What is there afterwards has the hash.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="path">Where the file is to be; bytes gather in <c>path.part</c>.</param>
    /// <param name="progress">Told the share that is there.</param>
    /// <param name="cancellation">Ends the download; what came stays.</param>
    /// <exception cref="RpcException">The coordinator refuses.</exception>
    /// <exception cref="CeremonyException">It sent other bytes.</exception>
    public async Task DownloadAsync(string hash, string path, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        string part = path + ".part";
        await RepeatAsync(
            async () =>
            {
                await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 20, FileOptions.Asynchronous);
                file.Position = file.Length;
                ulong size = ulong.MaxValue;
                using AsyncServerStreamingCall<DownloadResponse> call = Participation.Download(
                    new DownloadRequest { Hash = hash, Offset = (ulong)file.Length }, cancellationToken: cancellation);
                while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
                {
                    DownloadResponse piece = call.ResponseStream.Current;
                    size = piece.Size > 0 ? piece.Size : size;
                    if ((ulong)(file.Position + piece.Data.Length) > size)
                    {
                        throw new CeremonyException("the coordinator sent more bytes than it announced.");
                    }

                    await file.WriteAsync(piece.Data.Memory, cancellation).ConfigureAwait(false);
                    progress?.Report((double)file.Position / size);
                }

                return (ulong)file.Length == size ? true : throw new RpcException(new Status(StatusCode.Unavailable, "the download broke off."));
            },
            cancellation).ConfigureAwait(false);
        if (await PrivateFiles.HashAsync(part, cancellation).ConfigureAwait(false) != hash)
        {
            File.Delete(part);
            throw new CeremonyException($"the coordinator sent a file that has not the hash {hash} which it announced; it was thrown away.");
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>Brings a file to the coordinator, and goes on with one that was begun.</summary>
    internal async Task UploadAsync(string ticket, string circuit, string hash, string path, IProgress<double>? progress, CancellationToken cancellation)
    {
        await RepeatAsync(
            async () =>
            {
                UploadState state = await StandOfAsync(ticket, circuit, hash, cancellation).ConfigureAwait(false);
                if (state.Complete)
                {
                    return true;
                }

                await using FileStream file = CeremonyFiles.OpenToRead(path);
                file.Position = (long)state.Committed;
                using AsyncClientStreamingCall<UploadRequest, UploadState> call = Participation.Upload(cancellationToken: cancellation);
                byte[] buffer = new byte[PieceLength];
                try
                {
                    await call.RequestStream.WriteAsync(
                        new UploadRequest { Header = new UploadHeader { TicketId = ticket, Circuit = circuit, Hash = hash, Size = (ulong)file.Length, Offset = state.Committed } },
                        cancellation).ConfigureAwait(false);
                    for (int read; (read = await file.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
                    {
                        await call.RequestStream.WriteAsync(new UploadRequest { Data = ByteString.CopyFrom(buffer, 0, read) }, cancellation).ConfigureAwait(false);
                        progress?.Report((double)file.Position / file.Length);
                    }

                    await call.RequestStream.CompleteAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (e is RpcException or InvalidOperationException or IOException && call.ResponseAsync.IsCompleted)
                {
                    // The answer says why.
                }

                return (await call.ResponseAsync.ConfigureAwait(false)).Complete
                    ? true
                    : throw new RpcException(new Status(StatusCode.Unavailable, "the upload broke off."));
            },
            cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    /// <summary>Whether another try may go well: the coordinator is away, an upload of before is not over yet, or a limit was met.</summary>
    internal static bool IsTransient(RpcException fault) => fault.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled
        or StatusCode.Internal or StatusCode.Aborted or StatusCode.OutOfRange or StatusCode.ResourceExhausted or StatusCode.DataLoss;

    private static TimeSpan AskedRest(RpcException fault) =>
        fault.Trailers.GetValue(Refuse.RetryAfter) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
            ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, 60_000))
            : TimeSpan.Zero;

    private Metadata Headers()
    {
        var headers = new Metadata();
        if ((options.Token ?? session) is { } token)
        {
            headers.Add("authorization", "Bearer " + token);
        }

        return headers;
    }

    private async Task AuthenticateAsync(CancellationToken cancellation)
    {
        Challenge challenge = await Participation.GetChallengeAsync(new(), cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
        byte[] signed = [.. System.Text.Encoding.ASCII.GetBytes(challenge.CeremonyId), .. challenge.Nonce.Span];
        Session begun = await Participation.AuthenticateAsync(
            new AuthenticateRequest
            {
                PublicKey = ByteString.CopyFrom(key!.PublicKey),
                Nonce = challenge.Nonce,
                Signature = ByteString.CopyFrom(key.Sign(Signatures.ChallengeContext, signed)),
            },
            cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
        session = begun.Token;
    }

    private async Task<UploadState> StandOfAsync(string ticket, string circuit, string hash, CancellationToken cancellation)
    {
        try
        {
            return await Participation.GetUploadAsync(
                new GetUploadRequest { TicketId = ticket, Circuit = circuit, Hash = hash }, cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return new UploadState();
        }
    }
}
