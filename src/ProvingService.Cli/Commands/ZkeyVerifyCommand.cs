// Owns: `zkps setup zkey verify`: a key against its circuit, its powers of tau and its own record.

using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.Lint;
using ProvingService.Setup;

namespace ProvingService.Cli;

internal static class ZkeyVerifyCommand
{
    public static Command Create()
    {
        Option<string> r1cs = CommonOptions.Required("--r1cs", "The circuit.");
        Option<string> ptau = CommonOptions.Required("--ptau", "The powers of tau that the key was made from.");
        Option<string> zkey = CommonOptions.Required("--zkey", "The key.");
        var skip = new Option<bool>("--skip-ptau") { Description = "Take the powers of tau to be true, as verified before: zkps setup ptau verify." };
        var least = new Option<int>("--min-contributions")
        {
            Description = "Ask for at least so many contributions, beacons not counted, and verify by two engines: what a key must keep to leave a ceremony.",
        };
        least.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out int value) && value < 1)
            {
                result.AddError("--min-contributions is at least 1.");
            }
        });
        var beacon = new Option<bool>("--require-beacon") { Description = "Ask that the last contribution is a beacon; with --min-contributions." };
        Option<string?> announcement = CommonOptions.Optional(
            "--announcement", "A JSON file that says which beacon was announced, public since when, after which last contribution; with --min-contributions.");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "verify",
            "Verifies a key: its circuit, its powers of tau, every contribution, every point. Ends with 1 where the transcript is false.",
            "zkps setup zkey verify --r1cs merkle.r1cs --ptau pot15.ptau --zkey merkle.zkey",
            (parsed, output) =>
            {
                long start = Stopwatch.GetTimestamp();
                string circuit = parsed.GetRequiredValue(r1cs), powers = parsed.GetRequiredValue(ptau), key = parsed.GetRequiredValue(zkey);
                var options = new EngineOptions(parsed.GetValue(threads), output.Cancellation);
                int contributions = parsed.GetValue(least);
                bool isGate = contributions > 0, verifyPowers = !parsed.GetValue(skip);
                if (!isGate && (parsed.GetValue(beacon) || parsed.GetValue(announcement) is not null))
                {
                    throw new UsageException("--require-beacon and --announcement are rules of a ceremony; say with --min-contributions how many it had.");
                }

                if (!verifyPowers)
                {
                    output.Warn("the powers of tau are not verified here; who made them up can forge proofs.");
                }

                BeaconAnnouncement? announced = parsed.GetValue(announcement) is { } file ? BeaconAnnouncement.Read(file) : null;
                PhaseTwoReport report = output.Work("verify", progress => isGate
                    ? CeremonyGate.Check(
                        circuit, powers, key, new(contributions, announced, parsed.GetValue(beacon), verifyPowers), null, SetupParts.Relay(progress), options)
                    : PhaseTwo.VerifyWithPowers(circuit, powers, key, verifyPowers, null, SetupParts.Relay(progress), options));
                return Report(output, key, report, start);
            },
            r1cs,
            ptau,
            zkey,
            skip,
            least,
            beacon,
            announcement,
            threads);
    }

    private static int Report(Output output, string zkey, PhaseTwoReport report, long start)
    {
        IReadOnlyList<Finding> findings = CurveDispatch.Run(report.Curve, new KeyAction(zkey, output));
        LintCommand.Warn(output, findings);
        output.Say($"{zkey}: {report.Contributions.Count} contributions, verified in {Output.Since(start)}");
        SetupParts.SayHash(output, "Circuit hash", report.InitialKeyHash.Span);
        JsonArray contributions = ZkeyInfoCommand.SayContributions(output, report);
        output.Say(report.Fault is null ? "The transcript is true." : $"FALSE: {report.Fault.Text}");
        output.Result(new JsonObject
        {
            ["valid"] = report.IsTrue,
            ["fault"] = report.Fault?.Kind.ToString(),
            ["contribution"] = report.Fault?.Contribution,
            ["reason"] = report.Fault?.Text,
            ["curve"] = report.Curve.Name(),
            ["initialKeyHash"] = Convert.ToHexStringLower(report.InitialKeyHash.Span),
            ["hashForm"] = report.HashForm.ToString(),
            ["contributions"] = contributions,
            ["findings"] = LintCommand.ToJson(findings),
            ["seconds"] = SetupParts.Seconds(start),
        });
        return report.IsTrue ? ExitCode.Success : ExitCode.No;
    }

    private sealed class KeyAction(string zkey, Output output) : ICurveAction<IReadOnlyList<Finding>>
    {
        public IReadOnlyList<Finding> Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecureKey: true, new(0, output.Cancellation));
            return KeyRules.Check(key.VerifyingKey);
        }
    }
}
