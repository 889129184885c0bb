// Owns: random damage to every decoder: only its own exception may come out, and memory stays in proportion.

using System.Text;
using ProvingService.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.R1cs.Tests;

public class FuzzTests(ITestOutputHelper output)
{
    private static readonly int Cases = FuzzBudget.Cases(20_000);

    [Fact]
    public void R1cs() => Fuzz<InvalidFileException>("small-bn128-O2.r1cs", bytes => R1csFile.Read<Bn254Fr>(bytes, "fuzz"));

    [Fact]
    public void Wtns() => Fuzz<InvalidFileException>("bits-bls12381-O1.wtns", bytes => WtnsFile.Read<Bls12381Fr>(bytes, "fuzz"));

    [Fact]
    public void Sym() => Fuzz<InvalidFileException>("bits-bn128-O2.sym", bytes => SymFile.Read(new MemoryStream(bytes), "fuzz", 12));

    [Fact]
    public void Json()
    {
        CompiledCircuit<Bn254Fr> circuit = CircuitCompiler.Compile<Bn254Fr>("inputs", b =>
        {
            Variable<Bn254Fr>[] grid = b.PrivateInputArray("grid", 2, 2);
            b.AssertProduct(b.PublicInput("x"), grid[0] + grid[1], grid[2] + grid[3]);
        });
        byte[] valid = Encoding.UTF8.GetBytes("""{"x": "0x1f", "grid": [[1, "2"], ["21888242871839275222246405745257275088", 0]]}""");
        Fuzz<InvalidInputException>(valid, bytes => circuit.Program.Run(CircuitInputs<Bn254Fr>.Parse(bytes)));
    }

    private void Fuzz<TException>(string fixture, Action<byte[]> decode)
        where TException : Exception =>
        Fuzz<TException>(File.ReadAllBytes(RepositoryFiles.Path($"tests/vectors/circom/{fixture}")), decode);

    private void Fuzz<TException>(byte[] valid, Action<byte[]> decode)
        where TException : Exception
    {
        int seed = FuzzBudget.Seed;
        output.WriteLine($"seed {seed}, {Cases} cases");
        var random = new Random(seed);
        decode(valid);
        int refused = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] damaged = Damage(valid, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                decode(damaged);
            }
            catch (TException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, case {i}: {e.GetType()}: {e.Message}\n{Convert.ToHexString(damaged)}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 4 << 20, $"seed {seed}, case {i}: {allocated} bytes were allocated for {damaged.Length}.");
        }

        output.WriteLine($"{refused} refused");
        Assert.True(refused > Cases / 10);
    }

    private static byte[] Damage(byte[] valid, Random random)
    {
        List<byte> bytes = [.. valid];
        for (int edits = random.Next(1, 4); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xff : (byte)0;
                    break;
                case 3:
                    bytes.RemoveRange(at, random.Next(bytes.Count - at) + 1);
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 65), bytes.Count - at)));
                    break;
            }
        }

        return bytes.ToArray();
    }
}
