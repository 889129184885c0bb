// Owns: the rules of .r1cs: for each a circuit that breaks it, and circuits that break none.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Lint.Tests;

public sealed class CircuitTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A·B = C with wires by number, 0 the constant; the first wires after it are public.</summary>
    private static readonly (string Name, int Wires, int Public, int Private, string[] Rows, Rule[] Rules)[] Cases =
    [
        ("a product of two private inputs", 4, 1, 2, ["2 * 3 = 1"], []),
        ("a bit is its own square", 4, 1, 2, ["2 * 2 = 2", "2 * 3 = 1"], []),
        ("a public input nowhere", 5, 2, 2, ["3 * 4 = 1"], [Rules.CircuitPublicUnconstrained]),
        ("a public input times zero", 5, 2, 2, ["3 * 4 = 1", "2 * = "], [Rules.CircuitPublicUnconstrained, Rules.CircuitIneffectiveTerms]),
        ("a square that nothing uses", 6, 2, 2, ["3 * 4 = 1", "2 * 2 = 5"], [Rules.CircuitPublicAbsorbed, Rules.CircuitFreeWire]),
        ("a square of a square that nothing uses", 7, 2, 2, ["3 * 4 = 1", "2 * 2 = 5", "5 * 5 = 6"], [Rules.CircuitPublicAbsorbed, Rules.CircuitFreeWire]),
        ("a public input that a private one makes up for", 5, 2, 2, ["3 * 3 = 1", "0 * 2 = 4"], [Rules.CircuitPublicAbsorbed]),
        ("the same, the constant to the right", 5, 2, 2, ["3 * 3 = 1", "2:3,4:5 * 0:7 = "], [Rules.CircuitPublicAbsorbed]),
        ("a wire whose terms cancel", 5, 2, 2, ["3 * 3 = 1", "2,4 * 0 = 4", "3 * 4 = 1"], []),
        ("a linear combination of public inputs", 4, 2, 1, [" * = 1,2", "1 * 3 = 2"], []),
        ("terms that are multiplied by zero on the left", 4, 1, 2, ["2 * 3 = 1", " * 2 = 1"], [Rules.CircuitIneffectiveTerms]),
        ("a wire that cancels and so cannot absorb", 6, 2, 2, ["3 * 4 = 1", "5 * 0 = 5,2"], []),
        ("the same, the constant to the left", 6, 2, 2, ["3 * 4 = 1", "0 * 5 = 5,2"], []),
        ("a private input in one factor of a repeated other", 4, 1, 2, ["2 * 3 = 1", "3 * 1 = 1"], []),
        ("a private input nowhere", 5, 1, 3, ["2 * 3 = 1"], [Rules.CircuitPrivateInputUnconstrained]),
        ("a wire nowhere", 5, 1, 2, ["2 * 3 = 1"], [Rules.CircuitWireUnconstrained]),
        ("a wire in one product", 5, 1, 2, ["2 * 3 = 1", "4 * 2 = 1"], []),
        ("a constraint twice", 4, 1, 2, ["2 * 3 = 1", "2 * 3 = 1"], [Rules.CircuitDuplicate]),
        ("a multiple", 4, 1, 2, ["2 * 3 = 1", "2:5 * 3:2 = 1:10"], [Rules.CircuitScaledDuplicate]),
        ("factors swapped", 4, 1, 2, ["2 * 3 = 1", "3 * 2 = 1"], [Rules.CircuitScaledDuplicate]),
        ("swapped and scaled", 4, 1, 2, ["2,3:2 * 3 = 1,0:4", "3:7 * 2,3:2 = 1:7,0:28"], [Rules.CircuitScaledDuplicate]),
        ("a linear multiple", 4, 1, 2, ["2 * 3 = 1", " * = 1,2:3", " * = 1:2,2:6"], [Rules.CircuitScaledDuplicate]),
        ("another multiple on the right", 4, 1, 2, ["2 * 3 = 1", "2:5 * 3:2 = 1:11"], []),
        ("a constraint that says nothing", 4, 1, 2, ["2 * 3 = 1", "0:2 * 0:3 = 0:6"], [Rules.CircuitTrivial]),
        ("one without terms", 4, 1, 2, ["2 * 3 = 1", " * = "], [Rules.CircuitTrivial]),
        ("a constraint that cannot hold", 4, 1, 2, ["2 * 3 = 1", "0:2 * 0:3 = 0:7"], [Rules.CircuitUnsatisfiable]),
        ("zero is five", 4, 1, 2, ["2 * 3 = 1", "2 * = 0:5"], [Rules.CircuitUnsatisfiable]),
        ("nothing public", 3, 0, 2, ["1 * 2 = 0"], [Rules.CircuitNoPublic]),
        ("a terms that are multiplied by zero", 4, 1, 2, ["2 * 3 = 1", "2 * = 1"], [Rules.CircuitIneffectiveTerms]),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_rule_is_broken_by_what_it_names_and_by_nothing_else(string name)
    {
        (_, int wires, int publics, int privates, string[] rows, Rule[] rules) = Cases.Single(c => c.Name == name);
        Write<Bn254Fr>(wires, publics, privates, rows).Breaks(rules);
        Write<Bls12381Fr>(wires, publics, privates, rows).Breaks(rules);
    }

    [Fact]
    public void Wires_have_names_where_there_are_some()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>("named", b =>
        {
            b.PublicInput("nullifier");
            b.PublicOutput("out", b.PrivateInput("x") * b.PrivateInput("y"));
        });
        string path = folder.File("named.r1cs"), elsewhere = folder.File("elsewhere");
        R1csFile.Write(path, circuit);
        Finding unnamed = Linter.Lint(path).Breaks(Rules.CircuitPublicUnconstrained).Only(Rules.CircuitPublicUnconstrained);
        Assert.Contains("wire 2", unnamed.Message, StringComparison.Ordinal);
        Assert.Equal(2, unnamed.Place.Wire);

        SymFile.Write(elsewhere, circuit.Symbols);
        Assert.Contains("main.nullifier", Linter.Lint(path, new() { Sym = elsewhere }).Findings[0].Message, StringComparison.Ordinal);
        File.Copy(elsewhere, folder.File("named.sym"));
        Assert.Contains("main.nullifier", Linter.Lint(path).Findings[0].Message, StringComparison.Ordinal);

        // One that lies there by chance is left alone; one that was asked for is refused.
        File.WriteAllText(folder.File("named.sym"), "1,99,0,main.of.another");
        Assert.Contains("wire 2", Linter.Lint(path).Findings[0].Message, StringComparison.Ordinal);
        Assert.Throws<InvalidFileException>(() => Linter.Lint(path, new() { Sym = folder.File("named.sym") }));
    }

    [Fact]
    public void A_circuit_that_does_not_decode_is_a_finding()
    {
        Write<Bn254Fr>(4, 1, 2, ["2 * 3 = 1"]);
        byte[] bytes = File.ReadAllBytes(folder.File("circuit"));
        string path = folder.File("cut");
        File.WriteAllBytes(path, bytes[..^1]);
        Linter.Lint(path).Breaks(Rules.FileMalformed);

        // Over a field of neither curve.
        bytes[28] ^= 2;
        File.WriteAllBytes(path, bytes);
        Linter.Lint(path).Breaks(Rules.FileMalformed);
    }

    [Fact]
    public void Thousands_of_findings_are_counted_and_few_are_kept()
    {
        LintReport report = Write<Bn254Fr>(4, 1, 2, [.. Enumerable.Repeat("2 * 3 = 1", 5_000)]).Breaks(Rules.CircuitDuplicate);
        Assert.Equal((LintReport.MostOfARule, 4_999), (report.Findings.Count, report.Count(Severity.Note)));
    }

    private LintReport Write<TFr>(int wires, int publics, int privates, string[] rows)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var builder = new ConstraintSystemBuilder<TFr>(new CoefficientTable<TFr>());
        foreach (string row in rows)
        {
            string[] parts = row.Split(['*', '=']);
            Add(builder.A, parts[0]);
            Add(builder.B, parts[1]);
            Add(builder.C, parts[2]);
        }

        string path = folder.File("circuit");
        R1csFile.Write(path, builder.Build(wires, 0, publics, privates), new long[wires], wires);
        return Linter.Lint(path);

        static void Add(MatrixRows<TFr> matrix, string terms)
        {
            foreach (string term in terms.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = term.Split(':');
                matrix.Add(int.Parse(parts[0]), parts.Length > 1 ? TFr.FromUInt64(ulong.Parse(parts[1])) : TFr.One);
            }

            matrix.EndRow();
        }
    }
}
