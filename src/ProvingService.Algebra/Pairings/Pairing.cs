// Owns: the optimal ate pairing of any curve of the house. Curve constants: IPairingCurve and its implementations.

namespace ProvingService.Algebra;

/// <summary>
/// The optimal ate pairing e: G1 × G2 → Gt ⊂ Fp12, up to a fixed exponent prime to r that the final exponentiation of
/// each curve states; bilinearity and all equality checks are unaffected by it. Variable time.
/// </summary>
public static class Pairing
{
    /// <summary>∏ e(Pᵢ, Qᵢ), with one shared chain of squarings and one final exponentiation.</summary>
    /// <param name="g1">Points of G1, in the subgroup; infinity contributes one.</param>
    /// <param name="g2">As many prepared points of G2.</param>
    public static Fp12<TFp, TCurve> Product<TCurve, TFp>(ReadOnlySpan<Affine<TFp, TCurve>> g1, ReadOnlySpan<G2Lines<TCurve, TFp>> g2)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => FinalExponentiation(MillerLoop(g1, g2));

    /// <summary>e(P, Q).</summary>
    public static Fp12<TFp, TCurve> Compute<TCurve, TFp>(in Affine<TFp, TCurve> p, in Affine<Fp2<TFp>, TCurve> q)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> =>
        Product<TCurve, TFp>([p], [new G2Lines<TCurve, TFp>(q)]);

    /// <summary>Whether ∏ e(Pᵢ, Qᵢ) = 1.</summary>
    public static bool ProductIsOne<TCurve, TFp>(ReadOnlySpan<Affine<TFp, TCurve>> g1, ReadOnlySpan<G2Lines<TCurve, TFp>> g2)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp> => Product(g1, g2) == Fp12<TFp, TCurve>.One;

    /// <summary>The product of the Miller loops, before the final exponentiation. About 13M₂ a line.</summary>
    /// <param name="g1">Points of G1; infinity contributes one.</param>
    /// <param name="g2">As many prepared points of G2.</param>
    public static Fp12<TFp, TCurve> MillerLoop<TCurve, TFp>(ReadOnlySpan<Affine<TFp, TCurve>> g1, ReadOnlySpan<G2Lines<TCurve, TFp>> g2)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        if (g1.Length != g2.Length)
        {
            throw new ArgumentException($"{g1.Length} points of G1 cannot be paired with {g2.Length} points of G2.");
        }

        Fp12<TFp, TCurve> f = Fp12<TFp, TCurve>.One;
        int line = 0;
        ReadOnlySpan<sbyte> digits = TCurve.MillerLoop;
        for (int i = digits.Length - 2; i >= 0; i--)
        {
            f = Fp12<TFp, TCurve>.Square(f);
            MultiplyByLines(ref f, g1, g2, line++);
            if (digits[i] != 0)
            {
                MultiplyByLines(ref f, g1, g2, line++);
            }
        }

        if (TCurve.HasFrobeniusLines)
        {
            MultiplyByLines(ref f, g1, g2, line++);
            MultiplyByLines(ref f, g1, g2, line);
        }

