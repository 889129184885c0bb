// Owns: the headers that every answer on the web port has, whoever gives it.

using Microsoft.AspNetCore.Http;

namespace ProvingService.Service;

/// <summary>What keeps browsers from guessing types, framing, telling other sites where they were, letting these in, and keeping answers.</summary>
internal static class WebHeaders
{
    private static readonly (string Name, string Value)[] Usual =
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ];

    /// <summary>
    /// Adds them when the answer begins, where it has none of its own: the dashboard's pages need another policy and may be kept.
    /// </summary>
    public static void AddTo(HttpResponse response) => response.OnStarting(
        static state =>
        {
            IHeaderDictionary headers = ((HttpResponse)state).Headers;
            foreach ((string name, string value) in Usual)
            {
                headers.TryAdd(name, value);
            }

            return Task.CompletedTask;
        },
        response);
}
