// Owns: one route of REST, and the table of all: which method of the contract a request means.

using System.Diagnostics.CodeAnalysis;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace ProvingService.Service;

/// <summary>One route.</summary>
/// <param name="Verb">GET, POST, PUT.</param>
/// <param name="Template">The path.</param>
/// <param name="HasBody">Whether a JSON body brings the fields that are not in the path; else the query does.</param>
/// <param name="Method">The method of the contract.</param>
/// <param name="Run">Reads the request, calls the handler, writes the answer.</param>
internal sealed record RestRoute(string Verb, RestTemplate Template, bool HasBody, MethodDescriptor Method, Func<RestCall, Task> Run)
{
    /// <summary>Whether the body is a file and no message.</summary>
    public bool IsRaw => Method.IsClientStreaming;
}

/// <summary>All routes. Filled at the start, then read only.</summary>
internal sealed class RestTable
{
    private readonly List<RestRoute> routes = [];

    /// <summary>Every route, those with a verb at the end first.</summary>
    public IReadOnlyList<RestRoute> Routes => routes;

    /// <summary>Adds the methods of a service.</summary>
    /// <param name="service">The service.</param>
    /// <param name="bind">The generated BindService with the service's face.</param>
    public void Add(ServiceDescriptor service, Action<ServiceBinderBase> bind)
    {
        bind(new RestBinder(service, routes));
        routes.Sort((a, b) => (b.Template.Verb.Length > 0).CompareTo(a.Template.Verb.Length > 0));
    }

    /// <summary>Finds the route of a request.</summary>
    /// <param name="verb">The request's.</param>
    /// <param name="path">With its escapes resolved.</param>
    /// <param name="route">The route.</param>
    /// <param name="values">The values of the path's fields.</param>
    /// <param name="allowed">Where there is no route: the verbs that the path has nevertheless.</param>
    public bool TryFind(
        string verb, string path, [NotNullWhen(true)] out RestRoute? route, [NotNullWhen(true)] out string[]? values, out IReadOnlyCollection<string> allowed)
    {
        var others = new SortedSet<string>(StringComparer.Ordinal);
        allowed = others;
        foreach (RestRoute candidate in routes)
        {
            if (candidate.Template.Match(path) is not { } matched)
            {
                continue;
            }

            if (candidate.Verb == verb)
            {
                (route, values) = (candidate, matched);
                return true;
            }

            others.Add(candidate.Verb);
        }

        (route, values) = (null, null);
        return false;
    }

    /// <summary>The routes that the contract gives a method.</summary>
    /// <exception cref="NotSupportedException">One of them uses more of the convention than is known here.</exception>
    internal static IEnumerable<(string Verb, RestTemplate Template, bool HasBody)> RoutesOf(MethodDescriptor method)
    {
        HttpRule? first = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        if (first is null)
        {
            yield break;
        }

        foreach (HttpRule rule in (IEnumerable<HttpRule>)[first, .. first.AdditionalBindings])
        {
            (string verb, string path) = rule.PatternCase switch
            {
                HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
                HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
                HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
                HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
                HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
                _ => throw new NotSupportedException($"the route of {method.FullName} has a verb that is not known here."),
            };
            if (rule.Body is not ("" or "*") || rule.ResponseBody.Length > 0)
            {
                throw new NotSupportedException($"the route of {method.FullName} has a body that is not known here.");
            }

            yield return (verb, RestTemplate.Parse(path), rule.Body == "*");
        }
    }
}
