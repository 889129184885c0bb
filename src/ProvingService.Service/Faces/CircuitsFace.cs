// Owns: the contract's Circuits: uploads, registration, keys in memory. The checks of a key: Circuits/CircuitRegistration.cs.

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ProvingService.Contract;

namespace ProvingService.Service;

/// <summary>Circuits and keys, for gRPC and REST alike.</summary>
internal sealed class CircuitsFace(FaceParts parts) : Contract.Circuits.CircuitsBase
{
    private const int MaxName = 128;

    /// <summary>Checks of keys take all cores and their memory: one at a time.</summary>
    private readonly SemaphoreSlim registering = new(1);

    /// <inheritdoc/>
    public override Task<ListCircuitsResponse> ListCircuits(ListCircuitsRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        var response = new ListCircuitsResponse();
        foreach (CircuitRecord circuit in await parts.Circuits.ListAsync(context.CancellationToken).ConfigureAwait(false))
        {
            if (request.IncludeRetired || !circuit.Retired)
            {
                response.Circuits.Add(CircuitMessages.ToMessage(circuit));
            }
        }

        return response;
    });

    /// <inheritdoc/>
    public override Task<Circuit> GetCircuit(GetCircuitRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        return CircuitMessages.Describe(await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false));
    });

    /// <inheritdoc/>
    public override Task<Upload> UploadFile(IAsyncStreamReader<UploadFileRequest> requestStream, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Admin);
        if (!await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false)
            || requestStream.Current.PartCase != UploadFileRequest.PartOneofCase.Header)
        {
            throw Refuse.Invalid("header", "the first message must say which file comes.");
        }

        UploadHeader header = requestStream.Current.Header;
        RequireHash("header.hash", header.Hash);
        if (header.Size == 0)
        {
            throw Refuse.Invalid("header.size", "an empty file is no key and no circuit.");
        }

        if (header.Size > (ulong)parts.Options.MaxKeyBytes || header.Offset > header.Size)
        {
            throw Refuse.Invalid("header.size", $"at most {parts.Options.MaxKeyBytes} bytes are taken, and the offset is at most the size.");
        }

        try
        {
            UploadState state = await parts.Uploads.TakeAsync(
                header.Hash, (long)header.Size, (long)header.Offset, PiecesOf(requestStream, context.CancellationToken), context.CancellationToken).ConfigureAwait(false);
            return ToMessage(header.Hash, state);
        }
        catch (UploadException e)
        {
            throw new RpcException(new Status(
                e.Fault switch
                {
                    UploadFault.WrongOffset => StatusCode.OutOfRange,
                    UploadFault.WrongHash => StatusCode.DataLoss,
                    UploadFault.Busy => StatusCode.Aborted,
                    _ => StatusCode.InvalidArgument,
                },
                e.Message));
        }
    });

    /// <inheritdoc/>
    public override Task<Upload> GetUpload(GetUploadRequest request, ServerCallContext context) => FaceParts.GuardAsync(() =>
    {
        FaceParts.Require(context, Scopes.Admin);
        RequireHash("hash", request.Hash);
        return parts.Uploads.Find(request.Hash) is { } state
            ? Task.FromResult(ToMessage(request.Hash, state))
            : throw Refuse.NotFound($"no upload of {request.Hash} was begun.");
    });

    /// <inheritdoc/>
    public override Task RegisterCircuit(
        RegisterCircuitRequest request, IServerStreamWriter<RegisterCircuitResponse> responseStream, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Admin);
        RequireHash("key_hash", request.KeyHash);
        if (request.R1CsHash.Length > 0)
        {
            RequireHash("r1cs_hash", request.R1CsHash);
        }

        if (request.Name.Length > MaxName || request.Name.Any(char.IsControl))
        {
            throw Refuse.Invalid("name", $"at most {MaxName} characters, no control characters.");
        }

        foreach (string hash in (string[])[request.KeyHash, request.R1CsHash])
        {
            if (hash.Length > 0 && !parts.Vault.Contains(hash))
            {
                throw Refuse.Precondition($"the file {hash} is not here; upload it first (UploadFile).");
            }
        }

        await registering.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        try
        {
            CircuitRecord circuit = await CheckAsync(request, responseStream, context.CancellationToken).ConfigureAwait(false);
            await parts.Circuits.PutAsync(circuit, CancellationToken.None).ConfigureAwait(false);
            await responseStream.WriteAsync(new RegisterCircuitResponse { Fraction = 1, Circuit = CircuitMessages.Describe(circuit) }, context.CancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (RegistrationException e)
        {
            throw Refuse.Precondition(e.Message);
        }
        finally
        {
            registering.Release();
        }
    });

    /// <inheritdoc/>
    public override Task<VerificationKey> GetVerificationKey(GetVerificationKeyRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        CircuitRecord circuit = await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false);
        return new VerificationKey { Json = circuit.VerificationKey, Hash = Hashes.Of(circuit.VerificationKey) };
    });

    /// <inheritdoc/>
    public override Task<SolidityVerifier> GetSolidityVerifier(GetSolidityVerifierRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Read);
        CircuitRecord circuit = await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false);
        return new SolidityVerifier { Source = CircuitMessages.WriteSolidity(circuit) };
    });

    /// <inheritdoc/>
    public override Task<Circuit> RetireCircuit(RetireCircuitRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Admin);
        CircuitRecord circuit = await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false);
        await parts.Circuits.RetireAsync(circuit.KeyHash, context.CancellationToken).ConfigureAwait(false);
        parts.Keys.Evict(circuit.KeyHash);
        return CircuitMessages.ToMessage(circuit with { Retired = true });
    });

    /// <inheritdoc/>
    public override Task<KeysInMemory> PreloadKey(PreloadKeyRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Admin);
        CircuitRecord circuit = await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false);
        if (circuit.KeyBytes > parts.Keys.Budget)
        {
            throw Refuse.Precondition($"the key has {circuit.KeyBytes} bytes and the budget for keys is {parts.Keys.Budget}.");
        }

        try
        {
            using KeyUse use = await parts.Keys.UseAsync(circuit, context.CancellationToken).ConfigureAwait(false);
        }
        catch (R1cs.InvalidFileException e)
        {
            throw Refuse.Precondition(e.Message.Replace(parts.Vault.Root + "/", "", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Refuse.Precondition("the file of the key or of the circuit is not in the shared folder; upload and register it again.");
        }

        return ListKeys();
    });

    /// <inheritdoc/>
    public override Task<KeysInMemory> EvictKey(EvictKeyRequest request, ServerCallContext context) => FaceParts.GuardAsync(async () =>
    {
        FaceParts.Require(context, Scopes.Admin);
        CircuitRecord circuit = await parts.FindCircuitAsync(request.Circuit, context.CancellationToken).ConfigureAwait(false);
        parts.Keys.Evict(circuit.KeyHash);
        return ListKeys();
    });

    /// <inheritdoc/>
    public override Task<KeysInMemory> ListKeysInMemory(ListKeysInMemoryRequest request, ServerCallContext context) => FaceParts.GuardAsync(() =>
    {
        FaceParts.Require(context, Scopes.Read);
        return Task.FromResult(ListKeys());
    });

    private static void RequireHash(string field, string hash)
    {
        if (!ServiceOptions.IsHash(hash))
        {
            throw Refuse.Invalid(field, "a SHA-256 is expected: 64 lower-case hex digits.");
        }
    }

    private static Upload ToMessage(string hash, UploadState state) => new() { Hash = hash, Committed = (ulong)state.Committed, Complete = state.IsComplete };

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> PiecesOf(
        IAsyncStreamReader<UploadFileRequest> stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await stream.MoveNext(cancellation).ConfigureAwait(false))
        {
            parts.Metrics.Uploaded(stream.Current.Data.Length);
            yield return stream.Current.PartCase == UploadFileRequest.PartOneofCase.Data
                ? stream.Current.Data.Memory
                : throw Refuse.Invalid("header", "only the first message says which file comes; all others bring bytes.");
        }
    }

    /// <summary>Runs the checks on a thread of their own and passes on how far they are.</summary>
    private async Task<CircuitRecord> CheckAsync(
        RegisterCircuitRequest request, IServerStreamWriter<RegisterCircuitResponse> responses, CancellationToken cancellation)
    {
        // The latest news alone: a slow reader holds up nothing.
        var news = Channel.CreateBounded<RegisterCircuitResponse>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var registration = new Registration(request.KeyHash, request.R1CsHash, request.Program, request.Name, request.AllowInsecure);
        Task<CircuitRecord> check = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return CircuitRegistration.Check(
                        parts.Vault,
                        registration,
                        parts.Time.GetUtcNow(),
                        (step, fraction) => news.Writer.TryWrite(new RegisterCircuitResponse { Step = step, Fraction = Math.Round(fraction, 3) }),
                        cancellation);
                }
                finally
                {
                    news.Writer.Complete();
                }
            },
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await foreach (RegisterCircuitResponse response in news.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
        {
            await responses.WriteAsync(response, cancellation).ConfigureAwait(false);
        }

        return await check.ConfigureAwait(false);
    }

    private KeysInMemory ListKeys()
    {
        var message = new KeysInMemory { BudgetBytes = (ulong)parts.Keys.Budget };
        foreach (CachedKey key in parts.Keys.List())
        {
            message.Bytes += (ulong)key.Bytes;
            message.Keys.Add(new KeyInMemory
            {
                KeyHash = key.KeyHash,
                Bytes = (ulong)key.Bytes,
                Users = (uint)key.Users,
                LastUsed = Timestamp.FromDateTimeOffset(key.LastUsed),
            });
        }

        return message;
    }
}
