// Owns: figures of the lane kernels: how many products of many pairs are made in a given time.

using BenchmarkDotNet.Attributes;
using ProvingService.Algebra;

namespace ProvingService.Bench;

/// <summary>
/// 1,024 independent products in memory, in time a product: in lanes where the tier has them, one by one where it has none.
/// Values in lanes and in words differ in their form, not in the work.
/// </summary>
[MemoryDiagnoser]
[EveryTier]
[GenericTypeArguments(typeof(Fp384<Bls12381FpParams>))]
[GenericTypeArguments(typeof(Fp256<Bn254FpParams>))]
[GenericTypeArguments(typeof(Fp2<Fp384<Bls12381FpParams>>))]
[GenericTypeArguments(typeof(Fp2<Fp256<Bn254FpParams>>))]
public unsafe class LaneBenchmarks<T> : IDisposable
    where T : unmanaged, IField<T>
{
    private const int Count = 1 << 10;
    private readonly LaneKernels? kernels = LaneKernels.Of<T>(KernelTiers.Current);
    private NativeBuffer<ulong> a = new(1), b = new(1), products = new(1), scratch = new(1);

    [GlobalSetup]
    public void Setup()
    {
        Dispose();
        int words = kernels is null ? Count * sizeof(T) / sizeof(ulong) : Count / kernels.UnitLanes * kernels.UnitWords;
        (a, b, products, scratch) = (Random(words), Random(words), Random(words), new(LaneKernels.ScratchBytes / sizeof(ulong)));
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public void Multiply()
    {
        if (kernels is null)
        {
            T* x = (T*)a.Pointer, y = (T*)b.Pointer, z = (T*)products.Pointer;
            for (int i = 0; i < Count; i++)
            {
                z[i] = x[i] * y[i];
            }

            return;
        }

        var lanes = new FieldLanes { Result = products.Pointer, A = a.Pointer, B = b.Pointer, Count = Count / kernels.UnitLanes, Scratch = scratch.Pointer };
        kernels.Multiply(&lanes);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        a.Dispose();
        b.Dispose();
        products.Dispose();
        scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Numbers of 52 bits as limbs; as elements, random ones.</summary>
    private NativeBuffer<ulong> Random(int words)
    {
        var buffer = new NativeBuffer<ulong>(words);
        if (kernels is null)
        {
            for (int i = 0; i < Count; i++)
            {
                ((T*)buffer.Pointer)[i] = T.Random();
            }

            return buffer;
        }

        // The highest limb of each unit's lanes stays small, so that values are below 4p.
        var random = new Random(1);
        int limbs = kernels.Prime.Limbs;
        for (int i = 0; i < words; i++)
        {
            buffer.Pointer[i] = i / LanePrime.Lanes % limbs == limbs - 1 ? 0 : (ulong)random.NextInt64(1L << LanePrime.LimbBits);
        }

        return buffer;
    }
}
