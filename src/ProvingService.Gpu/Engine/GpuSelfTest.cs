// Owns: what a device must get right before it is used: sums and transforms known from portable code.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// A small MSM in G1 and G2, a small matrix and a small quotient over each curve, with the values at which arithmetic goes wrong first: 0, 1,
/// r − 1, equal and opposite points, infinity. Every kernel that a proof needs takes part.
/// </summary>
internal static unsafe class GpuSelfTest
{
    /// <summary>Odd, and above a group of work-items.</summary>
    private const int Points = 261;

    /// <summary>Enough for a batch of the kernel that makes multiples, each of which takes hundreds of doublings.</summary>
    private const int PointsWithMultiples = 21;

    /// <summary>So many that a bucket with all of them has one segment of two more than one that is not heavy.</summary>
    private const int PointsOfHeavyBuckets = 2 * (GpuMsmPlan.Heavy + 1);

    /// <summary>Two passes, the least in which every kernel of a proof up to 2^20 takes part.</summary>
    private const int LogDomain = GpuNttPlan.DefaultLogTile + 1;

    /// <summary>Tests a curve.</summary>
    /// <exception cref="GpuException">The device fails, or computes something wrong.</exception>
    public static void Run(GpuSession session, CurveId curve) => CurveDispatch.Run(curve, new Test(session));

