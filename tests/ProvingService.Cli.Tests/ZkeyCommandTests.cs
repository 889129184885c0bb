// Owns: `zkps setup zkey` from the initial key to one that leaves its ceremony, and what of it is refused.

using System.Net;
using System.Text.Json;
using ProvingService.Service;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

/// <summary>A ceremony over BN254 by the command alone: phase 1 of power 4, then keys 0 to 3, the last by a beacon.</summary>
public sealed class ZkeyWorkshop : IDisposable
{
    public const string BeaconValue = "00112233445566778899aabbccddeeff";

    private readonly TemporaryFolder folder = new();

    public ZkeyWorkshop()
    {
        Zkps.Succeed("setup", "ptau", "new", "--curve", "bn254", "--power", "4", "-o", At("0.ptau"));
        Zkps.Succeed("setup", "ptau", "contribute", At("0.ptau"), At("1.ptau"), "--name", "carol");
        Zkps.Succeed("setup", "ptau", "prepare", At("1.ptau"), Ptau);
        Zkps.Succeed("circuit", "compile", Workshop.Circuit, "--curve", "bn254", "-o", folder.Path);
        Zkps.Succeed("setup", "zkey", "new", "--r1cs", R1cs, "--ptau", Ptau, "-o", Key(0));
        Zkps.Succeed("setup", "zkey", "contribute", Key(0), Key(1), "--name", "alice");
        Zkps.Succeed("setup", "zkey", "contribute", Key(1), Key(2), "--name", "bob");
        Zkps.Succeed("setup", "zkey", "beacon", Key(2), Key(3), "--hash", BeaconValue, "--iterations", "10", "--name", "end");
    }

    public string R1cs => At(Workshop.Circuit + ".r1cs");

    public string Ptau => At("tau.ptau");

    public string At(string name) => folder.File(name);

    public string Key(int number) => At($"{number}.zkey");

    public void Dispose() => folder.Dispose();
}

