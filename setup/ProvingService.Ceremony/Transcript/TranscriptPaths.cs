// Owns: the names in an exported transcript.
//
//   ceremony.json                         what was announced, what it was begun with, the beacon, who was shut out
//   receipts.json                         every receipt with its signature, by circuit and number
//   transcript.md                         the same for people
//   phase1/HASH.ptau                      the powers of tau, by the first 16 digits of their hash
//   circuits/NAME/circuit.r1cs            the circuit
//   circuits/NAME/initial.zkey            the key with which the ceremony began
//   circuits/NAME/contributions/0001.zkey the key after each contribution; may be left out
//   circuits/NAME/final.zkey              the key after the beacon
//   circuits/NAME/verification_key.json, Verifier.sol
//   attestations/0001.txt                 what contributors say
//   SHA256SUMS                            hashes of all of these, for sha256sum --check

namespace ProvingService.Ceremony;

/// <summary>Paths with slashes, relative to the folder.</summary>
internal static class TranscriptPaths
{
    public const string Ceremony = "ceremony.json", Receipts = "receipts.json", Text = "transcript.md", Sums = "SHA256SUMS";

    public static string Circuit(string name) => $"circuits/{name}/circuit.r1cs";

    public static string InitialKey(string name) => $"circuits/{name}/initial.zkey";

    public static string Contribution(string name, int number) => $"circuits/{name}/contributions/{number:0000}.zkey";

    public static string FinalKey(string name) => $"circuits/{name}/final.zkey";

    public static string VerifyingKey(string name) => $"circuits/{name}/verification_key.json";

    public static string Solidity(string name) => $"circuits/{name}/Verifier.sol";

    public static string Ptau(string hash) => $"phase1/{hash[..16]}.ptau";

    public static string Attestation(long participant) => $"attestations/{participant:0000}.txt";

    /// <summary>
    /// Whether a path may be written below a folder: parts of letters, digits, '.', '_' and '-', none of them beginning with a dot.
    /// </summary>
    public static bool IsSafe(string path) => path.Length is > 0 and < 400 && path.Split('/').All(
        part => part.Length > 0 && part[0] != '.' && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'));
}
