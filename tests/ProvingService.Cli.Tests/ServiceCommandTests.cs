// Owns: zkps registry and zkps job against a live service, and what zkps serve and worker refuse.

using System.Net;
using System.Text.Json;
using ProvingService.Service;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class ServiceCommandTests(Workshop workshop) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public async Task A_key_is_registered_and_proves_and_zkps_verifies_what_came(string curve)
    {
        WorkshopFiles files = workshop.Of(curve);
        await using ProvingHost host = await StartAsync();
        JsonElement added = Json(host, "registry", "add", "--zkey", files.Zkey, "--program", Workshop.Circuit, "--name", "chain");
        Assert.Equal((10, curve == "bn254" ? "CURVE_BN254" : "CURVE_BLS12_381"), (int.Parse(added.GetProperty("constraints").GetString()!), added.GetProperty("curve").GetString()));
        Assert.Equal("chain", Assert.Single(Json(host, "registry", "list").EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("start", Succeed(host, "registry", "show", "chain").Out, StringComparison.Ordinal);

        JsonElement job = Json(host, "job", "submit", "--circuit", "chain", "--input", files.Input, "--wait", "--label", "of=test");
        string id = job.GetProperty("id").GetString()!;
        Assert.Equal("JOB_STATE_DONE", job.GetProperty("state").GetString());
        string proof = folder.File("proof.json"), statement = folder.File("public.json"), receipt = folder.File("receipt.json");
        Run fetched = Succeed(host, "job", "proof", id, "--proof", proof, "--public", statement, "--compressed", folder.File("proof.bin"), "--calldata", folder.File("call.txt"), "--receipt", receipt);
        Assert.Contains("signed by", fetched.Out, StringComparison.Ordinal);
        Zkps.Succeed("verify", "--vk", files.Vk, "--public", statement, "--proof", proof);
        Assert.Equal(curve == "bn254" ? 128 : 192, new FileInfo(folder.File("proof.bin")).Length);
        Assert.True(JsonDocument.Parse(File.ReadAllText(receipt)).RootElement.GetProperty("valid").GetBoolean());

        Assert.Contains("done", Succeed(host, "job", "watch", id).Out, StringComparison.Ordinal);
        Assert.Equal(id, Json(host, "job", "get", id).GetProperty("id").GetString());
        Assert.Single(Json(host, "job", "list", "--label", "of=test", "--state", "done").EnumerateArray());
        Assert.Empty(Json(host, "job", "list", "--state", "failed").EnumerateArray());
        Assert.Contains("retired", Succeed(host, "registry", "retire", "chain").Out, StringComparison.Ordinal);
        Fail(host, 2, "no circuit 'chain'", "job", "submit", "--circuit", "chain", "--input", files.Input);
    }

    [Fact]
    public async Task A_job_that_fails_is_a_no_and_its_reason_is_said()
    {
        WorkshopFiles files = workshop.Of("bn254");
        await using ProvingHost host = await StartAsync();
        Succeed(host, "registry", "add", "--zkey", files.Zkey, "--r1cs", files.R1cs, "--name", "brought");
        byte[] witness = File.ReadAllBytes(files.Wtns);
        witness[^32] ^= 1;
        string wrong = folder.File("wrong.wtns");
        File.WriteAllBytes(wrong, witness);
        Run no = Run(host, "job", "submit", "--circuit", "brought", "--wtns", wrong, "--wait");
        Assert.Equal(1, no.Code);
        Assert.Contains("WitnessUnsatisfied", no.Out, StringComparison.Ordinal);
        string id = Json(host, "job", "list").EnumerateArray().Single().GetProperty("id").GetString()!;
        Assert.Equal(1, Run(host, "job", "watch", id).Code);
        Fail(host, 2, "has no proof", "job", "proof", id);
        Assert.Equal(0, Run(host, "job", "submit", "--circuit", "brought", "--wtns", files.Wtns, "--wait").Code);
        Fail(host, 2, "no witness program", "job", "submit", "--circuit", "brought", "--input", files.Input);
        Fail(host, 2, "either --input or --wtns", "job", "submit", "--circuit", "brought");
        Fail(host, 2, "there is no job", "job", "get", "01a20075-2de0-7158-84f1-a574807f4712");
        Fail(host, 2, "no such state", "job", "list", "--state", "lost");
    }

    [Fact]
    public void A_service_that_is_not_there_is_a_mistake_with_a_hint() =>
        Zkps.Fail(2, folder.Path, "Is zkps serve running?", "job", "list", "--service", "http://127.0.0.1:9");

    [Theory]
    [InlineData("can be reached from other machines", "--listen", "0.0.0.0:0")]
    [InlineData("is no address", "--listen", "7410")]
    [InlineData("is no address", "--web", "example.org:80")]
    [InlineData("NAME=VALUE is expected", "--set", "MaxQueue=3")]
    [InlineData("a time is expected", "--set", "LeaseDuration=15")]
    [InlineData("a whole number is expected", "--set", "MaxQueued=many")]
    [InlineData("it may be", "--set", "MaxQueued=0")]
    [InlineData("no kind of store", "--store", "mysql://secret@here")]
    public void What_cannot_be_served_is_said(string words, params string[] options) =>
        Zkps.Fail(2, Directory.CreateDirectory(folder.File("watched")).FullName, words, ["serve", "--data", folder.File("data"), "--device", "cpu", .. options]);

    public void Dispose() => folder.Dispose();

    private Task<ProvingHost> StartAsync() => ProvingHost.StartAsync(
        new ServiceSetup { Folder = folder.File("service"), Grpc = new(IPAddress.Loopback, 0), Web = new(IPAddress.Loopback, 0) }, _ => { }, CancellationToken.None);

    private static string[] At(ProvingHost host, string[] args) => [.. args, "--service", host.GrpcAddress.ToString()];

    private static Run Run(ProvingHost host, params string[] args) => Zkps.Run(At(host, args));

    private static Run Succeed(ProvingHost host, params string[] args) => Zkps.Succeed(At(host, args));

    private static JsonElement Json(ProvingHost host, params string[] args) => Zkps.SucceedJson(At(host, args));

    private static void Fail(ProvingHost host, int code, string words, params string[] args)
    {
        Run run = Run(host, args);
        Assert.True(run.Code == code && run.Error.Contains(words, StringComparison.Ordinal), run.ToString());
    }
}
