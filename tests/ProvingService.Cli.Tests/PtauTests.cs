// Owns: `zkps setup ptau` as scripts and contributors meet it: what it prints, what it refuses, and the prompt.

using System.Text.Json;
using ProvingService.Setup;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

public sealed class PtauTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_ceremony_from_its_first_file_to_a_cut(string curve)
    {
        JsonElement begun = Zkps.SucceedJson("setup", "ptau", "new", "--curve", curve, "--power", "3", "-o", At("0"));
        Assert.Equal(128, begun.GetProperty("challenge").GetString()!.Length);
        Run contributed = Zkps.Succeed("setup", "ptau", "contribute", At("0"), At("1"), "--name", "alice");
        Assert.Contains("operating system's randomness alone", contributed.Error, StringComparison.Ordinal);
        Assert.Contains("Publish the response hash", contributed.Out, StringComparison.Ordinal);
        JsonElement beacon = Zkps.SucceedJson("setup", "ptau", "beacon", At("1"), At("2"), "--hash", "beac", "--iterations", "10");
        Assert.Equal(2, beacon.GetProperty("contribution").GetInt32());
        Zkps.Succeed("setup", "ptau", "prepare", At("2"), At("3"));
        JsonElement report = Zkps.SucceedJson("setup", "ptau", "verify", At("3"));
        Assert.True(report.GetProperty("valid").GetBoolean());
        Assert.True(report.GetProperty("lastHashChecked").GetBoolean());
        JsonElement last = report.GetProperty("contributions")[1];
        Assert.Equal(beacon.GetProperty("responseHash").GetString(), last.GetProperty("responseHash").GetString());
        Assert.Equal("beac", last.GetProperty("beaconValue").GetString());

        // The hash in four lines of four words is the hash in one.
        string first = report.GetProperty("contributions")[0].GetProperty("responseHash").GetString()!;
        Assert.Contains(string.Join(' ', Enumerable.Range(0, 4).Select(i => first.Substring(8 * i, 8))), contributed.Out, StringComparison.Ordinal);
        Assert.Contains(first, contributed.Out, StringComparison.Ordinal);

        Zkps.Succeed("setup", "ptau", "truncate", At("3"), At("4"), "--power", "2");
        JsonElement info = Zkps.SucceedJson("setup", "ptau", "info", At("4"));
        Assert.Equal((2, 3, true), (info.GetProperty("power").GetInt32(), info.GetProperty("ceremonyPower").GetInt32(), info.GetProperty("prepared").GetBoolean()));
        Assert.Contains("cannot be compared", Zkps.Succeed("setup", "ptau", "verify", At("4")).Out, StringComparison.Ordinal);
        Assert.Contains("prepare the file anew", Zkps.Succeed("setup", "ptau", "contribute", At("3"), At("5")).Error, StringComparison.Ordinal);
        Zkps.Fail(2, folder.Path, "reduced to power 2", "setup", "ptau", "contribute", At("4"), At("6"));
    }

    [Fact]
    public void What_cannot_be_is_a_mistake_and_leaves_no_file()
    {
        Zkps.Succeed("setup", "ptau", "new", "--curve", "bn254", "--power", "2", "-o", At("0"));
        Zkps.Fail(2, folder.Path, "1 to 28", "setup", "ptau", "new", "--curve", "bn254", "--power", "0", "-o", At("x"));
        Zkps.Fail(2, folder.Path, "1 to 28", "setup", "ptau", "new", "--curve", "bn254", "--power", "29", "-o", At("x"));
        Zkps.Fail(2, folder.Path, "not hexadecimal", "setup", "ptau", "beacon", At("0"), At("x"), "--hash", "0x12", "--iterations", "10");
        Zkps.Fail(2, folder.Path, "not hexadecimal", "setup", "ptau", "beacon", At("0"), At("x"), "--hash", "123", "--iterations", "10");
        Zkps.Fail(2, folder.Path, "1 to 255", "setup", "ptau", "beacon", At("0"), At("x"), "--hash", "", "--iterations", "10");
        Zkps.Fail(2, folder.Path, "1 to 255", "setup", "ptau", "beacon", At("0"), At("x"), "--hash", new string('a', 512), "--iterations", "10");
        Zkps.Fail(2, folder.Path, "10 to 63", "setup", "ptau", "beacon", At("0"), At("x"), "--hash", "12", "--iterations", "9");
        Zkps.Fail(2, folder.Path, "at most 64", "setup", "ptau", "contribute", At("0"), At("x"), "--name", new string('n', 65));
        Zkps.Fail(2, folder.Path, "control characters", "setup", "ptau", "contribute", At("0"), At("x"), "--name", "a\u001b[31m");
        Zkps.Fail(2, folder.Path, "--power is 1 to 1", "setup", "ptau", "truncate", At("0"), At("x"), "--power", "2");
        Zkps.Fail(2, folder.Path, "none", "setup", "ptau", "prepare", At("none"), At("x"));
        Zkps.Fail(2, folder.Path, "0.ptau", "setup", "ptau", "contribute", At("0") + "/", At("x"));

        File.WriteAllBytes(At("broken"), File.ReadAllBytes(At("0"))[..500]);
        foreach (string[] command in (string[][])[["verify", At("broken")], ["info", At("broken")], ["contribute", At("broken"), At("x")], ["prepare", At("broken"), At("x")]])
        {
            Zkps.Fail(2, folder.Path, "cut short", ["setup", "ptau", .. command]);
        }
    }

    [Fact]
    public void A_false_transcript_is_a_no()
    {
        Zkps.Succeed("setup", "ptau", "new", "--curve", "bn254", "--power", "2", "-o", At("0"));
        Run run = Zkps.Run("setup", "ptau", "verify", At("0"));
        Assert.Equal(1, run.Code);
        Assert.Contains("FALSE: No one contributed", run.Out, StringComparison.Ordinal);
        run = Zkps.Run("setup", "ptau", "verify", At("0"), "--json");
        Assert.Equal((1, false, "NoContributions"), (run.Code, run.Json.GetProperty("valid").GetBoolean(), run.Json.GetProperty("fault").GetString()));
    }

    [Fact]
    public void The_prompt_takes_a_line_and_can_be_left()
    {
        string typed = "some\btext \u0007beyond the limit" + new string('x', EntropyPrompt.MaxLength) + "\r";
        int taken = 0;
        using (ContributionEntropy entropy = EntropyPrompt.Draw(() => Key(typed[taken++])))
        {
            Assert.Equal(typed.Length, taken);
        }

        Assert.Throws<OperationCanceledException>(() => EntropyPrompt.Draw(() => new ConsoleKeyInfo('\u0003', ConsoleKey.C, shift: false, alt: false, control: true)));

        static ConsoleKeyInfo Key(char c) => new(c, c == '\r' ? ConsoleKey.Enter : c == '\b' ? ConsoleKey.Backspace : ConsoleKey.None, false, false, false);
    }

    private string At(string name) => folder.File(name + ".ptau");
}
