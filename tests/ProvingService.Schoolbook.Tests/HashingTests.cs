// Owns: the schoolbook's hash and stream against other implementations.

using Org.BouncyCastle.Crypto.Digests;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Schoolbook.Tests;

[Trait("Kernels", "any")]
public sealed class HashingTests
{
    private static readonly byte[] Message = [.. Enumerable.Range(0, 700).Select(i => (byte)((i * 37) + (i >> 2)))];

    [Fact]
    public void Blake2b_of_every_length_agrees_with_BouncyCastle()
    {
        for (int length = 0; length <= 520; length++)
        {
            byte[] message = Message[..length];
            var other = new Blake2bDigest(512);
            other.BlockUpdate(message, 0, length);
            byte[] expected = new byte[64];
            other.DoFinal(expected, 0);
            Assert.Equal(expected, Blake2b.Hash(message));
            Assert.Equal(expected, Blake2b.Hash(message[..(length / 3)], message[(length / 3)..]));
        }
    }

    /// <summary>Two scalars, three points of G1 and three of G2 of a seed, in both forms, as ffjavascript draws and writes them.</summary>
    [Fact]
    public void Scalars_and_points_of_a_seed_are_those_of_ffjavascript()
    {
        string[] lines = [.. File.ReadAllLines(TestVectors.FullPath("iden3/random.txt")).Where(line => !line.StartsWith('#'))];
        Assert.Equal(18, lines.Length);
        foreach (string[] part in lines.Chunk(9))
        {
            PairingCurve curve = PairingCurve.Of(part[0]);
            var stream = new ChaCha([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
            foreach (string scalar in part[1..3])
            {
                Assert.Equal(scalar, stream.NextScalar(curve).ToString("x", null).TrimStart('0'));
            }

            foreach (string[] line in part[3..].Select(line => line.Split(' ')))
            {
                (Curve group, Point point) = line[0] == "g1" ? (curve.G1, stream.NextG1(curve)) : (curve.G2, stream.NextG2(curve));
                Assert.Equal(line[1], Convert.ToHexStringLower(PointBytes.Uncompressed(curve, group, point)));
                Assert.Equal(line[2], Convert.ToHexStringLower(PointBytes.Compressed(curve, group, point)));
                Assert.True(group.Multiply(point, curve.R).IsInfinity);
            }
        }
    }
}
