// Owns: the programs compiled ahead to PTX, for machines with a driver but without NVRTC. Written by a test
// (kernels/README.md says how), which also holds that they are what the sources compile to.

using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace ProvingService.Gpu;

/// <summary>
/// An archive of PTX texts, compressed with Brotli: each follows a line with the hash of the source that it was compiled
/// from. The driver compiles PTX for its device.
/// </summary>
internal static class ShippedPtx
{
    /// <summary>What the shipped PTX is compiled for: devices of compute capability 7.0 and later take it.</summary>
    public const string Architecture = "sm_70";

    private const string Resource = "kernels/ptx.br", Mark = "// source ";

    private static readonly Lazy<string> Archive = new(ReadArchive);

    /// <summary>The PTX of a program, ended by a zero byte; null where its source, definitions included, is none of those shipped.</summary>
    public static byte[]? TryRead(KernelSource source)
    {
        string mark = Mark + source.Hash + '\n';
        int start = Archive.Value.IndexOf(mark, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += mark.Length;
        int end = Archive.Value.IndexOf(Mark, start, StringComparison.Ordinal);
        return Encoding.ASCII.GetBytes(Archive.Value[start..(end < 0 ? ^0 : end)] + '\0');
    }

    /// <summary>The archive, compressed.</summary>
    /// <param name="programs">Sources and their PTX.</param>
    public static byte[] Pack(IEnumerable<(KernelSource Source, string Ptx)> programs)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, new BrotliCompressionOptions { Quality = 11 }, leaveOpen: true))
        {
            foreach ((KernelSource source, string ptx) in programs)
            {
                brotli.Write(Encoding.ASCII.GetBytes(Mark + source.Hash + '\n' + ptx));
            }
        }

        return packed.ToArray();
    }

    private static string ReadArchive()
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource);
        if (stream is null)
        {
            return "";
        }

        using var brotli = new BrotliStream(stream, CompressionMode.Decompress);
        using var reader = new StreamReader(brotli, Encoding.ASCII);
        return reader.ReadToEnd();
    }
}
