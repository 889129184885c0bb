// Owns: how client commands reach a service: address, credential, TLS; and its refusals as exit codes.

using System.CommandLine;
using Grpc.Core;
using ProvingService.Client;
using ProvingService.Grpc;

namespace ProvingService.Cli;

/// <summary>The options of every command that is a client of the service.</summary>
internal sealed class ServiceOption
{
    private readonly Option<string> address = new("--service")
    {
        Description = "Where the service's gRPC listens.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("ZKPS_SERVICE") ?? "http://127.0.0.1:7410",
    };

    private readonly Option<string?> keyFile = CommonOptions.Optional("--key-file", "The file with the API key or token; ZKPS_API_KEY says it too.");

    private readonly Option<string?> ca = CommonOptions.Optional("--ca", "Roots of the service's certificate (PEM); the system's where left out.");

    private readonly Option<string?> certificate = CommonOptions.Optional("--cert", "This client's certificate (PEM), for mTLS.");

    private readonly Option<string?> certificateKey = CommonOptions.Optional("--cert-key", "Its private key (PEM).");

    /// <summary>All of them.</summary>
    public Symbol[] All => [address, keyFile, ca, certificate, certificateKey];

    /// <summary>Runs a command against the service.</summary>
    /// <exception cref="UsageException">The service refuses, or cannot be reached.</exception>
    public int Run(ParseResult parsed, Output output, Func<ProvingClient, CancellationToken, Task<int>> work)
    {
        string where = parsed.GetRequiredValue(address);
        try
        {
            using ProvingClient client = Open(parsed, where);
            return work(client, output.Cancellation).GetAwaiter().GetResult();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && output.Cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(output.Cancellation);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unknown or StatusCode.Internal or StatusCode.DataLoss)
        {
            throw new InvalidOperationException($"the service at {where} failed: {e.Status.Detail}", e);
        }
        catch (RpcException e)
        {
            throw new UsageException(e.StatusCode == StatusCode.Unavailable
                ? $"the service at {where} cannot be reached: {e.Status.Detail} Is zkps serve running?"
                : e.Status.Detail);
        }
    }

    private ProvingClient Open(ParseResult parsed, string where)
    {
        string? file = parsed.GetValue(keyFile), roots = parsed.GetValue(ca), own = parsed.GetValue(certificate), ownKey = parsed.GetValue(certificateKey);
        string? credential = file is null ? Environment.GetEnvironmentVariable("ZKPS_API_KEY") : File.ReadAllText(file).Trim();
        try
        {
            return new ProvingClient(where, new ProvingClientOptions
            {
                Credential = string.IsNullOrEmpty(credential) ? null : credential,
                Tls = roots is null && own is null ? null : GrpcClientTls.FromPemFiles(roots, own, ownKey),
                Patience = TimeSpan.FromSeconds(5),
            });
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException)
        {
            throw new UsageException(e.Message);
        }
    }
}
