// Owns: the contracts every field and extension field of the house obeys. Never: representation or curve knowledge.

namespace ProvingService.Algebra;

/// <summary>
/// A finite field whose elements are plain values. All operations are static, so that generic code compiles to
/// direct calls and no defensive copies are made. Nothing here runs in constant time.
/// </summary>
/// <typeparam name="TSelf">The implementing element type: unmanaged, immutable, with <c>default</c> as zero.</typeparam>
public interface IFieldOperations<TSelf> : IEquatable<TSelf>
    where TSelf : unmanaged, IFieldOperations<TSelf>
{
    /// <summary>The additive identity; always equal to <c>default(TSelf)</c>.</summary>
    static abstract TSelf Zero { get; }

    /// <summary>The multiplicative identity.</summary>
    static abstract TSelf One { get; }

    /// <summary>Whether <paramref name="a"/> is zero.</summary>
    static abstract bool IsZero(in TSelf a);

    /// <summary>a + b.</summary>
    static abstract TSelf operator +(in TSelf a, in TSelf b);

    /// <summary>a − b.</summary>
    static abstract TSelf operator -(in TSelf a, in TSelf b);

    /// <summary>−a.</summary>
    static abstract TSelf operator -(in TSelf a);

    /// <summary>a · b.</summary>
    static abstract TSelf operator *(in TSelf a, in TSelf b);

    /// <summary>Whether a and b are the same element.</summary>
    static abstract bool operator ==(in TSelf a, in TSelf b);

    /// <summary>Whether a and b differ.</summary>
    static abstract bool operator !=(in TSelf a, in TSelf b);

    /// <summary>a + a.</summary>
    static abstract TSelf Double(in TSelf a);

    /// <summary>a · a.</summary>
    static abstract TSelf Square(in TSelf a);

    /// <summary>a^(2^count) for a count of at least one.</summary>
    internal static virtual TSelf SquareRepeatedly(in TSelf a, int count)
    {
        TSelf result = TSelf.Square(a);
        for (int i = 1; i < count; i++)
        {
            result = TSelf.Square(result);
        }

        return result;
    }

    /// <summary>a⁻¹, or zero where <paramref name="a"/> is zero. Callers for whom zero is an error check first.</summary>
    static abstract TSelf Inverse(in TSelf a);

    /// <summary>An element drawn uniformly from the operating system's generator.</summary>
    static abstract TSelf Random();

    /// <summary>
    /// Whether the stored limbs are a reduced representation. False only for memory that was not written by this
    /// library, such as a mapped file; every other operation assumes true.
    /// </summary>
    static abstract bool IsReduced(in TSelf a);
}

/// <summary>A field in which square roots can be taken: the coordinates of curve points come from one.</summary>
/// <typeparam name="TSelf">The implementing element type.</typeparam>
public interface IField<TSelf> : IFieldOperations<TSelf>
    where TSelf : unmanaged, IField<TSelf>
{
    /// <summary>Finds a square root. Which of the two roots is returned is unspecified but deterministic.</summary>
    /// <returns>False, with <paramref name="root"/> zero, where <paramref name="a"/> is not a square.</returns>
    static abstract bool TrySqrt(in TSelf a, out TSelf root);

    /// <summary>The addresses of emitted point arithmetic over the field, zeros where there is none.</summary>
    internal static virtual nint[] EmitPointFunctions() => ScalarCode.NoPoints;
}
