// Owns: finding out which parameters suit a device, and from which size on it beats the processor. Never: what the
// parameters mean (GpuMsmPlan, GpuNttPlan), or the file (GpuTuningFile).

using System.Diagnostics;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>What to tune.</summary>
/// <param name="Curves">Curves.</param>
/// <param name="MsmSizes">log₂ of the sizes of MSMs.</param>
/// <param name="NttSizes">log₂ of the sizes of transforms.</param>
/// <param name="Runs">Runs of each candidate; the fastest counts.</param>
/// <param name="WithThresholds">Whether the processor is measured beside it.</param>
internal sealed record GpuTuningPlan(
    IReadOnlyList<CurveId> Curves, IReadOnlyList<int> MsmSizes, IReadOnlyList<int> NttSizes, int Runs, bool WithThresholds);

/// <summary>
/// Measures candidates on one device: for each group and size the windows around the model's choice, then segments, then
/// group sizes, each with the best of those before; with bases alone and with multiples. What does not fit into memory, or
/// does not build, is no candidate.
/// </summary>
internal sealed class GpuTuner(GpuDevice device, GpuTuningPlan plan, Action<string> tell, CancellationToken cancellation)
{
    private readonly GpuDevice device = device;
    private readonly GpuTuningPlan plan = plan;
    private readonly Action<string> tell = tell;
    private readonly CancellationToken cancellation = cancellation;
    private readonly List<TunedMsm> msms = [];
    private readonly List<TunedNtt> ntts = [];
    private readonly List<TunedThreshold> thresholds = [];

    /// <summary>Tunes.</summary>
    /// <exception cref="GpuException">The device fails.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public GpuTuning Run()
    {
        foreach (CurveId curve in plan.Curves)
        {
            CurveDispatch.Run(curve, new Tuning(this));
        }

        return new() { Msms = [.. msms], Ntts = [.. ntts], Thresholds = [.. thresholds] };
    }

    /// <summary>The seconds of the fastest run; infinity where the device has not the memory or the program does not build.</summary>
    private double Measure(Func<GpuSession, IDisposable> make, Action<IDisposable> run)
    {
        try
        {
            return device.Run(
                session =>
                {
                    try
                    {
                        using IDisposable work = make(session);
                        return Fastest(() => run(work));
                    }
                    catch (GpuBuildException)
                    {
                        // Not further: to the device it would be a failure, after which it rests.
                        return double.PositiveInfinity;
                    }
                },
                cancellation);
        }
        catch (GpuOutOfMemoryException)
        {
            return double.PositiveInfinity;
        }
    }

