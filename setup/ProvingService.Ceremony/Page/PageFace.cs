// Owns: the ceremony's page: its files, the state as JSON, and the same as a stream. Everything here is public. All of it is served by
// this process; the page asks nobody else.

using System.Reflection;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ProvingService.Ceremony;

/// <summary>The page's endpoints.</summary>
/// <param name="coordinator">The state.</param>
/// <param name="files">Where attestations are.</param>
/// <param name="options">Limits.</param>
/// <param name="listens">Where gRPC listens, where the document names no address.</param>
/// <param name="time">The clock.</param>
internal sealed class PageFace(Coordinator coordinator, CeremonyFiles files, CeremonyOptions options, Func<string> listens, TimeProvider time)
{
    private const string Prefix = "ceremony/";

    /// <summary>Nothing but what this process serves itself, and nothing inline.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Between two states to one viewer.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    /// <summary>A state so often, though nothing changed: estimates and clocks go on.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    private readonly Dictionary<string, (string Type, byte[] Content)> pages = ReadFiles();
    private int watching;

    /// <summary>Makes the endpoints.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/", http => SendFileAsync(http, "index.html"));

        // Browsers ask for it beside plain text, where nothing names another.
        endpoints.MapGet("/favicon.ico", http => SendFileAsync(http, "icon.svg"));
        endpoints.MapGet("/page/{name}", http => SendFileAsync(http, (string)http.Request.RouteValues["name"]!));
        endpoints.MapGet("/state", http => SendStateAsync(http));
        endpoints.MapGet("/events", StreamAsync);
        endpoints.MapGet("/attestations/{name}", SendAttestationAsync);
    }

    private static Dictionary<string, (string Type, byte[] Content)> ReadFiles()
    {
        var found = new Dictionary<string, (string, byte[])>(StringComparer.Ordinal);
        Assembly assembly = typeof(PageFace).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            found[resource[Prefix.Length..]] = (TypeOf(resource), bytes.ToArray());
        }

        return found;
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        string other => throw new InvalidOperationException($"the page has a file of the unknown kind '{other}'."),
    };

    private static void AddHeaders(HttpContext http, string type)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentType = type;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private async Task SendFileAsync(HttpContext http, string name)
    {
        if (!pages.TryGetValue(name, out (string Type, byte[] Content) file))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        AddHeaders(http, file.Type);
        await http.Response.Body.WriteAsync(file.Content, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task SendStateAsync(HttpContext http)
    {
        AddHeaders(http, "application/json");
        await http.Response.WriteAsync(State(), http.RequestAborted).ConfigureAwait(false);
    }

    private async Task SendAttestationAsync(HttpContext http)
    {
        string path = "attestations/" + http.Request.RouteValues["name"];
        PublishedFile? file = coordinator.Snapshot.Participants.Values.Select(participant => participant.Attestation).FirstOrDefault(known => known?.Path == path);
        if (file is null)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // Text of strangers: never anything but text to a browser.
        AddHeaders(http, "text/plain; charset=utf-8");
        await http.Response.SendFileAsync(files.PathOf(file.Hash), http.RequestAborted).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext http)
    {
        if (Interlocked.Increment(ref watching) > options.MaxPages)
        {
            Interlocked.Decrement(ref watching);
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        try
        {
            AddHeaders(http, "text/event-stream");
            http.Response.Headers["X-Accel-Buffering"] = "no";
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, coordinator.Stopping);
            while (true)
            {
                Task next = coordinator.NextChange;
                using (var write = CancellationTokenSource.CreateLinkedTokenSource(ending.Token))
                {
                    write.CancelAfter(options.WriteTimeout);
                    await http.Response.WriteAsync($"data: {State()}\n\n", Encoding.UTF8, write.Token).ConfigureAwait(false);
                    await http.Response.Body.FlushAsync(write.Token).ConfigureAwait(false);
                }

                await Task.Delay(Pace, ending.Token).ConfigureAwait(false);
                await Task.WhenAny(next, Task.Delay(Heartbeat, ending.Token)).ConfigureAwait(false);
                ending.Token.ThrowIfCancellationRequested();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The viewer has gone, or the coordinator stops.
            http.Abort();
        }
        finally
        {
            Interlocked.Decrement(ref watching);
        }
    }

    /// <summary>The state, and where participants reach the coordinator.</summary>
    private string State()
    {
        string view = Formatter.Format(Views.Of(coordinator, time.GetUtcNow()));
        string address = System.Text.Json.JsonSerializer.Serialize(coordinator.Snapshot.Document.Address ?? listens());
        return $"{{\"address\":{address},\"ceremony\":{view}}}";
    }
}
