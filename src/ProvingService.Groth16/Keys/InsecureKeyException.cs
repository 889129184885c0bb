// Owns: the refusal of keys that prove nothing.

namespace ProvingService.Groth16;

/// <summary>A key was refused because proofs under it mean nothing.</summary>
/// <param name="weakness">What is wrong with it.</param>
/// <param name="source">The key's file, or another name for it.</param>
public sealed class InsecureKeyException(KeyWeakness weakness, string? source = null)
    : Exception($"{(source is null ? "" : source + ": ")}the key is refused: {weakness.Explain()}.")
{
    /// <summary>What is wrong with the key.</summary>
    public KeyWeakness Weakness { get; } = weakness;
}
