// Owns: the quadratic arithmetic program of a constraint system, evaluated at a secret point. Setup only: the prover
// works with evaluations on domains (Proving/Quotient.cs).

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Groth16;

/// <summary>
/// For each wire s, the polynomials u_s, v_s, w_s that interpolate column s of A, B, C on the domain ⟨ω⟩, evaluated at τ.
/// As in iden3's keys, a row "x_s · 0 = 0" is appended for each public wire s, the constant included, so that the u_s of
/// public wires are linearly independent.
/// </summary>
internal sealed class QapEvaluation<TFr>
    where TFr : unmanaged, IPrimeField<TFr>
{
    private QapEvaluation(TFr[] u, TFr[] v, TFr[] w)
    {
        U = u;
        V = v;
        W = w;
    }

    public TFr[] U { get; }

    public TFr[] V { get; }

    public TFr[] W { get; }

    /// <summary>log₂ of the domain: the smallest power of two above the number of constraints and public wires.</summary>
    /// <param name="constraints">The number of constraints.</param>
    /// <param name="publicCount">The number of public wires without the constant.</param>
    /// <exception cref="ArgumentException">The field has no domain of that size with a coset.</exception>
    public static int LogDomainSize(int constraints, int publicCount)
    {
        int log = System.Numerics.BitOperations.Log2((uint)(constraints + publicCount)) + 1;
        return log < TFr.TwoAdicity
            ? log
            : throw new ArgumentException(
                $"A circuit of {constraints} constraints needs a domain of 2^{log}; {TFr.Name} allows at most 2^{TFr.TwoAdicity - 1}.");
    }

    public static QapEvaluation<TFr> Evaluate(ConstraintSystem<TFr> system, int logDomainSize, in TFr tau)
    {
        TFr[] lagrange = LagrangeAt(logDomainSize, tau);
        TFr[] u = [], v = [], w = [];
        Parallel.Invoke(
            () => u = Columns(system.A, system.WireCount, lagrange),
            () => v = Columns(system.B, system.WireCount, lagrange),
            () => w = Columns(system.C, system.WireCount, lagrange));
        for (int s = 0; s <= system.PublicCount; s++)
        {
            u[s] += lagrange[system.ConstraintCount + s];
        }

        return new(u, v, w);
    }

    /// <summary>L_i(τ) = ω^i · (τⁿ − 1) / (n · (τ − ω^i)) for all i of a domain of 2^log elements; τ is not in it.</summary>
    public static TFr[] LagrangeAt(int log, in TFr tau)
    {
        int n = 1 << log;
        TFr omega = Field.Pow(TFr.RootOfUnity, 1UL << (TFr.TwoAdicity - log));
        var result = new TFr[n];
        TFr power = TFr.One;
        for (int i = 0; i < n; i++)
        {
            result[i] = tau - power;
            power *= omega;
        }

        Field.BatchInverse<TFr>(result);
        TFr factor = (Field.Pow(tau, (ulong)n) - TFr.One) * TFr.Inverse(TFr.FromUInt64((ulong)n));
        for (int i = 0; i < n; i++)
        {
            result[i] *= factor;
            factor *= omega;
        }

        return result;
    }

    private static TFr[] Columns(SparseMatrix<TFr> matrix, int wires, TFr[] lagrange)
    {
        var columns = new TFr[wires];
        for (int row = 0; row < matrix.RowCount; row++)
        {
            SparseRow<TFr> terms = matrix.Row(row);
            for (int k = 0; k < terms.Length; k++)
            {
                columns[terms.Wires[k]] += terms.Coefficient(k) * lagrange[row];
            }
        }

        return columns;
    }
}