[Collection(WorkshopCollection.Name)]
public sealed class ZkeyCommandTests(Workshop workshop, ZkeyWorkshop ceremony) : IClassFixture<ZkeyWorkshop>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_finished_key_is_verified_and_proves()
    {
        JsonElement report = Zkps.SucceedJson(Verify(ceremony.Key(3)));
        Assert.True(report.GetProperty("valid").GetBoolean());
        Assert.Equal("Common", report.GetProperty("hashForm").GetString());
        Assert.Equal(["alice", "bob", "end"], report.GetProperty("contributions").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
        Assert.Equal(ZkeyWorkshop.BeaconValue, report.GetProperty("contributions")[2].GetProperty("beaconHash").GetString());
        Run said = Zkps.Succeed(Verify(ceremony.Key(3)));
        Assert.Contains("The transcript is true.", said.Out, StringComparison.Ordinal);

        WorkshopFiles files = workshop.Of("bn254");
        string proof = folder.File("proof.json"), input = folder.File("public.json"), key = folder.File("vk.json");
        Zkps.Succeed("prove", "--zkey", ceremony.Key(3), "--wtns", files.Wtns, "--r1cs", ceremony.R1cs, "--proof", proof, "--public", input);
        Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", ceremony.Key(3), "-o", key);
        Zkps.Succeed("verify", "--vk", key, "--public", input, "--proof", proof);
    }

    [Fact]
    public void A_contribution_prints_its_hash_as_snarkjs_does_and_in_one_line()
    {
        string hash = Zkps.SucceedJson("setup", "zkey", "info", ceremony.Key(3)).GetProperty("contributions")[2].GetProperty("hash").GetString()!;
        Run run = Zkps.Succeed("setup", "zkey", "beacon", ceremony.Key(2), folder.File("again.zkey"), "--hash", ZkeyWorkshop.BeaconValue, "--iterations", "10", "--name", "end");
        Assert.Contains(hash, run.Out, StringComparison.Ordinal);
        Assert.Contains($"{hash[..8]} {hash[8..16]} {hash[16..24]} {hash[24..32]}", run.Out, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(ceremony.Key(3)), File.ReadAllBytes(folder.File("again.zkey")));
    }

    [Fact]
    public async Task A_key_to_which_no_one_contributed_is_refused_by_prove_verify_and_serve()
    {
        const string Words = "the key is refused: γ equals δ";
        WorkshopFiles files = workshop.Of("bn254");
        string proof = folder.File("proof.json"), input = folder.File("public.json"), key = folder.File("vk.json");
        string[] prove = ["prove", "--zkey", ceremony.Key(0), "--wtns", files.Wtns, "--proof", proof, "--public", input];
        string[] export = ["setup", "zkey", "export-vk", "--zkey", ceremony.Key(0), "-o", key];
        Zkps.Fail(2, folder.Path, Words, prove);
        Zkps.Fail(2, folder.Path, Words, export);
        Zkps.Succeed([.. prove, "--insecure"]);
        Zkps.Succeed([.. export, "--insecure"]);
        string[] verify = ["verify", "--vk", key, "--public", input, "--proof", proof];
        Zkps.Fail(2, folder.Path, Words, verify);
        Zkps.Succeed([.. verify, "--insecure"]);

        await using ProvingHost host = await ProvingHost.StartAsync(
            new ServiceSetup { Folder = folder.File("service"), Grpc = new(IPAddress.Loopback, 0), Web = new(IPAddress.Loopback, 0) }, _ => { }, CancellationToken.None);
        string[] register = ["registry", "add", "--zkey", ceremony.Key(0), "--r1cs", ceremony.R1cs, "--name", "fresh", "--service", host.GrpcAddress.ToString()];
        Run refused = Zkps.Run(register);
        Assert.Equal(2, refused.Code);
        Assert.Contains("no one has contributed", refused.Error, StringComparison.Ordinal);
        Zkps.Succeed([.. register, "--insecure"]);
    }

    [Fact]
    public void A_transcript_that_is_false_is_a_no_with_its_reason()
    {
        string other = folder.File("other");
        Directory.CreateDirectory(other);
        Zkps.Succeed("circuit", "compile", Workshop.Other, "--curve", "bn254", "-o", other);
        No("No one contributed", Verify(ceremony.Key(0)));
        No("wires, and the circuit has", "setup", "zkey", "verify", "--r1cs", Path.Combine(other, Workshop.Other + ".r1cs"), "--ptau", ceremony.Ptau, "--zkey", ceremony.Key(3));
        No("Phase 1: ", "setup", "zkey", "verify", "--r1cs", ceremony.R1cs, "--ptau", ceremony.At("0.ptau"), "--zkey", ceremony.Key(3));

        byte[] swapped = File.ReadAllBytes(ceremony.Key(3));
        int h = SectionOf(swapped, 9);
        byte[] first = swapped[h..(h + 64)];
        swapped.AsSpan(h + 64, 64).CopyTo(swapped.AsSpan(h));
        first.CopyTo(swapped, h + 64);
        File.WriteAllBytes(folder.File("swapped.zkey"), swapped);
        Run run = Zkps.Run([.. Verify(folder.File("swapped.zkey")), "--json"]);
        Assert.Equal((1, "SectionH"), (run.Code, run.Json.GetProperty("fault").GetString()));
    }

    [Fact]
    public void A_file_that_is_broken_is_a_mistake()
    {
        byte[] bytes = File.ReadAllBytes(ceremony.Key(3));
        bytes[SectionOf(bytes, 8)] ^= 1;
        string broken = folder.File("broken.zkey");
        File.WriteAllBytes(broken, bytes);
        Zkps.Fail(2, folder.Path, "point 0 of C", Verify(broken));
        Zkps.Fail(2, folder.Path, "point 0 of C", "setup", "zkey", "contribute", broken, folder.File("out.zkey"));
        Zkps.Fail(2, folder.Path, "whoever made the key knows δ", "setup", "zkey", "beacon", workshop.Of("bn254").Zkey, folder.File("out.zkey"), "--hash", "00", "--iterations", "10");
        Zkps.Fail(2, folder.Path, "this is not a .zkey file", "setup", "zkey", "contribute", ceremony.Ptau, folder.File("out.zkey"));
        Zkps.Fail(2, folder.Path, "phase-2 parameters", "setup", "zkey", "contribute-bellman", ceremony.Ptau, folder.File("out.params"));
    }

    [Fact]
    public void A_call_that_cannot_be_meant_is_a_mistake()
    {
        string[] beacon = ["setup", "zkey", "beacon", ceremony.Key(2), folder.File("out.zkey")];
        Zkps.Fail(2, folder.Path, "is not hexadecimal", [.. beacon, "--hash", "xyz", "--iterations", "10"]);
        Zkps.Fail(2, folder.Path, "--iterations is 10 to 63", [.. beacon, "--hash", "00", "--iterations", "9"]);
        Zkps.Fail(2, folder.Path, "at most 64 characters", "setup", "zkey", "contribute", ceremony.Key(0), folder.File("out.zkey"), "--name", new string('x', 65));
        Zkps.Fail(2, folder.Path, "say with --min-contributions", [.. Verify(ceremony.Key(3)), "--require-beacon"]);
        Zkps.Fail(2, folder.Path, "at least 1", [.. Verify(ceremony.Key(3)), "--min-contributions", "0"]);
    }

    [Fact]
    public void The_gate_lets_pass_what_the_ceremony_promised()
    {
        string announcement = folder.File("beacon.json");
        File.WriteAllText(announcement, Announcement("2020-01-02"));
        string[] gate = [.. Verify(ceremony.Key(3)), "--min-contributions", "2", "--require-beacon"];
        Zkps.Succeed([.. gate, "--announcement", announcement]);
        Zkps.Succeed(gate);
        No("at least 3 contributions", [.. Verify(ceremony.Key(3)), "--min-contributions", "3", "--require-beacon"]);
        No("is no beacon", [.. Verify(ceremony.Key(2)), "--min-contributions", "2", "--require-beacon"]);
        File.WriteAllText(announcement, Announcement("2999-01-01"));
        No("nobody can know its value yet", [.. gate, "--announcement", announcement]);
        File.WriteAllText(announcement, "{}");
        Zkps.Fail(2, folder.Path, "no announcement of a beacon", [.. gate, "--announcement", announcement]);
    }

    [Fact]
    public void A_single_party_s_key_shows_as_one()
    {
        Run info = Zkps.Succeed("setup", "zkey", "info", workshop.Of("bn254").Zkey);
        Assert.Contains("no contribution on record", info.Error, StringComparison.Ordinal);
        Assert.True(Zkps.SucceedJson("setup", "zkey", "info", workshop.Of("bn254").Zkey).GetProperty("singleParty").GetBoolean());
        Assert.False(Zkps.SucceedJson("setup", "zkey", "info", ceremony.Key(3)).GetProperty("singleParty").GetBoolean());
    }

    [Fact]
    public void Bellman_s_way_leads_to_a_key_that_is_verified()
    {
        string challenge = folder.File("challenge"), response = folder.File("response"), key = folder.File("by-bellman.zkey");
        Zkps.Succeed("setup", "zkey", "export-bellman", ceremony.Key(2), challenge);
        Zkps.Succeed("setup", "zkey", "contribute-bellman", challenge, response);
        Zkps.Succeed("setup", "zkey", "import-bellman", ceremony.Key(2), response, key, "--name", "dave");
        Assert.Contains("3. dave", Zkps.Succeed(Verify(key)).Out, StringComparison.Ordinal);

        // Nothing new, and for another state.
        No("nothing to import", "setup", "zkey", "import-bellman", ceremony.Key(2), challenge, folder.File("none.zkey"));
        No("is not that of the key", "setup", "zkey", "import-bellman", ceremony.Key(3), response, folder.File("none.zkey"));
        Assert.False(File.Exists(folder.File("none.zkey")));
    }

    public void Dispose() => folder.Dispose();

    private static string Announcement(string publicFrom) =>
        $$"""{"source": "a test", "hash": "{{ZkeyWorkshop.BeaconValue}}", "iterationsLog": 10, "publicFrom": "{{publicFrom}}", "contributionsEnded": "2020-01-01"}""";

    private static void No(string words, params string[] args)
    {
        Run run = Zkps.Run(args);
        Assert.True(run.Code == 1 && run.Out.Contains("FALSE: ", StringComparison.Ordinal) && run.Out.Contains(words, StringComparison.Ordinal), run.ToString());
    }

    /// <summary>Where a section's content begins.</summary>
    private static int SectionOf(byte[] file, uint type)
    {
        int at = 12;
        while (BitConverter.ToUInt32(file, at) != type)
        {
            at += 12 + (int)BitConverter.ToUInt64(file, at + 4);
        }

        return at + 12;
    }

    private string[] Verify(string zkey) => ["setup", "zkey", "verify", "--r1cs", ceremony.R1cs, "--ptau", ceremony.Ptau, "--zkey", zkey];
}
