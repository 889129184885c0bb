// Owns: a whole ceremony of twelve, with processes that are killed, and its transcript in the hands of strangers.

using System.Diagnostics;
using System.Text.Json.Nodes;
using Grpc.Core;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.Interop.Tests;
using ProvingService.Setup;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class TwelveContributorsTests
{
    private static readonly CurveId[] Curves = [CurveId.Bn254, CurveId.Bls12381];

    /// <summary>
    /// One stalls, one sends garbage, one sends a key that is in the transcript already; one breaks off in the middle of an upload and
    /// goes on; the coordinator is killed twice. Two are processes of their own, one is known by its public key. In the end the transcript
    /// has the nine honest ones and nobody else, for a fresh process, and for snarkjs.
    /// </summary>
    [InteropFact]
    public async Task A_ceremony_of_twelve_ends_with_the_honest_ones_whatever_the_others_do_and_whatever_is_killed()
    {
        using var folder = new TemporaryFolder();
        string key = folder.File("key"), document = folder.File("ceremony.json"), data = folder.File("data");
        (_, string publicKey) = await ZkpsAsync(0, "ceremony", "key", "-o", key);
        TestCeremony.WriteDocument(document, Curves, json =>
        {
            json["minimumContributions"] = 9;
            json["beacon"]!["afterClose"] = "1s";
            json["keys"] = new JsonArray(publicKey.Trim());
        });
        using var coordinator = new CoordinatorProcess(data, document, "--set", "TurnFloor=6s", "--set", "Returns=20", "--set", "RequestsPerSecond=1000");
        await coordinator.StartAsync();
        string address = coordinator.Grpc.ToString();
        string[] tokens = [.. CeremonyHost.Invite(data, 11, "twelve")];
        var clients = tokens.Select(token => new CeremonyClient(address, new CeremonyClientOptions { Token = token, Patience = TimeSpan.FromMinutes(2) })).ToArray();
        using var onlooker = new CeremonyClient(address, new CeremonyClientOptions { Patience = TimeSpan.FromMinutes(2) });
        try
        {
            // The places in the queue, in this order; then all of them at once.
            string[] names = ["h0", "staller", "h1", "garbage", "h2-breaks-off", "repeater", "h3", "h4", "h5-process", "h6", "h7"];
            Hand[] hands = [.. names.Select((name, i) => new Hand(clients[i], name, folder.File(name)))];
            foreach (Hand hand in hands)
            {
                await hand.JoinAsync();
            }

            File.WriteAllText(folder.File("token"), tokens[8]);
            Task killer = KillTwiceAsync(coordinator, onlooker);
            Task[] parts =
            [
                HonestAsync(clients[0], "h0", folder),
                StallAsync(hands[1]),
                HonestAsync(clients[2], "h1", folder),
                GarbageAsync(hands[3]),
                BreakOffAsync(hands[4], clients[4], folder),
                RepeatAsync(hands[5]),
                HonestAsync(clients[6], "h3", folder),
                HonestAsync(clients[7], "h4", folder),
                JoinAsync("ceremony", "join", address, "--name", "h5-process", "--token-file", folder.File("token"), "--folder", folder.File("of-h5")),
                HonestAsync(clients[9], "h6", folder),
                HonestAsync(clients[10], "h7", folder),
                JoinAsync("ceremony", "join", address, "--name", "h8-key", "--key", key, "--folder", folder.File("of-h8")),
                killer,
            ];
            await Task.WhenAll(parts).WaitAsync(TimeSpan.FromMinutes(4));

            string transcript = folder.File("transcript"), admin = Path.Combine(data, "admin.token");
            await ZkpsAsync(0, "ceremony", "finalise", address, "--close", "--admin-token-file", admin);
            await TestCeremony.UntilAsync(onlooker, view => view.Beacon.Available?.ToDateTimeOffset() <= view.Now.ToDateTimeOffset());
            await ZkpsAsync(0, "ceremony", "finalise", address, "--beacon", "0badc0de", "--admin-token-file", admin, "-o", transcript);
            CeremonyView end = await onlooker.GetCeremonyAsync();
            coordinator.Kill();
            CheckEnd(end);

            (_, string said) = await ZkpsAsync(0, "ceremony", "verify", transcript, "--receipt-key", Convert.ToHexStringLower(end.ReceiptKey.Span));
            Assert.Contains("The transcript is true.", said, StringComparison.Ordinal);
            await SnarkjsAgreesAsync(transcript, end);
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{e.Message}\n--- coordinator\n{coordinator.Log}", e);
        }
        finally
        {
            foreach (CeremonyClient client in clients)
            {
                client.Dispose();
            }
        }
    }

    private static void CheckEnd(CeremonyView end)
    {
        string[] honest = ["h0", "h1", "h2-breaks-off", "h3", "h4", "h5-process", "h6", "h7", "h8-key"];
        foreach (CircuitView circuit in end.Circuits)
        {
            Assert.Equal(honest, circuit.Contributions.Select(contribution => contribution.Name).Order());
        }

        Dictionary<string, ParticipantView> dishonest = end.Participants.Where(participant => !honest.Contains(participant.Name)).ToDictionary(participant => participant.Name);
        Assert.Equal(3, dishonest.Count);
        Assert.Equal(EvictionReason.Stalled, dishonest["staller"].Reason);
        Assert.Equal(EvictionReason.BrokenFile, dishonest["garbage"].Reason);
        Assert.Equal(EvictionReason.Repeated, dishonest["repeater"].Reason);
        Assert.All(dishonest.Values, participant => Assert.NotEmpty(participant.ReasonText));
    }

    /// <summary>Kills the coordinator when the first contributions are there, and again in the middle.</summary>
    private static async Task KillTwiceAsync(CoordinatorProcess coordinator, CeremonyClient onlooker)
    {
        foreach (int contributions in (int[])[1, 6])
        {
            await TestCeremony.UntilAsync(onlooker, view => view.Circuits.Sum(circuit => circuit.Contributions.Count) >= contributions && view.Circuits.Any(circuit => circuit.Turn is not null));
            coordinator.Kill();
            await coordinator.StartAsync();
        }
    }

    /// <summary>A machine under load may be too slow once: then it comes again, as the coordinator allows.</summary>
    private static async Task HonestAsync(CeremonyClient client, string name, TemporaryFolder folder)
    {
        ContributorResult result;
        do
        {
            using ContributionEntropy entropy = ContributionEntropy.Draw();
            result = await new Contributor(client, new ContributorOptions { Name = name, Folder = folder.File("of-" + name), Entropy = entropy }).RunAsync();
        }
        while (result.MayReturn);
        Assert.Equal(TicketPhase.Done, result.Phase);
        Assert.Equal(Curves.Length, result.Receipts.Count);
    }

    /// <summary>As <see cref="HonestAsync"/>, by the command: it ends with 1 where it was evicted.</summary>
    private static async Task JoinAsync(params string[] arguments)
    {
        (int Code, string Text) end;
        do
        {
            end = await CoordinatorProcess.RunAsync(arguments);
        }
        while (end.Code == 1 && end.Text.Contains("Call the same command again", StringComparison.Ordinal));
        Assert.True(end.Code == 0, end.Text);
    }

    private static async Task StallAsync(Hand hand)
    {
        await hand.WaitAsync();
        TicketState end = await hand.WaitAsync(state => state.Phase == TicketPhase.Evicted);
        Assert.Equal(EvictionReason.Stalled, end.Reason);
    }

    private static async Task GarbageAsync(Hand hand)
    {
        TurnOffer turn = (await hand.WaitAsync()).Turn;
        string path = await hand.DownloadAsync(turn.BaseHash);
        byte[] garbage = new byte[turn.BaseSize + 500];
        Random.Shared.NextBytes(garbage);
        await File.WriteAllBytesAsync(path, garbage);
        CommitResult result = await hand.HandInAsync(turn.Circuit, path);
        Assert.Equal(EvictionReason.BrokenFile, result.Rejected.Reason);
    }

    private static async Task RepeatAsync(Hand hand)
    {
        // The present key is a valid contribution: the last one's.
        TurnOffer turn = (await hand.WaitAsync()).Turn;
        CommitResult result = await hand.HandInAsync(turn.Circuit, await hand.DownloadAsync(turn.BaseHash));
        Assert.Equal(EvictionReason.Repeated, result.Rejected.Reason);
    }

    private static async Task BreakOffAsync(Hand hand, CeremonyClient client, TemporaryFolder folder)
    {
        TurnOffer? turn = (await hand.WaitAsync()).Turn;
        if (turn is not null)
        {
            string next = hand.Contribute(await hand.DownloadAsync(turn.BaseHash));
            try
            {
                int sent = await hand.BreakOffAsync(turn.Circuit, next);
                await hand.StandAsync(turn.Circuit, next, sent);
                Assert.NotNull((await hand.HandInAsync(turn.Circuit, next)).Accepted);
            }
            catch (Exception e) when (e is TimeoutException or RpcException { StatusCode: StatusCode.FailedPrecondition or StatusCode.Unavailable })
            {
                // Too slow, or killed in between: comes again below.
            }
        }

        await HonestAsync(client, "h2-breaks-off", folder);
    }

    private static async Task SnarkjsAgreesAsync(string transcript, CeremonyView end)
    {
        string[] files = [.. end.Circuits.SelectMany(circuit => (string[])[
            Path.Combine(transcript, $"circuits/{circuit.Name}/circuit.r1cs"),
            Path.Combine(transcript, $"phase1/{circuit.PtauHash[..16]}.ptau"),
            Path.Combine(transcript, $"circuits/{circuit.Name}/final.zkey")])];
        ForeignTools.Require();
        using Process node = Process.Start(new ProcessStartInfo("node", [Path.Combine(ForeignTools.Folder, "ceremony", "verify.mjs"), .. files])
        {
            WorkingDirectory = ForeignTools.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = node.StandardOutput.ReadToEndAsync(), errors = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        Assert.True(node.ExitCode == 0, await output + await errors);
        Assert.Equal(end.Circuits.Count, (await output).Split("ok ", StringSplitOptions.None).Length - 1);
    }

    private static async Task<(int Code, string Text)> ZkpsAsync(int expected, params string[] arguments)
    {
        (int code, string text) = await CoordinatorProcess.RunAsync(arguments);
        Assert.True(code == expected, $"zkps {string.Join(' ', arguments)} ended with {code}:\n{text}");
        return (code, text);
    }
}
