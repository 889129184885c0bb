// Owns: what every decoder owes to arbitrary bytes: no exception, no point outside the group, one encoding a point.

using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class EncodingFuzzTests(ITestOutputHelper output)
{
    private const int Cases = 400;

    [Fact]
    public void Zcash()
    {
        Fuzz(PointForms.ZcashCompressedG1);
        Fuzz(PointForms.ZcashUncompressedG1);
        Fuzz(PointForms.ZcashCompressedG2);
        Fuzz(PointForms.ZcashUncompressedG2);
    }

    [Fact]
    public void Compressed()
    {
        Fuzz(PointForms.CompressedBn254G1);
        Fuzz(PointForms.CompressedBn254G2);
        Fuzz(PointForms.CompressedBls12381G1);
        Fuzz(PointForms.CompressedBls12381G2);
    }

    [Fact]
    public void Eips()
    {
        Fuzz(PointForms.Eip2537G1);
        Fuzz(PointForms.Eip2537G2);
        Fuzz(PointForms.Eip197G1);
        Fuzz(PointForms.Eip197G2);
    }

    [Fact]
    public void Iden3()
    {
        Fuzz(PointForms.Iden3Bls12381G1);
        Fuzz(PointForms.Iden3Bls12381G2);
        Fuzz(PointForms.Iden3Bn254G1);
        Fuzz(PointForms.Iden3Bn254G2);
        Fuzz(PointForms.Iden3UncompressedBls12381G1);
        Fuzz(PointForms.Iden3UncompressedBls12381G2);
        Fuzz(PointForms.Iden3UncompressedBn254G1);
        Fuzz(PointForms.Iden3UncompressedBn254G2);
    }

    private void Fuzz<TField, TCurve>(PointForm<TField, TCurve> form)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        int seed = Environment.TickCount;
        output.WriteLine($"{form.Name}: seed {seed}");
        var random = new Random(seed);
        int accepted = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = i % 2 == 0 ? Noise(form, random) : Mutation(form, random);
            if (form.Decode(bytes, out Affine<TField, TCurve> point) == DecodeError.None)
            {
                accepted++;
                Assert.Equal(bytes, form.Encode(point));
                Assert.True(point.IsOnCurve());
                Assert.True(ScalarMultiplication.Multiply<TField, TCurve>(point, TCurve.Order).IsInfinity);
            }
        }

        output.WriteLine($"{form.Name}: {accepted} of {Cases} accepted");
    }

    /// <summary>Random bytes; half of them of the right length, some sparse.</summary>
    private static byte[] Noise<TField, TCurve>(PointForm<TField, TCurve> form, Random random)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        byte[] bytes = new byte[random.Next(2) == 0 ? form.Size : random.Next((2 * form.Size) + 2)];
        if (random.Next(3) == 0 && bytes.Length > 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bytes[0] = (byte)random.Next(256);
        }
        else
        {
            random.NextBytes(bytes);
        }

        return bytes;
    }

    /// <summary>A valid encoding with nothing, a bit, a byte, a coordinate or the length changed.</summary>
    private static byte[] Mutation<TField, TCurve>(PointForm<TField, TCurve> form, Random random)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        Affine<TField, TCurve> point =
            ScalarMultiplication.Multiply<TField, TCurve>(Affine<TField, TCurve>.Generator, random.Next(100)).ToAffine();
        byte[] bytes = form.Encode(point);
        switch (random.Next(6))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                break;
            case 2:
                bytes[0] ^= (byte)(random.Next(8) << 5);
                break;
            case 3:
                bytes.AsSpan(bytes.Length / 2).Fill(random.Next(2) == 0 ? (byte)0 : (byte)0xff);
                break;
            case 4:
                Array.Resize(ref bytes, random.Next(bytes.Length + 10));
                break;
        }

        return bytes;
    }
}
