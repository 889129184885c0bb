// Owns: measuring one circuit over one curve, from compiling to verified proofs. Which ones, and the table: CircuitBenchRunner.cs.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>Measures a circuit's whole way. Every proof is checked against the public inputs of the witness.</summary>
/// <param name="what">The circuit.</param>
/// <param name="size">What <see cref="CircuitSizing"/> found.</param>
/// <param name="runs">Of what has a median.</param>
/// <param name="folder">Where key, witness and proofs go; as large as the key.</param>
/// <param name="report">Told what is being measured.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class CircuitBench(CircuitCase what, CircuitSize size, int runs, string folder, Action<string> report, CancellationToken cancellation)
    : ICurveAction<CircuitBenchRow>
{
    private readonly string key = Path.Combine(folder, "circuit.zkey");
    private readonly string witnessFile = Path.Combine(folder, "circuit.wtns");
    private readonly EngineOptions options = new(what.Threads, cancellation);

    public CircuitBenchRow Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        // The circuit is gone when the key is opened: the prover needs the memory.
        (CircuitBenchRow row, TFr[] witness) = Prepare<TCurve, TFp, TFr>();
        GC.Collect();
        try
        {
            return Prove<TCurve, TFp, TFr>(row, witness);
        }
        finally
        {
            File.Delete(key);
        }
    }

    private (CircuitBenchRow Row, TFr[] Witness) Prepare<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        CompiledCircuit<TFr>? compiled = null;
        Report("compile");
        double compile = BenchClock.Seconds(() => compiled = CircuitCompiler.Compile<TFr>(what.Circuit));
        Report("witness");
        CircuitInputs<TFr> inputs = what.Circuit.Example<TFr>();
        TFr[] witness = [];
        double[] program = Times(() => witness = compiled!.Program.Run(inputs));
        double[] check = Times(() => CircuitChecker.Require<TFr>(compiled!.System, witness, compiled.Symbols));
        WtnsFile.Write<TFr>(witnessFile, witness);
        Report("setup");
        double setup = BenchClock.Seconds(() => InsecureSetup.Create<TCurve, TFp, TFr>(compiled!.System, key, null, options));
        CircuitBenchRow row = new(what, EngineNames.Current, size)
        {
            Compile = compile,
            Program = BenchClock.Median(program),
            Check = BenchClock.Median(check),
            Setup = setup,
            KeyBytes = new FileInfo(key).Length,
        };
        return (row, witness);
    }

    private CircuitBenchRow Prove<TCurve, TFp, TFr>(CircuitBenchRow row, TFr[] witness)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        Report("prove");
        TFr[] inputs;
        Verifier<TCurve, TFp, TFr> verifier;
        using (ProvingKey<TCurve, TFp, TFr> opened = ProvingKey<TCurve, TFp, TFr>.Open(key))
        {
            inputs = witness[1..(opened.PublicInputCount + 1)];
            verifier = new(opened.VerifyingKey);
            var prover = new Prover<TCurve, TFp, TFr>(opened, CpuEngine.Default, CpuEngine.Default);
            Proof<TCurve, TFp>? proof = null;
            double[] prove = Times(() => proof = prover.Prove(witness, null, options), () => Require(verifier.Verify(proof!, inputs)));
            Report("verify");
            double[] verify = Times(() => Require(verifier.Verify(proof!, inputs)));
            row = row with { Prove = BenchClock.Median(prove), ProveMinimum = prove[0], Verify = BenchClock.Median(verify) };
        }

        Report("process");
        string proofFile = Path.Combine(folder, "proof.json"), publicFile = Path.Combine(folder, "public.json");
        var times = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            JsonElement result = default;
            times[i] = BenchClock.Seconds(() => result = OwnProgram.RunJson(
                cancellation,
                "prove", "--zkey", key, "--wtns", witnessFile, "--proof", proofFile, "--public", publicFile,
                "--threads", what.Threads.ToString(CultureInfo.InvariantCulture)));
            Require(PublicInputsJson.Read<TFr>(publicFile).AsSpan().SequenceEqual(inputs));
            Require(verifier.Verify(ProofJson.Read<TCurve, TFp>(proofFile), inputs));
            long peak = result.GetProperty("peakMemoryBytes").GetInt64();
            row = row with { ProcessPeakMemoryBytes = Math.Max(row.ProcessPeakMemoryBytes, peak) };
        }

        Array.Sort(times);
        return row with { Process = BenchClock.Median(times) };
    }

    /// <summary>Sorted times of the runs after a warm-up.</summary>
    /// <param name="work">What is timed.</param>
    /// <param name="after">What follows each run, not timed.</param>
    private double[] Times(Action work, Action? after = null)
    {
        BenchClock.WarmUp(Once);
        var times = new double[runs];
        for (int i = 0; i < runs; i++)
        {
            times[i] = Once();
        }

        Array.Sort(times);
        return times;

        double Once()
        {
            cancellation.ThrowIfCancellationRequested();
            double seconds = BenchClock.Seconds(work);
            after?.Invoke();
            return seconds;
        }
    }

    private void Report(string phase)
    {
        cancellation.ThrowIfCancellationRequested();
        report(phase);
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("A true proof was refused while it was measured.");
        }
    }
}

/// <summary>Compiles a circuit to learn what measuring it will take, and warms the compiler up by it.</summary>
internal sealed class CircuitSizing(IExampleCircuit circuit) : ICurveAction<CircuitSize>
{
    /// <exception cref="UsageException">The field has no domain for so many constraints.</exception>
    public CircuitSize Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        ConstraintSystem<TFr> system = CircuitCompiler.Compile<TFr>(circuit).System;
        if (!InsecureSetup.Supports(system))
        {
            throw new UsageException($"{circuit.Name} has {system.ConstraintCount} constraints, more than {TFr.Name} has room for.");
        }

        // A .zkey: a wire has points in A, B1 and C of G1 and in B2 of G2; the domain in H; a term of A or B is three
        // numbers of four bytes and a scalar. Public inputs have terms of their own, and points in IC and not in C.
        long domain = BitOperations.RoundUpToPowerOf2((uint)(system.ConstraintCount + system.PublicCount + 1));
        long g1 = 2 * 8 * TFp.LimbCount, terms = (long)system.A.TermCount + system.B.TermCount;
        long bytes = (system.WireCount * 5 * g1) + (domain * g1) + ((terms + system.PublicCount + 1) * (12 + (8 * TFr.LimbCount)));
        return new(system.ConstraintCount, terms + system.C.TermCount, system.WireCount, (int)domain, bytes);
    }
}
