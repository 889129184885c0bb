// Owns: messages of any type with random fields, and damage to their bytes.

using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace ProvingService.Service.Tests.Hostile;

/// <summary>Makes messages by their descriptors.</summary>
/// <param name="random">Chance.</param>
/// <param name="known">Texts that mean something to the service.</param>
/// <param name="usual">For fields by their names, what passes the first checks: half of the time it is used.</param>
internal sealed class RandomMessages(Random random, IReadOnlyList<string> known, IReadOnlyDictionary<string, string> usual)
{
    private const int Deepest = 4;

    /// <summary>The bytes of a message: as they are, or damaged.</summary>
    public byte[] Next(MessageDescriptor type)
    {
        byte[] bytes = Make(type, 0).ToByteArray();
        return random.Next(3) == 0 ? Damage(bytes) : bytes;
    }

    /// <summary>A few bytes changed, cut off, added or doubled.</summary>
    public byte[] Damage(byte[] bytes)
    {
        List<byte> changed = [.. bytes];
        for (int times = random.Next(1, 6); times > 0; times--)
        {
            int at = random.Next(changed.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < changed.Count:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 1 when at < changed.Count:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    changed.RemoveRange(at, random.Next(changed.Count - at + 1));
                    break;
                case 3:
                    byte[] more = new byte[random.Next(20)];
                    random.NextBytes(more);
                    changed.InsertRange(at, more);
                    break;
                default:
                    changed.AddRange(changed.GetRange(at, Math.Min(64, changed.Count - at)));
                    break;
            }
        }

        return [.. changed];
    }

    private IMessage Make(MessageDescriptor type, int depth)
    {
        IMessage message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
        {
            if (random.Next(4) == 0 || (depth >= Deepest && field.FieldType == FieldType.Message))
            {
                continue;
            }

            if (field.IsMap)
            {
                var map = (MapField<string, string>)field.Accessor.GetValue(message);
                for (int i = random.Next(30); i > 0; i--)
                {
                    map[Text()] = Text();
                }
            }
            else if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                for (int i = random.Next(5); i > 0; i--)
                {
                    list.Add(Value(field, depth));
                }
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, depth));
            }
        }

        return message;
    }

    private object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.String => random.Next(2) == 0 && usual.TryGetValue(field.Name, out string? value) ? value : Text(),
        FieldType.Bytes => ByteString.CopyFrom(Bytes(random.Next(4) == 0 ? random.Next(2000) : random.Next(3) * 64)),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Double => (object)(random.Next(3) switch { 0 => double.NaN, 1 => double.MaxValue, _ => random.NextDouble() }),
        FieldType.Int32 => Pick(0, 1, -1, int.MaxValue, int.MinValue, random.Next()),
        FieldType.UInt32 => Pick(0u, 1u, 1000u, 1001u, uint.MaxValue),
        FieldType.Int64 => Pick(0L, 1L, -1L, long.MaxValue, long.MinValue, random.NextInt64()),
        FieldType.UInt64 => Pick(0UL, 1UL, 100UL, ulong.MaxValue, (ulong)long.MaxValue + 1),
        FieldType.Enum => random.Next(3) == 0 ? random.Next() : field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number,
        FieldType.Message => Make(field.MessageType, depth + 1),
        _ => throw new NotSupportedException($"{field.FullName} is of the type {field.FieldType}, which the contract has not had so far."),
    };

    private string Text() => random.Next(9) switch
    {
        0 => "",
        1 or 2 or 3 => known[random.Next(known.Count)],
        4 => new string((char)random.Next(1, 0x300), random.Next(1, 300)),
        5 => Convert.ToHexStringLower(Bytes(32)),
        6 => Guid.NewGuid().ToString(),
        7 => new string('x', random.Next(20_000)),
        _ => "a=b\u0000\n\uD7FF☃../../%s",
    };

    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private T Pick<T>(params T[] values) => values[random.Next(values.Length)];
}
