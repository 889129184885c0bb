// Owns: a dishonest contributor to phase 2: a .zkey taken apart, changed and put together again.

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;
using ProvingService.TestKit;

namespace ProvingService.Adversarial;

/// <summary>A key taken apart, to be put together as a cheater likes.</summary>
internal sealed class Forgery<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private static readonly TemporaryFolder Folder = new();

    public Forgery(string path)
    {
        using SectionedFile file = SectionedFile.Open(path, ZkeyFormat.Magic, ZkeyFormat.Version);
        foreach (FileSection section in file.Sections)
        {
            byte[] content = new byte[section.Length];
            file.ReadAt(section.Offset, content);
            Sections.Add((section.Type, content));
        }

        using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path, allowInsecureKey: true);
        InitialHash = key.Contributions.InitialKeyHash.ToArray();
        Record = [.. key.Contributions.Contributions];
    }

    public static int G1Size => Iden3Encoding.PointSize<TFp, TCurve>();

    public static int G2Size => Iden3Encoding.PointSize<Fp2<TFp>, TCurve>();

    /// <summary>Where the points of the header begin: α₁, β₁, β₂, γ₂, δ₁, δ₂.</summary>
    public static int PointsAt => 8 + PrimeField.ByteCount<TFp>() + PrimeField.ByteCount<TFr>() + 12;

    public static int GammaAt => PointsAt + (2 * G1Size) + G2Size;

    public static int Delta1At => GammaAt + G2Size;

    public static int Delta2At => Delta1At + G1Size;

    private static string NewFile() => Folder.File(Guid.NewGuid().ToString("N") + ".zkey");

    public List<(uint Type, byte[] Content)> Sections { get; } = [];

    public byte[] InitialHash { get; set; }

    public List<PhaseTwoContribution<TCurve, TFp>> Record { get; }

    public byte[] this[uint type] => Sections.Single(section => section.Type == type).Content;

    public Affine<TFp, TCurve> Delta1
    {
        get => MemoryMarshal.Read<Affine<TFp, TCurve>>(this[ZkeyFormat.HeaderSection].AsSpan(Delta1At));
        set => MemoryMarshal.Write(this[ZkeyFormat.HeaderSection].AsSpan(Delta1At), in value);
    }

    public Affine<Fp2<TFp>, TCurve> Delta2
    {
        get => MemoryMarshal.Read<Affine<Fp2<TFp>, TCurve>>(this[ZkeyFormat.HeaderSection].AsSpan(Delta2At));
        set => MemoryMarshal.Write(this[ZkeyFormat.HeaderSection].AsSpan(Delta2At), in value);
    }

    public Affine<Fp2<TFp>, TCurve> Gamma2
    {
        set => MemoryMarshal.Write(this[ZkeyFormat.HeaderSection].AsSpan(GammaAt), in value);
    }

    public ContributionChain<TCurve, TFp> Chain => ContributionChain<TCurve, TFp>.Of(new(InitialHash, Record));

    public Span<Affine<TFp, TCurve>> Points(uint section) => MemoryMarshal.Cast<byte, Affine<TFp, TCurve>>(this[section].AsSpan());

    /// <summary>A scalar that a cheater knows.</summary>
    public static TFr Scalar(ulong value) => Field.Pow(TFr.FromUInt64(value), 1_000_003);

    public static Affine<TField, TGroup> Times<TField, TGroup>(in Affine<TField, TGroup> point, in TFr scalar)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => ScalarMultiplication.Multiply<TField, TGroup>(point, TFr.ToBigInteger(scalar)).ToAffine();

    /// <summary>The entry of a secret, with its proof, as an honest contributor would make it.</summary>
    public PhaseTwoContribution<TCurve, TFp> Sign(in TFr secret, ulong s = 77, string name = "mallory") =>
        KeyContribution<TCurve, TFp, TFr>.Sign(Delta1, Chain, secret, Times(Affine<TFp, TCurve>.Generator, Scalar(s)), name);

    /// <summary>Changes δ, L and H by a secret, with an entry of whatever truth.</summary>
    public Forgery<TCurve, TFp, TFr> Contribute(in TFr secret, PhaseTwoContribution<TCurve, TFp> entry)
    {
        Record.Add(entry);
        return Move(secret);
    }

    /// <summary>Changes δ, L and H by a secret.</summary>
    public Forgery<TCurve, TFp, TFr> Move(in TFr secret)
    {
        Delta1 = Times(Delta1, secret);
        Delta2 = Times(Delta2, secret);
        TFr inverse = TFr.Inverse(secret);
        foreach (uint section in (uint[])[ZkeyFormat.CSection, ZkeyFormat.HSection])
        {
            foreach (ref Affine<TFp, TCurve> point in Points(section))
            {
                point = Times(point, inverse);
            }
        }

        return this;
    }

    /// <summary>Writes the key to a file of its own; the record section is made of <see cref="Record"/>.</summary>
    public string Write() => Write(NewFile());

    /// <summary>As <see cref="Write()"/>, to a given file.</summary>
    public string Write(string path)
    {
        using var record = new MemoryStream();
        record.Write(InitialHash);
        Span<byte> count = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(count, Record.Count);
        record.Write(count);
        foreach (PhaseTwoContribution<TCurve, TFp> contribution in Record)
        {
            record.Write(contribution.Encode());
        }

        Replace(ZkeyFormat.ContributionSection, record.ToArray());
        return WriteSections(path);
    }

    /// <summary>Writes the sections as they are, to a file of its own.</summary>
    public string WriteSections() => WriteSections(NewFile());

    /// <summary>As <see cref="WriteSections()"/>, to a given file.</summary>
    public string WriteSections(string path)
    {
        using var writer = new SectionedFileWriter(path, ZkeyFormat.Magic, ZkeyFormat.Version, (uint)Sections.Count);
        foreach ((uint type, byte[] content) in Sections)
        {
            writer.BeginSection(type);
            writer.Write(content);
            writer.EndSection();
        }

        writer.Commit();
        return path;
    }

    public void Replace(uint type, byte[] content)
    {
        int at = Sections.FindIndex(section => section.Type == type);
        Sections[at] = (type, content);
    }
}
