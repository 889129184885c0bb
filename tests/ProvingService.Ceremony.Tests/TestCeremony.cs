// Owns: a ceremony of a test: its folder, its document, invitations, and participants that do what a test wants.

using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.Setup;
using ProvingService.TestKit;

namespace ProvingService.Ceremony.Tests;

/// <summary>A coordinator in this process, on ports of its own.</summary>
internal sealed class TestCeremony : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CeremonyOptions options;
    private readonly Queue<string> tokens = new();
    private CeremonyHost? host;

    private TestCeremony(CeremonyOptions options) => this.options = options;

    /// <summary>The coordinator's folder.</summary>
    public string Data => Path.Combine(folder.Path, "data");

    /// <summary>The coordinator.</summary>
    public CeremonyHost Host => host!;

    /// <summary>Begins a ceremony.</summary>
    /// <param name="change">Changes the document.</param>
    /// <param name="options">Limits.</param>
    /// <param name="curves">A circuit for each.</param>
    public static async Task<TestCeremony> BeginAsync(Action<JsonObject>? change = null, CeremonyOptions? options = null, params CurveId[] curves)
    {
        var made = new TestCeremony(options ?? new CeremonyOptions { ClockInterval = TimeSpan.FromMilliseconds(50) });
        WriteDocument(made.File("ceremony.json"), curves.Length == 0 ? [CurveId.Bn254] : curves, change);
        await made.StartAsync();
        foreach (string token in CeremonyHost.Invite(made.Data, 20, "test"))
        {
            made.tokens.Enqueue(token);
        }

        return made;
    }

    /// <summary>Writes a document.</summary>
    public static void WriteDocument(string path, CurveId[] curves, Action<JsonObject>? change = null)
    {
        var document = new JsonObject
        {
            ["name"] = "Test",
            ["minimumContributions"] = 1,
            ["beacon"] = new JsonObject { ["source"] = "a coin of this test", ["afterClose"] = "1ms", ["iterationsLog"] = 10 },
            ["circuits"] = new JsonArray([.. curves.Select(CircuitFiles.Of).Select(files => (JsonNode)new JsonObject
            {
                ["name"] = files.Name,
                ["r1cs"] = files.R1cs,
                ["ptau"] = files.Ptau,
            })]),
        };
        change?.Invoke(document);
        System.IO.File.WriteAllText(path, document.ToJsonString());
    }

    /// <summary>A file beside the coordinator's folder.</summary>
    public string File(string name) => folder.File(name);

    /// <summary>Starts the coordinator, or starts it again after <see cref="StopAsync"/>, at another address.</summary>
    public async Task StartAsync() => host = await CeremonyHost.StartAsync(
        new CeremonySetup
        {
            Folder = Data,
            Document = File("ceremony.json"),
            Grpc = new(System.Net.IPAddress.Loopback, 0),
            Web = new(System.Net.IPAddress.Loopback, 0),
            Options = options,
        },
        logging => logging.SetMinimumLevel(LogLevel.None),
        _ => { },
        CancellationToken.None);

    /// <summary>Stops the coordinator.</summary>
    public async Task StopAsync()
    {
        await host!.DisposeAsync();
        host = null;
    }

    /// <summary>A client with an invitation of its own.</summary>
    public CeremonyClient Invited() => new(Host.GrpcAddress.ToString(), new CeremonyClientOptions { Token = tokens.Dequeue() });

    /// <summary>A client of an onlooker.</summary>
    public CeremonyClient Onlooker() => new(Host.GrpcAddress.ToString());

    /// <summary>A client of the operator.</summary>
    public CeremonyClient Operator() => new(
        Host.GrpcAddress.ToString(), new CeremonyClientOptions { Token = System.IO.File.ReadAllText(Host.AdminTokenFile) });

    /// <summary>A participant that does its whole part.</summary>
    public async Task<ContributorResult> ContributeAsync(CeremonyClient client, string name)
    {
        using ContributionEntropy entropy = ContributionEntropy.Draw();
        return await new Contributor(client, new ContributorOptions { Name = name, Folder = File("of-" + name), Entropy = entropy }).RunAsync()
            .WaitAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>Contributions of honest participants, one after the other.</summary>
    public async Task ContributeAsync(params string[] names)
    {
        foreach (string name in names)
        {
            using CeremonyClient client = Invited();
            await ContributeAsync(client, name);
        }
    }

    /// <summary>Closes, and ends with a beacon.</summary>
    public async Task<CeremonyView> FinishAsync()
    {
        using CeremonyClient client = Operator();
        await client.Coordination.CloseAsync(new());
        await Task.Delay(20);
        await client.Coordination.FinaliseAsync(new FinaliseRequest { Beacon = ByteString.CopyFrom(1, 2, 3, 4) });
        return await UntilAsync(client, view => view.Phase != CeremonyPhase.Finishing);
    }

    /// <summary>Waits until the ceremony is as a test wants it.</summary>
    public static async Task<CeremonyView> UntilAsync(CeremonyClient client, Func<CeremonyView, bool> condition)
    {
        for (int i = 0; i < 1200; i++)
        {
            CeremonyView view = await client.GetCeremonyAsync();
            if (condition(view))
            {
                return view;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("The ceremony did not come to what the test waits for.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        folder.Dispose();
    }
}

/// <summary>A participant whose steps a test takes one by one.</summary>
internal sealed class Hand(CeremonyClient client, string name, string folder)
{
    /// <summary>Its ticket.</summary>
    public Ticket Ticket { get; private set; } = new();

    /// <summary>Takes a place.</summary>
    public async Task<Hand> JoinAsync()
    {
        Directory.CreateDirectory(folder);
        Ticket = await client.RepeatAsync(() => client.Participation.JoinAsync(new JoinRequest { Name = name }).ResponseAsync, CancellationToken.None);
        return this;
    }

    /// <summary>Waits until it has its turn, or is at an end.</summary>
    public async Task<TicketState> WaitAsync(Func<TicketState, bool>? until = null)
    {
        for (int i = 0; i < 600; i++)
        {
            try
            {
                using AsyncServerStreamingCall<TicketState> call = client.Participation.Watch(new WatchRequest { TicketId = Ticket.Id });
                while (await call.ResponseStream.MoveNext(CancellationToken.None))
                {
                    if (until?.Invoke(call.ResponseStream.Current) ?? call.ResponseStream.Current.Phase != TicketPhase.Waiting)
                    {
                        return call.ResponseStream.Current;
                    }
                }
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal)
            {
                // The coordinator is being killed and started again.
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"{name} waited in vain.");
    }

    /// <summary>Brings the key of a turn.</summary>
    public async Task<string> DownloadAsync(string hash)
    {
        string path = Path.Combine(folder, hash[..12] + ".zkey");
        await client.DownloadAsync(hash, path);
        return path;
    }

    /// <summary>Contributes to a key under a name.</summary>
    public string Contribute(string path, string? otherName = null)
    {
        string next = path + "." + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)[..6];
        using ContributionEntropy entropy = ContributionEntropy.Draw();
        PhaseTwo.Contribute(path, next, otherName ?? name, entropy);
        return next;
    }

    /// <summary>Uploads and commits a file.</summary>
    public async Task<CommitResult> HandInAsync(string circuit, string path)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path)));
        await client.UploadAsync(Ticket.Id, circuit, hash, path, null, CancellationToken.None);
        return await CommitAsync(circuit, path);
    }

    /// <summary>Commits a file that was uploaded.</summary>
    public async Task<CommitResult> CommitAsync(string circuit, string path)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path)));
        return await client.RepeatAsync(
            () => client.Participation.CommitAsync(new CommitRequest { TicketId = Ticket.Id, Circuit = circuit, Hash = hash }).ResponseAsync, CancellationToken.None);
    }

    /// <summary>Sends the first bytes of a file, and breaks off.</summary>
    public async Task<int> BreakOffAsync(string circuit, string path)
    {
        byte[] bytes = await File.ReadAllBytesAsync(path);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        int half = bytes.Length / 2;
        using (AsyncClientStreamingCall<UploadRequest, UploadState> call = client.Participation.Upload())
        {
            await call.RequestStream.WriteAsync(new UploadRequest { Header = new UploadHeader { TicketId = Ticket.Id, Circuit = circuit, Hash = hash, Size = (ulong)bytes.Length } });
            await call.RequestStream.WriteAsync(new UploadRequest { Data = ByteString.CopyFrom(bytes, 0, half) });
            await Task.Delay(200);
        }

        return half;
    }

    /// <summary>Waits until so much of a file's upload is safely there, and no more is taken.</summary>
    public async Task<UploadState> StandAsync(string circuit, string path, int expected)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path)));
        for (int i = 0; i < 200; i++)
        {
            try
            {
                UploadState state = await client.Participation.GetUploadAsync(new GetUploadRequest { TicketId = Ticket.Id, Circuit = circuit, Hash = hash });
                if (state.Committed == (ulong)expected)
                {
                    return state;
                }
            }
            catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.NotFound)
            {
                // Killed, or not begun yet.
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("What was sent is not there.");
    }
}
