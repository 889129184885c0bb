// Owns: files of a small ceremony made by the product, for the schoolbook to judge.

using System.Collections.Concurrent;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.TestKit;

namespace ProvingService.Schoolbook.Tests;

/// <summary>
/// A circuit with a domain of 4 points; powers of 2^2, which just suffice, and of 2^3; keys of both after no contribution, one, and one
/// and a beacon. Made once a curve.
/// </summary>
internal sealed class SmallCeremony : ICurveAction<bool>
{
    private static readonly ConcurrentDictionary<string, Lazy<SmallCeremony>> Made = new();

    private readonly CurveId curve;
    private readonly TemporaryFolder folder = new();

    private SmallCeremony(string name)
    {
        curve = name == "bn254" ? CurveId.Bn254 : CurveId.Bls12381;
        Judge = new(new(PairingCurve.Of(name)));
        CurveDispatch.Run(curve, this);
    }

    public TranscriptJudge Judge { get; }

    public byte[] R1cs => File.ReadAllBytes(Path("r1cs"));

    public static SmallCeremony Of(string name) => Made.GetOrAdd(name, n => new(() => new(n))).Value;

    public string Path(string name) => folder.File(name);

    public byte[] Bytes(string name) => File.ReadAllBytes(Path(name));

    public bool Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        R1csFile.Write(Path("r1cs"), CircuitCompiler.Compile<TFr>("small", b =>
        {
            Variable<TFr> a = b.PublicInput("a"), x = b.PrivateInput("x"), y = b.PrivateInput("y");
            Variable<TFr> product = (x + (y * b.Constant(TFr.FromUInt64(1_000_003)))) * (a - y);
            b.AssertProduct(product, product, b.PrivateInput("square") * b.Constant(TFr.FromUInt64(3)));
        }));
        foreach (int power in (int[])[2, 3])
        {
            PhaseOne.New(curve, power, Path($"{power}-0.ptau"));
            using ContributionEntropy first = ContributionEntropy.Draw(), second = ContributionEntropy.Draw();
            PhaseOne.Contribute(Path($"{power}-0.ptau"), Path($"{power}-1.ptau"), "alice", first);
            PhaseOne.Beacon(Path($"{power}-1.ptau"), Path($"{power}-2.ptau"), "beacon", new byte[] { 1, 2, 3 }, 10);
            PhaseOne.Prepare(Path($"{power}-2.ptau"), Path($"{power}.ptau"));
            PhaseTwo.New(Path("r1cs"), Path($"{power}.ptau"), Path($"{power}-0.zkey"));
            PhaseTwo.Contribute(Path($"{power}-0.zkey"), Path($"{power}-1.zkey"), "bob", second);
            PhaseTwo.Beacon(Path($"{power}-1.zkey"), Path($"{power}-2.zkey"), "end", new byte[] { 4, 5, 6 }, 10);
        }

        PhaseOne.Truncate(Path("3.ptau"), Path("cut.ptau"), 2);
        PhaseTwo.New(Path("r1cs"), Path("cut.ptau"), Path("cut-0.zkey"));
        using ContributionEntropy third = ContributionEntropy.Draw();
        PhaseTwo.Contribute(Path("cut-0.zkey"), Path("cut-1.zkey"), "", third);
        PhaseTwo.ExportBellman(Path("2-1.zkey"), Path("challenge"));
        using ContributionEntropy fourth = ContributionEntropy.Draw();
        PhaseTwo.ContributeBellman(Path("challenge"), Path("response"), fourth);
        PhaseTwo.ImportBellman(Path("2-1.zkey"), Path("response"), Path("bellman.zkey"), "carol");
        return true;
    }
}
