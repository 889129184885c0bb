// Owns: a call that came by REST, as the faces see it.

using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ProvingService.Service;

/// <summary>One call. Its token ends with the connection or with the deadline of the header <c>x-deadline-ms</c>.</summary>
internal sealed class RestCall : ServerCallContext, IDisposable
{
    /// <summary>How many milliseconds the caller gives the call.</summary>
    public const string DeadlineHeader = "x-deadline-ms";

    /// <summary>The name by which GetHttpContext finds the request in <see cref="ServerCallContext.UserState"/>, as in Grpc.AspNetCore.</summary>
    private const string HttpContextKey = "__HttpContext";

    private static readonly TimeSpan LongestDeadline = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource ending;
    private readonly Dictionary<object, object> userState = [];
    private Metadata? requestHeaders;

    /// <exception cref="RpcException">The deadline is no number.</exception>
    public RestCall(HttpContext http, RestRoute route, string[] values, ServiceOptions options)
    {
        Http = http;
        Route = route;
        PathValues = values;
        Options = options;
        userState[HttpContextKey] = http;
        string? deadline = http.Request.Headers[DeadlineHeader];
        DeadlineCore = DateTime.MaxValue;
        TimeSpan? left = null;
        if (!string.IsNullOrEmpty(deadline))
        {
            if (!uint.TryParse(deadline, NumberStyles.None, CultureInfo.InvariantCulture, out uint milliseconds))
            {
                throw Refuse.Invalid(DeadlineHeader, "a whole number of milliseconds is expected.");
            }

            left = TimeSpan.FromMilliseconds(Math.Min(milliseconds, LongestDeadline.TotalMilliseconds));
            DeadlineCore = DateTime.UtcNow + left.Value;
        }

        ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        if (left is { } time)
        {
            ending.CancelAfter(time);
        }
    }

    /// <summary>The request.</summary>
    public HttpContext Http { get; }

    /// <summary>Which method it means.</summary>
    public RestRoute Route { get; }

    /// <summary>The values of the fields in its path, in the template's order.</summary>
    public string[] PathValues { get; }

    /// <summary>The limits in force.</summary>
    public ServiceOptions Options { get; }

    /// <summary>Whether the call ended because its deadline passed.</summary>
    public bool IsLate => ending.IsCancellationRequested && !Http.RequestAborted.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose() => ending.Dispose();

    /// <inheritdoc/>
    protected override string MethodCore => $"/{Route.Method.Service.FullName}/{Route.Method.Name}";

    /// <inheritdoc/>
    protected override string HostCore => Http.Request.Host.Value ?? "";

    /// <inheritdoc/>
    protected override string PeerCore => Http.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false } address => $"ipv6:[{address}]:{Http.Connection.RemotePort}",
        { } address => $"ipv4:{address.MapToIPv4()}:{Http.Connection.RemotePort}",
    };

    /// <inheritdoc/>
    protected override DateTime DeadlineCore { get; }

    /// <inheritdoc/>
    protected override CancellationToken CancellationTokenCore => ending.Token;

    /// <inheritdoc/>
    protected override Metadata RequestHeadersCore => requestHeaders ??= ReadHeaders();

    /// <inheritdoc/>
    protected override Metadata ResponseTrailersCore { get; } = [];

    /// <inheritdoc/>
    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    /// <inheritdoc/>
    protected override WriteOptions? WriteOptionsCore { get; set; }

    /// <inheritdoc/>
    protected override IDictionary<object, object> UserStateCore => userState;

    /// <inheritdoc/>
    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        foreach (Metadata.Entry entry in responseHeaders)
        {
            if (!entry.IsBinary)
            {
                Http.Response.Headers.Append(entry.Key, entry.Value);
            }
        }

        return Task.CompletedTask;
    }

    private Metadata ReadHeaders()
    {
        var headers = new Metadata();
        foreach ((string name, StringValues values) in Http.Request.Headers)
        {
            foreach (string? value in values)
            {
                // What HTTP allows and metadata does not is nothing that a face asks for.
                if (value is not null && !value.AsSpan().ContainsAnyExceptInRange(' ', '~') && IsName(name))
                {
                    headers.Add(name, value);
                }
            }
        }

        return headers;

        static bool IsName(string name) =>
            name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            && !name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase);
    }
}
