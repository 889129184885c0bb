// Owns: what this project's own decoders and verifiers make of a vector. Never: a decision of its own.

using System.Text;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Adversarial;

/// <summary>An answer in the runners' words.</summary>
/// <param name="Outcome"><c>accept</c>, <c>refuse</c>, or <c>error: </c> and what was said.</param>
/// <param name="Fault">For an error of a decoder its kind.</param>
/// <param name="Weakness">For a refused key its weakness.</param>
internal sealed record HouseAnswer(string Outcome, FileFault? Fault = null, KeyWeakness Weakness = KeyWeakness.None)
{
    public bool IsYes => Outcome == "accept";
}

/// <summary>Judges cases of one curve by the code under <c>src</c> and <c>setup</c>.</summary>
internal sealed class HouseJudge<TCurve, TFp, TFr>(JsonElement root, string folder)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>What is said of a case.</summary>
    /// <param name="test">An element of <c>cases</c>.</param>
    public HouseAnswer Judge(JsonElement test)
    {
        try
        {
            bool yes = root.GetProperty("kind").GetString() switch
            {
                "verify" => Verify(test),
                "encoding" => VerifyEncoded(test),
                "batch" => VerifyBatch(test),
                _ => VerifyTranscript(test),
            };
            return new(yes ? "accept" : "refuse");
        }
        catch (InvalidFileException e)
        {
            return new("error: " + e.Message, e.Fault);
        }
        catch (InsecureKeyException e)
        {
            return new("error: " + e.Message, Weakness: e.Weakness);
        }
        catch (ArgumentException e)
        {
            // The number of public inputs.
            return new("error: " + e.Message);
        }
    }

    private static ReadOnlyMemory<byte> Utf8(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());

    private Verifier<TCurve, TFp, TFr> Key(JsonElement test) =>
        new(VerifyingKeyJson.Read<TCurve, TFp>(Utf8(root.GetProperty("keys").GetProperty(test.GetProperty("key").GetString()!)), "key"));

    private bool Verify(JsonElement test)
    {
        Claim<TCurve, TFp, TFr> claim = Claim(test);
        return Key(test).Verify(claim.Proof, claim.PublicInputs.Span);
    }

    private static Claim<TCurve, TFp, TFr> Claim(JsonElement value) => new(
        ProofJson.Read<TCurve, TFp>(Utf8(value.GetProperty("proof")), "proof"),
        PublicInputsJson.Read<TFr>(Utf8(value.GetProperty("public")), "public"));

    private bool VerifyEncoded(JsonElement test)
    {
        Verifier<TCurve, TFp, TFr> key = Key(test);
        if (!CompressedProof.TryDecode(Convert.FromHexString(test.GetProperty("proof").GetString()!), out Proof<TCurve, TFp>? proof, out ProofFault fault))
        {
            throw new InvalidFileException("proof", FileFault.Malformed, -1, fault.ToString());
        }

        return PublicInputsBytes.TryDecode(Convert.FromHexString(test.GetProperty("public").GetString()!), out TFr[] inputs, out int culprit)
            ? key.Verify(proof, inputs)
            : throw new InvalidFileException("public", FileFault.Malformed, -1, $"public input {culprit} is not canonical or cut short.");
    }

    private bool VerifyBatch(JsonElement test)
    {
        Claim<TCurve, TFp, TFr>[] claims = [.. test.GetProperty("claims").EnumerateArray().Select(Claim)];
        var batch = new BatchVerifier<TCurve, TFp, TFr>(Key(test), CpuEngine.Default);
        bool yes = batch.VerifyAll(claims);
        return yes == (batch.FindFalse(claims).Count == 0) ? yes : throw new InvalidOperationException("The batch verifier contradicts itself.");
    }

    private bool VerifyTranscript(JsonElement test)
    {
        string file = At("file");
        return test.GetProperty("transcript").GetString() == "ptau"
            ? PhaseOne.Verify(file).IsTrue
            : PhaseTwo.Verify(At("r1cs"), At("ptau"), file).IsTrue;

        string At(string member) => Path.Combine(folder, test.GetProperty(member).GetString()!);
    }
}
