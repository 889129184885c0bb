// Owns: `zkps bench setup`: each step of a trusted setup, by this program and, in turns and on the same files, by snarkjs.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ProvingService.Algebra;

namespace ProvingService.Cli;

internal static class SetupBench
{
    /// <summary>The rows that a circuit of 2^k leaves free, as in the other benches: the domain is 2^k, not 2^(k+1).</summary>
    private const int FreeRows = 16;

    private static readonly string[] All = ["ptau-contribute", "prepare", "ptau-verify", "zkey-new", "zkey-contribute", "zkey-verify"];

    public static Command Create()
    {
        Option<string> curve = CommonOptions.Curve();
        var sizes = new Option<string>("--sizes") { Description = "log₂ of the sizes, separated by commas, from 6 to 24.", DefaultValueFactory = _ => "12,14,16" };
        Option<string?> snarkjs = CommonOptions.Optional("--snarkjs", "snarkjs's cli.cjs, run by node: takes its turn at each step.");
        var only = new Option<string>("--snarkjs-steps")
        {
            Description = $"What snarkjs takes its turn at, separated by commas, of {string.Join(", ", All)}; preparing 2^16 takes it hours on BLS12-381.",
            DefaultValueFactory = _ => string.Join(',', All),
        };
        Option<string?> path = CommonOptions.Optional("--output", "A file to write the figures to, as --json prints them.", "-o");
        return CommonOptions.Define(
            "setup",
            "The steps of a trusted setup for a chain of 2^k − 16 multiplications, each in a process of its own from files to files: a\n"
            + "contribution to the powers of tau, their Lagrange bases, their verification; a key, a contribution to it, its\n"
            + "verification against circuit and powers. snarkjs begins from the same files; what has no randomness must come out\n"
            + "byte for byte equal, and what has is verified by the other program: exit code 1 where that fails.",
            "zkps bench setup --curve bn254 --sizes 12 --snarkjs tests/interop/node_modules/snarkjs/build/cli.cjs",
            (parsed, output) =>
            {
                int[] logs = [.. parsed.GetRequiredValue(sizes).Split(',').Select(ParseSize)];
                string[] steps = parsed.GetRequiredValue(only).Split(',', StringSplitOptions.RemoveEmptyEntries);
                if (steps.Except(All).FirstOrDefault() is { } unknown)
                {
                    throw new UsageException($"--snarkjs-steps: '{unknown}' is none of {string.Join(", ", All)}.");
                }

                string? peer = parsed.GetValue(snarkjs);
                if (peer is not null && !File.Exists(peer))
                {
                    throw new UsageException($"--snarkjs: {peer} is not there; npm ci in tests/interop brings it.");
                }

                return Run(CommonOptions.ParseCurve(parsed.GetRequiredValue(curve)), logs, peer, steps, parsed.GetValue(path), output);
            },
            curve,
            sizes,
            snarkjs,
            only,
            path);
    }

