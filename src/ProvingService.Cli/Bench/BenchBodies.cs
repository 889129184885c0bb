// Owns: the work that is measured, made ready to run. Bodies do real work on random data, never on zeros.

using ProvingService.Algebra;
using ProvingService.Circuits;
using ProvingService.Gpu;
using ProvingService.Groth16;
using ProvingService.R1cs;

namespace ProvingService.Cli;

/// <summary>A case with its data at hand.</summary>
/// <param name="run">Does the work once.</param>
/// <param name="operations">How many operations of the case one run does.</param>
/// <param name="close">Lets go of the data.</param>
internal sealed class BenchBody(System.Action run, int operations = 1, System.Action? close = null) : IDisposable
{
    /// <summary>How many operations of the case one run does.</summary>
    public int Operations => operations;

    /// <summary>Makes a case ready, with the engine of the tier in force or a device.</summary>
    public static BenchBody Prepare(BenchCase what, BenchEngine engine, CancellationToken cancellation) =>
        CurveDispatch.Run(what.Curve, new Preparation(what, engine.Device, new EngineOptions(what.Threads, cancellation)));

    /// <summary>Does the work once.</summary>
    public void Run() => run();

    public void Dispose() => close?.Invoke();

    private sealed class Preparation(BenchCase what, GpuDeviceInfo? device, EngineOptions options) : ICurveAction<BenchBody>
    {
        /// <summary>Each chain is compiled anew for the machine after some calls, so that it is called often.</summary>
        private const int Chains = 16;

        private const int ChainLength = 1 << 10;
        private const int Inversions = 1 << 6;
        private const int SingleVerifications = 4;

        private readonly CpuEngine engine = CpuEngine.Default;

        public BenchBody Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr> => what.Work switch
            {
                BenchWork.Msm when device is not null => what.Group == "g1"
                    ? DeviceBodies.Msm<TFp, TCurve, TFr>(device, what.Size, options.CancellationToken)
                    : DeviceBodies.Msm<Fp2<TFp>, TCurve, TFr>(device, what.Size, options.CancellationToken),
                BenchWork.Ntt when device is not null => DeviceBodies.Ntt<TFr>(device, what.Size, options.CancellationToken),
                BenchWork.Field => what.Group == "fp" ? FieldOperation<TFp>() : FieldOperation<TFr>(),
                BenchWork.Msm => what.Group == "g1" ? Msm<TFp, TCurve, TFr>() : Msm<Fp2<TFp>, TCurve, TFr>(),
                BenchWork.Ntt => Ntt<TFr>(),
                BenchWork.Prove => Prove<TCurve, TFp, TFr>(),
                _ => Verify<TCurve, TFp, TFr>(),
            };

        private BenchBody FieldOperation<T>()
            where T : unmanaged, IPrimeField<T>
        {
            (T x, T y) = (T.Random(), T.Random());
            Func<T, T, T> chain = what.Operation switch
            {
                "multiply" => MultiplyChain,
                "square" => SquareChain,
                _ => InverseChain,
            };
            return new(
                () =>
                {
                    for (int i = 0; i < Chains; i++)
                    {
                        x = chain(x, y);
                    }
                },
                Chains * (what.Operation == "inverse" ? Inversions : ChainLength));
        }

        private static T MultiplyChain<T>(T x, T y)
            where T : unmanaged, IPrimeField<T>
        {
            for (int i = 0; i < ChainLength; i++)
            {
                x *= y;
            }

            return x;
        }

        private static T SquareChain<T>(T x, T y)
            where T : unmanaged, IPrimeField<T>
        {
            for (int i = 0; i < ChainLength; i++)
            {
                x = T.Square(x);
            }

            return x;
        }

        private static T InverseChain<T>(T x, T y)
            where T : unmanaged, IPrimeField<T>
        {
            for (int i = 0; i < Inversions; i++)
            {
                x = T.Inverse(x) + y;
            }

            return x;
        }

        private BenchBody Msm<TField, TGroup, TFr>()
            where TField : unmanaged, IField<TField>
            where TGroup : struct, ICurveGroup<TGroup, TField>
            where TFr : unmanaged, IPrimeField<TFr>
        {
            Scalar256[] scalars = RandomScalars<TFr>(1 << what.Size);
            var bases = new Affine<TField, TGroup>[1 << what.Size];
            new FixedBaseTable<TField, TGroup>(Affine<TField, TGroup>.Generator, bases.Length).Multiply(RandomScalars<TFr>(bases.Length), bases);
            return new(() => engine.Multiply<TField, TGroup>(bases, scalars, options));
        }

        private BenchBody Ntt<TFr>()
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var values = new TFr[1 << what.Size];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = TFr.Random();
            }

