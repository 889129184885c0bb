// Owns: what each contribution of either phase ends with.
//
//   u32 type (0 contribution, 1 beacon); u32 length of what follows: by rising tag, each at most once
//     1: u8 length, name;  2: u8 log₂ of the beacon's iterations;  3: u8 length, the beacon's value

namespace ProvingService.Schoolbook;

/// <summary>A beacon's parameters; null for the contribution of a person.</summary>
internal sealed record Beacon(byte[] Value, int IterationsLog)
{
    /// <summary>Reads type and parameters.</summary>
    public static Beacon? Read(ByteReader reader)
    {
        uint type = reader.UInt32();
        var parameters = new ByteReader(reader.Bytes(reader.UInt32()));
        int? iterations = null;
        byte[]? value = null;
        for (int last = 0; !parameters.IsAtEnd;)
        {
            int tag = parameters.Byte();
            Refusal.MalformedUnless(tag > last && tag <= 3, Reasons.Syntax);
            last = tag;
            int number = parameters.Byte();
            if (tag == 2)
            {
                iterations = number;
                continue;
            }

            byte[] content = parameters.Bytes((ulong)number);
            value = tag == 3 ? content : null;
        }

        Refusal.MalformedUnless(type == 0 ? iterations is null && value is null : type == 1 && iterations is >= 10 and <= 63 && value is { Length: > 0 }, Reasons.Syntax);
        return type == 0 ? null : new(value!, iterations!.Value);
    }
}
