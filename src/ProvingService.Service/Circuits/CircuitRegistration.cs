// Owns: making a circuit of an uploaded key: every check that must hold before a job may use it.

using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Groth16;
using ProvingService.Lint;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Service;

/// <summary>A key was not taken.</summary>
/// <param name="message">Which file, where, what was expected, what to do.</param>
public sealed class RegistrationException(string message) : Exception(message);

/// <summary>What is to be registered.</summary>
/// <param name="KeyHash">The key among the vault's objects.</param>
/// <param name="R1csHash">The circuit there; empty without one.</param>
/// <param name="Program">The name of a built-in circuit; empty without one.</param>
/// <param name="Name">For people; empty for the program's name or the beginning of the hash.</param>
/// <param name="AllowInsecure">Whether a key without contributions is taken.</param>
internal sealed record Registration(string KeyHash, string R1csHash, string Program, string Name, bool AllowInsecure);

/// <summary>Checks keys and writes down what they are.</summary>
internal static class CircuitRegistration
{
    /// <summary>More findings say nothing more; the record of a circuit is read often.</summary>
    private const int MostFaults = 50;

    /// <summary>Checks everything about a key; takes minutes for large ones.</summary>
    /// <param name="vault">Where the files are.</param>
    /// <param name="registration">What is to be registered.</param>
    /// <param name="now">When that is.</param>
    /// <param name="progress">Told of each step, and how much of it is done.</param>
    /// <param name="cancellation">Ends the checks.</param>
    /// <exception cref="RegistrationException">Something does not hold.</exception>
    public static CircuitRecord Check(
        FileVault vault, Registration registration, DateTimeOffset now, Action<string, double> progress, CancellationToken cancellation)
    {
        string path = vault.PathOf(registration.KeyHash);
        try
        {
            return CurveDispatch.Run(
                ZkeyFormat.ReadHeader(path).Curve, new Checks(vault, registration, now, progress, new EngineOptions(0, cancellation)));
        }
        catch (InvalidFileException e)
        {
            throw new RegistrationException(Strip(e.Message, vault));
        }
        catch (InsecureKeyException e)
        {
            throw new RegistrationException(Strip(e.Message, vault));
        }
    }

    /// <summary>What proving is likely to take before the first proof, in microseconds: measured on two cores, about 2.5 µs a wire.</summary>
    internal static long EstimateCost(long wires, long domain) => 2_000 + ((wires + domain) * 5 / 2 / Math.Max(1, Environment.ProcessorCount / 2));

    private static string Strip(string message, FileVault vault) => message.Replace(vault.Root + "/", "", StringComparison.Ordinal);

    private sealed class Checks(
        FileVault vault, Registration registration, DateTimeOffset now, Action<string, double> progress, EngineOptions options) : ICurveAction<CircuitRecord>
    {
        public CircuitRecord Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            progress("reading the key", 0);
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(vault.PathOf(registration.KeyHash), registration.AllowInsecure);
            options.CancellationToken.ThrowIfCancellationRequested();
            List<Finding> findings = [.. KeyRules.Check(key.VerifyingKey)];
            bool isInsecure = key.VerifyingKey.Weakness != KeyWeakness.None || findings.Any(finding => finding.Severity == Severity.Error);
            if (isInsecure && !registration.AllowInsecure)
            {
                throw new RegistrationException($"{findings[0].Message} {findings[0].Rule.Explanation} {findings[0].Rule.Remedy}");
            }

            progress("checking points", 0);
            if (key.Validate(new Steps(progress), options) is { } fault)
            {
                throw fault;
            }

            progress("checking the record of contributions", 0);
            var origin = KeyOrigin.Of(key, options);
            if (origin.Fault is { } broken)
            {
                throw new RegistrationException($"the key's record of contributions is false: {broken.Text} Ask whoever ran its ceremony.");
            }

            ConstraintSystem<TFr>? system = null;
            if (registration.R1csHash.Length > 0)
            {
                progress("reading the circuit", 0);
                system = R1csFile.Read<TFr>(vault.PathOf(registration.R1csHash), options.CancellationToken).System;
            }

            if (registration.Program.Length > 0)
            {
                progress("compiling the witness program", 0);
                if (!CircuitCatalog.TryFind(registration.Program, out IExampleCircuit? circuit))
                {
                    throw new RegistrationException($"there is no built-in circuit '{registration.Program}'; zkps circuit list shows them.");
                }

                ConstraintSystem<TFr> compiled = CircuitCompiler.Compile<TFr>(circuit, cancellationToken: options.CancellationToken).System;
                if (system is not null && system.Hash != compiled.Hash)
                {
                    throw new RegistrationException(
                        $"the .r1cs has the circuit hash {system.Hash} and the program {registration.Program} has {compiled.Hash}: they are not the same circuit.");
                }

                system = compiled;
            }

            if (system is not null)
            {
                progress("comparing key and circuit", 0);
                if (KeyConsistency.FindMismatch(key, system, options) is { } mismatch)
                {
                    throw new RegistrationException($"the key does not belong to the circuit: {mismatch.Text}");
                }
            }

            if (system is not null)
            {
                progress("looking for what the circuit leaves open", 0);
                findings.AddRange(CircuitRules.Check(system, cancellationToken: options.CancellationToken).Findings);
            }

            return new CircuitRecord
            {
                KeyHash = registration.KeyHash,
                CircuitHash = system?.Hash.ToString() ?? "",
                Name = registration.Name.Length > 0 ? registration.Name : registration.Program.Length > 0 ? registration.Program : registration.KeyHash[..12],
                Curve = TCurve.Id.Name(),
                Program = registration.Program,
                R1csHash = registration.R1csHash,
                KeyBytes = new FileInfo(vault.PathOf(registration.KeyHash)).Length,
                Wires = key.WireCount,
                PublicInputs = key.PublicInputCount,
                Constraints = system?.ConstraintCount ?? 0,
                Domain = key.DomainSize,
                Cost = EstimateCost(key.WireCount, key.DomainSize),
                MemoryBytes = ProvingMemory.OfProof<TCurve, TFp, TFr>(key.WireCount, key.PublicInputCount, key.DomainSize) + (32L * key.WireCount),
                Insecure = isInsecure,
                Faults = Keep(findings),
                Origin = new(
                    origin.Contributions,
                    origin.EndsWithBeacon,
                    Convert.ToHexStringLower(origin.InitialKeyHash.Span),
                    Convert.ToHexStringLower(origin.TranscriptHash.Span)),
                Registered = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)),
                VerificationKey = VerifyingKeyJson.ToJson(key.VerifyingKey),
            };
        }

        /// <summary>What users of the circuit should know; null for nothing.</summary>
        private static CircuitFault[]? Keep(List<Finding> findings)
        {
            CircuitFault[] kept =
            [
                .. findings.Where(finding => finding.Severity != Severity.Note).OrderBy(finding => finding.Severity).Take(MostFaults)
                    .Select(finding => new CircuitFault(finding.Rule.Id, finding.Message)),
            ];
            return kept.Length == 0 ? null : kept;
        }

        private sealed class Steps(Action<string, double> progress) : IProgress<double>
        {
            public void Report(double value) => progress("checking points", value);
        }
    }
}
