// Owns: one small valid .zkey per curve, its circuit and witness, and surgery on such files. Never: assertions on decoders.

using System.Buffers.Binary;
using System.Numerics;
using ProvingService.Algebra;
using ProvingService.R1cs;
using ProvingService.TestKit;

namespace ProvingService.Groth16.Tests;

/// <summary>A section of a .zkey with its content, free of any position.</summary>
internal sealed record KeyPart(uint Type, byte[] Content);

/// <summary>Where a section of a key's bytes lies: its content begins at Offset, its number 12 bytes before.</summary>
internal readonly record struct KeySpan(int Offset, int Length);

/// <summary>The container of a .zkey taken apart and put together.</summary>
internal static class KeySurgery
{
    public static byte[] Assemble(params IEnumerable<KeyPart> parts)
    {
        KeyPart[] all = [.. parts];
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("zkey"u8);
        writer.Write(1u);
        writer.Write((uint)all.Length);
        foreach (KeyPart part in all)
        {
            writer.Write(part.Type);
            writer.Write((ulong)part.Content.Length);
            writer.Write(part.Content);
        }

        return stream.ToArray();
    }

    public static List<KeyPart> TakeApart(byte[] bytes)
    {
        var parts = new List<KeyPart>();
        for (int at = 12; at < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at + 4));
            parts.Add(new(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)), bytes[(at + 12)..(at + 12 + length)]));
            at += 12 + length;
        }

        return parts;
    }

    public static KeySpan Find(byte[] bytes, uint type)
    {
        int at = 12;
        foreach (KeyPart part in TakeApart(bytes))
        {
            if (part.Type == type)
            {
                return new(at + 12, part.Content.Length);
            }

            at += 12 + part.Content.Length;
        }

        throw new ArgumentException($"There is no section {type}.");
    }

    public static void Put(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    /// <summary>Adds an integer to the little-endian one that stands in the bytes.</summary>
    public static void Add(Span<byte> number, BigInteger summand)
    {
        BigInteger sum = new BigInteger(number, isUnsigned: true) + summand;
        number.Clear();
        if (!sum.TryWriteBytes(number, out _, isUnsigned: true))
        {
            throw new ArgumentException("The sum does not fit.");
        }
    }
}

/// <summary>The key of y = (x² + a)·x with public a and y, so that each section has some points and no domain is trivial.</summary>
internal static class KeyFile<TCurve, TFp, TFr>
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    public static CompiledCircuit<TFr> Circuit { get; } = CircuitCompiler.Compile<TFr>("damage", b =>
    {
        Variable<TFr> a = b.PublicInput("a"), x = b.PrivateInput("x");
        Variable<TFr> square = (x * x) + a;
        b.AssertEqual(square * square, b.PrivateInput("fourth"));
        b.PublicOutput("y", square * x);
    });

    private static readonly byte[] Valid = Make(TFr.FromUInt64(0xD3117A));

    /// <summary>A copy of the whole file.</summary>
    public static byte[] Bytes => (byte[])Valid.Clone();

    public static int FieldBytes => PrimeField.ByteCount<TFp>();

    public static int ScalarBytes => PrimeField.ByteCount<TFr>();

    /// <summary>Where the wires, public inputs and domain stand in the header's content; α₁ follows.</summary>
    public static int CountsAt => 8 + FieldBytes + ScalarBytes;

    public static int G1Bytes => Iden3Encoding.PointSize<TFp, TCurve>();

    public static int G2Bytes => Iden3Encoding.PointSize<Fp2<TFp>, TCurve>();

    public static TFr[] Witness(ulong x = 7) => Circuit.CreateWitness(CircuitAssert.Inputs<TFr>(
        ("a", TFr.FromUInt64(5)), ("x", TFr.FromUInt64(x)), ("fourth", TFr.FromUInt64(((x * x) + 5) * ((x * x) + 5)))));

    public static ProvingKey<TCurve, TFp, TFr> Open(byte[] bytes, bool allowInsecureKey = false) =>
        ProvingKey<TCurve, TFp, TFr>.Open(bytes, "damaged.zkey", allowInsecureKey);

    public static Proof<TCurve, TFp> Prove(byte[] bytes, TFr[] witness, ConstraintSystem<TFr>? system = null, bool allowInsecureKey = false)
    {
        using ProvingKey<TCurve, TFp, TFr> key = Open(bytes, allowInsecureKey);
        return new Prover<TCurve, TFp, TFr>(key, CpuEngine.Default, CpuEngine.Default, system).Prove(witness);
    }

    /// <summary>A key with a δ of the caller's choice; δ = 1 is that of a key without contribution.</summary>
    public static byte[] Make(TFr delta)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("made.zkey");
        using SecretScalars<TFr> trapdoors = SecretScalars<TFr>.FromKnownInsecure(
            TFr.FromUInt64(0x7A0), TFr.FromUInt64(0xA1FA), TFr.FromUInt64(0xBE7A), delta);
        InsecureSetup.Create<TCurve, TFp, TFr>(Circuit.System, trapdoors, path, null, default);
        return File.ReadAllBytes(path);
    }

    /// <summary>The first point of the curve with x = 1, 2, … that lies outside the subgroup; there is none in BN254's G1.</summary>
    public static Affine<TField, TGroup> OutsideSubgroup<TField, TGroup>()
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField>
    {
        for (TField x = TField.One; ; x += TField.One)
        {
            if (TField.TrySqrt((x * x * x) + TGroup.B, out TField y) && !new Affine<TField, TGroup>(x, y).IsInSubgroup())
            {
                return new(x, y);
            }
        }
    }
}
