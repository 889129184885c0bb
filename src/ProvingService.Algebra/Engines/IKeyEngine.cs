// Owns: the contract of engines that keep a proving key where they compute, and make the sums of a proof in one go.

namespace ProvingService.Algebra;

/// <summary>The parts of a proof's work that an engine with a key does.</summary>
public enum KeyWork
{
    /// <summary>Σ wᵢAᵢ.</summary>
    A,

    /// <summary>Σ wᵢBᵢ in G1.</summary>
    B1,

    /// <summary>Σ wᵢBᵢ in G2.</summary>
    B2,

    /// <summary>Σ wᵢCᵢ over the private wires.</summary>
    C,

    /// <summary>A·w and B·w.</summary>
    Rows,

    /// <summary>The quotient on the odd coset.</summary>
    Quotient,

    /// <summary>Σ hᵢHᵢ.</summary>
    H,
}

/// <summary>A part of the work begins or ends.</summary>
/// <param name="Work">Which one.</param>
/// <param name="HasEnded">False where it begins, true where it ends.</param>
public readonly record struct KeyWorkChange(KeyWork Work, bool HasEnded);

/// <summary>What of a Groth16 proving key the sums of a proof depend on. Spans stay valid while the key is open.</summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
/// <typeparam name="TFr">Its scalar field.</typeparam>
public interface IKeyParts<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
{
    /// <summary>Wires, the constant one included.</summary>
    int WireCount { get; }

    /// <summary>Public inputs without the constant; they are wires 1 to PublicInputCount.</summary>
    int PublicInputCount { get; }

    /// <summary>The domain's size, a power of two.</summary>
    int DomainSize { get; }

    /// <summary>A point for each wire.</summary>
    ReadOnlySpan<Affine<TFp, TCurve>> A { get; }

    /// <summary>A point for each wire.</summary>
    ReadOnlySpan<Affine<TFp, TCurve>> B1 { get; }

    /// <summary>A point for each wire.</summary>
    ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> B2 { get; }

    /// <summary>A point for each private wire, from wire PublicInputCount + 1.</summary>
    ReadOnlySpan<Affine<TFp, TCurve>> C { get; }

    /// <summary>A point for each element of the odd coset.</summary>
    ReadOnlySpan<Affine<TFp, TCurve>> H { get; }

    /// <summary>A matrix with as many rows as the domain has elements.</summary>
    /// <param name="second">False for A, true for B.</param>
    /// <param name="cancellationToken">Observed every few milliseconds.</param>
    /// <remarks>Made anew at each call; time and memory are linear in the number of coefficients.</remarks>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    CompressedRows<TFr> Rows(bool second, CancellationToken cancellationToken = default);
}

/// <summary>The sums of a proof, before the key's α, β, δ and the prover's r and s come in.</summary>
/// <param name="A">Σ wᵢAᵢ.</param>
/// <param name="B1">Σ wᵢBᵢ in G1.</param>
/// <param name="B2">Σ wᵢBᵢ in G2.</param>
/// <param name="C">Σ wᵢCᵢ over the private wires.</param>
/// <param name="H">Σ hᵢHᵢ.</param>
public readonly record struct KeySums<TCurve, TFp>(
    Jacobian<TFp, TCurve> A,
    Jacobian<TFp, TCurve> B1,
    Jacobian<Fp2<TFp>, TCurve> B2,
    Jacobian<TFp, TCurve> C,
    Jacobian<TFp, TCurve> H)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>;

/// <summary>An engine that may keep keys near its arithmetic, such as in the memory of a GPU.</summary>
public interface IKeyEngine : IMsmEngine, INttEngine
{
    /// <summary>
    /// Prepares to make the sums of proofs under a key. The key's points are taken to be in the subgroup of order r; where
    /// one is not, sums may differ from those of other engines, and the proof is false with either.
    /// </summary>
    /// <param name="key">The key; it stays open as long as what is returned.</param>
    /// <returns>Null where this engine would do no better than a plain <see cref="IMsmEngine"/> and <see cref="INttEngine"/>.</returns>
    IKeySession<TCurve, TFp, TFr>? TryOpen<TCurve, TFp, TFr>(IKeyParts<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>;
}

/// <summary>A key in an engine's keeping. Safe for concurrent use.</summary>
public interface IKeySession<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
{
    /// <summary>Makes the sums for a witness.</summary>
    /// <param name="witness">All wires, in Montgomery form.</param>
    /// <param name="sums">The sums; they may be wrong, as hardware may be, and whoever uses them must verify the proof.</param>
    /// <param name="progress">Told, from several threads, of each part as it begins and as it ends; may be null.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>False where the engine cannot now: the caller makes them by other means.</returns>
    /// <exception cref="ArgumentException">The witness has not the key's number of wires.</exception>
    /// <exception cref="OperationCanceledException">The token of <paramref name="options"/> was cancelled.</exception>
    bool TryCompute(
        ReadOnlySpan<TFr> witness, out KeySums<TCurve, TFp> sums, Action<KeyWorkChange>? progress, EngineOptions options);

    /// <summary>
    /// Tells the engine that sums it made were wrong, where another engine's for the same witness were right: whatever
    /// hardware made them is not to be used until it has proved fit again.
    /// </summary>
    /// <param name="wrong">The sums that were wrong.</param>
    void Disown(IReadOnlyList<KeyWork> wrong);
}
