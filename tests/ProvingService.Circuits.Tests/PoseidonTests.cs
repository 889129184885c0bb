// Owns: Poseidon against circomlib, hadeshash and an independent derivation of its parameters.

using System.Globalization;
using System.Numerics;
using System.Text.Json;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

public class PoseidonTests
{
    /// <summary>Constraints of a hash by width: 3·(8·t + R_P) − 3; 2 to 6 are also the counts of circomlib under --O2.</summary>
    private static readonly int[] HashCosts =
        [0, 0, 213, 240, 261, 297, 321, 354, 381, 402, 417, 459, 465, 504, 543, 537, 573, 609];

    [Fact]
    public void EqualsCircomlibInAllWidths()
    {
        using JsonDocument document = Load("circomlibjs-bn254.json");
        int count = 0;
        foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            BigInteger capacity = vector.TryGetProperty("capacity", out JsonElement tag) ? BigInteger.Parse(tag.GetString()!, CultureInfo.InvariantCulture) : 0;
            Bn254Fr[] inputs = Decimals<Bn254Fr>(vector.GetProperty("inputs"));
            Bn254Fr[] state = [Bn254Fr.FromBigInteger(capacity), .. inputs];
            Poseidon.Permute<Bn254Fr>(state);
            Bn254Fr[] expected = Decimals<Bn254Fr>(vector.GetProperty("state"));
            Assert.Equal(expected, state);
            Assert.Equal(expected[0], Poseidon.Hash<Bn254Fr>(inputs, (ulong)capacity));
            count++;
        }

