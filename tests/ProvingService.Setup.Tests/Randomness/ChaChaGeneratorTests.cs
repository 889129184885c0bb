// Owns: the public randomness of setup files against the RFC, another implementation, and what ffjavascript draws from it.

using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class ChaChaGeneratorTests
{
    /// <summary>RFC 8439, appendix A.1, test vectors 1 and 2: the first two blocks under a key of zeros.</summary>
    [Fact]
    public void The_blocks_of_the_RFC_hold()
    {
        const string Blocks =
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
            + "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7a ed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f";
        Assert.Equal(Blocks.Replace(" ", "", StringComparison.Ordinal), Stream(new byte[32], 128));
    }

    [Fact]
    public void The_stream_under_any_key_agrees_with_another_implementation()
    {
        byte[] seed = [.. Enumerable.Range(0, 32).Select(i => (byte)((7 * i) + 0x91))];
        byte[] key = new byte[32];
        for (int i = 0; i < 32; i += 4)
        {
            // Seeds are big-endian words, keys of the RFC little-endian ones.
            BinaryPrimitives.WriteUInt32LittleEndian(key.AsSpan(i), BinaryPrimitives.ReadUInt32BigEndian(seed.AsSpan(i)));
        }

        var other = new ChaChaEngine(20);
        other.Init(true, new ParametersWithIV(new KeyParameter(key), new byte[8]));
        byte[] expected = new byte[1000];
        other.ProcessBytes(expected, 0, expected.Length, expected, 0);
        Assert.Equal(Convert.ToHexStringLower(expected), Stream(seed, expected.Length));
    }

    [Theory]
    [InlineData(CurveId.Bls12381)]
    [InlineData(CurveId.Bn254)]
    public void Elements_and_points_are_those_of_ffjavascript(CurveId curve) => CurveDispatch.Run(curve, new Vectors());

    [Fact]
    public void A_beacon_is_hashed_as_often_as_it_says()
    {
        byte[] hash = [1, 2, 3];
        for (int i = 0; i < 1024; i++)
        {
            hash = SHA256.HashData(hash);
        }

        Assert.Equal(new ChaChaGenerator(hash).NextUInt64(), ChaChaGenerator.FromBeacon([1, 2, 3], 10).NextUInt64());
        Assert.Throws<ArgumentException>(() => ChaChaGenerator.FromBeacon([], 10));
        Assert.Throws<ArgumentException>(() => ChaChaGenerator.FromBeacon(new byte[256], 10));
        Assert.Throws<ArgumentException>(() => ChaChaGenerator.FromBeacon([1], 9));
        Assert.Throws<ArgumentException>(() => ChaChaGenerator.FromBeacon([1], 64));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => ChaChaGenerator.FromBeacon([1], 63, null, cancelled.Token));
    }

    private static string Stream(byte[] seed, int length)
    {
        var generator = new ChaChaGenerator(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i), generator.NextUInt32());
        }

        return Convert.ToHexStringLower(bytes);
    }

    private sealed class Vectors : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            var lines = new Queue<string>(File.ReadLines(RepositoryFiles.Path("tests/vectors/iden3/random.txt")).SkipWhile(line => line != TCurve.Id.Name()).Skip(1));
            var generator = new ChaChaGenerator([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(BigInteger.Parse("0" + lines.Dequeue(), NumberStyles.HexNumber, CultureInfo.InvariantCulture), TFr.ToBigInteger(generator.NextElement<TFr>()));
            }

            byte[] bytes = new byte[Iden3Encoding.PointSize<Fp2<TFp>, TCurve>()];
            Span<byte> half = bytes.AsSpan(0, bytes.Length / 2), quarter = bytes.AsSpan(0, bytes.Length / 4);
            for (int i = 0; i < 3; i++)
            {
                string[] expected = lines.Dequeue().Split(' ');
                Affine<TFp, TCurve> point = generator.NextG1<TCurve, TFp>();
                Assert.True(point.IsInSubgroup());
                Iden3Encoding.WriteUncompressed(point, half);
                Assert.Equal(expected[1], Convert.ToHexStringLower(half));
                Iden3Encoding.WriteCompressed(point, quarter);
                Assert.Equal(expected[2], Convert.ToHexStringLower(quarter));
            }

            for (int i = 0; i < 3; i++)
            {
                string[] expected = lines.Dequeue().Split(' ');
                Affine<Fp2<TFp>, TCurve> point = generator.NextG2<TCurve, TFp>();
                Assert.True(point.IsInSubgroup());
                Iden3Encoding.WriteUncompressed(point, bytes);
                Assert.Equal(expected[1], Convert.ToHexStringLower(bytes));
                Iden3Encoding.WriteCompressed(point, half);
                Assert.Equal(expected[2], Convert.ToHexStringLower(half));
            }

            Iden3Encoding.WriteCompressed(Affine<TFp, TCurve>.Infinity, quarter);
            Assert.Equal("4" + new string('0', (2 * quarter.Length) - 1), Convert.ToHexStringLower(quarter));
            Assert.Throws<ArgumentException>(() => Iden3Encoding.WriteCompressed(Affine<TFp, TCurve>.Infinity, new byte[(bytes.Length / 4) - 1]));
            return true;
        }
    }
}
