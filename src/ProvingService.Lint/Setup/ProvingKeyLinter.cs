// Owns: the rules of a .zkey. Those of its verification key: KeyRules.cs. Whether its record is true: KeyOrigin.cs of Setup.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Lint;

/// <summary>Lints a <c>.zkey</c>: all of it but whether it belongs to a circuit, which takes that circuit and powers of tau.</summary>
internal sealed class ProvingKeyLinter(string path, LintOptions options, Findings findings, IProgress<SetupProgress>? progress) : ICurveAction<bool>
{
    /// <summary>Points checked between two reports.</summary>
    private const int Slice = 1 << 14;

    private bool VerifiesTranscript => options is { R1cs: not null, Ptau: not null };

    /// <summary>Lints a file that begins as a <c>.zkey</c>.</summary>
    public static void Lint(string path, LintOptions options, Findings findings, IProgress<SetupProgress>? progress)
    {
        try
        {
            CurveDispatch.Run(ZkeyFormat.ReadHeader(path).Curve, new ProvingKeyLinter(path, options, findings, progress));
        }
        catch (InvalidFileException e) when (e.File == path)
        {
            findings.Add(e);
        }
    }

    /// <inheritdoc/>
    public bool Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        using (ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path, allowInsecureKey: true, options.Engine))
        {
            var places = new HeaderPlaces<TCurve, TFp, TFr>(key);
            KeyRules.Check(KeyRules.ElementsOf(key.VerifyingKey), findings, places.Of, Rules.ZkeyGammaNotGenerator);
            CheckSections(key);
            CheckPublicWires(key);
            CheckRecord(key, places);
            CheckPoints(key, places);
        }

        if (!VerifiesTranscript)
        {
            findings.Add(Rules.ZkeyNotVerified, "The circuit and the powers of tau were not given, so the key was not compared with them.");
        }
        else if (!findings.Has(Rules.ZkeyNoContributions) && !findings.Has(Rules.ZkeyRecordFalse) && !findings.Has(Rules.ZkeyDeltaNotOfRecord))
        {
            // Else the transcript is false for what was said already.
            CheckTranscript(options.R1cs!, options.Ptau!);
        }

        return true;
    }

    private void CheckSections<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        foreach (FileSection section in key.File.Sections)
        {
            if (section.Type is 0 or > ZkeyFormat.SectionCount)
            {
                findings.Add(Rules.ZkeyUnknownSection, $"There is a section {section.Type} of {section.Length} bytes.", FindingPlace.AtByte(section.Offset));
            }
        }
    }

    private void CheckPublicWires<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        for (int wire = 1; wire <= key.PublicInputCount; wire++)
        {
            if (key.A[wire].IsInfinity)
            {
                findings.Add(Rules.ZkeyInputUnbound, $"The point of A of public input {wire - 1}, wire {wire}, is infinity.", FindingPlace.OfWire(wire));
            }
        }
    }

    private void CheckRecord<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, HeaderPlaces<TCurve, TFp, TFr> places)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        FindingPlace record = places.Record;
        IReadOnlyList<PhaseTwoContribution<TCurve, TFp>> contributions = key.Contributions.Contributions;
        if (contributions.Count == 0)
        {
            findings.Add(
                Rules.ZkeyNoContributions,
                key.Delta1 == Affine<TFp, TCurve>.Generator
                    ? "There is no contribution on record, and δ is the generator."
                    : "There is no contribution on record, and yet δ is not the generator: a single party chose it.",
                record);
            return;
        }

        CheckChain(key, places);

        if (contributions.Count(c => !c.IsBeacon) < 2)
        {
            findings.Add(Rules.ZkeyOneContribution, "There is a single contribution that is not a beacon, or none.", record);
        }

        if (!contributions[^1].IsBeacon)
        {
            findings.Add(Rules.ZkeyNoBeacon, "The last contribution is not a beacon.", record);
        }

        foreach (IGrouping<string, (string Name, int Number)> same in contributions
            .Select((c, i) => (c.Name, Number: i + 1)).Where(c => c.Name.Length > 0).GroupBy(c => c.Name).Where(group => group.Count() > 1))
        {
            findings.Add(
                Rules.ZkeySameName,
                $"Contributions {string.Join(", ", same.Select(c => c.Number))} are all named {ContributionName.Printable(same.Key)}.",
                record);
        }
    }

    /// <summary>The hashes, proofs and beacons of the record, and δ.</summary>
    private void CheckChain<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, HeaderPlaces<TCurve, TFp, TFr> places)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        if (KeyOrigin.Of(key, options.Engine).Fault is not { } fault)
        {
            return;
        }

        UInt128 iterations = 0;
        foreach (PhaseTwoContribution<TCurve, TFp> beacon in key.Contributions.Contributions.Where(c => c.IsBeacon))
        {
            iterations += UInt128.One << beacon.BeaconIterationsLog;
        }

        if (fault.Kind == TranscriptFaultKind.Beacon && iterations > KeyOrigin.MostBeaconIterations)
        {
            // An honest ceremony may have such a beacon. The whole transcript's verification repeats it.
            if (!VerifiesTranscript)
            {
                findings.Add(Rules.ZkeyBeaconNotRepeated, fault.Text, places.Record);
            }

            return;
        }

        bool isDelta = fault.Kind == TranscriptFaultKind.Delta;
        findings.Add(isDelta ? Rules.ZkeyDeltaNotOfRecord : Rules.ZkeyRecordFalse, fault.Text, isDelta ? places.Of("δ") : places.Record);
    }

    /// <summary>The subgroup of every point, the first bad one of each section; then what both groups must agree on.</summary>
    private void CheckPoints<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key, HeaderPlaces<TCurve, TFp, TFr> places)
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        double all = key.SubgroupChecks().Sum(section => section.Count * section.Weight), done = 0;
        bool isSound = true;
        foreach ((int count, double weight, Func<int, int, EngineOptions, InvalidFileException?> findFault) in key.SubgroupChecks())
        {
            InvalidFileException? fault = null;
            for (int from = 0; from < count && fault is null; from += Slice)
            {
                int to = (int)Math.Min(count, from + (long)Slice);
                fault = findFault(from, to, options.Engine);
                done += (to - from) * weight;
                progress?.Report(new("subgroups", done / all));
            }

            if (fault is not null)
            {
                isSound = false;
                findings.Add(fault);
            }
        }

        bool beta = ProvingKey<TCurve, TFp, TFr>.Agree(key.Beta1, key.VerifyingKey.Beta);
        bool delta = ProvingKey<TCurve, TFp, TFr>.Agree(key.Delta1, key.VerifyingKey.Delta);
        if (!beta)
        {
            findings.Add(Rules.ZkeyGroupsDisagree, "β in G1 and in G2 are not the same multiple of their generators.", places.Of("β"));
        }

        if (!delta)
        {
            findings.Add(Rules.ZkeyGroupsDisagree, "δ in G1 and in G2 are not the same multiple of their generators.", places.Of("δ"));
        }

        // Outside their subgroups the equation on B1 and B2 says nothing.
        if (isSound && KeyValidation.FindFaultOfB(key, options.Engine) is { } ofB)
        {
            findings.Add(Rules.ZkeyBDisagrees, ofB.Message, FindingPlace.AtByte(ofB.Offset));
        }
    }

    private void CheckTranscript(string r1cs, string ptau)
    {
        try
        {
            if (PhaseTwo.VerifyWithPowers(r1cs, ptau, path, verifyPowers: true, null, progress, options.Engine).Fault is { } fault)
            {
                findings.Add(Rules.ZkeyTranscriptFalse, fault.Text);
            }
        }
        catch (InvalidFileException e) when (e.File == path)
        {
            // A point that the transcript's verification refuses as well was found above, each by its own rule.
            if (!findings.HasErrors)
            {
                findings.Add(e);
            }
        }
    }
}

