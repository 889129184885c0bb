// Owns: writing a .zkey section by section. Layout: ZkeyFormat.cs.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>Writes a .zkey in the order of snarkjs's sections: the file appears on <see cref="Commit"/>. Not thread-safe.</summary>
internal sealed class ZkeyWriter<TCurve, TFp, TFr>(string path) : IDisposable
    where TFp : unmanaged, IPrimeField<TFp>
    where TFr : unmanaged, IPrimeField<TFr>
    where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
{
    private readonly SectionedFileWriter writer = new(path, ZkeyFormat.Magic, ZkeyFormat.Version, ZkeyFormat.SectionCount);

    public void WriteHeader(
        int wires,
        int publicInputs,
        int domainSize,
        in Affine<TFp, TCurve> alpha1,
        in Affine<TFp, TCurve> beta1,
        in Affine<Fp2<TFp>, TCurve> beta2,
        in Affine<Fp2<TFp>, TCurve> gamma2,
        in Affine<TFp, TCurve> delta1,
        in Affine<Fp2<TFp>, TCurve> delta2)
    {
        writer.BeginSection(ZkeyFormat.ProtocolSection);
        writer.Write(ZkeyFormat.ProtocolGroth16);
        writer.EndSection();
        writer.BeginSection(ZkeyFormat.HeaderSection);
        writer.WritePrime<TFp>();
        writer.WritePrime<TFr>();
        writer.Write((uint)wires);
        writer.Write((uint)publicInputs);
        writer.Write((uint)domainSize);
        WritePoints<TFp, TCurve>([alpha1, beta1]);
        WritePoints<Fp2<TFp>, TCurve>([beta2, gamma2]);
        WritePoints<TFp, TCurve>([delta1]);
        WritePoints<Fp2<TFp>, TCurve>([delta2]);
        writer.EndSection();
    }

    /// <summary>The coefficients of A and B row by row, then a row for each public wire.</summary>
    public void WriteCoefficients(ConstraintSystem<TFr> system)
    {
        // v·R² as the bytes of a field element is the Montgomery form of v·R.
        TFr radix = Field.Pow(TFr.One + TFr.One, (ulong)(64 * TFr.LimbCount));
        writer.BeginSection(ZkeyFormat.CoefficientSection);
        writer.Write((uint)(system.A.TermCount + system.B.TermCount + system.PublicCount + 1));
        for (int row = 0; row < system.ConstraintCount; row++)
        {
            WriteRow(0, row, system.A.Row(row));
            WriteRow(1, row, system.B.Row(row));
        }

        for (int s = 0; s <= system.PublicCount; s++)
        {
            WriteCoefficient(0, system.ConstraintCount + s, s, radix);
        }

        writer.EndSection();

        void WriteRow(uint matrix, int row, SparseRow<TFr> terms)
        {
            for (int k = 0; k < terms.Length; k++)
            {
                WriteCoefficient(matrix, row, terms.Wires[k], terms.Coefficient(k) * radix);
            }
        }
    }

    public void BeginPoints(uint section) => writer.BeginSection(section);

    public void WritePoints<TField, TGroup>(ReadOnlySpan<Affine<TField, TGroup>> points)
        where TField : unmanaged, IField<TField>
        where TGroup : struct, ICurveGroup<TGroup, TField> => writer.Write(MemoryMarshal.AsBytes(points));

    public void EndPoints() => writer.EndSection();

    /// <summary>A record of no contributions.</summary>
    public void WriteContributions(ReadOnlySpan<byte> initialKeyHash)
    {
        writer.BeginSection(ZkeyFormat.ContributionSection);
        writer.Write(initialKeyHash);
        writer.Write(0u);
        writer.EndSection();
    }

    /// <summary>The record of another key, byte for byte, and contributions behind it.</summary>
    public void WriteContributions(SectionedFile before, params ReadOnlySpan<PhaseTwoContribution<TCurve, TFp>> contributions)
    {
        byte[] record = PhaseTwoRecord<TCurve, TFp>.ReadBytes(before);
        PhaseTwoRecord<TCurve, TFp>.SetCount(record, PhaseTwoRecord<TCurve, TFp>.CountOf(record) + (uint)contributions.Length);
        writer.BeginSection(ZkeyFormat.ContributionSection);
        writer.Write(record);
        foreach (PhaseTwoContribution<TCurve, TFp> contribution in contributions)
        {
            writer.Write(contribution.Encode());
        }

        writer.EndSection();
    }

    /// <summary>A section of another key, byte for byte.</summary>
    public void CopySection(SectionedFile source, uint type, CancellationToken cancellationToken = default)
    {
        FileSection section = source.Require(type, $"section {type}");
        byte[] buffer = new byte[(int)Math.Min(section.Length, 1 << 20)];
        writer.BeginSection(type);
        for (long at = section.Offset; at < section.End; at += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, section.End - at));
            source.ReadAt(at, part);
            writer.Write(part);
        }

        writer.EndSection();
    }

    /// <summary>Bytes in the open section.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => writer.Write(bytes);

    public void Commit() => writer.Commit();

    public void Dispose() => writer.Dispose();

    private void WriteCoefficient(uint matrix, int row, int wire, in TFr value)
    {
        writer.Write(matrix);
        writer.Write((uint)row);
        writer.Write((uint)wire);
        writer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<TFr>(in value)));
    }
}
