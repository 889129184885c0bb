// Owns: reproducible randomness for tests. Secrets never come from here.

using System.Globalization;
using System.Numerics;
using ProvingService.Algebra;
using Xunit.Abstractions;

namespace ProvingService.TestKit;

/// <summary>
/// Pseudo-random values from a seed that is printed with the test's output. PROVING_SERVICE_TEST_SEED repeats a run.
/// </summary>
public sealed class OracleRandom
{
    private readonly Random random;

    public OracleRandom(ITestOutputHelper output)
    {
        string? wanted = Environment.GetEnvironmentVariable("PROVING_SERVICE_TEST_SEED");
        Seed = int.TryParse(wanted, NumberStyles.Integer, CultureInfo.InvariantCulture, out int seed) ? seed : Random.Shared.Next();
        random = new Random(Seed);
        output.WriteLine($"PROVING_SERVICE_TEST_SEED={Seed}");
    }

    public int Seed { get; }

    public int Next(int bound) => random.Next(bound);

    public ulong NextUInt64() => (ulong)random.NextInt64(long.MinValue, long.MaxValue);

    public void NextBytes(Span<byte> bytes) => random.NextBytes(bytes);

    /// <summary>An integer in [0, bound).</summary>
    public BigInteger Next(BigInteger bound)
    {
        byte[] bytes = new byte[bound.GetByteCount(isUnsigned: true) + 8];
        random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true) % bound;
    }

    public T Element<T>()
        where T : unmanaged, IPrimeField<T> => T.FromBigInteger(Next(T.Modulus));

    /// <summary>A multiple of the generator.</summary>
    public Affine<TField, TCurve> SubgroupPoint<TField, TCurve>()
        where TField : unmanaged, IField<TField>
        where TCurve : struct, ICurveGroup<TCurve, TField> =>
        ScalarMultiplication.Multiply<TField, TCurve>(TCurve.Generator, Next(TCurve.Order)).ToAffine();
}
