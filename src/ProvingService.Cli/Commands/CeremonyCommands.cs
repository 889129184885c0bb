// Owns: `zkps ceremony`: the group, and how its commands reach a coordinator. The commands: Ceremony*Command(s).cs beside this file.

using System.CommandLine;
using Grpc.Core;
using ProvingService.Ceremony;
using ProvingService.Grpc;

namespace ProvingService.Cli;

internal static class CeremonyCommands
{
    public static Command Create() => CommonOptions.Group(
        "ceremony",
        "A phase-2 ceremony: a coordinator, many contributors, and a transcript that anyone can verify.",
        "zkps ceremony join https://ceremony.example:7430 --name Ada --token-file invitation.txt",
        CeremonyServeCommands.Serve(),
        CeremonyServeCommands.Invite(),
        CeremonyJoinCommands.Join(),
        CeremonyJoinCommands.Key(),
        CeremonyTranscriptCommands.Status(),
        CeremonyTranscriptCommands.Finalise(),
        CeremonyTranscriptCommands.Export(),
        CeremonyTranscriptCommands.Verify());
}

/// <summary>Where the coordinator is and whom its clients trust.</summary>
internal sealed class CoordinatorOption
{
    private readonly Option<string?> ca = CommonOptions.Optional("--ca", "Roots of the coordinator's certificate (PEM); the system's where left out.");

    private readonly Option<bool> cleartext = new("--allow-cleartext") { Description = "Send tokens to another machine without TLS." };

    /// <summary>The address.</summary>
    public Argument<string> Url { get; } = new("URL") { Description = "Where the coordinator's gRPC listens." };

    /// <summary>All but the address.</summary>
    public Symbol[] More => [ca, cleartext];

    /// <summary>Runs a command against the coordinator.</summary>
    /// <exception cref="UsageException">The coordinator refuses, or cannot be reached.</exception>
    public int Run(ParseResult parsed, Output output, CeremonyClientOptions options, Func<CeremonyClient, CancellationToken, Task<int>> work) =>
        Run(parsed, parsed.GetRequiredValue(Url), output, options, work);

    /// <summary>As above, at an address that was read otherwise.</summary>
    public int Run(ParseResult parsed, string url, Output output, CeremonyClientOptions options, Func<CeremonyClient, CancellationToken, Task<int>> work)
    {
        try
        {
            using var client = new CeremonyClient(url, options with
            {
                AllowCleartext = parsed.GetValue(cleartext),
                Tls = parsed.GetValue(ca) is { } roots ? GrpcClientTls.FromPemFiles(roots) : null,
                Say = line => output.Warn(line),
            });
            return work(client, output.Cancellation).GetAwaiter().GetResult();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && output.Cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(output.Cancellation);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unknown or StatusCode.Internal or StatusCode.DataLoss)
        {
            throw new InvalidOperationException($"the coordinator at {url} failed: {e.Status.Detail}", e);
        }
        catch (RpcException e)
        {
            throw new UsageException(e.StatusCode == StatusCode.Unavailable
                ? $"the coordinator at {url} cannot be reached: {e.Status.Detail}"
                : $"the coordinator refuses: {e.Status.Detail}");
        }
        catch (InvalidDataException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