            NttDomain<TFr> domain = NttDomain<TFr>.OfLogSize(what.Size);
            return new(() => engine.Forward(domain, values, NttOrder.NaturalToNatural, TFr.One, options));
        }

        private BenchBody Prove<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            (ProvingKey<TCurve, TFp, TFr> key, TFr[] witness, System.Action close) = MakeKey<TCurve, TFp, TFr>((1 << what.Size) - 16);
            GpuEngine? devices = device is null ? null : DeviceBodies.Engine(device);
            var prover = new Prover<TCurve, TFp, TFr>(key, (IMsmEngine?)devices ?? engine, (INttEngine?)devices ?? engine);
            return new(
                () => prover.Prove(witness, null, options),
                1,
                () =>
                {
                    prover.Dispose();
                    devices?.Dispose();
                    close();
                });
        }

        private BenchBody Verify<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            (ProvingKey<TCurve, TFp, TFr> key, TFr[] witness, System.Action close) = MakeKey<TCurve, TFp, TFr>(10);
            Proof<TCurve, TFp> proof = new Prover<TCurve, TFp, TFr>(key, engine, engine).Prove(witness);
            var verifier = new Verifier<TCurve, TFp, TFr>(key.VerifyingKey);
            TFr[] inputs = witness[1..(key.PublicInputCount + 1)];
            if (what.Operation == "single")
            {
                return new(
                    () =>
                    {
                        for (int i = 0; i < SingleVerifications; i++)
                        {
                            Require(verifier.Verify(proof, inputs));
                        }
                    },
                    SingleVerifications,
                    close);
            }

            var claims = new Claim<TCurve, TFp, TFr>[1 << what.Size];
            Parallel.For(0, claims.Length, i => claims[i] = new(Rerandomize<TCurve, TFp, TFr>(proof, key.VerifyingKey), inputs));
            var batch = new BatchVerifier<TCurve, TFp, TFr>(verifier, engine);
            return new(() => Require(batch.VerifyAll(claims, options)), 1, close);
        }

        /// <summary>
        /// Another proof of the same statement: (A/z, z·B + zt·δ, C + t·A) for random z and t, since
        /// e(A/z, z·B + zt·δ) = e(A, B) · e(t·A, δ).
        /// </summary>
        private static Proof<TCurve, TFp> Rerandomize<TCurve, TFp, TFr>(Proof<TCurve, TFp> proof, VerifyingKey<TCurve, TFp> key)
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            TFr z = TFr.Random(), t = TFr.Random();
            Jacobian<TFp, TCurve> a = ScalarMultiplication.MultiplyInSubgroup(proof.A, TFr.Inverse(z));
            Jacobian<Fp2<TFp>, TCurve> b = ScalarMultiplication.MultiplyInSubgroup(proof.B, z)
                + ScalarMultiplication.MultiplyInSubgroup(key.Delta, z * t);
            Jacobian<TFp, TCurve> c = ScalarMultiplication.MultiplyInSubgroup(proof.A, t) + proof.C;
            Require(Proof<TCurve, TFp>.TryCreate(a.ToAffine(), b.ToAffine(), c.ToAffine(), out Proof<TCurve, TFp>? other, out _));
            return other!;
        }

        /// <summary>A key of a chain in a file that <c>Close</c> removes, and a witness for it.</summary>
        private (ProvingKey<TCurve, TFp, TFr> Key, TFr[] Witness, System.Action Close) MakeKey<TCurve, TFp, TFr>(int length)
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            var circuit = new MultiplicationChain(length);
            CompiledCircuit<TFr> compiled = CircuitCompiler.Compile<TFr>(circuit);
            TFr[] witness = compiled.CreateWitness(circuit.Example<TFr>());
            string path = Path.Combine(Path.GetTempPath(), $"zkps-bench-{Guid.NewGuid():N}.zkey");
            try
            {
                InsecureSetup.Create<TCurve, TFp, TFr>(compiled.System, path, null, new EngineOptions(0, options.CancellationToken));
                ProvingKey<TCurve, TFp, TFr> key = ProvingKey<TCurve, TFp, TFr>.Open(path);
                return (key, witness, () =>
                {
                    key.Dispose();
                    File.Delete(path);
                });
            }
            catch
            {
                File.Delete(path);
                throw;
            }
        }

        private static void Require(bool condition)
        {
            if (!condition)
            {
                throw new InvalidOperationException("A true proof was refused while it was measured.");
            }
        }

        private static Scalar256[] RandomScalars<TFr>(int count)
            where TFr : unmanaged, IPrimeField<TFr>
        {
            var scalars = new Scalar256[count];
            for (int i = 0; i < count; i++)
            {
                scalars[i] = Scalar256.From(TFr.Random());
            }

            return scalars;
        }
    }
}
