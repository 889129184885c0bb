// Owns: how a ceremony is begun in an empty folder: files taken in, initial keys made or verified, speed measured. Nothing is begun before
// all of it went well.

using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using ProvingService.Setup;

namespace ProvingService.Ceremony;

/// <summary>Begins ceremonies.</summary>
internal static class CeremonyBeginning
{
    /// <summary>So many points are multiplied to measure the speed of this machine.</summary>
    private const int MeasuredPoints = 2048;

    /// <summary>Begins a ceremony.</summary>
    /// <param name="store">An empty store.</param>
    /// <param name="files">Where files go.</param>
    /// <param name="document">What is announced, with paths of files.</param>
    /// <param name="say">Told what is being done.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="CeremonyException">A key to begin from is false, or files are over different curves.</exception>
    /// <exception cref="InvalidFileException">A file is broken.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static async Task BeginAsync(CeremonyStore store, CeremonyFiles files, CeremonyDocument document, Action<string> say, CancellationToken cancellation)
    {
        var inputs = new Dictionary<string, long>(StringComparer.Ordinal);
        var circuits = new List<CircuitRecord>();
        var announced = new List<AnnouncedCircuit>();
        var options = new EngineOptions(0, cancellation);
        foreach (AnnouncedCircuit circuit in document.Circuits)
        {
            say($"{circuit.Name}: takes {circuit.R1cs} and {circuit.Ptau} in");
            (string r1cs, _) = await TakeAsync(circuit.R1cs).ConfigureAwait(false);
            (string ptau, bool isNew) = await TakeAsync(circuit.Ptau).ConfigureAwait(false);
            if (isNew)
            {
                say($"{circuit.Name}: verifies the powers of tau");
                if (PhaseOne.Verify(files.PathOf(ptau), options: options).Fault is { } broken)
                {
                    throw new CeremonyException($"the powers of tau {circuit.Ptau} are not to be relied on: {broken.Text}");
                }
            }

            string initial = files.NewWorkFile();
            if (circuit.Zkey is null)
            {
                say($"{circuit.Name}: makes the initial key");
                PhaseTwo.New(files.PathOf(r1cs), files.PathOf(ptau), initial, options: options);
            }
            else
            {
                File.Copy(circuit.Zkey, initial);
            }

            say($"{circuit.Name}: verifies the key to begin from");
            PhaseTwoReport report = PhaseTwo.Verify(files.PathOf(r1cs), files.PathOf(ptau), initial, options: options);
            if (report.Fault is { } fault && fault.Kind != TranscriptFaultKind.NoContributions)
            {
                throw new CeremonyException($"the circuit {circuit.Name} cannot begin from {circuit.Zkey ?? "its initial key"}: {fault.Text}");
            }

            if (report.Contributions.FirstOrDefault(entry => entry.IsBeacon) is { } beacon)
            {
                throw new CeremonyException($"the circuit {circuit.Name} cannot begin from {circuit.Zkey}: contribution {beacon.Number} is a beacon, with which another ceremony ended.");
            }

            (string hash, long size) = await files.AdoptAsync(initial, cancellation).ConfigureAwait(false);
            R1csHeader header = R1csFile.ReadHeader(files.PathOf(r1cs));
            circuits.Add(new CircuitRecord(
                circuits.Count,
                circuit.Name,
                report.Curve.Name(),
                header.ConstraintCount,
                report.Wires - report.PublicInputs - 1L + report.DomainSize,
                r1cs,
                ptau,
                hash,
                size,
                [.. report.Contributions.Select(entry => entry.Hash.ToArray())],
                Measure(report.Curve),
                [],
                null));
            announced.Add(new(circuit.Name, TranscriptPaths.Circuit(circuit.Name), TranscriptPaths.Ptau(ptau), circuit.Zkey is null ? null : TranscriptPaths.InitialKey(circuit.Name)));
        }

        byte[] published = TranscriptHead.Write((document with { Circuits = announced }).Write);
        store.Begin(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), published, inputs, circuits);

        async Task<(string Hash, bool IsNew)> TakeAsync(string path)
        {
            (string hash, long size) = await files.ImportAsync(path, cancellation).ConfigureAwait(false);
            bool isNew = inputs.TryAdd(hash, size);
            return (hash, isNew);
        }
    }

    /// <summary>Whether a document announces the same as a ceremony that was begun; where its files are does not matter any more.</summary>
    public static bool IsSame(CeremonyDocument given, CeremonyDocument begun)
    {
        return given.Circuits.Select(circuit => circuit.Name).SequenceEqual(begun.Circuits.Select(circuit => circuit.Name))
            && Text(given) == Text(begun);

        static string Text(CeremonyDocument document) => Encoding.UTF8.GetString(TranscriptHead.Write((document with { Circuits = [] }).Write));
    }

    /// <summary>Nanoseconds that this machine takes for a point of a contribution.</summary>
    public static long Measure(CurveId curve) => CurveDispatch.Run(curve, new MeasureAction());

    private sealed class MeasureAction : ICurveAction<long>
    {
        public long Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            var points = new Affine<TFp, TCurve>[MeasuredPoints];
            Array.Fill(points, Affine<TFp, TCurve>.Generator);
            var scalars = new Scalar256[MeasuredPoints];
            for (int i = 0; i < scalars.Length; i++)
            {
                scalars[i] = Scalar256.From(TFr.One - TFr.FromUInt64((ulong)i + 2));
            }

            // The first round warms up: what is compiled then is not the machine's speed.
            long best = long.MaxValue;
            for (int round = 0; round < 2; round++)
            {
                long start = Stopwatch.GetTimestamp();
                PointMultiples.Multiply<TFp, TCurve>(points, scalars, new Affine<TFp, TCurve>[MeasuredPoints]);
                best = Math.Min(best, (long)(Stopwatch.GetElapsedTime(start).TotalNanoseconds / MeasuredPoints));
            }

            return Math.Max(1, best);
        }
    }
}
