// Owns: coordinators that lie, and contributors who notice. A false coordinator stands between a contributor and a true one and changes one
// answer.

using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Contract.Ceremonies;
using ProvingService.Grpc;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class LyingCoordinatorTests
{
    private static readonly SigningKey Other = new(Enumerable.Repeat((byte)9, 32).ToArray());

    [Fact]
    public async Task A_true_coordinator_passes_through()
    {
        (ContributorResult? result, _) = await RunAsync(new Lies());
        Assert.Equal(TicketPhase.Done, result!.Phase);
    }

    /// <summary>Otherwise a contributor's secret could go into a key of the coordinator's making.</summary>
    [Fact]
    public async Task A_key_with_other_bytes_is_not_contributed_to()
    {
        (_, string fault) = await RunAsync(new Lies { Download = piece => piece.Data = ByteString.CopyFrom(new byte[piece.Data.Length]) });
        Assert.Contains("has not the hash", fault, StringComparison.Ordinal);
    }

    /// <summary>Otherwise a coordinator could show each contributor another history.</summary>
    [Fact]
    public async Task A_key_without_the_announced_contributions_is_not_contributed_to()
    {
        (_, string fault) = await RunAsync(new Lies { State = state => state.Turn?.Contributions.Add(ByteString.CopyFrom(new byte[64])) });
        Assert.Contains("does not hold the contributions that it announced", fault, StringComparison.Ordinal);
    }

    /// <summary>Otherwise the receipt would prove nothing when the contribution is left out.</summary>
    [Fact]
    public async Task A_receipt_of_another_key_is_none()
    {
        (_, string fault) = await RunAsync(new Lies
        {
            Result = result => result.Accepted.Signature = ByteString.CopyFrom(Other.Sign(Signatures.ReceiptContext, result.Accepted.Receipt.Span)),
        });
        Assert.Contains("did not sign", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("circuit")]
    [InlineData("name")]
    [InlineData("contribution")]
    [InlineData("before")]
    [InlineData("after")]
    [InlineData("ceremony")]
    public async Task A_receipt_for_something_else_is_noticed_though_it_is_signed(string what)
    {
        (_, string fault) = await RunAsync(new Lies
        {
            Key = Other.PublicKey,
            Result = result =>
            {
                Receipt receipt = Receipt.Parser.ParseFrom(result.Accepted.Receipt);
                switch (what)
                {
                    case "circuit":
                        receipt.Circuit = "another";
                        break;
                    case "name":
                        receipt.Name = "Eve";
                        break;
                    case "contribution":
                        receipt.Contribution = ByteString.CopyFrom(new byte[64]);
                        break;
                    case "before":
                        receipt.KeyBefore = ByteString.CopyFrom(new byte[32]);
                        break;
                    case "after":
                        receipt.KeyAfter = ByteString.CopyFrom(new byte[32]);
                        break;
                    default:
                        receipt.CeremonyId = new string('0', 32);
                        break;
                }

                byte[] bytes = receipt.ToByteArray();
                result.Accepted.Receipt = ByteString.CopyFrom(bytes);
                result.Accepted.Signature = ByteString.CopyFrom(Other.Sign(Signatures.ReceiptContext, bytes));
            },
        });
        Assert.Contains("something else than was handed in", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_circuits_name_that_leads_out_of_the_folder_is_not_followed()
    {
        (_, string fault) = await RunAsync(new Lies
        {
            State = state =>
            {
                if (state.Turn is { } turn)
                {
                    turn.Circuit = "../escaped";
                }
            },
        });
        Assert.Contains("whose name or hash is none", fault, StringComparison.Ordinal);
    }

    private static async Task<(ContributorResult? Result, string Fault)> RunAsync(Lies lies)
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient truth = ceremony.Invited();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using WebApplication liar = builder.Build();
        liar.MapGrpc(new GrpcServerOptions(), Participation.BindService(new Between(truth, lies)));
        await liar.StartAsync();
        using var client = new CeremonyClient(liar.Urls.Single(), new CeremonyClientOptions { Patience = TimeSpan.FromSeconds(20) });
        try
        {
            return (await ceremony.ContributeAsync(client, "Ada"), "");
        }
        catch (CeremonyException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>What is changed on the way.</summary>
    private sealed record Lies
    {
        public byte[]? Key { get; init; }

        public Action<DownloadResponse> Download { get; init; } = _ => { };

        public Action<TicketState> State { get; init; } = _ => { };

        public Action<CommitResult> Result { get; init; } = _ => { };
    }

    private sealed class Between(CeremonyClient truth, Lies lies) : Participation.ParticipationBase
    {
        public override async Task<CeremonyView> GetCeremony(GetCeremonyRequest request, ServerCallContext context)
        {
            CeremonyView view = await truth.Participation.GetCeremonyAsync(request);
            view.ReceiptKey = lies.Key is { } key ? ByteString.CopyFrom(key) : view.ReceiptKey;
            return view;
        }

        public override async Task<Ticket> Join(JoinRequest request, ServerCallContext context) => await truth.Participation.JoinAsync(request);

        public override async Task Watch(WatchRequest request, IServerStreamWriter<TicketState> responseStream, ServerCallContext context)
        {
            using AsyncServerStreamingCall<TicketState> call = truth.Participation.Watch(request, cancellationToken: context.CancellationToken);
            while (await call.ResponseStream.MoveNext(context.CancellationToken))
            {
                lies.State(call.ResponseStream.Current);
                await responseStream.WriteAsync(call.ResponseStream.Current);
            }
        }

        public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadResponse> responseStream, ServerCallContext context)
        {
            using AsyncServerStreamingCall<DownloadResponse> call = truth.Participation.Download(request, cancellationToken: context.CancellationToken);
            while (await call.ResponseStream.MoveNext(context.CancellationToken))
            {
                lies.Download(call.ResponseStream.Current);
                await responseStream.WriteAsync(call.ResponseStream.Current);
            }
        }

        public override async Task<UploadState> GetUpload(GetUploadRequest request, ServerCallContext context) => await truth.Participation.GetUploadAsync(request);

        public override async Task<UploadState> Upload(IAsyncStreamReader<UploadRequest> requestStream, ServerCallContext context)
        {
            using AsyncClientStreamingCall<UploadRequest, UploadState> call = truth.Participation.Upload();
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                await call.RequestStream.WriteAsync(requestStream.Current);
            }

            await call.RequestStream.CompleteAsync();
            return await call;
        }

        public override async Task<CommitResult> Commit(CommitRequest request, ServerCallContext context)
        {
            CommitResult result = await truth.Participation.CommitAsync(request);
            lies.Result(result);
            return result;
        }

        public override async Task<AttestResponse> Attest(AttestRequest request, ServerCallContext context) => await truth.Participation.AttestAsync(request);
    }
}
