// Owns: the path of a route, such as /v1/jobs/{id}:cancel, and whether a request's path is of that form.

namespace ProvingService.Service;

/// <summary>A path with fields in it, and perhaps a verb at its end, as google.api.http writes them. Immutable.</summary>
internal sealed class RestTemplate
{
    private readonly (bool IsField, string Text)[] segments;

    private RestTemplate(string text, (bool, string)[] segments, string verb)
    {
        Text = text;
        this.segments = segments;
        Verb = verb;
    }

    /// <summary>As it stands in the contract.</summary>
    public string Text { get; }

    /// <summary>What follows the last colon; empty where there is none.</summary>
    public string Verb { get; }

    /// <summary>The fields, in order.</summary>
    public IEnumerable<string> Fields => segments.Where(segment => segment.IsField).Select(segment => segment.Text);

    /// <summary>Reads a template.</summary>
    /// <exception cref="NotSupportedException">It uses more of the convention than this contract needs.</exception>
    public static RestTemplate Parse(string text)
    {
        string path = text, verb = "";
        int colon = text.LastIndexOf(':');
        if (colon > text.LastIndexOf('/') && colon > text.LastIndexOf('}'))
        {
            (path, verb) = (text[..colon], text[(colon + 1)..]);
        }

        if (!path.StartsWith('/') || path.Contains('*', StringComparison.Ordinal))
        {
            throw new NotSupportedException($"the route '{text}' is of a form that is not known here.");
        }

        return new(text, [.. path[1..].Split('/').Select(Segment)], verb);

        (bool, string) Segment(string part) => part switch
        {
            ['{', .. var field, '}'] => (true, field),
            _ when part.Length == 0 || part.Contains('{', StringComparison.Ordinal) => throw new NotSupportedException($"the route '{text}' is of a form that is not known here."),
            _ => (false, part),
        };
    }

    /// <summary>What the fields are in a path, in order; null where the path is of another form.</summary>
    /// <param name="path">With its escapes resolved.</param>
    public string[]? Match(ReadOnlySpan<char> path)
    {
        if (path is not ['/', .. var rest])
        {
            return null;
        }

        if (Verb.Length > 0)
        {
            if (!rest.EndsWith(Verb, StringComparison.Ordinal) || rest.Length == Verb.Length || rest[^(Verb.Length + 1)] != ':')
            {
                return null;
            }

            rest = rest[..^(Verb.Length + 1)];
        }

        var values = new List<string>(2);
        int i = 0;
        foreach (Range range in rest.Split('/'))
        {
            ReadOnlySpan<char> part = rest[range];
            if (i == segments.Length || part.IsEmpty)
            {
                return null;
            }

            (bool isField, string literal) = segments[i++];
            if (!isField && !part.SequenceEqual(literal))
            {
                return null;
            }

            if (isField)
            {
                values.Add(part.ToString());
            }
        }

        // A colon at the end begins a verb, and this template has none, or another one.
        bool endsInField = segments[^1].IsField;
        return i == segments.Length && !(endsInField && values[^1].Contains(':', StringComparison.Ordinal)) ? [.. values] : null;
    }
}
