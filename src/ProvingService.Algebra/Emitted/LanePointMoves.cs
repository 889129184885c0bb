// Owns: how points get from memory to lanes and back: gather, transposition, words and limbs, scatter. What is done to them:
// AffineLaneEmitter.cs.

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace ProvingService.Algebra;

/// <summary>
/// The moves of the affine kernels. A point is 2·degree·N words; eight points are gathered row by row, transposed in registers
/// and kept in scratch as vectors of one word each. Registers: as <see cref="AffineLaneEmitter"/> says, and rbx for scratch.
/// </summary>
internal sealed class LanePointMoves(LaneAssembler lane)
{
    /// <summary>Lanes ahead of the current ones whose points are fetched: about 600 ns of arithmetic.</summary>
    private const int PrefetchLanes = 64;

    private readonly Assembler c = lane.C;
    private readonly int words = lane.Prime.Words;
    private readonly int pointWords = 2 * lane.Degree * lane.Prime.Words;

    private int PointBytes => 8 * pointWords;

    /// <summary>
    /// Brings the points of the unit's lanes to scratch, transposed: vector w holds word w of eight points. The lanes' signs
    /// go to k3 and k4. The word of a coordinate's component stands where <see cref="WordsOf"/> says.
    /// </summary>
    public void GatherUnit()
    {
        AssemblerRegister64[] rows = [r8, r9, r10, r11, r12, r13, r14, r15];
        for (int block = 0; block < lane.Blocks; block++)
        {
            for (int l = 7; l >= 0; l--)
            {
                // Twice the index, whose sign bit falls into the carry and from there into rbx; half the size of a point.
                c.mov(eax, __dword_ptr[rdx + (4 * ((8 * block) + l))]);
                c.mov(eax, __dword_ptr[rsi + (rax * 4)]);
                c.add(eax, eax);
                c.adc(ebx, ebx);
                c.imul(rows[l], rax, PointBytes / 2);
            }

            if (block == 0)
            {
                c.kmovb(k3, ebx);
            }

            if (block == lane.Blocks - 1)
            {
                c.kmovb(k4, ebx);
            }

            for (int l = 0; l < 8; l++)
            {
                c.mov(eax, __dword_ptr[rdx + (4 * ((8 * block) + l + PrefetchLanes))]);
                c.mov(eax, __dword_ptr[rsi + (rax * 4)]);
                c.add(eax, eax);
                c.imul(rax, rax, PointBytes / 2);
                for (int line = 0; line < PointBytes; line += 64)
                {
                    c.prefetcht0(__byte_ptr[rcx + rax + line]);
                }
            }

            c.mov(rbx, AffineLaneEmitter.Affine(nameof(AffineLanes.Scratch)));
            for (int first = 0; first < pointWords; first += 8)
            {
                int target = 64 * ((block * pointWords) + first);
                if (pointWords - first >= 8)
                {
                    for (int l = 0; l < 8; l++)
                    {
                        c.vmovdqu64(LaneAssembler.Z(l), __zmmword_ptr[rcx + rows[l] + (8 * first)]);
                    }

                    AssemblerRegisterZMM[] columns = Transpose();
                    for (int w = 0; w < 8; w++)
                    {
                        c.vmovdqa64(__zmmword_ptr[rbx + (target + (64 * w))], columns[w]);
                    }
                }
                else
                {
                    GatherFour(rows, 8 * first, target);
                }
            }
        }

        c.add(rdx, 4 * lane.Blocks * 8);
    }

    /// <summary>Four words of eight points: two points a register, then one unpacking and one shuffle a word.</summary>
    private void GatherFour(AssemblerRegister64[] rows, int offset, int target)
    {
        for (int i = 0; i < 4; i++)
        {
            int low = (i & 1) + (4 * (i >> 1));
            AssemblerRegisterYMM half = new AssemblerRegisterYMM[] { ymm0, ymm1, ymm2, ymm3 }[i];
            c.vmovdqu64(half, __ymmword_ptr[rcx + rows[low] + offset]);
            c.vinserti64x4(LaneAssembler.Z(i), LaneAssembler.Z(i), __ymmword_ptr[rcx + rows[low + 2] + offset], 1);
        }

        c.vpunpcklqdq(zmm4, zmm0, zmm1);
        c.vpunpckhqdq(zmm5, zmm0, zmm1);
        c.vpunpcklqdq(zmm6, zmm2, zmm3);
        c.vpunpckhqdq(zmm7, zmm2, zmm3);
        c.vshufi64x2(zmm0, zmm4, zmm6, 0x88);
        c.vshufi64x2(zmm1, zmm5, zmm7, 0x88);
        c.vshufi64x2(zmm2, zmm4, zmm6, 0xdd);
        c.vshufi64x2(zmm3, zmm5, zmm7, 0xdd);
        for (int w = 0; w < 4; w++)
        {
            c.vmovdqa64(__zmmword_ptr[rbx + (target + (64 * w))], LaneAssembler.Z(w));
        }
    }

