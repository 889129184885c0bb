// Owns: tables in documents that tests make: a document must show what the test found, and the test can write it there.

using Xunit;

namespace ProvingService.TestKit;

/// <summary>
/// A table between the lines <c>&lt;!-- table: NAME --&gt;</c> and <c>&lt;!-- end --&gt;</c> of a Markdown file. With
/// <c>PROVING_SERVICE_WRITE_TABLES=1</c> it is written, otherwise compared.
/// </summary>
public static class DocumentedTable
{
    private static readonly Lock Writing = new();

    /// <summary>Fails where the document shows another table.</summary>
    /// <param name="document">The file's path in the repository.</param>
    /// <param name="name">The table's name in it.</param>
    /// <param name="table">The table, in Markdown.</param>
    public static void Require(string document, string name, string table)
    {
        string path = RepositoryFiles.Path(document), begin = $"<!-- table: {name} -->\n", end = "<!-- end -->";
        lock (Writing)
        {
            string text = File.ReadAllText(path);
            int start = text.IndexOf(begin, StringComparison.Ordinal);
            Assert.True(start >= 0, $"{document} has no line '{begin.TrimEnd()}'.");
            start += begin.Length;
            int stop = text.IndexOf(end, start, StringComparison.Ordinal);
            Assert.True(stop >= 0, $"{document}: the table {name} has no end.");
            if (Environment.GetEnvironmentVariable("PROVING_SERVICE_WRITE_TABLES") == "1")
            {
                File.WriteAllText(path, text[..start] + table + text[stop..]);
                return;
            }

            Assert.True(
                text[start..stop] == table,
                $"{document} shows another table {name} than the one found. PROVING_SERVICE_WRITE_TABLES=1 writes it there:\n{table}");
        }
    }
}
