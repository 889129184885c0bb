// Owns: the verification of a whole phase-2 transcript: circuit, phase 1, contributions, points. One step: StepVerifier.cs.
//
// What a cheater gains where a check is left out:
//   counts, A, B1, B2, IC, coefficients   proofs of another circuit than the one that is said to be proved
//   α, β          powers of tau of the cheater's own, of which they know τ
//   γ             a γ whose scalar they know: proofs of any public input
//   initial hash  contributions made for another circuit are claimed for this one
//   δ             see SectionChecks.cs; contributions: see ContributionChecks.cs
//   L, H          points that are no multiples of 1/δ: of those that leave proofs true for the honest, some let the cheater forge,
//                 such as one at H's last coefficient (RandomSums.cs)
//   subgroups     components of small order, which random sums and pairings do not see

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>Recomputes the initial key and holds a key against it and against its own record.</summary>
internal sealed class PhaseTwoVerifier<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly ProvingKey<TCurve, TFp, TFr> key;
    private readonly InitialKey<TCurve, TFp, TFr> initial;
    private readonly string r1cs;
    private readonly IMsmEngine engine;
    private readonly IProgress<SetupProgress>? progress;
    private readonly EngineOptions options;
    private InitialKeyHashForm form;

    private PhaseTwoVerifier(
        ProvingKey<TCurve, TFp, TFr> key,
        InitialKey<TCurve, TFp, TFr> initial,
        string r1cs,
        IMsmEngine engine,
        IProgress<SetupProgress>? progress,
        EngineOptions options)
    {
        this.key = key;
        this.initial = initial;
        this.r1cs = r1cs;
        this.engine = engine;
        this.progress = progress;
        this.options = options;
    }

    /// <summary>Verifies; the powers of tau are taken to be true.</summary>
    public static PhaseTwoReport Verify(
        string r1cs, string ptau, string zkey, IMsmEngine engine, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(zkey, allowInsecureKey: true, options);
        ConstraintSystem<TFr> system = CircuitFile.Read<TFr>(r1cs, options);
        using PowersOfTau<TCurve, TFp> powers = PowersOfTau<TCurve, TFp>.Open(ptau);
        var initial = new InitialKey<TCurve, TFp, TFr>(system, powers, TierOf(engine), options);
        var verifier = new PhaseTwoVerifier<TCurve, TFp, TFr>(key, initial, r1cs, engine, progress, options);
        TranscriptFault? fault = verifier.FindFault();
        return PhaseTwo.Describe(key) with { HashForm = verifier.form, IsVerified = true, Fault = fault };
    }

    /// <summary>The kernels of an engine, so that a second opinion is one in every sum.</summary>
    private static KernelTier TierOf(IMsmEngine engine) => engine switch
    {
        PortableEngine => KernelTier.Portable,
        CpuEngine cpu => cpu.Tier,
        _ => KernelTiers.Current,
    };

    private TranscriptFault? FindFault() =>
        FindFaultOfCounts()
        ?? FindFaultOfHeader()
        ?? FindFaultOfCoefficients()
        ?? new ContributionChecks<TCurve, TFp, TFr>(key.Contributions).FindFault(progress, options)
        ?? SectionChecks.FindFaultOfDelta(key)
        ?? FindFaultOfPoints()
        ?? FindFaultOfH()
        ?? (key.Contributions.Contributions.Count > 0
            ? null
            : new(
                TranscriptFaultKind.NoContributions,
                0,
                "No one contributed: this is the initial key of the circuit, its δ is known to all, and proofs under it can be forged."));

    private TranscriptFault? FindFaultOfCounts()
    {
        ConstraintSystem<TFr> system = initial.System;
        if (key.File.Sections.Length != ZkeyFormat.SectionCount)
        {
            // What a further section holds is bound by nothing.
            return new(TranscriptFaultKind.Circuit, 0, $"The key has {key.File.Sections.Length} sections; a key has {ZkeyFormat.SectionCount}.");
        }

        return Differ("wires", key.WireCount, system.WireCount)
            ?? Differ("public inputs", key.PublicInputCount, system.PublicCount)
            ?? Differ("elements of the domain", key.DomainSize, initial.DomainSize);

        static TranscriptFault? Differ(string what, int ofKey, int ofCircuit) => ofKey == ofCircuit
            ? null
            : new(TranscriptFaultKind.Circuit, 0, $"The key is for a circuit of {ofKey} {what}, and the circuit has {ofCircuit}.");
    }

    private TranscriptFault? FindFaultOfHeader()
    {
        VerifyingKey<TCurve, TFp> verifying = key.VerifyingKey;
        return verifying.Alpha != initial.Alpha1 ? Phase("α", "α in G1")
            : key.Beta1 != initial.Beta1 ? Phase("β", "β in G1")
            : verifying.Beta != initial.Ptau.BetaG2 ? Phase("β", "β in G2")
            : verifying.Gamma != Affine<Fp2<TFp>, TCurve>.Generator
                ? new(TranscriptFaultKind.PhaseOne, 0, "γ is not the generator of G2, as which the format has it: whoever chose it may know its scalar.")
            : null;

        static TranscriptFault Phase(string element, string where) => new(
            TranscriptFaultKind.PhaseOne, 0, $"{where} is not that of the powers of tau: the key was made from others, or its {element} was changed.");
    }

    private TranscriptFault? FindFaultOfCoefficients()
    {
        FileSection section = key.File.Require(ZkeyFormat.CoefficientSection, "coefficients");
        long at = 0, differs = -1;
        byte[] own = [];
        CircuitCoefficients.Stream<TFr>(
            r1cs,
            initial.System.PublicCount,
            bytes =>
            {
                if (differs < 0)
                {
                    int count = (int)Math.Min(bytes.Length, section.Length - at);
                    own = own.Length < bytes.Length ? new byte[bytes.Length] : own;
                    key.File.ReadAt(section.Offset + at, own.AsSpan(0, count));
                    int same = bytes.CommonPrefixLength(own.AsSpan(0, count));
                    differs = same < bytes.Length ? at + same : -1;
                }

                at += bytes.Length;
            },
            options);
        if (differs < 0 && at == section.Length)
        {
            return null;
        }

        long number = differs < 4 ? 0 : (differs - 4) / CircuitCoefficients.EntrySize<TFr>();
        return differs is >= 0 and < 4 || at != section.Length
            ? new(TranscriptFaultKind.Circuit, 0, $"Section 4 (coefficients) has {section.Length} bytes in the key and {at} for the circuit.")
            : new(TranscriptFaultKind.Circuit, 0, $"Coefficient {number} of section 4 is not that of the circuit.");
    }

    /// <summary>The initial points: those that contributions leave alone one by one, L by a random sum, all of them by the hash.</summary>
    private TranscriptFault? FindFaultOfPoints()
    {
        if (key.FindContributedPointOutsideSubgroup(options) is { } outside)
        {
            throw outside;
        }

        ConstraintSystem<TFr> system = initial.System;
        InitialKeyMeter meter = InitialKeyMeter.Of(system, initial.DomainSize, progress);
        var hash = new InitialKeyHash<TCurve, TFp, TFr>(initial);
        if (Compare(ZkeyFormat.IcSection, "IC", initial.Ic, system.PublicCount + 1, () => key.VerifyingKey.Ic) is { } faultOfIc)
        {
            return faultOfIc;
        }

        hash.AddH();
        meter.Add("H", initial.DomainSize);
        int privateWires = system.WireCount - system.PublicCount - 1;
        hash.AddCount(privateWires);
        Jacobian<TFp, TCurve> ofInitial = default, ofKey = default;
        int done = 0;
        initial.C(points =>
        {
            hash.Add(points);
            (Affine<TFp, TCurve> first, Affine<TFp, TCurve> second) = RandomSums.Pair(points, key.C.Slice(done, points.Length), engine, options);
            ofInitial += first;
            ofKey += second;
            done += points.Length;
            meter.Add("L", points.Length);
        });
        if (!SectionChecks.IsQuotient<TCurve, TFp>(ofKey.ToAffine(), ofInitial.ToAffine(), Affine<Fp2<TFp>, TCurve>.Generator, key.VerifyingKey.Delta))
        {
            return new(TranscriptFaultKind.SectionL, 0, "The points of private wires (L, section 8) are not those of the initial key divided by δ.");
        }

        if ((Compare(ZkeyFormat.ASection, "A", initial.A, system.WireCount, () => key.A)
            ?? Compare(ZkeyFormat.B1Section, "B1", initial.B1, system.WireCount, () => key.B1)
            ?? CompareB2(hash, meter)) is { } fault)
        {
            return fault;
        }

        form = hash.Recognise(key.Contributions.InitialKeyHash.Span);
        return form != InitialKeyHashForm.Unknown
            ? null
            : new(
                TranscriptFaultKind.InitialKeyHash,
                0,
                "The recorded hash of the initial key is not that of this circuit with these powers of tau: the contributions were made for another key.");

        TranscriptFault? Compare(
            uint section, string name, Action<PointConsumer<TFp, TCurve>> produce, int count, PointsOf<TFp, TCurve> own)
        {
            hash.AddCount(count);
            int at = 0, differs = -1;
            produce(points =>
            {
                hash.Add(points);
                differs = differs < 0 ? FirstDifference(points, own().Slice(at, points.Length), at) : differs;
                at += points.Length;
                meter.Add(name, points.Length);
            });
            return Differs(section, name, differs);
        }
    }

    private TranscriptFault? CompareB2(InitialKeyHash<TCurve, TFp, TFr> hash, InitialKeyMeter meter)
    {
        hash.AddCount(key.WireCount);
        int at = 0, differs = -1;
        initial.B2(points =>
        {
            hash.Add(points);
            differs = differs < 0 ? FirstDifference(points, key.B2.Slice(at, points.Length), at) : differs;
            at += points.Length;
            meter.Add("B2", points.Length);
        });
        return Differs(ZkeyFormat.B2Section, "B2", differs);
    }

    private static TranscriptFault? Differs(uint section, string name, int point) => point < 0
        ? null
        : new(TranscriptFaultKind.Circuit, 0, $"Point {point} of {name} (section {section}) is not the one that the circuit and the powers of tau determine.");

    private static int FirstDifference<TField, TGroup>(
        ReadOnlySpan<Affine<TField, TGroup>> expected, ReadOnlySpan<Affine<TField, TGroup>> found, int offset)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        int same = expected.CommonPrefixLength(found);
        return same == expected.Length ? -1 : offset + same;
    }

    private TranscriptFault? FindFaultOfH()
    {
        int n = initial.DomainSize;
        (Scalar256[] rho, Scalar256[] sigma) = RandomSums.ForQuotient<TFr>(n, engine, options);
        ReadOnlySpan<Affine<TFp, TCurve>> tau = initial.Ptau.TauG1;
        Jacobian<TFp, TCurve> high = RandomSums.Sum<TCurve, TFp>(tau.Slice(n, n - 1), rho.AsSpan(0, n - 1), engine, options);
        Affine<TFp, TCurve> low = RandomSums.Sum<TCurve, TFp>(tau[..(n - 1)], rho.AsSpan(0, n - 1), engine, options);
        Affine<TFp, TCurve> ofKey = RandomSums.Sum<TCurve, TFp>(key.H, sigma, engine, options);

        // Without the last coefficient, as bellman's parameters leave H, or with that of the initial key.
        Jacobian<TFp, TCurve> withoutLast = high + -low;
        if (IsQuotient(withoutLast))
        {
            return null;
        }

        Scalar256[] weights = RandomSums.ForLastCoefficient<TFr>(n, engine, options);
        Jacobian<TFp, TCurve> last = default;
        int done = 0;
        initial.H(points =>
        {
            last += engine.Multiply(points, weights.AsSpan(done, points.Length), options);
            done += points.Length;
        });
        return IsQuotient(withoutLast + engine.Multiply<TFp, TCurve>([last.ToAffine()], [rho[^1]], options))
            ? null
            : new(TranscriptFaultKind.SectionH, 0, "The points of the quotient (H, section 9) are not those of the powers of tau divided by δ.");

        bool IsQuotient(in Jacobian<TFp, TCurve> dividend) => SectionChecks.IsQuotient<TCurve, TFp>(
            ofKey, dividend.ToAffine(), Affine<Fp2<TFp>, TCurve>.Generator, key.VerifyingKey.Delta);
    }

    private delegate ReadOnlySpan<Affine<TField, TGroup>> PointsOf<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>;
}
