// Owns: what both stores ask of the values that they are given, and the forms in which they keep some of them.

using System.Text;
using System.Text.Json;

namespace ProvingService.Service;

/// <summary>Checks and conversions that both stores share, so that the same values come back from either.</summary>
internal static class StoreText
{
    /// <summary>Refuses what no store could keep, before any transaction begins.</summary>
    public static void Check(NewJob job)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(job.Cost, 1, "job.Cost");
        ArgumentOutOfRangeException.ThrowIfNegative(job.MemoryBytes, "job.MemoryBytes");
        ArgumentOutOfRangeException.ThrowIfNegative(job.InputLength, "job.InputLength");
        Check(job.Tenant, "job.Tenant");
        Check(job.KeyHash, "job.KeyHash");
        Check(job.InputHash, "job.InputHash");
        Check(job.ContentHash, "job.ContentHash");
        Check(job.Device, "job.Device");
        Check(job.IdempotencyKey ?? "", "job.IdempotencyKey");
        foreach ((string name, string value) in job.Labels)
        {
            Check(name, "job.Labels");
            Check(value, "job.Labels");
        }
    }

    /// <summary>Refuses reports of states that nobody can hold a job in.</summary>
    public static void Check(LeaseReport report)
    {
        if (!report.State.IsHeld())
        {
            throw new ArgumentException($"A held job cannot be {report.State}.", nameof(report));
        }

        Check(report.Marks);
    }

    /// <summary>Refuses marks whose names no store could keep.</summary>
    public static void Check(IReadOnlyList<PhaseMark> marks)
    {
        foreach (PhaseMark mark in marks)
        {
            Check(mark.Phase, "mark.Phase");
        }
    }

    /// <summary>Refuses text that PostgreSQL could not keep: a zero character, or half of a surrogate pair.</summary>
    public static void Check(string text, string field)
    {
        if (Storable(text) != text)
        {
            throw new ArgumentException("The text holds a zero character or half of a surrogate pair.", field);
        }
    }

    /// <summary>The text with U+FFFD for what no store could keep. For messages, which are never refused.</summary>
    public static string Storable(string text)
    {
        bool clean = true;
        for (int i = 0; i < text.Length && clean; i++)
        {
            clean = text[i] != 0 && !char.IsSurrogate(text[i]);
        }

        // Surrogates are rare: only then is the text taken apart.
        return clean ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
    }

    /// <summary>Cut to microseconds, as both stores keep times.</summary>
    public static long ToMicroseconds(DateTimeOffset time) => DatabaseTime.ToMicroseconds(time);

    /// <summary>The time so many microseconds after 1970.</summary>
    public static DateTimeOffset FromMicroseconds(long microseconds) => DatabaseTime.FromMicroseconds(microseconds);

    /// <summary>Cut to microseconds.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time) => FromMicroseconds(ToMicroseconds(time));

    /// <summary>The job as it will come back: times cut to microseconds.</summary>
    public static NewJob Cut(NewJob job) => job.Deadline is { } deadline ? job with { Deadline = Cut(deadline) } : job;

    /// <summary>As JSON.</summary>
    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value);

    /// <summary>Back from JSON that <see cref="ToJson"/> wrote.</summary>
    public static T FromJson<T>(string json) =>
        JsonSerializer.Deserialize<T>(json) ?? throw new StoreException($"The store holds no {typeof(T).Name} where one belongs.", false, false);
}