    private double Fastest(Action run)
    {
        double best = double.PositiveInfinity;
        for (int i = 0; i <= plan.Runs; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Stopwatch.GetTimestamp();
            run();
            best = i == 0 ? best : Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private sealed class Tuning(GpuTuner owner) : ICurveAction<bool>
    {
        private static readonly int[] Segments = [8, 16, 32, 64, 128];
        private static readonly int[] Blocks = [64, 128, 256];
        private static readonly int[] Tiles = [8, 9, 10];

        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            foreach (int size in owner.plan.MsmSizes)
            {
                Msm<TFp, TCurve, TFr>(size);
                Msm<Fp2<TFp>, TCurve, TFr>(size);
            }

            foreach (int size in owner.plan.NttSizes)
            {
                Ntt<TFr>(TCurve.Id, size);
            }

            if (owner.plan.WithThresholds)
            {
                Thresholds<TCurve, TFp, TFr>();
            }

            return true;
        }

        private void Msm<TField, TGroup, TFr>(int size)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
            where TFr : unmanaged, IPrimeField<TFr>
        {
            MsmShape shape = MsmShape.Of<TField, TGroup>();
            GpuDeviceInfo info = owner.device.Info;
            foreach (int levels in (int[])[1, 4, int.MaxValue])
            {
                if (levels > 1 && info.IsCpu)
                {
                    continue;
                }

                GpuMsmPlan best = GpuTuning.Default.Msm(info, shape, 1 << size, fold: true, levels, 1 << size);
                double time = Time(best);
                if (double.IsInfinity(time))
                {
                    continue;
                }

                int usual = best.Window;
                foreach (int window in (int[])[usual - 2, usual - 1, usual + 1, usual + 2])
                {
                    Try(best with { Window = window, Sets = SetsFor(best with { Window = window, Sets = 1 }, levels) });
                }

                foreach (int segment in Segments)
                {
                    Try(best with { Segment = segment });
                }

                // A processor runs the work-items of a group one after the other, however many there are.
                foreach (int block in info.IsCpu ? [] : Blocks)
                {
                    Try(best with { Block = block });
                }

                owner.msms.Add(new(TunedFor.Msm(info, shape), shape.Group, size, best.Levels, best.Window, best.Segment, best.Block, time));
                owner.tell($"{TGroup.GroupName} 2^{size}, {best.Levels} levels: window {best.Window}, segment {best.Segment}, block {best.Block}: {time * 1e3:F3} ms");

                void Try(GpuMsmPlan candidate)
                {
                    if (candidate == best || !candidate.CanRun(1 << size))
                    {
                        return;
                    }

                    double candidateTime = Time(candidate);
                    if (candidateTime < time)
                    {
                        (best, time) = (candidate, candidateTime);
                    }
                }
            }

            double Time(GpuMsmPlan candidate) => owner.Measure(
                session => new ResidentMsm<TField, TGroup, TFr>(session, size, GpuTuning.Default, 1, owner.cancellation, candidate),
                work => ((ResidentMsm<TField, TGroup, TFr>)work).Run(owner.cancellation));

            static int SetsFor(GpuMsmPlan candidate, int levels)
            {
                int used = Math.Min(levels, candidate.Windows);
                return (candidate.Windows + used - 1) / used;
            }
        }

        private void Ntt<TFr>(CurveId curve, int size)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            (int Tile, double Seconds) best = (0, double.PositiveInfinity);
            foreach (int tile in Tiles)
            {
                double time = owner.Measure(
                    session => new ResidentNtt<TFr>(session, size, GpuNttPlan.Create(size, tile)),
                    work => ((ResidentNtt<TFr>)work).Run(owner.cancellation));
                best = time < best.Seconds ? (tile, time) : best;
            }

            if (best.Tile > 0)
            {
                owner.ntts.Add(new(TunedFor.Ntt(owner.device.Info, curve), size, best.Tile, best.Seconds));
                owner.tell($"NTT {curve.Name()} 2^{size}: tiles of 2^{best.Tile}: {best.Seconds * 1e3:F3} ms");
            }
        }

        /// <summary>The first size from which on the device is faster, each size measured both ways in turns.</summary>
        private void Thresholds<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            GpuDeviceInfo info = owner.device.Info;
            TunedFor g1 = TunedFor.Msm(info, new(TCurve.Id, 1)), g2 = TunedFor.Msm(info, new(TCurve.Id, 2));
            Threshold(g1, "msm-g1", size => Sum<TFp, TCurve, TFr>(size, isResident: false));
            Threshold(g2, "msm-g2", size => Sum<Fp2<TFp>, TCurve, TFr>(size, isResident: false));
            Threshold(g1, "prove", size => Sum<TFp, TCurve, TFr>(size, isResident: true));
            Threshold(TunedFor.Ntt(info, TCurve.Id), "ntt", Transform<TFr>);
        }

        private void Threshold(TunedFor key, string work, Func<int, (double Device, double Processor)> measure)
        {
            const int Least = 10, Most = 20, Never = 32;
            int first = Never;
            foreach (int size in Enumerable.Range(Least, Most - Least + 1).Where(size => size % 2 == 0))
            {
                (double onDevice, double onProcessor) = measure(size);
                first = onDevice >= onProcessor ? Never : Math.Min(first, size);
                if (onDevice > 20 * onProcessor)
                {
                    // It will not catch up.
                    break;
                }
            }

            owner.thresholds.Add(new(key, work, first));
            owner.tell($"{work} {key.Curve.Name()}: {(first == Never ? "the processor is faster at every size measured" : $"the device is faster from 2^{first} on")}");
        }

        private (double Device, double Processor) Sum<TField, TGroup, TFr>(int size, bool isResident)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var points = new Affine<TField, TGroup>[1 << size];
            var scalars = new Scalar256[1 << size];
            for (int i = 0; i < scalars.Length; i++)
            {
                scalars[i] = Scalar256.From(TFr.Random());
            }

            new FixedBaseTable<TField, TGroup>(Affine<TField, TGroup>.Generator, points.Length).Multiply(scalars, points);
            double processor = owner.Fastest(() => CpuEngine.Default.Multiply<TField, TGroup>(points, scalars, new(CancellationToken: owner.cancellation)));
            double onDevice = isResident
                ? owner.Measure(
                    session => new ResidentMsm<TField, TGroup, TFr>(session, size, GpuTuning.Default, 1, owner.cancellation),
                    work => ((ResidentMsm<TField, TGroup, TFr>)work).RunFromHost(owner.cancellation))
                : owner.Measure(session => new PassingMsm<TField, TGroup>(session, points, scalars), work => ((PassingMsm<TField, TGroup>)work).Run(owner.cancellation));
            return (onDevice, processor);
        }

        private (double Device, double Processor) Transform<TFr>(int size)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(size);
            var values = new TFr[domain.Size];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = TFr.Random();
            }

            double processor = owner.Fastest(() => CpuEngine.Default.Forward(domain, values, NttOrder.NaturalToReversed, TFr.One));
            double onDevice = owner.Measure(session => new PassingNtt<TFr>(session, values), work => ((PassingNtt<TFr>)work).Run(owner.cancellation));
            return (onDevice, processor);
        }
    }
}
