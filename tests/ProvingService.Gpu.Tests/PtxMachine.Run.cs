// Owns: the meaning of each operation, NVIDIA's PTX ISA, chapter 9.

using System.Numerics;
using System.Runtime.CompilerServices;

namespace ProvingService.Gpu.Tests;

internal sealed unsafe partial class PtxMachine
{
    /// <summary>What a kernel may take before it is held to run for ever: some minutes.</summary>
    private const long MaxBranches = 1L << 32;

    private long branches;

    /// <summary>Runs a thread to the next barrier or its end. The carry does not outlive a call or a barrier.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(PtxThread thread)
    {
        PtxInstruction[] code = thread.Function.Code;
        ulong* r = thread.Registers + thread.RegisterBase;
        byte* frame = thread.Frames + thread.FrameBase;
        int position = thread.Position;
        ulong carry = 0, wide;
        UInt128 huge;
        uint* words;
        ulong* longs;
        uint word;
        while (true)
        {
            ref readonly PtxInstruction i = ref code[position++];
            switch (i.Op)
            {
                case PtxOp.Move: r[i.D] = r[i.A]; break;
                case PtxOp.Add16: r[i.D] = (ushort)(r[i.A] + r[i.B]); break;
                case PtxOp.Add32: r[i.D] = (uint)(r[i.A] + r[i.B]); break;
                case PtxOp.Add64: r[i.D] = r[i.A] + r[i.B]; break;
                case PtxOp.Sub16: r[i.D] = (ushort)(r[i.A] - r[i.B]); break;
                case PtxOp.Sub32: r[i.D] = (uint)(r[i.A] - r[i.B]); break;
                case PtxOp.Sub64: r[i.D] = r[i.A] - r[i.B]; break;
                case PtxOp.AddCc32: wide = r[i.A] + r[i.B]; r[i.D] = (uint)wide; carry = wide >> 32; break;
                case PtxOp.AddCCc32: wide = r[i.A] + r[i.B] + carry; r[i.D] = (uint)wide; carry = wide >> 32; break;
                case PtxOp.AddC32: r[i.D] = (uint)(r[i.A] + r[i.B] + carry); break;
                case PtxOp.SubCc32: wide = r[i.A] - r[i.B]; r[i.D] = (uint)wide; carry = wide >> 63; break;
                case PtxOp.SubCCc32: wide = r[i.A] - r[i.B] - carry; r[i.D] = (uint)wide; carry = wide >> 63; break;
                case PtxOp.SubC32: r[i.D] = (uint)(r[i.A] - r[i.B] - carry); break;
                case PtxOp.AddCc64: huge = (UInt128)r[i.A] + r[i.B]; r[i.D] = (ulong)huge; carry = (ulong)(huge >> 64) & 1; break;
                case PtxOp.AddCCc64: huge = (UInt128)r[i.A] + r[i.B] + carry; r[i.D] = (ulong)huge; carry = (ulong)(huge >> 64) & 1; break;
                case PtxOp.AddC64: r[i.D] = r[i.A] + r[i.B] + carry; break;
                case PtxOp.SubCc64: huge = (UInt128)r[i.A] - r[i.B]; r[i.D] = (ulong)huge; carry = (ulong)(huge >> 64) & 1; break;
                case PtxOp.SubCCc64: huge = (UInt128)r[i.A] - r[i.B] - carry; r[i.D] = (ulong)huge; carry = (ulong)(huge >> 64) & 1; break;
                case PtxOp.SubC64: r[i.D] = r[i.A] - r[i.B] - carry; break;
                case PtxOp.MulLo16: r[i.D] = (ushort)(r[i.A] * r[i.B]); break;
                case PtxOp.MulLo32: r[i.D] = (uint)(r[i.A] * r[i.B]); break;
                case PtxOp.MulLo64: r[i.D] = r[i.A] * r[i.B]; break;
                case PtxOp.MulHiU32: r[i.D] = (r[i.A] * r[i.B]) >> 32; break;
                case PtxOp.MulHiS32: r[i.D] = (uint)(((long)(int)r[i.A] * (int)r[i.B]) >> 32); break;
                case PtxOp.MulHiU64: r[i.D] = Math.BigMul(r[i.A], r[i.B], out _); break;
                case PtxOp.MulWideU16: r[i.D] = (uint)(r[i.A] * r[i.B]); break;
                case PtxOp.MulWideS16: r[i.D] = (uint)((short)r[i.A] * (short)r[i.B]); break;
                case PtxOp.MulWideU32: r[i.D] = r[i.A] * r[i.B]; break;
                case PtxOp.MulWideS32: r[i.D] = (ulong)((long)(int)r[i.A] * (int)r[i.B]); break;
                case PtxOp.MadLo16: r[i.D] = (ushort)((r[i.A] * r[i.B]) + r[i.C]); break;
                case PtxOp.MadLo32: r[i.D] = (uint)((r[i.A] * r[i.B]) + r[i.C]); break;
                case PtxOp.MadLo64: r[i.D] = (r[i.A] * r[i.B]) + r[i.C]; break;
                case PtxOp.MadHiU32: r[i.D] = (uint)(((r[i.A] * r[i.B]) >> 32) + r[i.C]); break;
                case PtxOp.MadHiU64: r[i.D] = Math.BigMul(r[i.A], r[i.B], out _) + r[i.C]; break;
                case PtxOp.MadWideU32: r[i.D] = (r[i.A] * r[i.B]) + r[i.C]; break;
                case PtxOp.MadWideS32: r[i.D] = (ulong)((long)(int)r[i.A] * (int)r[i.B]) + r[i.C]; break;
                case PtxOp.MadLoCc32: wide = (uint)(r[i.A] * r[i.B]) + r[i.C]; r[i.D] = (uint)wide; carry = wide >> 32; break;
                case PtxOp.MadLoCCc32: wide = (uint)(r[i.A] * r[i.B]) + r[i.C] + carry; r[i.D] = (uint)wide; carry = wide >> 32; break;
                case PtxOp.MadLoC32: r[i.D] = (uint)((r[i.A] * r[i.B]) + r[i.C] + carry); break;
                case PtxOp.MadHiCcU32: wide = ((r[i.A] * r[i.B]) >> 32) + r[i.C]; r[i.D] = (uint)wide; carry = wide >> 32; break;
                case PtxOp.MadHiCCcU32: wide = ((r[i.A] * r[i.B]) >> 32) + r[i.C] + carry; r[i.D] = (uint)wide; carry = wide >> 32; break;
                case PtxOp.MadHiCU32: r[i.D] = (uint)(((r[i.A] * r[i.B]) >> 32) + r[i.C] + carry); break;
                case PtxOp.And: r[i.D] = r[i.A] & r[i.B]; break;
                case PtxOp.Or: r[i.D] = r[i.A] | r[i.B]; break;
                case PtxOp.Xor: r[i.D] = r[i.A] ^ r[i.B]; break;
                case PtxOp.Not16: r[i.D] = (ushort)~r[i.A]; break;
                case PtxOp.Not32: r[i.D] = (uint)~r[i.A]; break;
                case PtxOp.Not64: r[i.D] = ~r[i.A]; break;
                case PtxOp.NotPredicate: r[i.D] = r[i.A] ^ 1; break;
                case PtxOp.Neg16: r[i.D] = (ushort)(0 - r[i.A]); break;
                case PtxOp.Neg32: r[i.D] = (uint)(0 - r[i.A]); break;
                case PtxOp.Neg64: r[i.D] = 0 - r[i.A]; break;
                case PtxOp.ShiftLeft16: r[i.D] = (uint)r[i.B] > 15 ? 0UL : (ushort)(r[i.A] << (int)r[i.B]); break;
                case PtxOp.ShiftLeft32: r[i.D] = (uint)r[i.B] > 31 ? 0 : (uint)(r[i.A] << (int)r[i.B]); break;
                case PtxOp.ShiftLeft64: r[i.D] = (uint)r[i.B] > 63 ? 0 : r[i.A] << (int)r[i.B]; break;
                case PtxOp.ShiftRightU: r[i.D] = (uint)r[i.B] > 63 ? 0 : r[i.A] >> (int)r[i.B]; break;
                case PtxOp.ShiftRightS16: r[i.D] = (ushort)((short)r[i.A] >> (int)Math.Min((uint)r[i.B], 15)); break;
                case PtxOp.ShiftRightS32: r[i.D] = (uint)((int)r[i.A] >> (int)Math.Min((uint)r[i.B], 31)); break;
                case PtxOp.ShiftRightS64: r[i.D] = (ulong)((long)r[i.A] >> (int)Math.Min((uint)r[i.B], 63)); break;
                case PtxOp.FunnelLeftWrap: r[i.D] = (((r[i.B] << 32) | r[i.A]) << (int)(r[i.C] & 31)) >> 32; break;
                case PtxOp.FunnelRightWrap: r[i.D] = (uint)(((r[i.B] << 32) | r[i.A]) >> (int)(r[i.C] & 31)); break;
                case PtxOp.FunnelLeftClamp: r[i.D] = (uint)r[i.C] > 31 ? r[i.A] : (((r[i.B] << 32) | r[i.A]) << (int)r[i.C]) >> 32; break;
                case PtxOp.FunnelRightClamp: r[i.D] = (uint)r[i.C] > 31 ? r[i.B] : (uint)(((r[i.B] << 32) | r[i.A]) >> (int)r[i.C]); break;
                case PtxOp.Equal: r[i.D] = r[i.A] == r[i.B] ? 1UL : 0; break;
                case PtxOp.NotEqual: r[i.D] = r[i.A] != r[i.B] ? 1UL : 0; break;
                case PtxOp.LessU: r[i.D] = r[i.A] < r[i.B] ? 1UL : 0; break;
                case PtxOp.LessOrEqualU: r[i.D] = r[i.A] <= r[i.B] ? 1UL : 0; break;
                case PtxOp.LessS16: r[i.D] = (short)r[i.A] < (short)r[i.B] ? 1UL : 0; break;
                case PtxOp.LessOrEqualS16: r[i.D] = (short)r[i.A] <= (short)r[i.B] ? 1UL : 0; break;
                case PtxOp.LessS32: r[i.D] = (int)r[i.A] < (int)r[i.B] ? 1UL : 0; break;
                case PtxOp.LessOrEqualS32: r[i.D] = (int)r[i.A] <= (int)r[i.B] ? 1UL : 0; break;
                case PtxOp.LessS64: r[i.D] = (long)r[i.A] < (long)r[i.B] ? 1UL : 0; break;
                case PtxOp.LessOrEqualS64: r[i.D] = (long)r[i.A] <= (long)r[i.B] ? 1UL : 0; break;
                case PtxOp.Select: r[i.D] = r[i.C] != 0 ? r[i.A] : r[i.B]; break;
                case PtxOp.MinU: r[i.D] = Math.Min(r[i.A], r[i.B]); break;
                case PtxOp.MaxU: r[i.D] = Math.Max(r[i.A], r[i.B]); break;
                case PtxOp.MinS32: r[i.D] = (uint)Math.Min((int)r[i.A], (int)r[i.B]); break;
                case PtxOp.MaxS32: r[i.D] = (uint)Math.Max((int)r[i.A], (int)r[i.B]); break;
                case PtxOp.MinS64: r[i.D] = (ulong)Math.Min((long)r[i.A], (long)r[i.B]); break;
                case PtxOp.MaxS64: r[i.D] = (ulong)Math.Max((long)r[i.A], (long)r[i.B]); break;
                case PtxOp.DivU: r[i.D] = r[i.A] / r[i.B]; break;
                case PtxOp.RemU: r[i.D] = r[i.A] % r[i.B]; break;
                case PtxOp.Mask: r[i.D] = r[i.A] & (ulong)i.Immediate; break;
                case PtxOp.SignExtend: r[i.D] = (ulong)((long)(r[i.A] << (64 - i.C)) >> (64 - i.C)) & (ulong)i.Immediate; break;
                case PtxOp.PopCount: r[i.D] = (ulong)BitOperations.PopCount(r[i.A]); break;
                case PtxOp.LeadingZeros32: r[i.D] = (ulong)BitOperations.LeadingZeroCount((uint)r[i.A]); break;
                case PtxOp.LeadingZeros64: r[i.D] = (ulong)BitOperations.LeadingZeroCount(r[i.A]); break;
                case PtxOp.Reverse32: r[i.D] = Reverse(r[i.A], 32); break;
                case PtxOp.Reverse64: r[i.D] = Reverse(r[i.A], 64); break;
                case PtxOp.ExtractU32: r[i.D] = Extract(r[i.A], r[i.B], r[i.C], 32); break;
                case PtxOp.ExtractU64: r[i.D] = Extract(r[i.A], r[i.B], r[i.C], 64); break;
                case PtxOp.Permute: r[i.D] = Permute((uint)r[i.A], (uint)r[i.B], (uint)r[i.C]); break;
                case PtxOp.Pack32: r[i.D] = r[i.A] | (r[i.B] << 32); break;
                case PtxOp.Pack16: r[i.D] = r[i.A] | (r[i.B] << 16); break;
                case PtxOp.High32: r[i.D] = r[i.A] >> 32; break;
                case PtxOp.High16: r[i.D] = r[i.A] >> 16; break;
                case PtxOp.Load8: r[i.D] = *(byte*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 1, i.C, false); break;
                case PtxOp.Store8: *(byte*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 1, i.C, true) = (byte)r[i.D]; break;
                case PtxOp.LoadFrame8: r[i.D] = *(byte*)(frame + i.Immediate); break;
                case PtxOp.StoreFrame8: *(byte*)(frame + i.Immediate) = (byte)r[i.D]; break;
                case PtxOp.Load16: r[i.D] = *(ushort*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 2, i.C, false); break;
                case PtxOp.Store16: *(ushort*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 2, i.C, true) = (ushort)r[i.D]; break;
                case PtxOp.LoadFrame16: r[i.D] = *(ushort*)(frame + i.Immediate); break;
                case PtxOp.StoreFrame16: *(ushort*)(frame + i.Immediate) = (ushort)r[i.D]; break;
                case PtxOp.Load32: r[i.D] = *(uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 4, i.C, false); break;
                case PtxOp.Store32: *(uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 4, i.C, true) = (uint)r[i.D]; break;
                case PtxOp.LoadFrame32: r[i.D] = *(uint*)(frame + i.Immediate); break;
                case PtxOp.StoreFrame32: *(uint*)(frame + i.Immediate) = (uint)r[i.D]; break;
                case PtxOp.Load64: r[i.D] = *(ulong*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 8, i.C, false); break;
                case PtxOp.Store64: *(ulong*)Resolve(thread, r[i.A] + (ulong)i.Immediate, i.B, 8, i.C, true) = r[i.D]; break;
                case PtxOp.LoadFrame64: r[i.D] = *(ulong*)(frame + i.Immediate); break;
                case PtxOp.StoreFrame64: *(ulong*)(frame + i.Immediate) = r[i.D]; break;
                case PtxOp.AtomicAdd32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = word + (uint)r[i.B]; r[i.D] = word; break;
                case PtxOp.AtomicMin32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = Math.Min(word, (uint)r[i.B]); r[i.D] = word; break;
                case PtxOp.AtomicMax32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = Math.Max(word, (uint)r[i.B]); r[i.D] = word; break;
                case PtxOp.AtomicAnd32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = word & (uint)r[i.B]; r[i.D] = word; break;
                case PtxOp.AtomicOr32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = word | (uint)r[i.B]; r[i.D] = word; break;
                case PtxOp.AtomicXor32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = word ^ (uint)r[i.B]; r[i.D] = word; break;
                case PtxOp.AtomicExchange32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = (uint)r[i.B]; r[i.D] = word; break;
                case PtxOp.AtomicCas32: words = (uint*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 4, 4, true); word = *words; *words = word == (uint)r[i.B] ? (uint)r[i.C] : word; r[i.D] = word; break;
                case PtxOp.AtomicAdd64: longs = (ulong*)Resolve(thread, r[i.A] + (ulong)i.Immediate, 0, 8, 8, true); wide = *longs; *longs = wide + r[i.B]; r[i.D] = wide; break;
                case PtxOp.Special: r[i.D] = SpecialValue((PtxSpecial)i.C, thread); break;
                case PtxOp.FrameAddress: r[i.D] = PtxMemory.Address(PtxSpace.Frame, thread.FrameBase + i.C); break;
                case PtxOp.Branch: position = Jump(i.C); break;
                case PtxOp.BranchIf: position = r[i.A] != 0 ? Jump(i.C) : position; break;
                case PtxOp.BranchIfNot: position = r[i.A] == 0 ? Jump(i.C) : position; break;
                case PtxOp.Call:
                case PtxOp.Return:
                    thread.Position = position;
                    if (i.Op == PtxOp.Call)
                    {
                        thread.Call(thread.Function.Calls[i.C]);
                    }
                    else
                    {
                        thread.Return();
                    }

                    code = thread.Function.Code;
                    r = thread.Registers + thread.RegisterBase;
                    frame = thread.Frames + thread.FrameBase;
                    position = thread.Position;
                    break;
                case PtxOp.Barrier:
                    thread.Position = position;
                    return;
                case PtxOp.Exit:
                    thread.IsDone = true;
                    return;
                default:
                    throw new PtxException($"{thread.Function.Name}: {i.Op} is not interpreted.");
            }
        }
    }

