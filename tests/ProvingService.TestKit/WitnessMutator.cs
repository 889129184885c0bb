// Owns: what a cheating prover gains by altering wires of a satisfying witness: one at a time, or many together.
// Altered hints: HintTampering. Altered statements: StatementTampering. Which constraint guards what: SoundnessTable.

using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.TestKit;

/// <summary>
/// The wires that a test has reviewed and found rightly free, such as the helper of <c>IsZero(0)</c>: patterns of their names
/// (see <see cref="CircuitNames.Fits"/>), and the SHA-256 of the sorted list so that none joins unseen.
/// </summary>
/// <param name="Digest">As <see cref="WitnessMutator.Digest"/> gives it.</param>
/// <param name="Patterns">Patterns that all of them fit.</param>
public sealed record FreeWires(string Digest, params string[] Patterns);

/// <summary>What does not depend on the field.</summary>
public static class WitnessMutator
{
    /// <summary>The SHA-256 of the sorted names, a line each, in hexadecimal.</summary>
    public static string Digest(IEnumerable<string> names) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', names.Order(StringComparer.Ordinal)))));

    /// <summary>Fails where wires are free beyond those reviewed, or other ones than those.</summary>
    internal static void RequireOnly(IReadOnlyList<string> free, FreeWires? reviewed, string how)
    {
        string[] unexpected = free.Where(name => reviewed is null || !CircuitNames.FitsAny(name, reviewed.Patterns)).ToArray();
        Assert.True(
            unexpected.Length == 0,
            $"{unexpected.Length} wires {how}: {string.Join(", ", unexpected.Take(20))}{(unexpected.Length > 20 ? ", …" : string.Empty)}");
        if (reviewed is not null)
        {
            string digest = Digest(free);
            Assert.True(
                digest == reviewed.Digest,
                $"The free wires are not those reviewed; their digest is {digest}: {string.Join(", ", free.Take(20))}");
        }
    }
}

