// Owns: the bodies of PTX functions: scopes, labels, guards, operands. Which operation an opcode is: PtxOpcodes.

namespace ProvingService.Gpu.Tests;

/// <summary>Reads one function's body.</summary>
internal sealed class PtxDecoder(
    PtxModule module,
    PtxFunction function,
    Dictionary<string, (int Offset, int Bytes)> parameters,
    Dictionary<string, (int Offset, int Bytes)> moduleShared,
    int frameBytes,
    int sharedBytes)
{
    private readonly List<PtxInstruction> code = [];
    private readonly Dictionary<string, int> labels = [];
    private readonly List<(int Instruction, string Label)> branches = [];
    private readonly Dictionary<ulong, int> constants = [];
    private readonly List<Scope> scopes = [];
    private readonly List<int> widths = [];

    /// <summary>The function whose body is read.</summary>
    public PtxFunction Function => function;

    /// <summary>Reads from the opening brace to the closing one.</summary>
    public void Read()
    {
        module.Expect("{");
        scopes.Add(new(parameters));
        while (scopes.Count > 0)
        {
            ReadStatement();
        }

        foreach ((int instruction, string label) in branches)
        {
            code[instruction] = code[instruction] with
            {
                C = labels.TryGetValue(label, out int target) ? target : throw Refuse($"there is no label {label}"),
            };
        }

        // Falling off the end is not PTX; a clear end for the interpreter all the same.
        code.Add(new(PtxOp.Exit));
        function.Code = [.. code];
        function.Registers = widths.Count;
        function.FrameBytes = (frameBytes + 15) / 16 * 16;
        function.SharedBytes = sharedBytes;
    }

    public PtxException Refuse(string why) => new($"{function.Name}: {why}.");

    public void Emit(PtxInstruction instruction) => code.Add(instruction);

    /// <summary>A register to write to.</summary>
    public int Target() => Register(module.Next());

    /// <summary>The register of a name.</summary>
    public int Named(string name) => Register(name);

    /// <summary>A register for a result that nobody reads.</summary>
    public int Scratch() => Add(64, 1);

    /// <summary>Bits of a register.</summary>
    public int Width(int register) => widths[register];

    /// <summary>The next token, which stays the next.</summary>
    public string Peek => module.Peek;

    /// <summary>The register of a name, or one that holds a number or the address of a symbol.</summary>
    public int Source()
    {
        string name = module.Next();
        if (PtxModule.IsNumber(name))
        {
            return Constant((ulong)PtxModule.Number(name));
        }

        return name[0] == '%' || IsRegister(name) ? Register(name) : Constant(AddressOf(name));
    }

    /// <summary>As <see cref="Source()"/>; a number is cut to so many bits, as registers are.</summary>
    public int Source(int bits)
    {
        if (PtxModule.IsNumber(module.Peek))
        {
            ulong value = (ulong)PtxModule.Number(module.Next());
            return Constant(bits == 64 ? value : value & ((1UL << bits) - 1));
        }

        return Source();
    }

    public void Comma() => module.Expect(",");

    public bool Accept(string token) => module.Accept(token);

    public string Next() => module.Next();

    /// <summary>One operand, or those in braces.</summary>
    public List<int> Vector(bool isTarget, int bits)
    {
        if (!module.Accept("{"))
        {
            return [isTarget ? Target() : Source(bits)];
        }

        var result = new List<int>();
        do
        {
            result.Add(isTarget ? Target() : Source(bits));
        }
        while (module.Accept(","));
        module.Expect("}");
        return result;
    }

    /// <summary>An address in brackets: bytes of the frame (no register), or a register and an offset.</summary>
    public (int Register, long Offset) BracketedAddress()
    {
        module.Expect("[");
        string name = module.Next();
        bool inFrame = FindParameter(name) is not null;
        long offset = 0;
        int register = -1;
        if (inFrame)
        {
            offset = FindParameter(name)!.Value.Offset;
        }
        else
        {
            register = name[0] == '%' || IsRegister(name) ? Register(name) : Constant(AddressOf(name));
        }

        if (module.Accept("+"))
        {
            offset += PtxModule.Number(module.Next());
        }

        module.Expect("]");
        return (register, offset);
    }

    /// <summary>A parameter's place in the frame, if the name is one's.</summary>
    public (int Offset, int Bytes)? FindParameter(string name)
    {
        for (int i = scopes.Count - 1; i >= 0; i--)
        {
            if (scopes[i].Frame.TryGetValue(name, out (int, int) place))
            {
                return place;
            }
        }

        return null;
    }

    /// <summary>A branch: its target is known when the body is read.</summary>
    public void EmitBranch(PtxOp op, int condition, string label)
    {
        branches.Add((code.Count, label));
        Emit(new(op, A: condition));
    }

    private void ReadStatement()
    {
        string token = module.Next();
        switch (token)
        {
            case "{":
                scopes.Add(new([]));
                return;
            case "}":
                scopes.RemoveAt(scopes.Count - 1);
                return;
            case ".reg":
                ReadRegisters();
                return;
            case ".param" or ".local":
                (string name, int bytes, int alignment) = module.ReadVariable();
                scopes[^1].Frame.Add(name, (PtxModule.Place(ref frameBytes, bytes, alignment), bytes));
                module.Expect(";");
                return;
            case ".shared":
                (name, bytes, alignment) = module.ReadVariable();
                scopes[^1].Shared.Add(name, PtxModule.Place(ref sharedBytes, bytes, alignment));
                module.Expect(";");
                return;
            case ".pragma":
                module.Next();
                module.Expect(";");
                return;
            case "@":
                bool negated = module.Accept("!");
                int guard = Source();
                string opcode = module.Next();
                if (opcode is "bra" or "bra.uni")
                {
                    EmitBranch(negated ? PtxOp.BranchIfNot : PtxOp.BranchIf, guard, module.Next());
                    module.Expect(";");
                    return;
                }

                int skip = code.Count;
                Emit(new(negated ? PtxOp.BranchIf : PtxOp.BranchIfNot, A: guard));
                PtxOpcodes.Decode(this, opcode);
                module.Expect(";");
                code[skip] = code[skip] with { C = code.Count };
                return;
        }

        if (module.Accept(":"))
        {
            labels.Add(token, code.Count);
        }
        else
        {
            PtxOpcodes.Decode(this, token);
            module.Expect(";");
        }
    }

    private void ReadRegisters()
    {
        string type = module.Next();
        int width = type == ".pred" ? 1 : 8 * PtxModule.TypeBytes(type);
        do
        {
            string name = module.Next();
            if (module.Accept("<"))
            {
                scopes[^1].Ranges.Add(name, Add(width, (int)PtxModule.Number(module.Next())));
                module.Expect(">");
            }
            else
            {
                scopes[^1].Names.Add(name, Add(width, 1));
            }
        }
        while (module.Accept(","));
        module.Expect(";");
    }

    /// <summary>New registers; the first of them.</summary>
    private int Add(int width, int count)
    {
        widths.AddRange(Enumerable.Repeat(width, count));
        return widths.Count - count;
    }

    private bool IsRegister(string name) => scopes.Exists(scope => scope.Names.ContainsKey(name));

    private int Register(string name)
    {
        int digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1]))
        {
            digits--;
        }

        string prefix = name[..digits];
        for (int i = scopes.Count - 1; i >= 0; i--)
        {
            if (scopes[i].Names.TryGetValue(name, out int register))
            {
                return register;
            }

            if (digits < name.Length && scopes[i].Ranges.TryGetValue(prefix, out int first))
            {
                return first + (int)PtxModule.Number(name[digits..]);
            }
        }

        throw Refuse($"{name} is no register");
    }

    private int Constant(ulong value)
    {
        if (!constants.TryGetValue(value, out int register))
        {
            register = Add(64, 1);
            constants.Add(value, register);
            function.Constants.Add((register, value));
        }

        return register;
    }

    /// <summary>The address of a variable in shared memory or of the module.</summary>
    private ulong AddressOf(string name)
    {
        for (int i = scopes.Count - 1; i >= 0; i--)
        {
            if (scopes[i].Shared.TryGetValue(name, out int offset))
            {
                return PtxMemory.Address(PtxSpace.Shared, offset);
            }
        }

        if (moduleShared.TryGetValue(name, out (int Offset, int Bytes) shared))
        {
            return PtxMemory.Address(PtxSpace.Shared, shared.Offset);
        }

        return module.Symbols.TryGetValue(name, out ulong address) ? address : throw Refuse($"{name} is not declared");
    }

    /// <summary>What a pair of braces declares.</summary>
    private sealed class Scope(Dictionary<string, (int Offset, int Bytes)> frame)
    {
        public Dictionary<string, (int Offset, int Bytes)> Frame { get; } = frame;

        public Dictionary<string, int> Shared { get; } = [];

        public Dictionary<string, int> Names { get; } = [];

        public Dictionary<string, int> Ranges { get; } = [];
    }
}
