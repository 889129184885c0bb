// Owns: phase 1 as a whole: files made and verified on both curves, by both engines.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class PhaseOneTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(CurveId.Bls12381)]
    [InlineData(CurveId.Bn254)]
    public void A_ceremony_is_true_from_its_first_contribution_to_its_cuts(CurveId curve)
    {
        PhaseOne.New(curve, 4, At("0.ptau"));
        Assert.Equal(TranscriptFaultKind.NoContributions, PhaseOne.Verify(At("0.ptau")).Fault?.Kind);
        using (ContributionEntropy entropy = ContributionEntropy.Draw("some text"))
        {
            PhaseOneContributed first = PhaseOne.Contribute(At("0.ptau"), At("1.ptau"), "first", entropy);
            Assert.Equal(1, first.Number);
            Assert.False(first.DroppedLagrange);
        }

        PhaseOneReport report = RequireTrue(At("1.ptau"));
        Assert.True(report.IsLastHashChecked);
        PhaseOne.Prepare(At("1.ptau"), At("prepared.ptau"));
        RequireTrue(At("prepared.ptau"));
        PhaseOneContributed beacon = PhaseOne.Beacon(At("prepared.ptau"), At("2.ptau"), null, new byte[] { 1, 2, 3 }, 10);
        Assert.True(beacon.DroppedLagrange);
        report = RequireTrue(At("2.ptau"));
        Assert.Equal(["first", ""], report.Info.Contributions.Select(c => c.Name));
        Assert.Equal([false, true], report.Info.Contributions.Select(c => c.IsBeacon));
        Assert.True(report.Info.Contributions[1].ResponseHash.Span.SequenceEqual(beacon.ResponseHash.Span));
        PhaseOne.Prepare(At("2.ptau"), At("final.ptau"));
        Assert.True(RequireTrue(At("final.ptau")).Info.IsPrepared);
        PhaseOne.Truncate(At("final.ptau"), At("cut.ptau"), 2);
        PhaseOneReport cut = RequireTrue(At("cut.ptau"));
        Assert.False(cut.IsLastHashChecked);
        Assert.Equal(new PtauHeader(curve, 2, 4), cut.Info.Header);
        using ContributionEntropy none = ContributionEntropy.Draw();
        Assert.Throws<InvalidFileException>(() => PhaseOne.Contribute(At("cut.ptau"), At("no.ptau"), null, none));
        Assert.False(File.Exists(At("no.ptau")));

        // Prepared after it was cut: the power that is missing counts as zero, which is as true.
        PhaseOne.Truncate(At("2.ptau"), At("cut-plain.ptau"), 2);
        PhaseOne.Prepare(At("cut-plain.ptau"), At("cut-prepared.ptau"));
        RequireTrue(At("cut-prepared.ptau"));
    }

    /// <summary>Whatever ends early leaves neither a file nor a part of one, wherever it was stopped.</summary>
    [Fact]
    public void Cancelled_work_leaves_nothing_behind()
    {
        PhaseOne.New(CurveId.Bn254, 8, At("0.ptau"));
        using (ContributionEntropy entropy = ContributionEntropy.Draw())
        {
            PhaseOne.Contribute(At("0.ptau"), At("1.ptau"), null, entropy);
        }

        string[] before = Directory.GetFiles(folder.Path);
        foreach (double share in (double[])[0, 0.3, 0.6, 0.9])
        {
            Cancelled(share, (progress, options) =>
            {
                using ContributionEntropy entropy = ContributionEntropy.Draw();
                PhaseOne.Contribute(At("1.ptau"), At("x.ptau"), null, entropy, progress, options);
            });
            Cancelled(share, (progress, options) => PhaseOne.Prepare(At("1.ptau"), At("x.ptau"), progress, options));
            Cancelled(share, (progress, options) => PhaseOne.New(CurveId.Bn254, 8, At("x.ptau"), progress, options));
            Cancelled(Math.Min(share, 0.5), (progress, options) => PhaseOne.Verify(At("1.ptau"), null, progress, options));
        }

        Assert.Equal(before, Directory.GetFiles(folder.Path));

        static void Cancelled(double share, Action<IProgress<Groth16.SetupProgress>, EngineOptions> work)
        {
            using var source = new CancellationTokenSource();
            Assert.ThrowsAny<OperationCanceledException>(() => work(new Trigger(share, source), new(0, source.Token)));
        }
    }

    /// <summary>A file may take the place of the one that it is made from.</summary>
    [Fact]
    public void A_contribution_over_its_own_input()
    {
        PhaseOne.New(CurveId.Bn254, 2, At("0.ptau"));
        for (int i = 0; i < 2; i++)
        {
            using ContributionEntropy entropy = ContributionEntropy.Draw();
            PhaseOne.Contribute(At("0.ptau"), At("0.ptau"), null, entropy);
        }

        Assert.Equal(2, RequireTrue(At("0.ptau")).Info.Contributions.Count);
    }

    public void Dispose() => folder.Dispose();

    private static PhaseOneReport RequireTrue(string path)
    {
        PhaseOneReport report = PhaseOne.Verify(path);
        Assert.True(report.IsTrue, report.Fault?.Text);
        PhaseOneReport other = PhaseOne.Verify(path, PortableEngine.Instance);
        Assert.True(other.IsTrue, other.Fault?.Text);
        return report;
    }

    private string At(string name) => Path.Combine(folder.Path, name);

    /// <summary>Cancels once the work has come so far.</summary>
    private sealed class Trigger(double share, CancellationTokenSource source) : IProgress<Groth16.SetupProgress>
    {
        public void Report(Groth16.SetupProgress value)
        {
            if (value.Fraction >= share)
            {
                source.Cancel();
            }
        }
    }
}
