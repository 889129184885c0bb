// Owns: the dashboard's files as they lie in this assembly, and how browsers keep them. Never: data; every figure comes by REST or Feed.
//
// All files but the page have one address that names the hash of all of them: modules then import each other by plain relative
// names, a browser keeps them for good, and a page never gets modules of two versions. The page itself is asked for each time.

using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ProvingService.Service;

/// <summary>The page and what it is made of. Immutable.</summary>
internal sealed class DashboardFiles
{
    private const string Prefix = "dashboard/", PageName = "index.html", AssetsMark = "{{assets}}";

    /// <summary>Nothing but what this service serves itself, and nothing inline.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly DashboardFile page;
    private readonly Dictionary<string, DashboardFile> files = [];

    /// <summary>Reads the files out of this assembly.</summary>
    public DashboardFiles()
    {
        Assembly assembly = typeof(DashboardFiles).Assembly;
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var contents = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            contents[resource[Prefix.Length..].Replace('\\', '/')] = bytes.ToArray();
        }

        foreach ((string name, byte[] content) in contents)
        {
            all.AppendData(Encoding.UTF8.GetBytes(name + "\0"));
            all.AppendData(content);
        }

        Bundle = Convert.ToHexStringLower(all.GetHashAndReset())[..16];
        foreach ((string name, byte[] content) in contents)
        {
            if (name != PageName)
            {
                files[name] = new DashboardFile(TypeOf(name), content);
            }
        }

        string text = Encoding.UTF8.GetString(contents[PageName]).Replace(AssetsMark, $"dashboard/{Bundle}", StringComparison.Ordinal);
        page = new DashboardFile(TypeOf(PageName), Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The hash of all files, in short.</summary>
    public string Bundle { get; }

    /// <summary>The names of all files but the page.</summary>
    public IEnumerable<string> Names => files.Keys;

    /// <summary>Answers with the page.</summary>
    public Task SendPageAsync(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return SendAsync(http, page, "no-cache");
    }

    /// <summary>Answers with another file, or with 404.</summary>
    public Task SendAsync(HttpContext http, string bundle, string name)
    {
        if (bundle != Bundle || !files.TryGetValue(name, out DashboardFile? file))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return SendAsync(http, file, "public, max-age=31536000, immutable");
    }

    private static async Task SendAsync(HttpContext http, DashboardFile file, string caching)
    {
        HttpResponse response = http.Response;
        response.Headers.ETag = file.Tag;
        response.Headers.CacheControl = caching;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (http.Request.Headers.IfNoneMatch.Any(tags => tags?.Contains(file.Tag, StringComparison.Ordinal) == true))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] body = file.Plain;
        if (http.Request.Headers.AcceptEncoding.Any(accepted => accepted?.Contains("gzip", StringComparison.OrdinalIgnoreCase) == true))
        {
            body = file.Zipped;
            response.Headers.ContentEncoding = "gzip";
        }

        response.ContentType = file.Type;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await response.Body.WriteAsync(body, http.RequestAborted).ConfigureAwait(false);
        }
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        string other => throw new InvalidOperationException($"the dashboard has a file of the unknown kind '{other}'."),
    };
}

/// <summary>A file as it is sent.</summary>
internal sealed class DashboardFile(string type, byte[] content)
{
    /// <summary>Its type.</summary>
    public string Type => type;

    /// <summary>Its bytes.</summary>
    public byte[] Plain => content;

    /// <summary>Its bytes for browsers that take gzip.</summary>
    public byte[] Zipped { get; } = Zip(content);

    /// <summary>Its ETag. A weak one: it names the content, whatever its encoding.</summary>
    public string Tag { get; } = $"W/\"{Hashes.Of(content)[..32]}\"";

    private static byte[] Zip(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            zip.Write(content);
        }

        return bytes.ToArray();
    }
}
