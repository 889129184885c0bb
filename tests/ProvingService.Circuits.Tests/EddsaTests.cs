// Owns: EdDSA-Poseidon on numbers: circomlibjs's answers, keys, and what must be refused.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Circuits.Tests;

public sealed class EddsaOnJubjub(ITestOutputHelper output) : EddsaTests<Bls12381Fr>(output)
{
    protected override string FrozenAbscissa => "41682935075742234197740411507294183698720367928198527627138534535893195754532";
}

public sealed class EddsaOnBabyJubjub(ITestOutputHelper output) : EddsaTests<Bn254Fr>(output)
{
    protected override string FrozenAbscissa => "18009849837979158487074731147871202757118323352547956301285791238048674438465";

    [Fact]
    public void AcceptsCircomlibjsSignatures()
    {
        int count = 0;
        foreach (JsonElement vector in TestVectors.Json("circomlibjs/eddsa.json").GetProperty("vectors").EnumerateArray())
        {
            EdwardsPoint<Bn254Fr> key = Point(vector.GetProperty("publicKey"));
            Bn254Fr message = Number(vector.GetProperty("message"));
            BigInteger s = BigInteger.Parse(vector.Text("s"), CultureInfo.InvariantCulture);
            var signature = new EddsaSignature<Bn254Fr>(Point(vector.GetProperty("r")), s);
            Assert.True(Eddsa.IsValidPublicKey(key));
            Assert.True(Eddsa.Verify(key, message, signature));
            Assert.False(Eddsa.Verify(key, message + Bn254Fr.One, signature));
            Assert.False(Eddsa.Verify(key, message, signature with { S = s + 1 }));
            count++;
        }

        Assert.Equal(5, count);

        static EdwardsPoint<Bn254Fr> Point(JsonElement pair) => new(Number(pair[0]), Number(pair[1]));

        static Bn254Fr Number(JsonElement text) => Bn254Fr.FromBigInteger(BigInteger.Parse(text.GetString()!, CultureInfo.InvariantCulture));
    }
}

public abstract class EddsaTests<TF>(ITestOutputHelper output)
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly OracleRandom random = new(output);

    /// <summary>x of the key from 31 zero bytes and a 1, computed by an independent program.</summary>
    protected abstract string FrozenAbscissa { get; }

    private static EdwardsCurve<TF> Curve => EdwardsCurve<TF>.Embedded;

    /// <summary>Seeds are kept by users: how keys come from them never changes.</summary>
    [Fact]
    public void KeysFromSeedsAreFrozen() =>
        Assert.Equal(FrozenAbscissa, TF.ToBigInteger(Key(1).PublicKey.X).ToString(CultureInfo.InvariantCulture));

    [Fact]
    public void SignaturesVerifyAndNothingElseDoes()
    {
        EddsaKey<TF> key = Key(1), other = Key(2);
        foreach (TF message in new[] { TF.Zero, TF.One, -TF.One, random.Element<TF>() })
        {
            EddsaSignature<TF> signature = key.Sign(message);
            Assert.Equal(signature, key.Sign(message));
            Assert.True(Eddsa.Verify(key.PublicKey, message, signature));
            Assert.False(Eddsa.Verify(key.PublicKey, message + TF.One, signature));
            Assert.False(Eddsa.Verify(other.PublicKey, message, signature));
            Assert.False(Eddsa.Verify(key.PublicKey, message, other.Sign(message)));
            Assert.False(Eddsa.Verify(key.PublicKey, message, signature with { S = signature.S + Curve.Order }));
            Assert.False(Eddsa.Verify(key.PublicKey, message, signature with { S = signature.S - Curve.Order }));
            Assert.False(Eddsa.Verify(key.PublicKey, message, signature with { S = Curve.Order }));
            Assert.False(Eddsa.Verify(key.PublicKey, message, signature with { R = signature.R.Negate() }));
            Assert.False(Eddsa.Verify(key.PublicKey, message, signature with { R = default }));
            Assert.False(Eddsa.Verify(default, message, signature));
        }
    }

    [Fact]
    public void KeysAreDeterministicAndOfOrderL()
    {
        Assert.Equal(Key(1).PublicKey, Key(1).PublicKey);
        Assert.NotEqual(Key(1).PublicKey, Key(2).PublicKey);
        Assert.NotEqual(Key(1).Sign(TF.One).R, Key(1).Sign(TF.Zero).R);
        Assert.NotEqual(Key(1).Sign(TF.One).R, Key(2).Sign(TF.One).R);
        for (byte i = 0; i < 20; i++)
        {
            Assert.True(Eddsa.IsValidPublicKey(Key(i).PublicKey));
        }

        Assert.Throws<ArgumentException>(() => new EddsaKey<TF>(new byte[31]));
        Assert.Throws<NotSupportedException>(() => new EddsaKey<ToyField>(new byte[32]));
    }

    [Fact]
    public void InvalidKeysAreNotRegistered()
    {
        Assert.False(Eddsa.IsValidPublicKey(EdwardsPoint<TF>.Identity));
        Assert.False(Eddsa.IsValidPublicKey(default(EdwardsPoint<TF>)));
        EdwardsPoint<TF> key = Key(1).PublicKey;
        Assert.False(Eddsa.IsValidPublicKey(new EdwardsPoint<TF>(key.Y, key.X)));
        foreach (EdwardsPoint<TF> torsion in EdwardsTests<TF>.SmallOrderPoints()[1..])
        {
            Assert.False(Eddsa.IsValidPublicKey(torsion));
            Assert.False(Eddsa.IsValidPublicKey(key.Add(torsion)));
        }
    }

    /// <summary>Key derivation must do for account stores of thousands: the table of base multiples is what makes it fast.</summary>
    [Fact]
    public void AThousandKeysAreMade()
    {
        var keys = new HashSet<EdwardsPoint<TF>>();
        byte[] seed = new byte[32];
        for (int i = 0; i < 1000; i++)
        {
            BitConverter.TryWriteBytes(seed, i);
            keys.Add(new EddsaKey<TF>(seed).PublicKey);
        }

        Assert.Equal(1000, keys.Count);
    }

    private static EddsaKey<TF> Key(byte index)
    {
        byte[] seed = new byte[32];
        seed[31] = index;
        return new(seed);
    }
}
