// Owns: the names and values that go with a call beside its messages. Never: how they look on the wire, which is MetadataHeaders.

using System.Buffers;
using System.Collections;
using System.Text;

namespace Grpc.Core;

/// <summary>
/// An ordered list of names and values that are sent as headers or trailers. A name may stand more than once. Not safe
/// for use by several threads at once.
/// </summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>Names that end so carry bytes; all others carry printable ASCII.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>An empty list that takes no entries.</summary>
    public static readonly Metadata Empty = new(readOnly: true);

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly List<Entry> entries = [];
    private readonly bool readOnly;

    /// <summary>An empty list.</summary>
    public Metadata()
    {
    }

    private Metadata(bool readOnly) => this.readOnly = readOnly;

    /// <inheritdoc/>
    public int Count => entries.Count;

    /// <inheritdoc/>
    public bool IsReadOnly => readOnly;

    /// <inheritdoc/>
    public Entry this[int index]
    {
        get => entries[index];
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Writable()[index] = value;
        }
    }

    /// <summary>The last entry of a name, or null.</summary>
    /// <param name="key">The name, in any case of letters.</param>
    public Entry? Get(string key)
    {
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            if (string.Equals(entries[i].Key, key, StringComparison.OrdinalIgnoreCase))
            {
                return entries[i];
            }
        }

        return null;
    }

    /// <summary>All entries of a name, in order.</summary>
    /// <param name="key">The name, in any case of letters.</param>
    public IEnumerable<Entry> GetAll(string key) =>
        entries.Where(entry => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The text of the last entry of a name, or null.</summary>
    /// <param name="key">The name, in any case of letters, not ending in "-bin".</param>
    /// <exception cref="InvalidOperationException">The entry carries bytes.</exception>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry of a name, or null.</summary>
    /// <param name="key">The name, in any case of letters.</param>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <inheritdoc/>
    public void Add(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Add(item);
    }

    /// <summary>Adds a text.</summary>
    /// <param name="key">A name of letters, digits, '-', '_' and '.', not ending in "-bin".</param>
    /// <param name="value">Printable ASCII.</param>
    /// <exception cref="ArgumentException">A character that a header cannot carry, or a "-bin" name.</exception>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Adds bytes.</summary>
    /// <param name="key">A name of letters, digits, '-', '_' and '.', ending in "-bin".</param>
    /// <param name="valueBytes">Any bytes; they are copied.</param>
    /// <exception cref="ArgumentException">A name that is not one, or does not end in "-bin".</exception>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <inheritdoc/>
    public void Clear() => Writable().Clear();

    /// <inheritdoc/>
    public bool Contains(Entry item) => entries.Contains(item);

    /// <inheritdoc/>
    public void CopyTo(Entry[] array, int arrayIndex) => entries.CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    public int IndexOf(Entry item) => entries.IndexOf(item);

    /// <inheritdoc/>
    public void Insert(int index, Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Insert(index, item);
    }

    /// <inheritdoc/>
    public bool Remove(Entry item) => Writable().Remove(item);

    /// <inheritdoc/>
    public void RemoveAt(int index) => Writable().RemoveAt(index);

    /// <inheritdoc/>
    public IEnumerator<Entry> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<Entry> Writable() => readOnly ? throw new InvalidOperationException("This metadata takes no changes.") : entries;

    /// <summary>One name with its value. Immutable.</summary>
    public sealed class Entry
    {
        private readonly byte[]? bytes;
        private readonly string? text;

        /// <summary>A text.</summary>
        /// <param name="key">A name of letters, digits, '-', '_' and '.', not ending in "-bin".</param>
        /// <param name="value">Printable ASCII.</param>
        /// <exception cref="ArgumentException">A character that a header cannot carry, or a "-bin" name.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalized(key);
            if (IsBinary)
            {
                throw new ArgumentException($"'{Key}' ends in \"-bin\" and carries bytes, not text.", nameof(key));
            }

            int bad = value.AsSpan().IndexOfAnyExceptInRange(' ', '~');
            if (bad >= 0)
            {
                throw new ArgumentException(
                    $"The value of '{Key}' has U+{(int)value[bad]:X4} at {bad}; a header carries printable ASCII, and \"-bin\" names carry the rest.",
                    nameof(value));
            }

            text = value;
        }

        /// <summary>Bytes.</summary>
        /// <param name="key">A name of letters, digits, '-', '_' and '.', ending in "-bin".</param>
        /// <param name="valueBytes">Any bytes; they are copied.</param>
        /// <exception cref="ArgumentException">A name that is not one, or does not end in "-bin".</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalized(key);
            if (!IsBinary)
            {
                throw new ArgumentException($"'{Key}' does not end in \"-bin\" and carries text, not bytes.", nameof(key));
            }

            bytes = [.. valueBytes];
        }

        private Entry(string key, string? text, byte[]? bytes) => (Key, this.text, this.bytes) = (key, text, bytes);

        /// <summary>The name, in lower case.</summary>
        public string Key { get; }

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry carries bytes.</exception>
        public string Value => text ?? throw new InvalidOperationException($"'{Key}' carries bytes, not text.");

        /// <summary>A copy of the bytes, or the text's ASCII.</summary>
        public byte[] ValueBytes => bytes is not null ? [.. bytes] : Encoding.ASCII.GetBytes(text!);

        /// <inheritdoc/>
        public override string ToString() => $"[{Key}: {(text ?? $"{bytes!.Length} bytes")}]";

        /// <summary>The bytes themselves, for encoding.</summary>
        internal ReadOnlySpan<byte> Bytes => bytes;

        /// <summary>An entry from the wire, whose name and text the HTTP layer has checked. The bytes are not copied.</summary>
        internal static Entry FromWire(string key, string text) => new(key, text, null);

        /// <summary>As <see cref="FromWire(string, string)"/>, for bytes.</summary>
        internal static Entry FromWire(string key, byte[] bytes) => new(key, null, bytes);

        private static string Normalized(string key)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            string lower = key.ToLowerInvariant();
            int bad = lower.AsSpan().IndexOfAnyExcept(NameCharacters);
            return bad < 0
                ? lower
                : throw new ArgumentException(
                    $"A metadata name has letters, digits, '-', '_' and '.'; this one has U+{(int)lower[bad]:X4} at {bad}.", nameof(key));
        }
    }
}
