// Owns: the boundaries of the encodings without flags (EIP-2537, EIP-197, both of iden3's), all held to the same laws.

using System.Numerics;
using System.Runtime.CompilerServices;
using Xunit;

namespace ProvingService.Algebra.Tests;

public sealed class EncodingPlainTests
{
    [Fact]
    public void Eip2537()
    {
        Check<Bls12381Fp, Bls12381Fp, Bls12381>(PointForms.Eip2537G1, padding: 16);
        Check<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>(PointForms.Eip2537G2, padding: 16);
    }

    [Fact]
    public void Eip197()
    {
        Check<Bn254Fp, Bn254Fp, Bn254>(PointForms.Eip197G1);
        Check<Bn254Fp, Fp2<Bn254Fp>, Bn254>(PointForms.Eip197G2);
    }

    [Fact]
    public void Iden3Montgomery()
    {
        Check<Bls12381Fp, Bls12381Fp, Bls12381>(PointForms.Iden3Bls12381G1, isLittleEndian: true);
        Check<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>(PointForms.Iden3Bls12381G2, isLittleEndian: true);
        Check<Bn254Fp, Bn254Fp, Bn254>(PointForms.Iden3Bn254G1, isLittleEndian: true);
        Check<Bn254Fp, Fp2<Bn254Fp>, Bn254>(PointForms.Iden3Bn254G2, isLittleEndian: true);
    }

    [Fact]
    public void Iden3Uncompressed()
    {
        Check<Bls12381Fp, Bls12381Fp, Bls12381>(PointForms.Iden3UncompressedBls12381G1);
        Check<Bls12381Fp, Fp2<Bls12381Fp>, Bls12381>(PointForms.Iden3UncompressedBls12381G2);
        Check<Bn254Fp, Bn254Fp, Bn254>(PointForms.Iden3UncompressedBn254G1);
        Check<Bn254Fp, Fp2<Bn254Fp>, Bn254>(PointForms.Iden3UncompressedBn254G2);
    }

    private static void Check<TFp, TField, TCurve>(PointForm<TField, TCurve> form, int padding = 0, bool isLittleEndian = false)
        where TFp : unmanaged, IPrimeField<TFp>
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        int length = PrimeField.ByteCount<TFp>(), width = padding + length;
        int coefficients = 2 * Unsafe.SizeOf<TField>() / Unsafe.SizeOf<TFp>();
        Assert.Equal(form.Size, coefficients * width);
        EncodingBoundaries.CheckLengths(form);

        // Infinity is zeros, and any other point comes back as it went.
        Assert.Equal(new byte[form.Size], form.Encode(default));
        Assert.Equal(DecodeError.None, form.Decode(new byte[form.Size], out Affine<TField, TCurve> point));
        Assert.True(point.IsInfinity);
        Jacobian<TField, TCurve> multiple = Affine<TField, TCurve>.Generator;
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(DecodeError.None, form.Decode(form.Encode(multiple.ToAffine()), out point));
            Assert.Equal(multiple.ToAffine(), point);
            multiple += multiple + Affine<TField, TCurve>.Generator;
        }

        // Each coefficient at and beyond p, also beside infinity.
        byte[] valid = form.Encode(Affine<TField, TCurve>.Generator);
        for (int c = 0; c < coefficients; c++)
        {
            foreach (byte[] tooLarge in EncodingBoundaries.NotBelow<TFp>(8 * length))
            {
                if (isLittleEndian)
                {
                    Array.Reverse(tooLarge);
                }

                foreach (byte[] original in new[] { valid, new byte[form.Size] })
                {
                    byte[] bytes = [.. original];
                    tooLarge.CopyTo(bytes, (c * width) + padding);
                    Assert.Equal(DecodeError.NotCanonical, form.Decode(bytes));
                }
            }

            for (int i = 0; i < padding; i++)
            {
                byte[] bytes = [.. valid];
                bytes[(c * width) + i] = 1;
                Assert.Equal(DecodeError.Padding, form.Decode(bytes));
            }
        }

        Affine<TField, TCurve> g = Affine<TField, TCurve>.Generator;
        TField x = EncodingBoundaries.AbscissaWithoutPoint<TField, TCurve>();
        foreach (Affine<TField, TCurve> off in new Affine<TField, TCurve>[] { new(g.X, g.Y + TField.One), new(x, g.Y), new(default, g.Y), new(g.X, default) })
        {
            Assert.Equal(DecodeError.NotOnCurve, form.Decode(form.Encode(off)));
        }

        if (TCurve.Cofactor != BigInteger.One)
        {
            Assert.Equal(DecodeError.NotInSubgroup, form.Decode(form.Encode(EncodingBoundaries.OutsideSubgroup<TField, TCurve>())));
        }

        Assert.Throws<ArgumentException>(() => form.Encoder(default, new byte[form.Size - 1]));
    }
}
