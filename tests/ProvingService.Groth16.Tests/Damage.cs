// Owns: the assertion that a decoder refuses damaged bytes well: the right fault at the right byte, in words, soon, and
// without large allocations.

using System.Diagnostics;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Groth16.Tests;

internal static class Damage
{
    /// <summary>More than any decoder needs for files of a few kilobytes, and far below what a lying count would ask for.</summary>
    public const long MaxAllocation = 4 << 20;

    /// <summary>Reading must end in a fault that names the file and, where one is at fault, the byte.</summary>
    public static InvalidFileException Expect(FileFault fault, string file, long? offset, Action read, params IEnumerable<string> words)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        var e = Assert.Throws<InvalidFileException>(read);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        Assert.True(fault == e.Fault, $"{e.Fault} instead of {fault}: {e.Message}");
        Assert.Equal(file, e.File);
        Assert.StartsWith(e.Offset < 0 ? $"{file}: " : $"{file}, byte {e.Offset}: ", e.Message, StringComparison.Ordinal);
        if (offset is not null)
        {
            Assert.True(offset == e.Offset, $"byte {e.Offset} instead of {offset}: {e.Message}");
        }

        Assert.All(words, word => Assert.Contains(word, e.Message, StringComparison.Ordinal));
        return e;
    }
}
