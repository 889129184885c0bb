// Owns: a dishonest maker of powers of tau, who knows all secrets and redoes every hash: what is wrong with a file of his is what a
// test made wrong and nothing else.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Adversarial;

/// <summary>Powers of tau in memory, honest until a test changes them.</summary>
internal sealed class ForgedPowers<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly int power;

    public ForgedPowers(int power)
    {
        this.power = power;
        int n = 1 << power;
        TauG1 = Repeat<TFp, TCurve>((2 * n) - 1);
        TauG2 = Repeat<Fp2<TFp>, TCurve>(n);
        AlphaTauG1 = Repeat<TFp, TCurve>(n);
        BetaTauG1 = Repeat<TFp, TCurve>(n);
        BetaG2 = Affine<Fp2<TFp>, TCurve>.Generator;
        FirstChallenge = PhaseOneHashing.FirstChallenge<TCurve, TFp>(power);
    }

    public Affine<TFp, TCurve>[] TauG1 { get; }

    public Affine<Fp2<TFp>, TCurve>[] TauG2 { get; }

    public Affine<TFp, TCurve>[] AlphaTauG1 { get; }

    public Affine<TFp, TCurve>[] BetaTauG1 { get; }

    public Affine<Fp2<TFp>, TCurve> BetaG2 { get; set; }

    public byte[] FirstChallenge { get; }

    public List<PhaseOneContribution<TCurve, TFp>> Contributions { get; } = [];

    /// <summary>What the next contribution answers.</summary>
    public byte[] Challenge => Contributions.Count == 0 ? FirstChallenge : Contributions[^1].NextChallenge.ToArray();

    public static TFr Number(ulong value) => TFr.FromUInt64(value);

    public static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> =>
        ScalarMultiplication.MultiplySecret<TField, TGroup, TFr>(point, scalar).ToAffine();

    /// <summary>A key that proves secrets for a challenge.</summary>
    public static PhaseOneKey<TCurve, TFp> Prove(byte[] challenge, TFr tau, TFr alpha, TFr beta)
    {
        TFr[] secrets = [tau, alpha, beta];
        KeyProof<TCurve, TFp>[] proofs = [.. secrets.Select((x, i) => KeyProof<TCurve, TFp>.Create(
            x, Times(Affine<TFp, TCurve>.Generator, Number(1000 + (ulong)i)), (s, sx) => PhaseOneHashing.KeyPoint(i, challenge, s, sx)))];
        return new(proofs[0], proofs[1], proofs[2]);
    }

    /// <summary>Multiplies the points as a contribution does.</summary>
    public void Multiply(TFr tau, TFr alpha, TFr beta)
    {
        Scale(TauG1, TFr.One, tau);
        Scale(TauG2, TFr.One, tau);
        Scale(AlphaTauG1, alpha, tau);
        Scale(BetaTauG1, beta, tau);
        BetaG2 = Times(BetaG2, beta);
    }

    /// <summary>The powers of given secrets, whatever they were before.</summary>
    public void BeginAnew(TFr tau, TFr alpha, TFr beta)
    {
        Array.Fill(TauG1, Affine<TFp, TCurve>.Generator);
        Array.Fill(TauG2, Affine<Fp2<TFp>, TCurve>.Generator);
        Array.Fill(AlphaTauG1, Affine<TFp, TCurve>.Generator);
        Array.Fill(BetaTauG1, Affine<TFp, TCurve>.Generator);
        BetaG2 = Affine<Fp2<TFp>, TCurve>.Generator;
        Multiply(tau, alpha, beta);
    }

    /// <summary>An honest contribution.</summary>
    public void Contribute(ulong tau, ulong alpha, ulong beta)
    {
        PhaseOneKey<TCurve, TFp> key = Prove(Challenge, Number(tau), Number(alpha), Number(beta));
        Multiply(Number(tau), Number(alpha), Number(beta));
        Record(key);
    }

    /// <summary>Records a contribution that left the points as they stand, with hashes that are theirs.</summary>
    public void Record(PhaseOneKey<TCurve, TFp> key, PhaseOnePoints<TCurve, TFp>? after = null, ContributionParameters? parameters = null, byte[]? answered = null)
    {
        after ??= new(TauG1[1], TauG2[1], AlphaTauG1[0], BetaTauG1[0], BetaG2);
        parameters ??= ContributionParameters.Of($"forged {Contributions.Count + 1}");
        var response = new Blake2b512();
        response.Update(answered ?? Challenge);
        AddPoints(response, compressed: true);
        byte[] state = response.ExportState();
        Contributions.Add(new(
            after, key, state, default, default, parameters.IsBeacon, parameters.Name, parameters.BeaconIterationsLog, parameters.BeaconValue));
        Rehash(Contributions.Count, state);
    }

    /// <summary>Takes a state for that of a contribution's response and lets the hashes follow.</summary>
    public void Rehash(int number, byte[] state)
    {
        PhaseOneContribution<TCurve, TFp> contribution = Contributions[number - 1];
        if (!Blake2b512.TryImportState(state, out Blake2b512 response))
        {
            throw new ArgumentException("no state");
        }

        contribution.Key.AddTo(response);
        byte[] hash = response.Digest();
        var next = new Blake2b512();
        next.Update(hash);
        AddPoints(next, compressed: false);
        Contributions[number - 1] = contribution with { PartialHash = state, ResponseHash = hash, NextChallenge = next.Digest() };
    }

    /// <summary>Redoes the hashes of the last contribution, after points were changed.</summary>
    public void RehashLast()
    {
        var response = new Blake2b512();
        response.Update(Contributions.Count > 1 ? Contributions[^2].NextChallenge.Span : FirstChallenge);
        AddPoints(response, compressed: true);
        Rehash(Contributions.Count, response.ExportState());
    }

    public void Write(string path)
    {
        using var writer = new SectionedFileWriter(path, PtauFormat.Magic, PtauFormat.Version, PtauFormat.PlainSections);
        PtauFormat.WriteHeader<TFp>(writer, power, power);
        Section<TFp, TCurve>(PtauFormat.TauG1Section, TauG1);
        Section<Fp2<TFp>, TCurve>(PtauFormat.TauG2Section, TauG2);
        Section<TFp, TCurve>(PtauFormat.AlphaTauG1Section, AlphaTauG1);
        Section<TFp, TCurve>(PtauFormat.BetaTauG1Section, BetaTauG1);
        Section<Fp2<TFp>, TCurve>(PtauFormat.BetaG2Section, [BetaG2]);
        writer.BeginSection(PtauFormat.ContributionSection);
        writer.Write((uint)Contributions.Count);
        Contributions.ForEach(contribution => contribution.Write(writer));
        writer.EndSection();
        writer.Commit();

        void Section<TField, TGroup>(uint type, ReadOnlySpan<Affine<TField, TGroup>> points)
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
        {
            writer.BeginSection(type);
            writer.Write(Iden3Encoding.AsBytes(points));
            writer.EndSection();
        }
    }

    private static void Scale<TField, TGroup>(Affine<TField, TGroup>[] points, TFr first, TFr factor)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = Times(points[i], first);
            first *= factor;
        }
    }

    private static Affine<TField, TGroup>[] Repeat<TField, TGroup>(int count)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => [.. Enumerable.Repeat(Affine<TField, TGroup>.Generator, count)];

    private void AddPoints(Blake2b512 hash, bool compressed)
    {
        PhaseOneHashing.AddG1<TCurve, TFp>(hash, TauG1, compressed, default);
        PhaseOneHashing.AddG2<TCurve, TFp>(hash, TauG2, compressed, default);
        PhaseOneHashing.AddG1<TCurve, TFp>(hash, AlphaTauG1, compressed, default);
        PhaseOneHashing.AddG1<TCurve, TFp>(hash, BetaTauG1, compressed, default);
        PhaseOneHashing.AddG2<TCurve, TFp>(hash, [BetaG2], compressed, default);
    }
}
