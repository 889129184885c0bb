// Owns: what `snarkjs groth16 setup` makes of a circuit and the insecure powers of tau, in seconds where snarkjs takes minutes.

using ProvingService.Algebra;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Interop.Tests;

/// <summary>The key for the trapdoors of <see cref="InsecurePtau"/> and δ = 1, to which nobody has contributed.</summary>
internal sealed class InitialKey : ICurveAction<bool>
{
    private readonly string r1cs;
    private readonly string path;

    private InitialKey(string r1cs, string path) => (this.r1cs, this.path) = (r1cs, path);

    public static void Write(CurveId curve, string r1cs, string path) => CurveDispatch.Run(curve, new InitialKey(r1cs, path));

    public bool Run<TCurve, TFp, TFr>()
        where TFp : unmanaged, IPrimeField<TFp>
        where TFr : unmanaged, IPrimeField<TFr>
        where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
    {
        using SecretScalars<TFr> trapdoors = SecretScalars<TFr>.FromKnownInsecure([.. InsecurePtau.Trapdoors<TFr>(), TFr.One]);
        InsecureSetup.Create<TCurve, TFp, TFr>(R1csFile.Read<TFr>(r1cs).System, trapdoors, path, null, default);
        return true;
    }
}