    private sealed class Test(GpuSession session) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            Scalar256[] scalars = Scalars<TFr>();
            Sum<TFp, TCurve>(scalars);
            Sum<Fp2<TFp>, TCurve>(scalars);
            Rows<TFr>();
            Quotient<TFr>();
            return true;
        }

        private void Sum<TField, TGroup>(Scalar256[] scalars)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            Affine<TField, TGroup>[] points = Known<TField, TGroup>();
            Check(points, scalars, maxLevels: 1);
            Check(points[..PointsWithMultiples], scalars[..PointsWithMultiples], maxLevels: 3);

            // Equal scalars, and no fold.
            Scalar256[] equal = new Scalar256[PointsOfHeavyBuckets];
            Array.Fill(equal, scalars[^1]);
            var plan = new GpuMsmPlan { Shape = MsmShape.Of<TField, TGroup>(), Capacity = equal.Length, Window = 6, Sets = 1, Segment = 2 };
            Check(points[..equal.Length], equal, plan with { Sets = plan.Windows });
        }

        private void Check<TField, TGroup>(Affine<TField, TGroup>[] points, Scalar256[] scalars, int maxLevels)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            GpuMsmPlan plan = GpuTuning.Default.Msm(
                session.Context.Device, MsmShape.Of<TField, TGroup>(), points.Length, fold: true, maxLevels, points.Length);
            Check(points, scalars, plan);
        }

        private void Check<TField, TGroup>(Affine<TField, TGroup>[] points, Scalar256[] scalars, GpuMsmPlan plan)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            Affine<TField, TGroup> expected = PortableEngine.Instance.Multiply<TField, TGroup>(points, scalars).ToAffine();
            if (GpuMsm.Run<TField, TGroup>(session, points, scalars, plan).ToAffine() != expected)
            {
                throw new GpuException($"{session.Context.Device.Id} fails its self-test: a sum over {TGroup.GroupName} is wrong.");
            }
        }

        /// <summary>A row of two chunks, one of 1 and −1, one without entries, one of other values, and a place without a row.</summary>
        private void Rows<TFr>()
            where TFr : unmanaged, IPrimeField<TFr>
        {
            int[] lengths = [RowLayout<TFr>.Chunk + 70, 2, 0, 7];
            var witness = new TFr[32];
            TFr x = TFr.FromUInt64(7);
            for (int i = 0; i < witness.Length; i++)
            {
                (witness[i], x) = (x, (x * x) + TFr.One);
            }

            uint[] starts = new uint[lengths.Length + 1], wires = new uint[lengths.Sum()];
            TFr[] values = new TFr[wires.Length], expected = new TFr[starts.Length], result = new TFr[starts.Length];
            for (int row = 0, at = 0; row < lengths.Length; starts[++row] = (uint)at)
            {
                for (int i = 0; i < lengths[row]; i++, at++)
                {
                    wires[at] = (uint)(at * 5 % witness.Length);
                    values[at] = i == 0 ? TFr.One : i == 1 ? -TFr.One : witness[i % witness.Length];
                    expected[row] += values[at] * witness[wires[at]];
                }
            }

            using var matrix = GpuRows<TFr>.Load(session, new(starts, wires, values));
            using GpuReservation memory = session.Memory.Reserve((long)witness.Length * sizeof(TFr), (long)result.Length * sizeof(TFr));
            fixed (TFr* source = witness, target = result)
            {
                session.Staging.Upload(source, memory[0]);
                matrix.Evaluate(session, memory[0], memory[1], default);
                session.Staging.Download(memory[1], target);
            }

            if (!result.AsSpan().SequenceEqual(expected))
            {
                throw new GpuException($"{session.Context.Device.Id} fails its self-test: a product with a matrix over {TFr.Name} is wrong.");
            }
        }

        private void Quotient<TFr>()
            where TFr : unmanaged, IPrimeField<TFr>
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(LogDomain);
            TFr shift = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - LogDomain - 1)), x = TFr.FromUInt64(3);
            TFr[] a = new TFr[domain.Size], b = new TFr[domain.Size];
            for (int i = 0; i < a.Length; i++)
            {
                (a[i], b[i], x) = (x, i % 5 == 0 ? -TFr.One : i % 7 == 0 ? default : TFr.Square(x), (x * x) + TFr.One);
            }

            Scalar256[] result = new Scalar256[a.Length], expected = new Scalar256[a.Length];
            long bytes = (long)a.Length * sizeof(TFr);
            using var tables = new GpuNttTables<TFr>(session, domain);
            using GpuReservation memory = session.Memory.Reserve(bytes, bytes, bytes);
            fixed (TFr* first = a, second = b)
            fixed (Scalar256* target = result)
            {
                session.Staging.Upload(first, memory[0]);
                session.Staging.Upload(second, memory[1]);
                GpuNtt.Quotient(session, tables, memory[0], memory[1], memory[2], shift, memory[0], default);
                session.Staging.Download(memory[0], target);
            }

            PortableEngine.Instance.Quotient(domain, a, b, new TFr[a.Length], shift, expected);
            if (!result.AsSpan().SequenceEqual(expected))
            {
                throw new GpuException($"{session.Context.Device.Id} fails its self-test: a quotient over {TFr.Name} is wrong.");
            }
        }
    }

    private static Scalar256[] Scalars<TFr>()
        where TFr : unmanaged, IPrimeField<TFr>
    {
        // A chain of squares fills all bits; which chain does not matter.
        var scalars = new Scalar256[Points];
        TFr x = TFr.FromUInt64(5);
        for (int i = 0; i < scalars.Length; i++)
        {
            scalars[i] = Scalar256.From((i % 9) switch { 0 => default, 1 => TFr.One, 2 => -TFr.One, _ => x });
            x = (x * x) + TFr.One;
        }

        return scalars;
    }

    /// <summary>Multiples of the generator, some equal, some opposite, some at infinity.</summary>
    private static Affine<TField, TGroup>[] Known<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        var points = new Affine<TField, TGroup>[Points];
        Xyzz<TField, TGroup> multiple = Affine<TField, TGroup>.Generator;
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = (i % 8) switch
            {
                3 => points[i - 1],
                5 => -points[i - 1],
                6 => default,
                _ => multiple.ToAffine(),
            };
            multiple = Xyzz<TField, TGroup>.Double(multiple) + Affine<TField, TGroup>.Generator;
        }

        return points;
    }
}
