// Owns: the service as a C# application uses it: a few calls over the contract's stubs, with uploads that resume, watching that
// survives broken connections, and submissions that are safe to repeat. The contract: protos/proving/v1/proving.proto.

using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ProvingService.Contract;
using ProvingService.Grpc;

namespace ProvingService.Client;

/// <summary>
/// A client of a proving service. Safe for concurrent use; keep one for the life of the application. Errors are
/// <see cref="RpcException"/>s with the contract's codes; what is transient (UNAVAILABLE) is tried again for
/// <see cref="ProvingClientOptions.Patience"/>.
/// </summary>
/// <example>
/// <code>
/// using var client = new ProvingClient("http://127.0.0.1:7410");
/// Job job = await client.SubmitAsync(circuit, inputsAsJson);
/// job = await client.WaitAsync(job.Id);
/// Proof proof = await client.GetProofAsync(job.Id);
/// File.WriteAllText("proof.json", proof.SnarkjsProof);
/// </code>
/// </example>
public sealed class ProvingClient : IDisposable
{
    private const int PieceLength = 512 << 10;
    private readonly GrpcChannel channel;
    private readonly TimeSpan patience;

    /// <summary>Prepares a client; the connection is made with the first call.</summary>
    /// <param name="address">Where the service's gRPC listens: <c>http://host:7410</c> or <c>https://…</c>.</param>
    /// <param name="options">Credentials, TLS and patience.</param>
    /// <exception cref="ArgumentException">The address is none.</exception>
    public ProvingClient(string address, ProvingClientOptions? options = null)
    {
        options ??= new();
        patience = options.Patience;
        string? credential = options.Credential;
        channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = 64 << 20,
            Tls = options.Tls,
            HeaderProvider = credential is null ? null : _ => ValueTask.FromResult(new Metadata { { "authorization", "Bearer " + credential } }),
        });
        Circuits = new(channel);
        Jobs = new(channel);
        Verification = new(channel);
        Capacity = new(channel);
    }

    /// <summary>The stub of the service Circuits.</summary>
    public Circuits.CircuitsClient Circuits { get; }

    /// <summary>The stub of the service Jobs.</summary>
    public Jobs.JobsClient Jobs { get; }

    /// <summary>The stub of the service Verification.</summary>
    public Verification.VerificationClient Verification { get; }

    /// <summary>The stub of the service Capacity.</summary>
    public Capacity.CapacityClient Capacity { get; }

    /// <summary>Submits a job whose inputs are JSON. It is on the service's disk when this returns.</summary>
    /// <param name="circuit">The hash of the key, or of the constraint system.</param>
    /// <param name="inputs">The inputs as JSON.</param>
    /// <param name="options">Priority, deadline, labels. Without an idempotency key one is made, so that trying again is safe.</param>
    /// <param name="cancellation">Ends the call; the job may be accepted nevertheless.</param>
    /// <exception cref="RpcException">The service refuses, with the contract's code.</exception>
    public Task<Job> SubmitAsync(string circuit, string inputs, JobOptions? options = null, CancellationToken cancellation = default)
    {
        var request = new SubmitJobRequest { Circuit = circuit, Inputs = inputs, Options = Named(options) };
        return RepeatAsync(() => Jobs.SubmitJobAsync(request, cancellationToken: cancellation).ResponseAsync, cancellation);
    }

    /// <summary>Submits a job with its witness.</summary>
    /// <param name="circuit">The hash of the key, or of the constraint system.</param>
    /// <param name="witnessFile">The <c>.wtns</c>.</param>
    /// <param name="options">As in <see cref="SubmitAsync"/>.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="RpcException">The service refuses, with the contract's code.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public Task<Job> SubmitWitnessAsync(string circuit, string witnessFile, JobOptions? options = null, CancellationToken cancellation = default)
    {
        JobOptions named = Named(options);
        return RepeatAsync(
            async () =>
            {
                await using var file = OpenToRead(witnessFile);
                using AsyncClientStreamingCall<SubmitWitnessRequest, Job> call = Jobs.SubmitWitness(cancellationToken: cancellation);
                return await SendAsync(
                    call,
                    new SubmitWitnessRequest { Header = new WitnessHeader { Circuit = circuit, Size = (ulong)file.Length, Options = named } },
                    file,
                    bytes => new SubmitWitnessRequest { Data = bytes },
                    cancellation).ConfigureAwait(false);
            },
            cancellation);
    }

    /// <summary>What happens to a job, until it is in its final state. A broken connection is mended, and nothing is told twice.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="after">Only events after this number.</param>
    /// <param name="cancellation">Ends the watching.</param>
    public async IAsyncEnumerable<JobEvent> WatchAsync(
        string job, ulong after = 0, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ulong seen = after;
        var repeats = new Repeats(patience);
        while (true)
        {
            using AsyncServerStreamingCall<JobEvent> call = Jobs.WatchJob(new WatchJobRequest { Id = job, After = seen }, cancellationToken: cancellation);
            while (true)
            {
                try
                {
                    if (!await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (RpcException e) when (repeats.MayRepeat(e))
                {
                    break;
                }

                repeats.Succeeded();
                seen = call.ResponseStream.Current.Sequence;
                yield return call.ResponseStream.Current;
            }

            await repeats.RestAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until a job is in its final state.</summary>
    /// <param name="job">The job's name.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The job: done, failed, cancelled or expired.</returns>
    public async Task<Job> WaitAsync(string job, CancellationToken cancellation = default)
    {
        var request = new WaitJobRequest { Id = job, Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(1)) };
        while (true)
        {
            Job now = await RepeatAsync(() => Jobs.WaitJobAsync(request, cancellationToken: cancellation).ResponseAsync, cancellation).ConfigureAwait(false);
            if (now.State >= JobState.Done)
            {
                return now;
            }
        }
    }

    /// <summary>One job.</summary>
    public Task<Job> GetAsync(string job, CancellationToken cancellation = default) =>
        RepeatAsync(() => Jobs.GetJobAsync(new GetJobRequest { Id = job }, cancellationToken: cancellation).ResponseAsync, cancellation);

    /// <summary>Stops a job.</summary>
    public Task<Job> CancelAsync(string job, CancellationToken cancellation = default) =>
        RepeatAsync(() => Jobs.CancelJobAsync(new CancelJobRequest { Id = job }, cancellationToken: cancellation).ResponseAsync, cancellation);

    /// <summary>The proof of a done job, in every form.</summary>
    public Task<Proof> GetProofAsync(string job, CancellationToken cancellation = default) =>
        RepeatAsync(() => Jobs.GetProofAsync(new GetProofRequest { Id = job }, cancellationToken: cancellation).ResponseAsync, cancellation);

    /// <summary>Brings a file to the service; what is there already is not sent again.</summary>
    /// <param name="path">The <c>.zkey</c> or <c>.r1cs</c>.</param>
    /// <param name="progress">Told how many bytes the service has.</param>
    /// <param name="cancellation">Ends the upload; a later one goes on from there.</param>
    /// <returns>The file's hash.</returns>
    /// <exception cref="RpcException">The service refuses.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<string> UploadAsync(string path, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        string hash;
        await using (FileStream file = OpenToRead(path))
        {
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
        }

        return await RepeatAsync(
            async () =>
            {
                await using FileStream file = OpenToRead(path);
                Upload upload = await StandOfAsync(hash, cancellation).ConfigureAwait(false);
                if (!upload.Complete)
                {
                    file.Position = (long)upload.Committed;
                    using AsyncClientStreamingCall<UploadFileRequest, Upload> call = Circuits.UploadFile(cancellationToken: cancellation);
                    upload = await SendAsync(
                        call,
                        new UploadFileRequest { Header = new UploadHeader { Hash = hash, Size = (ulong)file.Length, Offset = upload.Committed } },
                        file,
                        bytes =>
                        {
                            progress?.Report(file.Position);
                            return new UploadFileRequest { Data = bytes };
                        },
                        cancellation).ConfigureAwait(false);
                }

                return upload.Complete ? hash : throw new IOException($"{path} became shorter while it was sent.");
            },
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes a circuit of an uploaded key.</summary>
    /// <param name="request">The key, and the circuit or program that belong to it.</param>
    /// <param name="progress">Told of each step.</param>
    /// <param name="cancellation">Ends the checks.</param>
    /// <returns>The circuit.</returns>
    /// <exception cref="RpcException">The key is refused: FAILED_PRECONDITION says why.</exception>
    public async Task<Circuit> RegisterAsync(
        RegisterCircuitRequest request, IProgress<RegisterCircuitResponse>? progress = null, CancellationToken cancellation = default)
    {
        using AsyncServerStreamingCall<RegisterCircuitResponse> call = Circuits.RegisterCircuit(request, cancellationToken: cancellation);
        while (await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false))
        {
            if (call.ResponseStream.Current.Circuit is { } circuit)
            {
                return circuit;
            }

            progress?.Report(call.ResponseStream.Current);
        }

        throw new RpcException(new Status(StatusCode.DataLoss, "the service ended the answer without the circuit."));
    }

    /// <summary>Checks a proof.</summary>
    public Task<VerifyResponse> VerifyAsync(VerifyRequest request, CancellationToken cancellation = default) =>
        RepeatAsync(() => Verification.VerifyAsync(request, cancellationToken: cancellation).ResponseAsync, cancellation);

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private static FileStream OpenToRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static JobOptions Named(JobOptions? options)
    {
        JobOptions named = options?.Clone() ?? new JobOptions();
        if (named.IdempotencyKey.Length == 0)
        {
            named.IdempotencyKey = "auto-" + Guid.NewGuid().ToString("N");
        }

        return named;
    }

    /// <summary>Sends a header and a file. Where the service answers before the end, its answer counts.</summary>
    private static async Task<TResponse> SendAsync<TRequest, TResponse>(
        AsyncClientStreamingCall<TRequest, TResponse> call, TRequest header, FileStream file, Func<ByteString, TRequest> piece, CancellationToken cancellation)
    {
        byte[] buffer = new byte[PieceLength];
        try
        {
            await call.RequestStream.WriteAsync(header, cancellation).ConfigureAwait(false);
            for (int read; (read = await file.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
            {
                await call.RequestStream.WriteAsync(piece(ByteString.CopyFrom(buffer, 0, read)), cancellation).ConfigureAwait(false);
            }

            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException && call.ResponseAsync.IsCompleted)
        {
            // The answer says why.
        }

        return await call.ResponseAsync.ConfigureAwait(false);
    }

    private async Task<Upload> StandOfAsync(string hash, CancellationToken cancellation)
    {
        try
        {
            return await Circuits.GetUploadAsync(new GetUploadRequest { Hash = hash }, cancellationToken: cancellation).ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return new Upload { Hash = hash };
        }
    }

    private async Task<T> RepeatAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        var repeats = new Repeats(patience);
        while (true)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (RpcException e) when (!cancellation.IsCancellationRequested && repeats.MayRepeat(e))
            {
                await repeats.RestAsync(cancellation).ConfigureAwait(false);
            }
        }
    }
}
