// Owns: the rules of a .r1cs. What nothing constrains: ConstraintLinter.cs of R1cs.

using ProvingService.Algebra;
using ProvingService.R1cs;

namespace ProvingService.Lint;

/// <summary>What a constraint system shows without a witness. Thread-safe.</summary>
public static class CircuitRules
{
    /// <summary>Checks a constraint system, in linear time.</summary>
    /// <typeparam name="TFr">The scalar field.</typeparam>
    /// <param name="system">The constraints.</param>
    /// <param name="symbols">Names of wires, if known.</param>
    /// <param name="file">What the report calls it.</param>
    /// <param name="cancellationToken">Observed between findings.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static LintReport Check<TFr>(
        ConstraintSystem<TFr> system, SymbolTable? symbols = null, string file = "", CancellationToken cancellationToken = default)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        var findings = new Findings();
        Check(system, symbols, findings, cancellationToken);
        return findings.ToReport(file, FileKind.Circuit);
    }

    /// <summary>Lints a file that begins as a <c>.r1cs</c>.</summary>
    internal static void Lint(string path, LintOptions options, Findings findings)
    {
        try
        {
            R1csHeader header = R1csFile.ReadHeader(path);
            if (!CurveNames.TryFromScalarModulus(header.Prime, out CurveId curve))
            {
                throw new InvalidFileException(
                    path, FileFault.WrongField, -1, $"the circuit is over {ScalarFields.NameOf(header.Prime)}, which is the scalar field of neither BLS12-381 nor BN254.");
            }

            CurveDispatch.Run(curve, new Action(path, options, findings));
        }
        catch (InvalidFileException e) when (e.File == path)
        {
            findings.Add(e);
        }
    }

    private static void Check<TFr>(ConstraintSystem<TFr> system, SymbolTable? symbols, Findings findings, CancellationToken cancellationToken)
        where TFr : unmanaged, IPrimeField<TFr>
    {
        if (system.PublicCount == 0)
        {
            findings.Add(Rules.CircuitNoPublic, "There are no public inputs and no public outputs.");
        }

        foreach (LintFinding found in ConstraintLinter.Find(system, symbols))
        {
            cancellationToken.ThrowIfCancellationRequested();
            (Rule rule, bool isOfWire) = found.Kind switch
            {
                LintKind.UnconstrainedPublic => (Rules.CircuitPublicUnconstrained, true),
                LintKind.AbsorbedPublic => (Rules.CircuitPublicAbsorbed, true),
                LintKind.UnconstrainedPrivateInput => (Rules.CircuitPrivateInputUnconstrained, true),
                LintKind.UnconstrainedWire => (Rules.CircuitWireUnconstrained, true),
                LintKind.FreeWire => (Rules.CircuitFreeWire, true),
                LintKind.MultipliedByZero => (Rules.CircuitIneffectiveTerms, false),
                LintKind.UnsatisfiableConstraint => (Rules.CircuitUnsatisfiable, false),
                LintKind.TrivialConstraint => (Rules.CircuitTrivial, false),
                LintKind.DuplicateConstraint => (Rules.CircuitDuplicate, false),
                LintKind.ScaledConstraint => (Rules.CircuitScaledDuplicate, false),
                _ => throw new InvalidOperationException($"No rule is made of {found.Kind}."),
            };
            findings.Add(rule, found.Message, isOfWire ? FindingPlace.OfWire(found.Index) : FindingPlace.OfConstraint(found.Index));
        }
    }

    private sealed class Action(string path, LintOptions options, Findings findings) : ICurveAction<bool>
    {
        public bool Run<TCurve, TFp, TFr>()
            where TFp : unmanaged, IPrimeField<TFp>
            where TFr : unmanaged, IPrimeField<TFr>
            where TCurve : struct, IPairingCurve<TCurve, TFp, TFr>
        {
            ConstraintSystem<TFr> system = R1csFile.Read<TFr>(path, options.Engine.CancellationToken).System;
            Check(system, ReadSymbols(system.WireCount), findings, options.Engine.CancellationToken);
            return true;
        }

        /// <summary>Names from the file that was given, or from one that happens to lie beside the circuit and fits.</summary>
        private SymbolTable? ReadSymbols(int wireCount)
        {
            if (options.Sym is { } sym)
            {
                return SymFile.Read(sym, wireCount);
            }

            string beside = Path.ChangeExtension(path, ".sym");
            try
            {
                return beside != path && File.Exists(beside) ? SymFile.Read(beside, wireCount) : null;
            }
            catch (InvalidFileException)
            {
                // Of another circuit, perhaps: numbers will do.
                return null;
            }
        }
    }
}
