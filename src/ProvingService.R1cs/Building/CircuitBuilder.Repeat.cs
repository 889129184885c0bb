// Owns: the verb for equal parts. How copies are laid out: RepeatEntry.

using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.R1cs;

public sealed partial class CircuitBuilder<TF>
{
    /// <summary>
    /// Defines a part once, simplifies it once, and stamps out a copy for each row of ports, so that a batch of a hundred
    /// transfers compiles in the time of one. Copies know each other and the rest of the circuit through their ports alone;
    /// their witnesses are computed side by side on all cores. The copies' constraints, and one linear constraint for each
    /// port that is not a wire of its own (a constant, a sum).
    /// </summary>
    /// <remarks>
    /// There are no results: what a copy hands on is a port of it and of the next, a wire whose value is known beforehand
    /// (an input or an <see cref="UnconstrainedHint"/>) and which the copy constrains. That is what makes copies
    /// independent. A port counts as a bit where it is proven to be one, in the circuit, for every copy.
    /// </remarks>
    /// <param name="name">The scope: copy 3 of <c>slot</c> is <c>slot[3]</c>.</param>
    /// <param name="ports">A row of variables a copy, all of one length, no wire twice in a row.</param>
    /// <param name="define">
    /// Defines the part over a builder of its own and its ports there. It runs once and must not use variables of the
    /// circuit; it cannot declare inputs, outputs or further repetitions.
    /// </param>
    public void Repeat(string name, IReadOnlyList<Variable<TF>[]> ports, Action<CircuitBuilder<TF>, Variable<TF>[]> define)
    {
        ArgumentNullException.ThrowIfNull(ports);
        ArgumentNullException.ThrowIfNull(define);
        RequireUsable();
        RequireScopeName(name);
        RequireNoTemplate("a repetition");
        if (ports.Count == 0)
        {
            throw new ArgumentException($"'{name}' is repeated zero times.");
        }

        int portCount = ports[0].Length;
        var wires = new int[ports.Count][];
        for (int copy = 0; copy < wires.Length; copy++)
        {
            if (ports[copy].Length != portCount)
            {
                throw new ArgumentException($"Copy {copy} of '{name}' has {ports[copy].Length} ports and copy 0 has {portCount}.");
            }

            wires[copy] = Array.ConvertAll(ports[copy], Pin);
            if (wires[copy].ToHashSet().Count != portCount)
            {
                throw new ArgumentException($"Copy {copy} of '{name}' has one wire for two ports.");
            }
        }

        var inner = new CircuitBuilder<TF>(level, isTemplate: true, cancellationToken);
        var parameters = new Variable<TF>[portCount];
        for (int port = 0; port < portCount; port++)
        {
            // To a part its ports are what public inputs are to a circuit: wires that simplification leaves alone.
            int wire = inner.AddWire(WireKind.PublicInput, $"port[{port}]");
            if (Array.TrueForAll(wires, row => Wires[row[port]].IsBoolean))
            {
                inner.MarkBoolean(wire);
            }

            parameters[port] = inner.FromWire(wire);
        }

        define(inner, parameters);
        inner.Seal();

        int firstScope = Scopes.Count;
        Scopes.Add(new ScopeEntry { Parent = CurrentScope, Name = $"{name}[*]" });
        for (int scope = 1; scope < inner.Scopes.Count; scope++)
        {
            Scopes.Add(new ScopeEntry { Parent = firstScope + inner.Scopes[scope].Parent, Name = inner.Scopes[scope].Name });
        }

        Repeats.Add(new RepeatEntry<TF>(Template<TF>.Compile(inner, portCount, level, name, cancellationToken), wires, firstScope));
        Instructions.Add(new Instruction { Op = Opcode.Repeat, A = Repeats.Count - 1 });
    }

    /// <summary>The wire of a variable, its own or a new one that is forced to equal it; it will never be replaced.</summary>
    private int Pin(Variable<TF> port)
    {
        bool isBoolean = IsProvenBoolean(port);
        if (port.Terms.Length != 1 || port.Terms[0].Wire == 0 || port.Terms[0].Coefficient != TF.One)
        {
            int wire = AddWire();
            Instructions.Add(new Instruction { Op = Opcode.Linear, Destination = wire, A = Store(port) });
            AssertEqual(FromWire(wire), port);
            port = FromWire(wire);
        }

        ref WireEntry entry = ref CollectionsMarshal.AsSpan(Wires)[port.Terms[0].Wire];
        entry.IsPinned = true;
        entry.IsBoolean |= isBoolean;
        return port.Terms[0].Wire;
    }
}
