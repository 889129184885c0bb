// Owns: verdicts on proofs under one key, alone and in batches; and the keys whose preparation is remembered.

using System.Text;
using ProvingService.Algebra;
using ProvingService.Contract;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Service;

/// <summary>Checks proofs under a prepared verification key. Safe for concurrent use.</summary>
internal abstract class ProofChecker
{
    /// <summary>The registered key whose verdicts are counted; null for a client's own key.</summary>
    public string? KeyHash { get; init; }

    /// <summary>Verdicts, in order. One false proof costs no other its verdict.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public abstract VerifyResponse[] Check(IReadOnlyList<VerifyRequest> requests, CancellationToken cancellation);

    /// <summary>Prepares a key.</summary>
    /// <exception cref="InvalidFileException">It is none.</exception>
    /// <exception cref="InsecureKeyException">Anyone can forge proofs under it.</exception>
    public static ProofChecker Create(string verificationKey, string? keyHash, bool allowInsecure)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(verificationKey);
        return CurveDispatch.Run(VerifyingKeyJson.ReadCurve(utf8, Name), new Creating(utf8, keyHash, allowInsecure));
    }

    private const string Name = "verification_key";

    private sealed class Creating(byte[] utf8, string? keyHash, bool allowInsecure) : ICurveAction<ProofChecker>
    {
        public ProofChecker Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> =>
            new ProofChecker<TCurve, TFp, TFr>(new(VerifyingKeyJson.Read<TCurve, TFp>(utf8, Name), allowInsecure)) { KeyHash = keyHash };
    }
}

/// <summary>As <see cref="ProofChecker"/>, over its curve.</summary>
internal sealed class ProofChecker<TCurve, TFp, TFr>(Verifier<TCurve, TFp, TFr> verifier) : ProofChecker
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly BatchVerifier<TCurve, TFp, TFr> batches = new(verifier, CpuEngine.Default);

    /// <inheritdoc/>
    public override VerifyResponse[] Check(IReadOnlyList<VerifyRequest> requests, CancellationToken cancellation)
    {
        var responses = new VerifyResponse[requests.Count];
        var claims = new List<Claim<TCurve, TFp, TFr>>();
        var places = new List<int>();
        for (int i = 0; i < requests.Count; i++)
        {
            responses[i] = new VerifyResponse { Tag = requests[i].Tag };
            if (TryRead(requests[i], out Claim<TCurve, TFp, TFr> claim, out string fault))
            {
                claims.Add(claim);
                places.Add(i);
            }
            else
            {
                responses[i].Verdict = Verdict.Malformed;
                responses[i].Message = fault;
            }
        }

        foreach (int place in places)
        {
            responses[place].Verdict = Verdict.Valid;
        }

        Claim<TCurve, TFp, TFr>[] all = [.. claims];
        foreach (int bad in batches.FindFalse(all, new EngineOptions(0, cancellation)))
        {
            responses[places[bad]].Verdict = Verdict.Invalid;
            responses[places[bad]].Message = "the proof does not show the statement.";
        }

        return responses;
    }

    private bool TryRead(VerifyRequest request, out Claim<TCurve, TFp, TFr> claim, out string fault)
    {
        claim = default;
        try
        {
            Proof<TCurve, TFp>? proof;
            switch (request.ProofCase)
            {
                case VerifyRequest.ProofOneofCase.Compressed:
                    if (!CompressedProof.TryDecode(request.Compressed.Span, out proof, out ProofFault why))
                    {
                        fault = $"compressed: {why}.";
                        return false;
                    }

                    break;
                case VerifyRequest.ProofOneofCase.SnarkjsProof:
                    proof = ProofJson.Read<TCurve, TFp>(Encoding.UTF8.GetBytes(request.SnarkjsProof), "snarkjs_proof");
                    break;
                default:
                    fault = "proof: compressed points or the text of proof.json is expected.";
                    return false;
            }

            TFr[] inputs;
            if (request.SnarkjsPublic.Length > 0)
            {
                inputs = PublicInputsJson.Read<TFr>(Encoding.UTF8.GetBytes(request.SnarkjsPublic), "snarkjs_public");
            }
            else if (!PublicInputsBytes.TryDecode(request.PublicInputs.SelectMany(input => input.Length == 32 ? input : throw new FormatException()).ToArray(), out inputs!, out _))
            {
                fault = "public_inputs: each is 32 bytes, big-endian, and below the order of the scalar field.";
                return false;
            }

            if (inputs.Length != verifier.Key.PublicInputCount)
            {
                fault = $"public_inputs: {inputs.Length} came and the key takes {verifier.Key.PublicInputCount}.";
                return false;
            }

            claim = new(proof, inputs);
            fault = "";
            return true;
        }
        catch (InvalidFileException e)
        {
            fault = e.Message;
            return false;
        }
        catch (FormatException)
        {
            fault = "public_inputs: each has 32 bytes.";
            return false;
        }
    }
}

/// <summary>Prepared keys, those used last. Safe for concurrent use.</summary>
internal sealed class ProofCheckers
{
    private const int Most = 64, MaxKeyLength = 4 << 20;
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Hash, ProofChecker Checker)>> known = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Hash, ProofChecker Checker)> order = new();

    /// <summary>The checker of a key.</summary>
    /// <param name="verificationKey">The text of verification_key.json.</param>
    /// <param name="keyHash">The registered key, or null for a client's own.</param>
    /// <param name="allowInsecure">Whether a key without contributions is taken.</param>
    /// <param name="fault">Why the key is none.</param>
    /// <returns>Null where the key is none.</returns>
    public ProofChecker? Find(string verificationKey, string? keyHash, bool allowInsecure, out string fault)
    {
        fault = "";
        if (verificationKey.Length > MaxKeyLength)
        {
            fault = $"verification_key: at most {MaxKeyLength} characters.";
            return null;
        }

        string hash = $"{keyHash} {allowInsecure} {Hashes.Of(verificationKey)}";
        lock (gate)
        {
            if (known.TryGetValue(hash, out LinkedListNode<(string Hash, ProofChecker Checker)>? node))
            {
                order.Remove(node);
                order.AddFirst(node);
                return node.Value.Checker;
            }
        }

        ProofChecker made;
        try
        {
            made = ProofChecker.Create(verificationKey, keyHash, allowInsecure);
        }
        catch (InvalidFileException e)
        {
            fault = e.Message;
            return null;
        }
        catch (InsecureKeyException e)
        {
            fault = e.Message;
            return null;
        }

        lock (gate)
        {
            if (!known.TryGetValue(hash, out LinkedListNode<(string Hash, ProofChecker Checker)>? node))
            {
                known[hash] = node = order.AddFirst((hash, made));
                if (order.Count > Most)
                {
                    known.Remove(order.Last!.Value.Hash);
                    order.RemoveLast();
                }
            }

            return node.Value.Checker;
        }
    }
}
