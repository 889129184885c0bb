// Owns: keys whose secrets this program knows, with true statements of full-size public inputs and their simulated proofs. Figures
// of verifiers need them: what a verifier costs depends on the number of inputs and, on a chain, on their bytes.

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Groth16;

namespace ProvingService.Interop.Tests;

/// <summary>
/// Gives { "key": …, "public": …, "proof": …, "strays": { what: proof }, "contract": our export }, as iden3's files have them. Strays prove
/// what a verifier would take for the statement if it lost a term of the sum over the inputs.
/// </summary>
/// <param name="count">How many public inputs.</param>
internal sealed class SimulatedStatement(int count) : ICurveAction<JsonObject>
{
    public JsonObject Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        TFr alpha = Scalar("alpha"), beta = Scalar("beta"), gamma = Scalar("gamma"), delta = Scalar("delta"), a = Scalar("a"), b = Scalar("b");
        TFr[] ic = [.. Enumerable.Range(0, count + 1).Select(i => Scalar($"ic {i}"))];
        TFr[] inputs = [.. Enumerable.Range(1, count).Select(i => Scalar($"input {i}"))];
        TFr sum = ic[0];
        for (int i = 0; i < count; i++)
        {
            sum += inputs[i] * ic[i + 1];
        }

        if (!VerifyingKey<TCurve, TFp>.TryCreate(G1(alpha), G2(beta), G2(gamma), G2(delta), [.. ic.Select(G1)], out VerifyingKey<TCurve, TFp>? key, out _)
            || !new Verifier<TCurve, TFp, TFr>(key).Verify(Simulate(sum), inputs))
        {
            throw new InvalidOperationException("A simulated proof is not accepted.");
        }

        return new JsonObject
        {
            ["key"] = JsonNode.Parse(VerifyingKeyJson.ToJson(key)),
            ["public"] = JsonNode.Parse(PublicInputsJson.ToJson<TFr>(inputs)),
            ["proof"] = ToJson(Simulate(sum)),
            ["strays"] = new JsonObject
            {
                ["a proof without the inputs' terms"] = ToJson(Simulate(ic[0])),
                ["a proof without the constant's term"] = ToJson(Simulate(sum - ic[0])),
            },
            ["contract"] = SolidityVerifier.Export<TCurve, TFp, TFr>(key),
        };

        // Whoever knows the secrets solves the equation for C: a·b = α·β + γ·Σ + δ·c.
        Proof<TCurve, TFp> Simulate(TFr statement)
        {
            TFr c = ((a * b) - (alpha * beta) - (gamma * statement)) * TFr.Inverse(delta);
            return Proof<TCurve, TFp>.TryCreate(G1(a), G2(b), G1(c), out Proof<TCurve, TFp>? proof, out PointFault? fault)
                ? proof
                : throw new InvalidOperationException(fault.Text);
        }

        static JsonNode? ToJson(Proof<TCurve, TFp> proof) => JsonNode.Parse(ProofJson.ToJson(proof));

        TFr Scalar(string name) =>
            PrimeField.FromUniformBytes<TFr>(SHA512.HashData(Encoding.ASCII.GetBytes($"simulated statement of {count} inputs: {name}")));

        static Affine<TFp, TCurve> G1(TFr scalar) =>
            ScalarMultiplication.MultiplyInSubgroup(Affine<TFp, TCurve>.Generator, scalar).ToAffine();

        static Affine<Fp2<TFp>, TCurve> G2(TFr scalar) =>
            ScalarMultiplication.MultiplyInSubgroup(Affine<Fp2<TFp>, TCurve>.Generator, scalar).ToAffine();
    }
}
