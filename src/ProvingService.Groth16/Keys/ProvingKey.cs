// Owns: an open proving key, mapped from its .zkey. Layout: ZkeyFormat.cs. Using it: Proving/.

using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>One coefficient of A or B as a .zkey stores it, unaligned.</summary>
/// <typeparam name="TFr">The scalar field.</typeparam>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct KeyCoefficient<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    /// <summary>0 for A, 1 for B.</summary>
    public readonly uint Matrix;

    /// <summary>The row: a constraint, or after the last of them one for each public wire.</summary>
    public readonly uint Row;

    /// <summary>The column.</summary>
    public readonly uint Wire;

    /// <summary>The value v as v·R²; reinterpreted as Montgomery form it is the element v·R.</summary>
    public readonly TFr Value;
}

/// <summary>
/// A proving key: the memory-mapped <c>.zkey</c> itself, so that a key of any size takes no heap. Opening checks the
/// structure, the header's points fully (curve and subgroup), every coefficient, and of the remaining points range and
/// curve; <see cref="FindPointOutsideSubgroup"/> does the rest, which takes minutes for large keys and is not needed
/// before proving, since every finished proof is verified; <see cref="Validate"/> checks all that can be checked. Safe for
/// concurrent use until disposed.
/// </summary>
/// <remarks>
/// Disposing does not wait and does not disturb: the memory stays mapped until the last <see cref="KeyLease"/> ends, and
/// provers and all methods here take one for as long as they run. Spans are valid as long as the key is open or leased. The
/// file must not be cut short by others while it is mapped, since the system would end the process: keep keys where only
/// their owner writes, as read-only files that are replaced and never changed.
/// </remarks>
/// <typeparam name="TCurve">The curve.</typeparam>
/// <typeparam name="TFp">Its base field.</typeparam>
/// <typeparam name="TFr">Its scalar field.</typeparam>
public sealed class ProvingKey<TCurve, TFp, TFr> : IKeyParts<TCurve, TFp, TFr>, IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly SectionedFile file;
    private readonly MappedSection coefficients;
    private readonly PointSection<TFp, TCurve> a, b1, c, h;
    private readonly PointSection<Fp2<TFp>, TCurve> b2;
    private readonly KeyUse use;
    private bool isUnmapped;

    private ProvingKey(SectionedFile file, EngineOptions options)
    {
        this.file = file;
        use = new(Unmap);
        try
        {
            ZkeyCounts header = ZkeyFormat.ReadCounts(file, out SectionReader reader);
            if (header.Q != TFp.Modulus || header.R != TFr.Modulus)
            {
                throw new InvalidFileException(
                    file.Name, FileFault.WrongField, reader.Section.Offset, $"the key is over {ScalarFields.NameOf(header.R)}, and a key over {TFr.Name} is asked for.");
            }

            WireCount = header.WireCount;
            PublicInputCount = header.PublicInputCount;
            DomainSize = header.DomainSize;
            coefficients = MapCoefficients();
            a = new(file, ZkeyFormat.ASection, "A", WireCount);
            b1 = new(file, ZkeyFormat.B1Section, "B1", WireCount);
            b2 = new(file, ZkeyFormat.B2Section, "B2", WireCount);
            c = new(file, ZkeyFormat.CSection, "C", WireCount - PublicInputCount - 1);
            h = new(file, ZkeyFormat.HSection, "H", DomainSize);
            Contributions = PhaseTwoRecord<TCurve, TFp>.Read(file);

            Affine<TFp, TCurve> alpha1 = PointSection<TFp, TCurve>.ReadPoint(file.Name, reader, "alpha1");
            Beta1 = PointSection<TFp, TCurve>.ReadPoint(file.Name, reader, "beta1");
            Affine<Fp2<TFp>, TCurve> beta2 = PointSection<Fp2<TFp>, TCurve>.ReadPoint(file.Name, reader, "beta2");
            Affine<Fp2<TFp>, TCurve> gamma2 = PointSection<Fp2<TFp>, TCurve>.ReadPoint(file.Name, reader, "gamma2");
            Delta1 = PointSection<TFp, TCurve>.ReadPoint(file.Name, reader, "delta1");
            Affine<Fp2<TFp>, TCurve> delta2 = PointSection<Fp2<TFp>, TCurve>.ReadPoint(file.Name, reader, "delta2");
            reader.RequireEnd();
            VerifyingKey = ReadVerifyingKey(alpha1, beta2, gamma2, delta2, options);
            AreCoefficientsOrdered = CheckCoefficients(options);
            InvalidFileException? fault = a.FindFault(checkSubgroup: false, options)
                ?? b1.FindFault(checkSubgroup: false, options)
                ?? b2.FindFault(checkSubgroup: false, options)
                ?? c.FindFault(checkSubgroup: false, options)
                ?? h.FindFault(checkSubgroup: false, options);
            if (fault is not null)
            {
                throw fault;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The path it was opened from.</summary>
    public string Path => file.Name;

    /// <summary>The file itself, for those who copy or compare whole sections; open as long as the key is.</summary>
    internal SectionedFile File => file;

    /// <summary>All wires, the constant included: the length of a witness.</summary>
    public int WireCount { get; }

    /// <summary>The public inputs without the constant; they are wires 1 to PublicInputCount.</summary>
    public int PublicInputCount { get; }

    /// <summary>The size n of the evaluation domain.</summary>
    public int DomainSize { get; }

    /// <summary>β in G1.</summary>
    public Affine<TFp, TCurve> Beta1 { get; }

    /// <summary>δ in G1.</summary>
    public Affine<TFp, TCurve> Delta1 { get; }

    /// <summary>The verification key inside the proving key.</summary>
    public VerifyingKey<TCurve, TFp> VerifyingKey { get; }

    /// <summary>Who contributed to phase 2, as the file records it; not verified here.</summary>
    public PhaseTwoRecord<TCurve, TFp> Contributions { get; }

    /// <summary>u_s(τ) in G1 for every wire.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> A => a.Points;

    /// <summary>v_s(τ) in G1 for every wire.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> B1 => b1.Points;

    /// <summary>v_s(τ) in G2 for every wire.</summary>
    public ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> B2 => b2.Points;

    /// <summary>The points of the wires that are not public, from wire PublicInputCount + 1.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> C => c.Points;

    /// <summary>The quotient's points, one for each element of the odd coset.</summary>
    public ReadOnlySpan<Affine<TFp, TCurve>> H => h.Points;

    /// <inheritdoc/>
    public CompressedRows<TFr> Rows(bool second, CancellationToken cancellationToken = default)
    {
        using KeyLease lease = Lease();
        return KeyRows.Compress(this, second ? 1u : 0, cancellationToken);
    }

    /// <summary>Whether the coefficients stand in the order of their rows, as every known writer leaves them.</summary>
    internal bool AreCoefficientsOrdered { get; }

    /// <summary>The coefficients of A and B.</summary>
    internal unsafe ReadOnlySpan<KeyCoefficient<TFr>> Coefficients
    {
        get
        {
            ObjectDisposedException.ThrowIf(isUnmapped, this);
            return new(coefficients.Pointer + 4, (int)((coefficients.Length - 4) / sizeof(KeyCoefficient<TFr>)));
        }
    }

    /// <summary>Opens a key.</summary>
    /// <param name="path">The .zkey file.</param>
    /// <param name="allowInsecureKey">Accepts a key to which no one contributed; for tests and for looking at such keys.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <exception cref="InvalidFileException">The file is damaged, of another format or over another curve.</exception>
    /// <exception cref="InsecureKeyException">The key is weak and that was not allowed.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled; nothing stays open.</exception>
    public static ProvingKey<TCurve, TFp, TFr> Open(string path, bool allowInsecureKey = false, EngineOptions options = default) =>
        Guard(new(SectionedFile.Open(path, ZkeyFormat.Magic, ZkeyFormat.Version), options), allowInsecureKey);

    /// <summary>As <see cref="Open(string, bool, EngineOptions)"/> for a key in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="allowInsecureKey">Accepts a key to which no one contributed.</param>
    /// <param name="options">Threads and cancellation.</param>
    public static ProvingKey<TCurve, TFp, TFr> Open(
        ReadOnlyMemory<byte> bytes, string name, bool allowInsecureKey = false, EngineOptions options = default) =>
        Guard(new(SectionedFile.FromMemory(bytes, name, ZkeyFormat.Magic, ZkeyFormat.Version), options), allowInsecureKey);

    /// <summary>Keeps the key's memory mapped until the lease is disposed, whatever becomes of the key meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed.</exception>
    public KeyLease Lease()
    {
        ObjectDisposedException.ThrowIf(!use.TryEnter(), this);
        return new(use);
    }

    /// <summary>Checks every point for the subgroup, on all cores; the slow part of a full validation.</summary>
    /// <returns>The first fault, or null.</returns>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public InvalidFileException? FindPointOutsideSubgroup(EngineOptions options = default)
    {
        using KeyLease lease = Lease();
        return KeyValidation.FindPointOutsideSubgroup(this, null, options);
    }

    /// <summary>
    /// Checks all of a key that can be checked without its circuit and its powers of tau, beyond what opening did: that every
    /// point is in its subgroup, that β and δ are the same scalars in both groups, and that so is each point of B1 and B2 (for
    /// all wires at once, with coefficients of 128 random bits: a false one passes with a probability below 2⁻¹²⁷). On all
    /// cores unless told otherwise; about the time of a few proofs on BN254, of some ten on BLS12-381.
    /// </summary>
    /// <param name="progress">Told from time to time which part is done, from 0 to 1, never falling; from one thread.</param>
    /// <param name="options">Threads and cancellation.</param>
    /// <returns>The first fault, or null where there is none.</returns>
    /// <remarks>Whether the key belongs to a circuit is told by <see cref="KeyConsistency"/>.</remarks>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public InvalidFileException? Validate(IProgress<double>? progress = null, EngineOptions options = default)
    {
        using KeyLease lease = Lease();
        return KeyValidation.FindFault(this, progress, options);
    }

    /// <summary>Whether β and δ are the same scalars in both groups, by pairings; proofs are false otherwise.</summary>
    /// <returns>The fault, or null.</returns>
    internal InvalidFileException? FindDisagreement(EngineOptions options = default)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        string? pair = !Agree(Beta1, VerifyingKey.Beta) ? "beta1 and beta2" : !Agree(Delta1, VerifyingKey.Delta) ? "delta1 and delta2" : null;
        return pair is null
            ? null
            : new(
                file.Name,
                FileFault.Inconsistent,
                file.Require(ZkeyFormat.HeaderSection, "header").Offset,
                $"{pair} are not the same multiple of their generators; the file is damaged, fetch it again.");
    }

    /// <summary>Whether p and q are the same multiple of their generators.</summary>
    internal static bool Agree(in Affine<TFp, TCurve> p, in Affine<Fp2<TFp>, TCurve> q) =>
        Pairing.Compute(p, Affine<Fp2<TFp>, TCurve>.Generator) == Pairing.Compute(Affine<TFp, TCurve>.Generator, q);

    /// <summary>The position of a point of B2 in the file, for errors.</summary>
    internal long OffsetOfB2(int wire) => b2.OffsetOf(wire);

    /// <summary>What subgroup checks go through, section by section, and a point's weight in time against one of G1.</summary>
    internal IEnumerable<(int Count, double Weight, Func<int, int, EngineOptions, InvalidFileException?> FindFault)> SubgroupChecks() =>
    [
        (WireCount, 1, (from, to, options) => a.FindFault(checkSubgroup: true, from, to, options)),
        (WireCount, 1, (from, to, options) => b1.FindFault(checkSubgroup: true, from, to, options)),
        (WireCount, 2.7, (from, to, options) => b2.FindFault(checkSubgroup: true, from, to, options)),
        (WireCount - PublicInputCount - 1, 1, (from, to, options) => c.FindFault(checkSubgroup: true, from, to, options)),
        (DomainSize, 1, (from, to, options) => h.FindFault(checkSubgroup: true, from, to, options)),
    ];

    /// <summary>The first point outside its subgroup among those that contributions change, C and H.</summary>
    internal InvalidFileException? FindContributedPointOutsideSubgroup(EngineOptions options) =>
        c.FindFault(checkSubgroup: true, options) ?? h.FindFault(checkSubgroup: true, options);

    /// <summary>
    /// Closes the key: nobody begins to use it any more. Who uses it now, such as a proof in the making, is not disturbed; the
    /// memory is unmapped and the file closed when the last of them is done. Further calls do nothing.
    /// </summary>
    public void Dispose() => use.Close();

    private void Unmap()
    {
        isUnmapped = true;
        coefficients?.Dispose();
        a?.Dispose();
        b1?.Dispose();
        b2?.Dispose();
        c?.Dispose();
        h?.Dispose();
        file.Dispose();
    }

    private static ProvingKey<TCurve, TFp, TFr> Guard(ProvingKey<TCurve, TFp, TFr> key, bool allowInsecureKey)
    {
        if (!allowInsecureKey && key.VerifyingKey.Weakness != KeyWeakness.None)
        {
            KeyWeakness weakness = key.VerifyingKey.Weakness;
            key.Dispose();
            throw new InsecureKeyException(weakness, key.Path);
        }

        return key;
    }

    private unsafe MappedSection MapCoefficients()
    {
        FileSection section = file.Require(ZkeyFormat.CoefficientSection, "coefficients");
        uint count = file.Read(section).ReadUInt32();
        if (count > int.MaxValue)
        {
            throw new InvalidFileException(file.Name, FileFault.Unsupported, section.Offset, $"{count} coefficients are more than 2^31 − 1.");
        }

        return file.Map(file.Require(ZkeyFormat.CoefficientSection, "coefficients", 4 + ((long)count * sizeof(KeyCoefficient<TFr>))));
    }

    private VerifyingKey<TCurve, TFp> ReadVerifyingKey(
        in Affine<TFp, TCurve> alpha,
        in Affine<Fp2<TFp>, TCurve> beta,
        in Affine<Fp2<TFp>, TCurve> gamma,
        in Affine<Fp2<TFp>, TCurve> delta,
        EngineOptions options)
    {
        using var ic = new PointSection<TFp, TCurve>(file, ZkeyFormat.IcSection, "IC", PublicInputCount + 1);
        return VerifyingKey<TCurve, TFp>.TryCreate(alpha, beta, gamma, delta, ic.Points, out VerifyingKey<TCurve, TFp>? key, out PointFault? fault, options)
            ? key
            : throw new InvalidFileException(
                file.Name, fault.Kind, file.Require(ZkeyFormat.IcSection, "points IC").Offset, fault.Text + ".");
    }

    /// <summary>Checks indices and values of the coefficients and learns whether they are ordered by row.</summary>
    private unsafe bool CheckCoefficients(EngineOptions options)
    {
        const int Range = 1 << 16;
        ReadOnlySpan<KeyCoefficient<TFr>> all = Coefficients;
        bool ordered = true;
        for (int i = 0; i < all.Length; i++)
        {
            if (i % Range == 0)
            {
                options.CancellationToken.ThrowIfCancellationRequested();
            }

            ref readonly KeyCoefficient<TFr> k = ref all[i];
            string? fault =
                k.Matrix > 1 ? $"belongs to matrix {k.Matrix}; 0 (A) and 1 (B) exist"
                : k.Row >= (uint)DomainSize ? $"stands in row {k.Row} of {DomainSize}"
                : k.Wire >= (uint)WireCount ? $"stands at wire {k.Wire} of {WireCount}"
                : !TFr.IsReduced(k.Value) ? $"is not below the order {TFr.Name}"
                : null;
            if (fault is not null)
            {
                throw new InvalidFileException(
                    file.Name,
                    fault.StartsWith("is not", StringComparison.Ordinal) ? FileFault.NotCanonical : FileFault.Inconsistent,
                    coefficients.Section.Offset + 4 + ((long)i * sizeof(KeyCoefficient<TFr>)),
                    $"coefficient {i} {fault}.");
            }

            ordered &= i == 0 || k.Row >= all[i - 1].Row;
        }

        return ordered;
    }
}
