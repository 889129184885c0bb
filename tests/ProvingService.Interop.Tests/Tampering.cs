// Owns: changing one byte of a file for a test, reproducibly.

using System.Text.Json.Nodes;

namespace ProvingService.Interop.Tests;

/// <summary>Files that differ from a given one in a single byte, at places drawn from a seed.</summary>
internal sealed class Tampering(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Copies a JSON file with one digit of one number changed; numbers are taken in turn, as they stand in the file.</summary>
    public string ChangeDigit(string source, string target, int number)
    {
        byte[] bytes = File.ReadAllBytes(source);
        List<int> starts = [.. Enumerable.Range(1, bytes.Length - 1).Where(i => char.IsAsciiDigit((char)bytes[i]) && bytes[i - 1] == '"')];
        int start = starts[number % starts.Count], length = 0;
        while (char.IsAsciiDigit((char)bytes[start + length]))
        {
            length++;
        }

        // Not the first digit: the number must keep its length and have no leading zero.
        int at = start + (length > 1 ? 1 + random.Next(length - 1) : 0);
        bytes[at] = (byte)('0' + ((bytes[at] - '0' + 1 + random.Next(9)) % 10));
        File.WriteAllBytes(target, bytes);
        return $"digit {at - start} of number {number} (byte {at}) of {Path.GetFileName(source)}";
    }

    /// <summary>Copies a .wtns with one byte of one element changed; element 0, the constant, is left alone.</summary>
    public string ChangeElement(string source, string target)
    {
        // 12 bytes of file header, section 1 of 12 + 4 + 32 + 4 bytes, 12 bytes of section header, then elements of 32.
        const int Elements = 12 + 12 + 40 + 12;
        byte[] bytes = File.ReadAllBytes(source);
        int element = 1 + random.Next(((bytes.Length - Elements) / 32) - 1), at = random.Next(32);
        bytes[Elements + (32 * element) + at] ^= (byte)(1 + random.Next(255));
        File.WriteAllBytes(target, bytes);
        return $"byte {at} of element {element} of {Path.GetFileName(source)}";
    }

    /// <summary>Copies a proof with A replaced by C: points of the group, but of no proof.</summary>
    public static void ReplaceA(string source, string target)
    {
        JsonNode proof = JsonNode.Parse(File.ReadAllText(source))!;
        proof["pi_a"] = proof["pi_c"]!.DeepClone();
        File.WriteAllText(target, proof.ToJsonString());
    }
}
