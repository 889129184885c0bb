// Owns: a rank-1 constraint system, whether compiled here or read from a file. Its hash: CircuitHash.

using ProvingService.Algebra;

namespace ProvingService.R1cs;

/// <summary>
/// A rank-1 constraint system: a witness w satisfies it where (A·w)ᵢ · (B·w)ᵢ = (C·w)ᵢ for every row i. Wires are in
/// iden3's order: 0 is the constant 1, then public outputs, public inputs, private inputs, internal wires. Immutable,
/// safe to use from many threads.
/// </summary>
/// <typeparam name="TF">The scalar field.</typeparam>
public sealed class ConstraintSystem<TF>
    where TF : unmanaged, IPrimeField<TF>
{
    private readonly Lazy<CircuitHash> hash;

    internal ConstraintSystem(
        int wireCount, int publicOutputCount, int publicInputCount, int privateInputCount, SparseMatrix<TF> a, SparseMatrix<TF> b, SparseMatrix<TF> c)
    {
        WireCount = wireCount;
        PublicOutputCount = publicOutputCount;
        PublicInputCount = publicInputCount;
        PrivateInputCount = privateInputCount;
        A = a;
        B = b;
        C = c;
        hash = new(() => CircuitHash.Compute(this));
    }

    /// <summary>The number of wires, which is the length of a witness; the constant 1 counts.</summary>
    public int WireCount { get; }

    /// <summary>The number of public outputs: wires 1 to PublicOutputCount.</summary>
    public int PublicOutputCount { get; }

    /// <summary>The number of public inputs, which follow the outputs.</summary>
    public int PublicInputCount { get; }

    /// <summary>
    /// The number of private inputs, which follow the public ones. Of a system that circom optimised it is the number
    /// declared: those that were eliminated have no wire, so it may even exceed <see cref="WireCount"/>.
    /// </summary>
    public int PrivateInputCount { get; }

    /// <summary>Outputs and inputs that the verifier sees: wires 1 to PublicCount.</summary>
    public int PublicCount => PublicOutputCount + PublicInputCount;

    /// <summary>The number of constraints.</summary>
    public int ConstraintCount => A.RowCount;

    /// <summary>The left matrix.</summary>
    public SparseMatrix<TF> A { get; }

    /// <summary>The right matrix.</summary>
    public SparseMatrix<TF> B { get; }

    /// <summary>The output matrix.</summary>
    public SparseMatrix<TF> C { get; }

    /// <summary>The hash that binds keys, jobs and ceremonies to this system; computed at first use.</summary>
    public CircuitHash Hash => hash.Value;
}
