// Owns: how a call ends: the status codes of the gRPC protocol, a status with its message, and the exception that carries one.

namespace Grpc.Core;

/// <summary>How a call ended. The numbers are those of the protocol (grpc/grpc, doc/statuscodes.md).</summary>
public enum StatusCode
{
    /// <summary>The call did what it was asked.</summary>
    OK = 0,

    /// <summary>The caller gave the call up.</summary>
    Cancelled = 1,

    /// <summary>An error of which nothing more is known, such as an exception in a handler.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed before the call ended.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be made is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a bound on size or the server's capacity is exhausted.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of the server does not allow this; trying again does not help.</summary>
    FailedPrecondition = 9,

    /// <summary>The call lost against another; trying the whole sequence again may help.</summary>
    Aborted = 10,

    /// <summary>A position lies past the end.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method.</summary>
    Unimplemented = 12,

    /// <summary>The protocol or an invariant was broken.</summary>
    Internal = 13,

    /// <summary>The server cannot be reached or takes no calls now; trying again may help.</summary>
    Unavailable = 14,

    /// <summary>Data were lost for good.</summary>
    DataLoss = 15,

    /// <summary>The caller did not say, or not validly, who it is.</summary>
    Unauthenticated = 16,
}

/// <summary>A status code with its message.</summary>
/// <param name="StatusCode">The code.</param>
/// <param name="Detail">The message for the caller; empty where there is none. It crosses the wire as percent-encoded UTF-8.</param>
public readonly record struct Status(StatusCode StatusCode, string Detail)
{
    /// <summary>A status with the exception behind it, which stays on this side of the wire.</summary>
    /// <param name="statusCode">The code.</param>
    /// <param name="detail">The message for the caller.</param>
    /// <param name="debugException">The cause, or null.</param>
    public Status(StatusCode statusCode, string detail, Exception? debugException)
        : this(statusCode, detail) => DebugException = debugException;

    /// <summary>OK with no message.</summary>
    public static Status DefaultSuccess { get; } = new(StatusCode.OK, "");

    /// <summary>CANCELLED with no message.</summary>
    public static Status DefaultCancelled { get; } = new(StatusCode.Cancelled, "");

    /// <summary>What caused the status on this side, or null. Never sent.</summary>
    public Exception? DebugException { get; init; }
}

/// <summary>A call ended, or is to end, with a status other than OK.</summary>
public class RpcException : Exception
{
    /// <summary>Carries a status.</summary>
    /// <param name="status">How the call ended or is to end.</param>
    public RpcException(Status status)
        : this(status, [])
    {
    }

    /// <summary>Carries a status under a message of its own.</summary>
    /// <param name="status">How the call ended or is to end.</param>
    /// <param name="message">The exception's message; never sent.</param>
    public RpcException(Status status, string message)
        : this(status, [], message)
    {
    }

    /// <summary>Carries a status and trailers.</summary>
    /// <param name="status">How the call ended or is to end.</param>
    /// <param name="trailers">What goes with the status. A handler's trailers are sent with those of its context.</param>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, $"Status(StatusCode=\"{status.StatusCode}\", Detail=\"{status.Detail}\")")
    {
    }

    /// <summary>Carries a status and trailers under a message of its own.</summary>
    /// <param name="status">How the call ended or is to end.</param>
    /// <param name="trailers">What goes with the status.</param>
    /// <param name="message">The exception's message; never sent.</param>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended or is to end.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>What goes with the status; empty where there is nothing.</summary>
    public Metadata Trailers { get; }
}
