// Owns: inputs by name, from JSON and from code.

using ProvingService.TestKit;
using Xunit;

namespace ProvingService.R1cs.Tests;

public class InputTests
{
    private static readonly CompiledCircuit<ToyField> Circuit = CircuitCompiler.Compile<ToyField>("inputs", b =>
    {
        Variable<ToyField> x = b.PublicInput("x");
        Variable<ToyField>[] row = b.PrivateInputArray("row", 3);
        Variable<ToyField>[] grid = b.PrivateInputArray("grid", 2, 2);
        b.PublicOutput("y", (x * b.Sum(row)) + b.InnerProduct([ToyField.One, ToyField.FromUInt64(10), ToyField.FromUInt64(100), ToyField.FromUInt64(1000)], grid));
    });

    [Theory]
    [InlineData("""{"x": 2, "row": [1, 2, 3], "grid": [[1, 2], [3, 4]]}""")]
    [InlineData("""{"grid": [["0x1", "0x02"], ["3", "0X4"]], "row": ["1", "2", "3"], "x": "0002"}""")]
    public void Json(string json)
    {
        ToyField[] witness = Circuit.CreateWitness(CircuitInputs<ToyField>.Parse(json));
        Assert.Equal(ToyField.FromUInt64(12 + 4321), witness[1]);
    }

    [Fact]
    public void FromCodeAndBack()
    {
        CircuitInputs<ToyField> inputs = CircuitAssert.Inputs<ToyField>(("x", 2), ("row", new[] { 1, 2, 3 }), ("grid", new[] { 1, 2, 3, 4 }));
        Assert.Equal(ToyField.FromUInt64(4333), Circuit.CreateWitness(inputs)[1]);
        string json = CircuitInputs<ToyField>.Parse("""{"grid": [[1, 2], [3, 4]], "x": 64512}""").ToJson();
        Assert.Equal(json, CircuitInputs<ToyField>.Parse(json).ToJson());
        Assert.Contains("64512", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"row": [1, 2, 3], "grid": [[1, 2], [3, 4]]}""", "x", "is missing; the circuit declares x")]
    [InlineData("""{"x": 2, "row": [1, 2, 3], "grid": [[1, 2], [3, 4]], "z": 1}""", "z", "is not an input of this circuit; it declares x, row[3], grid[2][2]")]
    [InlineData("""{"x": [2], "row": [1, 2, 3], "grid": [[1, 2], [3, 4]]}""", "x", "has an array [1]; the circuit declares a single value")]
    [InlineData("""{"x": 2, "row": 3, "grid": [[1, 2], [3, 4]]}""", "row", "has a single value; the circuit declares an array [3]")]
    [InlineData("""{"x": 2, "row": [1, 2], "grid": [[1, 2], [3, 4]]}""", "row", "has an array [2]")]
    [InlineData("""{"x": 2, "row": [1, 2, 3], "grid": [1, 2, 3, 4]}""", "grid", "has an array [4]")]
    [InlineData("""{"x": 2, "row": [1, 2, 3], "grid": [[1, 2], [3]]}""", "grid[1]", "ragged")]
    [InlineData("""{"x": 2, "row": [1, [2], 3], "grid": [[1, 2], [3, 4]]}""", "row[1]", "ragged")]
    [InlineData("""{"x": 2, "row": [[1], 2, 3], "grid": [[1, 2], [3, 4]]}""", "row[1]", "ragged")]
    [InlineData("""{"x": 2, "row": [1, 2, -3], "grid": [[1, 2], [3, 4]]}""", "row[2]", "'-3' is not a non-negative integer")]
    [InlineData("""{"x": 1.5}""", "x", "'1.5' is not")]
    [InlineData("""{"x": 1e3}""", "x", "'1e3' is not")]
    [InlineData("""{"x": "0x"}""", "x", "'0x' is not")]
    [InlineData("""{"x": " 1"}""", "x", "' 1' is not")]
    [InlineData("""{"x": ""}""", "x", "'' is not")]
    [InlineData("""{"x": "0xfg"}""", "x", "'0xfg' is not")]
    [InlineData("""{"x": null}""", "x", "null is not a number")]
    [InlineData("""{"x": true}""", "x", "a truth value is not a number")]
    [InlineData("""{"x": {"y": 1}}""", "x", "an object is not a number")]
    [InlineData("""{"x": 64513}""", "x", "not below the prime of toy field 64513")]
    [InlineData("""{"x": "999999999999999999999999999999999999999999999999999999999999"}""", "x", "not below the prime of toy field 64513")]
    [InlineData("""[1]""", "", "must be a JSON object")]
    [InlineData("""{"x": 1""", "", "not valid JSON")]
    [InlineData("""{"x": 1, "x": 2}""", "", "not valid JSON")]
    [InlineData("", "", "not valid JSON")]
    public void Faults(string json, string signal, string message)
    {
        var e = Assert.Throws<InvalidInputException>(() => Circuit.Program.Run(CircuitInputs<ToyField>.Parse(json)));
        Assert.Equal(signal, e.Signal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InputsForACurveGoBeforeOthersAndAreUnseenElsewhere()
    {
        const string Json = """{"x": "1", "bn254": {"x": "2"}, "bls12381": {"x": "3", "y": [4]}}""";
        Assert.Equal(["x"], CircuitInputs<Bn254Fr>.Parse(Json).Names);
        Assert.Contains("\"2\"", CircuitInputs<Bn254Fr>.Parse(Json).ToJson(), StringComparison.Ordinal);
        Assert.Equal(["x", "y"], CircuitInputs<Bls12381Fr>.Parse(Json).Names);
        Assert.Contains("\"1\"", CircuitInputs<ToyField>.Parse(Json).ToJson(), StringComparison.Ordinal);

        // What is not for this curve need not even be below its prime.
        string large = Bls12381Fr.Modulus.ToString(System.Globalization.CultureInfo.InvariantCulture);
        CircuitInputs<Bn254Fr>.Parse($$$"""{"x": "{{{large}}}", "bn254": {"x": 5}}""");
        Assert.Throws<InvalidInputException>(() => CircuitInputs<Bn254Fr>.Parse("""{"bn254": {"bn254": {"x": 5}}}"""));
    }

    /// <summary>Longer numbers belong to no field; turning their digits into bits would take quadratic time.</summary>
    [Theory]
    [InlineData(302, "is not below the prime of toy field 64513")]
    [InlineData(303, "'9999999999999999999999999999999999999999…' is not")]
    [InlineData(1_000_000, "'9999999999999999999999999999999999999999…' is not")]
    public void DigitsBeyondAThousandBitsAreNotParsed(int digits, string message)
    {
        var e = Assert.Throws<InvalidInputException>(() => CircuitInputs<ToyField>.Parse($$"""{"x": {{new string('9', digits)}}}"""));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }
}
