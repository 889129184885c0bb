// Owns: the step from an assembler's instructions to a function that can be called and listed. Never: the instructions.

using System.Collections.Concurrent;
using Iced.Intel;

namespace ProvingService.Algebra;

/// <summary>One emitted function or family of functions: its name, its machine code and where it stands.</summary>
public sealed class EmittedCode
{
    private static readonly ConcurrentDictionary<string, EmittedCode> Known = new();

    private readonly int codeLength;

    private EmittedCode(string name, byte[] bytes, int codeLength)
    {
        Name = name;
        Bytes = bytes;
        this.codeLength = codeLength;
        Address = ExecutableMemory.Place(bytes);
    }

    /// <summary>What the code computes, for which field.</summary>
    public string Name { get; }

    /// <summary>The machine code, followed by its constants.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Where the code stands.</summary>
    internal nint Address { get; }

    /// <summary>All code that this process has emitted so far, by name.</summary>
    public static IReadOnlyList<EmittedCode> All => [.. Known.Values.OrderBy(code => code.Name, StringComparer.Ordinal)];

    /// <summary>The code of that name, emitted by its first caller.</summary>
    /// <param name="name">What it is, for which field: unique.</param>
    /// <param name="emit">
    /// Writes the code, position-independent, and returns the label at which instructions end and constants begin.
    /// </param>
    internal static EmittedCode Get(string name, Func<Assembler, Label> emit) => Known.GetOrAdd(name, key =>
    {
        var assembler = new Assembler(64);
        Label end = emit(assembler);
        using var stream = new MemoryStream();
        AssemblerResult result = assembler.Assemble(new StreamCodeWriter(stream), 0, BlockEncoderOptions.ReturnNewInstructionOffsets);
        return new(key, stream.ToArray(), (int)result.GetLabelRIP(end));
    });

    /// <summary>The instructions in Intel's syntax, an offset and an instruction a line.</summary>
    public IEnumerable<string> Disassemble()
    {
        var decoder = Decoder.Create(64, Bytes[..codeLength].ToArray());
        var formatter = new IntelFormatter();
        var text = new StringOutput();
        foreach (Instruction instruction in decoder)
        {
            formatter.Format(instruction, text);
            yield return $"{instruction.IP:x6}  {text.ToStringAndReset()}";
        }
    }
}
