// Owns: another program that computes MSMs on the same inputs, and how it is spoken to. One such: bench/gpu/sppark-msm.cu.

using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ProvingService.Algebra;

namespace ProvingService.Cli;

/// <summary>
/// A program that is started with one argument, a file: the number of points (8 bytes, little-endian), the points (affine,
/// coordinates in little-endian Montgomery form), the scalars (32 bytes each, little-endian). It answers <c>ready</c> when it
/// has the points where it wants them, and each line on its standard input, when it has computed the sum, with the seconds
/// that took and the sum's Jacobian coordinates as hexadecimal bytes of their Montgomery form. The end of its input ends it.
/// </summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process process;
    private readonly CancellationToken cancellation;
    private readonly CancellationTokenRegistration registration;

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="UsageException">It is no program, or does not speak like that.</exception>
    public PeerProcess(string program, string inputs, CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, [inputs]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new UsageException($"{program} does not start: {e.Message}");
        }

        registration = cancellation.Register(Stop);
        string answer = Read();
        if (answer != "ready")
        {
            Dispose();
            throw new UsageException($"{program} answers '{answer}' where it should be ready.");
        }
    }

    /// <summary>Writes a file of inputs.</summary>
    public static unsafe void WriteInputs<TField, TCurve>(string path, Affine<TField, TCurve>[] points, Scalar256[] scalars)
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        const int Piece = 1 << 20;
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        file.Write(BitConverter.GetBytes((ulong)points.Length));
        for (int i = 0; i < points.Length; i += Piece)
        {
            file.Write(MemoryMarshal.AsBytes(points.AsSpan(i, Math.Min(Piece, points.Length - i))));
        }

        for (int i = 0; i < scalars.Length; i += Piece)
        {
            file.Write(MemoryMarshal.AsBytes(scalars.AsSpan(i, Math.Min(Piece, scalars.Length - i))));
        }
    }

    /// <summary>Lets it compute the sum once.</summary>
    public (double Seconds, Affine<TField, TCurve> Sum) Run<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField>
    {
        process.StandardInput.WriteLine("run");
        process.StandardInput.Flush();
        string answer = Read();
        string[] words = answer.Split(' ');
        int digits = 2 * Unsafe.SizeOf<TField>();
        if (words.Length != 4 || words[1..].Any(word => word.Length != digits || !word.All(char.IsAsciiHexDigit))
            || !double.TryParse(words[0], NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds))
        {
            throw new UsageException($"the other program answers '{answer}', not seconds and a point.");
        }

        return (seconds, new Jacobian<TField, TCurve>(Coordinate(1), Coordinate(2), Coordinate(3)).ToAffine());

        TField Coordinate(int i) => MemoryMarshal.Read<TField>(Convert.FromHexString(words[i]));
    }

    public void Dispose()
    {
        registration.Dispose();
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            Stop();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void Stop()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
    }

    private string Read()
    {
        string? line = process.StandardOutput.ReadLine();
        cancellation.ThrowIfCancellationRequested();
        return line ?? throw new UsageException("the other program ended; what it said is above.");
    }
}