/// <summary>Where the elements of a key stand in its file.</summary>
internal sealed class HeaderPlaces<TCurve, TFp, TFr>(ProvingKey<TCurve, TFp, TFr> key)
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    /// <summary>The record of contributions.</summary>
    public FindingPlace Record => FindingPlace.AtByte(key.File.Require(ZkeyFormat.ContributionSection, "contributions").Offset);

    /// <summary>The place of α, β, γ, δ (in G2) or IC[i].</summary>
    public FindingPlace Of(string element)
    {
        long g1 = Iden3Encoding.PointSize<TFp, TCurve>(), g2 = Iden3Encoding.PointSize<Fp2<TFp>, TCurve>();
        long alpha = key.File.Require(ZkeyFormat.HeaderSection, "header").Offset + 8 + PrimeField.ByteCount<TFp>() + PrimeField.ByteCount<TFr>() + 12;
        return FindingPlace.AtByte(element switch
        {
            "α" => alpha,
            "β" => alpha + (2 * g1),
            "γ" => alpha + (2 * g1) + g2,
            "δ" => alpha + (3 * g1) + (2 * g2),
            _ => key.File.Require(ZkeyFormat.IcSection, "points IC").Offset
                + (g1 * int.Parse(element.AsSpan(3, element.Length - 4), System.Globalization.CultureInfo.InvariantCulture)),
        });
    }
}
