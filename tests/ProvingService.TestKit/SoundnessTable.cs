// Owns: which scope of a circuit is guarded by which evidence: the table of what would be lost were its constraints removed.

using System.Globalization;
using System.Text;
using ProvingService.Algebra;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.TestKit;

/// <summary>A witness of something false, made as a cheating prover would: all wires that the lie leaves free recomputed.</summary>
/// <param name="Name">What the prover tries.</param>
/// <param name="Witness">Every wire.</param>
public sealed record Attack<TF>(string Name, TF[] Witness)
    where TF : unmanaged, IPrimeField<TF>;

/// <summary>One scope and how its removal would be noticed.</summary>
/// <param name="Scope">The normalised path.</param>
/// <param name="Rows">Constraints that it owns, those of scopes within it not counted.</param>
/// <param name="ByUniqueness">Whether without it the inputs no longer determine the wires that other scopes mention.</param>
/// <param name="ByAttacks">The attacks that would succeed without it.</param>
public sealed record ScopeEvidence(string Scope, int Rows, bool ByUniqueness, IReadOnlyList<string> ByAttacks);

/// <summary>
/// The meta-test of a circuit's attack tests. For every scope that owns rows: is a wire undetermined without it
/// that other scopes mention, and which attacks fail in its rows alone? A scope of which neither holds is a gap in the tests or
/// redundant in the circuit. Ranges are noticed by attacks only (see <see cref="UniquenessCheck{TF}"/>). One uniqueness check a scope, in parallel.
/// </summary>
public sealed class SoundnessTable
{
    private SoundnessTable(IReadOnlyList<ScopeEvidence> scopes, IReadOnlyList<string> succeeding, IReadOnlyList<string> spread)
    {
        Scopes = scopes;
        Succeeding = succeeding;
        Spread = spread;
    }

    /// <summary>All scopes, in the order of their first row.</summary>
    public IReadOnlyList<ScopeEvidence> Scopes { get; }

    /// <summary>Attacks that no row refuses.</summary>
    public IReadOnlyList<string> Succeeding { get; }

    /// <summary>Attacks that several scopes refuse, so that they are evidence for none, with those scopes.</summary>
    public IReadOnlyList<string> Spread { get; }

    /// <summary>Scopes that nothing notices.</summary>
    public IEnumerable<string> Gaps => Scopes.Where(scope => !scope.ByUniqueness && scope.ByAttacks.Count == 0).Select(scope => scope.Scope);

    /// <summary>Makes the table.</summary>
    /// <param name="circuit">Compiled at O0: optimisation merges the rows of scopes.</param>
    /// <param name="witness">One that satisfies.</param>
    /// <param name="attacks">False witnesses, best each refused by one scope only.</param>
    public static SoundnessTable Build<TF>(CompiledCircuit<TF> circuit, TF[] witness, params IReadOnlyList<Attack<TF>> attacks)
        where TF : unmanaged, IPrimeField<TF>
    {
        Assert.Equal(OptimizationLevel.O0, circuit.Level);
        var mutator = new WitnessMutator<TF>(circuit, witness);
        var guards = attacks.Select(attack => (attack.Name, Scopes: mutator.FailingScopes(attack.Witness))).ToArray();
        HashSet<int> freeAnyway = [.. mutator.UndeterminedWithout(-1)];
        var evidence = new ScopeEvidence[mutator.Scopes.Names.Count];
        Parallel.For(0, evidence.Length, i =>
        {
            string scope = mutator.Scopes.Names[i];
            string[] own = guards.Where(guard => guard.Scopes.Count == 1 && guard.Scopes[0] == scope).Select(guard => guard.Name).ToArray();
            evidence[i] = new(scope, mutator.Scopes.RowCount(i), !freeAnyway.IsSupersetOf(mutator.UndeterminedWithout(i)), own);
        });
        return new(
            evidence,
            guards.Where(guard => guard.Scopes.Count == 0).Select(guard => guard.Name).ToArray(),
            guards.Where(guard => guard.Scopes.Count > 1).Select(guard => $"{guard.Name} ({string.Join(", ", guard.Scopes)})").ToArray());
    }

    /// <summary>Fails where an attack succeeds, where one is spread over scopes, or where a scope is noticed by nothing.</summary>
    public void RequireComplete()
    {
        Assert.True(Succeeding.Count == 0, $"Attacks that succeed: {string.Join("; ", Succeeding)}");
        Assert.True(Spread.Count == 0, $"Attacks that several scopes refuse: {string.Join("; ", Spread)}");
        Assert.True(!Gaps.Any(), $"Scopes whose removal nothing notices: {string.Join(", ", Gaps)}");
    }

    /// <summary>The table in Markdown.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("| scope | rows | its removal is noticed by |\n|---|---:|---|\n");
        foreach (ScopeEvidence scope in Scopes)
        {
            IEnumerable<string> by = (scope.ByUniqueness ? ["uniqueness"] : Array.Empty<string>()).Concat(scope.ByAttacks);
            text.Append(CultureInfo.InvariantCulture, $"| {scope.Scope} | {scope.Rows} | {string.Join("; ", by.DefaultIfEmpty("**nothing**"))} |\n");
        }

        return text.ToString();
    }
}
