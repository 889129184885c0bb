// Owns: grpc.health.v1: what the application says of its services, to whoever asks or watches.

using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace ProvingService.Grpc;

/// <summary>
/// Answers for the health of services. The server as a whole, under the empty name, is serving from the start. Safe for use
/// by several threads at once.
/// </summary>
public sealed class HealthService : Health.HealthBase
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ServingStatus> statuses = new(StringComparer.Ordinal) { [""] = ServingStatus.Serving };
    private TaskCompletionSource changed = NewSignal();

    /// <summary>Says what a service is from now on; those who watch are told.</summary>
    /// <param name="service">The full name, such as "proving.v1.Jobs"; empty for the server as a whole.</param>
    /// <param name="status">What it is.</param>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        Change(() => statuses[service] = status);
    }

    /// <summary>Forgets a service; those who watch are told that it is unknown.</summary>
    /// <param name="service">The full name.</param>
    public void ClearStatus(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        Change(() => statuses.Remove(service));
    }

    /// <summary>Says that no known service takes calls any more, such as when the server is about to stop.</summary>
    public void StopServing() => Change(() =>
    {
        foreach (string service in statuses.Keys.ToArray())
        {
            statuses[service] = ServingStatus.NotServing;
        }
    });

    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Find(request.Service).Status is { } status
            ? Task.FromResult(new HealthCheckResponse { Status = status })
            : throw new RpcException(new Status(StatusCode.NotFound, "Nothing is known of a service of this name."));
    }

    /// <inheritdoc/>
    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var response = new HealthListResponse();
        lock (gate)
        {
            foreach ((string service, ServingStatus status) in statuses)
            {
                response.Statuses.Add(service, new HealthCheckResponse { Status = status });
            }
        }

        return Task.FromResult(response);
    }

    /// <inheritdoc/>
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        ServingStatus? told = null;
        while (true)
        {
            (ServingStatus? found, Task next) = Find(request.Service);
            ServingStatus status = found ?? ServingStatus.ServiceUnknown;
            if (status != told)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
                told = status;
            }

            await next.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a service is now, and a task that ends at the next change of any.</summary>
    private (ServingStatus? Status, Task Next) Find(string service)
    {
        lock (gate)
        {
            return (statuses.TryGetValue(service, out ServingStatus status) ? status : null, changed.Task);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            change();
            signal = changed;
            changed = NewSignal();
        }

        signal.SetResult();
    }
}
