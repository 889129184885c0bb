// Owns: the table of what guards what in EddsaGadget, with the verification behind a switch as batches have it.

using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;
using Xunit;

namespace ProvingService.Circuits.Tests;

[Trait("Kernels", "any")]
public class EddsaSoundnessTests
{
    [Fact]
    public void EveryScopeIsGuardedOnBls12381() => Check<Bls12381Fr>();

    [Fact]
    public void EveryScopeIsGuardedOnBn254() => Check<Bn254Fr>();

    private static void Check<TF>()
        where TF : unmanaged, IPrimeField<TF>
    {
        var key = new EddsaKey<TF>([.. new byte[31], 9]);
        TF message = TF.FromUInt64(1234), other = TF.FromUInt64(1235);
        EddsaSignature<TF> signature = key.Sign(message);
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile<TF>("eddsa", Define, OptimizationLevel.O0);
        TF[] honest = circuit.CreateWitness(Inputs(key.PublicKey, message, signature));
        TF[] anotherMessage = circuit.Program.Run(Inputs(key.PublicKey, other, signature));
        TF[] anotherResponse = circuit.Program.Run(Inputs(key.PublicKey, message, signature with { S = signature.S - 1 }));
        SoundnessTable table = SoundnessTable.Build(
            circuit,
            honest,
            new("a switch of 2", circuit.Program.Run(Inputs(key.PublicKey, message, signature).Set("enabled", TF.FromUInt64(2)))),
            new("a signature of another message", anotherMessage),
            new("the signed message's multiple of the key", Splice(anotherMessage, "challenge times key", "equation")),
            new("the true response's multiple of the base", Splice(anotherResponse, "response times base", "equation")),
            new("a key off the curve where nothing is signed", circuit.Program.Run(
                Inputs(key.PublicKey with { X = key.PublicKey.X + TF.One }, message, signature).Set("enabled", TF.Zero))));
        table.RequireComplete();
        if (typeof(TF) == typeof(Bls12381Fr))
        {
            DocumentedTable.Require("circuits/SOUNDNESS.md", "eddsa", table.ToMarkdown());
        }

        // The false wires, but for those of some scopes, which keep what they were when all was true.
        TF[] Splice(TF[] forged, params string[] scopes)
        {
            var spliced = (TF[])forged.Clone();
            for (int wire = 1; wire < spliced.Length; wire++)
            {
                string name = circuit.Symbols.WireName(wire);
                if (scopes.Any(scope => name.StartsWith($"main.{scope}.", StringComparison.Ordinal)))
                {
                    spliced[wire] = honest[wire];
                }
            }

            return spliced;
        }
    }

    private static void Define<TF>(CircuitBuilder<TF> builder)
        where TF : unmanaged, IPrimeField<TF>
    {
        Variable<TF> enabled = builder.PrivateInput("enabled"), message = builder.PrivateInput("message"), s = builder.PrivateInput("s");
        Variable<TF>[] key = builder.PrivateInputArray("key", 2), r = builder.PrivateInputArray("r", 2);
        using (builder.Scope("switch"))
        {
            builder.AssertBoolean(enabled);
        }

        EddsaGadget.Verify(builder, enabled, new(key[0], key[1]), message, new(r[0], r[1]), s);
    }

    private static CircuitInputs<TF> Inputs<TF>(EdwardsPoint<TF> key, TF message, EddsaSignature<TF> signature)
        where TF : unmanaged, IPrimeField<TF> => new CircuitInputs<TF>()
        .Set("enabled", TF.One)
        .Set("message", message)
        .Set("s", TF.FromBigInteger(signature.S))
        .Set("key", [key.X, key.Y])
        .Set("r", [signature.R.X, signature.R.Y]);
}
