// Owns: the contract of number-theoretic transforms that every engine (portable, emitted, GPU) obeys.

namespace ProvingService.Algebra;

/// <summary>
/// In which order a transform takes its input and leaves its output. Reversed means that position j holds the value of
/// index rev(j), the bit reversal of j in log₂ n bits. An inverse transform to reversed order and a forward one from it
/// need no permutation between them.
/// </summary>
public enum NttOrder
{
    /// <summary>Natural input, natural output; costs a permutation more than the others.</summary>
    NaturalToNatural,

    /// <summary>Natural input, bit-reversed output.</summary>
    NaturalToReversed,

    /// <summary>Bit-reversed input, natural output.</summary>
    ReversedToNatural,
}

/// <summary>
/// Number-theoretic transforms (NTT), in place. All engines agree bit for bit. Implementations are safe for concurrent
/// calls on different vectors. A vector has exactly <see cref="NttDomain{TFr}.Size"/> elements.
/// </summary>
public interface INttEngine
{
    /// <summary>
    /// Coefficients to evaluations: values[i] ← Σ_j values[j] · (shift · ω^i)^j, that is, evaluates the polynomial on
    /// the coset shift · ⟨ω⟩.
    /// </summary>
    /// <param name="domain">The domain ⟨ω⟩.</param>
    /// <param name="values">The coefficients; replaced by the evaluations.</param>
    /// <param name="order">The orders of coefficients and evaluations.</param>
    /// <param name="cosetShift">The shift; one for the domain itself, which saves a pass of two multiplications an element.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The vector's length is not the domain's size, or the shift is zero.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    void Forward<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>;

    /// <summary>
    /// Evaluations on the coset shift · ⟨ω⟩ to coefficients: values[i] ← n⁻¹ · shift⁻ⁱ · Σ_j values[j] · ω^(−ij). The
    /// inverse of <see cref="Forward"/>. Factors n⁻¹ and shift⁻ⁱ are applied in one pass, so an inverse transform with
    /// shift g⁻¹ followed by a forward one with shift one moves evaluations from ⟨ω⟩ to g·⟨ω⟩ with a single pass.
    /// </summary>
    /// <param name="domain">The domain ⟨ω⟩.</param>
    /// <param name="values">The evaluations; replaced by the coefficients.</param>
    /// <param name="order">The orders of evaluations and coefficients.</param>
    /// <param name="cosetShift">The shift of the coset on which the evaluations lie.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">The vector's length is not the domain's size, or the shift is zero.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    void Inverse<TFr>(
        NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>;

    /// <summary>
    /// From the values of polynomials a and b on ⟨ω⟩, those of a·b − c on shift · ⟨ω⟩ as canonical integers, where c is the
    /// polynomial of degree below n that agrees with a·b on ⟨ω⟩: what the scalars of Groth16's H points are, but for a factor.
    /// </summary>
    /// <param name="domain">The domain ⟨ω⟩.</param>
    /// <param name="a">The values of a; overwritten.</param>
    /// <param name="b">The values of b; overwritten.</param>
    /// <param name="c">Scratch of the domain's size.</param>
    /// <param name="shift">The shift.</param>
    /// <param name="result">The integers, in the order of the domain. May be the memory of <paramref name="a"/>, where elements have its size.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="ArgumentException">A vector's length is not the domain's size, or the shift is zero.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    void Quotient<TFr>(
        NttDomain<TFr> domain,
        Span<TFr> a,
        Span<TFr> b,
        Span<TFr> c,
        in TFr shift,
        Span<Scalar256> result,
        EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr>;
}
