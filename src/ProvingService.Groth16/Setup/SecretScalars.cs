// Owns: the life of secret scalars, from the operating system's generator to their erasure.

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ProvingService.Algebra;

namespace ProvingService.Groth16;

/// <summary>
/// Secret scalars in pinned memory, so that the garbage collector leaves no copies, overwritten with zeros on disposal.
/// Arithmetic on them still passes through registers and the stack, which .NET gives no means to clear.
/// </summary>
/// <typeparam name="TFr">The scalar field.</typeparam>
public sealed class SecretScalars<TFr> : IDisposable
    where TFr : unmanaged, IPrimeField<TFr>
{
    private readonly TFr[] values;

    private SecretScalars(int count) => values = GC.AllocateArray<TFr>(count, pinned: true);

    /// <summary>The i-th secret.</summary>
    public ref readonly TFr this[int i] => ref values[i];

    /// <summary>Draws scalars uniformly from the whole field, zero included.</summary>
    public static SecretScalars<TFr> DrawUniform(int count)
    {
        var secrets = new SecretScalars<TFr>(count);
        for (int i = 0; i < count; i++)
        {
            secrets.values[i] = TFr.Random();
        }

        return secrets;
    }

    /// <summary>Draws scalars uniformly from the field without 0 and 1, as trapdoors must be.</summary>
    public static SecretScalars<TFr> DrawTrapdoors(int count)
    {
        var secrets = new SecretScalars<TFr>(count);
        for (int i = 0; i < count; i++)
        {
            do
            {
                secrets.values[i] = TFr.Random();
            }
            while (TFr.IsZero(secrets.values[i]) || secrets.values[i] == TFr.One);
        }

        return secrets;
    }

    /// <summary>Room for secrets that the caller derives and writes into <paramref name="values"/>; zeros until then.</summary>
    internal static SecretScalars<TFr> Allocate(int count, out Span<TFr> values)
    {
        var secrets = new SecretScalars<TFr>(count);
        values = secrets.values;
        return secrets;
    }

    /// <summary>Takes given scalars, for tests whose figures are worked out by hand.</summary>
    internal static SecretScalars<TFr> FromKnownInsecure(params ReadOnlySpan<TFr> values)
    {
        var secrets = new SecretScalars<TFr>(values.Length);
        values.CopyTo(secrets.values);
        return secrets;
    }

    /// <summary>Erases the secrets.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(values.AsSpan()));
}
