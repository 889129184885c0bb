// Owns: what `zkps bench circuits` measures and a row of its figures. Never: how (CircuitBench.cs).

using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;

namespace ProvingService.Cli;

/// <summary>A circuit over a curve.</summary>
/// <param name="Circuit">The circuit, whose example is proved.</param>
/// <param name="Curve">Over which curve.</param>
/// <param name="Threads">The most threads of setup and prover; witnesses are always found on all cores.</param>
internal sealed record CircuitCase(IExampleCircuit Circuit, CurveId Curve, int Threads)
{
    /// <summary>For people.</summary>
    public string Name => $"{Circuit.Name} over {Curve.Name()}";

    /// <summary>Rows with the same key measure the same.</summary>
    public string Key => $"{Circuit.Name}/{Curve.Name()}/{Threads}";
}

/// <summary>How large a circuit is.</summary>
/// <param name="Constraints">Rows of the matrices.</param>
/// <param name="Terms">Non-zero coefficients of the three.</param>
/// <param name="Wires">The length of a witness.</param>
/// <param name="Domain">The size of the prover's transforms.</param>
/// <param name="KeyBytes">The length of its .zkey, but for some hundred bytes of headers.</param>
internal sealed record CircuitSize(int Constraints, long Terms, int Wires, int Domain, long KeyBytes);

/// <summary>One row of figures; times in seconds.</summary>
internal sealed record CircuitBenchRow(CircuitCase Case, string Engine, CircuitSize Size)
{
    /// <summary>Compiling, once, all code being compiled for the machine.</summary>
    public double Compile { get; init; }

    /// <summary>The witness program, median.</summary>
    public double Program { get; init; }

    /// <summary>The check of the witness against every constraint, median.</summary>
    public double Check { get; init; }

    /// <summary>The single-party setup, once.</summary>
    public double Setup { get; init; }

    /// <summary>The length of the key's file.</summary>
    public long KeyBytes { get; init; }

    /// <summary>A proof in this process, median.</summary>
    public double Prove { get; init; }

    /// <summary>The fastest proof in this process.</summary>
    public double ProveMinimum { get; init; }

    /// <summary>A verification, median.</summary>
    public double Verify { get; init; }

    /// <summary><c>zkps prove</c> from start to end, median: the runtime starts, key and witness are read, the proof is made and checked.</summary>
    public double Process { get; init; }

    /// <summary>The most memory that one of these processes held, the pages of the mapped key included.</summary>
    public long ProcessPeakMemoryBytes { get; init; }

    /// <summary>The members by which rows of two runs are matched: <see cref="CircuitCase.Key"/>.</summary>
    public static string[] KeyMembers => ["circuit", "curve", "threads"];

    /// <summary>The figures that are compared with those of another run, and the head of each column.</summary>
    public static (string Member, string Head)[] Compared => [("programSeconds", "program ratio"), ("proveSeconds", "prove ratio"), ("processSeconds", "process ratio")];

    /// <summary>The values of <see cref="Compared"/>.</summary>
    public double[] ComparedFigures => [Program, Prove, Process];

    public static string[] Head =>
    [
        "circuit", "curve", "constraints", "domain", "compile", "program", "check", "setup", "key", "prove", "process", "peak memory", "verify",
    ];

    public string[] Cells() =>
    [
        Case.Circuit.Name,
        Case.Curve.Name(),
        Size.Constraints.ToString(CultureInfo.InvariantCulture),
        $"2^{int.Log2(Size.Domain)}",
        Output.Time(Compile),
        Output.Time(Program),
        Output.Time(Check),
        Output.Time(Setup),
        Output.Bytes(KeyBytes),
        Output.Time(Prove),
        Output.Time(Process),
        Output.Bytes(ProcessPeakMemoryBytes),
        Output.Time(Verify),
    ];

    public JsonObject ToJson() => new()
    {
        ["work"] = "circuits",
        ["circuit"] = Case.Circuit.Name,
        ["curve"] = Case.Curve.Name(),
        ["engine"] = Engine,
        ["threads"] = Case.Threads,
        ["constraints"] = Size.Constraints,
        ["terms"] = Size.Terms,
        ["wires"] = Size.Wires,
        ["domain"] = Size.Domain,
        ["compileSeconds"] = Math.Round(Compile, 6),
        ["programSeconds"] = Math.Round(Program, 6),
        ["checkSeconds"] = Math.Round(Check, 6),
        ["setupSeconds"] = Math.Round(Setup, 6),
        ["keyBytes"] = KeyBytes,
        ["proveSeconds"] = Math.Round(Prove, 6),
        ["proveMinimumSeconds"] = Math.Round(ProveMinimum, 6),
        ["processSeconds"] = Math.Round(Process, 6),
        ["processPeakMemoryBytes"] = ProcessPeakMemoryBytes,
        ["verifySeconds"] = Math.Round(Verify, 6),
    };
}
