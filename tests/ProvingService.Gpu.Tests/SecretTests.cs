// Owns: tests that what devices work with does not outlive a job in memory that others get: the witness, and what follows from it.

using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;
using Keys = ProvingService.Gpu.Tests.EngineKeys<
    ProvingService.Algebra.Bn254,
    ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FpParams>,
    ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FrParams>>;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class SecretTests : EngineBench<Bn254, Bn254Fp, Bn254Fr>
{
    /// <summary>Bytes that no memory has by chance.</summary>
    private const int Telling = 16;

    [OpenClTheory]
    [InlineData(null)]
    [InlineData("msm_scatter")]
    [InlineData("msm_reduce")]
    public void The_scratch_of_a_sum_is_overwritten_also_where_the_sum_fails(string? broken)
    {
        const int Count = 600;
        using GpuSession session = new(new FaultyPlatform(new OpenClPlatform(), Faults).Open(OpenClFixture.Device), 1L << 28);
        var points = new Affine<Bn254Fp, Bn254>[Count];
        Array.Fill(points, Affine<Bn254Fp, Bn254>.Generator);
        Scalar256[] scalars = [.. points.Select(_ => Scalar256.From(Bn254Fr.Random()))];
        Array.Fill(scalars, scalars[0], 0, 200);
        var plan = new GpuMsmPlan { Shape = new(CurveId.Bn254, 1), Capacity = Count, Window = 8, Sets = 1, Segment = 2 };
        plan = plan with { Sets = plan.Windows };
        int left = 0;
        Faults.OnFree = bytes => left += bytes.AsSpan().ContainsAnyExcept((byte)0) ? 1 : 0;
        Faults.BrokenKernel = broken;
        if (broken is null)
        {
            GpuMsm.Run<Bn254Fp, Bn254>(session, points, scalars, plan);
        }
        else
        {
            Assert.Throws<GpuException>(() => GpuMsm.Run<Bn254Fp, Bn254>(session, points, scalars, plan));
        }

        // The points are public, and the only memory that may still hold anything.
        left = 0;
        session.Memory.Trim();
        Faults.OnFree = null;
        Assert.Equal(1, left);
    }

    [OpenClTheory]
    [InlineData(null, true)]
    [InlineData("ntt_quotient", true)]
    [InlineData("msm_combine", false)]
    public void A_proof_leaves_nothing_of_the_witness_also_where_it_fails(string? broken, bool isResident)
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(budget: isResident ? null : 1900 * 1024);
        using (var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine))
        {
            Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
            RequireNothingPinned();
            Faults.OnFree = RequireNothing;
            Faults.BrokenKernel = broken;
            Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
            Assert.Equal(broken is null ? 0 : 1, Incidents.Count);
            RequireNothingPinned();
        }

        engine.Dispose();
        Faults.OnFree = null;
        Assert.Empty(Faults.Pinned);
        Assert.Equal(0, found);
    }

    [OpenClFact]
    public unsafe void Sums_of_long_rows_are_overwritten_while_the_matrix_stays()
    {
        using GpuSession session = new(new FaultyPlatform(new OpenClPlatform(), Faults).Open(OpenClFixture.Device), 1L << 28);
        Bn254Fr[] witness = [Bn254Fr.Random(), Bn254Fr.Random()], result = new Bn254Fr[1];
        var values = new Bn254Fr[100];
        Array.Fill(values, Bn254Fr.One);
        bool isLeft = false;
        Faults.OnFree = bytes => isLeft |= bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes(result.AsSpan())) >= 0;
        using (var matrix = GpuRows<Bn254Fr>.Load(session, new([0, 100], [.. Enumerable.Range(0, 100).Select(i => (uint)i & 1)], values)))
        using (GpuReservation memory = session.Memory.Reserve(64, 32))
        {
            fixed (Bn254Fr* from = witness, to = result)
            {
                session.Staging.Upload(from, memory[0]);
                matrix.Evaluate(session, memory[0], memory[1], default);
                session.Staging.Download(memory[1], to);
            }

            session.Staging.Erase();
            memory.Clear(session.Compute);
        }

        Assert.NotEqual(default, result[0]);
        session.Memory.Trim();
        Assert.False(isLeft);
    }

    private static readonly Lazy<HashSet<UInt128>> Secrets = new(() =>
    {
        Bn254Fr[] witness = [.. Keys.Witness().Where(value => Scalar256.From(value).Word2 != 0)];
        Scalar256[] scalars = [.. witness.Select(value => Scalar256.From(value))];
        Assert.True(witness.Length > 300);
        return [.. MemoryMarshal.Cast<Bn254Fr, UInt128>(witness.AsSpan()), .. MemoryMarshal.Cast<Scalar256, UInt128>(scalars.AsSpan())];
    });

    private int found;

    private void RequireNothing(byte[] bytes)
    {
        foreach (UInt128 value in MemoryMarshal.Cast<byte, UInt128>(bytes.AsSpan(0, bytes.Length / Telling * Telling)))
        {
            found += Secrets.Value.Contains(value) ? 1 : 0;
        }
    }

    private unsafe void RequireNothingPinned()
    {
        foreach ((nint pointer, long length) in Faults.Pinned)
        {
            RequireNothing(new ReadOnlySpan<byte>((void*)pointer, (int)length).ToArray());
        }
    }
}
