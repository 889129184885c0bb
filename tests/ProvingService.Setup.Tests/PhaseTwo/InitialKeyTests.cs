// Owns: the points of an initial key against the definitions, and its hash in both forms.

using System.Numerics;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Setup.Tests;

public sealed class InitialKeyTests
{
    private static Ceremony<Bn254, Bn254Fp, Bn254Fr> Made => Ceremony<Bn254, Bn254Fp, Bn254Fr>.Instance;

    /// <summary>What g1m_subAffine, batchToAffine and batchLEMtoU of ffjavascript 0.3 make of bytes and of five times the generator.</summary>
    [Theory]
    [InlineData("bn254", "0300000000080000000000002620bc02d1b5838e72017b493519ebdcdf1a81974726b8fb3b5096af4138571940614ca87d73b4afc4d802585add4360862fa052", "1a02e4423cb2bce5b623b6fad8f1a540b9a2333f6ff9006312459cba99054acf2d881b803882c41759df796d2839f3f4fea41b4d85c66911bdc54bf6fe87962c")]
    [InlineData("bn254", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "14dfbd459b3a488793afcee4644f9eb1f2be225977557f5babe038165cef42c7051c1643a616301aa272b6c4f2d51121fbae8e1dc3c265fdf959ac654850c9b5")]
    [InlineData("bn254", "c8ed12375c81a6cbf0153a5f84a9cef3183d6287acd1f61b40658aafd4f91e43688db2d7fc21466b90b5daff24496e93b8dd02274c7196bbe0052a4f7499bee3", "185d7dbd1960d666f2a1b204f354e6559bf734c4d33f637b121b3285c54b53f01224ff04c33f21608d7c7dc976f3e883860954f43ad7a1d8a24e13eed7d3ad2d")]
    [InlineData("bls12-381", "03000000000c000000000000100a9402a28ff2f51a96b48726fbf5b380e52a3eb593a8a1e9ae3c1a9d9994986b36631863b7676fd7bc50439291810506f6239e75c0a9a5c360cdbc9dc5a0aa067886e2187eb13b67b34185ccb61a1b478515f2", "10f315db626524bcb571498114b3ea58bdf631d61ef9aae1531a70ded6fb41755c9119f7531e1128af13c7372e7e2b06171114f2fd1a4865a935419d84e6c849357b02311c2d31bc173709695f68995a0cf32b5184dd80ae667e0896da7d437d")]
    [InlineData("bls12-381", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "157e8a515a079426ced040f4871241e21c4c35e9203271e3259a108daae04583906cee1514299b20a92afa9d64900fa0010a372bb5709da2b462df3e5100b47f0337cfe06f1de1309cb076befe9a7bd40261a491016460ca90859de6e4228d32")]
    [InlineData("bls12-381", "c8ed12375c81a6cbf0153a5f84a9cef3183d6287acd1f61b40658aafd4f91e43688db2d7fc21466b90b5daff24496e93b8dd02274c7196bbe0052a4f7499bee3082d52779cc1e60b30557a9fc4e90e33587da2c7ec11365b80a5caef14395e83", "15e3ca2b45ce0742161acdee39d727978b0908a22e65683c63247b8321c93599afedca521d283669578492d2f4b576ed0f4112052fb02200d7daf1e7caad4a6238e19b4a5ac8b07d5e799a47a63db6d8fd71615fa82d3d6a15e880a488f558aa")]
    public void Bytes_read_as_a_point_give_what_ffjavascript_gives(string curve, string raw, string difference) =>
        Assert.Equal(difference, curve == "bn254" ? Subtract<Bn254, Bn254Fp>(raw) : Subtract<Bls12381, Bls12381Fp>(raw));

    /// <summary>With a chunk below the domain the hash has one point more, as from 2^15 on with snarkjs's chunk.</summary>
    [Fact]
    public void A_small_chunk_stands_in_for_a_large_domain()
    {
        string larger = Ceremony<Bn254, Bn254Fp, Bn254Fr>.MakePowers("larger", 5);
        foreach (string ptau in (string[])[Made.Ptau, larger])
        {
            using PowersOfTau<Bn254, Bn254Fp> powers = PowersOfTau<Bn254, Bn254Fp>.Open(ptau);
            ConstraintSystem<Bn254Fr> system = R1csFile.Read<Bn254Fr>(Exact()).System;
            var key = new InitialKey<Bn254, Bn254Fp, Bn254Fr>(system, powers, KernelTier.Portable, default);
            Assert.Equal(4, key.LogDomain);
            byte[] bellman = Digest(key, 1 << 14), snarkjs = Digest(key, 4);
            Assert.NotEqual(bellman, snarkjs);
            Assert.Equal(snarkjs, Expected(key, extra: true));
            Assert.Equal(bellman, Expected(key, extra: false));
            Assert.Equal(InitialKeyHashForm.Bellman, Feed(new(key, 4)).Recognise(bellman));
            Assert.Equal(InitialKeyHashForm.Snarkjs, Feed(new(key, 4)).Recognise(snarkjs));
            Assert.Equal(InitialKeyHashForm.Common, Feed(new(key)).Recognise(bellman));
            Assert.Equal(InitialKeyHashForm.Unknown, Feed(new(key)).Recognise(snarkjs));
        }
    }

