// Owns: which family of kernels runs on this machine, and the switch that says otherwise. Never: the kernels.

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ProvingService.Algebra;

/// <summary>Families of arithmetic kernels. All give the same results bit for bit.</summary>
public enum KernelTier
{
    /// <summary>Plain C# throughout.</summary>
    Portable,

    /// <summary>Plain C#, with single multiplications by emitted MULX/ADX code.</summary>
    Adx,

    /// <summary>Eight lanes by fused multiply-add on doubles, in C#: no code is made at run time.</summary>
    Vector,

    /// <summary>Eight lanes by emitted AVX-512 IFMA code, and single multiplications by emitted MULX/ADX code.</summary>
    Full,
}

/// <summary>
/// The tier in force: the one that <see cref="SwitchName"/> names, else the best that the machine has. Decided once, at
/// first use. A switch that asks for more than the machine has gets the best below it; one that names no tier is an
/// error of the caller's, not a default.
/// </summary>
public static class KernelTiers
{
    /// <summary>The environment variable: <c>portable</c>, <c>adx</c>, <c>vector</c> or <c>full</c>.</summary>
    public const string SwitchName = "PROVING_SERVICE_KERNELS";

    private static readonly Lazy<KernelTier> Decided = new(() => Decide(Environment.GetEnvironmentVariable(SwitchName)));

    /// <summary>The tier in force.</summary>
    /// <exception cref="InvalidOperationException">The switch names no tier.</exception>
    public static KernelTier Current => Decided.Value;

    /// <summary>Whether this machine can run a tier.</summary>
    public static bool IsSupported(KernelTier tier) => tier switch
    {
        KernelTier.Portable => true,
        KernelTier.Adx => HasAdx,
        KernelTier.Vector => HasVector,
        _ => HasIfma && HasAdx,
    };

    /// <summary>Whether single multiplications may run emitted MULX/ADX code.</summary>
    internal static bool UsesAdx => Current is KernelTier.Adx or KernelTier.Full && HasAdx;

    /// <summary>Whether this machine can run emitted code of the System V calling convention with MULX and ADX.</summary>
    internal static bool HasAdx => CanEmit && Bmi2.X64.IsSupported && HasCpuid7(1, 19);

    /// <summary>Whether this machine can run the emitted lanes: AVX-512 F, DQ, BW, VL, IFMA and VBMI2.</summary>
    internal static bool HasIfma =>
        CanEmit && Avx512DQ.IsSupported && Avx512BW.IsSupported && Avx512F.VL.IsSupported && HasCpuid7(1, 21) && HasCpuid7(2, 6);

    /// <summary>Whether the lanes in C# run at speed here.</summary>
    internal static bool HasVector => Avx512DQ.IsSupported;

    /// <summary>
    /// Emitted code follows the System V convention, so that Windows, which hands over arguments in other registers and
    /// keeps XMM6 to XMM15, gets the lanes in C#. Some systems refuse executable memory; then nothing is emitted.
    /// </summary>
    private static bool CanEmit =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 && OperatingSystem.IsLinux() && ExecutableMemory.IsAllowed;

    internal static KernelTier Decide(string? wish) => wish switch
    {
        null or "" or "full" => HasIfma && HasAdx ? KernelTier.Full : HasVector ? KernelTier.Vector : Decide("adx"),
        "vector" => HasVector ? KernelTier.Vector : KernelTier.Portable,
        "adx" => HasAdx ? KernelTier.Adx : KernelTier.Portable,
        "portable" => KernelTier.Portable,
        _ => throw new InvalidOperationException(
            $"{SwitchName} is \"{wish}\"; it takes portable, adx, vector or full, or nothing for the best that the machine has."),
    };

    /// <summary>A bit of CPUID leaf 7; <paramref name="register"/> counts EAX, EBX, ECX, EDX from 0.</summary>
    private static bool HasCpuid7(int register, int bit)
    {
        (int eax, int ebx, int ecx, int edx) = X86Base.CpuId(7, 0);
        int value = register switch { 0 => eax, 1 => ebx, 2 => ecx, _ => edx };
        return ((value >> bit) & 1) != 0;
    }
}
