// Owns: one device's share of a key: its points and rows in device memory, and the sums of a proof that it makes.

using System.Numerics;
using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// The parts of a key that one device has. What lies on the device belongs to a session, and is loaded anew after the
/// device was closed. Used on the device's thread.
/// </summary>
internal sealed unsafe class GpuKeyShare<TCurve, TFp, TFr>(
    IKeyParts<TCurve, TFp, TFr> key, GpuKeySizes sizes, IReadOnlyList<KeyWork> parts, GpuTuning tuning, int firstStep)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, ICurveGroup<TCurve, TFp>, ICurveGroup<TCurve, Fp2<TFp>>
{
    private readonly Dictionary<KeyWork, IDisposable> bases = [];
    private GpuSession? home;
    private GpuKeyPlan? plan;
    private GpuRows<TFr>? rowsOfA, rowsOfB;
    private int step = firstStep;
    private bool isPlanned;
    private volatile bool isRetired;

    /// <summary>What it makes.</summary>
    public IReadOnlyList<KeyWork> Parts => parts;

    /// <summary>The step of <see cref="GpuKeyThrift"/> it is at.</summary>
    public GpuKeyThrift Thrift => GpuKeyThrift.Steps[step];

    /// <summary>Makes its sums for a witness; the others stay infinity.</summary>
    /// <exception cref="GpuOutOfMemoryException">Not even the most thrifty plan fits.</exception>
    /// <exception cref="GpuException">The device fails.</exception>
    public KeySums<TCurve, TFp> Compute(GpuSession session, TFr* witness, Action<KeyWorkChange>? progress, CancellationToken cancellation)
    {
        bool isTrimmed = false;
        try
        {
            while (true)
            {
                try
                {
                    Load(session, cancellation);
                    return Make(session, witness, progress, cancellation);
                }
                catch (GpuOutOfMemoryException) when (isPlanned ? step + 1 < GpuKeyThrift.Steps.Count : !isTrimmed)
                {
                    // The budget said yes and the device no, or another key came in between: less, and what nobody needs goes first.
                    // Where no step fitted there is no use in the later ones.
                    Unload();
                    session.Trim();
                    isTrimmed = true;
                    step += isPlanned ? 1 : 0;
                }
            }
        }
        finally
        {
            if (isRetired)
            {
                Unload();
            }
        }
    }

    /// <summary>It is not to be used any more; a job that is under way, or that comes late, leaves nothing behind.</summary>
    public void Retire()
    {
        isRetired = true;
        Unload();
    }

    /// <summary>Frees what lies on the device, if the device is still the same.</summary>
    private void Unload()
    {
        foreach (IDisposable value in bases.Values)
        {
            value.Dispose();
        }

        bases.Clear();
        rowsOfA?.Dispose();
        rowsOfB?.Dispose();
        (rowsOfA, rowsOfB, home, plan) = (null, null, null, null);
    }

    private void Load(GpuSession session, CancellationToken cancellation)
    {
        if (home == session)
        {
            return;
        }

        Unload();
        isPlanned = false;
        try
        {
            // The rows first: the plan is for what they leave.
            if (parts.Contains(KeyWork.H))
            {
                rowsOfA = GpuRows<TFr>.Load(session, key.Rows(second: false, cancellation), cancellation);
                rowsOfB = GpuRows<TFr>.Load(session, key.Rows(second: true, cancellation), cancellation);
                _ = Tables(session);
            }

            (GpuKeyPlan fitting, step) = GpuKeyPlan.Fit(sizes, parts, session.Memory.FreeBytes, step, tuning, session.Context.Device)
                ?? throw new GpuOutOfMemoryException(
                    $"{session.Context.Device.Id} has {session.Memory.FreeBytes} bytes left, too few for a key of {sizes.Wires} wires.");
            (plan, isPlanned) = (fitting, true);
            foreach (KeyWork part in plan.Thrift.IsResident ? parts : [])
            {
                GpuMsmPlan msm = plan.Msms[part];
                bases.Add(
                    part,
                    part == KeyWork.B2
                        ? GpuBases<Fp2<TFp>, TCurve>.Load(session, key.B2, msm, cancellation)
                        : GpuBases<TFp, TCurve>.Load(session, PointsOf(part), msm, cancellation));
            }

            home = session;
        }
        catch
        {
            Unload();
            throw;
        }
    }

    private KeySums<TCurve, TFp> Make(GpuSession session, TFr* witness, Action<KeyWorkChange>? progress, CancellationToken cancellation)
    {
        // All that the proof needs, or nothing of it is begun: what is given back here is taken again piece by piece.
        session.Memory.Reserve([.. plan!.JobLengths, .. plan.LongestRun]).Dispose();
        using GpuReservation job = session.Memory.Reserve([.. plan.JobLengths]);
        var sums = default(KeySums<TCurve, TFp>);
        try
        {
            GpuSlice scalars = job[0];
            session.Staging.Upload(witness, scalars);
            if (parts.Contains(KeyWork.H))
            {
                Tell(KeyWork.Rows, hasEnded: false);
                rowsOfA!.Evaluate(session, scalars, job[1], cancellation);
                rowsOfB!.Evaluate(session, scalars, job[2], cancellation);
                Tell(KeyWork.Rows, hasEnded: true);
                Tell(KeyWork.Quotient, hasEnded: false);
                GpuNttTables<TFr> tables = Tables(session);
                TFr psi = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - tables.Domain.LogSize - 1));
                GpuNtt.Quotient(session, tables, job[1], job[2], job[3], psi, job[1], cancellation);
                Tell(KeyWork.Quotient, hasEnded: true);
            }

            // The rows took the witness in Montgomery form; the sums take integers.
            GpuWitness.ToScalars<TFr>(session, scalars, scalars, cancellation);
            foreach (KeyWork part in parts)
            {
                Tell(part, hasEnded: false);
                sums = part switch
                {
                    KeyWork.A => sums with { A = Sum(key.A, part, scalars, 0) },
                    KeyWork.B1 => sums with { B1 = Sum(key.B1, part, scalars, 0) },
                    KeyWork.B2 => sums with { B2 = Sum(key.B2, part, scalars, 0) },
                    KeyWork.C => sums with { C = Sum(key.C, part, scalars, key.PublicInputCount + 1) },
                    _ => sums with { H = Sum(key.H, part, job[1], 0) },
                };
                Tell(part, hasEnded: true);
            }
        }
        finally
        {
            // The witness, and what follows from it, is the prover's secret.
            session.Staging.Erase();
            job.Clear(session.Compute);
        }

        return sums;

        // What has been launched has not ended: whoever listens pays for waiting.
        void Tell(KeyWork work, bool hasEnded)
        {
            if (progress is not null)
            {
                if (hasEnded)
                {
                    session.Compute.Synchronize();
                }

                progress(new(work, hasEnded));
            }
        }

        Jacobian<TField, TGroup> Sum<TField, TGroup>(ReadOnlySpan<Affine<TField, TGroup>> points, KeyWork part, GpuSlice factors, int first)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            GpuMsmPlan msm = plan.Msms[part];
            if (bases.TryGetValue(part, out IDisposable? resident))
            {
                return GpuMsm.Run(session, (GpuBases<TField, TGroup>)resident, factors, first, 0, points.Length, msm, cancellation);
            }

            Jacobian<TField, TGroup> sum = default;
            for (int from = 0; from < points.Length; from += msm.Capacity)
            {
                int length = Math.Min(msm.Capacity, points.Length - from);
                using var passing = GpuBases<TField, TGroup>.Load(session, points.Slice(from, length), msm, cancellation);
                sum += GpuMsm.Run(session, passing, factors, first + from, 0, length, msm, cancellation);
            }

            return sum;
        }
    }

    private GpuNttTables<TFr> Tables(GpuSession session)
    {
        NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(BitOperations.Log2((uint)sizes.Domain));
        return session.Keep(
            domain, () => new GpuNttTables<TFr>(session, domain, tuning.Ntt(session.Context.Device, sizes.Curve, domain.LogSize)));
    }

    private ReadOnlySpan<Affine<TFp, TCurve>> PointsOf(KeyWork part) => part switch
    {
        KeyWork.A => key.A,
        KeyWork.B1 => key.B1,
        KeyWork.C => key.C,
        _ => key.H,
    };
}
