// Owns: which files of vectors there are.

using ProvingService.Algebra;

namespace ProvingService.Adversarial;

/// <summary>All vectors of a curve: the JSON files, and what stands beside them.</summary>
/// <param name="Files">verify.json, encoding.json and batch.json.</param>
/// <param name="Transcripts">transcript.json and its files.</param>
internal sealed record AllVectors(IReadOnlyList<VectorFile> Files, TranscriptFolder Transcripts)
{
    /// <summary>Builds them.</summary>
    public static AllVectors Build(CurveId curve) => CurveDispatch.Run(curve, new BuildAction());

    /// <summary>Writes all files into <c>FOLDER/CURVE</c>, and removes what is no vector's any more.</summary>
    public void Write(string folder)
    {
        foreach (VectorFile file in Files)
        {
            file.Write(folder);
        }

        Transcripts.Write(folder);
    }

    private sealed class BuildAction : ICurveAction<AllVectors>
    {
        public AllVectors Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using var transcripts = new TranscriptFolder(TCurve.Id);
            (string initial, string final) = ZkeyVectors<TCurve, TFp, TFr>.AddTo(transcripts);
            PtauVectors<TCurve, TFp, TFr>.AddTo(transcripts);
            return new(
                [VerifyVectors<TCurve, TFp, TFr>.Build(initial, final), EncodingVectors<TCurve, TFp, TFr>.Build(), BatchVectors<TCurve, TFp, TFr>.Build()],
                transcripts);
        }
    }
}