    private int Jump(int target) => ++branches < MaxBranches ? target : throw new PtxException("A kernel does not end.");

    private ulong SpecialValue(PtxSpecial special, PtxThread thread) => special switch
    {
        PtxSpecial.LocalIndex => thread.Index,
        PtxSpecial.LocalSize => groupSize,
        PtxSpecial.GroupIndex => groupIndex,
        PtxSpecial.GroupCount => groupCount,
        PtxSpecial.One => 1,
        _ => 0,
    };

    private static ulong Reverse(ulong value, int bits)
    {
        ulong result = 0;
        for (int bit = 0; bit < bits; bit++)
        {
            result |= ((value >> bit) & 1) << (bits - 1 - bit);
        }

        return result;
    }

    /// <summary>Bits of a value; position and length are bytes, and what lies beyond the value is zero.</summary>
    private static ulong Extract(ulong value, ulong position, ulong length, int bits)
    {
        int start = (int)(position & 0xff), count = (int)(length & 0xff);
        ulong rest = start >= bits ? 0 : value >> start;
        return count >= 64 ? rest : rest & ((1UL << count) - 1);
    }

    /// <summary>prmt without a mode: each selector's low three bits name a byte, its fourth asks for copies of that byte's sign.</summary>
    private static ulong Permute(uint a, uint b, uint selectors)
    {
        ulong bytes = a | ((ulong)b << 32);
        uint result = 0;
        for (int i = 0; i < 4; i++)
        {
            uint selector = selectors >> (4 * i);
            uint value = (uint)(bytes >> (int)(8 * (selector & 7))) & 0xff;
            value = (selector & 8) == 0 ? value : (value & 0x80) != 0 ? 0xffu : 0;
            result |= value << (8 * i);
        }

        return result;
    }
}
