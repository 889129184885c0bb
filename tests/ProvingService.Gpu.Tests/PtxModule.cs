// Owns: reading PTX text: functions, variables, scopes. Never: what an instruction means (PtxDecoder).

using System.Globalization;

namespace ProvingService.Gpu.Tests;

/// <summary>
/// A module of PTX as clang writes it for our kernels. What it does not know it refuses with <see cref="PtxException"/>.
/// Register names are resolved while reading; global variables lie in memory of the module's own.
/// </summary>
internal sealed class PtxModule
{
    private readonly List<string> tokens;
    private readonly Dictionary<string, PtxFunction> functions = [];
    private readonly Dictionary<string, ulong> symbols = [];
    private readonly Dictionary<string, (int Offset, int Bytes)> moduleShared = [];
    private readonly PtxMemory memory;
    private int sharedBytes;
    private int position;

    /// <summary>Reads a module; its variables are put into a memory.</summary>
    public PtxModule(string text, PtxMemory memory)
    {
        this.memory = memory;
        tokens = Tokenize(text);
        while (position < tokens.Count)
        {
            ReadDirective();
        }

        foreach (PtxCall call in functions.Values.SelectMany(function => function.Calls))
        {
            call.Callee = functions.TryGetValue(call.Name, out PtxFunction? callee) && callee.Code.Length > 0
                ? callee
                : throw new PtxException($"{call.Name} is called and not defined.");
        }
    }

    /// <summary>The kernels by name.</summary>
    public IEnumerable<PtxFunction> Kernels => functions.Values.Where(function => function.IsKernel);

    /// <summary>The next token.</summary>
    internal string Peek => position < tokens.Count ? tokens[position] : throw new PtxException("The text ends too early.");

    /// <summary>Addresses of the module's variables.</summary>
    internal IReadOnlyDictionary<string, ulong> Symbols => symbols;

    internal string Next()
    {
        string token = Peek;
        position++;
        return token;
    }

    internal bool Accept(string token)
    {
        if (Peek != token)
        {
            return false;
        }

        position++;
        return true;
    }

    internal void Expect(string token)
    {
        if (!Accept(token))
        {
            throw new PtxException($"'{token}' is expected, not '{Peek}', after {string.Join(' ', tokens[Math.Max(0, position - 8)..position])}.");
        }
    }

    internal static bool IsNumber(string token) => char.IsAsciiDigit(token[0]) || (token[0] == '-' && token.Length > 1);

    internal static long Number(string token)
    {
        bool negative = token[0] == '-';
        ReadOnlySpan<char> digits = token.AsSpan(negative ? 1 : 0).TrimEnd('U');
        ulong value = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.Parse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : ulong.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        return negative ? -(long)value : (long)value;
    }

    /// <summary>Bytes of a type such as <c>.b32</c>.</summary>
    internal static int TypeBytes(string type) => type switch
    {
        ".b8" or ".u8" or ".s8" => 1,
        ".b16" or ".u16" or ".s16" => 2,
        ".b32" or ".u32" or ".s32" => 4,
        ".b64" or ".u64" or ".s64" => 8,
        _ => throw new PtxException($"The type {type} is not known."),
    };

    /// <summary>Reads a variable after its space: <c>.align 16 .b8 name[48]</c> or <c>.b32 name</c>.</summary>
    internal (string Name, int Bytes, int Alignment) ReadVariable()
    {
        int alignment = 0;
        string token = Next();
        if (token == ".align")
        {
            alignment = (int)Number(Next());
            token = Next();
        }

        int bytes = TypeBytes(token);
        alignment = Math.Max(alignment, bytes);
        string name = Next();
        if (Accept("["))
        {
            bytes *= (int)Number(Next());
            Expect("]");
        }

        return (name, bytes, alignment);
    }

    /// <summary>A place for a variable after what a function has.</summary>
    internal static int Place(ref int used, int bytes, int alignment)
    {
        int offset = (used + alignment - 1) / alignment * alignment;
        used = offset + bytes;
        return offset;
    }

    private void ReadDirective()
    {
        string token = Next();
        switch (token)
        {
            case ".version" or ".target" or ".address_size":
                Next();
                break;
            case ".visible" or ".weak" or ".extern":
                break;
            case ".entry" or ".func":
                ReadFunction(token == ".entry");
                break;
            case ".global" or ".const":
                ReadGlobal(token == ".const");
                break;
            case ".shared":
                (string name, int bytes, int alignment) = ReadVariable();
                moduleShared.Add(name, (Place(ref sharedBytes, bytes, alignment), bytes));
                Expect(";");
                break;
            default:
                throw new PtxException($"The directive {token} is not known.");
        }
    }

    private void ReadGlobal(bool isConstant)
    {
        (string name, int bytes, _) = ReadVariable();
        byte[] content = new byte[bytes];
        if (Accept("="))
        {
            Expect("{");
            int i = 0;
            do
            {
                content[i++] = (byte)Number(Next());
            }
            while (Accept(","));
            Expect("}");
        }

        Expect(";");
        symbols.Add(name, memory.AddVariable(content, isConstant));
    }

    private void ReadFunction(bool isKernel)
    {
        int frame = 0;
        var parameters = new Dictionary<string, (int Offset, int Bytes)>();
        (int, int)? result = null;
        if (!isKernel && Accept("("))
        {
            Expect(".param");
            (string name, int bytes, int alignment) = ReadVariable();
            result = (Place(ref frame, bytes, alignment), bytes);
            parameters.Add(name, result.Value);
            Expect(")");
        }

        string functionName = Next();
        var function = new PtxFunction { Name = functionName, IsKernel = isKernel, Result = result };
        Expect("(");
        while (!Accept(")"))
        {
            Expect(".param");
            (string name, int bytes, int alignment) = ReadVariable();
            (int, int) place = (Place(ref frame, bytes, alignment), bytes);
            parameters.Add(name, place);
            function.Parameters.Add(place);
            _ = Accept(",");
        }

        while (Peek.StartsWith('.'))
        {
            string directive = Next();
            if (directive is not (".maxntid" or ".minnctapersm" or ".noreturn"))
            {
                throw new PtxException($"The directive {directive} of a function is not known.");
            }

            int first = directive == ".noreturn" ? 0 : (int)Number(Next());
            function.MaxGroupSize = directive == ".maxntid" ? first : function.MaxGroupSize;
            while (Accept(","))
            {
                Next();
            }
        }

        if (Accept(";"))
        {
            // A prototype; the function itself follows.
            return;
        }

        new PtxDecoder(this, function, parameters, moduleShared, frame, sharedBytes).Read();
        functions.Add(functionName, function);
    }

    private static List<string> Tokenize(string text)
    {
        var result = new List<string>();
        var interned = new Dictionary<string, string>();
        int i = 0;
        while (i < text.Length)
        {
            char c = text[i];
            int start = i;
            if (char.IsWhiteSpace(c) || c == '\0')
            {
                i++;
                continue;
            }

            if (c == '/' && text[i + 1] == '/')
            {
                i = text.IndexOf('\n', i);
                i = i < 0 ? text.Length : i;
                continue;
            }

            if (c == '"')
            {
                i = text.IndexOf('"', i + 1) + 1;
            }
            else if (IsWord(c) || (c == '-' && char.IsAsciiDigit(text[i + 1])))
            {
                i++;
                while (i < text.Length && IsWord(text[i]))
                {
                    i++;
                }
            }
            else
            {
                i++;
            }

            string token = text[start..i];
            result.Add(interned.TryGetValue(token, out string? known) ? known : interned[token] = token);
        }

        return result;

        static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '%' or '.';
    }
}
