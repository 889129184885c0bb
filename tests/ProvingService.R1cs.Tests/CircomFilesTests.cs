// Owns: reading what circom and snarkjs wrote.

using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class CircomFilesTests
{
    public static TheoryData<string, string, int> Files => new()
    {
        { "small", "O0", 6 }, { "small", "O1", 5 }, { "small", "O2", 4 },
        { "bits", "O0", 12 }, { "bits", "O1", 11 }, { "bits", "O2", 10 },
        { "lin", "O1", 2 }, { "lin", "O2", 0 }, // 4 private inputs are declared; 3 and none have wires
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Bn254(string name, string level, int constraints) => Check<Bn254Fr>($"{name}-bn128-{level}", constraints);

    [Theory]
    [MemberData(nameof(Files))]
    public void Bls12381(string name, string level, int constraints) => Check<Bls12381Fr>($"{name}-bls12381-{level}", constraints);

    private static void Check<TF>(string stem, int constraints)
        where TF : unmanaged, IPrimeField<TF>
    {
        string path = RepositoryFiles.Path($"tests/vectors/circom/{stem}");
        R1csContent<TF> content = R1csFile.Read<TF>($"{path}.r1cs");
        ConstraintSystem<TF> system = content.System;
        Assert.Equal(constraints, system.ConstraintCount);
        TF[] witness = WtnsFile.Read<TF>($"{path}.wtns", system.WireCount);
        SymbolTable symbols = SymFile.Read($"{path}.sym", system.WireCount);
        Assert.Null(CircuitChecker.FindFailure(system, witness, symbols));
        for (int wire = 1; wire < system.WireCount; wire++)
        {
            Assert.Equal(content.Labels[wire], symbols.LabelOfWire[wire]);
            Assert.StartsWith("main.", symbols.WireName(wire), StringComparison.Ordinal);
            TF[] mutated = (TF[])witness.Clone();
            mutated[wire] += TF.One;
            Assert.Equal(constraints == 0, CircuitChecker.IsSatisfied(system, mutated));
        }

        // Written again, it is the same system, and the witness the same bytes.
        using var folder = new TemporaryFolder();
        R1csFile.Write(folder.File("again.r1cs"), system, content.Labels, content.Header.LabelCount);
        R1csContent<TF> again = R1csFile.Read<TF>(folder.File("again.r1cs"));
        Assert.Equal(system.Hash, again.System.Hash);
        Assert.Equal(content.Header, again.Header);
        Assert.Equal(content.Labels, again.Labels);
        WtnsFile.Write<TF>(folder.File("again.wtns"), witness);
        Assert.Equal(File.ReadAllBytes($"{path}.wtns"), File.ReadAllBytes(folder.File("again.wtns")));
    }
}
