// Owns: `zkps prove`: key and witness to proof.json and public.json.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class ProveCommand
{
    public static Command Create()
    {
        Option<string> zkey = CommonOptions.Required("--zkey", "The proving key.");
        Option<string> wtns = CommonOptions.Required("--wtns", "The witness.");
        Option<string> proof = CommonOptions.Required("--proof", "The proof.json to write.");
        Option<string> publicInputs = CommonOptions.Required("--public", "The public.json to write.");
        Option<string?> r1cs = CommonOptions.Optional("--r1cs", "The circuit: the witness is then checked first, and the failing constraint named.");
        Option<int> threads = CommonOptions.Threads();
        Option<bool> insecure = CommonOptions.Insecure();
        Option<string> device = DeviceOption.Create();
        return CommonOptions.Define(
            "prove",
            "Proves that a witness satisfies the circuit of a key. The proof is verified before it is written. Exit code 1\n"
            + "where the witness does not satisfy.",
            "zkps prove --zkey merkle.zkey --wtns witness.wtns --proof proof.json --public public.json",
            (parsed, output) =>
            {
                string key = parsed.GetRequiredValue(zkey);
                using ProvingEngine engine = ProvingEngine.Open(parsed.GetRequiredValue(device), manyProofs: false, output);
                return CurveDispatch.Run(ZkeyFormat.ReadHeader(key).Curve, new Action
                {
                    KeyPath = key,
                    WitnessPath = parsed.GetRequiredValue(wtns),
                    CircuitPath = parsed.GetValue(r1cs),
                    ProofPath = parsed.GetRequiredValue(proof),
                    PublicPath = parsed.GetRequiredValue(publicInputs),
                    AllowInsecure = parsed.GetValue(insecure),
                    Engine = engine,
                    Options = new EngineOptions(parsed.GetValue(threads), output.Cancellation),
                    Output = output,
                });
            },
            zkey,
            wtns,
            proof,
            publicInputs,
            r1cs,
            device,
            threads,
            insecure);
    }

    /// <summary>Shows a proof's phases on the terminal and keeps their times.</summary>
    internal sealed class PhaseMeter(IProgress<WorkProgress> progress) : IProgress<PhaseChange>
    {
        /// <summary>Every phase begins and ends once, unless a device fails.</summary>
        private static readonly int Changes = 2 * Enum.GetValues<ProvingPhase>().Length;

        private readonly ProofTimeline timeline = new();
        private int seen;

        /// <summary>After how many seconds each phase first began, in that order.</summary>
        public JsonObject Begun() => Seconds(timeline.Spans.DistinctBy(span => span.Phase).Select(span => (span.Phase, (TimeSpan?)span.Begun)));

        /// <summary>After how many seconds each phase last ended, in the order of their beginnings.</summary>
        public JsonObject Ended() => Seconds(timeline.Spans.GroupBy(span => span.Phase).Select(spans => (spans.Key, spans.Max(span => span.Ended))));

        public void Report(PhaseChange value)
        {
            timeline.Report(value);
            double done = Math.Min(1, (double)seen++ / Changes);
            if (!value.HasEnded)
            {
                string name = value.Phase switch
                {
                    ProvingPhase.Witness => "witness",
                    ProvingPhase.MsmA => "MSM A",
                    ProvingPhase.MsmB => "MSM B",
                    ProvingPhase.MsmC => "MSM C",
                    ProvingPhase.Products => "products",
                    ProvingPhase.Quotient => "NTT",
                    ProvingPhase.MsmH => "MSM H",
                    _ => "verification",
                };
                progress.Report(new(name, done));
            }
        }

        private static JsonObject Seconds(IEnumerable<(ProvingPhase Phase, TimeSpan? Time)> times)
        {
            var seconds = new JsonObject();
            foreach ((ProvingPhase phase, TimeSpan? time) in times)
            {
                string name = phase.ToString();
                seconds[char.ToLowerInvariant(name[0]) + name[1..]] = time is { } known ? Math.Round(known.TotalSeconds, 6) : null;
            }

            return seconds;
        }
    }

    private sealed class Action : ICurveAction<int>
    {
        public required string KeyPath { get; init; }

        public required string WitnessPath { get; init; }

        public required string? CircuitPath { get; init; }

        public required string ProofPath { get; init; }

        public required string PublicPath { get; init; }

        public required bool AllowInsecure { get; init; }

        public required ProvingEngine Engine { get; init; }

        public required EngineOptions Options { get; init; }

        public required Output Output { get; init; }

        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            long start = Stopwatch.GetTimestamp();
            if (Path.GetFullPath(ProofPath) == Path.GetFullPath(PublicPath))
            {
                throw new UsageException("--proof and --public name the same file.");
            }

            // The files to be are opened first, so that a folder that cannot be written costs no proof.
            using var proofFile = new AtomicFile(ProofPath);
            using var publicFile = new AtomicFile(PublicPath);
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(KeyPath, AllowInsecure, Options);
            TFr[] witness = WtnsFile.Read<TFr>(WitnessPath, key.WireCount, Options.CancellationToken);
            ConstraintSystem<TFr>? system = CircuitPath is null ? null : R1csFile.Read<TFr>(CircuitPath, Options.CancellationToken).System;
            if (system is not null && (system.WireCount != key.WireCount || system.PublicCount != key.PublicInputCount))
            {
                throw new UsageException($"{CircuitPath} is not the circuit of {KeyPath}: the numbers of wires or public inputs differ.");
            }

            PhaseMeter? meter = null;
            Proof<TCurve, TFp> proof = Output.Work("prove", progress =>
            {
                meter = new PhaseMeter(progress);
                using var prover = new Prover<TCurve, TFp, TFr>(key, Engine.Msm, Engine.Ntt, system);
                return prover.Prove(witness, meter, Options);
            });
            ReadOnlySpan<TFr> publicInputs = witness.AsSpan(1, key.PublicInputCount);
            Write(proofFile, ProofJson.ToJson(proof));
            Write(publicFile, PublicInputsJson.ToJson(publicInputs));
            proofFile.Commit();
            publicFile.Commit();
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            using var process = Process.GetCurrentProcess();
            long peakMemory = process.PeakWorkingSet64;
            Output.Say($"{ProofPath}: a proof over {TCurve.Id.Name()}, verified");
            Output.Say($"{PublicPath}: {key.PublicInputCount} public inputs");
            Output.Say(string.Create(CultureInfo.InvariantCulture, $"{key.WireCount} wires, domain {key.DomainSize}: {Output.Time(elapsed)} on {Where()}, {Output.Bytes(peakMemory)} at most"));
            Output.Result(new JsonObject
            {
                ["curve"] = TCurve.Id.Name(),
                ["proof"] = ProofPath,
                ["public"] = PublicPath,
                ["publicInputs"] = key.PublicInputCount,
                ["wires"] = key.WireCount,
                ["domain"] = key.DomainSize,
                ["device"] = Engine.Used,
                ["incidents"] = Engine.Incidents,
                ["engine"] = EngineNames.Current,
                ["seconds"] = Math.Round(elapsed.TotalSeconds, 6),
                ["begun"] = meter!.Begun(),
                ["ended"] = meter.Ended(),
                ["peakMemoryBytes"] = peakMemory,
            });
            return ExitCode.Success;
        }

        private string Where() => Engine.Used == "cpu" ? $"the CPU, {EngineNames.Current} kernels" : Engine.Used;

        private static void Write(AtomicFile file, string text) => file.Stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
