// Owns: that keys of snarkjs pass our full validation and fit the circuits they were made for, and no others.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;
using Xunit;

namespace ProvingService.Interop.Tests;

public sealed class TheirKeysTests(Workshop workshop) : IClassFixture<Workshop>
{
    [InteropTheory]
    [InlineData("bls12-381")]
    [InlineData("bn254")]
    public void A_key_of_snarkjs_is_valid_and_fits_its_circuit_alone(string curve)
    {
        CircuitFiles many = workshop.Make(Maker.Theirs, Maker.Theirs, "many", curve), small = workshop.Make(Maker.Theirs, Maker.Theirs, "small", curve);
        CurveDispatch.Run(Workshop.Curve(curve), new Fits(many, small));
    }

    private sealed class Fits(CircuitFiles own, CircuitFiles other) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            using ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(own.Zkey);
            Assert.Null(key.Validate());
            Assert.Null(KeyConsistency.FindMismatch(key, R1csFile.Read<TFr>(own.R1cs).System));
            Assert.NotNull(KeyConsistency.FindMismatch(key, R1csFile.Read<TFr>(other.R1cs).System));
            return true;
        }
    }
}
