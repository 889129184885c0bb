// Owns: the closed list of what can be wrong with an encoded point or number. Never: how an encoding is read.

namespace ProvingService.Algebra;

/// <summary>
/// Why bytes were refused. Checks run in the order of the list, except that surplus bytes are seen before contents;
/// the first that fails is reported.
/// </summary>
public enum DecodeError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>There are fewer bytes than the encoding takes, or not a whole number of points.</summary>
    Length,

    /// <summary>There are more bytes than the encoding takes.</summary>
    TrailingBytes,

    /// <summary>The flag bits contradict each other or belong to another form of the encoding.</summary>
    Flags,

    /// <summary>Infinity is not written as the encoding writes it, such as an infinity flag over bytes that are not zero.</summary>
    Infinity,

    /// <summary>Bytes that the encoding holds at zero, above a field element, are not zero.</summary>
    Padding,

    /// <summary>An integer is not below the modulus of its field.</summary>
    NotCanonical,

    /// <summary>The coordinates do not satisfy the equation of the curve, or no point has this abscissa.</summary>
    NotOnCurve,

    /// <summary>The point is on the curve but outside the subgroup of order r.</summary>
    NotInSubgroup,

    /// <summary>The point is infinity, rightly written, where infinity is not allowed.</summary>
    IsInfinity,
}

/// <summary>Sentences for <see cref="DecodeError"/>.</summary>
public static class DecodeErrors
{
    /// <summary>A clause to follow the name of what was decoded, such as <c>is not on the curve</c>.</summary>
    public static string Describe(this DecodeError error) => error switch
    {
        DecodeError.None => "is valid",
        DecodeError.Length => "has too few bytes",
        DecodeError.TrailingBytes => "has trailing bytes",
        DecodeError.Flags => "has invalid flag bits",
        DecodeError.Infinity => "encodes infinity in a wrong way",
        DecodeError.Padding => "has padding bytes that are not zero",
        DecodeError.NotCanonical => "has a coordinate that is not below the field's modulus",
        DecodeError.NotOnCurve => "is not on the curve",
        DecodeError.NotInSubgroup => "is not in the subgroup of prime order",
        DecodeError.IsInfinity => "is the point at infinity",
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "There is no such error."),
    };
}
