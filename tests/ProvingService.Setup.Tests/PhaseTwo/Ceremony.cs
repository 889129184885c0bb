// Owns: a small ceremony, made once a curve by the code under test, whose secrets are known.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Setup.Tests;

/// <summary>
/// Phase 1 of power 4 with one contribution, a circuit with public and private wires, and the keys 0 (initial), 1 (alice),
/// 2 (bob), 3 (beacon). Files are read-only for tests.
/// </summary>
internal sealed class Ceremony<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    public const int BeaconLog = 10;

    private static readonly Lazy<Ceremony<TCurve, TFp, TFr>> Made = new(() => new());
    private static readonly TemporaryFolder Folder = new();

    private Ceremony()
    {
        R1cs = WriteCircuit("circuit", c: 3);
        Ptau = MakePowers("powers", 4);
        OtherPtau = MakePowers("other", 4);
        Keys = [.. Enumerable.Range(0, 4).Select(i => Folder.File($"{i}.zkey"))];
        InitialHash = PhaseTwo.New(R1cs, Ptau, Keys[0]);
        Hashes =
        [
            PhaseTwo.Contribute(Keys[0], Keys[1], "alice", Entropy(1)),
            PhaseTwo.Contribute(Keys[1], Keys[2], "bob", Entropy(2)),
            PhaseTwo.Beacon(Keys[2], Keys[3], "end", BeaconValue, BeaconLog),
        ];
    }

    public static Ceremony<TCurve, TFp, TFr> Instance => Made.Value;

    public static byte[] BeaconValue { get; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public string R1cs { get; }

    public string Ptau { get; }

    public string OtherPtau { get; }

    public string[] Keys { get; }

    public byte[] InitialHash { get; }

    public byte[][] Hashes { get; }

    public static string NewFile(string extension = ".zkey") => Folder.File(Guid.NewGuid().ToString("N") + extension);

    /// <summary>Two thirds of its wires are private; a number of the matrix C alone is the caller's.</summary>
    public static string WriteCircuit(string name, ulong c)
    {
        string path = Folder.File(name + ".r1cs");
        R1csFile.Write(path, Compile(name, c));
        return path;
    }

    /// <summary>The circuit itself, for those who prove.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="c">The number of the matrix C.</param>
    /// <param name="isPublic">Whether the first input is.</param>
    /// <param name="extra">Further constraints, without a wire of their own; a key needs no witness that satisfies them.</param>
    public static CompiledCircuit<TFr> Compile(string name = "circuit", ulong c = 3, bool isPublic = true, int extra = 0) => CircuitCompiler.Compile<TFr>(name, b =>
    {
        Variable<TFr> a = isPublic ? b.PublicInput("a") : b.PrivateInput("a"), x = b.PrivateInput("x"), y = b.PrivateInput("y");
        Variable<TFr> product = (x + (y * b.Constant(TFr.FromUInt64(1_000_003)))) * (a - y);
        b.AssertEqual(product * product, b.PrivateInput("square") * b.Constant(TFr.FromUInt64(c)));
        b.PublicOutput("out", product * x);
        for (int i = 0; i < extra; i++)
        {
            b.AssertProduct(x + b.Constant(TFr.FromUInt64((ulong)i)), y, a);
        }
    });

    public static string MakePowers(string name, int power)
    {
        string begun = Folder.File(name + "-0.ptau"), made = Folder.File(name + "-1.ptau"), prepared = Folder.File(name + ".ptau");
        PhaseOne.New(TCurve.Id, power, begun);
        using ContributionEntropy entropy = ContributionEntropy.Draw();
        PhaseOne.Contribute(begun, made, "carol", entropy);
        PhaseOne.Prepare(made, prepared);
        return prepared;
    }

    public static ContributionEntropy Entropy(byte seed) => ContributionEntropy.Mix([seed], "test");

    public PhaseTwoReport Verify(string zkey) => PhaseTwo.Verify(R1cs, Ptau, zkey);
}
