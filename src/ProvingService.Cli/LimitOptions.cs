// Owns: limits of the service, or of another long-running command, by name, as --set takes them.

using System.Globalization;
using System.Reflection;
using ProvingService.Service;

namespace ProvingService.Cli;

/// <summary>Limits by name.</summary>
internal static class LimitOptions
{
    /// <summary>The names of all limits.</summary>
    public static IReadOnlyList<string> Names { get; } = NamesOf<ServiceOptions>();

    /// <summary>The names of all limits of one kind.</summary>
    public static IReadOnlyList<string> NamesOf<TOptions>() => [.. Properties<TOptions>().Select(property => property.Name)];

    /// <summary>Options with some of them changed.</summary>
    /// <param name="options">The options.</param>
    /// <param name="changes">Each as NAME=VALUE: whole numbers, with K, M or G for powers of 1,024; times with ms, s, m, h or d.</param>
    /// <exception cref="UsageException">A name or a value is none.</exception>
    public static ServiceOptions Apply(ServiceOptions options, IEnumerable<string> changes) =>
        Apply(options with { }, changes, changed => changed.Validate());

    /// <summary>As above, for options of another kind.</summary>
    /// <param name="changed">A copy of the options, which is changed.</param>
    /// <param name="changes">As above.</param>
    /// <param name="validate">Looks for values out of range.</param>
    public static TOptions Apply<TOptions>(TOptions changed, IEnumerable<string> changes, Func<TOptions, TOptions> validate)
        where TOptions : class
    {
        foreach (string change in changes)
        {
            int at = change.IndexOf('=', StringComparison.Ordinal);
            PropertyInfo property = Properties<TOptions>().FirstOrDefault(p => at > 0 && p.Name.Equals(change[..at], StringComparison.OrdinalIgnoreCase))
                ?? throw new UsageException($"--set {change}: NAME=VALUE is expected, with one of the names {string.Join(", ", NamesOf<TOptions>())}.");
            property.SetValue(changed, Parse(property, change[(at + 1)..]));
        }

        try
        {
            return validate(changed);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>A time such as <c>500ms</c>, <c>30s</c>, <c>10m</c>, <c>2h</c> or <c>7d</c>; null where the text is none.</summary>
    public static TimeSpan? TryParseTime(string text)
    {
        (string unit, double seconds)[] units = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
        foreach ((string unit, double seconds) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * seconds < 1e9)
            {
                return TimeSpan.FromSeconds(count * seconds);
            }
        }

        return null;
    }

    private static IEnumerable<PropertyInfo> Properties<TOptions>() =>
        typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite);

    private static object Parse(PropertyInfo property, string text)
    {
        if (property.PropertyType == typeof(TimeSpan))
        {
            if (TryParseTime(text) is { } time)
            {
                return time;
            }

            throw new UsageException($"--set {property.Name}={text}: a time is expected, such as 500ms, 30s, 10m, 2h or 7d.");
        }

        int power = text.Length > 1 ? "KMG".IndexOf(text[^1], StringComparison.Ordinal) + 1 : 0;
        if (!long.TryParse(power > 0 ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number > long.MaxValue >> (10 * power))
        {
            throw new UsageException($"--set {property.Name}={text}: a whole number is expected, such as 1000 or 16M.");
        }

        number <<= 10 * power;
        return property.PropertyType == typeof(long) ? number
            : number <= int.MaxValue ? (object)(int)number
            : throw new UsageException($"--set {property.Name}={text}: at most {int.MaxValue}.");
    }
}
