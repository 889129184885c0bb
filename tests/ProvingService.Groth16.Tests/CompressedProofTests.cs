// Owns: proofs, public inputs and calls of contracts as bytes. Single points: CompressedEncodingTests of Algebra.

using System.Text;
using ProvingService.Algebra;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Groth16.Tests;

public sealed class Bls12381CompressedProofTests(ITestOutputHelper output) : CompressedProofLaws<Bls12381, Bls12381Fp, Bls12381Fr>(192, output);

public sealed class Bn254CompressedProofTests(ITestOutputHelper output) : CompressedProofLaws<Bn254, Bn254Fp, Bn254Fr>(128, output);

[Trait("Kernels", "any")]
public abstract class CompressedProofLaws<TCurve, TFp, TFr>(int size, ITestOutputHelper output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly Proof<TCurve, TFp> Proof = KeyFile<TCurve, TFp, TFr>.Prove(KeyFile<TCurve, TFp, TFr>.Bytes, KeyFile<TCurve, TFp, TFr>.Witness());

    private readonly int g1 = size / 4;

    [Fact]
    public void A_proof_survives_the_way()
    {
        byte[] bytes = CompressedProof.Encode(Proof);
        Assert.Equal(size, bytes.Length);
        Assert.Equal(size, CompressedProof.Size<TCurve, TFp>());
        Assert.True(CompressedProof.TryDecode(bytes, out Proof<TCurve, TFp>? read, out ProofFault fault));
        Assert.Equal((Proof.A, Proof.B, Proof.C, default), (read.A, read.B, read.C, fault));
        Assert.Equal(bytes, CompressedProof.Encode(read));
    }

    [Fact]
    public void Other_lengths_are_refused()
    {
        byte[] bytes = CompressedProof.Encode(Proof);
        for (int length = 0; length < size; length++)
        {
            Refused(bytes[..length], ProofPart.Whole, DecodeError.Length);
        }

        Refused([.. bytes, 0], ProofPart.Whole, DecodeError.TrailingBytes);
        Refused(new byte[4 * size], ProofPart.Whole, DecodeError.TrailingBytes);
    }

    [Fact]
    public void The_first_bad_point_is_named_with_its_fault()
    {
        byte[] bytes = CompressedProof.Encode(Proof);
        foreach ((ProofPart part, int at, int end) in (ReadOnlySpan<(ProofPart, int, int)>)[(ProofPart.A, 0, g1), (ProofPart.B, g1, 3 * g1), (ProofPart.C, 3 * g1, 4 * g1)])
        {
            byte[] infinity = [.. bytes];
            infinity.AsSpan(at..end).Clear();
            infinity[at] = (byte)(TCurve.Id == CurveId.Bn254 ? 0x40 : 0xc0);
            Refused(infinity, part, DecodeError.IsInfinity);
            infinity[end - 1] = 1;
            Refused(infinity, part, DecodeError.Infinity);

            byte[] plain = [.. bytes];
            plain[at] &= 0x1f;
            Refused(plain, part, DecodeError.Flags);

            byte[] large = [.. bytes];
            large.AsSpan((at + 1)..end).Fill(0xff);
            large[at] |= (byte)(TCurve.Id == CurveId.Bn254 ? 0x3f : 0x1f);
            Refused(large, part, DecodeError.NotCanonical);
        }

        byte[] outside = [.. bytes];
        CompressedEncoding.Write(KeyFile<TCurve, TFp, TFr>.OutsideSubgroup<Fp2<TFp>, TCurve>(), outside.AsSpan(g1, 2 * g1));
        Refused(outside, ProofPart.B, DecodeError.NotInSubgroup);
        Assert.True(Proof<TCurve, TFp>.TryCreate(default, Proof.B, Proof.C, out Proof<TCurve, TFp>? withInfinity, out _));
        Assert.Throws<ArgumentException>(() => CompressedProof.Encode(withInfinity));
    }

    /// <summary>Whatever is read, is written as the same bytes; nothing throws.</summary>
    [Fact]
    public void Damaged_bytes_are_refused_or_are_another_proof()
    {
        output.WriteLine($"seed {FuzzBudget.Seed}");
        var random = new Random(FuzzBudget.Seed);
        byte[] bytes = CompressedProof.Encode(Proof);
        int read = 0;
        for (int i = 0; i < FuzzBudget.Cases(400); i++)
        {
            byte[] damaged = [.. bytes];
            for (int k = random.Next(1, 4); k > 0; k--)
            {
                damaged[random.Next(size)] ^= (byte)(1 << random.Next(8));
            }

            if (CompressedProof.TryDecode(damaged, out Proof<TCurve, TFp>? proof, out ProofFault fault))
            {
                read++;
                Assert.Equal(damaged, CompressedProof.Encode(proof));
            }
            else
            {
                Assert.NotEqual(DecodeError.None, fault.Error);
            }

            random.NextBytes(damaged);
            CompressedProof.TryDecode<TCurve, TFp>(damaged, out _, out _);
        }

        output.WriteLine($"{read} are proofs");
    }

    [Fact]
    public void Public_inputs_survive_the_way_and_others_are_named()
    {
        TFr[] inputs = [TFr.Zero, TFr.One, TFr.FromUInt64(0x0123456789abcdef), -TFr.One];
        byte[] bytes = PublicInputsBytes.Encode<TFr>(inputs);
        Assert.Equal(32 * inputs.Length, bytes.Length);
        Assert.Equal("0123456789abcdef", Convert.ToHexStringLower(bytes.AsSpan(88, 8)));
        Assert.True(PublicInputsBytes.TryDecode(bytes, out TFr[] read, out int culprit));
        Assert.Equal(inputs, read);
        Assert.Equal(-1, culprit);
        Assert.True(PublicInputsBytes.TryDecode([], out read, out culprit));
        Assert.Empty(read);
        Assert.Equal(-1, culprit);

        // −1 + 1 is the order itself.
        bytes[^1]++;
        Assert.False(PublicInputsBytes.TryDecode(bytes, out read, out culprit));
        Assert.Empty(read);
        Assert.Equal(3, culprit);
        bytes.AsSpan(32, 32).Fill(0xff);
        Assert.False(PublicInputsBytes.TryDecode(bytes, out read, out culprit));
        Assert.Empty(read);
        Assert.Equal(1, culprit);
        Assert.False(PublicInputsBytes.TryDecode(bytes.AsSpan(..^1), out read, out culprit));
        Assert.Empty(read);
        Assert.Equal(3, culprit);
    }

    /// <summary>Against solc and snarkjs: SolidityTests of Interop. The selectors are those of published contracts and solc.</summary>
    [Fact]
    public void A_call_is_selector_and_arguments_by_the_abi()
    {
        TFr[] inputs = [TFr.One, -TFr.One];
        byte[] call = SolidityCalldata.ToCall<TCurve, TFp, TFr>(Proof, inputs), encoded = PublicInputsBytes.Encode<TFr>(inputs);
        Assert.Equal(SolidityCalldata.Selector(TCurve.Id, 2), call[..4]);
        string text = SolidityCalldata.ToText<TCurve, TFp, TFr>(Proof, inputs);
        Assert.EndsWith($",[\"0x{Convert.ToHexStringLower(encoded[..32])}\",\"0x{Convert.ToHexStringLower(encoded[32..])}\"]", text, StringComparison.Ordinal);
        if (TCurve.Id == CurveId.Bn254)
        {
            Assert.Equal(4 + (10 * 32), call.Length);
            Assert.Equal(encoded, call[^64..]);
            Assert.Equal(call[4..], Convert.FromHexString(string.Concat(text.Split('"').Where(part => part.StartsWith("0x", StringComparison.Ordinal)).Select(part => part[2..]))));
            Assert.Equal("43753b4d", Convert.ToHexStringLower(SolidityCalldata.Selector(CurveId.Bn254, 1)));
        }
        else
        {
            Assert.Equal(4 + (4 * 32) + 512, call.Length);
            Assert.Equal((96, 512), (call[35], (call[130] << 8) | call[131]));
            Assert.Equal(encoded, call[36..100]);
            Assert.Equal(Convert.ToHexStringLower(call[132..]), text[3..1027]);
            Assert.True(Eip2537Encoding.TryDecode(call.AsSpan(132, 128), out Affine<Bls12381Fp, Bls12381> a, out _));
            Assert.Equal((object)Proof.A, a);
        }

        Assert.EndsWith(",[]", SolidityCalldata.ToText<TCurve, TFp, TFr>(Proof, []), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SolidityCalldata.Selector(TCurve.Id, -1));
    }

    private static void Refused(byte[] bytes, ProofPart part, DecodeError error)
    {
        Assert.False(CompressedProof.TryDecode(bytes, out Proof<TCurve, TFp>? proof, out ProofFault fault));
        Assert.Null(proof);
        Assert.Equal(new ProofFault(part, error), fault);
        Assert.Contains(error.Describe(), fault.ToString(), StringComparison.Ordinal);
    }
}
