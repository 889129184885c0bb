// Owns: how refusals become statuses: which code, when to try again. One place, so that no call leaks more than another.

using System.Globalization;
using Grpc.Core;
using ProvingService.Storage;

namespace ProvingService.Ceremony;

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

    /// <summary>The caller may not.</summary>
    public static RpcException Forbidden(string message) => new(new Status(StatusCode.PermissionDenied, message));

    /// <summary>Nobody knows the caller.</summary>
    public static RpcException Unknown(string message) => new(new Status(StatusCode.Unauthenticated, message));

    /// <summary>A limit; come back later.</summary>
    public static RpcException Exhausted(string message, TimeSpan retryAfter) => With(StatusCode.ResourceExhausted, message, retryAfter);

    /// <summary>What a refused upload means to a client.</summary>
    public static RpcException Upload(UploadException fault) => new(new Status(
        fault.Fault switch
        {
            UploadFault.WrongOffset => StatusCode.OutOfRange,
            UploadFault.TooManyBytes => StatusCode.InvalidArgument,
            UploadFault.WrongHash => StatusCode.DataLoss,
            _ => StatusCode.Aborted,
        },
        fault.Message));

    /// <summary>What a fault of the store or of the disk means to a client.</summary>
    public static RpcException Store(Exception fault) => fault is StoreException { IsTransient: true }
        ? With(StatusCode.Unavailable, "the coordinator's store is away for the moment; try again.", TimeSpan.FromSeconds(1))
        : With(StatusCode.Unavailable, "the coordinator cannot write to its disk; its operator has to see to it. Nothing was accepted.", TimeSpan.FromSeconds(10));

    private static RpcException With(StatusCode code, string message, TimeSpan retryAfter)
    {
        var trailers = new Metadata { { RetryAfter, ((long)retryAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) } };
        return new RpcException(new Status(code, message), trailers);
    }
}
