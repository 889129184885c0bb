// Owns: which operation each PTX opcode is. What is not here is refused by name.

namespace ProvingService.Gpu.Tests;

/// <summary>Decoding of single instructions; the semantics are those of NVIDIA's PTX ISA, chapter 9.</summary>
internal static class PtxOpcodes
{
    private static readonly string[] CacheHints = ["volatile", "nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "relaxed", "gpu", "cta"];

    private static readonly Dictionary<string, PtxSpecial> Specials = new()
    {
        ["%tid.x"] = PtxSpecial.LocalIndex, ["%ntid.x"] = PtxSpecial.LocalSize,
        ["%ctaid.x"] = PtxSpecial.GroupIndex, ["%nctaid.x"] = PtxSpecial.GroupCount,
        ["%tid.y"] = PtxSpecial.Zero, ["%tid.z"] = PtxSpecial.Zero, ["%ctaid.y"] = PtxSpecial.Zero, ["%ctaid.z"] = PtxSpecial.Zero,
        ["%ntid.y"] = PtxSpecial.One, ["%ntid.z"] = PtxSpecial.One, ["%nctaid.y"] = PtxSpecial.One, ["%nctaid.z"] = PtxSpecial.One,
    };

    /// <summary>Operations of the shape D, A, B (, C), by name without the type's letter; the bits are those of the sources.</summary>
    private static readonly Dictionary<string, (PtxOp Op, int Sources)> Plain = new()
    {
        ["add.16"] = (PtxOp.Add16, 2), ["add.32"] = (PtxOp.Add32, 2), ["add.64"] = (PtxOp.Add64, 2),
        ["add.cc.32"] = (PtxOp.AddCc32, 2), ["addc.32"] = (PtxOp.AddC32, 2), ["addc.cc.32"] = (PtxOp.AddCCc32, 2),
        ["add.cc.64"] = (PtxOp.AddCc64, 2), ["addc.64"] = (PtxOp.AddC64, 2), ["addc.cc.64"] = (PtxOp.AddCCc64, 2),
        ["sub.16"] = (PtxOp.Sub16, 2), ["sub.32"] = (PtxOp.Sub32, 2), ["sub.64"] = (PtxOp.Sub64, 2),
        ["sub.cc.32"] = (PtxOp.SubCc32, 2), ["subc.32"] = (PtxOp.SubC32, 2), ["subc.cc.32"] = (PtxOp.SubCCc32, 2),
        ["sub.cc.64"] = (PtxOp.SubCc64, 2), ["subc.64"] = (PtxOp.SubC64, 2), ["subc.cc.64"] = (PtxOp.SubCCc64, 2),
        ["mul.lo.16"] = (PtxOp.MulLo16, 2), ["mul.lo.32"] = (PtxOp.MulLo32, 2), ["mul.lo.64"] = (PtxOp.MulLo64, 2),
        ["mul.hi.u32"] = (PtxOp.MulHiU32, 2), ["mul.hi.s32"] = (PtxOp.MulHiS32, 2), ["mul.hi.u64"] = (PtxOp.MulHiU64, 2),
        ["mul.wide.u16"] = (PtxOp.MulWideU16, 2), ["mul.wide.s16"] = (PtxOp.MulWideS16, 2),
        ["mul.wide.u32"] = (PtxOp.MulWideU32, 2), ["mul.wide.s32"] = (PtxOp.MulWideS32, 2),
        ["mad.lo.16"] = (PtxOp.MadLo16, 3), ["mad.lo.32"] = (PtxOp.MadLo32, 3), ["mad.lo.64"] = (PtxOp.MadLo64, 3),
        ["mad.hi.u32"] = (PtxOp.MadHiU32, 3), ["mad.hi.u64"] = (PtxOp.MadHiU64, 3),
        ["mad.wide.u32"] = (PtxOp.MadWideU32, 3), ["mad.wide.s32"] = (PtxOp.MadWideS32, 3),
        ["mad.lo.cc.32"] = (PtxOp.MadLoCc32, 3), ["madc.lo.32"] = (PtxOp.MadLoC32, 3), ["madc.lo.cc.32"] = (PtxOp.MadLoCCc32, 3),
        ["mad.hi.cc.u32"] = (PtxOp.MadHiCcU32, 3), ["madc.hi.u32"] = (PtxOp.MadHiCU32, 3), ["madc.hi.cc.u32"] = (PtxOp.MadHiCCcU32, 3),
        ["and"] = (PtxOp.And, 2), ["or"] = (PtxOp.Or, 2), ["xor"] = (PtxOp.Xor, 2),
        ["not.16"] = (PtxOp.Not16, 1), ["not.32"] = (PtxOp.Not32, 1), ["not.64"] = (PtxOp.Not64, 1), ["not.pred"] = (PtxOp.NotPredicate, 1),
        ["neg.16"] = (PtxOp.Neg16, 1), ["neg.32"] = (PtxOp.Neg32, 1), ["neg.64"] = (PtxOp.Neg64, 1),
        ["shl.16"] = (PtxOp.ShiftLeft16, 2), ["shl.32"] = (PtxOp.ShiftLeft32, 2), ["shl.64"] = (PtxOp.ShiftLeft64, 2),
        ["shr.u"] = (PtxOp.ShiftRightU, 2),
        ["shr.s16"] = (PtxOp.ShiftRightS16, 2), ["shr.s32"] = (PtxOp.ShiftRightS32, 2), ["shr.s64"] = (PtxOp.ShiftRightS64, 2),
        ["shf.l.wrap.32"] = (PtxOp.FunnelLeftWrap, 3), ["shf.l.clamp.32"] = (PtxOp.FunnelLeftClamp, 3),
        ["shf.r.wrap.32"] = (PtxOp.FunnelRightWrap, 3), ["shf.r.clamp.32"] = (PtxOp.FunnelRightClamp, 3),
        ["min.u"] = (PtxOp.MinU, 2), ["max.u"] = (PtxOp.MaxU, 2), ["div.u"] = (PtxOp.DivU, 2), ["rem.u"] = (PtxOp.RemU, 2),
        ["min.s32"] = (PtxOp.MinS32, 2), ["max.s32"] = (PtxOp.MaxS32, 2), ["min.s64"] = (PtxOp.MinS64, 2), ["max.s64"] = (PtxOp.MaxS64, 2),
        ["popc"] = (PtxOp.PopCount, 1), ["clz.32"] = (PtxOp.LeadingZeros32, 1), ["clz.64"] = (PtxOp.LeadingZeros64, 1),
        ["brev.32"] = (PtxOp.Reverse32, 1), ["brev.64"] = (PtxOp.Reverse64, 1),
        ["bfe.u32"] = (PtxOp.ExtractU32, 3), ["bfe.u64"] = (PtxOp.ExtractU64, 3), ["prmt.32"] = (PtxOp.Permute, 3),
    };

    /// <summary>Reads the operands of an instruction whose opcode was read, and emits what it does.</summary>
    public static void Decode(PtxDecoder decoder, string opcode)
    {
        string[] parts = opcode.Split('.');
        string type = parts[^1];
        switch (parts[0])
        {
            case "mov":
                DecodeMove(decoder, type);
                return;
            case "cvta":
                int target = decoder.Target();
                decoder.Comma();
                decoder.Emit(new(PtxOp.Move, target, decoder.Source()));
                return;
            case "cvt":
                DecodeConversion(decoder, opcode, parts);
                return;
            case "ld" or "st":
                DecodeAccess(decoder, opcode, parts);
                return;
            case "atom" or "red":
                DecodeAtomic(decoder, opcode, parts);
                return;
            case "setp":
                DecodeComparison(decoder, opcode, parts);
                return;
            case "selp":
                target = decoder.Target();
                decoder.Comma();
                int yes = decoder.Source(Bits(type));
                decoder.Comma();
                int no = decoder.Source(Bits(type));
                decoder.Comma();
                decoder.Emit(new(PtxOp.Select, target, yes, no, decoder.Source()));
                return;
            case "bra":
                decoder.EmitBranch(PtxOp.Branch, 0, decoder.Next());
                return;
            case "call":
                DecodeCall(decoder);
                return;
            case "ret":
                decoder.Emit(new(decoder.Function.IsKernel ? PtxOp.Exit : PtxOp.Return));
                return;
            case "exit":
                decoder.Emit(new(PtxOp.Exit));
                return;
            case "bar" when opcode is "bar.sync":
                if (decoder.Next() != "0")
                {
                    throw decoder.Refuse("a barrier other than 0");
                }

                decoder.Emit(new(PtxOp.Barrier));
                return;
            case "membar" or "fence":
                // The interpreter's memory is in order.
                return;
        }

        int bits = Bits(type);
        string untyped = string.Join('.', parts[..^1]);
        if (!Plain.TryGetValue(opcode, out (PtxOp Op, int Sources) plain)
            && !Plain.TryGetValue($"{untyped}.{bits}", out plain)
            && !Plain.TryGetValue($"{untyped}.{type[0]}", out plain)
            && !(untyped is "and" or "or" or "xor" or "popc" && Plain.TryGetValue(untyped, out plain))
            && !(opcode is "shr.b16" or "shr.b32" or "shr.b64" && Plain.TryGetValue("shr.u", out plain)))
        {
            throw decoder.Refuse($"the instruction {opcode} is not known");
        }

        int result = decoder.Target();
        Span<int> sources = stackalloc int[3];
        for (int i = 0; i < plain.Sources; i++)
        {
            decoder.Comma();
            bool isWideTerm = i == 2 && parts.Contains("wide");
            sources[i] = decoder.Source(isWideTerm ? 2 * bits : bits);
        }

        decoder.Emit(new(plain.Op, result, sources[0], sources[1], sources[2]));
    }

    private static int Bits(string type) => type == "pred" ? 1 : 8 * PtxModule.TypeBytes("." + type);

    private static void DecodeMove(PtxDecoder decoder, string type)
    {
        int bits = Bits(type);
        if (decoder.Accept("{"))
        {
            // Unpacking; a part may be left out.
            string low = decoder.Next();
            decoder.Comma();
            string high = decoder.Next();
            _ = decoder.Accept("}");
            decoder.Comma();
            int whole = decoder.Source();
            int lowTarget = low == "_" ? -1 : decoder.Named(low), highTarget = high == "_" ? -1 : decoder.Named(high);
            if (lowTarget == whole || highTarget == whole)
            {
                throw decoder.Refuse("a register is unpacked into itself");
            }

            if (lowTarget >= 0)
            {
                decoder.Emit(new(PtxOp.Mask, lowTarget, whole, Immediate: (1L << (bits / 2)) - 1));
            }

            if (highTarget >= 0)
            {
                decoder.Emit(new(bits == 64 ? PtxOp.High32 : PtxOp.High16, highTarget, whole));
            }

            return;
        }

        int target = decoder.Target();
        decoder.Comma();
        if (decoder.Accept("{"))
        {
            int low = decoder.Source(bits / 2);
            decoder.Comma();
            int high = decoder.Source(bits / 2);
            _ = decoder.Accept("}");
            decoder.Emit(new(bits == 64 ? PtxOp.Pack32 : PtxOp.Pack16, target, low, high));
            return;
        }

        if (Specials.TryGetValue(decoder.Peek, out PtxSpecial special))
        {
            decoder.Next();
            decoder.Emit(new(PtxOp.Special, target, C: (int)special));
        }
        else if (decoder.FindParameter(decoder.Peek) is { } place)
        {
            decoder.Next();
            decoder.Emit(new(PtxOp.FrameAddress, target, C: place.Offset));
        }
        else
        {
            decoder.Emit(new(PtxOp.Move, target, decoder.Source(bits)));
        }
    }

    private static void DecodeConversion(PtxDecoder decoder, string opcode, string[] parts)
    {
        if (parts.Length != 3)
        {
            throw decoder.Refuse($"the instruction {opcode} is not known");
        }

        int to = Bits(parts[1]), from = Bits(parts[2]);
        int target = decoder.Target();
        decoder.Comma();
        int source = decoder.Source(from);
        decoder.Emit(parts[2][0] == 's' && to > from
            ? new(PtxOp.SignExtend, target, source, C: from, Immediate: Ones(to))
            : new(PtxOp.Mask, target, source, Immediate: Ones(Math.Min(to, from))));
    }

    private static void DecodeAccess(PtxDecoder decoder, string opcode, string[] parts)
    {
        bool isLoad = parts[0] == "ld";
        string type = parts[^1];
        int bytes = PtxModule.TypeBytes("." + type), count = 1;
        PtxSpace space = PtxSpace.Generic;
        bool isParameter = false;
        foreach (string part in parts[1..^1])
        {
            switch (part)
            {
                case "global": space = PtxSpace.Global; break;
                case "shared": space = PtxSpace.Shared; break;
                case "local": space = PtxSpace.Frame; break;
                case "const": space = PtxSpace.Constant; break;
                case "param": isParameter = true; break;
                case "v2": count = 2; break;
                case "v4": count = 4; break;
                default:
                    if (!CacheHints.Contains(part))
                    {
                        throw decoder.Refuse($"the instruction {opcode} is not known");
                    }

                    break;
            }
        }

        List<int> registers = [];
        if (isLoad)
        {
            registers = decoder.Vector(isTarget: true, 8 * bytes);
            decoder.Comma();
        }

        (int address, long offset) = decoder.BracketedAddress();
        if (!isLoad)
        {
            decoder.Comma();
            registers = decoder.Vector(isTarget: false, 8 * bytes);
        }

        if (registers.Count != count || isParameter != address < 0)
        {
            throw decoder.Refuse($"the instruction {opcode} has other operands than is known");
        }

        int log = System.Numerics.BitOperations.Log2((uint)bytes);
        for (int i = 0; i < count; i++)
        {
            if (isLoad && i < count - 1 && registers[i] == address)
            {
                throw decoder.Refuse($"{opcode} overwrites its own address");
            }

            decoder.Emit(address < 0
                ? new((isLoad ? PtxOp.LoadFrame8 : PtxOp.StoreFrame8) + log, registers[i], Immediate: offset + (i * bytes))
                : new(
                    (isLoad ? PtxOp.Load8 : PtxOp.Store8) + log,
                    registers[i],
                    address,
                    (int)space,
                    i == 0 ? bytes * count : bytes,
                    offset + (i * bytes)));
            if (isLoad && type[0] == 's' && decoder.Width(registers[i]) > 8 * bytes)
            {
                decoder.Emit(new(
                    PtxOp.SignExtend, registers[i], registers[i], C: 8 * bytes, Immediate: Ones(decoder.Width(registers[i]))));
            }
        }
    }

    private static void DecodeAtomic(PtxDecoder decoder, string opcode, string[] parts)
    {
        string operation = parts[^2], type = parts[^1];
        PtxOp op = (operation, type) switch
        {
            ("add", "u32" or "s32") => PtxOp.AtomicAdd32,
            ("add", "u64") => PtxOp.AtomicAdd64,
            ("min", "u32") => PtxOp.AtomicMin32,
            ("max", "u32") => PtxOp.AtomicMax32,
            ("and", "b32") => PtxOp.AtomicAnd32,
            ("or", "b32") => PtxOp.AtomicOr32,
            ("xor", "b32") => PtxOp.AtomicXor32,
            ("exch", "b32") => PtxOp.AtomicExchange32,
            ("cas", "b32") => PtxOp.AtomicCas32,
            _ => throw decoder.Refuse($"the instruction {opcode} is not known"),
        };
        bool isReduction = parts[0] == "red";
        int target = isReduction ? decoder.Scratch() : decoder.Target();
        if (!isReduction)
        {
            decoder.Comma();
        }

        (int address, long offset) = decoder.BracketedAddress();
        decoder.Comma();
        int operand = decoder.Source(Bits(type)), third = 0;
        if (op == PtxOp.AtomicCas32)
        {
            decoder.Comma();
            third = decoder.Source(Bits(type));
        }

        if (address < 0)
        {
            throw decoder.Refuse($"{opcode} on a parameter");
        }

        decoder.Emit(new(op, target, address, operand, third, offset));
    }

    private static void DecodeComparison(PtxDecoder decoder, string opcode, string[] parts)
    {
        if (parts.Length != 3)
        {
            throw decoder.Refuse($"the instruction {opcode} is not known");
        }

        string type = parts[2], relation = parts[1];
        int target = decoder.Target();
        decoder.Comma();
        int a = decoder.Source(Bits(type));
        decoder.Comma();
        int b = decoder.Source(Bits(type));
        if (relation is "gt" or "ge" or "hi" or "hs")
        {
            (a, b) = (b, a);
        }

        (PtxOp less, PtxOp lessOrEqual) = type switch
        {
            "s16" => (PtxOp.LessS16, PtxOp.LessOrEqualS16),
            "s32" => (PtxOp.LessS32, PtxOp.LessOrEqualS32),
            "s64" => (PtxOp.LessS64, PtxOp.LessOrEqualS64),
            _ => (PtxOp.LessU, PtxOp.LessOrEqualU),
        };
        PtxOp op = relation switch
        {
            "eq" => PtxOp.Equal,
            "ne" => PtxOp.NotEqual,
            "lt" or "gt" or "lo" or "hi" => less,
            "le" or "ge" or "ls" or "hs" => lessOrEqual,
            _ => throw decoder.Refuse($"the instruction {opcode} is not known"),
        };
        decoder.Emit(new(op, target, a, b));
    }

    /// <summary>(result), name, (arguments); names are of parameters that the caller declared.</summary>
    private static void DecodeCall(PtxDecoder decoder)
    {
        (int, int)? result = null;
        if (decoder.Accept("("))
        {
            result = Parameter();
            _ = decoder.Accept(")");
            decoder.Comma();
        }

        string name = decoder.Next();
        var arguments = new List<(int, int)>();
        if (decoder.Accept(","))
        {
            _ = decoder.Accept("(");
            while (!decoder.Accept(")"))
            {
                arguments.Add(Parameter());
                _ = decoder.Accept(",");
            }
        }

        decoder.Function.Calls.Add(new(name, [.. arguments], result));
        decoder.Emit(new(PtxOp.Call, C: decoder.Function.Calls.Count - 1));

        (int, int) Parameter()
        {
            string parameter = decoder.Next();
            return decoder.FindParameter(parameter) ?? throw decoder.Refuse($"{parameter} is no parameter");
        }
    }

    private static long Ones(int bits) => bits == 64 ? -1 : (1L << bits) - 1;
}