    private static int ParseSize(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 6 and <= 24
            ? size
            : throw new UsageException($"--sizes: '{text}' is no size from 6 to 24.");

    private static int Run(CurveId curve, int[] logs, string? snarkjs, string[] steps, string? path, Output output)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("zkps-bench-");
        try
        {
            var table = new List<string[]> { (string[])["curve", "2^k", "step", "zkps", "snarkjs", "times as fast"] };
            var rows = new JsonArray();
            bool isEqual = true;
            foreach (int log in logs)
            {
                isEqual &= new Size(folder.FullName, curve, log, snarkjs, steps, output.Cancellation).Measure((step, own, peer) =>
                {
                    table.Add(
                    [
                        curve.Name(), log.ToString(CultureInfo.InvariantCulture), step, Output.Time(own), peer is { } time ? Output.Time(time) : "",
                        peer is { } other ? (other / own).ToString("F1", CultureInfo.InvariantCulture) : "",
                    ]);
                    rows.Add(new JsonObject { ["curve"] = curve.Name(), ["size"] = log, ["step"] = step, ["seconds"] = own, ["snarkjsSeconds"] = peer });
                });
                if (!isEqual)
                {
                    output.Fail($"at 2^{log} the two programs do not agree.");
                    return ExitCode.No;
                }
            }

            var result = new JsonObject { ["machine"] = BenchMachine.ToJson(), ["engine"] = EngineNames.Current, ["rows"] = rows };
            output.Say($"{BenchMachine.Description}, {EngineNames.Current} kernels; whole processes, from files to files");
            output.Table(table);
            output.Result(result);
            if (path is not null)
            {
                Output.WriteJson(path, result);
            }

            return ExitCode.Success;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The steps for one size.</summary>
    private sealed class Size(string folder, CurveId curve, int log, string? snarkjs, string[] steps, CancellationToken cancellation)
    {
        public bool Measure(Action<string, double, double?> report)
        {
            string power = log.ToString(CultureInfo.InvariantCulture), circuit = $"multiplication-chain-{(1 << log) - FreeRows}";
            Own("circuit", "compile", circuit, "--curve", curve.Name(), "-o", folder);
            string r1cs = At($"{circuit}.r1cs"), begun = At("0.ptau"), contributed = At("1.ptau"), prepared = At("2.ptau"), initial = At("0.zkey"), final = At("1.zkey");
            string peerContributed = At("p1.ptau"), peerPrepared = At("p2.ptau"), peerInitial = At("p0.zkey"), peerFinal = At("p1.zkey");
            Own("setup", "ptau", "new", "--curve", curve.Name(), "--power", power, "-o", begun);
            bool isRight = Turn(
                    "ptau-contribute",
                    ["setup", "ptau", "contribute", begun, contributed, "--name", "bench"],
                    ["powersoftau", "contribute", begun, peerContributed, "--name=bench", "-e=bench"],
                    () => Own("setup", "ptau", "verify", peerContributed))
                && Turn(
                    "prepare",
                    ["setup", "ptau", "prepare", contributed, prepared],
                    ["powersoftau", "prepare", "phase2", contributed, peerPrepared],
                    () => AreEqual(prepared, peerPrepared))
                && Turn("ptau-verify", ["setup", "ptau", "verify", prepared], ["powersoftau", "verify", prepared])
                && Turn(
                    "zkey-new",
                    ["setup", "zkey", "new", "--r1cs", r1cs, "--ptau", prepared, "-o", initial],
                    ["groth16", "setup", r1cs, prepared, peerInitial],
                    () => AreEqual(initial, peerInitial))
                && Turn(
                    "zkey-contribute",
                    ["setup", "zkey", "contribute", initial, final, "--name", "bench"],
                    ["zkey", "contribute", initial, peerFinal, "--name=bench", "-e=bench"],
                    () => Own("setup", "zkey", "verify", "--skip-ptau", "--r1cs", r1cs, "--ptau", prepared, "--zkey", peerFinal))
                && Turn(
                    "zkey-verify",
                    ["setup", "zkey", "verify", "--skip-ptau", "--r1cs", r1cs, "--ptau", prepared, "--zkey", final],
                    ["zkey", "verify", r1cs, prepared, final]);
            foreach (string file in Directory.GetFiles(folder))
            {
                File.Delete(file);
            }

            return isRight;

            bool Turn(string step, string[] own, string[] peer, Func<bool>? check = null)
            {
                long start = Stopwatch.GetTimestamp();
                Own(own);
                double ownSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (snarkjs is null || !steps.Contains(step))
                {
                    report(step, ownSeconds, null);
                    return true;
                }

                start = Stopwatch.GetTimestamp();
                bool isRight = Peer(peer);
                report(step, ownSeconds, Stopwatch.GetElapsedTime(start).TotalSeconds);
                return isRight && (check is null || check());
            }
        }

        private string At(string file) => Path.Combine(folder, file);

        private bool Own(params ReadOnlySpan<string> args)
        {
            OwnProgram.RunJson(cancellation, args);
            return true;
        }

        /// <summary>Runs snarkjs; false where it ends with another code than 0.</summary>
        private bool Peer(string[] args)
        {
            var start = new ProcessStartInfo("node", [snarkjs!, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start) ?? throw new UsageException("node does not start.");
            using (cancellation.Register(process.Kill))
            {
                Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
                process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                cancellation.ThrowIfCancellationRequested();
                return process.ExitCode == 0 && errors.Result is not null;
            }
        }

        private static bool AreEqual(string first, string second)
        {
            using FileStream a = File.OpenRead(first), b = File.OpenRead(second);
            byte[] one = new byte[1 << 16], other = new byte[1 << 16];
            while (true)
            {
                int read = a.ReadAtLeast(one, one.Length, throwOnEndOfStream: false);
                if (b.ReadAtLeast(other, other.Length, throwOnEndOfStream: false) != read || !one.AsSpan(0, read).SequenceEqual(other.AsSpan(0, read)))
                {
                    return false;
                }

                if (read == 0)
                {
                    return true;
                }
            }
        }
    }
}
