// Owns: an engine with keys that computes in portable code, refuses or lies as a test wants it.

using ProvingService.Algebra;
using Xunit;

namespace ProvingService.Groth16.Tests;

/// <summary>Makes the sums from the parts that a key hands to engines with keys, as the reference would.</summary>
internal sealed class PortableKeyEngine : IKeyEngine
{
    /// <summary>Whether keys are taken at all.</summary>
    public bool TakesKeys { get; init; } = true;

    /// <summary>Whether sums are made.</summary>
    public bool Computes { get; set; } = true;

    /// <summary>The sum to make wrong.</summary>
    public KeyWork? Lie { get; set; }

    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public int Computed { get; private set; }

    /// <summary>What was disowned, in order.</summary>
    public List<KeyWork> Disowned { get; } = [];

    public IKeySession<TCurve, TFp, TFr>? TryOpen<TCurve, TFp, TFr>(IKeyParts<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
    {
        if (!TakesKeys)
        {
            return null;
        }

        Opened++;
        return new Session<TCurve, TFp, TFr>(this, key);
    }

    /// <summary>A prover with such an engine has no use for single sums by it.</summary>
    public Jacobian<TField, TCurve> Multiply<TField, TCurve>(
        ReadOnlySpan<Affine<TField, TCurve>> bases, ReadOnlySpan<Scalar256> scalars, EngineOptions options = default)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> => throw new NotSupportedException();

    public void Forward<TFr>(NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr> => throw new NotSupportedException();

    public void Inverse<TFr>(NttDomain<TFr> domain, Span<TFr> values, NttOrder order, in TFr cosetShift, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr> => throw new NotSupportedException();

    public void Quotient<TFr>(
        NttDomain<TFr> domain, Span<TFr> a, Span<TFr> b, Span<TFr> c, in TFr shift, Span<Scalar256> result, EngineOptions options = default)
        where TFr : unmanaged, IPrimeField<TFr> => throw new NotSupportedException();

    private sealed class Session<TCurve, TFp, TFr>(PortableKeyEngine owner, IKeyParts<TCurve, TFp, TFr> key) : IKeySession<TCurve, TFp, TFr>
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
    {
        public bool TryCompute(
            ReadOnlySpan<TFr> witness, out KeySums<TCurve, TFp> sums, Action<KeyWorkChange>? progress, EngineOptions options)
        {
            sums = default;
            options.CancellationToken.ThrowIfCancellationRequested();
            if (!owner.Computes)
            {
                return false;
            }

            owner.Computed++;
            foreach (KeyWork work in Enum.GetValues<KeyWork>())
            {
                progress?.Invoke(new(work, HasEnded: false));
                progress?.Invoke(new(work, HasEnded: true));
            }

            PortableEngine engine = PortableEngine.Instance;
            var scalars = new Scalar256[witness.Length];
            Scalar256.From(witness, scalars);
            TFr[] a = Product(key.Rows(second: false), witness), b = Product(key.Rows(second: true), witness);
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(System.Numerics.BitOperations.Log2((uint)key.DomainSize));
            var h = new Scalar256[key.DomainSize];
            TFr psi = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - domain.LogSize - 1));
            engine.Quotient(domain, a, b, new TFr[a.Length], psi, h);
            sums = new(
                Lied(KeyWork.A, engine.Multiply(key.A, scalars)),
                Lied(KeyWork.B1, engine.Multiply(key.B1, scalars)),
                Lied(KeyWork.B2, engine.Multiply(key.B2, scalars)),
                Lied(KeyWork.C, engine.Multiply(key.C, scalars.AsSpan(key.PublicInputCount + 1))),
                Lied(KeyWork.H, engine.Multiply(key.H, h)));
            return true;
        }

        public void Disown(IReadOnlyList<KeyWork> wrong) => owner.Disowned.AddRange(wrong);

        public void Dispose() => owner.Closed++;

        private Jacobian<TField, TGroup> Lied<TField, TGroup>(KeyWork work, Jacobian<TField, TGroup> sum)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField> =>
            owner.Lie == work ? sum + TGroup.Generator : sum;

        private static TFr[] Product(CompressedRows<TFr> rows, ReadOnlySpan<TFr> witness)
        {
            var product = new TFr[rows.RowStarts.Length - 1];
            for (int i = 0; i < product.Length; i++)
            {
                for (uint k = rows.RowStarts[i]; k < rows.RowStarts[i + 1]; k++)
                {
                    product[i] += rows.Values[k] * witness[(int)rows.Wires[k]];
                }
            }

            Assert.Equal((uint)rows.Wires.Length, rows.RowStarts[^1]);
            return product;
        }
    }
}
