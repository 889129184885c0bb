// Owns: the circuits that the vectors are about, their keys, and true proofs. Never: falsehood.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Adversarial;

/// <summary>A true proof and what it proves.</summary>
internal sealed record TrueProof<TCurve, TFp, TFr>(Proof<TCurve, TFp> Proof, TFr[] Statement)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp>;

/// <summary>A circuit with a key of known trapdoors.</summary>
internal sealed class Subject<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly byte[] zkey;
    private readonly CompiledCircuit<TFr> circuit;

    /// <summary>Makes the key of a circuit.</summary>
    public Subject(string name, ICircuit definition)
    {
        Name = name;
        circuit = CircuitCompiler.Compile<TFr>(definition);
        TFr tau = Secret("tau"), alpha = Secret("alpha"), beta = Secret("beta"), delta = Secret("delta");
        using SecretScalars<TFr> trapdoors = SecretScalars<TFr>.FromKnownInsecure(tau, alpha, beta, delta);
        using var folder = new TemporaryFolder();
        string path = folder.File("key.zkey");
        InsecureSetup.Create<TCurve, TFp, TFr>(circuit.System, trapdoors, path, null, default);
        zkey = File.ReadAllBytes(path);
        using KeyScalars<TFr> scalars = KeyScalars<TFr>.Derive(circuit.System, trapdoors);
        Key = new(alpha, beta, TFr.One, delta, [.. scalars.Ic]);
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        if (VerifyingKeyJson.ToJson(key.VerifyingKey) != VerifyingKeyJson.ToJson(Key.Key))
        {
            throw new InvalidOperationException("The key is not that of its trapdoors.");
        }

        TFr Secret(string what) => Seeds.Element<TFr>($"{TCurve.Id.Name()}/{name}/{what}");
    }

    public string Name { get; }

    public KnownKey<TCurve, TFp, TFr> Key { get; }

    /// <summary>Proves with inputs of the caller's and blinding from a seed.</summary>
    public TrueProof<TCurve, TFp, TFr> Prove(string seed, params (string Name, ulong Value)[] inputs)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open();
        return Prove(key, seed, inputs);
    }

    /// <summary>As the other, with another key of the circuit.</summary>
    public TrueProof<TCurve, TFp, TFr> Prove(ProvingKey<TCurve, TFp, TFr> key, string seed, params (string Name, ulong Value)[] inputs)
    {
        TFr[] witness = circuit.CreateWitness(CircuitAssert.Inputs<TFr>([.. inputs.Select(input => (input.Name, TFr.FromUInt64(input.Value)))]));
        TFr[] statement = circuit.PublicValues(witness).ToArray();
        using var prover = new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default);
        string full = $"{TCurve.Id.Name()}/{Name}/{seed}";
        using SecretScalars<TFr> blinding = SecretScalars<TFr>.FromKnownInsecure(Seeds.Element<TFr>(full + "/r"), Seeds.Element<TFr>(full + "/s"));
        ProofPoints<TCurve, TFp> points = prover.Compute(witness, blinding, default);
        return new(Proof<TCurve, TFp>.FromChecked(points.A, points.B, points.C), statement);
    }

    private ProvingKey<TCurve, TFp, TFr> Open() => ProvingKey<TCurve, TFp, TFr>.Open(zkey, Name + ".zkey");
}

/// <summary>Statements with 0, 1, 2 and 20 public inputs.</summary>
internal static class Statements
{
    /// <summary>A square root of 9 is known; nothing is public.</summary>
    public sealed class None : ICircuit
    {
        public string Name => "none";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> x = builder.PrivateInput("x");
            builder.AssertProduct(x, x, builder.Constant(TF.FromUInt64(9)));
        }
    }

    /// <summary>y = x³ + x + 5.</summary>
    public sealed class One : ICircuit
    {
        public string Name => "one";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> x = builder.PrivateInput("x");
            builder.PublicOutput("y", (x * x * x) + x + builder.Constant(TF.FromUInt64(5)));
        }
    }

    /// <summary>y = (x² + a)·x with y and a public.</summary>
    public sealed class Two : ICircuit
    {
        public string Name => "two";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> a = builder.PublicInput("a"), x = builder.PrivateInput("x");
            builder.PublicOutput("y", ((x * x) + a) * x);
        }
    }

    /// <summary>yᵢ = x·(x + i) for i below 20: as many as take another way through a verifier that adds up many inputs at once.</summary>
    public sealed class Twenty : ICircuit
    {
        public string Name => "twenty";

        public void Define<TF>(CircuitBuilder<TF> builder)
            where TF : unmanaged, IPrimeField<TF>
        {
            Variable<TF> x = builder.PrivateInput("x");
            for (ulong i = 0; i < 20; i++)
            {
                builder.PublicOutput($"y{i}", x * (x + builder.Constant(TF.FromUInt64(i))));
            }
        }
    }
}
