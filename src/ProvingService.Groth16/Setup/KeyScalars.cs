// Owns: every exponent of a key, computed from trapdoors. Turning them into points: InsecureSetup.cs.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>The discrete logarithms of a key's points, for γ = 1. They are as secret as the trapdoors; <see cref="Dispose"/> erases them.</summary>
internal sealed class KeyScalars<TFr> : IDisposable
    where TFr : unmanaged, IPrimeField<TFr>
{
    private KeyScalars()
    {
    }

    /// <summary>u_s(τ) for every wire.</summary>
    public required TFr[] A { get; init; }

    /// <summary>v_s(τ) for every wire.</summary>
    public required TFr[] B { get; init; }

    /// <summary>β·u_s + α·v_s + w_s for the public wires, the constant first.</summary>
    public required TFr[] Ic { get; init; }

    /// <summary>β·u_s + α·v_s + w_s for the other wires: C before the division by δ.</summary>
    public required TFr[] C { get; init; }

    /// <summary><see cref="C"/> over δ.</summary>
    public required TFr[] CScaled { get; init; }

    /// <summary>L_{2i+1}(τ)/δ with L the Lagrange polynomials of the domain of twice the size.</summary>
    public required TFr[] H { get; init; }

    /// <summary>τ^i·(τⁿ − 1) for i below n − 1: bellman's form of H, which iden3 hashes into the initial key.</summary>
    public required TFr[] HashedH { get; init; }

    /// <summary>Computes all exponents.</summary>
    /// <param name="system">The circuit.</param>
    /// <param name="trapdoors">τ outside the domain of twice the size, α, β, δ; none of them zero.</param>
    public static KeyScalars<TFr> Derive(ConstraintSystem<TFr> system, SecretScalars<TFr> trapdoors)
    {
        int log = QapEvaluation<TFr>.LogDomainSize(system.ConstraintCount, system.PublicCount);
        int n = 1 << log;
        TFr tau = trapdoors[0], alpha = trapdoors[1], beta = trapdoors[2];
        TFr deltaInverse = TFr.Inverse(trapdoors[3]);
        QapEvaluation<TFr> qap = QapEvaluation<TFr>.Evaluate(system, log, tau);
        int publicWires = system.PublicCount + 1;
        var ic = new TFr[publicWires];
        var c = new TFr[system.WireCount - publicWires];
        var cScaled = new TFr[c.Length];
        for (int s = 0; s < system.WireCount; s++)
        {
            TFr sum = (beta * qap.U[s]) + (alpha * qap.V[s]) + qap.W[s];
            if (s < publicWires)
            {
                ic[s] = sum;
            }
            else
            {
                c[s - publicWires] = sum;
                cScaled[s - publicWires] = sum * deltaInverse;
            }
        }

        TFr[] lagrange = QapEvaluation<TFr>.LagrangeAt(log + 1, tau);
        var h = new TFr[n];
        for (int i = 0; i < n; i++)
        {
            h[i] = lagrange[(2 * i) + 1] * deltaInverse;
        }

        Array.Clear(lagrange);
        Array.Clear(qap.W);
        var hashed = new TFr[n - 1];
        TFr power = Field.Pow(tau, (ulong)n) - TFr.One;
        for (int i = 0; i < hashed.Length; i++)
        {
            hashed[i] = power;
            power *= tau;
        }

        return new() { A = qap.U, B = qap.V, Ic = ic, C = c, CScaled = cScaled, H = h, HashedH = hashed };
    }

    /// <summary>Erases the exponents.</summary>
    public void Dispose()
    {
        foreach (TFr[] values in (TFr[][])[A, B, Ic, C, CScaled, H, HashedH])
        {
            Array.Clear(values);
        }
    }
}
