// Owns: which device makes which sums of a proof, where several share it.

using ProvingService.Algebra;

namespace ProvingService.Gpu;

/// <summary>
/// The parts of a proof that can be made apart: each MSM over the witness, and the chain of products, quotient and H. The
/// most expensive goes first to whoever has least to do, which is within a third of the best (Graham's bound for the
/// longest first).
/// </summary>
internal static class GpuKeyShares
{
    /// <summary>As many devices as there are parts.</summary>
    public const int MostDevices = 5;

    /// <summary>An addition in G2 costs about as much as this many in G1: PERFORMANCE of the kernels, 2.3 to 2.8.</summary>
    private const double G2Weight = 2.7;

    /// <summary>Six transforms and the products cost about as much as so many points an element of the domain.</summary>
    private const double QuotientWeight = 0.25;

    /// <summary>What can be made apart; the chain of rows and quotient goes by the name of its last part.</summary>
    public static IReadOnlyList<KeyWork> Parts { get; } = [KeyWork.B2, KeyWork.H, KeyWork.A, KeyWork.C, KeyWork.B1];

    /// <summary>The parts of each device, in the order in which it makes them.</summary>
    /// <param name="devices">The number of devices, at least one.</param>
    /// <param name="wires">Wires of the key.</param>
    /// <param name="privateWires">Points of C.</param>
    /// <param name="domain">Points of H.</param>
    public static IReadOnlyList<KeyWork>[] Assign(int devices, int wires, int privateWires, int domain)
    {
        var shares = new List<KeyWork>[devices];
        double[] load = new double[devices];
        for (int i = 0; i < devices; i++)
        {
            shares[i] = [];
        }

        foreach (KeyWork part in Parts.OrderByDescending(Cost))
        {
            int least = Array.IndexOf(load, load.Min());
            shares[least].Add(part);
            load[least] += Cost(part);
        }

        return shares;

        double Cost(KeyWork part) => part switch
        {
            KeyWork.B2 => G2Weight * wires,
            KeyWork.H => (1 + QuotientWeight) * domain,
            KeyWork.C => privateWires,
            _ => wires,
        };
    }
}