        Assert.Equal(16 * 5, count);
    }

    [Fact]
    public void EqualsPublishedAnswers()
    {
        using JsonDocument document = Load("known-answers.json");
        foreach (JsonElement answer in document.RootElement.GetProperty("answers").EnumerateArray())
        {
            switch (answer.GetProperty("field").GetString())
            {
                case "BN254 Fr":
                    Check<Bn254Fr>(answer);
                    break;
                case "BLS12-381 Fr":
                    Check<Bls12381Fr>(answer);
                    break;
                default:
                    Assert.Fail("unknown field");
                    break;
            }
        }

        static void Check<TF>(JsonElement answer)
            where TF : unmanaged, IPrimeField<TF>
        {
            TF[] state = Decimals<TF>(answer.GetProperty("input"));
            Poseidon.Permute<TF>(state);
            int lane = 0;
            foreach (JsonElement word in answer.GetProperty("output").EnumerateArray())
            {
                Assert.Equal(BigInteger.Parse("0" + word.GetString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture), TF.ToBigInteger(state[lane++]));
            }
        }
    }

    [Fact]
    public void ParametersEqualAnIndependentDerivation()
    {
        using JsonDocument document = Load("parameter-digests.json");
        foreach (JsonElement pin in document.RootElement.GetProperty("digests").EnumerateArray())
        {
            int width = pin.GetProperty("width").GetInt32();
            byte[] digest = pin.GetProperty("field").GetString() == "BN254 Fr"
                ? PoseidonParameters<Bn254Fr>.For(width).ComputeDigest()
                : PoseidonParameters<Bls12381Fr>.For(width).ComputeDigest();
            Assert.Equal(pin.GetProperty("sha256").GetString(), Convert.ToHexStringLower(digest));
        }
    }

    /// <summary>The rearranged rounds against the definition: constants, S-box, matrix, in all widths on three fields.</summary>
    [Fact]
    public void EqualsTheDefinition()
    {
        Check<Bls12381Fr>();
        Check<Bn254Fr>();
        Check<ToyField>();

        static void Check<TF>()
            where TF : unmanaged, IPrimeField<TF>
        {
            for (int width = PoseidonParameters<TF>.MinWidth; width <= PoseidonParameters<TF>.MaxWidth; width++)
            {
                var state = new TF[width];
                for (int i = 0; i < width; i++)
                {
                    state[i] = TF.FromUInt64((ulong)(31 * i) + 7);
                }

                TF[] expected = Define(state);
                Poseidon.Permute<TF>(state);
                Assert.Equal(expected, state);
            }
        }

        static TF[] Define<TF>(TF[] input)
            where TF : unmanaged, IPrimeField<TF>
        {
            int t = input.Length;
            PoseidonParameters<TF> parameters = PoseidonParameters<TF>.For(t);
            TF[] state = (TF[])input.Clone();
            for (int round = 0; round < 8 + parameters.PartialRounds; round++)
            {
                for (int i = 0; i < t; i++)
                {
                    state[i] += parameters.RoundConstants[(round * t) + i];
                    if (i == 0 || round < 4 || round >= 4 + parameters.PartialRounds)
                    {
                        state[i] = Field.Pow(state[i], 5UL);
                    }
                }

                var mixed = new TF[t];
                for (int k = 0; k < t * t; k++)
                {
                    mixed[k / t] += parameters.Matrix[k] * state[k % t];
                }

                state = mixed;
            }

            return state;
        }
    }

    [Fact]
    public void GadgetOnBls12381() => GadgetEqualsNative<Bls12381Fr>();

    [Fact]
    public void GadgetOnBn254() => GadgetEqualsNative<Bn254Fr>();

    [Fact]
    public void GadgetOnToyField() => GadgetEqualsNative<ToyField>();

    [Fact]
    public void NoWireOfAHashMayBeAltered()
    {
        CompiledCircuit<Bls12381Fr> circuit = CircuitCompiler.Compile<Bls12381Fr>("hash", b => Hash(b, 2));
        CircuitAssert.RefusesEveryMutation(circuit, circuit.CreateWitness(CircuitAssert.Inputs<Bls12381Fr>(("x", new[] { 11, 12 }))));
        CompiledCircuit<ToyField> toy = CircuitCompiler.Compile<ToyField>("hash", b => Hash(b, 4));
        CircuitAssert.RefusesEveryMutation(toy, toy.CreateWitness(CircuitAssert.Inputs<ToyField>(("x", new[] { 1, 2, 3, 4 }))));
    }

    [Fact]
    public void WidthsBeyondTheTableAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PoseidonParameters<Bn254Fr>.For(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PoseidonParameters<Bn254Fr>.For(18));
        Assert.Throws<ArgumentException>(() => Poseidon.Hash<Bn254Fr>(default));
        Assert.Throws<ArgumentException>(() => Poseidon.Hash<Bn254Fr>(new Bn254Fr[17]));
    }

    [Fact]
    public void TagsSeparate() =>
        Assert.NotEqual(Poseidon.Hash<Bn254Fr>([Bn254Fr.One], tag: 1), Poseidon.Hash<Bn254Fr>([Bn254Fr.One], tag: 2));

    private static void GadgetEqualsNative<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        for (int width = PoseidonParameters<TF>.MinWidth; width <= PoseidonParameters<TF>.MaxWidth; width++)
        {
            CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("hash", b => Hash(b, width - 1));
            Assert.Equal(HashCosts[width], circuit.System.ConstraintCount);
            var inputs = new TF[width - 1];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = TF.FromUInt64(0x123456789abcdefUL * (ulong)(i + 1));
            }

            TF[] witness = circuit.CreateWitness(new CircuitInputs<TF>().Set("x", inputs));
            Assert.Equal(Poseidon.Hash<TF>(inputs, tag: 3), witness[1]);
        }
    }

    private static void Hash<TF>(CircuitBuilder<TF> builder, int count)
        where TF : unmanaged, IPrimeField<TF> =>
        builder.PublicOutput("hash", PoseidonGadget.Hash<TF>(builder, builder.PrivateInputArray("x", count), tag: 3));

    private static JsonDocument Load(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Path($"tests/vectors/poseidon/{name}")));

    private static TF[] Decimals<TF>(JsonElement array)
        where TF : unmanaged, IPrimeField<TF>
    {
        var elements = new List<TF>();
        foreach (JsonElement number in array.EnumerateArray())
        {
            elements.Add(TF.FromBigInteger(BigInteger.Parse(number.GetString()!, CultureInfo.InvariantCulture)));
        }

        return elements.ToArray();
    }
}