    /// <summary>zmm0–7 as the rows of an 8×8 matrix; returns the registers that hold its columns. Uses zmm8–15.</summary>
    private AssemblerRegisterZMM[] Transpose()
    {
        for (int i = 0; i < 4; i++)
        {
            c.vpunpcklqdq(LaneAssembler.Z(8 + (2 * i)), LaneAssembler.Z(2 * i), LaneAssembler.Z((2 * i) + 1));
            c.vpunpckhqdq(LaneAssembler.Z(9 + (2 * i)), LaneAssembler.Z(2 * i), LaneAssembler.Z((2 * i) + 1));
        }

        // Row pairs 01, 23, 45, 67, even columns in zmm8, 10, 12, 14 and odd ones in zmm9, 11, 13, 15.
        for (int odd = 0; odd < 2; odd++)
        {
            AssemblerRegisterZMM r01 = LaneAssembler.Z(8 + odd), r23 = LaneAssembler.Z(10 + odd);
            AssemblerRegisterZMM r45 = LaneAssembler.Z(12 + odd), r67 = LaneAssembler.Z(14 + odd);
            AssemblerRegisterZMM u0 = LaneAssembler.Z(4 * odd), u1 = LaneAssembler.Z((4 * odd) + 1);
            AssemblerRegisterZMM u2 = LaneAssembler.Z((4 * odd) + 2), u3 = LaneAssembler.Z((4 * odd) + 3);
            c.vshufi64x2(u0, r01, r23, 0x88);
            c.vshufi64x2(u1, r45, r67, 0x88);
            c.vshufi64x2(u2, r01, r23, 0xdd);
            c.vshufi64x2(u3, r45, r67, 0xdd);
            c.vshufi64x2(r01, u0, u1, 0x88);
            c.vshufi64x2(r45, u0, u1, 0xdd);
            c.vshufi64x2(r23, u2, u3, 0x88);
            c.vshufi64x2(r67, u2, u3, 0xdd);
        }

        // Columns 0, 2, 4, 6 are now in r01, r23, r45, r67 of the even registers, and 1, 3, 5, 7 in those of the odd ones.
        return [.. Enumerable.Range(0, 8).Select(w => LaneAssembler.Z(8 + w))];
    }

    /// <summary>The first of a component's words in scratch.</summary>
    public int WordsOf(int component, int coordinate) => lane.Degree == 1
        ? (component * pointWords) + (coordinate * words)
        : ((2 * coordinate) + component) * words;

    /// <summary>acc ← a coordinate of the gathered points, shifted from words to limbs and reduced below 2p, carries open.</summary>
    public void ConvertCoordinate(int coordinate)
    {
        for (int j = 0; j < lane.L; j++)
        {
            int bit = (LanePrime.LimbBits * j) - lane.Prime.Shift;
            for (int k = 0; k < 2; k++)
            {
                AssemblerRegisterZMM limb = LaneAssembler.Acc(k, j);
                AssemblerMemoryOperand Word(int w) => __zmmword_ptr[rbx + (64 * (WordsOf(k, coordinate) + w))];
                int word = Math.Max(bit, 0) / 64, shift = bit - (64 * word);
                if (shift < 0)
                {
                    c.vpsllq(limb, Word(0), (byte)-shift);
                }
                else if (shift + LanePrime.LimbBits <= 64 || word == words - 1)
                {
                    c.vpsrlq(limb, Word(word), (byte)shift);
                }
                else
                {
                    c.vmovdqa64(limb, Word(word));
                    c.vpshrdq(limb, limb, Word(word + 1), (byte)shift);
                }

                c.vpandq(limb, limb, LaneAssembler.Mask);
            }
        }

        lane.Reduce(slack: 0);
    }

