// Owns: who may take part and what ends a turn, against a coordinator in this process.

using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using ProvingService.Algebra;
using ProvingService.Contract.Ceremonies;
using ProvingService.Setup;
using Xunit;

namespace ProvingService.Ceremony.Tests;

public sealed class ParticipationTests
{
    private static readonly CeremonyOptions Quick = new() { ClockInterval = TimeSpan.FromMilliseconds(50), TurnFloor = TimeSpan.FromSeconds(1), TurnFactor = 1 };

    [Fact]
    public async Task Nobody_joins_without_an_invitation_and_a_participant_has_one_place_and_one_name()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient nobody = ceremony.Onlooker(), ada = ceremony.Invited(), eve = ceremony.Invited();
        using var guesser = new CeremonyClient(ceremony.Host.GrpcAddress.ToString(), new CeremonyClientOptions { Token = "zkpsi_" + new string('A', 43) });
        Assert.Equal(StatusCode.Unauthenticated, await RefusalAsync(() => Join(nobody, "Nobody")));
        Assert.Equal(StatusCode.Unauthenticated, await RefusalAsync(() => Join(guesser, "Guesser")));
        Ticket first = await Join(ada, "Ada"), again = await Join(ada, "Another name");
        Assert.Equal(first, again);
        Assert.Equal(StatusCode.InvalidArgument, await RefusalAsync(() => Join(eve, "ada")));
        foreach (string name in (string[])["", " Eve", "E\u0007ve", new string('e', 65)])
        {
            Assert.Equal(StatusCode.InvalidArgument, await RefusalAsync(() => Join(eve, name)));
        }

