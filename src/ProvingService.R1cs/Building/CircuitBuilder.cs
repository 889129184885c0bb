// Owns: what a circuit definition accumulates: wires, inputs, scopes, raw constraints, witness instructions.
// The verbs are in the files beside it: Arithmetic, Boolean, Bits, Hints, Repeat.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// Collects the constraints of a circuit and the instructions that find its witness. Each verb says how many constraints
/// it adds before optimisation, and the hazard if it has one; a verb whose name ends in <c>Unchecked</c> or begins with
/// <c>Unconstrained</c> is unsound unless the caller adds what its remarks demand. Not thread-safe.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed partial class CircuitBuilder<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    /// <summary>
    /// The most wires and constraints a circuit may have: 2^28, the largest domain of BN254's scalar field.
    /// </summary>
    public const int MaxSize = 1 << 28;

    /// <summary>Constraints between two looks at the token.</summary>
    private const int ConstraintsBetweenLooks = 1 << 12;

    private readonly HashSet<string> inputNames = [];

    // The combinations stored last. A square uses its operand twice and an S-box three times in a row: found here, they
    // are stored once.
    private readonly LinearTerm<TF>[]?[] recentTerms = new LinearTerm<TF>[]?[4];
    private readonly int[] recentNumbers = new int[4];
    private readonly OptimizationLevel level;
    private readonly bool isTemplate;
    private readonly CancellationToken cancellationToken;
    private int recentNext;
    private bool isSealed;

    /// <param name="level">How far <see cref="Repeat"/> simplifies what it repeats.</param>
    /// <param name="isTemplate">Whether this collects a part that will be repeated, which has ports instead of inputs.</param>
    /// <param name="cancellationToken">Observed every few thousand constraints.</param>
    internal CircuitBuilder(
        OptimizationLevel level = OptimizationLevel.O0, bool isTemplate = false, CancellationToken cancellationToken = default)
    {
        this.cancellationToken = cancellationToken;
        this.level = level;
        this.isTemplate = isTemplate;
        Wires.Add(new WireEntry { Kind = WireKind.One, Name = "one" });
        Scopes.Add(new ScopeEntry { Parent = -1, Name = string.Empty });
    }

    /// <summary>The constant 1.</summary>
    public Variable<TF> One => new(TF.One);

    /// <summary>The number of constraints so far, those of repeated parts not counted.</summary>
    public int ConstraintCount => Constraints.Count;

    /// <summary>The number of wires so far, the constant one included, those of repeated parts not counted.</summary>
    public int WireCount => Wires.Count;

    internal LinearPool<TF> Pool { get; } = new();

    internal List<WireEntry> Wires { get; } = [];

    internal List<ScopeEntry> Scopes { get; } = [];

    internal List<ConstraintEntry> Constraints { get; } = [];

    internal List<Instruction> Instructions { get; } = [];

    internal List<InputSignal> Inputs { get; } = [];

    internal List<HintEntry<TF>> HintTable { get; } = [];

    internal List<RepeatEntry<TF>> Repeats { get; } = [];

    private int CurrentScope { get; set; }

    /// <summary>A constant.</summary>
    public Variable<TF> Constant(in TF value) => new(value);

    /// <summary>Declares a public input of one element. No constraint.</summary>
    /// <param name="name">Unique in the circuit; letters, digits and underscores.</param>
    public Variable<TF> PublicInput(string name) => DeclareInput(name, [], WireKind.PublicInput)[0];

    /// <summary>Declares a public input that is an array, row-major. No constraint.</summary>
    /// <param name="name">Unique in the circuit.</param>
    /// <param name="shape">The length of each dimension, at least one dimension.</param>
    public Variable<TF>[] PublicInputArray(string name, params ReadOnlySpan<int> shape) =>
        DeclareInput(name, RequireShape(shape), WireKind.PublicInput);

    /// <summary>Declares a private input of one element. No constraint.</summary>
    /// <param name="name">Unique in the circuit; letters, digits and underscores.</param>
    public Variable<TF> PrivateInput(string name) => DeclareInput(name, [], WireKind.PrivateInput)[0];

    /// <summary>Declares a private input that is an array, row-major. No constraint.</summary>
    /// <param name="name">Unique in the circuit.</param>
    /// <param name="shape">The length of each dimension, at least one dimension.</param>
    public Variable<TF>[] PrivateInputArray(string name, params ReadOnlySpan<int> shape) =>
        DeclareInput(name, RequireShape(shape), WireKind.PrivateInput);

    /// <summary>
    /// Makes a value public under a name: the witness holds it, whoever verifies sees it. One linear constraint, which
    /// <see cref="OptimizationLevel.O2"/> removes where the value contains a private wire.
    /// </summary>
    public void PublicOutput(string name, Variable<TF> value)
    {
        RequireNoTemplate("an output");
        RequireName(name);
        int wire = AddWire(WireKind.PublicOutput, name);
        Instructions.Add(new Instruction { Op = Opcode.Linear, Destination = wire, A = Store(value) });
        AssertEqual(FromWire(wire), value);
    }

    /// <summary>
    /// Opens a named part of the circuit, such as <c>path[3]</c>; disposing closes it. Scopes name constraints in
    /// reports and errors and change nothing else.
    /// </summary>
    public CircuitScope<TF> Scope(string name)
    {
        RequireUsable();
        RequireScopeName(name);
        int outer = CurrentScope;
        Scopes.Add(new ScopeEntry { Parent = outer, Name = name });
        CurrentScope = Scopes.Count - 1;
        return new CircuitScope<TF>(this, CurrentScope, outer);
    }

    internal void CloseScope(int scope, int outer)
    {
        if (CurrentScope != scope)
        {
            throw new InvalidOperationException($"The scope '{Scopes[scope].Name}' is closed out of order.");
        }

        CurrentScope = outer;
    }

    /// <summary>Called when the definition has returned: the builder takes nothing more.</summary>
    internal void Seal()
    {
        if (CurrentScope != 0)
        {
            throw new InvalidOperationException($"The scope '{Scopes[CurrentScope].Name}' was never closed.");
        }

        isSealed = true;
    }

    internal Variable<TF> FromWire(int wire, bool isBoolean = false) => new(this, [new LinearTerm<TF>(wire, TF.One)], isBoolean);

    internal int AddWire(WireKind kind = WireKind.Internal, string? name = null)
    {
        RequireUsable();
        if (Wires.Count == MaxSize)
        {
            throw new InvalidOperationException($"A circuit has at most {MaxSize} wires.");
        }

        Wires.Add(new WireEntry { Kind = kind, Name = name, Scope = CurrentScope });
        return Wires.Count - 1;
    }

    /// <summary>Adds a · b = c as it stands, whatever the operands are.</summary>
    internal void AddConstraint(int a, int b, int c)
    {
        RequireUsable();
        if (Constraints.Count == MaxSize)
        {
            throw new InvalidOperationException($"A circuit has at most {MaxSize} constraints.");
        }

        if (Constraints.Count % ConstraintsBetweenLooks == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        Constraints.Add(new ConstraintEntry { A = a, B = b, C = c, Scope = CurrentScope });
    }

    /// <summary>Puts a variable of this circuit into the pool and returns its number.</summary>
    internal int Store(in Variable<TF> variable)
    {
        RequireOwn(variable);
        if (variable.TermArray is not { Length: > 0 } terms)
        {
            return LinearPool<TF>.Zero;
        }

        int recent = Array.IndexOf(recentTerms, terms);
        if (recent >= 0)
        {
            return recentNumbers[recent];
        }

        int number = Pool.Append(terms);
        recentTerms[recentNext] = terms;
        recentNumbers[recentNext] = number;
        recentNext = (recentNext + 1) % recentTerms.Length;
        return number;
    }

    private void RequireOwn(in Variable<TF> variable)
    {
        if (variable.Builder is not null && variable.Builder != this)
        {
            throw new ArgumentException("The variable belongs to another circuit.");
        }
    }

    private void RequireUsable()
    {
        if (isSealed)
        {
            throw new InvalidOperationException("The circuit is compiled: its builder takes nothing more.");
        }
    }

    private static void RequireScopeName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.AsSpan().IndexOfAny(",\r\n.") >= 0)
        {
            throw new ArgumentException($"The scope name '{name}' holds a comma, dot or line break, which .sym files cannot carry.");
        }
    }

    private void RequireNoTemplate(string what)
    {
        if (isTemplate)
        {
            throw new InvalidOperationException($"A repeated part cannot declare {what}: what it shares with the circuit are its ports.");
        }
    }

    private Variable<TF>[] DeclareInput(string name, ReadOnlySpan<int> shape, WireKind kind)
    {
        RequireNoTemplate("an input");
        RequireName(name);
        int count = 1;
        foreach (int length in shape)
        {
            if (length < 1 || (long)count * length > MaxSize)
            {
                throw new ArgumentException($"The input '{name}' has a dimension of {length}.");
            }

            count *= length;
        }

        var variables = new Variable<TF>[count];
        int first = Wires.Count;
        for (int i = 0; i < count; i++)
        {
            variables[i] = FromWire(AddWire(kind, InputSignal.ElementName(name, shape, i)));
        }

        Inputs.Add(new InputSignal(name, shape.ToArray(), kind == WireKind.PublicInput, first));
        return variables;
    }

    private static ReadOnlySpan<int> RequireShape(ReadOnlySpan<int> shape) =>
        shape.Length > 0 ? shape : throw new ArgumentException("An array needs at least one dimension.");

    private void RequireName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                throw new ArgumentException($"The name '{name}' may hold letters, digits and underscores only.");
            }
        }

        if (!inputNames.Add(name))
        {
            throw new ArgumentException($"The name '{name}' is taken.");
        }
    }
}

/// <summary>An open scope of a <see cref="CircuitBuilder{TF}"/>; disposing closes it.</summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public readonly struct CircuitScope<TF> : IDisposable
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly CircuitBuilder<TF> builder;
    private readonly int scope;
    private readonly int outer;

    internal CircuitScope(CircuitBuilder<TF> builder, int scope, int outer)
    {
        this.builder = builder;
        this.scope = scope;
        this.outer = outer;
    }

    /// <summary>Closes the scope.</summary>
    public void Dispose() => builder?.CloseScope(scope, outer);
}

internal enum WireKind : byte
{
    One,
    PublicOutput,
    PublicInput,
    PrivateInput,
    Internal,
}

internal struct WireEntry
{
    public string? Name;
    public int Scope;
    public WireKind Kind;
    public bool IsBoolean;

    /// <summary>A port of a repeated part: its rows name the wire, so it is never replaced.</summary>
    public bool IsPinned;
}

internal struct ScopeEntry
{
    public string Name;
    public int Parent;
}

/// <summary>a · b = c by numbers in the pool.</summary>
internal struct ConstraintEntry
{
    public int A;
    public int B;
    public int C;
    public int Scope;
}
