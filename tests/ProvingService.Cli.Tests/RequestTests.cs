// Owns: `zkps witness` from requests: the same witness as from inputs by name, refusals by rule and place, and malformed requests.

using System.Text.Json;
using System.Text.Json.Nodes;
using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Cli.Tests;

[Collection(WorkshopCollection.Name)]
public sealed class RequestTests : IDisposable
{
    private const string Curve = "bn254";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("state-transition-2")]
    [InlineData("batch-validity-2-4")]
    [InlineData("participation-1")]
    [InlineData("finality-2")]
    public void A_request_and_inputs_by_name_make_the_same_witness_on_both_curves(string name)
    {
        string request = folder.File("request.json");
        Zkps.Succeed("circuit", "example", name, "-o", request);
        Compare<Bls12381Fr>("bls12-381");
        Compare<Bn254Fr>("bn254");

        void Compare<TF>(string curve)
            where TF : unmanaged, IPrimeField<TF>
        {
            string inputs = folder.File("inputs.json"), fromRequest = folder.File("1.wtns"), fromInputs = folder.File("2.wtns");
            JsonObject byName = ByName<TF>(name, request);
            File.WriteAllText(inputs, byName.ToJsonString());
            Zkps.Succeed("witness", name, "--curve", curve, "--input", request, "-o", fromRequest);
            Zkps.Succeed("witness", name, "--curve", curve, "--input", inputs, "-o", fromInputs);
            Assert.Equal(File.ReadAllBytes(fromRequest), File.ReadAllBytes(fromInputs));
            Zkps.Succeed("circuit", "compile", name, "--curve", curve, "-o", folder.Path);
            JsonElement check = Zkps.SucceedJson("circuit", "check", "--r1cs", folder.File(name + ".r1cs"), "--wtns", fromRequest);
            Assert.True(check.GetProperty("satisfied").GetBoolean());

            // A statement that is another's: by name everything can be said, and the constraints answer.
            byName["statement"] = "1";
            File.WriteAllText(inputs, byName.ToJsonString());
            Zkps.Fail(1, folder.Path, "onstraint", "witness", name, "--curve", curve, "--input", inputs, "-o", folder.File("3.wtns"));
        }
    }

    /// <summary>A well-formed request that says something false: exit code 1, the place, the rule.</summary>
    [Theory]
    [InlineData("state-transition-4", "transfer.nonce", "1", "The transfer is refused: the nonce is not the sender's")]
    [InlineData("state-transition-4", "transfer.amount", "1000000", "The transfer is refused: the sender's balance does not cover amount and fee")]
    [InlineData("state-transition-4", "transfer.amount", "101", "The transfer is refused: the signature is not the sender's of this transfer on this chain")]
    [InlineData("state-transition-4", "chainId", "8", "The transfer is refused: the signature is not the sender's of this transfer on this chain")]
    [InlineData("state-transition-4", "transfer.to", "5", "The transfer is refused: the receiver's account does not exist")]
    [InlineData("state-transition-4", "transfer.from", "16", "The transfer is refused: the sender's or receiver's index is beyond the tree")]
    [InlineData("batch-validity-4-4", "transfers[0].nonce", "1", "Transfer 0 of the batch is refused: the nonce is not the sender's")]
    [InlineData("batch-validity-4-4", "transfers[2].from", "5", "Transfer 2 of the batch is refused: the sender's account does not exist")]
    [InlineData("batch-validity-4-4", "transfers[1].signature.s", "1", "Transfer 1 of the batch is refused: the signature is not the sender's")]
    [InlineData("batch-validity-4-4", "transfers[2].token", "2", "Transfer 2 of the batch is refused: a fee is paid in another token than the fee account's")]
    [InlineData("batch-validity-4-4", "accounts[1].balance", "0", "Transfer 1 of the batch is refused: the sender's balance does not cover amount and fee")]
    [InlineData("batch-validity-4-4", "accounts[1].balance", "18446744073709551615", "Transfer 0 of the batch is refused: the receiver's balance would reach 2^64")]
    [InlineData("batch-validity-4-4", "accounts[7].balance", "18446744073709551513", "The batch is refused: the fee account's balance would reach 2^64")]
    [InlineData("batch-validity-4-4", "feeAccount", "5", "The batch is refused: the fee account does not exist")]
    [InlineData("participation-2", "secretKey", "7", "The secret key belongs to none of the validators")]
    [InlineData("participation-2", "minimumStake", "100000", "stake")]
    [InlineData("participation-2", "threshold", "0", "ticket")]
    [InlineData("finality-3", "blockHash", "1", "The signature in slot ")]
    [InlineData("finality-3", "committee[1].signature", "null", "The signers' weight, 202 of 303, is not more than two thirds")]
    [InlineData("finality-3", "committee[1].weight", "0", "Member 1 of the committee: the weight 0 is not 1 to 2^48")]
    [InlineData("finality-3", "committee[2].key", "[0, 1]", "Member 2 of the committee: the key is not a point of the subgroup")]
    public void A_refused_request_is_a_no_that_names_rule_and_place(string name, string path, string value, string words)
    {
        string input = Write(name, path, value);
        string[] call = ["witness", name, "--curve", Curve, "--input", input, "-o", folder.File("w.wtns")];
        Run run = Zkps.Fail(1, folder.Path, words, call);
        Assert.Equal(run.Error, Zkps.Fail(1, folder.Path, words, [.. call, "--json"]).Error);
        Assert.Single(Zkps.Lines(run.Error));
    }

    /// <summary>A request that is none: exit code 2, the file, the member.</summary>
    [Theory]
    [InlineData("state-transition-4", "chainId", "", "chainId", "is missing")]
    [InlineData("state-transition-4", "chainId", "18446744073709551616", "chainId", "18446744073709551616 is more than")]
    [InlineData("state-transition-4", "transfer", "", "transfer", "is missing")]
    [InlineData("state-transition-4", "transfer", "[]", "transfer", "must be an object, not an array")]
    [InlineData("state-transition-4", "transfers", "[]", "transfers", "is not a member")]
    [InlineData("state-transition-4", "transfer.amount", "-1", "transfer.amount", "'-1' is not a non-negative integer")]
    [InlineData("state-transition-4", "transfer.memo", "1", "transfer.memo", "is not a member")]
    [InlineData("state-transition-4", "accounts", "{}", "accounts", "must be an array, not an object")]
    [InlineData("state-transition-4", "accounts[3].balance", "18446744073709551616", "accounts[3].balance", "is more than")]
    [InlineData("state-transition-4", "accounts[2].index", "16", "accounts[2].index", "16 is outside the tree")]
    [InlineData("state-transition-4", "accounts[2].index", "0", "accounts[2].index", "0 occurs twice")]
    [InlineData("state-transition-4", "accounts[5].key", "[1, 1]", "accounts[5].key", "is not a public key")]
    [InlineData("batch-validity-2-4", "transfers[0].nonce", "4294967296", "transfers[0].nonce", "is more than 4294967295")]
    [InlineData("batch-validity-2-4", "transfers[0].fee", "281474976710656", "transfers[0].fee", "is more than 281474976710655")]
    [InlineData("batch-validity-2-4", "transfers[0].signature.s", "", "transfers[0].signature.s", "is missing")]
    [InlineData("batch-validity-2-4", "transfers[0].signature.r", "[1]", "transfers[0].signature.r", "this has 1 elements")]
    [InlineData("batch-validity-2-4", "transfers[0].signature.r", "[1, \"x\"]", "transfers[0].signature.r[1]", "'x' is not")]
    [InlineData("batch-validity-2-4", "transfers", "[1, 2, 3]", "transfers", "has 3 elements, more than 2")]
    [InlineData("batch-validity-2-4", "parentHash", "\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"", "parentHash", "not below the prime")]
    [InlineData("participation-1", "validators", "[1, 2, 3, 4, 5]", "validators", "has 5 elements, more than 4")]
    [InlineData("participation-1", "phase", "256", "phase", "is more than 255")]
    [InlineData("finality-2", "committee[1].signature", "true", "committee[1].signature", "must be an object, not a truth value")]
    [InlineData("finality-2", "committee[1].weight", "281474976710656", "committee[1].weight", "is more than 281474976710655")]
    public void A_malformed_request_is_a_mistake_that_names_file_and_member(string name, string path, string value, string member, string words)
    {
        string input = Write(name, path, value);
        Run run = Zkps.Fail(2, folder.Path, words, "witness", name, "--curve", Curve, "--input", input, "-o", folder.File("w.wtns"));
        Assert.Contains(input, run.Error, StringComparison.Ordinal);
        Assert.Contains(member, run.Error, StringComparison.Ordinal);
        Assert.Single(Zkps.Lines(run.Error));
    }

    /// <summary>What lacks the member that marks a request is read as inputs by name.</summary>
    [Theory]
    [InlineData("{", "in.json: The document is not valid JSON")]
    [InlineData("{\"accounts\": [], \"accounts\": []}", "in.json: The document is not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{\"accounts\": []}", "Input 'chainId': is missing")]
    [InlineData("{}", "Input 'statement': is missing; the circuit declares statement")]
    [InlineData("{\"bls12-381\": {\"accounts\": []}, \"chainId\": 1}", "Input 'statement': is missing")]
    public void A_document_that_is_no_request_is_a_mistake(string text, string words)
    {
        string input = folder.File("in.json");
        File.WriteAllText(input, text);
        Zkps.Fail(2, folder.Path, words, "witness", "state-transition-4", "--curve", Curve, "--input", input, "-o", folder.File("w.wtns"));
    }

    /// <summary>Keys and signatures of one curve are no request for the other.</summary>
    [Fact]
    public void A_request_for_another_curve_is_refused()
    {
        string input = folder.File("in.json");
        File.WriteAllText(input, ((IRequestCircuit)CircuitCatalog.Find("state-transition-4")).ExampleRequest<Bls12381Fr>().ToJsonString());
        Zkps.Fail(2, folder.Path, "accounts[0].key", "witness", "state-transition-4", "--curve", "bn254", "--input", input, "-o", folder.File("w.wtns"));
    }

    /// <summary>The inputs that a request leads to, by name, in arrays nested as the circuit declares them.</summary>
    private static JsonObject ByName<TF>(string name, string request)
        where TF : unmanaged, IPrimeField<TF>
    {
        IExampleCircuit circuit = CircuitCatalog.Find(name);
        JsonObject inputs = JsonNode.Parse(CircuitRequests.Read<TF>(circuit, File.ReadAllBytes(request)).ToJson())!.AsObject();
        foreach (InputSignal input in CircuitCompiler.Compile<TF>(circuit).Inputs)
        {
            // From the innermost arrays outwards.
            foreach (int length in input.Shape.ToArray().Skip(1).Reverse())
            {
                inputs[input.Name] = new JsonArray([.. inputs[input.Name]!.AsArray().Chunk(length).Select(chunk => new JsonArray([.. chunk.Select(value => value!.DeepClone())]))]);
            }
        }

        return inputs;
    }

    /// <summary>The circuit's example for <see cref="Curve"/> with one member changed, added, or removed where the value is empty.</summary>
    private string Write(string name, string path, string value)
    {
        JsonObject request = ((IRequestCircuit)CircuitCatalog.Find(name)).ExampleRequest<Bn254Fr>();
        string[] steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        JsonNode at = request;
        foreach (string step in steps[..^1])
        {
            at = step[0] == '[' ? at[int.Parse(step[1..^1], System.Globalization.CultureInfo.InvariantCulture)]! : at[step]!;
        }

        if (value.Length == 0)
        {
            at.AsObject().Remove(steps[^1]);
        }
        else
        {
            at[steps[^1]] = JsonNode.Parse(value);
        }

        string input = folder.File("in.json");
        File.WriteAllText(input, request.ToJsonString());
        return input;
    }
}
