// Owns: the parameters at the end of each contribution's record, which .ptau and .zkey share.
//
//   u32 type (0 contribution, 1 beacon); u32 length of what follows; then by rising tag, each at most once:
//     1: u8 length, that many bytes of UTF-8 name;  2: u8 log₂ of the beacon's iterations;  3: u8 length, the beacon's value
// A beacon has 2 and 3; a contribution has neither.

using System.Buffers.Binary;
using System.Text;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>How a contribution came about.</summary>
/// <param name="IsBeacon">Whether the secret came from a public beacon.</param>
/// <param name="Name">The contributor's name, or empty.</param>
/// <param name="BeaconIterationsLog">log₂ of the beacon's iterations, or 0.</param>
/// <param name="BeaconValue">The beacon's value, or empty.</param>
internal sealed record ContributionParameters(bool IsBeacon, string Name, int BeaconIterationsLog, ReadOnlyMemory<byte> BeaconValue)
{
    /// <summary>The fewest and the most iterations of a beacon, as powers of two.</summary>
    public const int MinIterationsLog = 10, MaxIterationsLog = 63;

    /// <summary>The longest value of a beacon in bytes.</summary>
    public const int MaxBeaconLength = byte.MaxValue;

    /// <summary>A person's contribution.</summary>
    /// <param name="name">Whether it may be written is the caller's to know; null for none.</param>
    public static ContributionParameters Of(string? name) => new(false, name ?? "", 0, default);

    /// <summary>A beacon's.</summary>
    /// <exception cref="ArgumentException">The value or the exponent is out of range.</exception>
    public static ContributionParameters OfBeacon(string? name, ReadOnlyMemory<byte> value, int iterationsLog) =>
        value.IsEmpty || value.Length > MaxBeaconLength || !IsIterations(iterationsLog)
            ? throw new ArgumentException(
                $"A beacon has 1 to {MaxBeaconLength} bytes and 2^{MinIterationsLog} to 2^{MaxIterationsLog} iterations, not {value.Length} and 2^{iterationsLog}.")
            : new(true, name ?? "", iterationsLog, value.ToArray());

    /// <summary>Reads type and parameters.</summary>
    /// <param name="fileName">For errors.</param>
    /// <param name="reader">Stands before the type; afterwards behind the parameters.</param>
    /// <param name="number">The contribution's number, for errors.</param>
    /// <exception cref="InvalidFileException">The bytes are not as above.</exception>
    public static ContributionParameters Read(string fileName, SectionReader reader, int number)
    {
        long position = reader.Position;
        uint type = reader.ReadUInt32();
        if (type > 1)
        {
            throw new InvalidFileException(
                fileName, FileFault.Unsupported, position, $"contribution {number} has the unknown type {type}; there are 0 (contribution) and 1 (beacon).");
        }

        position = reader.Position;
        byte[] bytes = new byte[reader.RequireCount(reader.ReadUInt32(), 1, $"bytes of parameters of contribution {number}")];
        reader.ReadBytes(bytes);
        string name = "";
        int? iterations = null;
        byte[]? beacon = null;
        int tag = 0;
        for (int at = 0; at < bytes.Length;)
        {
            int next = bytes[at++];
            if (next <= tag || next > 3 || at == bytes.Length)
            {
                throw Malformed();
            }

            tag = next;
            int value = bytes[at++];
            if (tag == 2)
            {
                iterations = value;
                continue;
            }

            if (value > bytes.Length - at)
            {
                throw Malformed();
            }

            byte[] content = bytes[at..(at + value)];
            at += value;
            name = tag == 1 ? Encoding.UTF8.GetString(content) : name;
            beacon = tag == 3 ? content : beacon;
        }

        if (type == 0 && (iterations, beacon) is not (null, null))
        {
            throw new InvalidFileException(
                fileName, FileFault.Inconsistent, position, $"contribution {number} carries a beacon's parameters and says that it is none.");
        }

        if (type == 1 && (!IsIterations(iterations ?? 0) || beacon is not { Length: > 0 }))
        {
            throw new InvalidFileException(
                fileName,
                FileFault.Inconsistent,
                position,
                $"contribution {number} is a beacon and lacks its value or a number of iterations from 2^{MinIterationsLog} to 2^{MaxIterationsLog}.");
        }

        return new(type == 1, name, iterations ?? 0, beacon ?? []);

        InvalidFileException Malformed() => new(
            fileName, FileFault.Inconsistent, position, $"the parameters of contribution {number} are not 1 (name), 2 (iterations), 3 (beacon) in this order.");
    }

    /// <summary>Type and parameters as they are written.</summary>
    /// <exception cref="ArgumentException">The name or the beacon's value has more than 255 bytes.</exception>
    public byte[] Encode()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        if (name.Length > byte.MaxValue || BeaconValue.Length > MaxBeaconLength)
        {
            throw new ArgumentException("A name and a beacon's value have at most 255 bytes.");
        }

        byte[] bytes =
        [
            .. (ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0],
            .. name.Length > 0 ? [1, (byte)name.Length, .. name] : Array.Empty<byte>(),
            .. IsBeacon ? [2, (byte)BeaconIterationsLog, 3, (byte)BeaconValue.Length, .. BeaconValue.Span] : Array.Empty<byte>(),
        ];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, IsBeacon ? 1u : 0);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length - 8);
        return bytes;
    }

    private static bool IsIterations(int log) => log is >= MinIterationsLog and <= MaxIterationsLog;
}
