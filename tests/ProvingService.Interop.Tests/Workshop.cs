// Owns: circuits, keys and proofs that several tests look at, each made once a class, by whichever tool is asked for.

using System.Collections.Concurrent;
using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Interop.Tests;

/// <summary>Who compiled a circuit, or who made a key.</summary>
public enum Maker
{
    /// <summary>zkps.</summary>
    Ours,

    /// <summary>circom for circuits, snarkjs for keys.</summary>
    Theirs,

    /// <summary>For keys: the initial one as snarkjs makes it from powers of tau, but made by us, then snarkjs's contribution.</summary>
    Both,
}

/// <summary>The files of one circuit under one key, all in one folder.</summary>
internal sealed record CircuitFiles(string Folder)
{
    public string R1cs => At("circuit.r1cs");

    public string Wtns => At("circuit.wtns");

    /// <summary>The key before any contribution; only where snarkjs contributed.</summary>
    public string FreshZkey => At("fresh.zkey");

    public string Zkey => At("final.zkey");

    public string VerifyingKey => At("verification_key.json");

    public string Proof => At("proof.json");

    public string Public => At("public.json");

    public string At(string name) => Path.Combine(Folder, name);
}

/// <summary>A class fixture. Whatever is asked for twice is made once; safe for concurrent use.</summary>
public sealed class Workshop : IDisposable
{
    /// <summary>The powers of tau of the smaller circuits: at most 2^13 − 2 rows.</summary>
    private const int Power = 13;

    private readonly TemporaryFolder folder = new();
    private readonly ConcurrentDictionary<string, Lazy<string>> made = new();

    public static CurveId Curve(string name) =>
        CurveNames.TryParse(name, out CurveId curve) ? curve : throw new ArgumentException($"There is no curve {name}.");

    /// <summary>A folder of its own for a test.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(folder.Path, Guid.NewGuid().ToString("N"))).FullName;

    /// <summary>Prepared powers of tau for a curve, enough for a circuit.</summary>
    /// <param name="curve">The curve.</param>
    /// <param name="r1cs">The circuit.</param>
    /// <param name="spare">
    /// With 1, snarkjs makes the same initial key as we do; with 0 and a domain of all powers it lacks the last power for the
    /// basis of the quotient, takes zero for it, and the key differs but proves the same.
    /// </param>
    public string Ptau(string curve, string r1cs, int spare = 0)
    {
        R1csHeader header = R1csFile.ReadHeader(r1cs);
        int domain = BitOperations.Log2((uint)(header.ConstraintCount + header.PublicOutputCount + header.PublicInputCount)) + 1;
        int power = Math.Max(Power, domain + spare);
        return Once($"{curve}-{power}.ptau", path => InsecurePtau.Write(Curve(curve), power, path));
    }

    /// <summary>A circuit with its witness, a key, the verification key that we export, and a proof of ours.</summary>
    internal CircuitFiles Make(Maker compiler, Maker setup, string circuit, string curve) =>
        new(Once($"{compiler}-{setup}-{circuit}-{curve}", path =>
        {
            Directory.CreateDirectory(path);
            var files = new CircuitFiles(path);
            Compile(compiler, circuit, curve, files);
            MakeKey(setup, curve, files);
            Zkps.Run("setup", "zkey", "export-vk", "--zkey", files.Zkey, "-o", files.VerifyingKey).Succeeds();
            Zkps.Run(
                "prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--r1cs", files.R1cs, "--proof", files.Proof, "--public", files.Public).Succeeds();
        }));

    public void Dispose() => folder.Dispose();

    /// <summary>The input of a circuit, ours or circom's: they name their signals alike.</summary>
    private static string Input(string circuit, string curve, CircuitFiles files)
    {
        string input = files.At("input.json");
        switch (circuit)
        {
            case "chain" or "small":
                return RepositoryFiles.Path("circuits/examples/multiplication-chain.json");
            case "merkle":
                // circom knows nothing of members for one curve: they take the place of the others.
                JsonObject inputs = JsonNode.Parse(File.ReadAllText(RepositoryFiles.Path("circuits/examples/merkle-membership.json")))!.AsObject();
                JsonNode? forBn254 = inputs["bn254"];
                inputs.Remove("bn254");
                foreach ((string name, JsonNode? value) in curve == "bn254" ? forBn254!.AsObject() : [])
                {
                    inputs[name] = value!.DeepClone();
                }

                File.WriteAllText(input, inputs.ToJsonString());
                return input;
            case "transfer" or "participation":
                return RepositoryFiles.Path($"circuits/examples/{OurName(circuit)}.json");
            case "eddsa":
                Node.Script("eddsa-input.mjs", input).Succeeds();
                return input;
            case "many":
                File.WriteAllText(input, new JsonObject { ["values"] = new JsonArray(3, 1, 4, 1, 5, 9, 2, 6) }.ToJsonString());
                return input;
            case "closed":
                File.WriteAllText(input, new JsonObject { ["bits"] = new JsonArray(1, 1, 1, 0) }.ToJsonString());
                return input;
            default:
                throw new ArgumentException($"There is no circuit {circuit}.");
        }
    }

    /// <summary>What a circuit is called in our catalog.</summary>
    private static string OurName(string circuit) => circuit switch
    {
        "chain" => "multiplication-chain",
        "small" => "multiplication-chain-12",
        "merkle" => "merkle-membership",
        "transfer" => "state-transition-20",
        "participation" => "participation-10",
        _ => throw new ArgumentException($"{circuit} is not a circuit of ours."),
    };

    private static void Compile(Maker compiler, string circuit, string curve, CircuitFiles files)
    {
        if (compiler == Maker.Ours)
        {
            string name = OurName(circuit);
            Zkps.Run("circuit", "compile", name, "--curve", curve, "-o", files.Folder).Succeeds();
            File.Move(files.At(name + ".r1cs"), files.R1cs);
            File.Move(files.At(name + ".sym"), Path.ChangeExtension(files.R1cs, ".sym"));
            Zkps.Run("witness", name, "--curve", curve, "--input", Input(circuit, curve, files), "-o", files.Wtns).Succeeds();
        }
        else
        {
            Node.Circom(circuit, curve == "bn254" ? "bn128" : "bls12381", files.Folder).Succeeds();
            File.Move(files.At(circuit + ".r1cs"), files.R1cs);
            string wasm = files.At($"{circuit}_js/{circuit}.wasm");
            Node.Snarkjs("wtns", "calculate", wasm, Input(circuit, curve, files), files.Wtns).Succeeds();
        }
    }

    private void MakeKey(Maker setup, string curve, CircuitFiles files)
    {
        if (setup == Maker.Ours)
        {
            Zkps.Run("setup", "insecure", "--r1cs", files.R1cs, "-o", files.Zkey).Succeeds().Says("insecure");
        }
        else
        {
            if (setup == Maker.Theirs)
            {
                Node.Snarkjs("groth16", "setup", files.R1cs, Ptau(curve, files.R1cs), files.FreshZkey).Succeeds();
            }
            else
            {
                InitialKey.Write(Curve(curve), files.R1cs, files.FreshZkey);
            }

            Node.Snarkjs("zkey", "contribute", files.FreshZkey, files.Zkey, "--name=interop", "-e=not a secret").Succeeds();
        }
    }

    private string Once(string name, Action<string> make) => made.GetOrAdd(name, key => new(() =>
    {
        string path = Path.Combine(folder.Path, key);
        make(path);
        return path;
    })).Value;
}
