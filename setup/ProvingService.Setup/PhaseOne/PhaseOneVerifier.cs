// Owns: whether the transcript of phase 1 is true. What each check is for:
//
//   key proofs        without them a contributor could undo the contributions before: put in a τ of his own, over the product of
//                     theirs, without knowing that product
//   succession        without it the powers could begin anew with secrets that one party knows, whatever the proofs say. That of
//                     β in G2 is all that binds section 6 to section 5
//   trivial, repeated contributors who add nothing would pass for participants: a secret of 1, one secret twice, or secrets that
//                     undo each other, down to powers of 1 with many names on record
//   beacon            its secrets would not come from the beacon
//   first points      the sections would be powers, but not those of the transcript
//   ratios            a point that is no power of τ, such as one that only its maker can relate to the others, allows false proofs
//   last hash         the points would not be those that the last contributor published the hash of
//   Lagrange bases    phase 2 uses these and not the powers: a false one does what a false power does. The
//                     basis of the largest domain is bound like the others, though the file lacks its last power: any multiple of
//                     that coefficient's column would pass otherwise
//
// Subgroups and infinity: PowersOfTau.FindFault, before any of these, since pairings say nothing outside the groups.

using System.Buffers.Binary;
using System.Security.Cryptography;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>Verifies a file of which the points are known to be in their groups. One use, one thread; engines run on more.</summary>
internal sealed class PhaseOneVerifier<TCurve, TFp, TFr>(
    PowersOfTau<TCurve, TFp> powers, IMsmEngine engine, PhaseMeter meter, EngineOptions options)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>Points summed at a time: 16 MB of coefficients.</summary>
    private const int Slice = 1 << 18;

    private static readonly string[] Secrets = ["τ", "α", "β"];

    /// <summary>By whom a secret was proved. The third point of a proof is another for each challenge.</summary>
    private readonly Dictionary<(int Index, Affine<TFp, TCurve> S, Affine<TFp, TCurve> Sx), int> proved = [];

    /// <summary>After which contribution τ, α and β were in G1 where they were; 0 for the generator. −P has the x of P.</summary>
    private readonly Dictionary<(int Index, TFp X), int> states = [];

    /// <summary>Units of work, in points of G1 multiplied by half a scalar.</summary>
    public static double Work(PowersOfTau<TCurve, TFp> powers) => (1 << powers.Power) * (powers.IsPrepared ? 56.0 : 15.5);

    /// <summary>The first relation that does not hold, or null.</summary>
    public TranscriptFault? FindFault()
    {
        if (powers.Contributions.Count == 0)
        {
            return new(TranscriptFaultKind.NoContributions, 0, "No one contributed: whoever made the file knows its secrets, which are all 1.");
        }

        return CheckContributions() ?? CheckPowers() ?? CheckLastHash() ?? CheckLagrange();
    }

    private TranscriptFault? CheckContributions()
    {
        PhaseOnePoints<TCurve, TFp> before = PhaseOnePoints<TCurve, TFp>.Initial;
        for (int i = 0; i < Secrets.Length; i++)
        {
            states.Add((i, InG1(before)[i].X), 0);
        }

        ReadOnlyMemory<byte> challenge = PhaseOneHashing.FirstChallenge<TCurve, TFp>(
            powers.CeremonyPower, meter.Enter("first challenge").Part(1 << powers.Power), options.CancellationToken);
        for (int number = 1; number <= powers.Contributions.Count; number++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            meter.Enter($"contribution {number}");
            PhaseOneContribution<TCurve, TFp> contribution = powers.Contributions[number - 1];
            if (CheckContribution(contribution, number, before, challenge.Span) is { } fault)
            {
                return fault;
            }

            before = contribution.After;
            challenge = contribution.NextChallenge;
        }

        return null;
    }

    private TranscriptFault? CheckContribution(
        PhaseOneContribution<TCurve, TFp> current, int number, PhaseOnePoints<TCurve, TFp> before, ReadOnlySpan<byte> challenge)
    {
        var points = new Affine<Fp2<TFp>, TCurve>[3];
        for (int i = 0; i < 3; i++)
        {
            KeyProof<TCurve, TFp> proof = current.Key[i];
            if (!proved.TryAdd((i, proof.S, proof.Sx), number))
            {
                return Fault(TranscriptFaultKind.Repeated, $"its key for {Secrets[i]} is that of contribution {proved[(i, proof.S, proof.Sx)]}");
            }

            points[i] = PhaseOneHashing.KeyPoint(i, challenge, proof.S, proof.Sx);
            if (!proof.Holds(points[i]))
            {
                return Fault(
                    TranscriptFaultKind.KeyProof,
                    $"the proof of knowing its secret for {Secrets[i]} does not hold for the challenge {(number == 1 ? "at the beginning" : $"that contribution {number - 1} left behind")}");
            }

            if (proof.IsTrivial)
            {
                return Fault(TranscriptFaultKind.TrivialSecret, $"its secret for {Secrets[i]} is 1, which changes nothing");
            }
        }

        PhaseOneKey<TCurve, TFp> key = current.Key;
        PhaseOnePoints<TCurve, TFp> after = current.After;
        string? wrong =
            !Ratio.IsSame(before.TauG1, after.TauG1, points[0], key.Tau.SpX) ? "τ in G1"
            : !Ratio.IsSame(key.Tau.S, key.Tau.Sx, before.TauG2, after.TauG2) ? "τ in G2"
            : !Ratio.IsSame(before.AlphaG1, after.AlphaG1, points[1], key.Alpha.SpX) ? "α in G1"
            : !Ratio.IsSame(before.BetaG1, after.BetaG1, points[2], key.Beta.SpX) ? "β in G1"
            : !Ratio.IsSame(key.Beta.S, key.Beta.Sx, before.BetaG2, after.BetaG2) ? "β in G2"
            : null;
        if (wrong is not null)
        {
            return Fault(
                TranscriptFaultKind.NotSuccessive,
                $"{wrong} after it is not {(number == 1 ? "the generator" : $"that after contribution {number - 1}")} times the secret whose knowledge it proves");
        }

        for (int i = 0; i < Secrets.Length; i++)
        {
            if (!states.TryAdd((i, InG1(after)[i].X), number))
            {
                int earlier = states[(i, InG1(after)[i].X)];
                return Fault(
                    TranscriptFaultKind.Repeated,
                    $"it leads {Secrets[i]} back to {(earlier == 0 ? "the generator" : $"where contribution {earlier} had left it")}, but for the sign: what lies between is undone");
            }
        }

        // 64 bytes of challenge and the compressed points of sections 2 to 6, at the power of the ceremony.
        ulong hashed = BinaryPrimitives.ReadUInt64LittleEndian(current.PartialHash.Span[192..])
            + BinaryPrimitives.ReadUInt64LittleEndian(current.PartialHash.Span[200..]);
        ulong response = 64 + ((ulong)PrimeField.ByteCount<TFp>() * ((6UL << powers.CeremonyPower) + 1));
        if (hashed != response)
        {
            return Fault(TranscriptFaultKind.HashChain, $"the state of its response's hash is that after {hashed} bytes, and a response has {response} before its key");
        }

        return current.IsBeacon && !IsOfBeacon(current, challenge)
            ? Fault(
                TranscriptFaultKind.Beacon,
                $"its secrets are not those of the beacon {Convert.ToHexStringLower(current.BeaconValue.Span)} after 2^{current.BeaconIterationsLog} iterations")
            : null;

        TranscriptFault Fault(TranscriptFaultKind kind, string text) =>
            new(kind, number, $"Contribution {number} ({ContributionName.Printable(current.Name)}): {text}.");
    }

    /// <summary>τ, α and β in G1.</summary>
    private static ReadOnlySpan<Affine<TFp, TCurve>> InG1(PhaseOnePoints<TCurve, TFp> points) => new[] { points.TauG1, points.AlphaG1, points.BetaG1 };

    private bool IsOfBeacon(PhaseOneContribution<TCurve, TFp> contribution, ReadOnlySpan<byte> challenge)
    {
        meter.Enter($"beacon of 2^{contribution.BeaconIterationsLog} iterations");
        using SecretScalars<TFr> secrets = PhaseOneBeacon.Derive<TCurve, TFp, TFr>(
            contribution.BeaconValue.Span, contribution.BeaconIterationsLog, meter.Part(0), out Affine<TFp, TCurve>[] s, options.CancellationToken);
        byte[] answered = challenge.ToArray();
        for (int i = 0; i < 3; i++)
        {
            if (contribution.Key[i] != KeyProof<TCurve, TFp>.Create(secrets[i], s[i], (p, px) => PhaseOneHashing.KeyPoint(i, answered, p, px)))
            {
                return false;
            }
        }

        return true;
    }

    private TranscriptFault? CheckPowers()
    {
        PhaseOnePoints<TCurve, TFp> last = powers.Contributions[^1].After;
        Affine<TFp, TCurve> g1 = Affine<TFp, TCurve>.Generator;
        Affine<Fp2<TFp>, TCurve> g2 = Affine<Fp2<TFp>, TCurve>.Generator;
        return First(2, 0, "the generator", powers.TauG1[0] == g1)
            ?? First(2, 1, "τ", powers.TauG1[1] == last.TauG1)
            ?? First(3, 0, "the generator", powers.TauG2[0] == g2)
            ?? First(3, 1, "τ", powers.TauG2[1] == last.TauG2)
            ?? First(4, 0, "α", powers.AlphaTauG1[0] == last.AlphaG1)
            ?? First(5, 0, "β", powers.BetaTauG1[0] == last.BetaG1)
            ?? First(6, 0, "β", powers.BetaG2 == last.BetaG2)
            ?? InG1(2, "τ in G1", powers.TauG1)
            ?? InG2()
            ?? InG1(4, "α·τ in G1", powers.AlphaTauG1)
            ?? InG1(5, "β·τ in G1", powers.BetaTauG1);

        TranscriptFault? First(int section, int index, string what, bool holds) => holds ? null : new(
            TranscriptFaultKind.FirstPoints,
            powers.Contributions.Count,
            $"Section {section}: point {index} is not {what}{(what.Length > 1 ? "" : $" as contribution {powers.Contributions.Count}, the last, left it")}.");

        TranscriptFault? InG1(int section, string name, ReadOnlySpan<Affine<TFp, TCurve>> points)
        {
            (Affine<TFp, TCurve> sum, Affine<TFp, TCurve> shifted) = Combine(name, points, 1);
            return Ratio.IsSame(sum, shifted, g2, last.TauG2) ? null : NoPowers(section, name);
        }

        TranscriptFault? InG2()
        {
            (Affine<Fp2<TFp>, TCurve> sum, Affine<Fp2<TFp>, TCurve> shifted) = Combine("τ in G2", powers.TauG2, 2.7);
            return Ratio.IsSame(g1, last.TauG1, sum, shifted) ? null : NoPowers(3, "τ in G2");
        }

        static TranscriptFault NoPowers(int section, string name) =>
            new(TranscriptFaultKind.Powers, 0, $"The points of section {section} ({name}) are not each τ times the one before.");
    }

    /// <summary>Σ ρᵢ·Pᵢ and Σ ρᵢ·Pᵢ₊₁ with random ρᵢ of 128 bits: all ratios at once, but for a chance of 2⁻¹²⁷.</summary>
    private (Affine<TField, TGroup> Sum, Affine<TField, TGroup> Shifted) Combine<TField, TGroup>(
        string name, ReadOnlySpan<Affine<TField, TGroup>> points, double weight)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        meter.Enter(name);
        Jacobian<TField, TGroup> sum = default, shifted = default;
        var factors = new Scalar256[Math.Min(Slice, points.Length - 1)];
        for (int from = 0; from < points.Length - 1; from += factors.Length)
        {
            int count = Math.Min(factors.Length, points.Length - 1 - from);
            DrawFactors(factors.AsSpan(0, count));
            sum += engine.Multiply(points.Slice(from, count), factors.AsSpan(0, count), options);
            shifted += engine.Multiply(points.Slice(from + 1, count), factors.AsSpan(0, count), options);
            meter.Add(2 * weight * count);
        }

        return (sum.ToAffine(), shifted.ToAffine());
    }

    private TranscriptFault? CheckLastHash()
    {
        if (powers.Header.IsReduced)
        {
            return null;
        }

        meter.Enter("last hash");
        PhaseOneContribution<TCurve, TFp> last = powers.Contributions[^1];
        ReadOnlyMemory<byte> answered = powers.Contributions.Count > 1
            ? powers.Contributions[^2].NextChallenge
            : PhaseOneHashing.FirstChallenge<TCurve, TFp>(powers.CeremonyPower, null, options.CancellationToken);
        Blake2b512 response = new(), next = new();
        response.Update(answered.Span);
        next.Update(last.ResponseHash.Span);
        Parallel.Invoke(
            () => PhaseOneHashing.AddAll(response, powers, compressed: true, options),
            () => PhaseOneHashing.AddAll(next, powers, compressed: false, options));
        meter.Add(1 << powers.Power);
        string? wrong = !IsSameState(response.ExportState(), last.PartialHash.Span) ? "the hash of its response"
            : !next.Digest().AsSpan().SequenceEqual(last.NextChallenge.Span) ? "the hash of the challenge that it left behind"
            : null;
        return wrong is null ? null : new(
            TranscriptFaultKind.LastHash,
            powers.Contributions.Count,
            $"Contribution {powers.Contributions.Count} ({ContributionName.Printable(last.Name)}), the last: {wrong} is not that of the points in the file.");
    }

    /// <summary>Whether two states stand for the same message; bytes of the buffer that are not part of it do not count.</summary>
    private static bool IsSameState(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        a[128..].SequenceEqual(b[128..]) && a[..(int)BinaryPrimitives.ReadUInt64LittleEndian(a[200..])].SequenceEqual(b[..(int)BinaryPrimitives.ReadUInt64LittleEndian(a[200..])]);

    private TranscriptFault? CheckLagrange()
    {
        if (!powers.IsPrepared)
        {
            return null;
        }

        if (powers.Power + 1 > NttDomain<TFr>.MaxLogSize)
        {
            throw new InvalidFileException(
                powers.Path, FileFault.Unsupported, -1, $"Lagrange bases of powers up to {NttDomain<TFr>.MaxLogSize - 1} can be verified; reduce the file first.");
        }

        for (int log = 0; log <= powers.Power; log++)
        {
            int n = 1 << log;
            int section =
                !Compare("τ in G1", powers.TauG1[..n], powers.LagrangeTauG1(log), log, 1, out _).IsInfinity ? 12
                : !Compare("τ in G2", powers.TauG2[..n], powers.LagrangeTauG2(log), log, 2.7, out _).IsInfinity ? 13
                : !Compare("α·τ in G1", powers.AlphaTauG1[..n], powers.LagrangeAlphaG1(log), log, 1, out _).IsInfinity ? 14
                : !Compare("β·τ in G1", powers.BetaTauG1[..n], powers.LagrangeBetaG1(log), log, 1, out _).IsInfinity ? 15
                : 0;
            if (section != 0)
            {
                return Fault(section, log);
            }
        }

        // The power that section 2 lacks is zero, or it is the true one, from a file that was cut after it was prepared.
        int top = powers.Power + 1;
        Affine<TFp, TCurve> rest = Compare("τ in G1", powers.TauG1, powers.LagrangeTauG1(top), top, 1, out Scalar256 factor);
        Affine<TFp, TCurve> before = engine.Multiply<TFp, TCurve>(powers.TauG1[^1..], [factor], options).ToAffine();
        return rest.IsInfinity || Ratio.IsSame(before, rest, Affine<Fp2<TFp>, TCurve>.Generator, powers.Contributions[^1].After.TauG2)
            ? null
            : Fault(12, top);

        static TranscriptFault Fault(int section, int log) => new(
            TranscriptFaultKind.LagrangeBasis, 0, $"Section {section}: the Lagrange basis of 2^{log} points is not the transform of section {section - 10}.");
    }

    /// <summary>
    /// Σ (transform of ρ)ᵢ·Lᵢ − Σ ρⱼ·Pⱼ for random ρ of 128 bits: what the transform of the basis has more than the powers. Where
    /// there is one power less than points of the basis, ρ of the missing one is the factor handed out.
    /// </summary>
    private Affine<TField, TGroup> Compare<TField, TGroup>(
        string name, ReadOnlySpan<Affine<TField, TGroup>> points, ReadOnlySpan<Affine<TField, TGroup>> basis, int log, double weight, out Scalar256 last)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        meter.Enter($"Lagrange bases of {name}, 2^{log}");
        var factors = new Scalar256[basis.Length];
        DrawFactors(factors);
        last = factors[^1];
        Jacobian<TField, TGroup> sum = engine.Multiply(points, factors.AsSpan(0, points.Length), options);
        var values = new TFr[basis.Length];
        for (int i = 0; i < values.Length; i++)
        {
            TFr.TryFromCanonical([factors[i].Word0, factors[i].Word1, 0, 0], out values[i]);
        }

        (engine as INttEngine ?? PortableEngine.Instance).Forward(
            NttDomain<TFr>.OfLogSize(log), values.AsSpan(), NttOrder.NaturalToNatural, TFr.One, options);
        Scalar256.From<TFr>(values, factors);
        Jacobian<TField, TGroup> transformed = engine.Multiply(basis, factors, options);
        meter.Add(3 * weight * basis.Length);
        return (transformed - sum).ToAffine();
    }

    private static void DrawFactors(Span<Scalar256> factors)
    {
        byte[] random = new byte[16 * factors.Length];
        RandomNumberGenerator.Fill(random);
        for (int i = 0; i < factors.Length; i++)
        {
            factors[i] = new(BinaryPrimitives.ReadUInt64LittleEndian(random.AsSpan(16 * i)), BinaryPrimitives.ReadUInt64LittleEndian(random.AsSpan((16 * i) + 8)));
        }
    }
}
