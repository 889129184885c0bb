// Owns: how faults become statuses: which code, which words, when to try again. One place, so that no face leaks more than another.

using System.Globalization;
using Grpc.Core;

namespace ProvingService.Service;

/// <summary>Errors of the contract.</summary>
internal static class Refuse
{
    /// <summary>The trailer that says after how many milliseconds another try makes sense.</summary>
    public const string RetryAfter = "retry-after-ms";

    /// <summary>A field is not as it must be.</summary>
    public static RpcException Invalid(string field, string expected) => new(new Status(StatusCode.InvalidArgument, $"{field}: {expected}"));

    /// <summary>What was named is not there, or not for this caller.</summary>
    public static RpcException NotFound(string what) => new(new Status(StatusCode.NotFound, what));

    /// <summary>Not as things are.</summary>
    public static RpcException Precondition(string message) => new(new Status(StatusCode.FailedPrecondition, message));

    /// <summary>A limit; come back later.</summary>
    public static RpcException Exhausted(string message, TimeSpan retryAfter) => With(StatusCode.ResourceExhausted, message, retryAfter);

    /// <summary>The caller may not.</summary>
    public static RpcException Forbidden(string scope) =>
        new(new Status(StatusCode.PermissionDenied, $"this key or token lacks the scope '{scope}'."));

    /// <summary>What a fault of the store or of the disk means to a client.</summary>
    public static RpcException Store(Exception fault) => fault switch
    {
        StoreException { IsTransient: false } => With(
            StatusCode.ResourceExhausted, "the service's store fails for good, for want of room or worse; its operator has to look. Nothing was accepted.", TimeSpan.FromSeconds(10)),
        StoreException { MayHaveHappened: true } => With(
            StatusCode.Unavailable, "the store broke off; whether it took this is unknown. Try again, with the same idempotency key.", TimeSpan.FromSeconds(1)),
        StoreException => With(StatusCode.Unavailable, "the store is away for the moment; try again.", TimeSpan.FromSeconds(1)),
        _ => With(StatusCode.ResourceExhausted, "the service cannot write to its shared folder; its operator has to make room. Nothing was accepted.", TimeSpan.FromSeconds(10)),
    };

    private static RpcException With(StatusCode code, string message, TimeSpan retryAfter)
    {
        var trailers = new Metadata { { RetryAfter, ((long)retryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) } };
        return new RpcException(new Status(code, message), trailers);
    }
}