        // A ticket is its holder's alone.
        Assert.Equal(2u, (await Join(eve, "Eve")).Number);
        Assert.Equal(StatusCode.NotFound, await RefusalAsync(() => eve.Participation.CommitAsync(
            new CommitRequest { TicketId = first.Id, Circuit = "chain-bn254", Hash = new string('0', 64) }).ResponseAsync));
        Assert.Equal(StatusCode.Unauthenticated, await RefusalAsync(() => ada.Coordination.CloseAsync(new()).ResponseAsync));
    }

    [Fact]
    public async Task A_public_key_opens_the_door_only_to_its_holder()
    {
        byte[] mine = Enumerable.Repeat((byte)7, 32).ToArray(), others = Enumerable.Repeat((byte)8, 32).ToArray();
        string publicKey = Convert.ToHexStringLower(new SigningKey([.. mine]).PublicKey);
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(json => json["keys"] = new JsonArray(publicKey));
        string address = ceremony.Host.GrpcAddress.ToString();
        using var holder = new CeremonyClient(address, new CeremonyClientOptions { KeySeed = mine });
        using var stranger = new CeremonyClient(address, new CeremonyClientOptions { KeySeed = others });
        Assert.Equal(TicketPhase.Done, (await ceremony.ContributeAsync(holder, "Holder")).Phase);
        Assert.Equal(StatusCode.Unauthenticated, await RefusalAsync(() => stranger.RepeatAsync(() => Join(stranger, "Stranger"), CancellationToken.None)));

        // A challenge serves once, and a signature for one ceremony not for another.
        Challenge challenge = await holder.Participation.GetChallengeAsync(new());
        var key = new SigningKey([.. mine]);
        AuthenticateRequest Signed(string id) => new()
        {
            PublicKey = ByteString.CopyFrom(key.PublicKey),
            Nonce = challenge.Nonce,
            Signature = ByteString.CopyFrom(key.Sign(Signatures.ChallengeContext, [.. System.Text.Encoding.ASCII.GetBytes(id), .. challenge.Nonce.Span])),
        };
        Assert.NotEmpty((await holder.Participation.AuthenticateAsync(Signed(challenge.CeremonyId))).Token);
        Assert.Equal(StatusCode.Unauthenticated, await RefusalAsync(() => holder.Participation.AuthenticateAsync(Signed(challenge.CeremonyId)).ResponseAsync));
        challenge = await holder.Participation.GetChallengeAsync(new());
        Assert.Equal(StatusCode.Unauthenticated, await RefusalAsync(() => holder.Participation.AuthenticateAsync(Signed(new string('0', 32))).ResponseAsync));
    }

    [Fact]
    public async Task Who_stalls_may_come_again_once_and_who_cheats_never()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(options: Quick);
        using CeremonyClient slow = ceremony.Invited();
        Hand hand = await new Hand(slow, "Slow", ceremony.File("slow")).JoinAsync();
        for (uint place = 1; place <= 2; place++)
        {
            Assert.Equal(place, hand.Ticket.Number);
            TicketState end = await hand.WaitAsync(state => state.Phase == TicketPhase.Evicted);
            Assert.Equal(EvictionReason.Stalled, end.Reason);
            if (place == 1)
            {
                await hand.JoinAsync();
            }
        }

        Assert.Equal(StatusCode.PermissionDenied, await RefusalAsync(() => Join(slow, "Slow")));
        await using TestCeremony patient = await TestCeremony.BeginAsync();
        using CeremonyClient cheat = patient.Invited();
        Hand cheating = await new Hand(cheat, "Cheat", patient.File("cheat")).JoinAsync();
        TurnOffer turn = (await cheating.WaitAsync()).Turn;
        CommitResult result = await cheating.HandInAsync(turn.Circuit, cheating.Contribute(await cheating.DownloadAsync(turn.BaseHash), "Somebody else"));
        Assert.Equal(EvictionReason.FalseRecord, result.Rejected.Reason);
        Assert.Equal(StatusCode.PermissionDenied, await RefusalAsync(() => Join(cheat, "Cheat")));
    }

    [Fact]
    public async Task Who_went_away_while_waiting_is_passed_over_soon_and_who_has_begun_is_not()
    {
        var options = new CeremonyOptions { ClockInterval = TimeSpan.FromMilliseconds(50), TakeUpTime = TimeSpan.FromSeconds(1), TurnFloor = TimeSpan.FromMinutes(10) };
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(options: options);
        using CeremonyClient gone = ceremony.Invited(), there = ceremony.Invited();
        Hand absent = await new Hand(gone, "Gone", ceremony.File("gone")).JoinAsync();
        Assert.Contains("not begun", (await absent.WaitAsync(state => state.Phase == TicketPhase.Evicted)).ReasonText, StringComparison.Ordinal);
        Hand present = await new Hand(there, "There", ceremony.File("there")).JoinAsync();
        TurnOffer turn = (await present.WaitAsync()).Turn;
        string next = present.Contribute(await present.DownloadAsync(turn.BaseHash));
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.NotNull((await present.HandInAsync(turn.Circuit, next)).Accepted);
    }

    [Fact]
    public async Task Each_wrong_contribution_is_rejected_with_its_own_reason()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(curves: [CurveId.Bn254, CurveId.Bls12381]);
        string initial = (await ceremony.Onlooker().GetCeremonyAsync()).Circuits[0].InitialHash;
        await ceremony.ContributeAsync("first", "second");
        async Task ExpectAsync(string name, EvictionReason reason, Func<Hand, TurnOffer, Task<string>> make)
        {
            using CeremonyClient client = ceremony.Invited();
            Hand hand = await new Hand(client, name, ceremony.File(name)).JoinAsync();
            TurnOffer turn = (await hand.WaitAsync()).Turn;
            CommitResult result = await hand.HandInAsync(turn.Circuit, await make(hand, turn));
            Assert.Equal(CommitResult.OutcomeOneofCase.Rejected, result.OutcomeCase);
            Assert.True(result.Rejected.Reason == reason, $"{name}: {result.Rejected}");
        }

        await ExpectAsync("the initial key", EvictionReason.Repeated, (hand, _) => hand.DownloadAsync(initial));
        await ExpectAsync("a contribution to the initial key", EvictionReason.OlderState, async (hand, _) => hand.Contribute(await hand.DownloadAsync(initial)));
        await ExpectAsync("another's contribution in other bytes", EvictionReason.Repeated, async (hand, turn) =>
            Change(await hand.DownloadAsync(turn.BaseHash), bytes => bytes[^1] ^= 1));
        await ExpectAsync("two at once", EvictionReason.Invalid, async (hand, turn) => hand.Contribute(hand.Contribute(await hand.DownloadAsync(turn.BaseHash), "x")));
        await ExpectAsync("a beacon", EvictionReason.FalseRecord, async (hand, turn) =>
        {
            string from = await hand.DownloadAsync(turn.BaseHash), to = from + ".beacon";
            PhaseTwo.Beacon(from, to, "a beacon", new byte[] { 1 }, 10);
            return to;
        });
        await ExpectAsync("another circuit", EvictionReason.Invalid, async (hand, _) =>
            hand.Contribute(await hand.DownloadAsync((await ceremony.Onlooker().GetCeremonyAsync()).Circuits[1].CurrentHash)));
        await ExpectAsync("points swapped", EvictionReason.Invalid, async (hand, turn) => Change(hand.Contribute(await hand.DownloadAsync(turn.BaseHash)), SwapPoints));
        await ExpectAsync("nothing", EvictionReason.BrokenFile, (hand, _) =>
        {
            File.WriteAllBytes(ceremony.File("empty"), []);
            return Task.FromResult(ceremony.File("empty"));
        });
        await ExpectAsync("a head alone", EvictionReason.BrokenFile, (hand, turn) =>
        {
            File.WriteAllBytes(ceremony.File("head"), [.. "zkey"u8, 1, 0, 0, 0, 10, 0, 0, 0]);
            return Task.FromResult(ceremony.File("head"));
        });
        await ExpectAsync("half a file", EvictionReason.BrokenFile, async (hand, turn) => Change(hand.Contribute(await hand.DownloadAsync(turn.BaseHash)), null));

        // And the next honest one is not harmed.
        await ceremony.ContributeAsync("third");
        CeremonyView view = await ceremony.Onlooker().GetCeremonyAsync();
        Assert.All(view.Circuits, circuit => Assert.Equal(["first", "second", "third"], circuit.Contributions.Select(c => c.Name)));
    }

    [Fact]
    public async Task A_ceremony_that_is_closed_takes_nobody_and_ends_only_when_and_as_it_was_announced()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(json =>
        {
            json["minimumContributions"] = 2;
            json["maximumContributions"] = 2;
            json["beacon"]!["afterClose"] = "3s";
        });
        using CeremonyClient admin = ceremony.Operator(), late = ceremony.Invited(), waiting = ceremony.Invited();
        Task<StatusCode> Finalise() => RefusalAsync(() => admin.Coordination.FinaliseAsync(new FinaliseRequest { Beacon = ByteString.CopyFrom(1) }).ResponseAsync);
        await ceremony.ContributeAsync("first");
        Assert.Equal(StatusCode.FailedPrecondition, await Finalise());

        // The second is the last that has room: it closes the ceremony.
        await ceremony.ContributeAsync("second");
        CeremonyView view = await TestCeremony.UntilAsync(admin, state => state.Phase == CeremonyPhase.Closed);
        Assert.Equal(StatusCode.FailedPrecondition, await RefusalAsync(() => Join(late, "Late")));
        if (view.Now.ToDateTimeOffset() < view.Beacon.Available.ToDateTimeOffset())
        {
            RpcException early = await Assert.ThrowsAsync<RpcException>(() => admin.Coordination.FinaliseAsync(new FinaliseRequest { Beacon = ByteString.CopyFrom(1) }).ResponseAsync);
            Assert.Contains("announced for", early.Status.Detail, StringComparison.Ordinal);
        }

        await TestCeremony.UntilAsync(admin, state => state.Now.ToDateTimeOffset() > state.Beacon.Available.ToDateTimeOffset());
        await admin.Coordination.FinaliseAsync(new FinaliseRequest { Beacon = ByteString.CopyFrom(1) });
        Assert.Equal(CeremonyPhase.Finished, (await TestCeremony.UntilAsync(admin, state => state.Phase != CeremonyPhase.Finishing)).Phase);
        await admin.Coordination.FinaliseAsync(new FinaliseRequest { Beacon = ByteString.CopyFrom(1) });
        Assert.Equal(
            StatusCode.FailedPrecondition, await RefusalAsync(() => admin.Coordination.FinaliseAsync(new FinaliseRequest { Beacon = ByteString.CopyFrom(2) }).ResponseAsync));
    }

    [Fact]
    public async Task Fewer_contributions_than_announced_end_nothing()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(json => json["minimumContributions"] = 2);
        await ceremony.ContributeAsync("only");
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(ceremony.FinishAsync);
        Assert.Contains("announced at least 2", refusal.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_not_handed_in_when_the_beacon_may_be_known_is_too_late()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync(json => json["beacon"]!["afterClose"] = "1s");
        using CeremonyClient admin = ceremony.Operator(), client = ceremony.Invited(), second = ceremony.Invited();
        Hand hand = await new Hand(client, "Holder", ceremony.File("holder")).JoinAsync(), waiting = await new Hand(second, "Waiting", ceremony.File("waiting")).JoinAsync();
        TurnOffer turn = (await hand.WaitAsync()).Turn;
        string next = hand.Contribute(await hand.DownloadAsync(turn.BaseHash));
        await admin.Coordination.CloseAsync(new());
        Assert.Equal(TicketPhase.TooLate, (await waiting.WaitAsync()).Phase);
        Assert.Equal(TicketPhase.TooLate, (await hand.WaitAsync(state => state.Phase != TicketPhase.Turn)).Phase);
        Assert.Equal(StatusCode.FailedPrecondition, await RefusalAsync(() => hand.HandInAsync(turn.Circuit, next)));
    }

    [Fact]
    public async Task A_turn_goes_on_after_a_restart_with_the_time_it_had_and_commits_are_answered_twice_alike()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient before = ceremony.Invited();
        Hand hand = await new Hand(before, "Ada", ceremony.File("ada")).JoinAsync();
        TurnOffer turn = (await hand.WaitAsync()).Turn;
        string next = hand.Contribute(await hand.DownloadAsync(turn.BaseHash));
        int sent = await hand.BreakOffAsync(turn.Circuit, next);
        await hand.StandAsync(turn.Circuit, next, sent);
        CommitResult first = await hand.HandInAsync(turn.Circuit, next);
        CommitResult again = await hand.CommitAsync(turn.Circuit, next);
        Assert.Equal(first.Accepted, again.Accepted);
        await ceremony.StopAsync();
        await ceremony.StartAsync();
        using CeremonyClient onlooker = ceremony.Onlooker();
        CeremonyView view = await onlooker.GetCeremonyAsync();
        Assert.Equal(["Ada"], view.Circuits[0].Contributions.Select(contribution => contribution.Name));
        Assert.Equal(TicketPhase.Done, view.Participants.Single().Phase);
    }

    [Fact]
    public async Task A_download_goes_on_at_any_byte_and_the_folder_of_a_ceremony_is_one_coordinators()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient onlooker = ceremony.Onlooker();
        CircuitView circuit = (await onlooker.GetCeremonyAsync()).Circuits[0];
        string whole = ceremony.File("whole"), resumed = ceremony.File("resumed");
        await onlooker.DownloadAsync(circuit.CurrentHash, whole);
        byte[] bytes = await File.ReadAllBytesAsync(whole);
        Assert.Equal((int)circuit.CurrentSize, bytes.Length);
        foreach (int length in (int[])[1, bytes.Length / 2, bytes.Length])
        {
            await File.WriteAllBytesAsync(resumed + ".part", bytes[..length]);
            await onlooker.DownloadAsync(circuit.CurrentHash, resumed);
            Assert.Equal(bytes, await File.ReadAllBytesAsync(resumed));
        }

        // Bytes of another file are noticed, and not kept.
        await File.WriteAllBytesAsync(resumed + ".part", new byte[100]);
        await Assert.ThrowsAsync<CeremonyException>(() => onlooker.DownloadAsync(circuit.CurrentHash, resumed));
        Assert.False(File.Exists(resumed + ".part"));
        Assert.Equal(StatusCode.NotFound, await RefusalAsync(async () =>
        {
            await onlooker.DownloadAsync(new string('0', 64), resumed);
            return true;
        }));
        Assert.Contains("another coordinator runs", (await Assert.ThrowsAsync<CeremonyException>(ceremony.StartAsync)).Message, StringComparison.Ordinal);
        await ceremony.StopAsync();
        TestCeremony.WriteDocument(ceremony.File("ceremony.json"), [CurveId.Bn254], json => json["minimumContributions"] = 5);
        Assert.Contains("cannot change", (await Assert.ThrowsAsync<CeremonyException>(ceremony.StartAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ceremony_begins_from_no_false_key_and_listens_beyond_this_machine_only_with_TLS()
    {
        await using TestCeremony ceremony = await TestCeremony.BeginAsync();
        using CeremonyClient client = ceremony.Invited();
        Hand hand = await new Hand(client, "Ada", ceremony.File("ada")).JoinAsync();
        TurnOffer turn = (await hand.WaitAsync()).Turn;
        string key = Change(hand.Contribute(await hand.DownloadAsync(turn.BaseHash)), SwapPoints);
        var setup = new CeremonySetup { Folder = ceremony.File("other"), Document = ceremony.File("other.json"), Grpc = new(System.Net.IPAddress.Loopback, 0), Web = new(System.Net.IPAddress.Loopback, 0) };
        TestCeremony.WriteDocument(setup.Document, [CurveId.Bn254], json => json["circuits"]![0]!["zkey"] = key);
        Task StartAsync(CeremonySetup with) => CeremonyHost.StartAsync(with, _ => { }, _ => { }, CancellationToken.None);
        Assert.Contains("cannot begin from", (await Assert.ThrowsAsync<CeremonyException>(() => StartAsync(setup))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "--cert", (await Assert.ThrowsAsync<CeremonyException>(() => StartAsync(setup with { Web = new(System.Net.IPAddress.Any, 0) }))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "use https",
            Assert.Throws<CeremonyException>(() => new CeremonyClient("http://192.0.2.1:1", new CeremonyClientOptions { Token = "x" })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ceremony_begun_elsewhere_goes_on_here()
    {
        await using TestCeremony before = await TestCeremony.BeginAsync();
        await before.ContributeAsync("elsewhere");
        string key = before.File("begun.zkey");
        using (CeremonyClient onlooker = before.Onlooker())
        {
            await onlooker.DownloadAsync((await onlooker.GetCeremonyAsync()).Circuits[0].CurrentHash, key);
        }

        await using TestCeremony after = await TestCeremony.BeginAsync(json => json["circuits"]![0]!["zkey"] = key);
        await after.ContributeAsync("here");
        Assert.Equal(CeremonyPhase.Finished, (await after.FinishAsync()).Phase);
        using CeremonyClient reader = after.Onlooker();
        await TranscriptExport.RunAsync(reader, after.File("transcript"), withContributions: false);
        TranscriptReport report = await TranscriptVerifier.VerifyAsync(after.File("transcript"));
        Assert.Empty(report.Faults);
        Assert.Equal(["here"], report.Circuits[0].Contributors);
    }

    private static Task<Ticket> Join(CeremonyClient client, string name) => client.Participation.JoinAsync(new JoinRequest { Name = name }).ResponseAsync;

    private static async Task<StatusCode> RefusalAsync<T>(Func<Task<T>> call)
    {
        try
        {
            await call();
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    /// <summary>Changes a file, or cuts it in two.</summary>
    private static string Change(string path, Action<byte[]>? change)
    {
        byte[] bytes = File.ReadAllBytes(path);
        change?.Invoke(bytes);
        File.WriteAllBytes(path, change is null ? bytes[..(bytes.Length / 2)] : bytes);
        return path;
    }

    /// <summary>Swaps the first two points of section 9: on the curve, in the subgroup, and in the wrong place.</summary>
    private static void SwapPoints(byte[] key)
    {
        long at = 12;
        while (BitConverter.ToUInt32(key, (int)at) != 9)
        {
            at += 12 + BitConverter.ToInt64(key, (int)at + 4);
        }

        const int Point = 64;
        byte[] first = key[(int)(at + 12)..(int)(at + 12 + Point)];
        Array.Copy(key, (int)at + 12 + Point, key, (int)at + 12, Point);
        first.CopyTo(key, (int)at + 12 + Point);
    }
}
