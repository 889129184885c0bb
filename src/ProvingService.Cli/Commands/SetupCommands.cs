// Owns: `zkps setup`: keys and what can be made of them.

using System.CommandLine;
using System.Diagnostics;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.Lint;
using ProvingService.R1cs;

namespace ProvingService.Cli;

internal static class SetupCommands
{
    public static Command Create() => CommonOptions.Group(
        "setup",
        "The trusted setup: powers of tau (phase 1), keys and contributions to them (phase 2), and a single-party setup for tests.",
        "zkps setup ptau new --curve bls12-381 --power 16 -o 0.ptau",
        Insecure(),
        PtauCommands.Create(),
        ZkeyCommands.Create(ExportVerifyingKey(), ExportSolidity()));

    private static Command Insecure()
    {
        Option<string> r1cs = CommonOptions.Required("--r1cs", "The circuit.");
        Option<string> path = CommonOptions.Required("--output", "The .zkey to write.", "-o");
        Option<int> threads = CommonOptions.Threads();
        return CommonOptions.Define(
            "insecure",
            "Makes a proving key from trapdoors that this process draws and erases: for tests and demonstrations only.",
            "zkps setup insecure --r1cs build/merkle-membership.r1cs -o merkle.zkey",
            (parsed, output) =>
            {
                string circuit = parsed.GetRequiredValue(r1cs);
                BigInteger prime = R1csFile.ReadHeader(circuit).Prime;
                return CurveNames.TryFromScalarModulus(prime, out CurveId curve)
                    ? CurveDispatch.Run(
                        curve, new InsecureAction(circuit, parsed.GetRequiredValue(path), new EngineOptions(parsed.GetValue(threads), output.Cancellation), output))
                    : throw new UsageException($"{circuit} is over {ScalarFields.NameOf(prime)}; the scalar fields of bls12-381 and bn254 are supported.");
            },
            r1cs,
            path,
            threads);
    }

    private static Command ExportVerifyingKey()
    {
        Option<string> zkey = CommonOptions.Required("--zkey", "The proving key.");
        Option<string> path = CommonOptions.Required("--output", "The verification_key.json to write.", "-o");
        Option<bool> insecure = CommonOptions.Insecure();
        return CommonOptions.Define(
            "export-vk",
            "Writes the verification key inside a proving key as JSON.",
            "zkps setup zkey export-vk --zkey merkle.zkey -o verification_key.json",
            (parsed, output) => WithKey(
                parsed.GetRequiredValue(zkey),
                new ExportAction(parsed.GetRequiredValue(zkey), parsed.GetRequiredValue(path), parsed.GetValue(insecure), output)),
            zkey,
            path,
            insecure);
    }

    private static Command ExportSolidity()
    {
        Option<string> zkey = CommonOptions.Required("--zkey", "The proving key.");
        Option<string> path = CommonOptions.Required("--output", "The Solidity file to write.", "-o");
        Option<bool> insecure = CommonOptions.Insecure();
        return CommonOptions.Define(
            "export-solidity",
            "Writes a Solidity contract that verifies proofs under a key: for BN254 on EIP-197, for BLS12-381 on EIP-2537.",
            "zkps setup zkey export-solidity --zkey merkle.zkey -o Verifier.sol",
            (parsed, output) => WithKey(
                parsed.GetRequiredValue(zkey),
                new SolidityAction(parsed.GetRequiredValue(zkey), parsed.GetRequiredValue(path), parsed.GetValue(insecure), output)),
            zkey,
            path,
            insecure);
    }

    private static int WithKey(string path, ICurveAction<int> action) => CurveDispatch.Run(ZkeyFormat.ReadHeader(path).Curve, action);

    private sealed class InsecureAction(string circuit, string path, EngineOptions options, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            long start = Stopwatch.GetTimestamp();
            ConstraintSystem<TFr> system = R1csFile.Read<TFr>(circuit).System;
            if (!InsecureSetup.Supports(system))
            {
                throw new UsageException($"{circuit} has {system.ConstraintCount} constraints, more than {TFr.Name} has room for.");
            }

            output.Warn(InsecureSetup.Warning);
            LintCommand.Warn(output, CircuitRules.Check(system, cancellationToken: output.Cancellation).Findings);
            output.Work("setup", progress =>
            {
                InsecureSetup.Create<TCurve, TFp, TFr>(system, path, SetupParts.Relay(progress), options);
                return true;
            });
            long length = new FileInfo(path).Length;
            output.Say($"{path}: a proving key over {TCurve.Id.Name()} for {system.ConstraintCount} constraints, {Output.Bytes(length)}, in {Output.Since(start)}");
            output.Result(new JsonObject
            {
                ["zkey"] = path,
                ["curve"] = TCurve.Id.Name(),
                ["constraints"] = system.ConstraintCount,
                ["bytes"] = length,
                ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 6),
                ["warning"] = InsecureSetup.Warning,
            });
            return ExitCode.Success;
        }
    }

    private sealed class ExportAction(string zkey, string path, bool allowInsecure, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecure);
            LintCommand.Warn(output, KeyRules.Check(key.VerifyingKey));
            VerifyingKeyJson.Write(path, key.VerifyingKey);
            output.Say($"{path}: a verification key over {TCurve.Id.Name()} for {key.PublicInputCount} public inputs");
            output.Result(new JsonObject { ["vk"] = path, ["curve"] = TCurve.Id.Name(), ["publicInputs"] = key.PublicInputCount });
            return ExitCode.Success;
        }
    }

    private sealed class SolidityAction(string zkey, string path, bool allowInsecure, Output output) : ICurveAction<int>
    {
        public int Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecure);
            LintCommand.Warn(output, KeyRules.Check(key.VerifyingKey));
            using var file = new AtomicFile(path);
            file.Stream.Write(Encoding.UTF8.GetBytes(SolidityVerifier.Export<TCurve, TFp, TFr>(key.VerifyingKey)));
            file.Commit();
            output.Say($"{path}: contract Groth16Verifier over {TCurve.Id.Name()} for {key.PublicInputCount} public inputs");
            output.Result(new JsonObject { ["solidity"] = path, ["curve"] = TCurve.Id.Name(), ["publicInputs"] = key.PublicInputCount });
            return ExitCode.Success;
        }
    }
}
