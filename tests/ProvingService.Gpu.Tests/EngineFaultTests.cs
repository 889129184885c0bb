// Owns: tests of what the GPU engine does when devices fail, lie or are too small. Over one curve: the way is the same.

using ProvingService.Algebra;
using ProvingService.Groth16;
using Xunit;
using Keys = ProvingService.Gpu.Tests.EngineKeys<
    ProvingService.Algebra.Bn254,
    ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FpParams>,
    ProvingService.Algebra.Fp256<ProvingService.Algebra.Bn254FrParams>>;

namespace ProvingService.Gpu.Tests;

[Trait("Kernels", "any")]
public sealed class EngineFaultTests : EngineBench<Bn254, Bn254Fp, Bn254Fr>
{
    [OpenClTheory]
    [InlineData("msm bn254 g1", null)]
    [InlineData("msm bn254 g2", null)]
    [InlineData("ntt", null)]
    [InlineData("rows", null)]
    [InlineData(null, "msm_accumulate")]
    [InlineData(null, "ntt_quotient")]
    [InlineData(null, "rows_evaluate")]
    public void A_device_that_fails_is_done_without_and_not_asked_again(string? program, string? kernel)
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        (Faults.BrokenProgram, Faults.BrokenKernel) = (program, kernel);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        }

        Assert.Equal((1, 1), (Faults.Opened, Faults.Failed));
        GpuIncident incident = Assert.Single(Incidents);
        Assert.Equal(GpuFallback.Failure, incident.Reason);
        Assert.Contains("injected", incident.Message, StringComparison.Ordinal);
        Assert.Equal((GpuDeviceState.OutOfUse, incident.Message), (engine.Devices[0].State, engine.Devices[0].Reason));
    }

    [OpenClFact]
    public void A_device_that_fails_with_a_key_on_it_gets_the_key_again_after_its_rest()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        var clock = new TestClock();
        GpuEngine engine = Engine(new() { Time = clock });
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Faults.BrokenKernel = "msm_reduce";
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Faults.BrokenKernel = null;
        clock.Advance(30);
        int launches = Faults.Launches;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.True(Faults.Launches > launches);
        Assert.Equal((2, GpuDeviceState.Ready), (Faults.Opened, engine.Devices[0].State));
    }

    [OpenClFact]
    public void A_driver_that_does_not_answer_is_given_up()
    {
        using var answer = new ManualResetEventSlim();
        var clock = new TestClock();
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(new() { Time = clock });
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Faults.OnLaunch = kernel =>
        {
            if (kernel == "msm_reduce")
            {
                clock.Advance(301);
                answer.Wait();
            }
        };

        // One proof hangs with its device, another waits behind it: both are made all the same.
        Parallel.For(0, 2, _ => Assert.Equal(expected, Keys.Prove(prover, Keys.Witness())));
        Assert.All(Incidents, incident => Assert.Contains("does not answer", incident.Message, StringComparison.Ordinal));
        clock.Advance(1e6);
        Assert.Equal(GpuDeviceState.OutOfUse, engine.Devices[0].State);

        // What it does when it comes back after all, nobody sees.
        Faults.OnLaunch = null;
        answer.Set();
        int incidents = Incidents.Count;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.Equal((1, incidents, GpuDeviceState.OutOfUse), (Faults.Opened, Incidents.Count, engine.Devices[0].State));
    }

    [OpenClFact]
    public void A_wrong_result_is_caught_and_made_again_and_the_device_is_out_of_use()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Faults.Corrupts = _ => true;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        GpuIncident incident = Assert.Single(Incidents);
        Assert.Equal(GpuFallback.WrongResult, incident.Reason);
        Assert.Equal((GpuDeviceState.OutOfUse, incident.Message), (engine.Devices[0].State, engine.Devices[0].Reason));
        int launches = Faults.Launches;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.Equal(launches, Faults.Launches);
    }

    [OpenClFact]
    public void A_false_witness_is_not_the_devices_fault()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Bn254Fr[] witness = Keys.Witness();
        witness[^1] += Bn254Fr.One;
        Assert.Throws<UnsatisfiedKeyException>(() => prover.Prove(witness));
        Assert.Empty(Incidents);
        Assert.Equal(GpuDeviceState.Ready, engine.Devices[0].State);
    }

    [OpenClTheory]
    [InlineData(2)]
    [InlineData(3)]
    public void Several_devices_share_a_proof(int devices)
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine(devices: devices);
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
        Assert.Empty(Incidents);
        Assert.All(engine.Devices, device => Assert.True(device.BusySeconds > 0 && device.State == GpuDeviceState.Ready));
    }

    [OpenClFact]
    public void A_device_that_is_not_worth_the_way_gets_no_share()
    {
        GpuDeviceInfo fast = OpenClFixture.Device with { Name = "fast", IsCpu = false }, slow = fast with { Name = "slow", IsIntegrated = true };
        var tuning = new GpuTuning { Thresholds = [new(TunedFor.Msm(fast, new(CurveId.Bn254, 1)), "prove", 8)] };
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine(new() { Tuning = tuning, Precompute = false }, evenIfSlower: false, infos: [slow, fast]);
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
        Assert.Equal([0, 1], engine.Devices.Select(device => device.Jobs));
    }

    [OpenClFact]
    public void Where_one_of_two_devices_fails_the_other_takes_its_share()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(devices: 2);
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Faults.BrokenLaunches = 1;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.Single(Incidents);
        Assert.Equal([GpuDeviceState.Ready, GpuDeviceState.OutOfUse], engine.Devices.Select(device => device.State).Order());
        int launches = Faults.Launches;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.True(Faults.Launches > launches);
    }

    [OpenClFact]
    public void A_device_that_fails_when_the_other_is_done_costs_no_wrong_proof()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(devices: 2);
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        long before = engine.Devices.Sum(device => device.Jobs);
        Faults.OnLaunch = kernel =>
        {
            if (kernel == "ntt_quotient")
            {
                Faults.OnLaunch = null;
                Assert.True(SpinWait.SpinUntil(() => engine.Devices.Sum(device => device.Jobs) > before, TimeSpan.FromMinutes(1)));
                throw new GpuException("injected: late");
            }
        };
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.Equal("injected: late", Assert.Single(Incidents).Message);
    }

    [OpenClTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Who_is_told_of_a_failure_may_end_the_work(int devices)
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(devices: devices);
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        bool isStrict = true;
        engine.Incident += incident =>
        {
            if (isStrict)
            {
                throw new InvalidOperationException(incident.Message);
            }
        };
        Faults.BrokenKernel = "msm_reduce";
        Assert.Contains(
            "injected", Assert.Throws<InvalidOperationException>(() => Keys.Prove(prover, Keys.Witness())).Message, StringComparison.Ordinal);
        isStrict = false;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
    }

    [OpenClFact]
    public void Only_the_device_that_made_the_wrong_sum_is_blamed()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine(devices: 2);
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        int corrupted = 0;
        Faults.Corrupts = _ => Interlocked.Increment(ref corrupted) == 1;
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.Equal(GpuFallback.WrongResult, Assert.Single(Incidents).Reason);
        Assert.Equal([GpuDeviceState.Ready, GpuDeviceState.OutOfUse], engine.Devices.Select(device => device.State).Order());
    }

    [OpenClFact]
    public void A_cancelled_proof_leaves_the_device_as_it_was()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        using var source = new CancellationTokenSource();
        Faults.OnLaunch = kernel =>
        {
            if (kernel == "msm_accumulate")
            {
                source.Cancel();
            }
        };
        Assert.ThrowsAny<OperationCanceledException>(
            () => Keys.Prove(prover, Keys.Witness(), new(CancellationToken: source.Token)));
        Faults.OnLaunch = null;
        Assert.Empty(Incidents);
        Assert.Equal(expected, Keys.Prove(prover, Keys.Witness()));
        Assert.Equal((1, GpuDeviceState.Ready), (Faults.Opened, engine.Devices[0].State));
    }

    [OpenClFact]
    public void Proofs_side_by_side_are_all_right()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        string expected = Expected(key);
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Parallel.For(0, 4, _ => Assert.Equal(expected, Keys.Prove(prover, Keys.Witness())));
        Assert.Empty(Incidents);
    }

    [OpenClTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_transform_whose_result_does_not_arrive_is_made_from_what_was_given(int failing)
    {
        GpuEngine engine = Engine();
        NttDomain<Bn254Fr> domain = NttDomain<Bn254Fr>.OfLogSize(18);
        var values = new Bn254Fr[domain.Size];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Bn254Fr.FromUInt64((ulong)i + 5);
        }

        Bn254Fr[] expected = [.. values];
        CpuEngine.Default.Forward(domain, expected, NttOrder.NaturalToReversed, Bn254Fr.One);
        int pieces = 0;
        Faults.BrokenDownload = bytes => bytes == 4 << 20 && ++pieces == failing;
        engine.Forward(domain, values, NttOrder.NaturalToReversed, Bn254Fr.One);
        Assert.Equal(failing, pieces);
        Assert.Equal(GpuFallback.Failure, Assert.Single(Incidents).Reason);
        Assert.Equal(expected, values);
    }

    [OpenClFact]
    public void Sums_that_are_no_points_of_any_field_are_a_devices_failure()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(Expected(key), Keys.Prove(prover, Keys.Witness()));
        (Faults.Corrupts, Faults.Garbles) = (_ => true, true);
        Assert.Equal(Expected(key), Keys.Prove(prover, Keys.Witness()));
        GpuIncident incident = Assert.Single(Incidents);
        Assert.Equal(GpuFallback.Failure, incident.Reason);
        Assert.Contains("coordinates", incident.Message, StringComparison.Ordinal);
    }

    [OpenClFact]
    public void Work_that_comes_after_the_engine_was_disposed_is_done_by_the_processor()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        using var prover = new Prover<Bn254, Bn254Fp, Bn254Fr>(key, engine, engine);
        Assert.Equal(Expected(key), Keys.Prove(prover, Keys.Witness()));
        engine.Dispose();
        int launches = Faults.Launches;
        Assert.Equal(Expected(key), Keys.Prove(prover, Keys.Witness()));
        Assert.Equal((launches, 1), (Faults.Launches, Faults.Closed));
        engine.Dispose();
        Assert.Empty(Incidents);
    }

    [OpenClFact]
    public void A_key_that_was_given_back_does_not_come_again()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        using IKeySession<Bn254, Bn254Fp, Bn254Fr> session = engine.TryOpen(key)!;
        Assert.True(session.TryCompute(Keys.Witness(), out _, null, default));
        session.Dispose();
        int launches = Faults.Launches;
        Assert.False(session.TryCompute(Keys.Witness(), out _, null, default));
        Assert.Equal(launches, Faults.Launches);
    }

    [OpenClFact]
    public void A_disposed_prover_gives_the_devices_memory_back()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
        Assert.Equal(0, Lent(engine));
    }

    [OpenClFact]
    public unsafe void A_share_that_is_used_after_its_end_leaves_nothing_behind()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        var sizes = new GpuKeySizes(CurveId.Bn254, key.WireCount, key.C.Length, key.DomainSize);
        var share = new GpuKeyShare<Bn254, Bn254Fp, Bn254Fr>(key, sizes, GpuKeyShares.Parts, GpuTuning.Default, GpuKeyThrift.FirstPlain);
        Bn254Fr[] witness = Keys.Witness();
        engine.Usable[0].Run(
            session =>
            {
                share.Retire();
                fixed (Bn254Fr* wires = witness)
                {
                    share.Compute(session, wires, null, default);
                }

                return 0;
            },
            default);
        Assert.Equal(0, Lent(engine));
    }

    [OpenClFact]
    public void A_device_where_the_rows_do_not_fit_is_given_them_twice_and_not_with_every_step()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine(budget: 400 * 1024);
        Assert.Equal(0, engine.Usable[0].Run(_ => 0, default));
        var counted = new CountingKey(key);
        var sizes = new GpuKeySizes(CurveId.Bn254, key.WireCount, key.C.Length, key.DomainSize);
        var share = new GpuKeyShare<Bn254, Bn254Fp, Bn254Fr>(counted, sizes, GpuKeyShares.Parts, GpuTuning.Default, 0);
        Assert.Throws<GpuOutOfMemoryException>(() => engine.Usable[0].Run(session => Compute(session), default));
        Assert.InRange(counted.RowsAsked, 2, 4);
        Assert.Equal(0, Lent(engine));

        unsafe int Compute(GpuSession session)
        {
            share.Compute(session, null, null, default);
            return 0;
        }
    }

    [OpenClFact]
    public void The_device_with_least_to_do_comes_first()
    {
        GpuEngine engine = Engine(devices: 2);
        GpuDevice first = engine.Usable[0], second = engine.Usable[1];
        Assert.Equal(second, first.Run(_ => engine.Usable[0], default));
        Assert.Equal(first, second.Run(_ => engine.Usable[0], default));
    }

    [OpenClTheory]
    [InlineData(0)]
    [InlineData(1)]
    public void Without_page_locked_memory_nothing_is_left_behind(int buffers)
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine();
        Faults.Pinnable = buffers;
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
        Assert.Equal(GpuFallback.OutOfMemory, Assert.Single(Incidents).Reason);
        Assert.Empty(Faults.Pinned);
        Assert.Equal(GpuDeviceState.Ready, engine.Devices[0].State);
    }

    [OpenClFact]
    public void Small_work_stays_on_the_processor_unless_it_is_told_not_to()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        GpuEngine engine = Engine(evenIfSlower: false);
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
        Assert.Equal(0, Faults.Opened);
    }

    private static long Lent(GpuEngine engine) => engine.Usable[0].Run(
        session =>
        {
            session.Trim();
            return session.Memory.LentBytes;
        },
        default);

    /// <summary>A key that counts how often its rows are asked for.</summary>
    private sealed class CountingKey(IKeyParts<Bn254, Bn254Fp, Bn254Fr> inner) : IKeyParts<Bn254, Bn254Fp, Bn254Fr>
    {
        public int RowsAsked { get; private set; }

        public int WireCount => inner.WireCount;

        public int PublicInputCount => inner.PublicInputCount;

        public int DomainSize => inner.DomainSize;

        public ReadOnlySpan<Affine<Bn254Fp, Bn254>> A => inner.A;

        public ReadOnlySpan<Affine<Bn254Fp, Bn254>> B1 => inner.B1;

        public ReadOnlySpan<Affine<Fp2<Bn254Fp>, Bn254>> B2 => inner.B2;

        public ReadOnlySpan<Affine<Bn254Fp, Bn254>> C => inner.C;

        public ReadOnlySpan<Affine<Bn254Fp, Bn254>> H => inner.H;

        public CompressedRows<Bn254Fr> Rows(bool second, CancellationToken cancellationToken)
        {
            RowsAsked++;
            return inner.Rows(second, cancellationToken);
        }
    }

    [Fact]
    public void An_engine_without_devices_leaves_everything_to_the_processor()
    {
        using ProvingKey<Bn254, Bn254Fp, Bn254Fr> key = Keys.Open();
        using var engine = new GpuEngine([]);
        Assert.Equal(Expected(key), Keys.Prove(key, engine, engine));
    }
}
