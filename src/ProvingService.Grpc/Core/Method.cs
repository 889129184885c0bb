// Owns: what a generated stub says about a method: its kind, its names, and how its messages become bytes.

using System.Buffers;

namespace Grpc.Core;

/// <summary>How many messages a method takes and gives.</summary>
public enum MethodType
{
    /// <summary>One request, one response.</summary>
    Unary = 0,

    /// <summary>A stream of requests, one response.</summary>
    ClientStreaming = 1,

    /// <summary>One request, a stream of responses.</summary>
    ServerStreaming = 2,

    /// <summary>A stream of requests and a stream of responses, each independent of the other.</summary>
    DuplexStreaming = 3,
}

/// <summary>A method without its message types.</summary>
public interface IMethod
{
    /// <summary>How many messages it takes and gives.</summary>
    MethodType Type { get; }

    /// <summary>The full name of its service, such as "grpc.health.v1.Health".</summary>
    string ServiceName { get; }

    /// <summary>Its own name, such as "Check".</summary>
    string Name { get; }

    /// <summary>The path of its calls, such as "/grpc.health.v1.Health/Check".</summary>
    string FullName { get; }
}

/// <summary>A method with its message types. Immutable.</summary>
/// <typeparam name="TRequest">The request's message.</typeparam>
/// <typeparam name="TResponse">The response's message.</typeparam>
/// <param name="type">How many messages it takes and gives.</param>
/// <param name="serviceName">The full name of its service.</param>
/// <param name="name">Its own name.</param>
/// <param name="requestMarshaller">Requests to bytes and back.</param>
/// <param name="responseMarshaller">Responses to bytes and back.</param>
public class Method<TRequest, TResponse>(
    MethodType type, string serviceName, string name, Marshaller<TRequest> requestMarshaller, Marshaller<TResponse> responseMarshaller) : IMethod
{
    /// <inheritdoc/>
    public MethodType Type { get; } = type;

    /// <inheritdoc/>
    public string ServiceName { get; } = serviceName;

    /// <inheritdoc/>
    public string Name { get; } = name;

    /// <inheritdoc/>
    public string FullName { get; } = $"/{serviceName}/{name}";

    /// <summary>Requests to bytes and back.</summary>
    public Marshaller<TRequest> RequestMarshaller { get; } = requestMarshaller;

    /// <summary>Responses to bytes and back.</summary>
    public Marshaller<TResponse> ResponseMarshaller { get; } = responseMarshaller;
}

/// <summary>Messages to bytes and back. Immutable.</summary>
/// <typeparam name="T">The message.</typeparam>
public class Marshaller<T>
{
    /// <summary>A marshaller of whole arrays.</summary>
    /// <param name="serializer">Message to bytes.</param>
    /// <param name="deserializer">Bytes to message.</param>
    public Marshaller(Func<T, byte[]> serializer, Func<byte[], T> deserializer)
        : this((message, context) => context.Complete(serializer(message)), context => deserializer(context.PayloadAsNewBuffer()))
    {
    }

    /// <summary>A marshaller of buffers.</summary>
    /// <param name="serializer">Writes a message to its context.</param>
    /// <param name="deserializer">Reads a message from its context, whose bytes live only during the call.</param>
    public Marshaller(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        ContextualSerializer = serializer;
        ContextualDeserializer = deserializer;
    }

    /// <summary>Writes a message to its context.</summary>
    public Action<T, SerializationContext> ContextualSerializer { get; }

    /// <summary>Reads a message from its context.</summary>
    public Func<DeserializationContext, T> ContextualDeserializer { get; }
}

/// <summary>Makes marshallers.</summary>
public static class Marshallers
{
    /// <summary>A marshaller of buffers.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="serializer">Writes a message to its context.</param>
    /// <param name="deserializer">Reads a message from its context.</param>
    public static Marshaller<T> Create<T>(Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer) =>
        new(serializer, deserializer);

    /// <summary>A marshaller of whole arrays.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="serializer">Message to bytes.</param>
    /// <param name="deserializer">Bytes to message.</param>
    public static Marshaller<T> Create<T>(Func<T, byte[]> serializer, Func<byte[], T> deserializer) => new(serializer, deserializer);
}

/// <summary>Takes the bytes of one message from a serializer.</summary>
public abstract class SerializationContext
{
    /// <summary>Ends the message with these as all its bytes.</summary>
    /// <param name="payload">The bytes.</param>
    public abstract void Complete(byte[] payload);

    /// <summary>Where the bytes are written.</summary>
    public abstract IBufferWriter<byte> GetBufferWriter();

    /// <summary>Says before the first byte how many there will be.</summary>
    /// <param name="payloadLength">In bytes.</param>
    public abstract void SetPayloadLength(int payloadLength);

    /// <summary>Ends a message whose bytes were written to <see cref="GetBufferWriter"/>.</summary>
    public abstract void Complete();
}

/// <summary>Gives the bytes of one message to a deserializer. They live only until it returns.</summary>
public abstract class DeserializationContext
{
    /// <summary>In bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>A copy of the bytes.</summary>
    public abstract byte[] PayloadAsNewBuffer();

    /// <summary>The bytes where they lie.</summary>
    public abstract ReadOnlySequence<byte> PayloadAsReadOnlySequence();
}
