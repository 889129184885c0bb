// Owns: circuits as messages, with their inputs and examples where a witness program is built in.

using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Contract;
using SolidityVerifier = ProvingService.Groth16.SolidityVerifier;
using ProvingService.Groth16;
using ProvingService.Lint;
using ProvingService.R1cs;

namespace ProvingService.Service;

/// <summary>From records to messages.</summary>
internal static class CircuitMessages
{
    /// <summary>What does not change of a program over a curve: compiling takes a moment.</summary>
    private static readonly ConcurrentDictionary<(string Program, string Curve), Description> Descriptions = new();

    /// <summary>A circuit, without its inputs.</summary>
    public static Circuit ToMessage(CircuitRecord circuit)
    {
        Circuit message = ToBareMessage(circuit);
        foreach (CircuitFault fault in circuit.Faults ?? [])
        {
            // A rule that later versions no longer have still has its message.
            Rule? rule = Rules.Find(fault.Rule);
            message.Findings.Add(new CircuitFinding
            {
                Rule = fault.Rule,
                Severity = rule?.Severity == Severity.Error ? "error" : "warning",
                Message = fault.Message,
                Explanation = rule?.Explanation ?? "",
                Remedy = rule?.Remedy ?? "",
            });
        }

        return message;
    }

    private static Circuit ToBareMessage(CircuitRecord circuit) => new()
    {
        KeyHash = circuit.KeyHash,
        CircuitHash = circuit.CircuitHash,
        Name = circuit.Name,
        Curve = CurveMessages.ToMessage(circuit.Curve),
        Constraints = (ulong)circuit.Constraints,
        Wires = (ulong)circuit.Wires,
        PublicInputs = (uint)circuit.PublicInputs,
        Domain = (ulong)circuit.Domain,
        KeyBytes = (ulong)circuit.KeyBytes,
        Program = circuit.Program,
        Retired = circuit.Retired,
        Insecure = circuit.Insecure,
        Registered = Timestamp.FromDateTimeOffset(circuit.Registered),
        ExpectedProving = Duration.FromTimeSpan(TimeSpan.FromMicroseconds(circuit.Cost)),
        Origin = circuit.Origin is { } origin
            ? new()
            {
                Contributions = (uint)origin.Contributions,
                EndsWithBeacon = origin.EndsWithBeacon,
                InitialKeyHash = origin.InitialKeyHash,
                TranscriptHash = origin.TranscriptHash,
            }
            : null,
    };

    /// <summary>A circuit with its inputs and an example.</summary>
    public static Circuit Describe(CircuitRecord circuit)
    {
        Circuit message = ToMessage(circuit);
        if (circuit.Program.Length > 0)
        {
            Description description = Descriptions.GetOrAdd(
                (circuit.Program, circuit.Curve), key => CurveDispatch.Run(CurveMessages.Parse(key.Curve), new Describing(key.Program)));
            message.Inputs.Add(description.Inputs);
            message.ExampleInputs = description.Example;
        }

        return message;
    }

    /// <summary>The verifier of a circuit in Solidity.</summary>
    public static string WriteSolidity(CircuitRecord circuit) => CurveDispatch.Run(CurveMessages.Parse(circuit.Curve), new Exporting(circuit));

    private sealed record Description(IReadOnlyList<Contract.InputSignal> Inputs, string Example);

    private sealed class Describing(string program) : ICurveAction<Description>
    {
        public Description Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            IExampleCircuit circuit = CircuitCatalog.Find(program);
            CompiledCircuit<TFr> compiled = CircuitCompiler.Compile<TFr>(circuit);
            var inputs = new List<Contract.InputSignal>();
            foreach (R1cs.InputSignal input in compiled.Inputs)
            {
                var message = new Contract.InputSignal { Name = input.Name, IsPublic = input.IsPublic };
                foreach (int length in input.Shape)
                {
                    message.Shape.Add((uint)length);
                }

                inputs.Add(message);
            }

            string example = circuit is IRequestCircuit requests ? requests.ExampleRequest<TFr>().ToJsonString() : circuit.Example<TFr>().ToJson();
            return new(inputs, example);
        }
    }

    private sealed class Exporting(CircuitRecord circuit) : ICurveAction<string>
    {
        public string Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            SolidityVerifier.Export<TCurve, TFp, TFr>(
                VerifyingKeyJson.Read<TCurve, TFp>(Encoding.UTF8.GetBytes(circuit.VerificationKey), "the verification key"));
    }
}
