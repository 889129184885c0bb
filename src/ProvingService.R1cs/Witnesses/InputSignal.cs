// Owns: the description of one declared input.

using System.Globalization;
using System.Text;

namespace ProvingService.R1cs;

/// <summary>An input that a circuit declares: a single element or an array.</summary>
public sealed class InputSignal
{
    private readonly int[] shape;

    internal InputSignal(string name, int[] shape, bool isPublic, int firstWire)
    {
        Name = name;
        this.shape = shape;
        IsPublic = isPublic;
        FirstWire = firstWire;
        Count = 1;
        foreach (int length in shape)
        {
            Count *= length;
        }
    }

    /// <summary>The name, unique in its circuit.</summary>
    public string Name { get; }

    /// <summary>The length of each dimension; empty for a single element.</summary>
    public ReadOnlySpan<int> Shape => shape;

    /// <summary>The number of elements.</summary>
    public int Count { get; }

    /// <summary>Whether the verifier sees it.</summary>
    public bool IsPublic { get; }

    /// <summary>The builder's number of the first element; the others follow.</summary>
    internal int FirstWire { get; }

    /// <summary>The name and its dimensions: <c>path[20][3]</c>.</summary>
    public override string ToString() => Name + ShapeText(shape);

    /// <summary>Dimensions in brackets; nothing for a single element.</summary>
    internal static string ShapeText(ReadOnlySpan<int> shape)
    {
        var text = new StringBuilder();
        foreach (int length in shape)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{length}]");
        }

        return text.ToString();
    }

    /// <summary>The name of an element of an array, by its row-major index.</summary>
    internal static string ElementName(string name, ReadOnlySpan<int> shape, int index)
    {
        string suffix = string.Empty;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            suffix = $"[{index % shape[d]}]{suffix}";
            index /= shape[d];
        }

        return name + suffix;
    }
}
