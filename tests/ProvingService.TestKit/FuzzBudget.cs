// Owns: how long and from where fuzz tests run: bounded in CI, as long as one likes by hand.

using System.Globalization;

namespace ProvingService.TestKit;

/// <summary>
/// Fuzz tests take their seed from <c>PROVING_SERVICE_FUZZ_SEED</c> and multiply their number of cases by
/// <c>PROVING_SERVICE_FUZZ_FACTOR</c>.
/// </summary>
public static class FuzzBudget
{
    public static int Seed { get; } = Read("PROVING_SERVICE_FUZZ_SEED", 20240607);

    public static int Cases(int usual) => checked(usual * Read("PROVING_SERVICE_FUZZ_FACTOR", 1));

    private static int Read(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : usual;
}