    /// <summary>acc ← −acc in the lanes of k3 and k4; with 2p added there if <paramref name="offset"/>.</summary>
    public void NegateSigned(bool offset)
    {
        ulong[] limbs = lane.Prime.ToLimbs(2 * lane.Prime.Modulus);
        c.vpxorq(LaneAssembler.T(0), LaneAssembler.T(0), LaneAssembler.T(0));
        for (int j = 0; j < lane.L; j++)
        {
            if (offset)
            {
                lane.Broadcast(LaneAssembler.T(0), limbs[j]);
            }

            c.vpsubq(LaneAssembler.Acc(0, j).k3, LaneAssembler.T(0), LaneAssembler.Acc(0, j));
            c.vpsubq(LaneAssembler.Acc(1, j).k4, LaneAssembler.T(0), LaneAssembler.Acc(1, j));
        }
    }

    /// <summary>zmm0–7 ← component k of the unit at r8, less p where it is not below p.</summary>
    public void Canonicalize(int k)
    {
        AssemblerRegisterZMM carry = LaneAssembler.T(0);
        for (int j = 0; j < lane.L; j++)
        {
            AssemblerRegisterZMM limb = LaneAssembler.Acc(0, j);
            c.vmovdqa64(limb, __zmmword_ptr[r8 + lane.At(k, j)]);
            c.vpsubq(limb, limb, LaneAssembler.P(j));
            if (j > 0)
            {
                c.vpaddq(limb, limb, carry);
            }

            c.vpsraq(carry, limb, LanePrime.LimbBits);
            c.vpandq(limb, limb, LaneAssembler.Mask);
        }

        c.vpmovq2m(k5, carry);
        for (int j = 0; j < lane.L; j++)
        {
            c.vmovdqa64(LaneAssembler.Acc(0, j).k5, __zmmword_ptr[r8 + lane.At(k, j)]);
        }
    }

    /// <summary>Scratch words from <paramref name="first"/> on ← the limbs in zmm0–7.</summary>
    public void ToWords(int k, int first)
    {
        for (int w = 0; w < words; w++)
        {
            int limb = 64 * w / LanePrime.LimbBits, shift = (64 * w) - (LanePrime.LimbBits * limb);
            AssemblerRegisterZMM word = LaneAssembler.T(0), part = LaneAssembler.T(1);
            c.vpsrlq(word, LaneAssembler.Acc(0, limb), (byte)shift);
            for (int next = limb + 1; next < lane.L && (LanePrime.LimbBits * (next - limb)) - shift < 64; next++)
            {
                c.vpsllq(part, LaneAssembler.Acc(0, next), (byte)((LanePrime.LimbBits * (next - limb)) - shift));
                c.vporq(word, word, part);
            }

            c.vmovdqa64(__zmmword_ptr[rbx + (64 * (first + w))], word);
        }
    }

    /// <summary>Writes eight points from scratch words to the lanes' destinations.</summary>
    public void Scatter(int block)
    {
        AssemblerRegister64[] rows = [r8, r9, r10, r11, r12, r13, r14, r15];
        for (int l = 0; l < 8; l++)
        {
            c.mov(rows[l], __qword_ptr[rdx + (8 * ((8 * block) + l))]);
        }

        for (int first = 0; first < pointWords; first += 8)
        {
            int source = 64 * ((block * pointWords) + first), count = Math.Min(8, pointWords - first);
            for (int w = 0; w < count; w++)
            {
                c.vmovdqa64(LaneAssembler.Z(w), __zmmword_ptr[rbx + (source + (64 * w))]);
            }

            // A group of four leaves the upper halves of the rows meaningless; only the lower ones are stored.
            AssemblerRegisterZMM[] points = Transpose();
            AssemblerRegisterYMM[] halves = [ymm8, ymm9, ymm10, ymm11, ymm12, ymm13, ymm14, ymm15];
            for (int l = 0; l < 8; l++)
            {
                if (count == 8)
                {
                    c.vmovdqu64(__zmmword_ptr[rows[l] + (8 * first)], points[l]);
                }
                else
                {
                    c.vmovdqu64(__ymmword_ptr[rows[l] + (8 * first)], halves[l]);
                }
            }
        }
    }
}
