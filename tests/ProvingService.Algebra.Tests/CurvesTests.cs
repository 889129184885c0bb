// Owns: the group laws on G1 and G2 of both curves.

using ProvingService.TestKit;
using Xunit.Abstractions;

namespace ProvingService.Algebra.Tests;

public sealed class Bls12381G1Laws(ITestOutputHelper output) : GroupLaws<Bls12381Fp, Bls12381>(output)
{
    protected override Bls12381Fp SampleField() => Random.Element<Bls12381Fp>();
}

public sealed class Bls12381G2Laws(ITestOutputHelper output) : GroupLaws<Fp2<Bls12381Fp>, Bls12381>(output)
{
    protected override Fp2<Bls12381Fp> SampleField() => new(Random.Element<Bls12381Fp>(), Random.Element<Bls12381Fp>());
}

public sealed class Bn254G1Laws(ITestOutputHelper output) : GroupLaws<Bn254Fp, Bn254>(output)
{
    protected override Bn254Fp SampleField() => Random.Element<Bn254Fp>();
}

public sealed class Bn254G2Laws(ITestOutputHelper output) : GroupLaws<Fp2<Bn254Fp>, Bn254>(output)
{
    protected override Fp2<Bn254Fp> SampleField() => new(Random.Element<Bn254Fp>(), Random.Element<Bn254Fp>());
}
