// Owns: where the dashboard answers: the page at /, its files and its two feeds under /dashboard/. Files are for everyone, since they
// hold nothing; feeds are not, and the gate lets nobody to them who may not read.

using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace ProvingService.Service;

/// <summary>The dashboard's endpoints.</summary>
internal sealed class DashboardFace(FaceParts parts, OverviewFeed feed)
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private readonly DashboardFiles files = new();

    /// <summary>Makes the endpoints.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        var open = new AllowAnonymousAttribute();
        endpoints.MapMethods("/", Reading, files.SendPageAsync).WithMetadata(open);
        endpoints.MapMethods(
            "/dashboard/{bundle:length(16)}/{**name}", Reading, http => files.SendAsync(http, Value(http, "bundle"), Value(http, "name"))).WithMetadata(open);
        endpoints.MapMethods("/dashboard/events", [HttpMethods.Get], http => AnswerAsync(http, feed.StreamAsync));
        endpoints.MapMethods("/dashboard/history", [HttpMethods.Get], http => AnswerAsync(http, feed.SendHistoryAsync));
    }

    private static string Value(HttpContext http, string name) => http.Request.RouteValues[name] as string ?? "";

    private async Task AnswerAsync(HttpContext http, Func<HttpContext, Caller, Task> answer)
    {
        RestError error;
        try
        {
            await FaceParts.GuardAsync(async () =>
            {
                await answer(http, http.Features.GetRequiredFeature<Caller>()).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            return;
        }
        catch (RpcException e)
        {
            error = RestError.Of(e);
        }
        catch (OperationCanceledException)
        {
            // The caller has gone, or the service stops.
            error = RestError.Of(StatusCode.Unavailable, "the service stops; try again.");
        }

        if (!http.RequestAborted.IsCancellationRequested)
        {
            await RestAnswers.RefuseAsync(http, error, parts.Options.WriteTimeout).ConfigureAwait(false);
        }
    }
}
