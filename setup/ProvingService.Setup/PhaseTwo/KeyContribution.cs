// Owns: making a contribution to a key, by a secret or by a beacon. Checking one: ContributionChecks.cs, StepVerifier.cs.

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Setup;

/// <summary>
/// From one key the next: δ times the secret x, L and H times 1/x, all else copied byte for byte, a contribution appended to the
/// record. Sections stand in the order of snarkjs's contributions.
/// </summary>
internal static class KeyContribution<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private const int Slice = 1 << 14;

    /// <summary>A contribution by secrets that are derived and erased here.</summary>
    /// <returns>The contribution's hash.</returns>
    public static byte[] Contribute(
        string input, string output, string name, ContributionEntropy entropy, IProgress<SetupProgress>? progress, EngineOptions options)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open(input, options);
        ContributionChain<TCurve, TFp> chain = ContributionChain<TCurve, TFp>.Of(key.Contributions);
        using SecretScalars<TFr> secrets = entropy.Derive<TFr>(chain.Digest(), "delta", "s");
        Affine<TFp, TCurve> s = ScalarMultiplication.MultiplySecret<TFp, TCurve, TFr>(Affine<TFp, TCurve>.Generator, secrets[1]).ToAffine();
        return Write(key, output, Sign(key.Delta1, chain, secrets[0], s, name), secrets[0], progress, options);
    }

    /// <summary>The contribution that a public beacon determines.</summary>
    /// <returns>The contribution's hash.</returns>
    public static byte[] Beacon(
        string input,
        string output,
        string name,
        ReadOnlySpan<byte> beacon,
        int iterationsLog,
        IProgress<SetupProgress>? progress,
        EngineOptions options)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open(input, options);
        ChaChaGenerator generator = ChaChaGenerator.FromBeacon(
            beacon, iterationsLog, progress is null ? null : new BeaconProgress(progress), options.CancellationToken);
        TFr secret = generator.NextElement<TFr>();
        PhaseTwoContribution<TCurve, TFp> contribution =
            Sign(key.Delta1, ContributionChain<TCurve, TFp>.Of(key.Contributions), secret, generator.NextG1<TCurve, TFp>(), name) with
            {
                IsBeacon = true,
                BeaconIterationsLog = iterationsLog,
                BeaconHash = beacon.ToArray(),
            };
        return Write(key, output, contribution, secret, progress, options);
    }

    /// <summary>The record's entry for a secret: δ after it and the proof that the secret is known.</summary>
    public static PhaseTwoContribution<TCurve, TFp> Sign(
        in Affine<TFp, TCurve> delta, ContributionChain<TCurve, TFp> chain, in TFr secret, in Affine<TFp, TCurve> s, string name)
    {
        byte[] transcript = [];
        KeyProof<TCurve, TFp> proof = KeyProof<TCurve, TFp>.Create(secret, s, (own, times) =>
        {
            transcript = chain.TranscriptOf(own, times);
            return ChaChaGenerator.PointOfHash<TCurve, TFp>(transcript);
        });
        Affine<TFp, TCurve> after = ScalarMultiplication.MultiplySecret<TFp, TCurve, TFr>(delta, secret).ToAffine();
        return new(after, proof.S, proof.Sx, proof.SpX, transcript, IsBeacon: false, name, 0, default);
    }

    /// <summary>1/x in a buffer that is pinned, to be cleared by the caller.</summary>
    public static Scalar256[] RepeatInverse(in TFr secret)
    {
        TFr inverse = TFr.Inverse(secret);
        Scalar256[] scalars = GC.AllocateArray<Scalar256>(Slice, pinned: true);
        Array.Fill(scalars, Scalar256.From(inverse));
        return scalars;
    }

    private static ProvingKey<TCurve, TFp, TFr> Open(string path, EngineOptions options)
    {
        ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path, allowInsecureKey: true, options);
        InvalidFileException? fault = key.FindDisagreement(options);
        if (fault is null && SectionChecks.FindFaultOfDelta(key) is { } ofDelta)
        {
            // Such as a single party's key: no verifier would ever accept what is contributed to it.
            fault = new(path, FileFault.Inconsistent, -1, ofDelta.Text + " Nothing can be contributed to this key.");
        }

        if (fault is not null)
        {
            key.Dispose();
            throw fault;
        }

        return key;
    }

    private static byte[] Write(
        ProvingKey<TCurve, TFp, TFr> key,
        string output,
        PhaseTwoContribution<TCurve, TFp> contribution,
        in TFr secret,
        IProgress<SetupProgress>? progress,
        EngineOptions options)
    {
        // A secret of 1 changes nothing; one of 0 leaves no key. Derived secrets are neither, a beacon's with a chance of 2⁻²⁵³.
        if (TFr.IsZero(secret) || secret == TFr.One)
        {
            throw new InvalidOperationException("The secret of a contribution must be neither 0 nor 1.");
        }

        using var writer = new ZkeyWriter<TCurve, TFp, TFr>(output);
        VerifyingKey<TCurve, TFp> verifying = key.VerifyingKey;
        writer.WriteHeader(
            key.WireCount,
            key.PublicInputCount,
            key.DomainSize,
            verifying.Alpha,
            key.Beta1,
            verifying.Beta,
            verifying.Gamma,
            contribution.DeltaAfter,
            ScalarMultiplication.MultiplySecret<Fp2<TFp>, TCurve, TFr>(verifying.Delta, secret).ToAffine());
        foreach (uint section in (uint[])[
            ZkeyFormat.IcSection, ZkeyFormat.CoefficientSection, ZkeyFormat.ASection, ZkeyFormat.B1Section, ZkeyFormat.B2Section])
        {
            writer.CopySection(key.File, section, options.CancellationToken);
        }

        Scalar256[] inverse = RepeatInverse(secret);
        var points = new Affine<TFp, TCurve>[Slice];
        long done = 0, all = key.C.Length + (long)key.H.Length;
        try
        {
            Divide(ZkeyFormat.CSection, "L", key.C);
            Divide(ZkeyFormat.HSection, "H", key.H);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(inverse.AsSpan()));
        }

        writer.WriteContributions(key.File, contribution);
        writer.Commit();
        return ContributionChain<TCurve, TFp>.HashOf(contribution);

        void Divide(uint section, string name, ReadOnlySpan<Affine<TFp, TCurve>> source)
        {
            writer.BeginPoints(section);
            for (int from = 0; from < source.Length; from += Slice)
            {
                int count = Math.Min(Slice, source.Length - from);
                RequireSubgroup(key, section, name, source.Slice(from, count), from, options);
                PointMultiples.MultiplyInSubgroup(source.Slice(from, count), inverse.AsSpan(0, count), points.AsSpan(0, count), options);
                writer.WritePoints<TFp, TCurve>(points.AsSpan(0, count));
                done += count;
                progress?.Report(new(name, (double)done / all));
            }

            writer.EndPoints();
        }
    }

    /// <summary>
    /// The products are published. Of a point with a component of small order they would tell the secret modulo that order, and of
    /// several such points modulo a number of many bits: whoever prepares a key must not have that from its contributors.
    /// </summary>
    private static void RequireSubgroup(
        ProvingKey<TCurve, TFp, TFr> key, uint section, string name, ReadOnlySpan<Affine<TFp, TCurve>> points, int first, EngineOptions options)
    {
        int outside = SubgroupChecks.FindOutside(points, options);
        if (outside >= 0)
        {
            throw new InvalidFileException(
                key.Path,
                FileFault.NotInSubgroup,
                key.File.Require(section, name).Offset + ((long)(first + outside) * Iden3Encoding.PointSize<TFp, TCurve>()),
                $"point {first + outside} of {name} is not in the subgroup of prime order; contributing to this key would tell part of the secret. Do not use it.");
        }
    }

    private sealed class BeaconProgress(IProgress<SetupProgress> target) : IProgress<double>
    {
        public void Report(double value) => target.Report(new("beacon", value));
    }
}
