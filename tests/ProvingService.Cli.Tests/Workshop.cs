// Owns: the files of a small circuit on both curves, made once by zkps itself, that tests read and copy.

using System.Numerics;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

/// <summary>All tests of this project share the workshop and run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class WorkshopCollection : ICollectionFixture<Workshop>
{
    public const string Name = "workshop";
}

/// <summary>Everything from circuit to proof of a chain of ten squarings, in a folder a curve.</summary>
public sealed class Workshop : IDisposable
{
    public const string Circuit = "multiplication-chain-10";
    public const string Other = "multiplication-chain-9";

    private readonly TemporaryFolder folder = new();

    public Workshop()
    {
        foreach (string curve in (string[])["bls12-381", "bn254"])
        {
            var files = new WorkshopFiles(curve, folder.File(curve));
            Directory.CreateDirectory(files.Folder);
            File.WriteAllText(files.Input, "{\"start\": 3}");
            Zkps.Succeed("circuit", "compile", Circuit, "--curve", curve, "-o", files.Folder);
            Zkps.Succeed("circuit", "compile", Other, "--curve", curve, "-o", files.Folder);
            Zkps.Succeed("witness", Circuit, "--curve", curve, "--input", files.Input, "-o", files.Wtns);
            Zkps.Succeed("witness", Other, "--curve", curve, "--input", files.Input, "-o", files.OtherWtns);
            Zkps.Succeed("setup", "insecure", "--r1cs", files.R1cs, "-o", files.Zkey);
            Zkps.Succeed("setup", "zkey", "export-vk", "--zkey", files.Zkey, "-o", files.Vk);
            Zkps.Succeed("prove", "--zkey", files.Zkey, "--wtns", files.Wtns, "--proof", files.Proof, "--public", files.Public);
        }
    }

    public WorkshopFiles Of(string curve) => new(curve, folder.File(curve));

    public void Dispose() => folder.Dispose();
}

/// <summary>The paths of one curve's files. Nobody writes there but the workshop.</summary>
public sealed record WorkshopFiles(string Curve, string Folder)
{
    public string OtherCurve => Curve == "bn254" ? "bls12-381" : "bn254";

    public string Input => At("input.json");

    public string R1cs => At(Workshop.Circuit + ".r1cs");

    public string OtherR1cs => At(Workshop.Other + ".r1cs");

    public string Wtns => At("chain.wtns");

    public string OtherWtns => At("other.wtns");

    public string Zkey => At("chain.zkey");

    public string Vk => At("verification_key.json");

    public string Proof => At("proof.json");

    public string Public => At("public.json");

    private string At(string name) => Path.Combine(Folder, name);
}

/// <summary>Changed copies of files.</summary>
internal static class Change
{
    public static string Bytes(TemporaryFolder folder, string source, Func<byte[], byte[]> change)
    {
        string path = folder.File("changed" + Path.GetExtension(source));
        File.WriteAllBytes(path, change(File.ReadAllBytes(source)));
        return path;
    }

    public static string Byte(TemporaryFolder folder, string source, Index at) => Bytes(folder, source, bytes =>
    {
        bytes[at] ^= 1;
        return bytes;
    });

    public static string Json(TemporaryFolder folder, string source, Action<JsonNode> change)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllText(source))!;
        change(root);
        string path = folder.File("changed-" + Path.GetFileName(source));
        File.WriteAllText(path, root.ToJsonString());
        return path;
    }

    /// <summary>The order of the curve's groups.</summary>
    public static BigInteger ScalarModulus(string curve) => curve == "bn254" ? ScalarFields.Bn254 : ScalarFields.Bls12381;

    public static BigInteger BaseModulus(string curve) => curve == "bn254" ? Bn254Fp.Modulus : Bls12381Fp.Modulus;

    /// <summary>A point of G2's curve outside the subgroup, as iden3's JSON.</summary>
    public static JsonNode OutsideG2(string curve) => curve == "bn254" ? Outside<Bn254, Bn254Fp>() : Outside<Bls12381, Bls12381Fp>();

    /// <summary>The inputs of a tree's path on a curve, for merkle-membership-3.</summary>
    public static JsonObject MerkleInputs(string curve, bool ofAnotherRoot = false) =>
        curve == "bn254" ? Merkle<Bn254Fr>(ofAnotherRoot) : Merkle<Bls12381Fr>(ofAnotherRoot);

    private static JsonObject Merkle<TFr>(bool ofAnotherRoot)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var tree = new MerkleTree<TFr>(3, [TFr.One, TFr.One + TFr.One]);
        MerklePath<TFr> path = tree.PathOf(1);
        return new()
        {
            ["root"] = (ofAnotherRoot ? tree.Root + TFr.One : tree.Root).ToString(),
            ["leaf"] = path.Leaf.ToString(),
            ["pathElements"] = new JsonArray([.. path.Siblings.ToArray().Select(s => (JsonNode)s.ToString()!)]),
            ["pathIndices"] = new JsonArray([.. path.Directions.ToArray().Select(s => (JsonNode)s.ToString()!)]),
        };
    }

    private static JsonArray Outside<TCurve, TFp>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        for (Fp2<TFp> x = Fp2<TFp>.One; ; x += Fp2<TFp>.One)
        {
            if (Fp2<TFp>.TrySqrt((x * x * x) + Affine<Fp2<TFp>, TCurve>.B, out Fp2<TFp> y) && !new Affine<Fp2<TFp>, TCurve>(x, y).IsInSubgroup())
            {
                return [new JsonArray($"{x.C0}", $"{x.C1}"), new JsonArray($"{y.C0}", $"{y.C1}"), new JsonArray("1", "0")];
            }
        }
    }
}