/// <summary>
/// A satisfying witness and everything that is asked of its neighbourhood. Systems of 10^5 rows take seconds: a wire's
/// change is evaluated in the rows of that wire only. Immutable, safe to use from many threads.
/// </summary>
public sealed class WitnessMutator<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly CompiledCircuit<TF> circuit;
    private readonly TF[] witness;
    private readonly ConstraintIndex<TF> index;
    private readonly Lazy<UniquenessCheck<TF>> uniqueness;
    private readonly Lazy<ScopeRows> scopes;

    /// <summary>Takes a circuit and a witness that satisfies it.</summary>
    public WitnessMutator(CompiledCircuit<TF> circuit, TF[] witness)
    {
        CircuitChecker.Require(circuit.System, witness, circuit.Symbols);
        this.circuit = circuit;
        this.witness = witness;
        index = new(circuit.System);
        uniqueness = new(() => new(circuit.System, index, witness, circuit.Level == OptimizationLevel.O0));
        scopes = new(() => new(circuit.Symbols, circuit.System.ConstraintCount));
    }

    /// <summary>Compiles a definition and finds the witness.</summary>
    public static WitnessMutator<TF> For(
        Action<CircuitBuilder<TF>> define, CircuitInputs<TF> inputs, OptimizationLevel level = OptimizationLevel.O0)
    {
        CompiledCircuit<TF> circuit = CircuitCompiler.Compile("test", define, level);
        return new(circuit, circuit.CreateWitness(inputs));
    }

    internal ScopeRows Scopes => scopes.Value;

    /// <summary>
    /// Every wire, inputs included, that alone may become w + 1, w − 1, −w, 0, 1 or a random value with no row the wiser.
    /// </summary>
    public IReadOnlyList<string> FindFreeWires(int seed = 1)
    {
        var left = new TF[circuit.System.ConstraintCount];
        var right = new TF[circuit.System.ConstraintCount];
        var output = new TF[circuit.System.ConstraintCount];
        circuit.System.A.Multiply(witness, left);
        circuit.System.B.Multiply(witness, right);
        circuit.System.C.Multiply(witness, output);
        bool[] isFree = new bool[witness.Length];
        Parallel.For(1, witness.Length, wire =>
        {
            TF value = witness[wire];
            TF random = RandomElements.Next<TF>(new Random(unchecked((seed * 486187739) + wire)));
            ReadOnlySpan<TF> altered = [value + TF.One, value - TF.One, -value, TF.Zero, TF.One, random];
            foreach (ref readonly TF other in altered)
            {
                isFree[wire] |= other != value && !Breaks(wire, other - value);
            }
        });
        return Enumerable.Range(0, witness.Length).Where(wire => isFree[wire]).Select(circuit.Symbols.WireName).ToArray();

        bool Breaks(int wire, in TF change)
        {
            foreach (ConstraintTerm term in index.Column(wire))
            {
                TF a = left[term.Index] + (change * index.Coefficient(term.A));
                TF b = right[term.Index] + (change * index.Coefficient(term.B));
                if (a * b != output[term.Index] + (change * index.Coefficient(term.C)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Whether inputs determine all other wires near this witness; see <see cref="UniquenessCheck{TF}"/>.</summary>
    public UniquenessResult FindUndetermined() => Named(uniqueness.Value.Run());

    /// <summary>
    /// As <see cref="FindUndetermined"/>, had the circuit been written without the rows of some scopes and without the wires
    /// that only they mention.
    /// </summary>
    /// <param name="scopePattern">A pattern of normalised paths, such as <c>main.sender.level[*].old hash</c>; rows of scopes within are not meant.</param>
    /// <exception cref="ArgumentException">No scope that owns rows fits.</exception>
    public UniquenessResult FindUndeterminedWithout(string scopePattern)
    {
        bool[] fits = Scopes.Names.Select(name => CircuitNames.Fits(name, scopePattern)).ToArray();
        if (!fits.Contains(true))
        {
            throw new ArgumentException($"No scope fits '{scopePattern}'. There are: {string.Join(", ", Scopes.Names)}.");
        }

        return Named(uniqueness.Value.Run(row => fits[Scopes.Of(row)]));
    }

    /// <summary>The normalised scopes of the rows that a witness fails, in the circuit's order; none where it satisfies.</summary>
    public IReadOnlyList<string> FailingScopes(ReadOnlySpan<TF> falseWitness)
    {
        Assert.Equal(witness.Length, falseWitness.Length);
        bool[] fails = new bool[Scopes.Names.Count];
        for (int row = 0; row < circuit.System.ConstraintCount; row++)
        {
            TF product = circuit.System.A.EvaluateRow(row, falseWitness) * circuit.System.B.EvaluateRow(row, falseWitness);
            fails[Scopes.Of(row)] |= product != circuit.System.C.EvaluateRow(row, falseWitness);
        }

        return Scopes.Names.Where((_, scope) => fails[scope]).ToArray();
    }

    /// <summary>Fails where a wire can be altered alone and was not reviewed.</summary>
    public void RefusesEveryMutation(FreeWires? reviewed = null, int seed = 1) =>
        WitnessMutator.RequireOnly(FindFreeWires(seed), reviewed, $"can be altered alone ({circuit.Name}, {circuit.Level}, seed {seed})");

    /// <summary>Fails where wires can move together and were not reviewed.</summary>
    public void IsUnique(FreeWires? reviewed = null) =>
        WitnessMutator.RequireOnly(FindUndetermined().Undetermined, reviewed, $"are not determined by the inputs ({circuit.Name}, {circuit.Level})");

    /// <summary>The wires that can move, by number; without the rows of one scope where it is not −1.</summary>
    internal int[] UndeterminedWithout(int scope) => uniqueness.Value.Run(row => Scopes.Of(row) == scope).Undetermined;

    private UniquenessResult Named((int RankDeficit, int[] Undetermined) found) =>
        new(found.RankDeficit, Array.ConvertAll(found.Undetermined, circuit.Symbols.WireName));
}
