// Owns: random damage to every decoder of this project: only its own exceptions come out, memory stays in proportion, and
// what is accepted keeps the promises of its type.

using System.Diagnostics;
using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Groth16.Tests;

public sealed class Bn254DecoderFuzzTests(ITestOutputHelper output) : DecoderFuzzTests<Bn254, Bn254Fp, Bn254Fr>(output);

public sealed class Bls12381DecoderFuzzTests(ITestOutputHelper output) : DecoderFuzzTests<Bls12381, Bls12381Fp, Bls12381Fr>(output);

public abstract class DecoderFuzzTests<TCurve, TFp, TFr>(ITestOutputHelper output)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const int Cases = 4000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly OracleRandom random = new(output);

    [Fact]
    public void Damaged_zkeys_are_refused_or_whole() => Fuzz(KeyFile<TCurve, TFp, TFr>.Bytes, bytes =>
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(bytes, "fuzz");
        Assert.Equal(KeyWeakness.None, key.VerifyingKey.Weakness);
        Assert.Equal(key.PublicInputCount, key.VerifyingKey.PublicInputCount);
        Assert.Equal(key.WireCount, key.A.Length);
        Assert.Equal(key.WireCount - key.PublicInputCount - 1, key.C.Length);
        Assert.Equal(key.DomainSize, key.H.Length);
        foreach (KeyCoefficient<TFr> k in key.Coefficients)
        {
            Assert.True(k.Matrix <= 1 && k.Row < key.DomainSize && k.Wire < key.WireCount && TFr.IsReduced(k.Value));
        }

        AllOnCurve(key.A);
        AllOnCurve(key.B1);
        AllOnCurve(key.B2);
        AllOnCurve(key.C);
        AllOnCurve(key.H);
        AllInSubgroup(key.VerifyingKey);
    });

    [Fact]
    public void Damaged_zkeys_in_files_are_refused_or_whole()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("fuzz.zkey");
        Fuzz(KeyFile<TCurve, TFp, TFr>.Bytes, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            ZkeyHeader header = ZkeyFormat.ReadHeader(path);
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path, allowInsecureKey: true);
            Assert.Equal(header, new(TCurve.Id, key.WireCount, key.PublicInputCount, key.DomainSize));
        });
    }

    [Fact]
    public void Damaged_proofs_are_refused_or_sound() => Fuzz(JsonFiles<TCurve, TFp, TFr>.Proof, bytes =>
    {
        Proof<TCurve, TFp> proof = ProofJson.Read<TCurve, TFp>(bytes, "fuzz");
        Assert.True(proof.A.IsReduced() && proof.A.IsOnCurve() && proof.A.IsInSubgroup());
        Assert.True(proof.B.IsReduced() && proof.B.IsOnCurve() && proof.B.IsInSubgroup());
        Assert.True(proof.C.IsReduced() && proof.C.IsOnCurve() && proof.C.IsInSubgroup());
        string json = ProofJson.ToJson(proof);
        Assert.Equal(json, ProofJson.ToJson(ProofJson.Read<TCurve, TFp>(JsonEdit.Utf8(json), "again")));
    });

    [Fact]
    public void Damaged_verification_keys_are_refused_or_sound() => Fuzz(JsonFiles<TCurve, TFp, TFr>.VerifyingKey, bytes =>
        AllInSubgroup(VerifyingKeyJson.Read<TCurve, TFp>(bytes, "fuzz")));

    [Fact]
    public void Damaged_inputs_are_refused_or_canonical() => Fuzz(JsonFiles<TCurve, TFp, TFr>.PublicInputs, bytes =>
    {
        foreach (TFr input in PublicInputsJson.Read<TFr>(bytes, "fuzz"))
        {
            Assert.True(TFr.IsReduced(input));
        }
    });

    private static void AllInSubgroup(VerifyingKey<TCurve, TFp> key)
    {
        Assert.True(key.Alpha.IsOnCurve() && key.Alpha.IsInSubgroup() && key.Beta.IsOnCurve() && key.Beta.IsInSubgroup());
        Assert.True(key.Gamma.IsOnCurve() && key.Gamma.IsInSubgroup() && key.Delta.IsOnCurve() && key.Delta.IsInSubgroup());
        foreach (Affine<TFp, TCurve> point in key.Ic)
        {
            Assert.True(point.IsReduced() && point.IsOnCurve() && point.IsInSubgroup());
        }
    }

    private static void AllOnCurve<TField, TGroup>(ReadOnlySpan<Affine<TField, TGroup>> points)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        foreach (Affine<TField, TGroup> point in points)
        {
            Assert.True(point.IsReduced() && point.IsOnCurve());
        }
    }

    private void Fuzz(string valid, Action<byte[]> decode) => Fuzz(Encoding.UTF8.GetBytes(valid), decode);

    private void Fuzz(byte[] valid, Action<byte[]> decode)
    {
        decode(valid);
        var watch = Stopwatch.StartNew();
        int cases = 0, refused = 0;
        for (; cases < Cases && watch.Elapsed < Patience; cases++)
        {
            byte[] damaged = Mutate(valid);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(damaged);
            }
            catch (Exception e) when (e is InvalidFileException or InsecureKeyException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"PROVING_SERVICE_TEST_SEED={random.Seed}, case {cases}: {e}\n{Convert.ToHexString(damaged)}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated < Damage.MaxAllocation,
                $"PROVING_SERVICE_TEST_SEED={random.Seed}, case {cases}: {allocated} bytes were allocated for {damaged.Length}.");
        }

        output.WriteLine($"{refused} of {cases} refused");
        Assert.True(cases >= 50 && refused > cases / 10, $"PROVING_SERVICE_TEST_SEED={random.Seed}: {refused} of {cases} refused.");
    }

    /// <summary>One to three edits: flipped bits, extreme bytes, lengths and digits; cuts; pieces doubled, moved or dropped.</summary>
    private byte[] Mutate(byte[] valid)
    {
        List<byte> bytes = [.. valid];
        for (int edits = 1 + random.Next(3); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count), rest = bytes.Count - at;
            switch (random.Next(9))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    for (int i = 0; i < Math.Min(4, rest); i++)
                    {
                        bytes[at + i] = random.Next(2) == 0 ? (byte)0xff : (byte)0;
                    }

                    break;
                case 3:
                    bytes[at] = "0123456789-+.eE\"[]{},:\\nutf\0"u8[random.Next(28)];
                    break;
                case 4:
                    bytes.RemoveRange(at, 1 + random.Next(rest));
                    break;
                case 5:
                    bytes.RemoveRange(at, Math.Min(1 + random.Next(8), rest));
                    break;
                case 6:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, Math.Min(1 + random.Next(200), rest)));
                    break;
                case 7:
                    List<byte> piece = bytes.GetRange(at, Math.Min(1 + random.Next(200), rest));
                    int to = random.Next(bytes.Count - piece.Count + 1);
                    bytes.RemoveRange(to, piece.Count);
                    bytes.InsertRange(to, piece);
                    break;
                default:
                    // The head of the file is where counts and lengths stand.
                    bytes[random.Next(Math.Min(200, bytes.Count))] ^= (byte)(1 + random.Next(255));
                    break;
            }
        }

        return [.. bytes];
    }
}
