// Owns: that exported contracts compile and decide as zkps does, in an EVM.

using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;
using Xunit.Abstractions;

namespace ProvingService.Interop.Tests;

public sealed partial class SolidityTests(Workshop workshop, ITestOutputHelper output) : IClassFixture<Workshop>
{
    /// <summary>One, ten and no public inputs; the last makes the contract's function lose its argument.</summary>
    [InteropTheory]
    [InlineData("small", 1)]
    [InlineData("many", 10)]
    [InlineData("closed", 0)]
    public void A_contract_over_Bn254_accepts_the_proof_and_nothing_else(string circuit, int inputs)
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Ours, circuit, "bn254");

        // The first eight words are A, B and C, as the calldata of snarkjs has them; then the public inputs.
        BigInteger[] call = Calldata(files, out string theirs);
        Assert.Equal(8 + inputs, call.Length);
        BigInteger p = Bn254Fp.Modulus, r = Bn254Fr.Modulus;
        List<(string Name, BigInteger[] Words)> wrong =
        [
            .. Enumerable.Range(0, 8).Select(i => ($"coordinate {i} is larger by one", With(call, i, call[i] + 1))),
            .. Enumerable.Range(0, 8).Select(i => ($"coordinate {i} is aliased by p", With(call, i, call[i] + p))),
            ("A is off the curve", With(With(call, 0, 1), 1, 1)),
            ("A is negated", With(call, 1, p - call[1])),
            ("A is C", With(With(call, 0, call[6]), 1, call[7])),
            ("A is infinity", With(With(call, 0, 0), 1, 0)),
            ("B's parts are swapped", With(With(call, 2, call[3]), 3, call[2])),
            ("all is zero", new BigInteger[call.Length]),
            .. Enumerable.Range(8, inputs).SelectMany(i => new[]
            {
                ($"input {i - 8} is larger by one", With(call, i, call[i] + 1)),
                ($"input {i - 8} is aliased by r", With(call, i, call[i] + r)),
                ($"input {i - 8} is r", With(call, i, r)),
            }),
        ];
        Judge(files, Words(call), Ours<Bn254, Bn254Fp, Bn254Fr>(files, out string text), [.. wrong.Select(w => (w.Name, Words(w.Words))), ("the call is empty", "")]);
        Assert.Equal(theirs.Trim(), text);
    }

    [InteropTheory]
    [InlineData("small", 1)]
    [InlineData("many", 10)]
    [InlineData("closed", 0)]
    public void A_contract_over_Bls12381_accepts_the_proof_and_nothing_else(string circuit, int inputs)
    {
        CircuitFiles files = workshop.Make(Maker.Theirs, Maker.Ours, circuit, "bls12-381");
        BigInteger[] proof = ProofCoordinates(files), publics = PublicInputs(files);
        Assert.Equal(inputs, publics.Length);
        BigInteger p = Bls12381Fp.Modulus, r = Bls12381Fr.Modulus;
        (BigInteger offX, BigInteger offY) = PointOutsideSubgroup();
        List<(string Name, BigInteger[] Proof, BigInteger[] Inputs)> wrong =
        [
            .. Enumerable.Range(0, 8).Select(i => ($"coordinate {i} is larger by one", With(proof, i, proof[i] + 1), publics)),
            .. Enumerable.Range(0, 8).Select(i => ($"coordinate {i} is aliased by p", With(proof, i, proof[i] + p), publics)),
            ("A is off the curve", With(With(proof, 0, 1), 1, 1), publics),
            ("A is outside the subgroup", With(With(proof, 0, offX), 1, offY), publics),
            ("A is negated", With(proof, 1, p - proof[1]), publics),
            ("A is C", With(With(proof, 0, proof[6]), 1, proof[7]), publics),
            ("A is infinity", With(With(proof, 0, 0), 1, 0), publics),
            ("B's parts are swapped", With(With(proof, 2, proof[3]), 3, proof[2]), publics),
            ("the proof is zero", new BigInteger[8], publics),
            .. Enumerable.Range(0, inputs).SelectMany(i => new[]
            {
                ($"input {i} is larger by one", proof, With(publics, i, publics[i] + 1)),
                ($"input {i} is aliased by r", proof, With(publics, i, publics[i] + r)),
                ($"input {i} is r", proof, With(publics, i, r)),
            }),
        ];
        string bytes = Bytes(proof);
        Judge(
            files,
            Arguments(bytes, publics),
            Ours<Bls12381, Bls12381Fp, Bls12381Fr>(files, out _),
            [
                .. wrong.Select(w => (w.Name, Arguments(Bytes(w.Proof), w.Inputs))),
                ("the proof is a byte short", Arguments(bytes[..^2], publics)),
                ("the proof is a byte long", Arguments(bytes + "00", publics)),
                ("the proof is empty", Arguments("", publics)),
                ("the call is empty", ""),
            ]);

        // ABI: the place of the proof in the arguments, the inputs, then the proof's length and bytes, filled up to words.
        static string Arguments(string proof, BigInteger[] inputs) =>
            Words([32 * (1 + inputs.Length), .. inputs, proof.Length / 2]) + proof.PadRight((proof.Length + 63) / 64 * 64, '0');

        static string Bytes(BigInteger[] coordinates) => string.Concat(coordinates.Select(c => Hex(c, 64)));
    }

    private static BigInteger[] With(BigInteger[] words, int index, BigInteger value)
    {
        BigInteger[] changed = [.. words];
        changed[index] = value;
        return changed;
    }

    private static string Words(BigInteger[] words) => string.Concat(words.Select(w => Hex(w, 32)));

    private static string Hex(BigInteger value, int bytes)
    {
        byte[] big = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return Convert.ToHexStringLower(big).TrimStart('0').PadLeft(2 * bytes, '0');
    }

    /// <summary>All numbers of <c>snarkjs zkey export soliditycalldata</c> in order, which is how the ABI lays them out.</summary>
    private static BigInteger[] Calldata(CircuitFiles files, out string text) =>
    [
        .. HexNumber().Matches(text = Node.Snarkjs("zkey", "export", "soliditycalldata", files.Public, files.Proof).Succeeds().Text)
            .Select(match => BigInteger.Parse("0" + match.Value[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
    ];

    /// <summary>A.x, A.y, B.x.c0, B.x.c1, B.y.c0, B.y.c1, C.x, C.y.</summary>
    private static BigInteger[] ProofCoordinates(CircuitFiles files)
    {
        JsonNode proof = JsonNode.Parse(File.ReadAllText(files.Proof))!;
        JsonNode[] numbers =
        [
            proof["pi_a"]![0]!, proof["pi_a"]![1]!, proof["pi_b"]![0]![0]!, proof["pi_b"]![0]![1]!,
            proof["pi_b"]![1]![0]!, proof["pi_b"]![1]![1]!, proof["pi_c"]![0]!, proof["pi_c"]![1]!,
        ];
        return [.. numbers.Select(Number)];
    }

    private static BigInteger[] PublicInputs(CircuitFiles files) =>
        [.. JsonNode.Parse(File.ReadAllText(files.Public))!.AsArray().Select(node => Number(node!))];

    private static BigInteger Number(JsonNode node) => BigInteger.Parse((string)node!, CultureInfo.InvariantCulture);

    /// <summary>A point of the curve whose order is not r: the first x that has a y and is not in the subgroup.</summary>
    private static (BigInteger X, BigInteger Y) PointOutsideSubgroup()
    {
        for (ulong x = 1; ; x++)
        {
            var fx = Bls12381Fp.FromUInt64(x);
            BigInteger square = (BigInteger.Pow(x, 3) + 4) % Bls12381Fp.Modulus;
            var y = BigInteger.ModPow(square, (Bls12381Fp.Modulus + 1) / 4, Bls12381Fp.Modulus);
            if (y * y % Bls12381Fp.Modulus == square
                && !new Affine<Bls12381Fp, Bls12381>(fx, Bls12381Fp.FromBigInteger(y)).IsInSubgroup())
            {
                return (x, y);
            }
        }
    }

    /// <summary>The call that we make ourselves, and its arguments as text.</summary>
    private static string Ours<TCurve, TFp, TFr>(CircuitFiles files, out string text)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        Proof<TCurve, TFp> proof = ProofJson.Read<TCurve, TFp>(files.Proof);
        TFr[] inputs = PublicInputsJson.Read<TFr>(files.Public);
        text = SolidityCalldata.ToText<TCurve, TFp, TFr>(proof, inputs);
        return Convert.ToHexStringLower(SolidityCalldata.ToCall<TCurve, TFp, TFr>(proof, inputs));
    }

    /// <summary>Fails unless the contract says true to the right call, which is ours, and to none of the others.</summary>
    private void Judge(CircuitFiles files, string right, string ours, IReadOnlyList<(string Name, string Call)> wrong)
    {
        string contract = files.At("Verifier.sol"), job = files.At("evm.json");
        Zkps.Run("setup", "zkey", "export-solidity", "--zkey", files.Zkey, "-o", contract).Succeeds();
        var calls = new JsonArray([right, .. wrong.Select(w => (JsonNode)w.Call)]);
        File.WriteAllText(job, new JsonObject { ["contract"] = contract, ["calls"] = calls }.ToJsonString());
        JsonNode report = JsonNode.Parse(Node.Script("evm.mjs", job).Succeeds().Text)!;
        string[] results = [.. report["results"]!.AsArray().Select(node => (string)node!)];
        output.WriteLine($"{report["bytes"]} bytes of code, {report["gas"]![0]} gas for the right call");
        Assert.Equal("true", results[0]);
        Assert.Equal((string)report["selector"]! + right, ours);
        var accepted = new StringBuilder();
        for (int i = 0; i < wrong.Count; i++)
        {
            output.WriteLine($"{wrong[i].Name}: {results[i + 1]}");
            if (results[i + 1] != "false" && !results[i + 1].StartsWith("revert", StringComparison.Ordinal))
            {
                accepted.AppendLine(CultureInfo.InvariantCulture, $"{wrong[i].Name}: {results[i + 1]}");
            }
        }

        Assert.Equal("", accepted.ToString());
    }

    [GeneratedRegex("0x[0-9a-fA-F]+")]
    private static partial Regex HexNumber();
}
