// Owns: the making of a proof, from witness to verified result. The quotient: Quotient.cs. MSM and NTT: the engines.

using System.Buffers;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>
/// Makes proofs under one key, by exactly the protocol of snarkjs: A = α + Σ wᵢAᵢ + rδ, B = β + Σ wᵢBᵢ + sδ,
/// C = Σ wᵢCᵢ + Σ hᵢHᵢ + sA + rB − rsδ, with r and s uniform for each proof. Every proof is verified before it is
/// returned. Safe for concurrent use; what a proof in the making takes is told by <see cref="ProvingMemory"/>.
/// Where the engine keeps keys (<see cref="IKeyEngine"/>), the key goes there with the first proof and leaves when the
/// prover is disposed; what such an engine cannot make, or makes wrong, is made on the processor.
/// </summary>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
/// <typeparam name="TFr">Its scalar field.</typeparam>
public sealed class Prover<TCurve, TFp, TFr> : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly ProvingKey<TCurve, TFp, TFr> key;
    private readonly IMsmEngine msm;
    private readonly INttEngine ntt;
    private readonly ConstraintSystem<TFr>? system;
    private readonly Lazy<Verifier<TCurve, TFp, TFr>> verifier;
    private readonly NttDomain<TFr> domain;
    private readonly IKeyEngine? keys;
    private readonly Lock gate = new();
    private IKeySession<TCurve, TFp, TFr>? session;
    private bool isOpened, isDisposed;

    /// <summary>Prepares to prove.</summary>
    /// <param name="key">
    /// The key. Each proof leases it: where the key is disposed meanwhile, proofs in the making are finished, and no other is begun.
    /// </param>
    /// <param name="msm">Sums points.</param>
    /// <param name="ntt">Transforms polynomials.</param>
    /// <param name="system">
    /// The key's circuit where it is at hand: witnesses are then checked against it first, and the failing constraint is named.
    /// </param>
    /// <exception cref="ArgumentException">The constraint system is not that of the key.</exception>
    public Prover(ProvingKey<TCurve, TFp, TFr> key, IMsmEngine msm, INttEngine ntt, ConstraintSystem<TFr>? system = null)
    {
        if (system is not null && (system.WireCount != key.WireCount || system.PublicCount != key.PublicInputCount))
        {
            throw new ArgumentException(
                $"The circuit has {system.WireCount} wires and {system.PublicCount} public inputs, the key {key.WireCount} and {key.PublicInputCount}.");
        }

        this.key = key;
        this.system = system;

        // An engine with keys does all of a proof or, for a key that it does not want, nothing.
        keys = msm as IKeyEngine;
        this.msm = keys is null ? msm : CpuEngine.Default;
        this.ntt = keys is null ? ntt : CpuEngine.Default;

        // Whoever opened the key decided whether a weak one may be used.
        verifier = new(() => new(key.VerifyingKey, allowInsecureKey: true));
        domain = NttDomain<TFr>.OfLogSize(System.Numerics.BitOperations.Log2((uint)key.DomainSize));
    }

    /// <summary>Proves that the public part of a witness is the statement of a satisfying assignment.</summary>
    /// <param name="witness">All wires: 1, the public inputs, then the rest.</param>
    /// <param name="progress">
    /// Told of each phase as it begins and as it ends, one call at a time, from several threads; a phase that is cut short by an
    /// exception has no end. Where the work is done anew, since a device failed or computed wrongly, its phases are told of
    /// again. See <see cref="ProofTimeline"/>.
    /// </param>
    /// <param name="options">Threads and cancellation, which is observed in every phase, every few milliseconds of work.</param>
    /// <exception cref="ArgumentException">The witness has not the key's number of wires, or does not begin with 1.</exception>
    /// <exception cref="UnsatisfiedConstraintException">The witness does not satisfy the circuit, which is at hand.</exception>
    /// <exception cref="UnsatisfiedKeyException">The witness does not satisfy the key's circuit, as the finished proof shows.</exception>
    /// <exception cref="InvalidFileException">
    /// The finished proof is false because the key is damaged, or because it belongs to another circuit than the one at hand.
    /// </exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The key or this object was disposed.</exception>
    public Proof<TCurve, TFp> Prove(
        ReadOnlySpan<TFr> witness, IProgress<PhaseChange>? progress = null, EngineOptions options = default)
    {
        using KeyLease lease = key.Lease();
        var phases = new PhaseReporter(progress);
        phases.Begin(ProvingPhase.Witness);
        if (witness.Length != key.WireCount)
        {
            throw new ArgumentException(
                $"The witness has {witness.Length} elements and the key is for {key.WireCount} wires; it belongs to another circuit.");
        }

        if (witness[0] != TFr.One)
        {
            throw new ArgumentException("Element 0 of a witness must be 1.");
        }

        if (system is not null)
        {
            CircuitChecker.Require(system, witness, options: options);
        }

        using SecretScalars<TFr> blinding = SecretScalars<TFr>.DrawUniform(2);
        return TryProve(witness, blinding, phases, options)
            ?? throw key.FindDisagreement(options) ?? key.FindPointOutsideSubgroup(options) ?? (system is null
                ? new UnsatisfiedKeyException(key.Path)
                : (Exception)new InvalidFileException(
                    key.Path,
                    FileFault.Inconsistent,
                    -1,
                    "the witness satisfies the circuit and yet the proof is false: the key is damaged or belongs to another circuit."));
    }

    /// <summary>
    /// Takes the key out of the engine's keeping. Does not wait: proofs in the making are finished, if need be on the processor,
    /// and no other is begun. The key itself is its owner's to dispose.
    /// </summary>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            session?.Dispose();
            session = null;
        }
    }

    /// <summary>A verified proof for given r and s, or null.</summary>
    internal Proof<TCurve, TFp>? TryProve(
        ReadOnlySpan<TFr> witness, SecretScalars<TFr> blinding, PhaseReporter phases, EngineOptions options)
    {
        ReadOnlySpan<TFr> publicInputs = witness.Slice(1, key.PublicInputCount);
        if (Session() is not { } keeper)
        {
            return TryFinish(Sum(witness, phases, options), blinding, publicInputs, phases, options);
        }

        phases.End(ProvingPhase.Witness);
        if (!keeper.TryCompute(witness, out KeySums<TCurve, TFp> sums, phases.Report, options))
        {
            phases.EndAll();
            return TryFinish(Sum(witness, phases, options), blinding, publicInputs, phases, options);
        }

        Proof<TCurve, TFp>? proof = TryFinish(sums, blinding, publicInputs, phases, options);
        if (proof is null)
        {
            // Either these sums are wrong, or the witness or the key is: only sums from elsewhere can tell.
            KeySums<TCurve, TFp> own = Sum(witness, phases, options);
            proof = TryFinish(own, blinding, publicInputs, phases, options);
            if (proof is not null)
            {
                keeper.Disown(Differing(sums, own));
            }
        }

        return proof;
    }

    /// <summary>The key in the keeping of an engine, which gets it with the first proof; null where no engine wants it.</summary>
    private IKeySession<TCurve, TFp, TFr>? Session()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (!isOpened)
            {
                session = keys?.TryOpen(key);
                isOpened = true;
            }

            return session;
        }
    }

    /// <summary>The three points, unverified, for given r and s, by the engines that are no <see cref="IKeyEngine"/>.</summary>
    internal ProofPoints<TCurve, TFp> Compute(ReadOnlySpan<TFr> witness, SecretScalars<TFr> blinding, EngineOptions options) =>
        Blind(Sum(witness, new PhaseReporter(null), options), blinding);

    private Proof<TCurve, TFp>? TryFinish(
        in KeySums<TCurve, TFp> sums,
        SecretScalars<TFr> blinding,
        ReadOnlySpan<TFr> publicInputs,
        PhaseReporter phases,
        EngineOptions options)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        ProofPoints<TCurve, TFp> points = Blind(sums, blinding);
        phases.Begin(ProvingPhase.Verification);
        Proof<TCurve, TFp>? verified = Proof<TCurve, TFp>.TryCreate(points.A, points.B, points.C, out Proof<TCurve, TFp>? proof, out _)
            && verifier.Value.Verify(proof, publicInputs, options)
            ? proof
            : null;
        phases.End(ProvingPhase.Verification);
        return verified;
    }

    /// <summary>Adds the key's α, β, δ and the prover's r and s to the sums.</summary>
    private ProofPoints<TCurve, TFp> Blind(in KeySums<TCurve, TFp> sums, SecretScalars<TFr> blinding)
    {
        ref readonly TFr r = ref blinding[0];
        ref readonly TFr s = ref blinding[1];
        Jacobian<TFp, TCurve> a = sums.A + key.VerifyingKey.Alpha + Multiply<TFp, TCurve>(key.Delta1, r);
        Jacobian<TFp, TCurve> b1 = sums.B1 + key.Beta1 + Multiply<TFp, TCurve>(key.Delta1, s);
        Jacobian<Fp2<TFp>, TCurve> b2 = sums.B2 + key.VerifyingKey.Beta + Multiply<Fp2<TFp>, TCurve>(key.VerifyingKey.Delta, s);
        Jacobian<TFp, TCurve> c = sums.C + sums.H
            + Multiply<TFp, TCurve>(a, s) + Multiply<TFp, TCurve>(b1, r) - Multiply<TFp, TCurve>(key.Delta1, r * s);
        return new(a.ToAffine(), b2.ToAffine(), c.ToAffine());

        static Jacobian<TField, TGroup> Multiply<TField, TGroup>(in Jacobian<TField, TGroup> point, in TFr secret)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField> =>
            ScalarMultiplication.MultiplySecret<TField, TGroup, TFr>(point, secret);
    }

    /// <summary>The sums of a proof.</summary>
    private unsafe KeySums<TCurve, TFp> Sum(ReadOnlySpan<TFr> witness, PhaseReporter phases, EngineOptions options)
    {
        Scalar256[] scalars = ArrayPool<Scalar256>.Shared.Rent(witness.Length);
        Jacobian<TFp, TCurve> a = default, b1 = default, c = default, h = default;
        Jacobian<Fp2<TFp>, TCurve> b2 = default;
        try
        {
            Canonicalize(witness, scalars.AsSpan(0, witness.Length), options);
            phases.End(ProvingPhase.Witness);

            // Pinned until all parts are done.
            fixed (TFr* pointer = witness)
            {
                TFr* wires = pointer;
                int count = witness.Length, privateStart = key.PublicInputCount + 1;
                Overlap.Run(
                    options,
                    part => h = ComputeH(new ReadOnlySpan<TFr>(wires, count), phases, part),
                    part => b2 = Sum(ProvingPhase.MsmB, key.B2, 0, part),
                    part => a = Sum(ProvingPhase.MsmA, key.A, 0, part),
                    part => c = Sum(ProvingPhase.MsmC, key.C, privateStart, part),
                    part => b1 = Sum(ProvingPhase.MsmB, key.B1, 0, part));
            }
        }
        finally
        {
            // The witness is the prover's secret.
            ArrayPool<Scalar256>.Shared.Return(scalars, clearArray: true);
        }

        return new(a, b1, b2, c, h);

        Jacobian<TField, TGroup> Sum<TField, TGroup>(
            ProvingPhase phase, ReadOnlySpan<Affine<TField, TGroup>> points, int first, EngineOptions part)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            phases.Begin(phase);
            Jacobian<TField, TGroup> sum = msm.Multiply(points, scalars.AsSpan(first, points.Length), part);
            phases.End(phase);
            return sum;
        }
    }

    private static List<KeyWork> Differing(in KeySums<TCurve, TFp> x, in KeySums<TCurve, TFp> y)
    {
        var differing = new List<KeyWork>();
        Compare(KeyWork.A, x.A, y.A);
        Compare(KeyWork.B1, x.B1, y.B1);
        Compare(KeyWork.B2, x.B2, y.B2);
        Compare(KeyWork.C, x.C, y.C);
        Compare(KeyWork.H, x.H, y.H);
        return differing;

        void Compare<TField, TGroup>(KeyWork work, in Jacobian<TField, TGroup> left, in Jacobian<TField, TGroup> right)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            if (left.ToAffine() != right.ToAffine())
            {
                differing.Add(work);
            }
        }
    }

    private Jacobian<TFp, TCurve> ComputeH(ReadOnlySpan<TFr> witness, PhaseReporter phases, EngineOptions options)
    {
        phases.Begin(ProvingPhase.Products);
        using var a = new Scratch<TFr>(key.DomainSize);
        using var b = new Scratch<TFr>(key.DomainSize);
        KeyProducts.Evaluate(key, witness, a.Array, b.Array, options);
        phases.End(ProvingPhase.Products);
        phases.Begin(ProvingPhase.Quotient);
        Span<Scalar256> scalars = Quotient.Evaluate(ntt, domain, a.Array, b.Array, options);
        phases.End(ProvingPhase.Quotient);
        phases.Begin(ProvingPhase.MsmH);
        Jacobian<TFp, TCurve> sum = msm.Multiply(key.H, scalars, options);
        phases.End(ProvingPhase.MsmH);
        return sum;
    }

    private static unsafe void Canonicalize(ReadOnlySpan<TFr> elements, Span<Scalar256> scalars, EngineOptions options)
    {
        // Pinned while workers read and write disjoint ranges of them.
        fixed (TFr* pointer = elements)
        fixed (Scalar256* targetPointer = scalars)
        {
            TFr* source = pointer;
            Scalar256* target = targetPointer;
            Rows.ForEach(scalars.Length, options, (from, to) =>
                Scalar256.From(new ReadOnlySpan<TFr>(source + from, to - from), new Span<Scalar256>(target + from, to - from)));
        }
    }
}

/// <summary>Three points that may or may not be a proof.</summary>
internal readonly record struct ProofPoints<TCurve, TFp>(
    Affine<TFp, TCurve> A, Affine<Fp2<TFp>, TCurve> B, Affine<TFp, TCurve> C)
    where TFp : unmanaged, IPrimeField<TFp>
    where TCurve : struct, IPairingCurve<TCurve, TFp>;

/// <summary>A witness does not satisfy the circuit of a key; which constraint fails only the circuit could tell.</summary>
/// <param name="keyPath">The key's file.</param>
public sealed class UnsatisfiedKeyException(string keyPath)
    : Exception(
        $"the witness does not satisfy the circuit of {keyPath}; check it against the circuit's .r1cs to learn which constraint fails "
        + "(if none does, the key is damaged or belongs to another circuit).");