        return TCurve.IsMillerLoopNegative ? Fp12<TFp, TCurve>.Conjugate(f) : f;
    }

    /// <summary>
    /// As the overload for prepared points, for points of G2 that are used once: the lines are made where they are used and
    /// stored nowhere. One Fp12 squaring a doubling for all pairs, so that long lists cost 13M₂ and a step a line.
    /// </summary>
    /// <param name="g1">Points of G1; infinity contributes one.</param>
    /// <param name="g2">As many points of G2, in the subgroup; infinity contributes one.</param>
    public static Fp12<TFp, TCurve> MillerLoop<TCurve, TFp>(
        ReadOnlySpan<Affine<TFp, TCurve>> g1, ReadOnlySpan<Affine<Fp2<TFp>, TCurve>> g2)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        if (g1.Length != g2.Length)
        {
            throw new ArgumentException($"{g1.Length} points of G1 cannot be paired with {g2.Length} points of G2.");
        }

        // Pairs with infinity are left out at the start.
        int[] pairs = new int[g1.Length];
        var running = new RunningPoint<TCurve, TFp>[g1.Length];
        int count = 0;
        for (int i = 0; i < g1.Length; i++)
        {
            if (!g1[i].IsInfinity && !g2[i].IsInfinity)
            {
                running[count] = new(g2[i].X, g2[i].Y, Fp2<TFp>.One);
                pairs[count++] = i;
            }
        }

        Fp12<TFp, TCurve> f = Fp12<TFp, TCurve>.One;
        ReadOnlySpan<sbyte> digits = TCurve.MillerLoop;
        for (int i = digits.Length - 2; i >= 0; i--)
        {
            f = Fp12<TFp, TCurve>.Square(f);
            for (int k = 0; k < count; k++)
            {
                MultiplyByLine(ref f, running[k].Double(), g1[pairs[k]]);
            }

            for (int k = 0; digits[i] != 0 && k < count; k++)
            {
                ref readonly Affine<Fp2<TFp>, TCurve> q = ref g2[pairs[k]];
                MultiplyByLine(ref f, running[k].Add(digits[i] > 0 ? q : -q), g1[pairs[k]]);
            }
        }

        for (int k = 0; TCurve.HasFrobeniusLines && k < count; k++)
        {
            // ψ keeps the denominator 1.
            Jacobian<Fp2<TFp>, TCurve> psi = TCurve.Psi(g2[pairs[k]]), psi2 = TCurve.Psi(psi);
            MultiplyByLine(ref f, running[k].Add(new(psi.X, psi.Y)), g1[pairs[k]]);
            MultiplyByLine(ref f, running[k].Add(new(psi2.X, -psi2.Y)), g1[pairs[k]]);
        }

        return TCurve.IsMillerLoopNegative ? Fp12<TFp, TCurve>.Conjugate(f) : f;
    }

    /// <summary>f^((p¹² − 1)/r) up to the curve's cofactor. Zero, which no Miller loop yields, stays zero.</summary>
    public static Fp12<TFp, TCurve> FinalExponentiation<TCurve, TFp>(in Fp12<TFp, TCurve> f)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        // The easy part, (p⁶ − 1)(p² + 1), leads into the cyclotomic subgroup.
        Fp12<TFp, TCurve> t = Fp12<TFp, TCurve>.Conjugate(f) * Fp12<TFp, TCurve>.Inverse(f);
        return TCurve.HardExponentiation(Fp12<TFp, TCurve>.Frobenius(t, 2) * t);
    }

    private static void MultiplyByLines<TCurve, TFp>(
        ref Fp12<TFp, TCurve> f, ReadOnlySpan<Affine<TFp, TCurve>> g1, ReadOnlySpan<G2Lines<TCurve, TFp>> g2, int index)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        for (int i = 0; i < g1.Length; i++)
        {
            if (g1[i].IsInfinity || g2[i].Lines.IsEmpty)
            {
                continue;
            }

            MultiplyByLine(ref f, g2[i].Lines[index], g1[i]);
        }
    }

    /// <summary>f ← f · the line evaluated at a finite point: 13M₂ + 4M, or six sums of three products.</summary>
    internal static unsafe void MultiplyByLine<TCurve, TFp>(ref Fp12<TFp, TCurve> f, in Line<TFp> line, in Affine<TFp, TCurve> point)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        if (TowerFunctions<TFp, TCurve>.MultiplyByLine == 0)
        {
            MultiplyByLinePortable(ref f, line, point);
            return;
        }

        fixed (Fp12<TFp, TCurve>* pinned = &f)
        fixed (Line<TFp>* pinnedLine = &line)
        fixed (Affine<TFp, TCurve>* pinnedPoint = &point)
        {
            ((delegate* unmanaged[SuppressGCTransition]<void*, void*, void*, void*, void>)TowerFunctions<TFp, TCurve>.MultiplyByLine)(
                pinned, pinned, pinnedLine, pinnedPoint);
        }
    }

    /// <summary>As <see cref="MultiplyByLine"/>, in C#: the twin of the emitted code.</summary>
    internal static void MultiplyByLinePortable<TCurve, TFp>(ref Fp12<TFp, TCurve> f, in Line<TFp> line, in Affine<TFp, TCurve> point)
        where TFp : unmanaged, IPrimeField<TFp>
        where TCurve : struct, IPairingCurve<TCurve, TFp>
    {
        Fp2<TFp> x = Fp2<TFp>.Scale(line.X, point.X), y = Fp2<TFp>.Scale(line.Y, point.Y);
        f = TCurve.IsTwistTypeM
            ? Fp12<TFp, TCurve>.MultiplyBy014(f, line.Constant, x, y)
            : Fp12<TFp, TCurve>.MultiplyBy034(f, y, x, line.Constant);
    }
}
