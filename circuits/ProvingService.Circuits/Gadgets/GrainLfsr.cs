// Owns: the pseudo-random bits from which Poseidon's parameters come. Never: how they are used.

using System.Numerics;

namespace ProvingService.Circuits;

/// <summary>
/// The Grain LFSR in self-shrinking mode, as the reference procedure of Poseidon uses it
/// (Grassi, Khovratovich, Rechberger, Roy, Schofnegger: "Poseidon", USENIX Security 2021, appendix F).
/// </summary>
internal sealed class GrainLfsr
{
    private const int Length = 80;
    private const int Discarded = 160;

    // A ring: position i of the register is bits[(head + i) % Length].
    private readonly bool[] bits = new bool[Length];
    private int head;

    /// <summary>Fills the register: field kind 1 (prime) in 2 bits, S-box x^5 as 0 in 4, then the sizes, then ones.</summary>
    public GrainLfsr(int fieldBits, int width, int fullRounds, int partialRounds)
    {
        int position = 0;
        Append(1, 2);
        Append(0, 4);
        Append(fieldBits, 12);
        Append(width, 12);
        Append(fullRounds, 10);
        Append(partialRounds, 10);
        Append((1 << 30) - 1, 30);
        for (int i = 0; i < Discarded; i++)
        {
            Step();
        }

        void Append(int value, int count)
        {
            for (int i = count - 1; i >= 0; i--)
            {
                bits[position++] = ((value >> i) & 1) != 0;
            }
        }
    }

    /// <summary>An integer of so many bits, the highest first.</summary>
    public BigInteger Next(int count)
    {
        BigInteger value = BigInteger.Zero;
        for (int i = 0; i < count; i++)
        {
            value = (value << 1) | (NextBit() ? 1 : 0);
        }

        return value;
    }

    /// <summary>Of each pair of steps the second is put out where the first is 1.</summary>
    private bool NextBit()
    {
        while (!Step())
        {
            Step();
        }

        return Step();
    }

    private bool Step()
    {
        bool next = At(62) ^ At(51) ^ At(38) ^ At(23) ^ At(13) ^ At(0);
        bits[head] = next;
        head = (head + 1) % Length;
        return next;
    }

    private bool At(int position) => bits[(head + position) % Length];
}
