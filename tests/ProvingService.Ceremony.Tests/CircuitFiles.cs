// Owns: small circuits of both curves and powers of tau for them, made once a run: what every ceremony of the tests is begun with.

using System.Collections.Concurrent;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.TestKit;

namespace ProvingService.Ceremony.Tests;

/// <summary>Files of a circuit. They are never changed.</summary>
internal sealed record CircuitFiles(string Name, string R1cs, string Ptau)
{
    private const int Power = 4, ChainLength = 8;

    private static readonly TemporaryFolder Folder = new();
    private static readonly ConcurrentDictionary<CurveId, Lazy<CircuitFiles>> Made = new();

    /// <summary>A chain of multiplications over a curve.</summary>
    public static CircuitFiles Of(CurveId curve) => Made.GetOrAdd(curve, _ => new(() => Make(curve))).Value;

    private static CircuitFiles Make(CurveId curve)
    {
        string name = curve == CurveId.Bn254 ? "chain-bn254" : "chain-bls12-381";
        string r1cs = Folder.File(name + ".r1cs"), ptau = Folder.File(name + ".ptau");
        if (curve == CurveId.Bn254)
        {
            R1csFile.Write(r1cs, CircuitCompiler.Compile<Bn254Fr>(new MultiplicationChain(ChainLength)));
        }
        else
        {
            R1csFile.Write(r1cs, CircuitCompiler.Compile<Bls12381Fr>(new MultiplicationChain(ChainLength)));
        }

        string fresh = Folder.File(name + ".0"), contributed = Folder.File(name + ".1");
        PhaseOne.New(curve, Power, fresh);
        using (ContributionEntropy entropy = ContributionEntropy.Draw())
        {
            PhaseOne.Contribute(fresh, contributed, "first", entropy);
        }

        PhaseOne.Prepare(contributed, ptau);
        return new(name, r1cs, ptau);
    }
}