    [Fact]
    public void Powers_that_do_not_suffice_are_refused_by_name()
    {
        string small = Ceremony<Bn254, Bn254Fp, Bn254Fr>.MakePowers("small", 1), bare = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".ptau");
        PhaseOne.New(CurveId.Bn254, 4, bare);
        string output = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile();
        var few = Assert.Throws<InvalidFileException>(() => PhaseTwo.New(Made.R1cs, small, output));
        Assert.Contains("take a larger file", few.Message, StringComparison.Ordinal);
        var unprepared = Assert.Throws<InvalidFileException>(() => PhaseTwo.New(Made.R1cs, bare, output));
        Assert.Contains("zkps setup ptau prepare", unprepared.Message, StringComparison.Ordinal);
        var foreign = Assert.Throws<InvalidFileException>(() => PhaseTwo.New(Ceremony<Bls12381, Bls12381Fp, Bls12381Fr>.Instance.R1cs, Made.Ptau, output));
        Assert.Equal(FileFault.WrongField, foreign.Fault);
        Assert.False(File.Exists(output));
    }

    [Fact]
    public void All_tiers_of_kernels_make_the_same_key()
    {
        using PowersOfTau<Bn254, Bn254Fp> powers = PowersOfTau<Bn254, Bn254Fp>.Open(Made.Ptau);
        ConstraintSystem<Bn254Fr> system = R1csFile.Read<Bn254Fr>(Made.R1cs).System;
        byte[][] digests = [.. Enum.GetValues<KernelTier>().Where(KernelTiers.IsSupported).Select(
            tier => Feed(new(new InitialKey<Bn254, Bn254Fp, Bn254Fr>(system, powers, tier, default))).Digest())];
        Assert.All(digests, digest => Assert.Equal(Made.InitialHash, digest));
    }

    /// <summary>Ten constraints and more, so that the domain is that of all powers.</summary>
    private static string Exact()
    {
        string path = Ceremony<Bn254, Bn254Fp, Bn254Fr>.NewFile(".r1cs");
        R1csFile.Write(path, CircuitCompiler.Compile<Bn254Fr>("exact", b =>
        {
            Variable<Bn254Fr> x = b.PrivateInput("x");
            for (int i = 0; i < 12; i++)
            {
                x = (x * x) + b.Constant(Bn254Fr.FromUInt64((ulong)i + 2));
            }

            b.PublicOutput("y", x);
        }));
        return path;
    }

    private static InitialKeyHash<Bn254, Bn254Fp, Bn254Fr> Feed(InitialKeyHash<Bn254, Bn254Fp, Bn254Fr> hash)
    {
        InitialKey<Bn254, Bn254Fp, Bn254Fr> key = hash.Key;
        hash.AddCount(key.System.PublicCount + 1);
        key.Ic(hash.Add);
        hash.AddH();
        hash.AddCount(key.System.WireCount - key.System.PublicCount - 1);
        key.C(hash.Add);
        hash.AddCount(key.System.WireCount);
        key.A(hash.Add);
        hash.AddCount(key.System.WireCount);
        key.B1(hash.Add);
        hash.AddCount(key.System.WireCount);
        key.B2(hash.Add);
        return hash;
    }

    private static byte[] Digest(InitialKey<Bn254, Bn254Fp, Bn254Fr> key, int chunk) => Feed(new(key, chunk)).Digest();

    /// <summary>The hash by its definition, point by point.</summary>
    private static byte[] Expected(InitialKey<Bn254, Bn254Fp, Bn254Fr> key, bool extra)
    {
        var hash = new InitialKeyHasher<Bn254, Bn254Fp>();
        hash.Add(key.Alpha1);
        hash.Add(key.Beta1);
        hash.Add(key.Ptau.BetaG2);
        hash.Add(Affine<Fp2<Bn254Fp>, Bn254>.Generator);
        hash.Add(Affine<Bn254Fp, Bn254>.Generator);
        hash.Add(Affine<Fp2<Bn254Fp>, Bn254>.Generator);
        hash.AddCount(key.System.PublicCount + 1);
        key.Ic(hash.Add);
        int n = key.DomainSize;
        hash.AddCount(n - 1);
        for (int i = 0; i < n - 1; i++)
        {
            hash.Add(((Jacobian<Bn254Fp, Bn254>)key.Ptau.TauG1[n + i] + -key.Ptau.TauG1[i]).ToAffine());
        }

        if (extra && key.Ptau.TauG1.Length >= 2 * n)
        {
            hash.Add(((Jacobian<Bn254Fp, Bn254>)key.Ptau.TauG1[(2 * n) - 1] + -key.Ptau.TauG1[n - 1]).ToAffine());
        }
        else if (extra)
        {
            byte[] raw = new byte[64];
            key.Ptau.ReadAt(key.Ptau.TauG1Offset + (64 * ((2L * n) - 1)), raw);
            hash.Add(UnreducedPoint<Bn254Fp, Bn254>.Subtract(raw, key.Ptau.TauG1[n - 1]));
        }

        hash.AddCount(key.System.WireCount - key.System.PublicCount - 1);
        key.C(hash.Add);
        hash.AddCount(key.System.WireCount);
        key.A(hash.Add);
        hash.AddCount(key.System.WireCount);
        key.B1(hash.Add);
        hash.AddCount(key.System.WireCount);
        key.B2(hash.Add);
        return hash.Digest();
    }

    private static string Subtract<TCurve, TFp>(string raw)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        Affine<TFp, TCurve> five = ScalarMultiplication.Multiply<TFp, TCurve>(Affine<TFp, TCurve>.Generator, new BigInteger(5)).ToAffine();
        byte[] bytes = new byte[Iden3Encoding.PointSize<TFp, TCurve>()];
        Iden3Encoding.WriteUncompressed(UnreducedPoint<TFp, TCurve>.Subtract(Convert.FromHexString(raw), five), bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
